from django.urls import path

from exams.api import attempts, catalogue, items, loop, reports

urlpatterns = [
    path("exams", catalogue.ExamsView.as_view(), name="exams"),
    path("exams/<uuid:exam_id>", catalogue.ExamView.as_view(), name="exam"),
    path("exams/<uuid:exam_id>/publish", catalogue.PublishView.as_view(), name="exam-publish"),
    path("exams/<uuid:exam_id>/archive", catalogue.ArchiveView.as_view(), name="exam-archive"),
    path("exams/<uuid:exam_id>/statistics", reports.ExamStatisticsView.as_view(), name="exam-statistics"),
    path("exams/<uuid:exam_id>/start", loop.StartView.as_view(), name="exam-start"),
    path("items", items.ItemsView.as_view(), name="items"),
    path("items/<uuid:item_id>", items.ItemView.as_view(), name="item"),
    path("items/<uuid:item_id>/versions", items.VersionsView.as_view(), name="item-versions"),
    path("items/<uuid:item_id>/status", items.StatusView.as_view(), name="item-status"),
    path("attempts", attempts.AttemptsView.as_view(), name="attempts"),
    path("attempts/<uuid:attempt_id>", loop.ResumeView.as_view(), name="attempt"),
    path("attempts/<uuid:attempt_id>/answer", loop.AnswerView.as_view(), name="attempt-answer"),
    path("attempts/<uuid:attempt_id>/submit", loop.SubmitView.as_view(), name="attempt-submit"),
    path("attempts/<uuid:attempt_id>/report", attempts.ReportView.as_view(), name="attempt-report"),
    path("students/<uuid:student_id>/reports", reports.StudentReportsView.as_view(), name="student-reports"),
    path("analytics/dashboard", reports.DashboardView.as_view(), name="analytics-dashboard"),
]
