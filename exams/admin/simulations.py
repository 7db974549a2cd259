"""Simulations of exams in the console: ask for one, see how far it is and what came of it, take over exposure."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.console import AutocompleteFilter, ConsoleModelAdmin, short_time
from audit.console.model_admin import words_of
from exams.models import SimulationRun
from exams.reports.simulation import report_context
from exams.services.simulation import SimulationRequest, request_simulation, save_exposure
from zones.problems import Problem

SETTINGS = ["students", "mean", "sd", "seed", "finds_exposure"]


@admin.register(SimulationRun)
class SimulationAdmin(ConsoleModelAdmin):
    # Those who may change an exam may ask what it would do; a simulation itself is never written by hand.
    permissions = {"view": ("exam:update",), "add": ("exam:update",)}
    organization_path = "organization_id"
    recorded_by_service = True
    change_form_template = "admin/exams/simulationrun/change_form.html"
    list_display = ["requested", "exam", "state", "students", "error_found", "highest"]
    list_display_links = ["requested", "exam"]
    list_select_related = ["exam"]
    list_filter = ["status", ("exam", AutocompleteFilter)]
    ordering = ["-created_at", "-id"]
    fields = ["exam", *SETTINGS]
    autocomplete_fields = ["exam"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # A result holds a number for every item of the pool; the list shows three.
        return super().get_queryset(request).defer("exam__description")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "exam": request.GET.get("exam")}

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        if change:
            raise PermissionDenied
        asked = SimulationRequest(**{name: form.cleaned_data[name] for name in SETTINGS})
        run = request_simulation(person=request.user, exam=form.cleaned_data["exam"], request=asked)
        obj.__dict__.update(run.__dict__)

    def response_add(self, request: HttpRequest, obj: Model, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(
            request, _("A worker will do the simulation; this page shows how far it is."), messages.SUCCESS
        )
        return HttpResponseRedirect(f"../{obj.pk}/change/")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST":
            return self._save_exposure(request, object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def _save_exposure(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            held = save_exposure(person=request.user, run=run)
        except Problem as problem:
            self.message_user(request, words_of(problem), messages.ERROR)
        else:
            self.message_user(request, _("Saved; %(held)d items are held back.") % {"held": held}, messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        run = kwargs.get("obj")
        if run is not None:
            context["run"] = run
            if run.status == SimulationRun.Status.FINISHED:
                context |= report_context(run)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("requested"), ordering="created_at")
    def requested(self, run: SimulationRun) -> str:
        return short_time(run.created_at)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, run: SimulationRun) -> str:
        words = run.get_status_display()
        if run.status == SimulationRun.Status.RUNNING:
            words = f"{words} {run.progress} %"
        return format_html('<span class="chip chip-{}">{}</span>', run.status, words)

    @admin.display(description="RMSE")
    def error_found(self, run: SimulationRun) -> str:
        return f"{run.result['rmse']:.3f}" if run.result else "–"

    @admin.display(description=gettext_lazy("highest exposure"))
    def highest(self, run: SimulationRun) -> str:
        return f"{run.result['exposure']['highest']:.3f}" if run.result else "–"
