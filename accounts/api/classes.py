"""Classes and their members."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors
from accounts.api import serializers as shapes
from accounts.api.body import checked
from accounts.models import Classroom
from accounts.services import classes
from zones.problems import Invalid

# Teachers read their own classes, organizations theirs, the zone all; the list is cut by the selector.
READ = ("class:read", "student:read", "zone:read")


class ClassroomsView(ListAPIView):
    permission = {"GET": READ, "POST": "class:create"}
    serializer_class = shapes.ClassroomShape
    queryset = Classroom.objects.none()

    def get_queryset(self) -> QuerySet[Classroom]:
        return selectors.visible_classrooms(self.request.user)

    @extend_schema(operation_id="classes_list")
    def get(self, request: Request) -> Response:
        """My classes."""
        return self.list(request)

    @extend_schema(
        operation_id="classes_create",
        request=shapes.ClassroomNew,
        responses={201: shapes.ClassroomShape},
        examples=[OpenApiExample("A class", {"name": "수학 A반"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """A new, empty class."""
        body = checked(shapes.ClassroomNew, request)
        wanted = body.pop("organization", None) or request.user.organization_id
        if wanted is None:
            raise Invalid(errors={"organization": [_("Say which organization's class this is.")]})
        organization = selectors.get_organization(request.user, wanted)
        classroom = classes.create_classroom(person=request.user, organization=organization, **body)
        return Response(_shown(request, classroom.pk), status=201)


def _shown(request: Request, classroom_id: UUID) -> dict:
    return shapes.ClassroomShape(selectors.get_classroom(request.user, classroom_id)).data


class ClassroomView(APIView):
    permission = {"GET": READ, "PATCH": "class:update", "DELETE": "class:delete"}

    @extend_schema(operation_id="classes_read", responses={200: shapes.ClassroomShape})
    def get(self, request: Request, classroom_id: UUID) -> Response:
        """One class."""
        return Response(_shown(request, classroom_id))

    @extend_schema(
        operation_id="classes_change", request=shapes.ClassroomChange, responses={200: shapes.ClassroomShape}
    )
    def patch(self, request: Request, classroom_id: UUID) -> Response:
        """Rename a class."""
        classroom = selectors.get_classroom(request.user, classroom_id)
        classes.rename_classroom(person=request.user, classroom=classroom, **checked(shapes.ClassroomChange, request))
        return Response(_shown(request, classroom_id))

    @extend_schema(operation_id="classes_delete", responses={204: None})
    def delete(self, request: Request, classroom_id: UUID) -> Response:
        """End a class; its people stay."""
        classroom = selectors.get_classroom(request.user, classroom_id)
        classes.delete_classroom(person=request.user, classroom=classroom)
        return Response(status=204)


class MembersView(APIView):
    permission = {"GET": READ, "POST": "class:update"}

    @extend_schema(operation_id="classes_members", responses={200: shapes.MemberShape(many=True)})
    def get(self, request: Request, classroom_id: UUID) -> Response:
        """Teachers first, then students, by name."""
        classroom = selectors.get_classroom(request.user, classroom_id)
        return Response(shapes.MemberShape(selectors.members(classroom), many=True).data)

    @extend_schema(operation_id="classes_members_add", request=shapes.MemberNew, responses={201: shapes.MemberShape})
    def post(self, request: Request, classroom_id: UUID) -> Response:
        """Put a teacher or student of the same organization into the class."""
        classroom = selectors.get_classroom(request.user, classroom_id)
        user = selectors.get_visible_user(request.user, checked(shapes.MemberNew, request)["user_id"])
        membership = classes.add_member(person=request.user, classroom=classroom, user=user)
        return Response(shapes.MemberShape(membership).data, status=201)


class MemberView(APIView):
    permission = "class:update"

    @extend_schema(operation_id="classes_members_remove", responses={204: None})
    def delete(self, request: Request, classroom_id: UUID, user_id: UUID) -> Response:
        """Take somebody out of the class."""
        classroom = selectors.get_classroom(request.user, classroom_id)
        classes.remove_member(person=request.user, classroom=classroom, user_id=user_id)
        return Response(status=204)
