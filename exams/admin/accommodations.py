"""Accommodations: who has more time, pauses or large print."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Role
from audit.console import AutocompleteFilter, ConsoleModelAdmin
from exams.models import Accommodation
from exams.services import accommodations


@admin.register(Accommodation)
class AccommodationAdmin(ConsoleModelAdmin):
    permissions = {
        "view": ("user:update",),
        "add": ("user:update",),
        "change": ("user:update",),
        "delete": ("user:update",),
    }
    organization_path = "user__organization_id"
    recorded_by_service = True
    list_display = ["student", "more_time", "pause_minutes", "large_print", "updated_at"]
    list_select_related = ["user"]
    list_filter = ["large_print", ("user", AutocompleteFilter)]
    search_fields = ["user__email__istartswith", "user__display_name__icontains"]
    autocomplete_fields = ["user"]
    actions = ["take_away"]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        about = _("Holds for every exam that is started from now on, and is shown to the student.")
        return [(None, {"fields": ["user", *accommodations.NOTHING], "description": about})]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["user"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user" and field is not None:
            field.queryset = field.queryset.filter(role=Role.STUDENT)
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        wanted = {name: form.cleaned_data[name] for name in accommodations.NOTHING}
        accommodations.grant(person=request.user, student=obj.user, **wanted)

    def delete_model(self, request: HttpRequest, obj: Accommodation) -> None:
        accommodations.remove(person=request.user, student=obj.user)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The service has recorded them."""

    @admin.display(description=_("student"), ordering="user__display_name")
    def student(self, accommodation: Accommodation) -> str:
        user = accommodation.user
        return format_html('{}<br><small class="quiet">{}</small>', user.display_name, user.email)

    @admin.display(description=_("extra time (%)"), ordering="extra_time_percent")
    def more_time(self, accommodation: Accommodation) -> str:
        return f"+{accommodation.extra_time_percent} %" if accommodation.extra_time_percent else "–"

    @admin.action(description=_("Take away"), permissions=["change"])
    def take_away(self, request: HttpRequest, queryset: QuerySet) -> None:
        def run(accommodation: Accommodation) -> None:
            accommodations.remove(person=request.user, student=accommodation.user)

        self.act(request, queryset, run, _("%(number)d accommodations taken away."))
