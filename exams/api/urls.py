from django.urls import path

from exams.api import loop

urlpatterns = [
    path("exams/<uuid:exam_id>/start", loop.StartView.as_view(), name="exam-start"),
    path("attempts/<uuid:attempt_id>", loop.ResumeView.as_view(), name="attempt"),
    path("attempts/<uuid:attempt_id>/answer", loop.AnswerView.as_view(), name="attempt-answer"),
    path("attempts/<uuid:attempt_id>/submit", loop.SubmitView.as_view(), name="attempt-submit"),
]
