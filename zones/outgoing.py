"""The one way out: HTTP calls to addresses that people or providers name, which must never reach our own network.

`session()` is a `requests.Session` guarded against server-side request forgery (CWE-918; OWASP API7:2023). It does not
stream and keeps no cookies. Why it is our own: docs/decisions/0034-one-way-out.md
"""

import ipaddress
import socket
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from zones.patience import Busy, Patience

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 10.0, 20.0
LARGEST_ANSWER = 2 * 1024 * 1024
MOST_REDIRECTS = 3
PART = 64 * 1024

_patience = Patience()

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
CallFailed = requests.RequestException

# IPv6 is unicast and global within this block alone (RFC 4291, section 2.4; IANA's IPv6 address space).
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Global by their number, yet leading to another address or to a provider's own service.
REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(one)
    for one in (
        "192.0.0.0/24",  # protocol assignments (RFC 6890), a provider's metadata among them
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "168.63.129.16/32",  # a provider's service for its virtual machines
        "2001::/23",  # protocol assignments: Teredo (RFC 4380), ORCHID (RFC 7343)
        "2002::/16",  # 6to4 (RFC 3056): an IPv4 address within
        "3fff::/20",  # documentation (RFC 9637)
    )
)


class OutgoingRefused(requests.RequestException):
    """This call is not made, or its answer not read: where it leads, or what came, is not allowed."""


class _AddressRefused(HTTPError):
    """OutgoingRefused within urllib3, which passes on its own errors alone unchanged."""


def session(*, hosts: Collection[str] | None = None) -> requests.Session:
    """A new session whose every request, and every redirect of it, is checked.

    `hosts` names the only hosts that may be called (`.example.com` is everything below that name); without it,
    `settings.OUTGOING_HOSTS`, and where that is empty too, any public host. Connecting takes CONNECT_SECONDS at most,
    an answer TOTAL_SECONDS and LARGEST_ANSWER bytes; a host that hangs is waited for by few threads (zones.patience).
    Raises `OutgoingRefused`, and what `requests` raises; both are `CallFailed`.
    """
    made = requests.Session()
    # Neither proxies nor passwords (.netrc) of the machine; a proxy is a setting of ours.
    made.trust_env = False
    if settings.OUTGOING_PROXY:
        made.proxies = {"http": settings.OUTGOING_PROXY, "https": settings.OUTGOING_PROXY}
    made.max_redirects = MOST_REDIRECTS
    # Nothing that grows when it is unpacked.
    made.headers.update({"User-Agent": "MegaCity", "Accept-Encoding": "identity"})
    made.cookies.set_policy(_NoCookies())
    adapter = _CheckedAdapter(hosts if hosts is not None else settings.OUTGOING_HOSTS)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def is_public(address: Address) -> bool:
    """Whether `address` is one of the public internet; mapped, tunnelled and translated addresses are not."""
    if address.version == 6 and address not in GLOBAL_UNICAST:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address.version == network.version and address in network for network in REFUSED_NETWORKS)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, each of them allowed; raises `_AddressRefused` if one is not, or OSError.

    A name with one public and one private address is refused as a whole: which one is used would be left to chance.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(where[4][0]) for where in found))
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        at_home = settings.OUTGOING_LOOPBACK and address.is_loopback
        if not at_home and not is_public(address):
            raise _AddressRefused(f"{host} leads to an address that is not public.")
        if not at_home and port not in settings.OUTGOING_PORTS:
            raise _AddressRefused(f"Port {port} of {host} is not called.")
    return addresses


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):
    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


class _Pinned(HTTPConnection):
    """Connects to the very address that was checked: a second look-up might give another (DNS rebinding)."""

    def _new_conn(self) -> socket.socket:
        last: OSError | None = None
        try:
            addresses = resolve(self.host, self.port or self.default_port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        for address in addresses:
            try:
                return create_connection((address, self.port), self.timeout, socket_options=self.socket_options)
            except OSError as error:
                last = error
        raise NewConnectionError(self, f"{self.host} cannot be reached: {last}") from last


class _PinnedTLS(_Pinned, HTTPSConnection):
    """The name stays what the certificate is checked against."""


class _PinnedPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Pinned


class _PinnedTLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PinnedTLS


class _CheckedAdapter(HTTPAdapter):
    """Sends one request, be it the first or one that a redirect asks for; so all checks are made here."""

    def __init__(self, hosts: Collection[str]) -> None:
        self.hosts = tuple(host.lower() for host in hosts)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PinnedPool, "https": _PinnedTLSPool}

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        url = self._checked(request.url or "")
        host = (url.hostname or "").rstrip(".")
        try:
            with _patience.calling(host):
                return self._sent(request, url, timeout or (CONNECT_SECONDS, READ_SECONDS), cert, proxies)
        except Busy as error:
            raise requests.ConnectionError(str(error), request=request) from error

    def _sent(
        self, request: requests.PreparedRequest, url: SplitResult, timeout: Any, cert: Any, proxies: Any
    ) -> requests.Response:
        deadline = time.monotonic() + TOTAL_SECONDS
        try:
            if proxies:
                # The proxy looks the name up once more; it has to keep to public addresses by itself.
                resolve(url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
            response = super().send(request, True, timeout, True, cert, proxies)
        except _AddressRefused as error:
            raise OutgoingRefused(str(error), request=request) from error
        except socket.gaierror as error:
            raise requests.ConnectionError(f"{url.hostname} is not known.", request=request) from error
        if response.is_redirect and request.method not in ("GET", "HEAD"):
            response.close()
            # The body, with its secrets, would be sent wherever the answer says.
            raise OutgoingRefused("A redirect of a request with a body is not followed.", request=request)
        _read(response, deadline)
        return response

    def _checked(self, text: str) -> SplitResult:
        try:
            url = urlsplit(text)
            host = (url.hostname or "").rstrip(".")
            port_is_one = url.port is None or url.port > 0
        except ValueError as error:
            raise OutgoingRefused("This address cannot be read.") from error
        if url.scheme not in settings.OUTGOING_SCHEMES:
            raise OutgoingRefused(f"Addresses that begin with {url.scheme}: are not called.")
        if url.username is not None or url.password is not None:
            raise OutgoingRefused("An address carries no name and password.")
        if not host or not port_is_one:
            raise OutgoingRefused("An address names a host.")
        if self.hosts and not any(host == one or (one[:1] == "." and host.endswith(one)) for one in self.hosts):
            raise OutgoingRefused(f"{host} is none of the hosts that may be called.")
        return url


def _read(response: requests.Response, deadline: float) -> None:
    """Read the answer's body within its limits and put it where `requests` keeps what it has read."""
    body = bytearray()
    try:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise OutgoingRefused("The answer is packed, which was not asked for.", response=response)
        # One reading of the socket a time, so that an answer that drips cannot outstay the deadline.
        while part := response.raw.read1(PART, decode_content=False):
            body += part
            if len(body) > LARGEST_ANSWER:
                raise OutgoingRefused(f"The answer is longer than {LARGEST_ANSWER} bytes.", response=response)
            if time.monotonic() > deadline:
                raise requests.ReadTimeout(f"The answer took longer than {TOTAL_SECONDS:g} s.", response=response)
    except HTTPError as error:
        raise requests.ConnectionError(error, response=response) from error
    finally:
        response.close()
    response._content = bytes(body)
    response._content_consumed = True
