"""What no visitor of ours sends is refused first: before the session, the database and the limits of the surface.

Scanners by their names, paths of other software, malformed addresses, headers and bodies. It is a door-keeper and no
defence: everything behind it stands without it. Slow bodies are the gateway's (docs/security/README.md).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from megacity import refusals
from megacity.metrics import METHODS
from zones import limits
from zones.middleware import PROBES
from zones.requests import CityRequest

LONGEST_PATH, LONGEST_QUERY = 2048, 8192
MOST_HEADERS, LARGEST_HEADERS = 100, 32 * 1024
# What announces more is not even read away, so that its sender would see why.
LARGEST_BODY = 32 * 1024 * 1024
# As the programs name themselves by default: their own documentation and source.
SCANNERS = (
    *("sqlmap", "nikto", "nuclei", "wpscan", "acunetix", "netsparker", "invicti", "nessus", "openvas", "wapiti"),
    *("arachni", "w3af", "gobuster", "dirbuster", "feroxbuster", "fuzz faster u fool", "masscan", "zgrab", "skipfish"),
    *("nmap scripting engine", "whatweb", "joomscan", "commix", "xsser", "jaeles", "havij", "httpx - open-source"),
)
# Nothing of ours is written in these languages, nor has it folders that begin with a dot.
OTHER_SOFTWARE = re.compile(
    r"/\.(?!well-known(/|$))"
    r"|\.(php\d?|phtml|aspx?|ashx|jspx?|cgi|env|bak|sql|old|swp)(/|$)"
    r"|^/(wp-|wordpress(/|$)|cgi-bin(/|$)|phpmyadmin|pma(/|$)|xmlrpc|hnap1|boaform|actuator(/|$)|solr(/|$)"
    r"|server-status|vendor/|web\.config|telescope(/|$)|_profiler|owa(/|$)|autodiscover)",
    re.IGNORECASE,
)
# After it was decoded once: what climbs, what ends lines and texts, and what would have to be decoded a second time.
BAD_PATH = re.compile(r"(^|[/\\])\.\.?([/\\;]|$)|[\x00-\x1f\x7f\\]|%[0-9a-f]{2}", re.IGNORECASE)
HOST = re.compile(r"[a-z0-9._-]{1,253}\.?(:\d{1,5})?|\[[0-9a-f:.]{2,45}\](:\d{1,5})?", re.IGNORECASE)
BODIES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
CHARSETS = ("utf-8", "utf8")
CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]+)', re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """`weight`: how many requests it counts towards the block of its address; nobody errs into a scanner's name."""

    reason: str
    status: int
    said: str | Promise
    weight: int = 10


METHOD = Refusal("method_not_used", 405, _("This method is not used here."))
SCANNER = Refusal("scanner", 403, _("Scanners are not welcome here."), weight=50)
FOREIGN_PATH = Refusal("other_software", 404, _("Nothing lives at this address."), weight=50)
LONG_ADDRESS = Refusal("address_too_long", 414, _("This address is too long."))
MALFORMED_PATH = Refusal("malformed_path", 400, _("This address is malformed."))
MALFORMED_QUERY = Refusal("malformed_query", 400, _("What follows the question mark is malformed."))
NO_HOST = Refusal("malformed_host", 400, _("The request names no host."))
LARGE_HEADERS = Refusal("headers_too_large", 431, _("The headers of this request are too large."))
NO_LENGTH = Refusal("length_required", 411, _("A body has to announce its length."), weight=1)
BAD_LENGTH = Refusal("malformed_length", 400, _("The length of the body is no number."))
LARGE_BODY = Refusal("too_large", 413, _("The body of the request is too large."), weight=1)
KIND_OF_BODY = Refusal("unsupported_media_type", 415, _("Bodies of this kind are not read here."), weight=1)
INSECURE = Refusal("insecure_transport", 403, _("This address is reached by HTTPS alone."), weight=1)


