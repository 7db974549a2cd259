"""What time it is for whoever acts, so that demo data and tests may live through past weeks.

Rows of the log and responses are written once and cannot be dated back afterwards: their moment is chosen when they are
written. Only seeding and tests ever set the clock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_moment: ContextVar[datetime | None] = ContextVar("audit_clock", default=None)


def now() -> datetime:
    """The present moment, or the one that the surrounding `at` has set."""
    return _moment.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Everything inside the block happens at `moment`, an aware datetime."""
    if timezone.is_naive(moment):
        raise ValueError(f"{moment.isoformat()} has no time zone")
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
