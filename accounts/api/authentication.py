"""Who is calling the API: the bearer of an access token, or a page of the same zone with its session."""

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from accounts.people import Anonymous, TokenBearer
from accounts.tokens import read_access
from audit.context import set_person
from zones.context import confine
from zones.problems import NotAuthenticated, PermissionRefused


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`."""

    def authenticate(self, request: Request):
        scheme, _space, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            if not hasattr(request._request, "user"):
                # No session either: a visitor.
                confine(Anonymous())
            return None
        try:
            claims = read_access(raw.strip())
        except UnicodeError as error:
            raise NotAuthenticated(_("The token is not valid.")) from error
        bearer = TokenBearer(claims)
        confine(bearer)
        set_person(user_id=bearer.pk, label=bearer.email, organization_id=bearer.organization_id)
        return bearer, claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class PageSessionAuthentication(BaseAuthentication):
    """The session cookie of the app. pages; what changes something needs the CSRF token too."""

    def authenticate(self, request: Request):
        user = getattr(request._request, "user", None)
        if user is None or isinstance(user, AnonymousUser) or not user.is_authenticated:
            return None
        check = CSRFCheck(lambda r: None)
        check.process_request(request._request)
        if reason := check.process_view(request._request, None, (), {}):
            raise PermissionRefused(_("CSRF check failed: %(reason)s") % {"reason": reason}, code="csrf_failed")
        return user, None
