"""Lists over 100,000 rows of one zone, by people whom row-level security confines: what it costs, on page 1 and deep.

    python -m tests.bench.lists [--explain PATH]

Each list is asked for with the policies on and with them off, by turns, in one process: the ratio is what to trust.
Deep is the page after 5,000 rows. `--explain` prints the plans of the statements of lists whose address begins so.
"""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench import city

OURS = re.compile(r'FROM "(accounts|exams|audit)_')
ROWS, DEPTH, ROUNDS = 100_000, 5_000, 5
TABLES = ("accounts_user", "exams_attempt", "exams_item", "exams_itemversion", "exams_exam", "audit_auditentry")


@dataclass(frozen=True)
class List:
    person: Any
    surface: str
    path: str

    def __str__(self) -> str:
        return f"{self.surface} {self.path.partition('?')[0]}, {self.person.role}"


def seed() -> list[List]:
    """100,000 each of users, attempts, items and rows of the log, half of them of one school; who looks at what."""
    from accounts.models import Organization
    from tests.bench.many import make_many
    from tests.cast import make_person

    schools = [Organization.objects.create(name=f"School {n}", code=f"school-{n}") for n in range(2)]
    make_many(ROWS, schools)
    admin, teacher = (make_person(f"List {role}", role, schools[0]) for role in ("org_admin", "teacher"))
    whole = make_person("List zone", "zone_admin")
    api = ("users", "students", "attempts", "items")
    found = [List(admin, "api", f"/api/v1/{name}") for name in api]
    found += [List(teacher, "api", f"/api/v1/{name}") for name in api[1:]]
    consoles = ("accounts/user", "exams/attempt", "exams/item")
    found += [List(person, "admin", f"/{name}/") for person in (admin, whole) for name in consoles]
    # The log is the zone's own.
    return [*found, List(whole, "admin", "/audit/auditentry/"), List(whole, "api", "/api/v1/admin/audit-logs")]


@contextmanager
def without_policies() -> Iterator[None]:
    """The tables as if nobody were confined; selectors still say whose rows they want."""
    from zones.owner import as_owner

    def switch(word: str) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} {word} ROW LEVEL SECURITY")

    as_owner(lambda: switch("DISABLE"))
    try:
        yield
    finally:
        as_owner(lambda: switch("ENABLE"))


def deep_path(client: Any, each: List) -> str:
    """The address of the page after DEPTH rows: by its number in the console, by following cursors in the API."""
    if each.surface == "admin":
        return f"{each.path}?p={DEPTH // 100}"
    path = f"{each.path}?page_size=200"
    for _ in range(DEPTH // 200):
        if not (found := client.get(path).json()["next"]):
            break
        path = re.sub(r"^https?://[^/]+", "", found)
    return path


def milliseconds(client: Any, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    elapsed = time.perf_counter() - began
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    return elapsed * 1000


def measured(each: List) -> str:
    from tests.clients import api_for, client_for

    client = api_for(each.person, city.ZONE) if each.surface == "api" else client_for(each.person, "admin", city.ZONE)
    first = f"{each.path}?page_size=200" if each.surface == "api" else each.path
    cells = []
    for path in (first, deep_path(client, each)):
        milliseconds(client, path)
        on, off = [], []
        for _ in range(ROUNDS):
            on.append(milliseconds(client, path))
            with without_policies():
                off.append(milliseconds(client, path))
        # The least, which a busy machine disturbs least.
        with_them, bare = min(on), min(off)
        cells.append(f"{with_them:.0f} | {with_them / bare:.2f}")
    return f"| {each} | {' | '.join(cells)} |"


def explained(each: List) -> str:
    """The plans of what the first page asks, slowest statement first."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.clients import api_for, client_for
    from zones.context import confined_to

    client = api_for(each.person, city.ZONE) if each.surface == "api" else client_for(each.person, "admin", city.ZONE)
    milliseconds(client, each.path)
    with CaptureQueriesContext(connection) as seen:
        milliseconds(client, each.path)
    asked = [
        query for query in seen.captured_queries if query["sql"].startswith("SELECT") and OURS.search(query["sql"])
    ]
    slow = sorted(asked, key=lambda query: -float(query["time"]))[:2]
    plans = []
    with confined_to(each.person), connection.cursor() as cursor:
        for query in slow:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            plans.append(f"{query['time']} s: {query['sql'][:1500]}\n{plan}")
    return "\n\n".join(plans)


def run() -> None:
    from zones.context import get_zone, zone_context

    with zone_context(get_zone(city.ZONE)):
        lists = seed()
        if sys.argv[1:2] == ["--explain"]:
            for each in lists:
                if each.path.startswith(sys.argv[2]):
                    print(f"--- {each}\n{explained(each)}\n", flush=True)
            return
        print("| list | page 1, ms | with/without policies | deep, ms | with/without policies |")
        print("|---|---:|---:|---:|---:|")
        for each in lists:
            print(measured(each), flush=True)


def main() -> None:
    with city.open_city(own_ports=False):
        run()


if __name__ == "__main__":
    main()
