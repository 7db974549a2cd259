"""What every page of the Admin Consoles keeps to: permissions, one organization, quick lists, an audit row a write."""

from audit.console.filters import AutocompleteFilter, PeriodFilter
from audit.console.model_admin import ConsoleModelAdmin, ConsoleTabularInline, HiddenObject, ReadOnly, short_time
from audit.console.paginator import EstimatingPaginator

__all__ = [
    "AutocompleteFilter",
    "ConsoleModelAdmin",
    "ConsoleTabularInline",
    "EstimatingPaginator",
    "HiddenObject",
    "PeriodFilter",
    "ReadOnly",
    "short_time",
]
