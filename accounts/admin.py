"""People and organizations in the consoles; every write goes through accounts.services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, SetPasswordMixin
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.client_admin import ApiClientAdmin
from accounts.console_words import MailKindFilter, mail_words
from accounts.erasing_admin import Erasing
from accounts.models import ClassMembership, Classroom, Organization, OutgoingMail, ParentLink, User
from accounts.paper_admin import PaperConsents
from accounts.permissions import ZONE_WIDE, Role, outranks
from accounts.personal_admin import NumbersForm, PersonalNumbers
from accounts.policy_admin import SecurityPolicyAdmin
from accounts.provider_admin import IdentityProviderAdmin
from accounts.roster_admin import RosterAdmin
from accounts.selectors import security_policy
from accounts.services import classes, organizations, passwords, people
from accounts.step_up import AsksAgain, asks_again
from audit.console import AutocompleteFilter, ConsoleModelAdmin, ConsoleTabularInline, ReadOnly, short_time

__all__ = [
    "ApiClientAdmin",
    "ClassroomAdmin",
    "IdentityProviderAdmin",
    "MailAdmin",
    "OrganizationAdmin",
    "ParentLinkAdmin",
    "RosterAdmin",
    "SecurityPolicyAdmin",
    "StaffAdmin",
    "UserAdmin",
]
ACCOUNT_ROLES = [role for role in Role if role != Role.GUEST]


@admin.register(Organization)
class OrganizationAdmin(AsksAgain):
    permissions = {"view": ("org:read",), "add": ("org:create",), "change": ("org:update",)}
    organization_path = "id"
    recorded_by_service = True
    list_display = ["name", "code", "plan", "state", "created_at"]
    list_filter = ["plan", "status"]
    search_fields = ["name__istartswith", "code__startswith"]
    fields = ["name", "code", "plan", "status", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        if obj is None:
            return ["created_at", "status"]
        # An organization does not give itself another code or plan, nor suspend itself.
        role: str = request.user.role
        return ["created_at"] if role in ZONE_WIDE else ["created_at", "code", "plan", "status"]

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        if change:
            wanted = {name: form.cleaned_data[name] for name in form.changed_data}
            made = organizations.update_organization(person=request.user, organization=obj, **wanted)
        else:
            made = organizations.create_organization(person=request.user, **form.cleaned_data)
        obj.__dict__.update(made.__dict__)

    @admin.display(description=_("status"), ordering="status")
    def state(self, organization: Organization) -> str:
        return _chip(organization.status, organization.get_status_display())


class RoleLimits:
    """Nobody grants a role above their own."""

    maker: User

    def offer_roles(self) -> None:
        if "role" in self.fields:
            offered = [(r.value, r.label) for r in ACCOUNT_ROLES if not outranks(r, self.maker.role)]
            self.fields["role"].choices = offered


class NewUserForm(RoleLimits, SetPasswordMixin, forms.ModelForm):
    """Without a password the person is mailed a link; with one it must be replaced at the first log-in."""

    password1, password2 = SetPasswordMixin.create_password_fields()
    birth_date = forms.DateField(
        label=_("Birth date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        help_text=_("Of students. The account of a child under 14 waits for the guardian's consent on paper."),
    )

    class Meta:
        model = User
        fields = ["email", "display_name", "role", "organization", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_roles()
        self.fields["password1"].required = self.fields["password2"].required = False
        self.fields["password1"].help_text = _("Empty: the person is mailed a link to choose one (the better way).")
        self.fields["password2"].help_text = _("A password that you give must be replaced at the first log-in.")

    def clean(self) -> Any:
        self.validate_passwords()
        if bool(self.cleaned_data.get("password1")) != bool(self.cleaned_data.get("password2")):
            self.add_error("password2", SetPasswordMixin.error_messages["password_mismatch"])
        said = super().clean() or self.cleaned_data
        if said.get("role") == Role.STUDENT and not said.get("birth_date") and security_policy().ask_birth_date:
            self.add_error("birth_date", _("Students of this zone are asked for their birth date."))
        return said

    def _post_clean(self) -> None:
        super()._post_clean()
        self.validate_password_for_user(self.instance)


class ChangeUserForm(NumbersForm, RoleLimits, forms.ModelForm):
    class Meta:
        model = User
        fields = ["display_name", "role", "organization"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_roles()

    def clean_organization(self) -> Organization | None:
        chosen = self.cleaned_data.get("organization")
        if chosen is None and self.initial.get("organization"):
            raise forms.ValidationError(_("Whoever belongs to an organization may move to another, but not to none."))
        return chosen


class OnePasswordForm(AdminPasswordChangeForm):
    """A new password for somebody else; there are no accounts without one."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit: bool = True) -> User:
        passwords.set_password(user=self.user, new=self.cleaned_data["password1"], how="staff", temporary=True)
        return self.user


