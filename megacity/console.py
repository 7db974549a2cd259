"""The Admin Consoles: one confined to a zone, one for the control plane. Both are django.contrib.admin sites."""

from functools import wraps
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts import page_sessions
from accounts.entering import enter_by_password, wanted_address
from accounts.permissions import STAFF_ROLES, Role
from accounts.services import login as login_services
from accounts.services import passwords
from accounts.step_up import asks_again
from audit.console import HiddenObject
from audit.console.attempts import forms_on, note, note_forged_choices
from audit.context import current_actor
from audit.models import Action, AuditEntry
from audit.refusals import record_refusal
from megacity.city_health import city_health
from zones.context import PUBLIC, current_zone_id, zone_wide
from zones.problems import Problem, Throttled


class ConsoleLoginForm(AdminAuthenticationForm):
    """Log-in with the same check, limits and refusals as everywhere else; then: may this person enter?"""

    site: "Console"
    throttled: Throttled | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget.attrs.update({"autocomplete": "username", "inputmode": "email"})

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            ip = getattr(self.request, "client_ip", None)
            try:
                self.user_cache = login_services.check_credentials(email=email, password=password, ip=ip)
            except Problem as problem:
                self.throttled = problem if isinstance(problem, Throttled) else None
                raise forms.ValidationError(str(problem.detail), code=problem.code) from problem
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def confirm_login_allowed(self, user: Any) -> None:
        if not self.site.admits(user):
            path = self.request.path if self.request else ""
            record_refusal(code="not_staff", status=403, method="POST", path=path, resource_type="session")
            raise forms.ValidationError(_("This account has no way into this console."), code="not_staff")


class ConsoleLoginView(LoginView):
    """The password is the first step through the one door of all pages (accounts.entering)."""

    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        return enter_by_password(self.request, form.get_user(), then=self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.throttled:
            response.status_code = form.throttled.status
            response["Retry-After"] = str(form.throttled.retry_after)
        return response


class OwnPasswordForm(AdminPasswordChangeForm):
    """One's own password: the old one is a try like a log-in, and the service writes the new one."""

    def clean_old_password(self) -> str:
        said = self.cleaned_data["old_password"]
        try:
            known = login_services.confirms_password(user=self.user, password=said, ip=current_actor().ip)
        except Throttled as problem:
            raise forms.ValidationError(str(problem.detail), code=problem.code) from problem
        if not known:
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return said

    def clean_new_password1(self) -> str:
        new = self.cleaned_data["new_password1"]
        if "old_password" in self.cleaned_data and self.user.check_password(new):
            raise forms.ValidationError(_("The new password must be another one than the old."), code="password_same")
        return new

    def save(self, commit: bool = True) -> Any:
        passwords.set_password(user=self.user, new=self.cleaned_data["new_password1"], how="changed")
        return self.user


class OwnPasswordView(PasswordChangeView):
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        # The service has ended all places; this one goes on.
        page_sessions.stay(self.request, form.user)
        return response


class Console(AdminSite):
    """What both consoles share: who enters, how log-in, log-out and refusals are recorded."""

    site_url = None
    # Order of the sections; the log comes last.
    sections: tuple[str, ...] = ("accounts", "exams", "zones", "audit")
    admitted_roles: frozenset[str] = frozenset()

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Nothing is deleted in bulk: people are closed, items retired, exams archived.
        self.disable_action("delete_selected")
        self.login_form = type("LoginForm", (ConsoleLoginForm,), {"site": self})

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Our own apps' tables alone. Libraries offer theirs too, past our services and our log."""
        models: Any = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model._meta.app_label in self.sections]
        super().register(ours, admin_class, **options)

    def admits(self, user: Any) -> bool:
        return user.is_active and user.role in self.admitted_roles

    def has_permission(self, request: HttpRequest) -> bool:
        return self.admits(request.user)

    def asks_again(self, request: HttpRequest) -> HttpResponse | None:
        """For pages of apps below accounts, which know what harms and not how somebody proves who they are."""
        return asks_again(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def audited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.user.is_authenticated and not self.has_permission(request):
                    note(request, "not_staff", 403)
                page = inner(request, *args, **kwargs)
                note_forged_choices(request, forms_on(page))
                return page
            # PermissionDenied is recorded where it becomes a page (megacity.errors.forbidden).
            except HiddenObject:
                note(request, "not_found", 404)
                raise

        return audited

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return redirect(index)
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            REDIRECT_FIELD_NAME: wanted_address(request) or index,
            **(extra_context or {}),
        }
        request.current_app = self.name
        return ConsoleLoginView.as_view(authentication_form=self.login_form, extra_context=context)(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST":
            login_services.record_logout(via="console")
        request.current_app = self.name
        response = LogoutView.as_view(next_page=reverse("admin:login", current_app=self.name))(request)
        response["Clear-Site-Data"] = login_services.CLEARED
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        request.current_app = self.name
        return OwnPasswordView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name="registration/password_change_form.html",
        )(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        user: Any = request.user
        # Only those who answer for the zone read the log; what one did oneself is no secret.
        with zone_wide():
            mine = list(AuditEntry.objects.filter(user_id=user.pk).exclude(action=Action.READ)[:8])
        refused = None
        if user.allows("zone:read"):
            refused = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED)[:5]
        return super().index(request, {"mine": mine, "refused": refused, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps = self._build_app_dict(request, app_label)
        known = [apps[label] for label in self.sections if label in apps]
        return known + [app for label, app in apps.items() if label not in self.sections]


class ZoneConsole(Console):
    site_header = site_title = _("Admin Console")
    index_title = _("This zone")
    admitted_roles = frozenset(STAFF_ROLES)

    def has_permission(self, request: HttpRequest) -> bool:
        return current_zone_id() != PUBLIC and super().has_permission(request)


class ControlConsole(Console):
    site_header = site_title = _("Control plane")
    index_title = _("The city")
    admitted_roles = frozenset({Role.SUPER_ADMIN})
    sections = ("zones", "accounts", "audit")

    def has_permission(self, request: HttpRequest) -> bool:
        return current_zone_id() == PUBLIC and super().has_permission(request)

    def get_urls(self) -> list[Any]:
        return [path("city/", self.admin_view(self.city_health_view), name="city_health"), *super().get_urls()]

    def city_health_view(self, request: HttpRequest) -> HttpResponse:
        return city_health(request, self.each_context(request))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "is_control": True}


control = ControlConsole(name="control")
