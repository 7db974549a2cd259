"""Simulations of exams in the console: ask for one, see how far it is and what came of it, take over exposure."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from audit.console import AutocompleteFilter
from exams.admin.measurement import RunAdmin
from exams.models import SimulationRun
from exams.reports.simulation import report_context
from exams.services.simulation import SimulationRequest, request_simulation, save_exposure

SETTINGS = ["students", "mean", "sd", "seed", "finds_exposure"]


@admin.register(SimulationRun)
class SimulationAdmin(RunAdmin):
    # Those who may change an exam may ask what it would do; a simulation itself is never written by hand.
    permissions = {"view": ("exam:update",), "add": ("exam:update",)}
    list_display = ["requested", "exam", "state", "students", "error_found", "highest"]
    list_display_links = ["requested", "exam"]
    list_select_related = ["exam"]
    list_filter = ["status", ("exam", AutocompleteFilter)]
    fields = ["exam", *SETTINGS]
    autocomplete_fields = ["exam"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # Unlike the other runs', a summary is on the list; what is deferred there is not here.
        return super(RunAdmin, self).get_queryset(request).defer("exam__description")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    # --- Asking for one ----------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        if change:
            raise PermissionDenied
        asked = SimulationRequest(**{name: form.cleaned_data[name] for name in SETTINGS})
        run = request_simulation(person=request.user, exam=form.cleaned_data["exam"], request=asked)
        obj.__dict__.update(run.__dict__)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Model, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(f"../{obj.pk}/change/")

    # --- Looking at it, and taking over what it found ----------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.shown(request, object_id)
        may_save = self.may(request, "add") and self.owns(request, run)
        if request.method == "POST":
            held = self.attempt(request, lambda: save_exposure(person=request.user, run=run))
            if held is not None:
                self.message_user(request, _("Saved; %(held)d items are held back.") % {"held": held}, messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        context = {"run": run, "may_save": may_save}
        if run.status == SimulationRun.Status.FINISHED:
            context |= report_context(run)
        return self.page(request, "admin/exams/simulationrun/run.html", str(run), **context)

    # --- The list ----------------------------------------------------------------------------------------------------

    @admin.display(description="RMSE")
    def error_found(self, run: SimulationRun) -> str:
        return f"{run.result['rmse']:.3f}" if run.result else "–"

    @admin.display(description=_("highest exposure"))
    def highest(self, run: SimulationRun) -> str:
        return f"{run.result['exposure']['highest']:.3f}" if run.result else "–"
