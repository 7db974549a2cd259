from django.urls import path

from exams.pages import analysis, classes, dashboards, families, grading, taking

urlpatterns = [
    path("dashboard", dashboards.dashboard, name="dashboard"),
    path("analytics", dashboards.analytics, name="analytics"),
    path("analysis", analysis.analysis_list, name="analysis-list"),
    path("analysis/<uuid:exam_id>", analysis.exam_analysis, name="analysis-exam"),
    path("analysis/<uuid:exam_id>/items/<uuid:item_id>", analysis.item_analysis, name="analysis-item"),
    path("exams", taking.exam_list, name="exam-list"),
    path("exams/<uuid:exam_id>/start", taking.start, name="exam-begin"),
    path("attempts/<uuid:attempt_id>", taking.take, name="take"),
    path("attempts/<uuid:attempt_id>/result", taking.result, name="result"),
    path("classes", classes.class_list, name="class-list"),
    path("classes/<uuid:class_id>", classes.class_detail, name="class-detail"),
    path("classes/<uuid:class_id>/exams/<uuid:exam_id>", classes.class_exam, name="class-exam"),
    path("grading", grading.grading_list, name="grading-page"),
    path("grading/<int:response_id>", grading.grading_sheet, name="grading-sheet"),
    path("children", families.children, name="children"),
    path("children/<uuid:student_id>", dashboards.child, name="child"),
]
