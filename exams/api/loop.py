"""The exam loop: start, answer, submit, resume."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from exams.api.serializers import loop as shapes
from exams.services import answering, delivery, pauses

KEY = "0b7c1f0e-2f60-4d0b-9f0e-8a1f6a1f3a55"


class StartView(APIView):
    permission = "attempt:create"

    @extend_schema(
        operation_id="exams_start",
        request=shapes.StartRequest,
        responses={201: shapes.AttemptState},
        examples=[OpenApiExample("Start in Korean", {"client_key": KEY, "language": "ko"}, request_only=True)],
    )
    def post(self, request: Request, exam_id: UUID) -> Response:
        """Open an attempt, or come back to the open one, and get its item."""
        body = checked(shapes.StartRequest, request)
        return Response(delivery.start(person=request.user, exam_id=exam_id, **body), status=201)


class AnswerView(APIView):
    permission = "attempt:create"

    @extend_schema(
        operation_id="attempts_answer",
        request=shapes.AnswerRequest,
        responses={200: shapes.AnswerState},
        examples=[
            OpenApiExample(
                "Second option of the first question",
                {"client_key": KEY, "position": 1, "item": "4711", "option": 2, "elapsed_ms": 31500},
                request_only=True,
            ),
            OpenApiExample(
                "A number for the second",
                {"client_key": KEY, "position": 2, "item": "4738", "answer": {"text": "3"}, "elapsed_ms": 20400},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request, attempt_id: UUID) -> Response:
        """Answer the current question. A 200 means that PostgreSQL has committed the answer."""
        body = checked(shapes.AnswerRequest, request)
        body["item"] = int(body["item"])
        return Response(answering.answer(person=request.user, attempt_id=attempt_id, **body))


class SubmitView(APIView):
    permission = "attempt:create"

    @extend_schema(
        operation_id="attempts_submit",
        request=shapes.SubmitRequest,
        responses={200: shapes.AttemptState},
        examples=[OpenApiExample("Hand in", {"client_key": KEY}, request_only=True)],
    )
    def post(self, request: Request, attempt_id: UUID) -> Response:
        """Hand in an attempt as it stands."""
        body = checked(shapes.SubmitRequest, request)
        return Response(delivery.submit(person=request.user, attempt_id=attempt_id, **body))


class PauseView(APIView):
    permission = "attempt:create"

    @extend_schema(operation_id="attempts_pause", request=None, responses={200: shapes.AttemptState})
    def post(self, request: Request, attempt_id: UUID) -> Response:
        """Stop the clock and cover the question, for students with pauses; a 409 `no_pause_left` without any left.

        Answers are refused with `attempt_paused` until the attempt goes on. The same call again changes nothing.
        """
        return Response(pauses.pause(person=request.user, attempt_id=attempt_id))


class GoOnView(APIView):
    permission = "attempt:create"

    @extend_schema(operation_id="attempts_go_on", request=None, responses={200: shapes.AttemptState})
    def post(self, request: Request, attempt_id: UUID) -> Response:
        """End a pause: the same item again, the deadline later by the pause. Without a pause nothing changes."""
        return Response(pauses.go_on(person=request.user, attempt_id=attempt_id))


class ResumeView(APIView):
    permission = "attempt:read"

    @extend_schema(operation_id="attempts_resume", responses={200: shapes.AttemptState})
    def get(self, request: Request, attempt_id: UUID) -> Response:
        """The attempt as it stands: the very same item, on whichever device."""
        return Response(delivery.resume(person=request.user, attempt_id=attempt_id))
