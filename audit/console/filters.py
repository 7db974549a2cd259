"""Filters that ask the database for nothing but the rows that the page shows."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone


class _FormFilter(FieldListFilter):
    """A filter that is a small form; the list's other parameters travel along as hidden fields."""

    def has_output(self) -> bool:
        return True

    def given(self, parameter: str) -> str:
        value = self.used_parameters.get(parameter, "")
        return str(value[-1] if isinstance(value, list) and value else value or "")

    def others(self) -> list[tuple[str, str]]:
        mine = {*self.expected_parameters(), "p", "e"}
        return [(k, v) for k, values in self.request.GET.lists() for v in values if k not in mine]

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        self.request, self.model_admin = request, model_admin
        super().__init__(field, request, params, model, model_admin, field_path)


class AutocompleteFilter(_FormFilter):
    """A foreign key chosen by typing: a list of all organizations or exams may be long.

    What can be chosen is what the related model's own console page shows this person.
    """

    template = "admin/filters/autocomplete.html"

    def expected_parameters(self) -> Any:
        return [f"{self.field_path}__{self.field.target_field.name}__exact"]

    def choices(self, changelist: Any) -> Any:
        (name,) = self.expected_parameters()
        site = self.model_admin.admin_site
        related = site._registry[self.field.related_model]
        widget = AutocompleteSelect(self.field, site, attrs={"id": f"filter-{self.field_path}", "data-submit": ""})
        field = forms.ModelChoiceField(related.get_queryset(self.request), required=False, widget=widget)
        yield {
            "widget": field.widget.render(name, self.given(name) or None, {"id": f"filter-{self.field_path}"}),
            "label_for": f"filter-{self.field_path}",
            "others": self.others(),
            "clear": changelist.get_query_string(remove=[name]) if self.given(name) else "",
        }


class PeriodFilter(_FormFilter):
    """From one day to another, both included, in the zone's time; the field should be indexed."""

    template = "admin/filters/period.html"

    def expected_parameters(self) -> Any:
        return [f"{self.field_path}_from", f"{self.field_path}_to"]

    def choices(self, changelist: Any) -> Any:
        first, last = self.expected_parameters()
        given = [self.given(first), self.given(last)]
        yield {
            "fields": list(zip((first, last), given, strict=True)),
            "others": self.others(),
            "clear": changelist.get_query_string(remove=[first, last]) if any(given) else "",
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        first, last = map(self.given, self.expected_parameters())
        try:
            if first:
                queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(date.fromisoformat(first))})
            if last:
                after = date.fromisoformat(last) + timedelta(days=1)
                queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(after)})
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error
        return queryset


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
