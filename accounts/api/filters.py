"""Filters that several lists share."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _


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
