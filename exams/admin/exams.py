"""Exams with their blueprint or form; publishing and archiving; what keeps one from being published."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit.console import AutocompleteFilter, ConsoleModelAdmin, ConsoleTabularInline
from exams.admin.translations import TranslatedForm, translated_form
from exams.exam_drafts import ExamDraft
from exams.models import BlueprintArea, Exam, ExamItem
from exams.selectors.readiness import readiness_problems
from exams.services import authoring

TRANSLATED = ["title", "description"]
COLUMNS = [
    "code",
    "title",
    "description",
    "organization",
    "kind",
    "visibility",
    "languages",
    "opens_at",
    "closes_at",
    "time_limit_minutes",
    "min_items",
    "max_items",
    "se_target",
    "randomesque",
    "attempts_allowed",
]


class ExamForm(translated_form(Exam, TRANSLATED, COLUMNS)):
    languages = forms.MultipleChoiceField(
        label=_("languages"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple, initial=["ko", "en"]
    )


class BlueprintInline(ConsoleTabularInline):
    model = BlueprintArea
    fields = ["area", "share"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("area")


class FormInline(ConsoleTabularInline):
    model = ExamItem
    fields = ["position", "item"]
    autocomplete_fields = ["item"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("item")


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
    inlines = [BlueprintInline, FormInline]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        more = TranslatedForm.names(TRANSLATED) if writes else []
        titles = [name for name in ("title", *more, "description") if not name.startswith("description_")]
        texts = [*titles, *(name for name in more if name.startswith("description_"))]
        return [
            (None, {"fields": ["code", *texts]}),
            (_("For whom"), {"fields": ["organization", "visibility", "languages"]}),
            (_("How it is given"), {"fields": ["kind", ("min_items", "max_items"), "se_target", "randomesque"]}),
            (_("When"), {"fields": ["opens_at", "closes_at", "time_limit_minutes", "attempts_allowed"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["code", "organization"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        # A new exam shows both; console.js hides the one that its kind does not use.
        if obj is None or self.has_change_permission(request, obj):
            return [BlueprintInline, FormInline]
        return [FormInline if obj.kind == Exam.Kind.FIXED else BlueprintInline]

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


def draft_from(form: Any, formsets: Any) -> ExamDraft:
    """What the form and the tables below it say."""
    said = form.cleaned_data
    rows = {formset.model: _rows(formset) for formset in formsets}
    blueprint = {row["area"].code: row["share"] for row in rows.get(BlueprintArea, [])}
    places = sorted(rows.get(ExamItem, []), key=lambda row: row["position"])
    return ExamDraft(
        **{name: said[name] for name in COLUMNS if name not in ("code", "organization", "languages")},
        translations=form.said(),
        languages=tuple(said["languages"]),
        blueprint=blueprint,
        form=tuple(row["item"].code for row in places),
    )


def _rows(formset: Any) -> list[dict[str, Any]]:
    kept = [form for form in formset.forms if form not in formset.deleted_forms]
    return [form.cleaned_data for form in kept if form.cleaned_data and form.cleaned_data.get("DELETE") is not True]
