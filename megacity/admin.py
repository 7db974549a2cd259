"""What the control plane's console shows; the zones' consoles take each app's own admin module."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.admin import StaffAdmin
from accounts.models import User
from accounts.step_up import AsksAgain
from audit.admin import AuditEntryAdmin
from audit.console import ConsoleTabularInline
from audit.models import Action, AuditEntry
from megacity import city
from megacity.console import control
from zones import hosts
from zones.models import Domain, Zone


def read_anew() -> None:
    """The hosts' table is read again, once what was changed is committed."""
    transaction.on_commit(hosts.forget)


class NewZoneForm(forms.ModelForm):
    domains = forms.CharField(
        label=_("domains"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line; the first is the primary one. Each gets www., app., api., static. and admin."),
    )

    class Meta:
        model = Zone
        fields = ["schema_name", "brand"]

    def clean_domains(self) -> list[str]:
        names = [hosts.hostname(line) for line in self.cleaned_data["domains"].splitlines() if line.strip()]
        taken = Domain.objects.filter(domain__in=names).values_list("domain", flat=True)
        if taken:
            raise forms.ValidationError(_("%(names)s leads to a zone already."), params={"names": ", ".join(taken)})
        return names


class DomainForm(forms.ModelForm):
    """django-tenants names its fields in English alone."""

    class Meta:
        model = Domain
        fields = ["domain", "tenant", "is_primary"]
        labels = {"domain": _("domain"), "tenant": _("zone"), "is_primary": _("primary")}


class DomainInline(ConsoleTabularInline):
    model = Domain
    form = DomainForm
    fields = ["domain", "is_primary"]
    can_delete = False


class ZoneAdmin(AsksAgain):
    permissions = {"view": ("zone:read",), "add": ("zone:create",), "change": ("zone:update",)}
    recorded_by_service = True
    list_display = ["brand", "schema_name", "state", "domain_names", "created_at"]
    list_filter = ["status"]
    search_fields = ["schema_name", "brand", "domains__domain"]
    actions = ["suspend", "activate"]
    inlines = [DomainInline]
    change_form_template = "admin/zones/zone/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("domains")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["schema_name", "brand", "status", "created_at"] if obj else ["schema_name", "brand", "domains"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["schema_name", "status", "created_at"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        return self.inlines if obj else []

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **(kwargs if obj else {**kwargs, "form": NewZoneForm}))

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        if change:
            obj.save(update_fields=["brand"])
            read_anew()
            return
        zone = city.create_zone(zone_id=obj.schema_name, brand=obj.brand, domains=form.cleaned_data["domains"])
        obj.__dict__.update(zone.__dict__)
        read_anew()

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        # Making and suspending are recorded by megacity.city; the brand and the domains are written here.
        if message:
            self.record(Action.UPDATE, obj, message)

    @admin.display(description=_("status"), ordering="status")
    def state(self, zone: Zone) -> str:
        return format_html('<span class="chip chip-{}">{}</span>', zone.status, zone.get_status_display())

    @admin.display(description=_("domains"))
    def domain_names(self, zone: Zone) -> str:
        return ", ".join(domain.domain for domain in zone.domains.all())

    @admin.action(description=_("Suspend: every host of the zone answers 503"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, Zone.Status.SUSPENDED)

    @admin.action(description=_("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, Zone.Status.ACTIVE)

    def _set(self, request: HttpRequest, queryset: QuerySet, status: str) -> None:
        done = _("%(number)d zones changed.")
        self.act(request, queryset, lambda zone: city.set_zone_status(zone=zone, status=status), done)


class PrimaryFilter(admin.BooleanFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("primary")


class DomainAdmin(AsksAgain):
    permissions = {"view": ("zone:read",), "add": ("zone:update",), "change": ("zone:update",)}
    form = DomainForm
    list_display = ["name", "zone", "primary"]
    list_select_related = ["tenant"]
    list_filter = [("is_primary", PrimaryFilter)]
    search_fields = ["domain"]
    autocomplete_fields = ["tenant"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["domain", "tenant"] if obj else []

    @admin.display(description=_("domain"), ordering="domain")
    def name(self, domain: Domain) -> str:
        return domain.domain

    @admin.display(description=_("zone"), ordering="tenant")
    def zone(self, domain: Domain) -> str:
        return str(domain.tenant)

    @admin.display(description=_("primary"), ordering="is_primary", boolean=True)
    def primary(self, domain: Domain) -> bool:
        return domain.is_primary

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        read_anew()


control.register(Zone, ZoneAdmin)
control.register(Domain, DomainAdmin)
control.register(User, StaffAdmin)
control.register(AuditEntry, AuditEntryAdmin)
