from django.urls import path

from exams.api import accommodations, attempts, calibrations, catalogue, interchange, items, loop, reports, scales

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
    path("imports", interchange.ImportsView.as_view(), name="imports"),
    path("imports/<uuid:import_id>", interchange.ImportView.as_view(), name="import"),
    path("imports/<uuid:import_id>/confirm", interchange.ImportConfirmView.as_view(), name="import-confirm"),
    path("exports", interchange.ExportsView.as_view(), name="exports"),
    path("calibrations", calibrations.CalibrationsView.as_view(), name="calibrations"),
    path("calibrations/<uuid:calibration_id>", calibrations.CalibrationView.as_view(), name="calibration"),
    path(
        "calibrations/<uuid:calibration_id>/activate",
        calibrations.ActivateView.as_view(),
        name="calibration-activate",
    ),
    path("attempts", attempts.AttemptsView.as_view(), name="attempts"),
    path("attempts/<uuid:attempt_id>", loop.ResumeView.as_view(), name="attempt"),
    path("attempts/<uuid:attempt_id>/answer", loop.AnswerView.as_view(), name="attempt-answer"),
    path("attempts/<uuid:attempt_id>/submit", loop.SubmitView.as_view(), name="attempt-submit"),
    path("attempts/<uuid:attempt_id>/pause", loop.PauseView.as_view(), name="attempt-pause"),
    path("attempts/<uuid:attempt_id>/resume", loop.GoOnView.as_view(), name="attempt-go-on"),
    path("attempts/<uuid:attempt_id>/report", attempts.ReportView.as_view(), name="attempt-report"),
    path("students/<uuid:student_id>/reports", reports.StudentReportsView.as_view(), name="student-reports"),
    path(
        "students/<uuid:student_id>/accommodation",
        accommodations.AccommodationView.as_view(),
        name="student-accommodation",
    ),
    path("scales", scales.ScalesView.as_view(), name="scales"),
    path("scales/<slug:scale_code>", scales.ScaleView.as_view(), name="scale"),
    path("analytics/dashboard", reports.DashboardView.as_view(), name="analytics-dashboard"),
]
