"""Accommodations: read by those who grant them and by the student, written by administrators."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from exams.api.serializers import accommodations as shapes
from exams.models import Accommodation
from exams.selectors.accommodations import accommodation_of, get_student_to_accommodate
from exams.services import accommodations


class AccommodationView(APIView):
    permission = {"GET": ("user:update", "profile:read"), "PUT": "user:update"}

    @extend_schema(operation_id="students_accommodation", responses={200: shapes.AccommodationBody})
    def get(self, request: Request, student_id: UUID) -> Response:
        """The student's extra time, pauses and large print; all of it nothing without any."""
        student = get_student_to_accommodate(request.user, student_id)
        return Response(_shown(accommodation_of(student.pk)))

    @extend_schema(
        operation_id="students_accommodation_change",
        request=shapes.AccommodationBody,
        responses={200: shapes.AccommodationBody},
    )
    def put(self, request: Request, student_id: UUID) -> Response:
        """Grant exactly this. Attempts that are running keep what they began with."""
        student = get_student_to_accommodate(request.user, student_id)
        granted = accommodations.grant(
            person=request.user, student=student, **checked(shapes.AccommodationBody, request)
        )
        return Response(_shown(granted))


def _shown(accommodation: Accommodation | None) -> dict[str, Any]:
    if accommodation is None:
        return accommodations.NOTHING
    return {name: getattr(accommodation, name) for name in accommodations.NOTHING}
