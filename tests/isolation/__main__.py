"""`python -m tests.isolation --operations 1000000`: the walk through 50 zones, as docs/benchmarks.md quotes it."""

import argparse
import json
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from tests.bench import city

# Share of the operations that each arrangement gets: what is taken away, and how connections are kept. With everything
# in place it is all of them; what is left when something is taken away is looked at half as often again.
RUNS = {
    ("everything", "persistent"): 0.7,
    ("everything", "pooled"): 0.3,
    ("no search_path", "persistent"): 0.1,
    ("no search_path", "pooled"): 0.1,
    ("no role", "persistent"): 0.1,
    ("no context", "persistent"): 0.1,
    ("no search_path, no role", "persistent"): 0.1,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--zones", type=int, default=50)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted({what for what, _kept in RUNS}), help="all operations of this kind")
    options = parser.parse_args()
    if part := os.environ.get("ISOLATION_PART"):
        print(json.dumps(_part(json.loads(part))))
        return 0
    with city.open_city(own_ports=False):
        begun = time.monotonic()
        _make(options.zones)
        print(
            f"{options.zones} zones made and planted in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True
        )
        found = _run(options)
    return _report(found)


def _make(zones: int) -> None:
    from tests.isolation.canaries import plant
    from zones.provisioning import create_zone

    for number in range(zones):
        name = f"z{number:02}"
        plant(create_zone(zone_id=name, brand=name, domains=[f"{name}.example"]), number)


def _run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Two processes at a time; first the one that must find leaks."""
    parts = [{"protections": "no role", "kept": "persistent", "owner": True, "operations": 2000}]
    parts += [
        {"protections": protections, "kept": kept, "owner": False, "operations": int(share * options.operations)}
        for (protections, kept), share in _shares(options.only).items()
    ]
    found, running = [], []
    for number, part in enumerate(parts):
        part |= {"threads": options.threads, "seed": options.seed * 100 + number}
        environment = {**os.environ, "ISOLATION_PART": json.dumps(part)}
        if not part["owner"]:
            environment.pop("MEGACITY_LOGIN")
            environment.pop("DATABASE_OWNER_URL")
        if part["kept"] == "pooled":
            environment |= {"DATABASE_POOL": "1", "DATABASE_POOL_SIZE": str(options.threads - 1)}
        command = [sys.executable, "-W", "ignore", "-m", "tests.isolation"]
        running.append(subprocess.Popen(command, env=environment, cwd=city.ROOT, stdout=subprocess.PIPE, text=True))
        if len(running) == 2 or number in (0, len(parts) - 1):
            found += [_result(process) for process in running]
            running = []
    return found


def _shares(only: str | None) -> dict[tuple[str, str], float]:
    if only is None:
        return RUNS
    chosen = {run: share for run, share in RUNS.items() if run[0] == only}
    return {run: share / sum(chosen.values()) for run, share in chosen.items()}


def _result(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, _errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"a part of the walk ended with {process.returncode}")
    result: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    print(_line(result), file=sys.stderr, flush=True)
    return result


def _part(part: dict[str, Any]) -> dict[str, Any]:
    import django

    django.setup()
    from megacity.celery import app
    from tests.isolation import operations, surfaces
    from tests.isolation.canaries import found_again
    from tests.isolation.walk import protected_by, walk
    from zones.context import public_context
    from zones.models import Zone

    # What is taken away is missed by much that tells the log of it, each time.
    logging.disable(logging.CRITICAL)
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    operations.OPERATIONS |= {surfaces.over_http: 2, surfaces.over_websocket: 0.3, surfaces.over_celery: 1}
    with public_context():
        zones = list(Zone.objects.filter(schema_name__regex=r"^z\d+$").order_by("schema_name"))
    planted = [found_again(zone) for zone in zones]
    begun = time.monotonic()
    with protected_by(part["protections"]):
        done = walk(planted, operations=part["operations"], threads=part["threads"], seed=part["seed"], login={})
    return part | {
        "done": done.total,
        "markers": done.markers,
        "kinds": done.operations,
        "refused": done.refused,
        "leaks": len(done.leaks),
        "examples": done.leaks[:5],
        "errors": done.errors[:3],
        "seconds": time.monotonic() - begun,
    }


def _line(part: dict[str, Any]) -> str:
    who = "the owner, as a control" if part["owner"] else "the processes' login"
    cells = [part["protections"], part["kept"], who, f"{part['done']:,}", f"{part['markers']:,}"]
    cells += [f"{sum(part['refused'].values()):,}", f"{part['leaks']:,}", f"{part['seconds']:.0f}"]
    return f"| {' | '.join(cells)} |"


def _report(found: list[dict[str, Any]]) -> int:
    print("| protections | connections | login | operations | markers read | refused | leaks | s |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    for part in found:
        print(_line(part))
    walked = found[1:]
    kinds: Counter[str] = sum((Counter(part["kinds"]) for part in walked), Counter())
    print(f"\n{sum(part['done'] for part in walked):,} operations: {dict(kinds.most_common())}")
    for part in found:
        for text in (*part["examples"], *part["errors"]):
            print(f"{part['protections']}, {part['kept']}: {text}")
    # The first one must find leaks, or the walk could not see any.
    return int(not found[0]["leaks"] or any(part["leaks"] or part["errors"] for part in walked))


if __name__ == "__main__":
    sys.exit(main())
