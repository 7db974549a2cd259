"""Attempts in lists and the report of a finished one; the loop itself is in exams.api.loop."""

from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.filters import MomentFilter, RangeFilterSet
from exams.api.serializers import attempts as shapes
from exams.models import Attempt
from exams.selectors.attempts import get_finished_attempt, visible_attempts
from exams.selectors.results import report_of

# Students, teachers and parents read attempts; administrators hold them as part of reports.
READ = ("attempt:read", "report:read")


class NewestAttempts(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-started_at", "-id")


class AttemptFilter(RangeFilterSet):
    ranges = (("since", "until"),)

    exam = django_filters.UUIDFilter("exam_id")
    student = django_filters.UUIDFilter("user_id")
    status = django_filters.ChoiceFilter(choices=Attempt.Status.choices)
    since = MomentFilter("started_at", "gte", help_text="Started from this time on (ISO 8601).")
    until = MomentFilter("started_at", "lt", help_text="Started before this time.")

    class Meta:
        model = Attempt
        fields: list[str] = []


class AttemptsView(ListAPIView):
    permission = READ
    serializer_class = shapes.AttemptRow
    filterset_class = AttemptFilter
    pagination_class = NewestAttempts
    queryset = Attempt.objects.none()

    def get_queryset(self) -> QuerySet[Attempt]:
        return visible_attempts(self.request.user)

    @extend_schema(operation_id="attempts_list")
    def get(self, request: Request) -> Response:
        """My own attempts, or those of my students or children, newest first."""
        return self.list(request)


class ReportView(APIView):
    permission = READ
    also_refuses = ("409",)

    @extend_schema(operation_id="attempts_report", responses={200: shapes.AttemptReport})
    def get(self, request: Request, attempt_id: UUID) -> Response:
        """Score, group, the path of the ability, content areas and every item with its key.

        A 409 `attempt_running` as long as the attempt is not finished: nothing here may reach its student before.
        """
        report = report_of(get_finished_attempt(request.user, attempt_id))
        return Response(shapes.AttemptReport(report).data)
