"""Calibrations and analyses in a zone's console: asked for here, done by a worker, looked at and taken over here."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from audit.console import HiddenObject, ReadOnly, short_time
from audit.console.model_admin import tell, words_of
from audit.refusals import record_problem
from exams.flags import blocks, flags_of
from exams.models import AnalysisRun, CalibrationRun, Exam, Run
from exams.reports.calibration import comparison_of, curve_plot, left_out_of
from exams.selectors.analysis import analysed_item, exam_context, groups_of, item_context
from exams.selectors.calibration import ANCHOR, ESTIMATED, LEFT_OUT, SMALLEST, CalibrationRequest, plan_calibration
from exams.selectors.exams import visible_exams
from exams.services.analysis import request_analysis
from exams.services.calibration import activate, request_calibration
from zones.context import exists_in_zone
from zones.problems import Problem

READ, WRITE = ("exam:read", "item:read"), ("exam:update", "item:update")


class RunAdmin(ReadOnly):
    """What the pages of all runs share."""

    organization_path = "organization_id"
    recorded_by_service = True
    list_per_page = 30
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("summary")

    def shown(self, request: HttpRequest, object_id: str) -> Any:
        """The run, if this person may see it; the same refusals as on every other page."""
        run = self.get_object(request, object_id)
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run

    def page(self, request: HttpRequest, template: str, title: Any, **context: Any) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, template, {**shared, **context})

    def attempt(self, request: HttpRequest, run: Callable[[], Any]) -> Any:
        """What a service returns, or None when it refused, which the next page then says."""
        try:
            return run()
        except Problem as problem:
            tell(request, problem)
            return None

    @admin.display(description=_("status"), ordering="status")
    def state(self, run: Run) -> str:
        words = run.get_status_display()
        if run.status == Run.Status.RUNNING:
            words = f"{words} {run.progress} %"
        return format_html('<span class="chip chip-{}">{}</span>', run.status, words)

    @admin.display(description=_("requested"), ordering="created_at")
    def requested(self, run: Run) -> str:
        return short_time(run.created_at)


class CalibrationForm(forms.Form):
    exams = forms.MultipleChoiceField(
        label=_("Answers of these exams"), required=False, help_text=_("None chosen: the answers of every exam.")
    )
    items = forms.CharField(
        label=_("Items to estimate"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("Codes, with spaces or one a line. Empty: all that have answers enough and are no anchors."),
    )
    model = forms.ChoiceField(label=_("Model"), choices=CalibrationRun.Model.choices)
    anchoring = forms.ChoiceField(label=_("Scale"), choices=CalibrationRun.Anchoring.choices)
    min_answers = forms.IntegerField(label=_("Fewest answers of an item"), min_value=SMALLEST, initial=100)
    since = forms.DateField(
        label=_("Answers since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    uses_priors = forms.BooleanField(
        label=_("Priors"),
        required=False,
        initial=True,
        help_text=_("Keep slopes and asymptotes near what is usual where the answers say little."),
    )

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(exam.code, f"{exam} ({exam.code})") for exam in visible_exams(person).order_by("title")]
        self.fields["exams"].choices = choices
        self.fields["exams"].widget.attrs["size"] = min(8, max(3, len(choices)))

    def request(self) -> CalibrationRequest:
        said = self.cleaned_data
        codes = tuple(dict.fromkeys(said["items"].replace(",", " ").split()))
        return CalibrationRequest(**{**said, "exams": tuple(said["exams"]), "items": codes})


@admin.register(CalibrationRun)
class CalibrationRunAdmin(RunAdmin):
    permissions = {"view": READ, "add": WRITE}
    resource_type = "calibration"
    list_display = ["requested", "state", "model", "anchoring", "n_items", "n_answers", "person"]
    list_filter = ["status", "model"]
    list_select_related = ["requested_by"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("plan/", view(self.plan_view), name="exams_calibrationrun_plan"),
            path("<uuid:run_id>/activate/", view(self.activate_view), name="exams_calibrationrun_activate"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CalibrationForm(request.POST or None, person=request.user)
        if request.method == "POST" and form.is_valid():
            run = self.attempt(request, lambda: request_calibration(person=request.user, request=form.request()))
            if run is not None:
                return HttpResponseRedirect(reverse("admin:exams_calibrationrun_change", args=[run.pk]))
        return self.page(request, "admin/exams/calibrationrun/add.html", _("New calibration"), form=form)

    def plan_view(self, request: HttpRequest) -> HttpResponse:
        """What the fields would estimate, before anybody asks for it."""
        return require_POST(self._plan)(request)

    def _plan(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, context = CalibrationForm(request.POST, person=request.user), {}
        if form.is_valid():
            try:
                plan = plan_calibration(request.user, form.request())
                context = {
                    "estimated": plan.of_role(ESTIMATED),
                    "anchors": plan.of_role(ANCHOR),
                    "left_out": plan.of_role(LEFT_OUT),
                    "problem": plan.problem,
                }
            except Problem as problem:
                record_problem(request, problem)
                context = {"problem": words_of(problem)}
        return TemplateResponse(request, "admin/exams/calibrationrun/plan.html", {"form": form, **context})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.shown(request, object_id)
        may_activate = self.may(request, "add") and self.owns(request, run)
        context = {"run": run, "may_activate": may_activate}
        if run.status == Run.Status.FINISHED:
            context |= calibration_context(run)
        return self.page(request, "admin/exams/calibrationrun/run.html", str(run), **context)

    def activate_view(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        return require_POST(self._activate)(request, str(run_id))

    def _activate(self, request: HttpRequest, run_id: str) -> HttpResponse:
        run = self.shown(request, run_id)
        chosen = request.POST.getlist("item")
        if not chosen:
            self.message_user(request, _("Choose the items that shall get their new parameters."), messages.WARNING)
        else:
            done = self.attempt(
                request,
                lambda: activate(
                    person=request.user, run=run, items=chosen, into_use=request.POST.get("into_use") == "1"
                ),
            )
            if done is not None:
                number = len(done.activated)
                words = ngettext("%(n)d item has new parameters.", "%(n)d items have new parameters.", number)
                self.message_user(request, words % {"n": number}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:exams_calibrationrun_change", args=[run.pk]))

    @admin.display(description=_("requested by"))
    def person(self, run: CalibrationRun) -> str:
        return run.requested_by.display_name if run.requested_by else "–"


def calibration_context(run: CalibrationRun) -> dict[str, Any]:
    """What the page of a finished calibration shows."""
    rows = list(run.results.select_related("item__area", "item__current", "version").order_by("item__code"))
    estimated = [row for row in rows if not row.is_anchor]
    information = run.summary["information"]
    return {
        "items": [
            {
                "row": row,
                "flags": flags_of(row.flags),
                "plot": curve_plot(row),
                "recommended": not blocks(row.flags),
                "stale": row.accepted_version_id is None and row.item.current_id != row.version_id,
            }
            for row in estimated
        ],
        "anchors": [{"row": row, "flags": flags_of(row.flags)} for row in rows if row.is_anchor],
        "comparison": comparison_of(run),
        "left_out": left_out_of(run),
        "shift_data": [_shift(row) for row in estimated],
        "information_data": {**information, "information": information["after"]},
        "ability_data": run.summary["ability"],
        "waiting": sum(row.accepted_version_id is None for row in estimated),
    }


def _shift(row: Any) -> dict[str, Any]:
    error = 2 * (row.se_difficulty or 0)
    return {
        "code": row.item.code,
        "before": round(row.version.difficulty, 3),
        "now": round(row.difficulty, 3),
        "low": round(row.difficulty - error, 3),
        "high": round(row.difficulty + error, 3),
    }


@admin.register(AnalysisRun)
class AnalysisRunAdmin(RunAdmin):
    permissions = {"view": READ}
    resource_type = "analysis"
    list_display = ["exam_title", "requested", "state", "n_attempts"]
    list_display_links = ["exam_title"]
    list_select_related = ["exam"]
    list_filter = ["status"]
    search_fields = ["exam__code__startswith", "exam__title__icontains"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("of/<uuid:exam_id>/", view(self.newest_view), name="exams_analysisrun_newest"),
            path("<uuid:run_id>/items/<uuid:item_id>/", view(self.item_view), name="exams_analysisrun_item"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # Those who see the whole zone see the whole zone's analyses, not each school's again.
        rows = super().get_queryset(request)
        return rows.filter(organization=None) if request.user.allows("zone:read") else rows

    def newest_view(self, request: HttpRequest, exam_id: Any) -> HttpResponse:
        """The exam's newest analysis; with POST a new one is asked for."""
        exam = visible_exams(request.user).filter(pk=exam_id).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if exam is None:
            raise HiddenObject(exam_id) if exists_in_zone(Exam, pk=exam_id) else Http404(exam_id)
        if request.method == "POST":
            self.attempt(request, lambda: request_analysis(person=request.user, exam=exam))
        run = self.get_queryset(request).filter(exam=exam).order_by("-created_at").first()
        if run is None:
            return self.page(request, "admin/exams/analysisrun/none.html", str(exam), exam=exam)
        return HttpResponseRedirect(reverse("admin:exams_analysisrun_change", args=[run.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.shown(request, object_id)
        context: dict[str, Any] = {"run": run, "exam": run.exam}
        if run.status == Run.Status.FINISHED:
            context |= exam_context(run, request.GET.get("group", ""))
            context["item_url"] = reverse("admin:exams_analysisrun_change", args=[run.pk]).replace("change/", "items/")
        return self.page(request, "admin/exams/analysisrun/run.html", str(run.exam), **context)

    def item_view(self, request: HttpRequest, run_id: Any, item_id: Any) -> HttpResponse:
        run = self.shown(request, str(run_id))
        row = analysed_item(run, item_id)
        context = item_context(row, get_language() or "ko", groups_of(run))
        return self.page(request, "admin/exams/analysisrun/item.html", row.item.code, run=run, exam=run.exam, **context)

    @admin.display(description=_("exam"), ordering="exam__title")
    def exam_title(self, run: AnalysisRun) -> str:
        return str(run.exam)
