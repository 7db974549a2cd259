"""The exam loop over HTTP, beside a FastAPI application that does the same work: CPU, throughput, time to wait."""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg

from tests.bench import city
from tests.bench.city import City

ANSWERS = 30
# Students at once, and how many sit the exam in one round.
CROWDS = {1: 16, 8: 24, 64: 64}
ROUNDS = 3
SIDES = {"MegaCity (Django, granian)": city.WEB_PORT, "FastAPI + SQLAlchemy + asyncpg (uvicorn)": city.BASELINE_PORT}


@dataclass(frozen=True)
class Measured:
    """One round; times in milliseconds."""

    server_cpu: float
    database_cpu: float
    valkey_cpu: float
    answers_a_second: float
    p50: float
    p95: float


class Load:
    """The process of tests.bench.students."""

    def __init__(self, port: int, exam: str, tokens: list[str], at_once: int) -> None:
        command = [sys.executable, "-m", "tests.bench.students", str(port), city.HOST, exam, str(ANSWERS), str(at_once)]
        self.process = subprocess.Popen(
            command, cwd=city.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._write(json.dumps(tokens))

    def _write(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def phase(self, name: str) -> dict[str, Any]:
        self._write(name)
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the load generator ended in phase {name!r}")
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(20)


def one_round(
    place: City, server: psutil.Process, port: int, exam: str, tokens: list[str], at_once: int
) -> tuple[Measured, list[tuple]]:
    """All students sit the exam once; what an answer cost, and the answers that were acknowledged."""
    load = Load(port, exam, tokens, at_once)
    load.phase("start")
    meters: tuple[psutil.Process | int, ...] = (server, place.postgres, place.valkey)
    before = [city.cpu_seconds(meter) for meter in meters]
    report = load.phase("answer")
    used = [city.cpu_seconds(meter) - then for meter, then in zip(meters, before, strict=True)]
    acknowledged = load.phase("submit")["acknowledged"]
    load.close()
    count = len(report["latencies"])
    cpu = [1000 * seconds / count for seconds in used]
    waits = sorted(1000 * seconds for seconds in report["latencies"])
    p95 = waits[int(0.95 * count)]
    return Measured(*cpu, count / report["seconds"], statistics.median(waits), p95), acknowledged


def check_acknowledged(acknowledged: list[tuple]) -> None:
    """Every acknowledged answer is in the table, exactly once and as it was given."""
    query = (
        f"SELECT attempt_id::text, position, version_id::text, option FROM {city.ZONE}.exams_response"
        " WHERE attempt_id = ANY(%s::uuid[])"
    )
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        stored = connection.execute(query, [list({row[0] for row in acknowledged})]).fetchall()
    if sorted(stored) != sorted(map(tuple, acknowledged)):
        raise SystemExit(f"{len(acknowledged)} answers acknowledged, {len(stored)} stored: they differ")


def run(place: City, exam: str, tokens: list[str], rounds: int = ROUNDS) -> str:
    """The table in Markdown, medians of `rounds` rounds in which the sides take turns."""
    found: dict[tuple[str, int], list[Measured]] = {}
    total = 0
    with city.web(city.OURS, city.WEB_PORT) as ours, city.web(city.BASELINE, city.BASELINE_PORT) as baseline:
        servers = dict(zip(SIDES, (ours, baseline), strict=True))
        for number in range(rounds + 1):
            for at_once, students in CROWDS.items():
                for name, port in SIDES.items():
                    sitting = tokens[:students]
                    measured, acknowledged = one_round(place, servers[name], port, exam, sitting, at_once)
                    print(f"round {number}: {_line(name, at_once, [measured])}", file=sys.stderr)
                    check_acknowledged(acknowledged)
                    total += len(acknowledged)
                    # The first round fills pools, caches and prepared statements.
                    if number:
                        found.setdefault((name, at_once), []).append(measured)
    lines = [
        f"{total:,} answers acknowledged, all found in the database once and as given.\n",
        "| server | students at once | server CPU ms an answer | PostgreSQL CPU ms | Valkey CPU ms | answers/s"
        " | p50 ms | p95 ms |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for at_once in CROWDS:
        lines += [_line(name, at_once, found[name, at_once]) for name in SIDES]
    return "\n".join(lines)


def _line(name: str, at_once: int, measured: list[Measured]) -> str:
    def middle(field: str) -> float:
        return statistics.median(getattr(one, field) for one in measured)

    cells = [f"**{middle('server_cpu'):.2f}**", f"{middle('database_cpu'):.2f}", f"{middle('valkey_cpu'):.2f}"]
    cells += [f"{middle('answers_a_second'):.0f}", f"{middle('p50'):.1f}", f"{middle('p95'):.1f}"]
    return f"| {name} | {at_once} | {' | '.join(cells)} |"


def main() -> None:
    with city.open_city() as place:
        exam, tokens = city.seed()
        print(run(place, exam, tokens, int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))


if __name__ == "__main__":
    main()