class GuardMiddleware:
    """Answers the refused, counts them, and blocks an address that was refused too often for an hour."""

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.scanners = re.compile("|".join(map(re.escape, [*SCANNERS, *settings.REFUSED_AGENTS])), re.IGNORECASE)

    def __call__(self, request: CityRequest) -> HttpResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return self._refuse(request, refusal)
        response = self.get_response(request)
        if getattr(request, "place", None) is None and settings.RATE_LIMITS_ENABLED:
            # A host that is none of ours is refused below, before any limit.
            return self._counted(request, 1) or response
        return response

    def _refuse(self, request: CityRequest, refusal: Refusal) -> HttpResponse:
        refusals.note(request, reason=refusal.reason, status=refusal.status)
        if settings.RATE_LIMITS_ENABLED and (blocked := self._counted(request, refusal.weight)):
            return blocked
        with translation.override(translation.get_language_from_request(request)):
            response = refusals.answer(request, status=refusal.status, code=refusal.reason, said=str(refusal.said))
        if refusal is METHOD:
            response.headers["Allow"] = ", ".join(sorted(METHODS))
        return response

    def _counted(self, request: CityRequest, weight: int) -> HttpResponse | None:
        flood = refusals.flood_of(request, weight)
        verdict = limits.take(f"door:{flood.address}", flood.most, flood.most, flood)
        if verdict.newly:
            refusals.note(request, reason="address_blocked", status=429)
        return refusals.blocked(request, verdict.wait) if verdict.flooded else None

    def _refusal(self, request: CityRequest) -> Refusal | None:
        meta = request.META
        if request.method not in METHODS:
            return METHOD
        if self.scanners.search(meta.get("HTTP_USER_AGENT", "")):
            return SCANNER
        return _of_address(request) or _of_headers(meta) or _of_body(request)


def _of_address(request: CityRequest) -> Refusal | None:
    path, query = request.path, request.META.get("QUERY_STRING", "")
    if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        return LONG_ADDRESS
    if BAD_PATH.search(path):
        return MALFORMED_PATH
    if not path.startswith(settings.MEDIA_URL) and OTHER_SOFTWARE.search(path):
        return FOREIGN_PATH
    if query.count("&") >= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
        return MALFORMED_QUERY
    if "%" in query or not query.isascii():
        try:
            plain = unquote_to_bytes(query).decode()
        except UnicodeError:
            return MALFORMED_QUERY
        if "\0" in plain:
            return MALFORMED_QUERY
    if not HOST.fullmatch(request.META.get("HTTP_HOST", "")) and path not in PROBES:
        return NO_HOST
    # No redirect: a client that was sent on would go on telling its secrets in the clear.
    if not settings.DEVELOPMENT and path.startswith("/api/") and not request.is_secure():
        return INSECURE
    return None


def _of_headers(meta: dict[str, Any]) -> Refusal | None:
    headers = [str(value) for name, value in meta.items() if name.startswith("HTTP_")]
    if len(headers) > MOST_HEADERS or sum(map(len, headers)) > LARGEST_HEADERS:
        return LARGE_HEADERS
    return None


def _of_body(request: CityRequest) -> Refusal | None:
    meta = request.META
    if meta.get("HTTP_TRANSFER_ENCODING"):
        return NO_LENGTH
    announced = str(meta.get("CONTENT_LENGTH") or "0")
    if not (announced.isascii() and announced.isdigit()):
        return BAD_LENGTH
    kind = meta.get("CONTENT_TYPE", "")
    name = kind.partition(";")[0].strip().lower()
    # A form's files are bounded where they are read, by words on its page.
    if int(announced) > LARGEST_BODY and name != "multipart/form-data":
        return LARGE_BODY
    if int(announced) and (meta.get("HTTP_CONTENT_ENCODING") or not _readable(name, kind)):
        return KIND_OF_BODY
    return None


def _readable(name: str, kind: str) -> bool:
    charsets: Iterable[str] = CHARSET.findall(kind)
    return name in BODIES and all(charset.lower() in CHARSETS for charset in charsets)
