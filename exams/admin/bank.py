"""The item bank: every save makes a new version, which the page shows as students will see it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from audit.console import AutocompleteFilter, ConsoleModelAdmin
from exams.admin.exports import chosen_ids, export_page
from exams.admin.item_form import ItemForm
from exams.admin.item_preview import preview_of, preview_of_version
from exams.admin.translations import TranslatedForm, translated_form
from exams.models import ContentArea, Item, ItemVersion
from exams.selectors.analysis import newest_analyses
from exams.selectors.bank import with_contents
from exams.services import bank

READ, WRITE = ("exam:read", "item:read"), ("exam:update", "item:update")


@admin.register(ContentArea)
class ContentAreaAdmin(ConsoleModelAdmin):
    permissions = {"view": READ, "add": WRITE, "change": WRITE}
    resource_type = "content_area"
    list_display = ["title", "code", "position"]
    search_fields = ["code__istartswith", "name__istartswith"]
    ordering = ["position", "code"]
    form = translated_form(ContentArea, ["name"], ["code", "name", "position"])

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        own = ["code", "name", *TranslatedForm.names(["name"]), "position"]
        return own if self.has_change_permission(request, obj) else ["code", "name", "position"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        # Pools and banks know an area by its code.
        return ["code"] if obj else []

    @admin.display(description=_("name"), ordering="name")
    def title(self, area: ContentArea) -> str:
        return str(area)


@admin.register(Item)
class ItemAdmin(ConsoleModelAdmin):
    permissions = {"view": READ, "add": ("exam:create", "item:create"), "change": WRITE}
    organization_path = "organization_id"
    shows_zone_rows = True
    recorded_by_service = True
    form = ItemForm
    change_form_template = "admin/exams/item/change_form.html"
    list_display = ["code", "area", "kind", "state", "difficulty", "discrimination", "parameters", "organization"]
    list_select_related = ["area", "current", "organization"]
    list_filter = ["status", "current__kind", ("area", AutocompleteFilter), ("organization", AutocompleteFilter)]
    search_fields = ["code__startswith"]
    search_help_text = _("The beginning of a code, or an id.")
    ordering = ["code"]
    autocomplete_fields = ["organization", "enemies"]
    actions = ["to_field_test", "activate", "retire", "export"]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        identity: list[Any] = ["code", ("area", "status"), "organization", "tags"]
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not writes:
            return [(None, {"fields": identity})]
        parameters = [("discrimination", "difficulty", "guessing", "upper"), "thresholds", "parameter_source"]
        return [
            (None, {"fields": [*identity, "enemies"]}),
            (_("Kind and scoring"), {"fields": [("kind", "scoring", "max_score"), "case_sensitive"]}),
            (_("Response model (D = 1)"), {"fields": ["model", *parameters]}),
            (_("Passage"), {"fields": ["passage_code"]}),
            (_("Picture"), {"fields": ["picture"], "classes": ["collapse"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["code", "area", "organization"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.version = _contents(obj)
        return form

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", self.get_queryset(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not self.owns(request, obj):
            raise PermissionDenied
        if change:
            stored = Item.objects.get(pk=obj.pk)
            bank.new_version(person=request.user, item=stored, draft=form.draft)
            bank.set_tags(person=request.user, item=stored, tags=form.cleaned_data["tags"])
            bank.set_status(person=request.user, item=stored, status=form.cleaned_data["status"])
            return
        made = bank.create_item(
            person=request.user,
            code=obj.code,
            area=obj.area,
            draft=form.draft,
            organization=obj.organization,
            status=obj.status,
            tags=form.cleaned_data["tags"],
        )
        obj.__dict__.update(made.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        codes = [enemy.code for enemy in form.cleaned_data["enemies"]]
        bank.set_enemies(person=request.user, item=form.instance, codes=codes)

    def construct_change_message(self, request: HttpRequest, form: BaseForm, formsets: Any, add: bool = False) -> Any:
        return {}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = kwargs.get("obj")
        version = context["adminform"].form.version if item else None
        if version:
            context["preview"] = preview_of_version(version)
            context["version"] = version
            context["analyses"] = newest_analyses(request.user, item.pk)
            context["versions"] = item.versions.select_related("created_by").order_by("-number")[:20]
        writes = self.has_change_permission(request, item) if item else self.has_add_permission(request)
        if writes:
            form = context["adminform"].form
            context |= {
                "languages": list(form.languages()),
                "key_fields": {name: form[name] for name in ("key", "accepted", "numbers")},
                "option_keys": form.option_keys(),
                "gap_keys": form.gap_keys(),
                "criterion_points": form.criterion_points(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Preview of what is being written, and of older versions ----------------------------------------------------

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("preview/", view(self.preview), name="exams_item_preview"),
            path("export/", view(self.export_view), name="exams_item_export"),
            path("<uuid:item_id>/versions/<int:number>/", view(self.version_page), name="exams_item_version"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The fields as a student would see them; nothing is saved. Problems are listed in words."""
        return require_POST(self._preview)(request)

    def _preview(self, request: HttpRequest) -> HttpResponse:
        item = Item.objects.filter(pk=request.POST["item"]).first() if request.POST.get("item") else None
        allowed = self.has_change_permission(request, item) if item else self.has_add_permission(request)
        if not allowed:
            raise PermissionDenied
        form_class = self.get_form(request, item, change=item is not None)
        form = form_class(request.POST, instance=item)
        form.is_valid()
        context: dict[str, Any] = {"problems": form.problems()}
        if form.draft:
            context |= {"preview": preview_of(form.draft, form.version)}
        return TemplateResponse(request, "admin/exams/item/preview.html", context)

    def version_page(self, request: HttpRequest, item_id: Any, number: int) -> HttpResponse:
        item = self.get_object(request, str(item_id))
        if item is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(item_id))
        if not self.has_view_permission(request, item):
            raise PermissionDenied
        version = with_contents(item.versions.filter(number=number).values_list("pk", flat=True))
        if not version:
            return self._get_obj_does_not_exist_redirect(request, self.opts, "")
        context = {
            **self.admin_site.each_context(request),
            "title": f"{item.code} · {_('version')} {number}",
            "item": item,
            "version": version[0],
            "preview": preview_of_version(version[0]),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/exams/item/version.html", context)

    # --- Export ------------------------------------------------------------------------------------------------------

    @admin.action(description=_("Export to a file…"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._export_page(request, queryset)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The format that was chosen for the items of the page before."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return require_POST(self._export_page)(request, self.get_queryset(request).filter(pk__in=chosen_ids(request)))

    def _export_page(self, request: HttpRequest, items: QuerySet) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "target": reverse(f"{self.admin_site.name}:exams_item_export"),
            "ids": list(items.values_list("pk", flat=True)),
        }
        return export_page(request, context, items=Item.objects.filter(pk__in=context["ids"]))

    # --- The list ----------------------------------------------------------------------------------------------------

    @admin.display(description=_("status"), ordering="status")
    def state(self, item: Item) -> str:
        return format_html('<span class="chip chip-{}">{}</span>', item.status, item.get_status_display())

    @admin.display(description=_("kind"), ordering="current__kind")
    def kind(self, item: Item) -> str:
        return item.current.get_kind_display() if item.current else "–"

    @admin.display(description="a")
    def discrimination(self, item: Item) -> str:
        return f"{item.current.discrimination:.2f}" if item.current else "–"

    @admin.display(description="b")
    def difficulty(self, item: Item) -> str:
        return f"{item.current.difficulty:+.2f}" if item.current else "–"

    @admin.display(description=_("parameters"))
    def parameters(self, item: Item) -> str:
        if item.current is None:
            return "–"
        source = item.current.parameter_source
        return format_html('<span class="chip chip-{}">{}</span>', source, item.current.get_parameter_source_display())

    @admin.action(description=_("To field test"), permissions=["change"])
    def to_field_test(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, Item.Status.FIELD_TEST)

    @admin.action(description=_("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, Item.Status.ACTIVE)

    @admin.action(description=_("Retire"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, Item.Status.RETIRED)

    def _set(self, request: HttpRequest, queryset: QuerySet, status: str) -> None:
        def run(item: Item) -> None:
            bank.set_status(person=request.user, item=item, status=status)

        self.act(request, queryset, run, _("%(number)d items changed."))


def _contents(item: Item | None) -> ItemVersion | None:
    return with_contents([item.current_id])[0] if item and item.current_id else None
