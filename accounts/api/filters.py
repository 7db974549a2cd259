"""Filters that several lists share."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError


class RangeFilterSet(django_filters.FilterSet):
    """Refuses a range that ends before it begins: its answer would be nothing, as if there were none."""

    # The names of (least, most), each pair.
    ranges: tuple[tuple[str, str], ...] = ()

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        said = self.form.cleaned_data
        for least, most in self.ranges:
            low, high = said.get(least), said.get(most)
            if low is not None and high is not None and low > high:
                words = _("%(least)s = %(low)s lies beyond %(most)s = %(high)s.")
                shown = {"least": least, "low": _shown(low), "most": most, "high": _shown(high)}
                raise ValidationError({most: [words % shown]})
        return super().filter_queryset(queryset)


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


class _MomentField(django_filters.fields.IsoDateTimeField):
    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        try:
            # PostgreSQL knows no offsets beyond 16 hours, and Python no years beyond 9999.
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError(_("There is no such time.")) from error


class MomentFilter(django_filters.IsoDateTimeFilter):
    """A time in ISO 8601, in any time zone."""

    field_class = _MomentField
