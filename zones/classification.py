"""What every column says of people: the vocabulary of each app's `privacy.py`, and the check that none is forgotten.

Export, erasure, masking and the record of processing (docs/privacy.md) are all read from these tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db.models import Field, Model


class Kind(StrEnum):
    """What a field holds, from harmless to secret."""

    NONE = "none"  # of no person: a title, a parameter, a status
    INTERNAL = "internal"  # how the system works: claims, engine states; of no use to a person, and of none in itself
    IDENTIFIER = "identifier"  # which person or thing, by an id without a meaning of its own: it stays as a pseudonym
    CONTACT = "contact"  # name, e-mail, telephone, address, device
    BEHAVIOUR = "behaviour"  # what somebody did and how well: answers, scores, times
    SENSITIVE = "sensitive"  # resident number, birth date, disability
    FREE_TEXT = "free text"  # what somebody wrote: it may say anything of anybody
    CREDENTIAL = "credential"  # what opens an account: hashes, seeds, keys. Never exported, never shown


class Erase(StrEnum):
    """What becomes of a person's row when the person is erased."""

    NOTHING = "nothing of a person"
    ROW = "the row is deleted"
    EMPTY = "the row stays under a pseudonym; contact, sensitive, free text and credential are emptied"
    MENTION = "the row stays; the person's name, addresses and ids in it are replaced"
    ELSEWHERE = "by a step of its own"


# Emptied where a row stays (Erase.EMPTY).
EMPTIED = frozenset({Kind.CONTACT, Kind.SENSITIVE, Kind.FREE_TEXT, Kind.CREDENTIAL})
# Handed out to the person that they are about.
EXPORTED = frozenset({Kind.NONE, Kind.IDENTIFIER, Kind.CONTACT, Kind.BEHAVIOUR, Kind.SENSITIVE, Kind.FREE_TEXT})


@dataclass(frozen=True)
class Table:
    """One model: why we hold it, how long, whose rows are whose, and what each field is.

    `person` are the lookups that lead from a row to the people it is about ("user", "attempt__user"; "pk" for the
    account itself). `fields` names the fields of each kind, separated by blanks; `of_others` those that tell of
    somebody else than the row's person, and are not given out to them. `encrypted` are those that hold tokens of
    accounts.crypto (text, or texts somewhere in JSON), with the context that they were encrypted for: a format of the
    row's attributes ("totp:{user_id}").
    """

    purpose: str
    fields: Mapping[Kind, str]
    retention: str = "as long as the zone"
    person: tuple[str, ...] = ()
    erase: Erase = Erase.NOTHING
    exported: bool = True
    of_others: str = ""
    encrypted: Mapping[str, str] = field(default_factory=dict)

    def kinds(self) -> dict[str, Kind]:
        """Field → kind. Raises ValueError for a field that stands under two kinds."""
        found: dict[str, Kind] = {}
        for kind, names in self.fields.items():
            for name in names.split():
                if name in found:
                    raise ValueError(f"{name} is both {found[name]} and {kind}")
                found[name] = kind
        return found


@cache
def tables() -> dict[str, Table]:
    """Every line of every app's privacy.py, by the label of the model."""
    found: dict[str, Table] = {}
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.privacy") is not None:
            found |= getattr(import_module(f"{config.name}.privacy"), "PRIVACY", {})
    return found


def table(model: type[Model]) -> Table:
    return tables()[model._meta.label]


def models() -> Iterator[type[Model]]:
    """All that have a table of their own, those between two others too."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def columns(model: type[Model]) -> dict[str, Field[Any, Any]]:
    """The fields that are columns, by name."""
    return {column.name: column for column in model._meta.local_concrete_fields}


def find_gaps() -> list[CheckMessage]:
    """Errors for models and fields without a line, and for lines without a model or field."""
    lines = tables()
    errors: list[CheckMessage] = []
    present = {model._meta.label: model for model in models()}
    for label in sorted(lines.keys() - present.keys()):
        errors.append(_error("E101", f"privacy.py classifies {label}, which is no model.", "Take the line away."))
    for label, model in present.items():
        if label not in lines:
            errors.append(_error("E102", f"{label} is not classified.", "Add it to the app's privacy.py."))
            continue
        known, real = lines[label].kinds(), columns(model)
        for name in sorted(real.keys() - known.keys()):
            errors.append(_error("E103", f"{label}.{name} is not classified.", "Name it in the app's privacy.py."))
        for name in sorted(known.keys() - real.keys()):
            errors.append(_error("E104", f"privacy.py classifies {label}.{name}, which is no field.", "Take it away."))
        personal = set(known.values()) - {Kind.NONE, Kind.INTERNAL, Kind.IDENTIFIER}
        if personal and lines[label].erase == Erase.NOTHING:
            errors.append(
                _error("E105", f"{label} holds {', '.join(sorted(personal))} and says nothing of erasure.", "Say how.")
            )
    return errors


def _error(number: str, words: str, hint: str) -> Error:
    return Error(words, hint=hint, id=f"zones.{number}")
