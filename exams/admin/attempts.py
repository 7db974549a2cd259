"""Attempts: looked at, never written."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit.console import AutocompleteFilter, PeriodFilter, ReadOnly, short_time
from exams.models import Attempt, Response
from exams.scales import Z95
from exams.selectors.attempts import answers_of


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    permissions = {"view": ("attempt:read", "report:read")}
    organization_path = "organization_id"
    change_form_template = "admin/exams/attempt/change_form.html"
    list_display = ["started", "student", "exam", "outcome", "answered", "correct", "points", "organization"]
    list_display_links = ["started", "student"]
    list_select_related = ["exam", "user", "organization"]
    list_filter = [
        ("started_at", PeriodFilter),
        "status",
        ("exam", AutocompleteFilter),
        ("organization", AutocompleteFilter),
    ]
    search_fields = ["user__email__istartswith"]
    search_help_text = _("The beginning of a student's e-mail address, or an attempt's id.")
    # The order of the index attempt_newest, so that a page is read from it.
    ordering = ["-started_at", "id"]
    fields = [
        ("exam", "user"),
        ("status", "finish_reason"),
        ("started_at", "finished_at", "deadline_at"),
        ("answered", "correct"),
        ("points", "ability"),
        ("language_name", "organization"),
    ]
    readonly_fields = ["points", "ability", "language_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # The engine's state is for the engine, and long.
        return super().get_queryset(request).defer("state", "exam__description")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        attempt = kwargs.get("obj")
        rows = answers_of(attempt)
        context |= {"rows": rows, "hidden": sum(row["version"] is None for row in rows)}
        context["trajectory"] = [_point(row["response"]) for row in rows]
        return super().render_change_form(request, context, *args, **kwargs)

    def history_of(self, obj: Attempt) -> QuerySet:
        # The log's index of things leaves attempts out; what a student did is found by the student.
        return super().history_of(obj).filter(user_id=obj.user_id)

    @admin.display(description=_("started"), ordering="started_at")
    def started(self, attempt: Attempt) -> str:
        return short_time(attempt.started_at)

    @admin.display(description=_("student"))
    def student(self, attempt: Attempt) -> str:
        return format_html('{}<br><small class="quiet">{}</small>', attempt.user.display_name, attempt.user.email)

    @admin.display(description=_("status"), ordering="status")
    def outcome(self, attempt: Attempt) -> str:
        words = attempt.get_finish_reason_display() or attempt.get_status_display()
        return format_html('<span class="chip chip-{}">{}</span>', attempt.status, words)

    @admin.display(description=_("score"))
    def points(self, attempt: Attempt) -> str:
        return "–" if attempt.score is None else f"{attempt.score:.0f}"

    @admin.display(description=_("language"))
    def language_name(self, attempt: Attempt) -> str:
        return str(dict(settings.LANGUAGES).get(attempt.language, attempt.language))

    @admin.display(description=_("ability"))
    def ability(self, attempt: Attempt) -> str:
        if attempt.theta is None or attempt.se is None:
            return "–"
        return f"θ = {attempt.theta:.2f} ± {attempt.se:.2f}"


def _point(response: Response) -> dict[str, Any]:
    """One step of the way of the estimate, as the page's chart takes it."""
    return {
        "position": response.position,
        "theta": round(response.theta, 3),
        "low": round(response.theta - Z95 * response.se, 3),
        "high": round(response.theta + Z95 * response.se, 3),
        "difficulty": round(response.difficulty, 3),
        "correct": response.is_correct,
    }
