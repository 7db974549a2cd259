"""`python -m megacity.demo.bank check [zone …]` prints what is wrong; `summary` counts items by area."""

import sys

from .check import problems
from .loader import load, zones


def _check(chosen: tuple[str, ...]) -> int:
    failed = False
    for zone in chosen:
        faults = problems(zone)
        failed |= bool(faults)
        print(f"{zone}: {len(faults)} problems" if faults else f"{zone}: {len(load(zone).items)} items, no problems")
        for fault in faults:
            print(f"  {fault}")
    return int(failed)


def _summary(chosen: tuple[str, ...]) -> int:
    for zone in chosen:
        bank = load(zone)
        print(f"{zone}: {len(bank.items)} items, {len(bank.exams)} exams")
        for area in bank.areas:
            items = bank.in_area(area.code)
            span = f"b {min(i.b for i in items):+.2f} … {max(i.b for i in items):+.2f}" if items else "no items"
            print(f"  {area.code:<14}{len(items):>4}  {span}")
    return 0


def main(arguments: list[str]) -> int:
    commands = {"check": _check, "summary": _summary}
    if not arguments or arguments[0] not in commands:
        print(
            "usage: python -m megacity.demo.bank check|summary [zone …]",
            file=sys.stderr,
        )
        return 2
    return commands[arguments[0]](tuple(arguments[1:]) or zones())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
