"""Parents and students."""

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
from accounts.models import User
from accounts.services import guardians, parents
from accounts.services.mail_limits import evenly


class LinkStudentView(APIView):
    permission = "student:read"

    @extend_schema(
        operation_id="parents_link_student",
        request=shapes.LinkRequest,
        responses={202: shapes.Said},
        examples=[OpenApiExample("Ask", {"student_email": "student@example.com"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Ask a student to show their results. The answer is the same whether or not there is such a student."""
        body = checked(shapes.LinkRequest, request)
        with evenly():
            parents.request_link(person=request.user, **body)
        said = _("If a student has this e-mail, they have been asked. You see their results once they approve.")
        return Response({"detail": said}, status=202)


class ChildrenView(APIView):
    permission = "student:read"

    @extend_schema(operation_id="parents_children", responses={200: shapes.MyChild(many=True)})
    def get(self, request: Request) -> Response:
        """The children who approved me."""
        return Response(shapes.MyChild(selectors.children(request.user), many=True).data)


class MyParentsView(APIView):
    permission = "profile:read"

    @extend_schema(operation_id="students_me_parents", responses={200: shapes.MyParent(many=True)})
    def get(self, request: Request) -> Response:
        """The parents who wait for my answer, and those who see my results."""
        return Response(shapes.MyParent(selectors.open_links_of_student(request.user), many=True).data)


class ApproveParentView(APIView):
    permission = "profile:update"

    @extend_schema(operation_id="students_approve_parent", request=None, responses={200: shapes.ParentLinkShape})
    def post(self, request: Request, parent_id: UUID) -> Response:
        """Let this parent see my results."""
        return Response(shapes.ParentLinkShape(parents.approve(person=request.user, parent_id=parent_id)).data)


class RefuseParentView(APIView):
    permission = "profile:update"

    @extend_schema(operation_id="students_refuse_parent", request=None, responses={200: shapes.ParentLinkShape})
    def post(self, request: Request, parent_id: UUID) -> Response:
        """Do not let this parent see my results."""
        return Response(shapes.ParentLinkShape(parents.refuse(person=request.user, parent_id=parent_id)).data)


class LinkView(APIView):
    permission = ("profile:update", "student:read")

    @extend_schema(operation_id="parents_links_end", responses={204: None})
    def delete(self, request: Request, link_id: UUID) -> Response:
        """End a link, as the parent or as the student."""
        parents.revoke(person=request.user, link_id=link_id)
        return Response(status=204)


class PaperConsentView(APIView):
    permission = "user:update"

    @extend_schema(
        operation_id="users_guardian_consent", request=shapes.PaperConsent, responses={200: shapes.UserShape}
    )
    def post(self, request: Request, user_id: UUID) -> Response:
        """My organization holds this student's guardian's consent on paper; the account, which waited, is open."""
        child = selectors.get_visible_user(request.user, user_id)
        guardians.record_paper(person=request.user, child=child, **checked(shapes.PaperConsent, request))
        return Response(shapes.UserShape(child).data)


class WithdrawView(APIView):
    permission = "student:read"

    @extend_schema(operation_id="parents_withdraw_consent", request=None, responses={200: shapes.Said})
    def post(self, request: Request, student_id: UUID) -> Response:
        """Take a guardian's consent back: the child's account closes at once, its data are erased after 30 days."""
        guardians.withdraw_consent(person=request.user, child_id=student_id)
        return Response({"detail": _("The account is closed.")})


class StudentsView(ListAPIView):
    permission = ("student:read", "user:read")
    serializer_class = shapes.UserShape
    queryset = User.objects.none()

    def get_queryset(self) -> QuerySet[User]:
        return selectors.visible_students(self.request.user)

    @extend_schema(operation_id="students_list")
    def get(self, request: Request) -> Response:
        """The students whose reports I may read."""
        return self.list(request)
