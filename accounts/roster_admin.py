"""Rosters in the console: upload, what would be done, done; and the organization's own roster as a file."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.interchange.cells import LARGEST_ROSTER
from accounts.models import Organization, RosterImport
from accounts.permissions import ZONE_WIDE
from accounts.selectors import visible_organizations
from accounts.services import roster
from audit.console import ConsoleModelAdmin, short_time
from audit.console.attempts import note_forged_choices
from audit.console.model_admin import tell
from zones.problems import Problem

ROWS = 100
ACTIONS = {
    "create": gettext_lazy("new"),
    "update": gettext_lazy("changed"),
    "open": gettext_lazy("opened again"),
    "close": gettext_lazy("closed"),
    "delete": gettext_lazy("removed"),
    "ask": gettext_lazy("asked"),
    "same": gettext_lazy("as it is"),
    "skip": gettext_lazy("left out"),
}
KINDS = {
    "person": gettext_lazy("person"),
    "class": gettext_lazy("class"),
    "member": gettext_lazy("class member"),
    "link": gettext_lazy("parent link"),
}


class OrganizationForm(forms.Form):
    organization = forms.ModelChoiceField(Organization.objects.none(), label=gettext_lazy("organization"))

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        field.queryset = visible_organizations(person)
        if person.role not in ZONE_WIDE:
            field.initial, field.widget = person.organization_id, forms.HiddenInput()


class RosterForm(OrganizationForm):
    file = forms.FileField(
        label=gettext_lazy("file"),
        help_text=gettext_lazy(
            "A zip file of OneRoster 1.1 or 1.2, or a CSV file with the columns email and name, and perhaps role,"
            " class, birth_date, guardian_email and id."
        ),
    )
    field_order = ["file", "organization"]


@admin.register(RosterImport)
class RosterAdmin(ConsoleModelAdmin):
    permissions = {"view": ("class:create",), "add": ("class:create",)}
    organization_path = "organization_id"
    resource_type = "roster"
    recorded_by_service = True
    list_display = ["file_name", "state", "organization", "by", "when"]
    list_select_related = ["created_by", "organization"]
    search_fields = ["file_name__icontains"]
    ordering = ["-created_at"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export_view), name="accounts_roster_export"),
            path("<uuid:batch_id>/confirm/", view(self.confirm), name="accounts_roster_confirm"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _address(self, batch: RosterImport) -> str:
        return reverse(f"{self.admin_site.name}:accounts_rosterimport_change", args=[batch.pk])

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RosterForm(request.POST or None, request.FILES or None, person=request.user)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                batch = roster.preview_roster(
                    person=request.user,
                    file=file,
                    file_name=file.name,
                    organization=form.cleaned_data["organization"],
                )
                return HttpResponseRedirect(self._address(batch))
            except Problem as problem:
                tell(request, problem)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import classes and people"),
            "form": form,
            "export": OrganizationForm(person=request.user),
            "opts": self.opts,
            "most": LARGEST_ROSTER // 2**20,
        }
        return TemplateResponse(request, "admin/accounts/rosterimport/upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        rows: list[tuple[str, str, str, str]] = []
        if batch.status == RosterImport.Status.PREVIEWED:
            rows = [(s.action, s.kind, s.name, s.words) for s in roster.plan(request.user, batch)]
        elif batch.status == RosterImport.Status.IMPORTED:
            rows = [tuple(row) for row in batch.report]
        counts = Counter((kind, action) for action, kind, _name, _words in rows)
        # What is done comes before what stays as it is.
        rows.sort(key=lambda row: (row[0] == "same", row[0] != "skip"))
        context = {
            **self.admin_site.each_context(request),
            "title": batch.file_name,
            "subtitle": _("roster"),
            "opts": self.opts,
            "batch": batch,
            "losses": batch.roster.get("losses", []),
            "schools": batch.roster.get("schools", []),
            "counts": [(KINDS[kind], ACTIONS[action], number) for (kind, action), number in sorted(counts.items())],
            "page": Paginator([_shown(row) for row in rows], ROWS).get_page(request.GET.get("page")),
        }
        return TemplateResponse(request, "admin/accounts/rosterimport/change_form.html", context)

    def confirm(self, request: HttpRequest, batch_id: Any) -> HttpResponse:
        return require_POST(self._confirm)(request, batch_id)

    def _confirm(self, request: HttpRequest, batch_id: Any) -> HttpResponse:
        batch = self.get_object(request, str(batch_id))
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(batch_id))
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            roster.import_roster(person=request.user, batch=batch)
        except Problem as problem:
            tell(request, problem)
        return HttpResponseRedirect(self._address(batch))

    def export_view(self, request: HttpRequest) -> HttpResponse:
        return require_POST(self._export)(request)

    def _export(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OrganizationForm(request.POST, person=request.user)
        if not form.is_valid():
            note_forged_choices(request, [form])
            messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:accounts_rosterimport_add"))
        organization = form.cleaned_data["organization"]
        content = roster.export_roster(person=request.user, organization=organization)
        response = HttpResponse(content, content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{organization.code}-oneroster.zip"'
        return response

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, batch: RosterImport) -> str:
        return format_html('<span class="chip chip-{}">{}</span>', batch.status, batch.get_status_display())

    @admin.display(description=gettext_lazy("by"))
    def by(self, batch: RosterImport) -> str:
        return batch.created_by.display_name if batch.created_by else "–"

    @admin.display(description=gettext_lazy("uploaded"), ordering="created_at")
    def when(self, batch: RosterImport) -> str:
        return short_time(batch.created_at)


def _shown(row: tuple[str, str, str, str]) -> dict[str, Any]:
    action, kind, name, words = row
    return {"action": action, "label": ACTIONS[action], "kind": KINDS[kind], "name": name, "words": words}
