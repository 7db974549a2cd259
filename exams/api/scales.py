"""Score scales: read by the authors of exams, written by those who write for the whole zone."""

from dataclasses import replace

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from exams.api.serializers import scales as shapes
from exams.models import ScoreScale
from exams.services import scales
from zones.problems import NotFound


class ScalesView(APIView):
    permission = {"GET": "exam:update", "POST": "exam:create"}

    @extend_schema(operation_id="scales_list", responses={200: shapes.ScaleDetail(many=True)})
    def get(self, request: Request) -> Response:
        """The zone's score scales, by code."""
        return Response(shapes.ScaleDetail(ScoreScale.objects.all(), many=True).data)

    @extend_schema(operation_id="scales_create", request=shapes.ScaleNew, responses={201: shapes.ScaleDetail})
    def post(self, request: Request) -> Response:
        """A new scale; administrators of the zone make them."""
        body = checked(shapes.ScaleNew, request)
        code = body.pop("code")
        scale = scales.create_scale(person=request.user, code=code, draft=scales.ScaleDraft(**body))
        return Response(shapes.ScaleDetail(scale).data, status=201)


class ScaleView(APIView):
    permission = {"GET": "exam:update", "PATCH": "exam:update"}

    @extend_schema(operation_id="scales_read", responses={200: shapes.ScaleDetail})
    def get(self, request: Request, scale_code: str) -> Response:
        """One scale."""
        return Response(shapes.ScaleDetail(_scale(scale_code)).data)

    @extend_schema(operation_id="scales_change", request=shapes.ScaleChange, responses={200: shapes.ScaleDetail})
    def patch(self, request: Request, scale_code: str) -> Response:
        """Change a scale. Attempts that have begun keep the transformation that it had."""
        body = checked(shapes.ScaleChange, request)
        scale = _scale(scale_code)
        changed = scales.update_scale(person=request.user, scale=scale, draft=replace(scales.draft_of(scale), **body))
        return Response(shapes.ScaleDetail(changed).data)


def _scale(code: str) -> ScoreScale:
    scale = ScoreScale.objects.filter(code=code).first()
    if scale is None:
        raise NotFound()
    return scale
