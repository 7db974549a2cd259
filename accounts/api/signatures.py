"""Other servers that call the API with signed requests: `Authorization: MegaCity-HMAC-SHA256 …` (docs/signing.md)."""

from urllib.parse import quote

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.people import SignedClient
from accounts.request_signature import SCHEME, Asked, Signature, read_header
from accounts.services import api_clients
from audit.context import set_person
from zones.context import confine
from zones.hosts import hostname
from zones.problems import NotAuthenticated, Problem


class SignatureAuthentication(BaseAuthentication):
    """The client, confined to its organization and its permissions; `request.auth` is the signature."""

    def authenticate(self, request: Request) -> tuple[SignedClient, Signature] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        # A scheme's letters may be small or large (RFC 9110, section 11.1).
        if not header.lower().startswith(SCHEME.lower()):
            return None
        signature = read_header(header)
        if signature is None:
            raise _invalid()
        key = api_clients.find_key(signature)
        if not api_clients.is_signed(signature, _asked(request), key) or key is None:
            raise _invalid()
        client = api_clients.as_person(key.client)
        # From here on it is known who asks, and refusals name them.
        set_person(user_id=client.client_id, label=client.email, organization_id=client.organization_id)
        api_clients.admit(signature=signature, key=key, ip=request._request.client_ip)
        confine(client)
        return client, signature

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def _invalid() -> NotAuthenticated:
    said = _("The signature does not fit the request. Compare it with docs/signing.md.")
    return NotAuthenticated(said, code="signature_invalid")


def _asked(request: Request) -> Asked:
    """What the client has signed, as we have received it."""
    sent = request._request
    try:
        body = sent.body
    except RequestDataTooBig as error:
        problem = Problem(_("The body of a signed request is too large."), code="too_large")
        problem.status = 413
        raise problem from error
    return Asked(
        method=sent.method or "",
        host=hostname(sent.META.get("HTTP_HOST", "")),
        # It is decoded already: what it holds of percent signs since is no code any more.
        path=quote(sent.path_info),
        # WSGI gives bytes as Latin-1 (PEP 3333); the views read them as UTF-8, and so must who compares.
        query=sent.META.get("QUERY_STRING", "").encode("latin-1", "replace").decode(errors="replace"),
        content_type=sent.META.get("CONTENT_TYPE", ""),
        body=body,
    )
