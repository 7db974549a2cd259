"""One's own account, the accounts that staff manage, and organizations."""

from uuid import UUID

import django_filters
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors
from accounts.api import serializers as shapes
from accounts.api.body import checked
from accounts.api.permissions import SIGNED_IN
from accounts.models import Organization, User
from accounts.permissions import STAFF_ROLES, Role
from accounts.services import confirming, contact, organizations, passwords, people
from accounts.step_up import require_recent


class MeView(APIView):
    permission = SIGNED_IN

    @extend_schema(operation_id="users_me", responses={200: shapes.Me})
    def get(self, request: Request) -> Response:
        """Who I am, with my permissions."""
        return Response(shapes.Me(people.person_row(request.user)).data)

    @extend_schema(
        operation_id="users_me_change",
        request=shapes.MeChange,
        responses={200: shapes.Me},
        examples=[OpenApiExample("Korean", {"language": "ko"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Change my name, language or telephone."""
        body = checked(shapes.MeChange, request)
        user = people.person_row(request.user)
        with transaction.atomic():
            if "phone" in body:
                contact.set_own_phone(user=user, phone=body.pop("phone"))
            people.update_profile(user=user, **body)
        return Response(shapes.Me(user).data)


class PasswordView(APIView):
    permission = SIGNED_IN

    @extend_schema(operation_id="users_me_password", request=shapes.PasswordChange, responses={204: None})
    def post(self, request: Request) -> Response:
        """A new password. It ends every token, this one too: log in again."""
        user = people.person_row(request.user)
        passwords.change_password(user=user, **checked(shapes.PasswordChange, request), ip=request._request.client_ip)
        return Response(status=204)


class EmailView(APIView):
    permission = SIGNED_IN

    @extend_schema(operation_id="users_me_email", request=shapes.EmailChange, responses={202: shapes.Said})
    def post(self, request: Request) -> Response:
        """Another e-mail: a link goes to it, and until it is followed the old one stays. The old one is told."""
        user = people.person_row(request.user)
        confirming.ask_new_email(user=user, **checked(shapes.EmailChange, request), ip=request._request.client_ip)
        return Response({"detail": _("Open the link that we sent to the new address.")}, status=202)


class UserFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(choices=Role.choices)
    organization = django_filters.UUIDFilter()
    active = django_filters.BooleanFilter("is_active")
    search = django_filters.CharFilter(method="by_words", help_text="Part of the name or the e-mail.")

    class Meta:
        model = User
        fields: list[str] = []

    def by_words(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return users.filter(Q(display_name__icontains=value) | Q(email__icontains=value))


class UsersView(ListAPIView):
    permission = {"GET": "user:read", "POST": "user:create"}
    serializer_class = shapes.UserShape
    filterset_class = UserFilter
    queryset = User.objects.none()

    def get_queryset(self) -> QuerySet[User]:
        return selectors.visible_users(self.request.user)

    @extend_schema(operation_id="users_list")
    def get(self, request: Request) -> Response:
        """The accounts of the zone, or of one's organization, newest first."""
        return self.list(request)

    @extend_schema(operation_id="users_create", request=shapes.UserNew, responses={201: shapes.UserShape})
    def post(self, request: Request) -> Response:
        """A new account: not above one's own role, within one's own organization.

        Who makes staff must have logged in within the last 15 minutes (else `reauthentication_required`).

        Without a password the person is mailed a link to choose one. With one it opens a single log-in on the web
        page within seven days, which ends with a password of their own.
        """
        body = checked(shapes.UserNew, request)
        if body["role"] in STAFF_ROLES:
            require_recent(request)
        body["organization"] = _organization(request, body.get("organization"))
        user = people.create_user(person=request.user, **body)
        return Response(shapes.UserShape(user).data, status=201)


def _organization(request: Request, named: UUID | None) -> Organization | None:
    wanted = named or request.user.organization_id
    return selectors.get_organization(request.user, wanted) if wanted else None


class UserView(APIView):
    permission = {"GET": "user:read", "PATCH": "user:update"}

    @extend_schema(operation_id="users_read", responses={200: shapes.UserShape})
    def get(self, request: Request, user_id: UUID) -> Response:
        """One account."""
        return Response(shapes.UserShape(selectors.get_visible_user(request.user, user_id)).data)

    @extend_schema(operation_id="users_change", request=shapes.UserChange, responses={200: shapes.UserShape})
    def patch(self, request: Request, user_id: UUID) -> Response:
        """Change an account; closing it ends its tokens at once.

        Whoever makes somebody staff, or takes that from them, must have logged in within the last 15 minutes (else
        `reauthentication_required`).
        """
        body = checked(shapes.UserChange, request)
        user = selectors.get_visible_user(request.user, user_id)
        if body.get("role", user.role) != user.role and {body["role"], user.role} & STAFF_ROLES:
            require_recent(request)
        active = body.pop("is_active", None)
        if "organization" in body:
            body["organization"] = selectors.get_organization(request.user, body["organization"])
        if body:
            people.update_user(person=request.user, user=user, **body)
        if active is not None:
            people.set_active(person=request.user, user=user, active=active)
        return Response(shapes.UserShape(user).data)


class OrganizationsView(ListAPIView):
    permission = {"GET": "org:read", "POST": "org:create"}
    serializer_class = shapes.OrganizationShape
    queryset = Organization.objects.none()

    def get_queryset(self) -> QuerySet[Organization]:
        return selectors.visible_organizations(self.request.user)

    @extend_schema(operation_id="organizations_list")
    def get(self, request: Request) -> Response:
        """The zone's organizations, or one's own."""
        return self.list(request)

    @extend_schema(
        operation_id="organizations_create", request=shapes.OrganizationNew, responses={201: shapes.OrganizationShape}
    )
    def post(self, request: Request) -> Response:
        """A new organization of the zone."""
        body = checked(shapes.OrganizationNew, request)
        made = organizations.create_organization(person=request.user, **body)
        return Response(shapes.OrganizationShape(made).data, status=201)


class OrganizationView(APIView):
    permission = "org:update"

    @extend_schema(
        operation_id="organizations_change",
        request=shapes.OrganizationChange,
        responses={200: shapes.OrganizationShape},
    )
    def patch(self, request: Request, organization_id: UUID) -> Response:
        """Change an organization; suspending ends its people's tokens at once. Its own staff change the name alone."""
        body = checked(shapes.OrganizationChange, request)
        organization = selectors.get_organization(request.user, organization_id)
        changed = organizations.update_organization(person=request.user, organization=organization, **body)
        return Response(shapes.OrganizationShape(changed).data)
