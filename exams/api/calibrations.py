"""Calibrations: asked for, followed, and taken over by a person."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from exams.api.items import READ, UPDATE
from exams.api.serializers import calibrations as shapes
from exams.models import CalibrationRun
from exams.selectors.calibration import CalibrationRequest, get_run, visible_runs
from exams.services import calibration

NEW = OpenApiExample(
    "Items in field test come onto the bank's scale",
    {"exams": ["algebra-placement"], "model": "2pl", "anchoring": "calibrated", "min_answers": 200},
    request_only=True,
)
CHOICE = OpenApiExample("Two of its items", {"items": ["roots-9", "roots-10"], "into_use": True}, request_only=True)


class CalibrationsView(ListAPIView):
    permission = {"GET": READ, "POST": UPDATE}
    serializer_class = shapes.CalibrationRow
    queryset = CalibrationRun.objects.none()

    def get_queryset(self) -> QuerySet[CalibrationRun]:
        return visible_runs(self.request.user).defer("summary")

    @extend_schema(operation_id="calibrations_list")
    def get(self, request: Request) -> Response:
        """The zone's calibrations, or my organization's, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="calibrations_create",
        request=shapes.CalibrationNew,
        responses={202: shapes.CalibrationDetail},
        examples=[NEW],
    )
    def post(self, request: Request) -> Response:
        """Estimate item parameters from answers. A worker does it; ask again for how far it is. Nothing is changed."""
        body = checked(shapes.CalibrationNew, request)
        for name in ("exams", "items"):
            body[name] = tuple(body.get(name, ()))
        run = calibration.request_calibration(person=request.user, request=CalibrationRequest(**body))
        return Response(shapes.CalibrationDetail(run).data, status=202)


class CalibrationView(APIView):
    permission = READ

    @extend_schema(operation_id="calibrations_read", responses={200: shapes.CalibrationDetail})
    def get(self, request: Request, calibration_id: UUID) -> Response:
        """One calibration: how far it is, and what was found of each item."""
        return Response(shapes.CalibrationDetail(get_run(request.user, calibration_id)).data)


class ActivateView(APIView):
    permission = UPDATE

    @extend_schema(
        operation_id="calibrations_activate",
        request=shapes.ActivationNew,
        responses={200: shapes.Activated},
        examples=[CHOICE],
    )
    def post(self, request: Request, calibration_id: UUID) -> Response:
        """Give these items their new parameters, as new versions; running attempts keep the old ones.

        All of them or none; again changes nothing. A 409 names the items that have changed since.
        """
        body = checked(shapes.ActivationNew, request)
        run = get_run(request.user, calibration_id)
        done = calibration.activate(person=request.user, run=run, items=body.get("items"), into_use=body["into_use"])
        return Response(shapes.Activated(done).data)