@admin.register(User)
class UserAdmin(AsksAgain, PersonalNumbers, Erasing, PaperConsents):
    permissions = {"view": ("user:read",), "add": ("user:create",), "change": ("user:update",)}
    organization_path = "organization_id"
    recorded_by_service = True
    list_display = ["display_name", "email", "role_name", "organization", "open_or_closed", "created_at"]
    list_display_links = ["display_name", "email"]
    list_select_related = ["organization"]
    list_filter = ["role", "is_active", ("organization", AutocompleteFilter)]
    search_fields = ["email__istartswith", "display_name__startswith"]
    search_help_text = _("The beginning of an e-mail address or of a name, or an id.")
    ordering = ["email"]
    autocomplete_fields = ["organization"]
    actions = ["close", "open", "log_out"]
    change_form_template = "admin/accounts/user/change_form.html"
    change_list_template = "admin/accounts/user/change_list.html"

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            person = ["email", "display_name", "language"]
            return [
                (None, {"fields": person}),
                (_("Role"), {"fields": ["role", "organization", "birth_date"]}),
                (_("Password"), {"fields": ["password1", "password2"]}),
            ]
        return [
            (None, {"fields": ["email", "display_name", "language", "open_or_closed"]}),
            (_("Contact"), {"fields": self.contact_fields(request)}),
            (_("Role"), {"fields": ["role", "organization"]}),
            (_("Times"), {"fields": ["created_at", "last_login"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        fixed = ["email", "language", "open_or_closed", "created_at", "last_login"]
        return [*fixed, "phone_masked", "resident_number_masked"] if obj else []

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **{"form": ChangeUserForm if obj else NewUserForm, **kwargs})
        form.maker = request.user
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        offered = {"may_erase": self.may_erase(request), "awaits_paper": self.awaits_paper(obj)}
        return super().render_change_form(request, {**context, **offered}, *args, obj=obj, **kwargs)

    def owns(self, request: HttpRequest, obj: Model | None) -> bool:
        return super().owns(request, obj) and (obj is None or not outranks(obj.role, request.user.role))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django lets an address filter by any column of the row, and so guess a hash sign by sign.
        return not lookup.startswith(("password", "phone", "resident_number")) and super().lookup_allowed(
            lookup, value, request
        )

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        said = form.cleaned_data
        wanted = {name: said.get(name) for name in ("display_name", "role", "organization")}
        if change:
            stored = User.objects.select_related("organization").get(pk=obj.pk)
            people.update_user(person=request.user, user=stored, **wanted)
            self.save_numbers(request, stored, said)
            return
        made = people.create_user(
            person=request.user,
            email=said["email"],
            language=said["language"],
            password=said["password1"] or None,
            birth_date=said["birth_date"],
            **wanted,
        )
        obj.__dict__.update(made.__dict__)

    @admin.display(description=_("role"), ordering="role")
    def role_name(self, user: User) -> str:
        return _chip(user.role, user.get_role_display())

    @admin.display(description=_("account"), ordering="is_active")
    def open_or_closed(self, user: User) -> str:
        return _chip("active", _("open")) if user.is_active else _chip("suspended", _("closed"))

    @admin.action(description=_("Close accounts: log-in and tokens end"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, False)

    @admin.action(description=_("Open accounts again"), permissions=["change"])
    def open(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, True)

    @admin.action(description=_("Log out everywhere: browsers and apps"), permissions=["change"])
    def log_out(self, request: HttpRequest, queryset: QuerySet) -> None:
        def run(user: User) -> None:
            people.end_sessions(person=request.user, user=user)

        self.act(request, queryset, run, _("%(number)d people logged out."))

    def _set(self, request: HttpRequest, queryset: QuerySet, active: bool) -> None:
        def run(user: User) -> None:
            people.set_active(person=request.user, user=user, active=active)

        self.act(request, queryset, run, _("%(number)d accounts changed."))

    # --- Setting a password: django.contrib.auth's page, with our form, row in the log and reach --------------------

    change_password_form = OnePasswordForm
    change_user_password_template = "admin/accounts/user/password.html"  # noqa: S105

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.set_password)
        password = path("<id>/password/", view, name="auth_user_password_change")
        return [password, *self.number_urls(), *self.erasing_urls(), *self.paper_urls(), *super().get_urls()]

    @transaction.atomic
    def set_password(self, request: HttpRequest, id: str) -> HttpResponse:
        if self.get_object(request, id) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, id)
        return asks_again(request) or DjangoUserAdmin.user_change_password(self, request, id)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Every change is recorded by the service that makes it."""


class MemberInline(ConsoleTabularInline):
    model = ClassMembership
    fields = ["user", "kind"]
    readonly_fields = ["kind"]
    autocomplete_fields = ["user"]
    verbose_name_plural = _("members")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # People come and go; what they are in the class follows from their role.
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("user").order_by("kind", "user__display_name")


@admin.register(Classroom)
class ClassroomAdmin(ConsoleModelAdmin):
    permissions = {"view": ("class:read", "user:read"), "add": ("class:create",), "change": ("class:update",)}
    organization_path = "organization_id"
    recorded_by_service = True
    list_display = ["name", "organization", "members_now", "created_at"]
    list_select_related = ["organization"]
    list_filter = [("organization", AutocompleteFilter)]
    search_fields = ["name__istartswith"]
    autocomplete_fields = ["organization"]
    inlines = [MemberInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(members_number=Count("memberships"))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        # Its people belong to that organization.
        return ["organization"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        name = form.cleaned_data["name"]
        if change:
            stored = Classroom.objects.get(pk=obj.pk)
            if stored.name != name:
                classes.rename_classroom(person=request.user, classroom=stored, name=name)
            return
        organization = form.cleaned_data["organization"]
        made = classes.create_classroom(person=request.user, name=name, organization=organization)
        obj.__dict__.update(made.__dict__)

    def save_formset(self, request: HttpRequest, form: BaseForm, formset: Any, change: bool) -> None:
        for membership in formset.save(commit=False):
            classes.add_member(person=request.user, classroom=form.instance, user=membership.user)
        for membership in formset.deleted_objects:
            classes.remove_member(person=request.user, classroom=form.instance, user_id=membership.user_id)

    @admin.display(description=_("members"))
    def members_now(self, classroom: Any) -> int:
        return classroom.members_number


@admin.register(ParentLink)
class ParentLinkAdmin(ReadOnly):
    permissions = {"view": ("user:read",)}
    organization_path = "student__organization_id"
    list_display = ["parent", "student", "state", "requested_at", "decided_at"]
    list_select_related = ["parent", "student"]
    list_filter = ["status"]
    search_fields = ["parent__email__istartswith", "student__email__istartswith"]
    fields = ["parent", "student", "status", "requested_at", "decided_at"]

    @admin.display(description=_("status"), ordering="status")
    def state(self, link: ParentLink) -> str:
        return _chip(link.status, link.get_status_display())


@admin.register(OutgoingMail)
class MailAdmin(ReadOnly):
    """Whether people were told; what they were told is gone with the sending."""

    permissions = {"view": ("zone:read",)}
    list_display = ["about", "address", "how_it_stands", "tries", "error", "made", "left", "next_try"]
    list_filter = ["state", MailKindFilter]
    search_fields = ["address__istartswith"]
    fields = ["about", "address", "language", "state", "tries", "error", "created_at", "next_try", "sent_at"]

    @admin.display(description=_("kind"), ordering="kind")
    def about(self, mail: OutgoingMail) -> str:
        return capfirst(mail_words(mail.kind))

    @admin.display(description=_("state"), ordering="state")
    def how_it_stands(self, mail: OutgoingMail) -> str:
        return _chip(mail.state, mail.get_state_display())

    @admin.display(description=_("created"), ordering="created_at")
    def made(self, mail: OutgoingMail) -> str:
        return short_time(mail.created_at)

    @admin.display(description=_("sent"), ordering="sent_at")
    def left(self, mail: OutgoingMail) -> str:
        return short_time(mail.sent_at) if mail.sent_at else ""

    @admin.display(description=_("next try"))
    def next_try(self, mail: OutgoingMail) -> str:
        waits = mail.state in (OutgoingMail.State.QUEUED, OutgoingMail.State.SENDING)
        return short_time(mail.next_try_at) if waits else ""


class StaffAdmin(UserAdmin):
    """The platform's own staff, who live in schema `public`."""

    list_display = ["display_name", "email", "role_name", "open_or_closed", "last_login"]
    list_filter = ["is_active"]
    list_select_related: list[str] = []
    autocomplete_fields = []

    # Zones erase people and have children; the platform's staff are closed.

    def may_erase(self, request: HttpRequest) -> bool:
        return False

    def erasing_urls(self) -> list[Any]:
        return []

    def paper_urls(self) -> list[Any]:
        return []

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [
            (name, {"fields": [field for field in rows["fields"] if field not in ("organization", "birth_date")]})
            for name, rows in super().get_fieldsets(request, obj)
        ]


def _chip(kind: str, words: object) -> str:
    return format_html('<span class="chip chip-{}">{}</span>', kind, words)
