"""Who is acting in this request, task or command; `audit.services.record` reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """The acting person and where they came from. The empty actor is the system itself."""

    user_id: UUID | None = None
    label: str = ""
    organization_id: UUID | None = None
    ip: str | None = None
    user_agent: str = ""


SYSTEM = Actor(label="system")

_actor: ContextVar[Actor] = ContextVar("audit_actor", default=SYSTEM)


def current_actor() -> Actor:
    return _actor.get()


def set_person(*, user_id: UUID | None, label: str, organization_id: UUID | None) -> None:
    """Name the person of this request once they are known; the address stays."""
    _actor.set(replace(_actor.get(), user_id=user_id, label=label, organization_id=organization_id))


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Everything recorded inside the block is done by `actor`."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)
