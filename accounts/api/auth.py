"""Log-in, registration, refreshing and log-out. The refresh token is an httpOnly cookie of these paths alone."""

from django.contrib.auth import logout
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api import refresh_cookie
from accounts.api import serializers as shapes
from accounts.api.body import checked
from accounts.api.permissions import OPEN
from accounts.models import User
from accounts.people import TokenBearer
from accounts.services import login, people
from zones.problems import NotAuthenticated

REFRESH_TOKEN = OpenApiParameter(
    refresh_cookie.PLAIN,
    location=OpenApiParameter.COOKIE,
    description="As log-in set it; browsers send it by themselves.",
    examples=[OpenApiExample("As set by log-in", "eyJhbGciOiJIUzI1NiJ9.…")],
)
TOKENS = OpenApiExample(
    "Logged in",
    {
        "access": "eyJhbGciOiJIUzI1NiJ9.…",
        "token_type": "Bearer",
        "expires_in": 86400,
        "user": {
            "id": "5d3c0a34-7a53-4b0e-9a3e-0f5a4a5ce0a1",
            "display_name": "김하늘",
            "email": "student@example.com",
            "role": "student",
            "organization": {"id": "b7c7f0f2-50a4-4d3f-8a0a-6f6f3a2b9c11", "name": "Hana Academy", "code": "hana"},
            "language": "ko",
            "phone": "",
            "is_active": True,
            "created_at": "2026-03-02T09:00:00+09:00",
            "permissions": ["attempt:create", "attempt:read", "exam:read", "profile:read", "profile:update"],
        },
    },
    response_only=True,
)


def _reply(user: User, pair: tokens.TokenPair, status: int = 200) -> Response:
    body = {
        "access": pair.access,
        "token_type": "Bearer",
        "expires_in": pair.access_seconds,
        "user": shapes.Me(user).data,
    }
    response = Response(body, status=status, headers={"Cache-Control": "no-store"})
    refresh_cookie.put(response, pair)
    return response


class LoginView(APIView):
    permission = OPEN
    authentication_classes = []

    @extend_schema(
        operation_id="auth_login",
        request=shapes.Login,
        responses={200: shapes.TokenReply},
        examples=[
            OpenApiExample("Log in", {"email": "student@example.com", "password": "Hangang!2026"}, request_only=True),
            TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        """An access token for the header and a refresh token in a cookie. 5 tries a minute, then 15 minutes' wait.

        Who has a second factor gets 401 `mfa_required` with a `challenge` for the second step; staff who lack one
        get 403 `mfa_enrolment_required`.
        """
        body = checked(shapes.Login, request)
        return _reply(*login.token_login(**body, ip=request._request.client_ip))


class SecondStepView(APIView):
    permission = OPEN
    authentication_classes = []

    @extend_schema(
        operation_id="auth_login_mfa",
        request=shapes.SecondStep,
        responses={200: shapes.TokenReply},
        examples=[
            OpenApiExample("A code of the app", {"challenge": "eyJpZCI6…", "code": "492039"}, request_only=True),
            TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        """The second step of a log-in: the challenge (five minutes, once) and a code of the app or a recovery code."""
        return _reply(*login.token_login_second(**checked(shapes.SecondStep, request)))


class RegisterView(APIView):
    permission = OPEN
    authentication_classes = []

    @extend_schema(
        operation_id="auth_register",
        request=shapes.Registration,
        responses={202: shapes.Said},
        examples=[
            OpenApiExample(
                "A student of an academy",
                {
                    "display_name": "김하늘",
                    "email": "student@example.com",
                    "password": "Hangang!2026",
                    "role": "student",
                    "organization_code": "hana",
                    "birth_date": "2009-05-05",
                },
                request_only=True,
            ),
            OpenApiExample(
                "Accepted", {"detail": "보내 드린 메일의 링크를 열어 주세요."}, response_only=True, status_codes=["202"]
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """A new student's or parent's account. It opens with the link that is mailed to it: see `auth/confirm`.

        A student under 14 names a guardian, who is asked first. An address that is taken is answered alike; its owner
        is told by mail.
        """
        waits = people.register(**checked(shapes.Registration, request), ip=request._request.client_ip)
        asked = _("We have written to your guardian. You can log in as soon as they agree.")
        return Response({"detail": asked if waits else _("Open the link in the mail that we sent you.")}, status=202)


class RefreshView(APIView):
    permission = OPEN
    authentication_classes = []

    @extend_schema(
        operation_id="auth_refresh",
        parameters=[REFRESH_TOKEN],
        request=None,
        responses={200: shapes.TokenReply},
        examples=[TOKENS],
    )
    def post(self, request: Request) -> Response:
        """A new pair for the refresh token in the cookie; a token used twice ends the whole session."""
        raw = refresh_cookie.read(request.COOKIES)
        if not raw:
            raise NotAuthenticated(_("There is no refresh token."), code="no_refresh_token")
        return _reply(*tokens.rotate(raw))


class LogoutView(APIView):
    permission = OPEN

    @extend_schema(operation_id="auth_logout", parameters=[REFRESH_TOKEN], request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End this access token, the session of the refresh token and the page's session, whichever there are."""
        claims = request.auth if isinstance(request.user, TokenBearer) else None
        login.token_logout(claims=claims, refresh=refresh_cookie.read(request.COOKIES))
        if isinstance(request.user, User):
            login.record_logout(via="page")
            logout(request._request)
        response = Response(status=204, headers={"Clear-Site-Data": login.CLEARED})
        refresh_cookie.remove(response)
        return response
