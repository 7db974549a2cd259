"""A random walk through all zones, in threads, each on a connection of its own that goes from zone to zone."""

import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest import mock

from django.db import connection, connections

from tests.isolation.canaries import MARK, Actor, Planted
from tests.isolation.operations import OPERATIONS, REFUSED
from zones.context import confine, enter_unknown
from zones.postgresql.base import DatabaseWrapper

# A request asks for so many things.
A_REQUEST = 8


@dataclass
class Walked:
    """What was done and seen; `leaks` and unexpected `errors` in words."""

    operations: Counter[str] = field(default_factory=Counter)
    markers: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def total(self) -> int:
        return self.operations.total()

    def add(self, other: "Walked") -> None:
        with self.lock:
            self.operations += other.operations
            self.refused += other.refused
            self.markers += other.markers
            self.leaks += other.leaks
            self.errors += other.errors


def walk(zones: list[Planted], *, operations: int, threads: int, seed: int, login: dict[str, Any]) -> Walked:
    """Do so many operations in all; `login` replaces settings of the connection (USER, PASSWORD, OPTIONS)."""
    done = Walked()

    def run(number: int) -> None:
        own = connections["default"]
        own.settings_dict = {**own.settings_dict, **login}
        mine = Walked()
        try:
            _walk(zones, operations // threads, Random(seed * 1000 + number), mine)
        except Exception:
            mine.errors.append(traceback.format_exc())
        finally:
            own.close()
            done.add(mine)

    workers = [threading.Thread(target=run, args=[number]) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return done


def _walk(zones: list[Planted], operations: int, random: Random, done: Walked) -> None:
    kinds, weights = list(OPERATIONS), list(OPERATIONS.values())
    while done.total < operations:
        actor = random.choice(random.choice(zones).actors)
        enter_unknown(actor.zone)
        confine(actor.person)
        for operation in random.choices(kinds, weights, k=A_REQUEST):
            done.operations[operation.__name__] += 1
            try:
                seen = operation(actor, random, zones)
            except REFUSED as error:
                done.refused[type(error.__cause__ or error).__name__] += 1
                if not connection.in_atomic_block and connection.errors_occurred:
                    connection.close_if_unusable_or_obsolete()
                continue
            done.markers += look(actor, seen, operation.__name__, done.leaks)


def look(actor: Actor, seen: list[Any], what: str, leaks: list[str]) -> int:
    """Count the markers; what should not have been seen is added to `leaks`."""
    found = 0
    for text in map(str, seen):
        if text.startswith(("wrote into", "in ")):
            leaks.append(f"{_who(actor)}: {what}: {text}")
        for zone, organization in MARK.findall(text):
            found += 1
            if zone != actor.zone.schema_name or organization not in actor.sees:
                leaks.append(f"{_who(actor)}: {what} showed {organization} of {zone}")
    return found


def _who(actor: Actor) -> str:
    return f"{actor.person.role} of {actor.own} in {actor.zone.schema_name}"


# What is taken away, to see what is left


def _without(*parts: str) -> Callable[[DatabaseWrapper], str]:
    whole = DatabaseWrapper._wanted

    def wanted(self: DatabaseWrapper) -> str:
        kept = [each for each in whole(self).split(";") if not each.startswith(tuple(f"SET {part}" for part in parts))]
        return ";".join(kept) or "SELECT 1"

    return wanted


PROTECTIONS = {
    "everything": (),
    "no search_path": ("search_path",),
    "no role": ("ROLE",),
    "no context": ("megacity.",),
    "no search_path, no role": ("search_path", "ROLE"),
    "nothing": ("search_path", "ROLE", "megacity."),
}


@contextmanager
def protected_by(name: str) -> Iterator[None]:
    """Run with these protections of the application's own alone (see PROTECTIONS for what is taken away)."""
    with mock.patch.object(DatabaseWrapper, "_wanted", _without(*PROTECTIONS[name])):
        yield
