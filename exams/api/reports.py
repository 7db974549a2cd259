"""Reports over many attempts."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors import get_student
from exams.api.attempts import READ
from exams.api.serializers import reports as shapes
from exams.selectors.exams import get_exam
from exams.selectors.reports import dashboard_of, exam_statistics, student_report


class StudentReportsView(APIView):
    permission = "report:read"

    @extend_schema(operation_id="students_reports", responses={200: shapes.StudentReport})
    def get(self, request: Request, student_id: UUID) -> Response:
        """One student's scores in time, content areas and results; a parent needs the student's approval (403)."""
        student = get_student(request.user, student_id)
        return Response(shapes.StudentReport(student_report(student)).data)


class DashboardView(APIView):
    permission = READ

    @extend_schema(operation_id="analytics_dashboard", responses={200: shapes.Dashboard})
    def get(self, request: Request) -> Response:
        """A student's own scores, a parent's children, or the figures of all students whom staff may see."""
        return Response(shapes.Dashboard(dashboard_of(request.user)).data)


class ExamStatisticsView(APIView):
    permission = "report:read"

    @extend_schema(operation_id="exams_statistics", responses={200: shapes.ExamStatistics})
    def get(self, request: Request, exam_id: UUID) -> Response:
        """Scores, content areas and items of one exam, over the students whose reports I may read."""
        exam = get_exam(request.user, exam_id)
        return Response(shapes.ExamStatistics(exam_statistics(request.user, exam)).data)
