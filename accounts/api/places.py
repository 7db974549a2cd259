"""Where people are logged in, with browsers and with tokens: one's own places, and for staff those of others."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import page_sessions, selectors
from accounts.api import serializers as shapes
from accounts.api.permissions import SIGNED_IN
from accounts.services import people, sessions


def _current(request: Request) -> UUID | None:
    """The place of the request itself: the family of its token, or the browser's session."""
    claims: Any = request.auth
    if claims is not None:
        return UUID(claims["sid"]) if "sid" in claims else None
    return page_sessions.place_id(request._request)


class MySessionsView(APIView):
    permission = SIGNED_IN

    @extend_schema(operation_id="users_me_sessions", responses={200: shapes.LoginPlace(many=True)})
    def get(self, request: Request) -> Response:
        """Where I am logged in, this place first."""
        places = sessions.places_of(people.person_row(request.user), current=_current(request))
        return Response(shapes.LoginPlace(places, many=True).data)

    @extend_schema(operation_id="users_me_sessions_end", request=None, responses={200: shapes.EndedPlaces})
    def delete(self, request: Request) -> Response:
        """Log out everywhere: browsers, refresh tokens and access tokens, this one too."""
        return Response({"ended": sessions.end_all(user=people.person_row(request.user))})


class MySessionView(APIView):
    permission = SIGNED_IN

    @extend_schema(operation_id="users_me_session_end", request=None, responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Log out in one place."""
        sessions.end_one(user=people.person_row(request.user), session_id=session_id)
        return Response(status=204)


class SessionsView(APIView):
    permission = "user:update"

    @extend_schema(operation_id="users_sessions", responses={200: shapes.LoginPlace(many=True)})
    def get(self, request: Request, user_id: UUID) -> Response:
        """Where somebody of one's organization or zone is logged in."""
        user = selectors.get_visible_user(request.user, user_id)
        return Response(shapes.LoginPlace(sessions.places_of(user), many=True).data)

    @extend_schema(operation_id="users_sessions_end", request=None, responses={200: shapes.EndedPlaces})
    def delete(self, request: Request, user_id: UUID) -> Response:
        """Log somebody out everywhere."""
        user = selectors.get_visible_user(request.user, user_id)
        return Response({"ended": people.end_sessions(person=request.user, user=user)})


class SessionView(APIView):
    permission = "user:update"

    @extend_schema(operation_id="users_session_end", request=None, responses={204: None})
    def delete(self, request: Request, user_id: UUID, session_id: UUID) -> Response:
        """Log somebody out in one place."""
        user = selectors.get_visible_user(request.user, user_id)
        people.end_sessions(person=request.user, user=user, session_id=session_id)
        return Response(status=204)
