"""What stands before the processes in production: an nginx configuration, rendered from the table of domains and the
settings, so that a new zone, a limit or a network of the consoles is said in one place.
"""

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from megacity.headers import hash_of_style
from megacity.ratelimit import EXAM_LOOP
from zones.context import public_context
from zones.models import Domain
from zones.problems import Problem
from zones.registry import ZONES, ZoneSpec

# Requests a second for an address, and how many at once (the plan's section 6); the application's own limits are by the
# minute. Beyond `EVERYTHING` nothing is passed on, exams included: more than a school of 2,000 asks for.
RATES = (("api", 10, 20), ("app", 30, 50))
EVERYTHING = (200, 1000)
# nginx's own refusals, by the page that tells them.
PAGES = (
    ("400 414 494 495 496 497", "400"),
    ("401", "401"),
    ("403", "403"),
    ("404", "404"),
    ("413", "413"),
    ("429", "429"),
    ("500 502 503 504", "503"),
)
# Of a zone that is not in the registry.
USUAL = ZoneSpec.largest_body_mb, ZoneSpec.api_seconds
# As values of the configuration: nothing that would end a line or a word, or be a variable.
WORD = re.compile(r"[A-Za-z0-9_./:\[\]-]+")
NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


class UnfitValue(Problem):
    """A value that cannot stand in the configuration, or would make it unsafe."""


@dataclass(frozen=True)
class Gateway:
    """`web`, `ws`: `host:port` or `unix:/path` of the processes; with `upstream_ca` they are spoken to by TLS, and have
    to show a certificate for `upstream_name`. `certificates`: a folder with `<domain>.crt` and `.key`, for the domain
    and all names directly below it. `folder`: where what is rendered will lie, its cache and `acme/`. `passwords`: a
    file of htpasswd for the consoles. `edge`: networks whose header `edge_header` names the client. Raises UnfitValue.
    """

    web: tuple[str, ...] = ("127.0.0.1:8001",)
    ws: tuple[str, ...] = ("127.0.0.1:8002",)
    folder: str = "/etc/nginx/megacity"
    certificates: str = "/etc/megacity/tls"
    passwords: str = ""
    edge: tuple[str, ...] = ()
    edge_header: str = "CF-Connecting-IP"
    upstream_ca: str = ""
    upstream_name: str = "megacity.internal"
    listen: tuple[str, ...] = ("0.0.0.0", "[::]")  # noqa: S104  (it is what is open to the world)
    http_port: int = 80
    https_port: int = 443
    admin_networks: tuple[str, ...] = field(default_factory=lambda: tuple(map(str, settings.ADMIN_NETWORKS)))

    def __post_init__(self) -> None:
        words = (*self.web, *self.ws, *self.listen, self.folder, self.certificates, self.upstream_name)
        for word in (*words, self.edge_header, *filter(None, (self.passwords, self.upstream_ca))):
            if not WORD.fullmatch(word):
                raise UnfitValue(f"{word!r} cannot stand in the gateway's configuration.")
        for network in (*self.edge, *self.admin_networks):
            _network(network)
        for address in (*self.web, *self.ws):
            if not self.upstream_ca and not _is_here(address):
                raise UnfitValue(
                    f"{address} is another machine: name the certificate of who vouches for it (--upstream-ca), so that"
                    " nothing crosses the network in the clear."
                )

    @property
    def scheme(self) -> str:
        return "https" if self.upstream_ca else "http"

    @property
    def https_suffix(self) -> str:
        return "" if self.https_port == 443 else f":{self.https_port}"


