"""Exams: read by everybody who may see them, written by their authors."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from accounts.models import Organization
from accounts.selectors import get_organization
from exams.api.serializers import catalogue as shapes
from exams.exam_drafts import ExamDraft
from exams.models import Exam
from exams.selectors.exams import get_exam, visible_exams
from exams.services import authoring

NEW = OpenApiExample(
    "An adaptive exam",
    {
        "code": "algebra-placement",
        "title": "대수 배치고사",
        "translations": [{"language": "en", "title": "Algebra placement"}],
        "languages": ["ko", "en"],
        "blueprint": [{"area": "algebra", "share": 0.6}, {"area": "geometry", "share": 0.4}],
        "min_items": 15,
        "max_items": 25,
        "se_target": 0.3,
        "time_limit_minutes": 40,
    },
    request_only=True,
)


def owner(request: Request, body: dict[str, Any]) -> Organization | None:
    """Whose the new thing is: the organization that the body names, else the person's own, else the zone."""
    wanted = body.pop("organization", None) or request.user.organization_id
    return get_organization(request.user, wanted) if wanted else None


class ExamFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=Exam.Kind.choices)
    status = django_filters.ChoiceFilter(choices=Exam.Status.choices)
    organization = django_filters.UUIDFilter("organization_id")
    search = django_filters.CharFilter(method="by_words", help_text="Part of the code, title or description.")

    class Meta:
        model = Exam
        fields: list[str] = []

    def by_words(self, exams: QuerySet[Exam], name: str, value: str) -> QuerySet[Exam]:
        said = exams.alias(said=Cast("translations", TextField()))
        words = Q(code__icontains=value) | Q(title__icontains=value) | Q(description__icontains=value)
        return said.filter(words | Q(said__icontains=value))


class ExamsView(ListAPIView):
    permission = {"GET": "exam:read", "POST": "exam:create"}
    serializer_class = shapes.ExamRow
    filterset_class = ExamFilter
    queryset = Exam.objects.none()

    def get_queryset(self) -> QuerySet[Exam]:
        return visible_exams(self.request.user).select_related("organization")

    @extend_schema(operation_id="exams_list")
    def get(self, request: Request) -> Response:
        """The exams that I see, newest first; without log-in the public ones."""
        return self.list(request)

    @extend_schema(
        operation_id="exams_create", request=shapes.ExamNew, responses={201: shapes.ExamDetail}, examples=[NEW]
    )
    def post(self, request: Request) -> Response:
        """A new exam; nobody sees it before it is published."""
        body = checked(shapes.ExamNew, request)
        organization, code = owner(request, body), body.pop("code")
        exam = authoring.create_exam(person=request.user, code=code, draft=ExamDraft(**body), organization=organization)
        return Response(_shown(request, exam.pk), status=201)


def _shown(request: Request, exam_id: UUID) -> Mapping[str, Any]:
    exam = get_exam(request.user, exam_id)
    draft = authoring.draft_of(exam) if request.user.allows("exam:update") else None
    return shapes.ExamDetail(exam, context={"draft": draft}).data


class ExamView(APIView):
    permission = {"GET": "exam:read", "PATCH": "exam:update"}

    @extend_schema(operation_id="exams_read", responses={200: shapes.ExamDetail})
    def get(self, request: Request, exam_id: UUID) -> Response:
        """One exam with its content areas."""
        return Response(_shown(request, exam_id))

    @extend_schema(
        operation_id="exams_change",
        request=shapes.ExamChange,
        responses={200: shapes.ExamDetail},
        examples=[OpenApiExample("A longer exam", {"max_items": 30, "time_limit_minutes": 60}, request_only=True)],
    )
    def patch(self, request: Request, exam_id: UUID) -> Response:
        """Change an exam. Attempts that are running keep the rules they began with."""
        exam = get_exam(request.user, exam_id)
        body = checked(shapes.ExamChange, request)
        authoring.update_exam(person=request.user, exam=exam, draft=replace(authoring.draft_of(exam), **body))
        return Response(_shown(request, exam_id))


class PublishView(APIView):
    permission = "exam:update"

    @extend_schema(operation_id="exams_publish", request=None, responses={200: shapes.ExamDetail})
    def post(self, request: Request, exam_id: UUID) -> Response:
        """Let students see and start it; a 409 `exam_not_ready` lists what to mend first."""
        authoring.publish_exam(person=request.user, exam=get_exam(request.user, exam_id))
        return Response(_shown(request, exam_id))


class ArchiveView(APIView):
    permission = "exam:update"

    @extend_schema(operation_id="exams_archive", request=None, responses={200: shapes.ExamDetail})
    def post(self, request: Request, exam_id: UUID) -> Response:
        """Nobody may start it any more; attempts that are running go on, results stay."""
        authoring.archive_exam(person=request.user, exam=get_exam(request.user, exam_id))
        return Response(_shown(request, exam_id))
