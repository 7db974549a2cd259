"""Exams with all their rules; publishing and archiving; what keeps one from being published."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit.console import AutocompleteFilter, ConsoleModelAdmin
from exams.admin.exam_form import INLINES, ExamForm, draft_from, fieldsets, inlines_of
from exams.admin.exports import export_page
from exams.models import Exam
from exams.selectors.readiness import readiness_problems
from exams.services import authoring


@admin.register(Exam)
class ExamAdmin(ConsoleModelAdmin):
    permissions = {"view": ("exam:read",), "add": ("exam:create",), "change": ("exam:update",)}
    organization_path = "organization_id"
    shows_zone_rows = True
    recorded_by_service = True
    form = ExamForm
    change_form_template = "admin/exams/exam/change_form.html"
    list_display = ["name", "code", "kind", "state", "visibility", "organization", "updated_at"]
    list_display_links = ["name", "code"]
    list_select_related = ["organization"]
    list_filter = ["status", "kind", "visibility", ("organization", AutocompleteFilter)]
    search_fields = ["code__startswith", "title__icontains"]
    ordering = ["title"]
    autocomplete_fields = ["organization"]
    actions = ["publish", "archive"]
    inlines = INLINES

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return fieldsets(writes=self.has_change_permission(request, obj) if obj else self.has_add_permission(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["code", "organization"] if obj else []

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("<uuid:exam_id>/export/", view, name="exams_exam_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, exam_id: Any) -> HttpResponse:
        exam = self.get_object(request, str(exam_id))
        if exam is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(exam_id))
        if not self.has_view_permission(request, exam):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts, "exam": exam, "target": request.path}
        return export_page(request, context, exam=exam)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        # Whoever writes may change the kind: they get all, and console.js hides those that it does not use.
        return INLINES if obj is None or self.has_change_permission(request, obj) else inlines_of(obj)

    # --- Saving: one draft out of the form and its two tables --------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        # The service saves exam, blueprint and form together, in save_related.
        if not self.owns(request, obj):
            raise PermissionDenied

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        draft = draft_from(form, formsets)
        if change:
            saved = authoring.update_exam(person=request.user, exam=Exam.objects.get(pk=form.instance.pk), draft=draft)
        else:
            saved = authoring.create_exam(
                person=request.user,
                code=form.cleaned_data["code"],
                draft=draft,
                organization=form.cleaned_data["organization"],
            )
        form.instance.__dict__.update(saved.__dict__)

    def construct_change_message(self, request: HttpRequest, form: BaseForm, formsets: Any, add: bool = False) -> Any:
        return {}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        exam = kwargs.get("obj")
        if exam is not None:
            context["problems"] = readiness_problems(exam)
            context["exam"] = exam
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Exam) -> Any:
        for name, action in (("_publish", self.publish), ("_archive", self.archive)):
            if name in request.POST:
                action(request, Exam.objects.filter(pk=obj.pk))
                return HttpResponseRedirect(request.get_full_path())
        return super().response_change(request, obj)

    # --- The list ----------------------------------------------------------------------------------------------------

    @admin.display(description=_("title"), ordering="title")
    def name(self, exam: Exam) -> str:
        return str(exam)

    @admin.display(description=_("status"), ordering="status")
    def state(self, exam: Exam) -> str:
        return format_html('<span class="chip chip-{}">{}</span>', exam.status, exam.get_status_display())

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        def run(exam: Exam) -> None:
            authoring.publish_exam(person=request.user, exam=exam)

        self.act(request, queryset, run, _("%(number)d exams published."))

    @admin.action(description=_("Archive: nobody starts it any more, results stay"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet) -> None:
        def run(exam: Exam) -> None:
            authoring.archive_exam(person=request.user, exam=exam)

        self.act(request, queryset, run, _("%(number)d exams archived."))
