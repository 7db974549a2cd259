"""Identity providers in the zone's console."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, URLField
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import IdentityProvider
from accounts.services.providers import TOLD, save_provider
from accounts.step_up import AsksAgain


class ProviderForm(forms.ModelForm):
    """The stored secret is never shown: a field that is left empty keeps it."""

    new_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Shown to nobody again; leave it empty to keep the stored one. For Apple: the private key (PEM)."),
    )
    domains = forms.CharField(
        label=_("allowed e-mail domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line, such as school.example; empty: every domain."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domains"].initial = "\n".join(self.instance.email_domains)
        if "slug" in self.fields:
            # Those of one kind alone have their kind's name.
            self.fields["slug"].required = False

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("kind") == IdentityProvider.Kind.OPENID and not said.get("slug"):
            self.add_error("slug", _("An OpenID issuer needs a name for its addresses."))
        return said


_APPLE = ("apple_team", "apple_key_id")


@admin.register(IdentityProvider)
class IdentityProviderAdmin(AsksAgain):
    permissions = {"view": ("zone:read",), "add": ("zone:update",), "change": ("zone:update",)}
    recorded_by_service = True
    form = ProviderForm
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    list_display = ["name", "kind", "is_enabled", "trusts_email", "accepts_newcomers"]
    list_filter = ["kind", "is_enabled"]
    search_fields = ["name__istartswith", "slug"]
    autocomplete_fields = ["organization"]
    readonly_fields = ["callback"]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [
            (None, {"fields": ["kind", "slug", "name", "is_enabled"]}),
            (
                _("At the provider"),
                {"fields": ["client_id", "new_secret", "issuer", "apple_team", "apple_key_id", "callback"]},
            ),
            (
                _("What is asked of an OpenID issuer"),
                {"fields": ["acr_values", "max_age_minutes"]},
            ),
            (_("Who comes in"), {"fields": ["trusts_email", "domains", "accepts_newcomers", "role", "organization"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        # Another issuer under the same name would take over its people's accounts.
        return ["kind", "slug", "issuer", "callback"] if obj else ["callback"]

    @admin.display(description=_("callback, to be registered there"))
    def callback(self, provider: IdentityProvider) -> str:
        if not provider.slug:
            return "–"
        # On the app. of each of the zone's domains.
        return f"https://app.…/login/with/{provider.slug}/callback"

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        said = form.cleaned_data
        obj.email_domains = said["domains"].split()
        before = None
        if change:
            stored = IdentityProvider.objects.get(pk=obj.pk)
            obj.secret = stored.secret
            before = {name: getattr(stored, name) for name in TOLD} | {"organization": stored.organization_id}
        save_provider(person=request.user, provider=obj, secret=said["new_secret"], before=before)