def _network(text: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise UnfitValue(f"{text!r} is no network.") from error


def _is_here(address: str) -> bool:
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def render(gateway: Gateway) -> dict[str, str]:
    """Name below `gateway.folder` → text: `nginx.conf`, and the pages by which nginx itself refuses."""
    with translation.override("en"):
        insecure = _problem(_("This address is reached by HTTPS alone."), 403, "insecure_transport")
    context = {
        "gateway": gateway,
        "sites": list(_sites()),
        "rates": RATES,
        "everything": EVERYTHING,
        "pages": PAGES,
        "exam_loop": EXAM_LOOP.pattern,
        "static_url": settings.STATIC_URL,
        "insecure": insecure,
        "style": hash_of_style("base_bare.html"),
        "frame_options": settings.X_FRAME_OPTIONS,
        "hsts": 365 * 24 * 3600,
    }
    text = render_to_string("gateway/nginx.conf", context)
    return {"nginx.conf": text.lstrip("\n"), **_pages()}


def _sites() -> Iterator[dict[str, Any]]:
    """The domains of all zones, suspended ones too, which say so themselves; then the control plane's hosts."""
    bodies = {spec.zone_id: (spec.largest_body_mb, spec.api_seconds) for spec in ZONES}
    with public_context():
        found = list(Domain.objects.select_related("tenant").order_by("tenant__schema_name", "-is_primary", "domain"))
    for domain in found:
        name = _name(domain.domain)
        largest, seconds = bodies.get(domain.tenant.schema_name, USUAL)
        yield {
            "name": name,
            "names": " ".join([name, *(f"{surface}.{name}" for surface in ("www", "app", "static", "admin"))]),
            "api": f"api.{name}",
            "servers": [
                _server("www", f"{name} www.{name}", 1),
                _server("app", f"app.{name}", largest, seconds),
                _server("api", f"api.{name}", largest, seconds),
                _server("static", f"static.{name}", 1),
                _server("admin", f"admin.{name}", USUAL[0]),
            ],
        }
    for host in settings.CONTROL_HOSTS:
        name = _name(host)
        yield {
            "name": name,
            "names": f"{name} static.{name} admin.{name}",
            "api": "",
            "servers": [
                _server("www", name, 1),
                _server("static", f"static.{name}", 1),
                _server("admin", f"admin.{name}", USUAL[0]),
            ],
        }


def _server(surface: str, names: str, largest_body_mb: int, seconds: int = USUAL[1]) -> dict[str, Any]:
    rate = next(((name, burst) for name, _rate, burst in RATES if name == surface), None)
    return {
        "surface": surface,
        "names": names,
        "largest_body_mb": largest_body_mb,
        "seconds": seconds,
        "rate": rate,
    }


def _name(domain: str) -> str:
    if not NAME.fullmatch(domain):
        raise UnfitValue(f"{domain!r} is no name of a host.")
    return domain


def _pages() -> dict[str, str]:
    pages: dict[str, str] = {}
    for language in ("ko", "en"):
        with translation.override(language):
            for page, code, said in _refusals():
                context = {"status": page, "said": said}
                pages[f"pages/{language}/{page}.html"] = render_to_string("gateway/refused.html", context)
                pages[f"pages/{language}/{page}.json"] = _problem(said, int(page), code)
    return pages


def _refusals() -> Iterator[tuple[str, str, str]]:
    yield "400", "malformed_request", _("The request could not be understood.")
    yield "401", "gateway_password", _("The console asks for the gateway's password first.")
    yield "403", "address_not_allowed", _("The console cannot be reached from this address.")
    yield "404", "not_found", _("Nothing lives at this address.")
    yield "413", "too_large", _("The body of the request is too large.")
    yield "429", "throttled", _("Too many requests. Try again in a moment.")
    yield "503", "unavailable", _("The site does not answer at the moment. What was saved is safe; please try again.")


def _problem(said: str, status: int, code: str) -> str:
    """Problem details as the API's own (RFC 9457)."""
    body = {"type": "about:blank", "title": said, "status": status, "code": code, "detail": said}
    return json.dumps(body, ensure_ascii=False)


def write(gateway: Gateway, folder: Path) -> list[Path]:
    """Put what `render` says below `folder`; returns the files."""
    written = []
    for name, text in render(gateway).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        written.append(file)
    return written
