"""The audit log: what a stamp costs, a million rows sealed and verified, ten thousand tamperings found.

python -m tests.bench.audit [rows] [tamperings]
"""

import random
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.bench import city

ROWS, TAMPERINGS = 1_000_000, 10_000
BATCH = 20_000


def fill(rows: int) -> float:
    """Write rows as the application does, many at once; seconds."""
    from django.db import connection, transaction

    from audit import services
    from audit.models import Action

    began = time.perf_counter()
    statement = services.INSERT
    for first in range(0, rows, BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            many = [
                services.values(
                    Action.UPDATE,
                    "attempt",
                    f"00000000-0000-0000-0000-{number:012}",
                    details={"event": "answer", "position": number % 40, "finished": None},
                )
                for number in range(first, min(first + BATCH, rows))
            ]
            cursor.executemany(statement, many)
    return time.perf_counter() - began


def stamp_cost(times: int = 20_000) -> tuple[float, float]:
    """Microseconds of one row's parameters, and of the stamp among them."""
    from audit import services
    from audit.models import Action
    from audit.stamps import stamp

    details = {"event": "answer", "position": 12, "finished": None}
    row = services.values(Action.UPDATE, "attempt", "x" * 36, details=details)
    whole = _timed(lambda: services.values(Action.UPDATE, "attempt", "x" * 36, details=details), times)
    return whole, _timed(lambda: stamp(row[0], row[1:8], row[8], row[9], row[10]), times)


def _timed(call: Callable[[], Any], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times * 1e6


def tamper(rounds: int) -> tuple[int, float]:
    """How many of so many random tamperings were not found and named, and the seconds that it took."""
    from tests.audit.logs import ids, sealed
    from tests.audit.tampering import Hand
    from tests.audit.test_tampering import tried
    from zones.context import connection, entered
    from zones.scope import OWNER

    sealed(seals=8, rows=15)
    began = time.perf_counter()
    # Nobody but the owner of the tables can take their triggers away.
    with entered(connection.tenant, OWNER):
        missed = tried(Hand(random.Random(4), ids(), seals=8), rounds)
    for said, wanted, findings in missed[:20]:
        print("MISSED", said, sorted(wanted)[:5], [str(finding) for finding in findings][:5])
    return len(missed), time.perf_counter() - began


def run(rows: int, rounds: int) -> int:
    from audit.sealing import seal_log
    from audit.verifying import verify
    from zones.context import get_zone, zone_context

    print("| measure | value |\n|---|---:|")
    whole, stamp = stamp_cost()
    print(f"| parameters of a row, of which its stamp | {whole:.1f} µs, {stamp:.1f} µs |", flush=True)
    with zone_context(get_zone("univ")):
        missed, seconds = tamper(rounds)
        print(f"| random tamperings of a sealed log, not found | {rounds:,}, {missed} ({seconds:.0f} s) |", flush=True)
    with zone_context(get_zone("college")):
        print(f"| rows written | {rows:,} in {fill(rows):.0f} s |", flush=True)
        began = time.perf_counter()
        seals = seal_log()
        print(f"| sealed | {sum(s.rows for s in seals):,} rows, {time.perf_counter() - began:.1f} s |", flush=True)
        cpu, report = time.process_time(), verify()
        cpu = time.process_time() - cpu
        print(f"| verified | {report.rows:,} rows, {report.seconds:.1f} s ({cpu:.1f} s of processor time) |")
        assert report.is_clean, report.findings
    return 1 if missed else 0


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else TAMPERINGS
    with city.open_city():
        return run(rows, rounds)


if __name__ == "__main__":
    sys.exit(main())
