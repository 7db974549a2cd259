"""The audit log in the consoles: read by time, person and action, never written."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit import exporting, sealing
from audit.console import PeriodFilter, ReadOnly, short_time
from audit.console.words import detail_words, resource_words
from audit.models import Action, AuditEntry, AuditSeal


class ExportForm(forms.Form):
    """Which part of the log, in which form, and what for."""

    since = forms.DateTimeField(
        label=_("beginning of the period"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateTimeField(
        label=_("end of the period"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    action = forms.MultipleChoiceField(
        label=_("action"),
        required=False,
        choices=Action.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )
    user_id = forms.UUIDField(label=_("user id"), required=False)
    format = forms.ChoiceField(label=_("format"), choices=[("csv", "CSV"), ("jsonl", "JSON Lines")])
    reason = forms.CharField(
        label=_("reason"),
        min_length=exporting.LEAST_REASON,
        max_length=exporting.MOST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the export is for. It is kept in the log with your name."),
    )

    def entries(self) -> QuerySet[AuditEntry]:
        said = self.cleaned_data
        wanted = {
            "at__gte": said["since"],
            "at__lt": said["until"],
            "action__in": said["action"],
            "user_id": said["user_id"],
        }
        return AuditEntry.objects.filter(**{name: value for name, value in wanted.items() if value})

    def asked(self) -> dict[str, Any]:
        names = ("since", "until", "action", "user_id")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    permissions = {"view": ("zone:read",)}
    change_list_template = "admin/audit/auditentry/change_list.html"
    list_display = ["when", "user_label", "action_word", "about", "summary", "ip"]
    list_display_links = ["when"]
    list_filter = [("at", PeriodFilter), "action"]
    # Declared so that the search box is shown; get_search_results asks by person, which is indexed.
    search_fields = ["user_label"]
    search_help_text = _("A person's e-mail address or id, or the id of what was changed.")
    ordering = ["-at", "-id"]
    fields = [
        "at",
        "user_label",
        "user_id",
        "organization_id",
        "zone_id",
        "action",
        "resource_word",
        "resource_id",
        "ip",
        "user_agent",
        "pretty_details",
    ]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            wanted = Q(user_id=UUID(term)) | Q(resource_id=term) & ~Q(resource_type="attempt")
        except ValueError:
            people = get_user_model().objects.filter(email__iexact=term)
            wanted = Q(user_id__in=list(people.values_list("pk", flat=True)))
        return queryset.filter(wanted), False

    def get_urls(self) -> list[Any]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/", export, name="audit_auditentry_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # Before the seals are read, which the database refuses to everybody else.
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {"seal_state": seal_state(), **(extra_context or {})}
        response = super().changelist_view(request, context)
        if response.status_code == 200:
            exporting.record_reading({name: values for name, values in request.GET.lists() if name != "p"})
        return response

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        response = super().changeform_view(request, object_id, *args, **kwargs)
        if response.status_code == 200:
            exporting.record_reading({"id": [object_id]})
        return response

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Asks for a reason, then streams the file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if way := self.admin_site.asks_again(request):
            return way
        form = ExportForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            given = {name: form.cleaned_data[name] for name in ("format", "reason")}
            stream = exporting.export(person=request.user, entries=form.entries(), asked=form.asked(), **given)
            response = StreamingHttpResponse(stream, content_type=exporting.MEDIA_TYPES[given["format"]])
            response["Content-Disposition"] = f'attachment; filename="audit-log.{given["format"]}"'
            response["X-Content-Type-Options"] = "nosniff"
            return response
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": _("Export the log"),
        }
        request.current_app = self.admin_site.name
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/audit/auditentry/export.html", context, status=status)

    @admin.display(description=_("time"), ordering="at")
    def when(self, entry: AuditEntry) -> str:
        return short_time(entry.at)

    @admin.display(description=_("action"))
    def action_word(self, entry: AuditEntry) -> str:
        return format_html('<span class="chip chip-{}">{}</span>', entry.action, entry.get_action_display())

    @admin.display(description=_("resource"))
    def about(self, entry: AuditEntry) -> str:
        words = resource_words(entry.resource_type)
        return format_html('{}<br><small class="quiet">{}</small>', words, entry.resource_id)

    @admin.display(description=_("resource"))
    def resource_word(self, entry: AuditEntry) -> str:
        # Both: the name is what the API and exports are searched by.
        return f"{resource_words(entry.resource_type)} ({entry.resource_type})"

    @admin.display(description=_("details"))
    def summary(self, entry: AuditEntry) -> str:
        return ", ".join(f"{detail_words(name)}: {_short(value)}" for name, value in list(entry.details.items())[:3])

    @admin.display(description=_("details"))
    def pretty_details(self, entry: AuditEntry) -> str:
        words = json.dumps(entry.details, ensure_ascii=False, indent=2, sort_keys=True)
        return format_html('<pre class="details">{}</pre>', words)


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{_short(value[0])} → {_short(value[1])}"
    if isinstance(value, dict):
        value = ", ".join(map(str, value.values()))
    text = "–" if value in (None, "") else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def seal_state() -> dict[str, Any]:
    """What the page of the log says of its seals: the last one, what waits for the next, when all were verified."""
    last = AuditSeal.objects.order_by("-number").only("number", "made_at", "hash").first()
    waiting, since = sealing.unsealed()
    verified = AuditEntry.objects.filter(resource_id="verification", resource_type="audit_log").first()
    return {
        "last": last,
        "fingerprint": bytes(last.hash).hex()[:16] if last else "",
        "waiting": waiting,
        "since": since,
        "verified": verified,
    }
