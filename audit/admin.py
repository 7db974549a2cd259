"""The audit log in the consoles: read by time, person and action, never written."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit.console import PeriodFilter, ReadOnly, short_time
from audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    permissions = {"view": ("zone:read",)}
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
        "resource_type",
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

    @admin.display(description=_("time"), ordering="at")
    def when(self, entry: AuditEntry) -> str:
        return short_time(entry.at)

    @admin.display(description=_("action"))
    def action_word(self, entry: AuditEntry) -> str:
        return format_html('<span class="chip chip-{}">{}</span>', entry.action, entry.get_action_display())

    @admin.display(description=_("resource"))
    def about(self, entry: AuditEntry) -> str:
        return format_html('{}<br><small class="quiet">{}</small>', entry.resource_type, entry.resource_id)

    @admin.display(description=_("details"))
    def summary(self, entry: AuditEntry) -> str:
        return ", ".join(f"{name}: {_short(value)}" for name, value in list(entry.details.items())[:3])

    @admin.display(description=_("details"))
    def pretty_details(self, entry: AuditEntry) -> str:
        words = json.dumps(entry.details, ensure_ascii=False, indent=2, sort_keys=True)
        return format_html('<pre class="details">{}</pre>', words)


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{_short(value[0])} → {_short(value[1])}"
    text = "–" if value in (None, "") else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
