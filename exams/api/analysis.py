"""Item and test analysis of an exam: the newest one, and asking for another."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exams.api.items import READ
from exams.api.serializers import analysis as shapes
from exams.selectors.analysis import analysis_of, summary_of
from exams.selectors.exams import get_exam
from exams.services.analysis import request_analysis


class ExamAnalysisView(APIView):
    permission = READ

    @extend_schema(operation_id="exams_analysis", responses={200: shapes.ExamAnalysed})
    def get(self, request: Request, exam_id: UUID) -> Response:
        """The newest analysis over the students whose answers I may read: reliability, fit, DIF, each item's flags."""
        return Response(_shown(request, exam_id))

    @extend_schema(operation_id="exams_analysis_request", request=None, responses={202: shapes.ExamAnalysed})
    def post(self, request: Request, exam_id: UUID) -> Response:
        """Have it computed anew. A worker does it; one that is under way already is enough."""
        request_analysis(person=request.user, exam=get_exam(request.user, exam_id))
        return Response(_shown(request, exam_id), status=202)


def _shown(request: Request, exam_id: UUID) -> dict:
    found = analysis_of(request.user, get_exam(request.user, exam_id))
    if found.newest is not None:
        found.newest.summary = summary_of(found.newest)
    shown = {"exam": found.exam, "waiting": found.waiting is not None, "analysis": found.newest}
    return shapes.ExamAnalysed(shown).data
