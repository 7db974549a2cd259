"""Links that were mailed, for clients of the API: confirming a registration, setting a new password."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import serializers as shapes
from accounts.api.body import checked
from accounts.api.permissions import OPEN
from accounts.links import Purpose
from accounts.services import confirming, passwords


class Opened(APIView):
    permission = OPEN
    authentication_classes = []


def asked() -> Response:
    """The same, whatever there is at the address."""
    return Response({"detail": _("If there is something to send, a mail is on its way.")}, status=202)


class ConfirmView(Opened):
    @extend_schema(operation_id="auth_confirm", request=shapes.Confirmation, responses={204: None})
    def post(self, request: Request) -> Response:
        """Confirm the e-mail of a registration: the token of the mailed link, and the password. Then log in.

        403 `link_void` for a link that was used, is too old (3 days) or was not copied whole.
        """
        confirming.confirm_registration(**checked(shapes.Confirmation, request), ip=request._request.client_ip)
        return Response(status=204)


class ConfirmAgainView(Opened):
    @extend_schema(operation_id="auth_confirm_again", request=shapes.EmailAsked, responses={202: shapes.Said})
    def post(self, request: Request) -> Response:
        """Mail the link of a registration again. The answer does not tell whether there is one."""
        confirming.send_again(**checked(shapes.EmailAsked, request), ip=request._request.client_ip)
        return asked()


class ResetView(Opened):
    @extend_schema(operation_id="auth_password_reset", request=shapes.EmailAsked, responses={202: shapes.Said})
    def post(self, request: Request) -> Response:
        """Mail a link to set a new password, good for an hour. The answer does not tell whether there is an account."""
        passwords.ask_reset(**checked(shapes.EmailAsked, request), ip=request._request.client_ip)
        return asked()


class ResetConfirmView(Opened):
    @extend_schema(operation_id="auth_password_reset_confirm", request=shapes.PasswordReset, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a new password with the token of the mailed link; all tokens and sessions end. Then log in.

        403 `link_void` for a link that was used, is too old or was not copied whole.
        """
        body = checked(shapes.PasswordReset, request)
        passwords.set_by_link(purpose=Purpose.RESET, token=body["token"], new=body["password"])
        return Response(status=204)
