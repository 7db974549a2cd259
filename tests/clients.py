"""Browsers and API clients of a zone's surfaces."""

import secrets
import time
from functools import cache
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client, TestCase
from django.test.client import ClientHandler, FakePayload

from accounts import tokens
from accounts.request_signature import Asked, sign
from accounts.token_format import BY_CODE_TOO
from zones.context import zone_context
from zones.models import Zone
from zones.provisioning import development_domain
from zones.registry import BY_ID


def host(zone: Zone | str, surface: str = "app") -> str:
    """`host("univ", "api")` → `api.univprepai.localhost`."""
    zone_id = zone if isinstance(zone, str) else zone.schema_name
    return f"{surface}.{development_domain(BY_ID[zone_id].domains[0])}"


@cache
def _handler(csrf: bool) -> ClientHandler:
    """One for all clients: building the middleware reads every static file."""
    handler = ClientHandler(enforce_csrf_checks=csrf)
    handler.load_middleware()
    return handler


class ZoneClient(Client):
    """Django's test client on one surface of one zone.

    What a request does on commit is done after it, although the test's transaction is never committed; the test's own
    connection stays in the zone where it was.
    """

    def __init__(self, zone: Zone | str, surface: str = "app", *, csrf: bool = False, **defaults: Any) -> None:
        super().__init__(HTTP_HOST=host(zone, surface), **defaults)
        self.handler = _handler(csrf)

    def request(self, **request: Any) -> HttpResponse:
        before, scope = connection.tenant, connection.scope
        try:
            with TestCase.captureOnCommitCallbacks(execute=True):
                return super().request(**request)
        finally:
            connection.enter(before, scope)


class Upload(str):
    """The text of a file in a form that is sent to the API."""


class ApiClient(ZoneClient):
    """Sends JSON, and a bearer token if there is one."""

    def __init__(self, zone: Zone | str, surface: str = "api", token: str = "") -> None:
        super().__init__(zone, surface, **({"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}))

    def post(self, path: str, data: Any = None, **extra: Any) -> HttpResponse:
        if isinstance(data, dict) and any(isinstance(value, Upload) for value in data.values()):
            files = {name: _file(value) for name, value in data.items() if isinstance(value, Upload)}
            return super().post(path, {**data, **files}, **extra)
        return super().post(path, {} if data is None else data, content_type="application/json", **extra)

    def patch(self, path: str, data: Any = None, **extra: Any) -> HttpResponse:
        return super().patch(path, {} if data is None else data, content_type="application/json", **extra)

    def put(self, path: str, data: Any = None, **extra: Any) -> HttpResponse:
        return super().put(path, {} if data is None else data, content_type="application/json", **extra)


def _file(text: Upload) -> ContentFile:
    return ContentFile(text.encode(), name="upload.txt")


def home(person: Any) -> Zone:
    """The zone of a member of the cast; anybody else lives where the test is."""
    return getattr(person, "home", None) or connection.tenant


def client_for(
    person: Any = None, surface: str = "app", zone: Zone | str | None = None, *, csrf: bool = False
) -> ZoneClient:
    """A browser in which `person` has logged in; nobody in particular when it is None or a guest.

    With `csrf` its writes need the CSRF token, as a real browser's do.
    """
    client = ZoneClient(zone or home(person), surface, csrf=csrf)
    if person is not None and person.is_authenticated:
        with zone_context(home(person)):
            client.force_login(person)
    return client


def api_for(person: Any = None, zone: Zone | str | None = None) -> ApiClient:
    """A client of the api. surface with an access token of `person`."""
    token = ""
    if person is not None and person.is_authenticated:
        with zone_context(home(person)):
            token = tokens.issue(person, amr=BY_CODE_TOO).access
    return ApiClient(zone or home(person), token=token)


class SignedApi(ApiClient):
    """Another server: signs every request with its key. `at` shifts its clock by seconds; `nonce` repeats one."""

    def __init__(self, zone: Zone | str, key: str, secret: str, surface: str = "api") -> None:
        super().__init__(zone, surface)
        self.key, self.secret = key, secret
        self.at, self.nonce = 0, ""

    def request(self, **environ: Any) -> HttpResponse:
        if "HTTP_AUTHORIZATION" not in environ:
            body = environ["wsgi.input"].read() if "wsgi.input" in environ else b""
            environ["wsgi.input"] = FakePayload(body)
            asked = Asked(
                method=environ["REQUEST_METHOD"],
                host=str(self.defaults["HTTP_HOST"]),
                path=environ["PATH_INFO"],
                query=environ.get("QUERY_STRING", ""),
                content_type=environ.get("CONTENT_TYPE", ""),
                body=body,
            )
            nonce = self.nonce or secrets.token_urlsafe(18)
            moment = int(time.time()) + self.at
            signed = sign(asked, key=self.key, secret=self.secret, timestamp=moment, nonce=nonce)
            environ["HTTP_AUTHORIZATION"] = signed.header()
        return super().request(**environ)
