"""API clients in the console: made, changed, their keys rotated; a secret is shown once, on the page that answers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.console_words import permission_words
from accounts.models import ApiClient
from accounts.people import Person
from accounts.services import api_clients
from accounts.step_up import AsksAgain, asks_again
from audit.console import AutocompleteFilter, short_time
from zones.problems import Invalid


class ClientForm(forms.ModelForm):
    permissions = forms.MultipleChoiceField(
        label=_("permissions"),
        choices=lambda: [(name, permission_words(name)) for name in api_clients.grantable()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A client of an organization can have at most what the organization's administrators may do."),
    )
    networks = forms.CharField(
        label=_("networks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Addresses or networks (198.51.100.0/24) that it may call from, one a line; empty for all."),
    )

    class Meta:
        model = ApiClient
        fields = ["name", "organization", "permissions", "networks"]

    maker: Person

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["networks"] = "\n".join(self.instance.networks)

    def clean_networks(self) -> list[str]:
        return self.cleaned_data["networks"].split()

    def clean(self) -> dict[str, Any]:
        """What the service would refuse is said beside the fields, where nothing that was entered is lost."""
        said = super().clean() or self.cleaned_data
        wanted = ApiClient(
            name=said.get("name", self.instance.name),
            organization=said.get("organization", self.instance.organization),
            permissions=said.get("permissions", []),
            networks=said.get("networks", []),
        )
        try:
            api_clients.check(self.maker, wanted)
        except Invalid as problem:
            told = problem.extra["errors"]
            for field in ("permissions", "networks"):
                if field in told and field not in self.errors:
                    self.add_error(field, told[field])
        return said


@admin.register(ApiClient)
class ApiClientAdmin(AsksAgain):
    permissions = {"view": ("zone:read",), "add": ("zone:update",), "change": ("zone:update",)}
    resource_type = "api_client"
    organization_path = "organization_id"
    recorded_by_service = True
    form = ClientForm
    list_display = ["name", "organization", "state", "created_at"]
    list_select_related = ["organization"]
    list_filter = ["is_enabled", ("organization", AutocompleteFilter)]
    search_fields = ["name__istartswith"]
    autocomplete_fields = ["organization"]
    actions = ["disable", "enable"]
    change_form_template = "admin/accounts/apiclient/change_form.html"

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fields = ["name", "organization", "permissions", "networks"]
        return [*fields, "state", "key_list", "created_at"] if obj else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["name", "organization", "state", "key_list", "created_at"] if obj else []

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.maker = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        said = form.cleaned_data
        wanted = {"permissions": said["permissions"], "networks": said["networks"]}
        if change:
            made = api_clients.update_client(person=request.user, client=obj, **wanted)
        else:
            made, request.new_key = api_clients.create_client(
                person=request.user, name=said["name"], organization=said["organization"], **wanted
            )
        obj.__dict__.update(made.__dict__)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._show(request, obj, request.new_key)

    def get_urls(self) -> list[Any]:
        rotate = path("<uuid:client_id>/rotate/", self.admin_site.admin_view(self.rotate), name="api_client_rotate")
        return [rotate, *super().get_urls()]

    def rotate(self, request: HttpRequest, client_id: Any) -> HttpResponse:
        """Another key; the one before goes on for a week."""
        client = self.get_object(request, str(client_id))
        if client is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(client_id))
        if not self.has_change_permission(request, client):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if way := asks_again(request):
            return way
        return self._show(request, client, api_clients.rotate_key(person=request.user, client=client), rotated=True)

    def _show(
        self, request: HttpRequest, client: Any, made: api_clients.NewKey, *, rotated: bool = False
    ) -> HttpResponse:
        """Not by a message after a redirect: messages wait in cookies and sessions."""
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": client.name,
            "opts": self.opts,
            "original": client,
            "made": made,
            "rotated": rotated,
        }
        return TemplateResponse(request, "admin/accounts/apiclient/secret.html", context)

    @admin.display(description=_("status"), ordering="is_enabled")
    def state(self, client: Any) -> str:
        kind, words = ("active", _("enabled")) if client.is_enabled else ("suspended", _("disabled"))
        return format_html('<span class="chip chip-{}">{}</span>', kind, words)

    @admin.display(description=_("API keys"))
    def key_list(self, client: Any) -> str:
        moment = now()
        rows = (
            (
                key.pk,
                _("valid until %(time)s") % {"time": short_time(key.expires_at)}
                if key.expires_at > moment
                else _("over"),
                _("last used %(time)s") % {"time": short_time(key.last_used_at)}
                if key.last_used_at
                else _("never used"),
            )
            for key in client.keys.all()
        )
        return format_html(
            '<ul class="key-list">{}</ul>', format_html_join("", "<li><code>{}</code> {}, {}</li>", rows)
        )

    @admin.action(description=_("Disable: every request is refused"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: Any) -> None:
        self._set(request, queryset, False)

    @admin.action(description=_("Enable again"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: Any) -> None:
        self._set(request, queryset, True)

    def _set(self, request: HttpRequest, queryset: Any, is_enabled: bool) -> None:
        def run(client: ApiClient) -> None:
            api_clients.update_client(person=request.user, client=client, is_enabled=is_enabled)

        self.act(request, queryset, run, _("%(number)d API clients changed."))
