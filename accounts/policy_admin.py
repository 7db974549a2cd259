"""The zone's security policy in its console: one row, which is there when nobody has saved it yet."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import SecurityPolicy
from accounts.selectors import security_policy
from accounts.services.policies import change_policy
from accounts.step_up import AsksAgain


@admin.register(SecurityPolicy)
class SecurityPolicyAdmin(AsksAgain):
    permissions = {"view": ("zone:read",), "change": ("zone:update",)}
    recorded_by_service = True
    fieldsets = [
        (_("Passwords"), {"fields": ["password_days"]}),
        (_("Second factor"), {"fields": ["teachers_need_factor"]}),
        (_("Students under 14"), {"fields": ["ask_birth_date", "roster_unknown_age"]}),
        (_("Log-in in the app"), {"fields": ["session_idle_minutes", "session_hours"]}),
        (_("Log-in in the console"), {"fields": ["console_idle_minutes", "console_hours"]}),
        (_("Audit log"), {"fields": ["audit_months"]}),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page = reverse("admin:accounts_securitypolicy_change", args=[SecurityPolicy.ONLY])
        return redirect(page)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        return security_policy() if object_id == str(SecurityPolicy.ONLY) else None

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        change_policy(person=request.user, **{name: form.cleaned_data[name] for name in form.changed_data})
