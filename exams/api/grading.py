"""Essays that wait for a teacher, and the grades that they get."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from exams import models
from exams.api.serializers import grading as shapes
from exams.selectors import grading as essays
from exams.services import grading

PERMISSION = essays.PERMISSION


class LongestWaiting(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("attempt__started_at", "pk")


class GradingFilter(django_filters.FilterSet):
    exam = django_filters.UUIDFilter("attempt__exam_id")
    student = django_filters.UUIDFilter("attempt__user_id")
    graded = django_filters.BooleanFilter(help_text="False unless asked otherwise: those that wait.")

    class Meta:
        model = models.Response
        fields: list[str] = []


class GradingListView(ListAPIView):
    permission = PERMISSION
    serializer_class = shapes.GradingRow
    filterset_class = GradingFilter
    pagination_class = LongestWaiting
    queryset = models.Response.objects.none()

    def get_queryset(self) -> QuerySet[models.Response]:
        person, asked = self.request.user, "graded" in self.request.query_params
        return essays.responses_to_grade(person) if asked else essays.waiting(person)

    @extend_schema(operation_id="grading_list")
    def get(self, request: Request) -> Response:
        """Answers of my students that wait for a grade, the longest waiting first."""
        return self.list(request)


class GradingView(APIView):
    permission = PERMISSION

    @extend_schema(operation_id="grading_read", responses={200: shapes.GradingSheet})
    def get(self, request: Request, response_id: int) -> Response:
        """One essay with its question, rubric and the grades that it was given."""
        return Response(_shown(request, response_id))


class GradeView(APIView):
    permission = PERMISSION

    @extend_schema(
        operation_id="grading_grade",
        request=shapes.GradeNew,
        responses={201: shapes.GradingSheet},
        examples=[
            OpenApiExample("Two criteria", {"points": [3, 2], "comment": "근거가 분명합니다."}, request_only=True)
        ],
    )
    def post(self, request: Request, response_id: int) -> Response:
        """Give points for each criterion of the rubric. They count at once: the attempt is estimated anew.

        Grades are only ever added, and the newest counts. The very same grade again changes nothing.
        """
        grading.grade(person=request.user, response_id=response_id, **checked(shapes.GradeNew, request))
        return Response(_shown(request, response_id), status=201)


def _shown(request: Request, response_id: int) -> Mapping[str, Any]:
    return shapes.GradingSheet(essays.sheet_of(essays.get_response(request.user, response_id))).data
