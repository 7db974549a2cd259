"""Passages: read here with the items that ask about them. They are written on the page of an item that shows them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from audit.console import AutocompleteFilter, ReadOnly, short_time
from exams.models import Item, ItemAsset, Passage
from exams.rendering import markdown_to_html

SHOWN_ITEMS = 100


@admin.register(Passage)
class PassageAdmin(ReadOnly):
    permissions = {"view": ("exam:read", "item:read")}
    organization_path = "organization_id"
    shows_zone_rows = True
    list_display = ["code", "number", "title", "shown_by", "organization", "made"]
    list_select_related = ["organization"]
    list_filter = [("organization", AutocompleteFilter)]
    search_fields = ["code__startswith"]
    search_help_text = _("The beginning of a code.")
    ordering = ["code", "-number"]
    fields = ["code", "number", "organization", "made", "items", "contents"]
    readonly_fields = ["made", "items", "contents"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        shown = Count("versions__item", filter=Q(versions__item__current=F("versions")), distinct=True)
        return super().get_queryset(request).annotate(shown=shown).prefetch_related("texts")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        return queryset.filter(code__startswith=search_term.replace("\0", "")), False

    @admin.display(description=_("title"))
    def title(self, passage: Passage) -> str:
        return next((text.title for text in passage.texts.all() if text.title), "–")

    @admin.display(description=_("items"))
    def shown_by(self, passage: Any) -> int:
        return int(passage.shown)

    @admin.display(description=_("saved"), ordering="created_at")
    def made(self, passage: Passage) -> str:
        return short_time(passage.created_at)

    @admin.display(description=_("items"))
    def items(self, passage: Passage) -> SafeString | str:
        showing = Item.objects.filter(current__passage=passage)
        rows = showing.order_by("code").values_list("pk", "code")[:SHOWN_ITEMS]
        links = [(reverse("admin:exams_item_change", args=[pk]), code) for pk, code in rows]
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "–"

    @admin.display(description=_("text"))
    def contents(self, passage: Passage) -> SafeString:
        pictures = ItemAsset.objects.filter(version__passage=passage)
        assets = {asset.name: asset.file.url for asset in pictures}
        parts: list[Any] = []
        for text in passage.texts.all():
            heading = format_html("<h3>{}</h3>", text.title) if text.title else ""
            # The renderer lets no raw HTML through.
            html = mark_safe(markdown_to_html(text.text, assets))  # noqa: S308
            parts.append((text.language, heading, html))
        return format_html_join("", '<article class="item-view passage-view" lang="{}">{}{}</article>', parts)
