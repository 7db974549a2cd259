"""docs/security/asvs.csv: every requirement of OWASP ASVS 5.0, levels 1 and 2, and the tests that hold it.

asvs_levels.csv holds ids and levels alone; the texts are OWASP's, under a licence of their own.
"""

import csv
import re
from pathlib import Path

import pytest

from tests.security.evidence import ROOT, functions_of, is_test

LEVELS = Path(__file__).parent / "asvs_levels.csv"
TABLE = ROOT / "docs" / "security" / "asvs.csv"
SENTENCE = re.compile(r"[A-Z].{15,}\.", re.DOTALL)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = read(TABLE)


def test_every_requirement_has_its_line_and_no_other_has():
    wanted = [(row["id"], row["level"]) for row in read(LEVELS)]
    assert len(wanted) == 253
    assert [(row["id"], row["level"]) for row in ROWS] == wanted


@pytest.mark.parametrize("status", ["met", "partly", "open", "n/a"])
def test_each_line_says_what_its_status_asks_for(status):
    lines = [row for row in ROWS if row["status"] == status]
    assert lines
    for row in lines:
        if status == "n/a":
            assert row["evidence"].startswith("n/a: "), row
            assert SENTENCE.fullmatch(row["evidence"].removeprefix("n/a: ")), row
        elif status == "open":
            assert row["evidence"] == "", row
        else:
            assert row["evidence"], row
        if status in ("partly", "open"):
            assert SENTENCE.fullmatch(row["note"]), row
    assert {row["status"] for row in ROWS} <= {"met", "partly", "open", "n/a"}


def test_every_test_that_is_named_exists():
    dead = []
    for row in ROWS:
        if row["status"] in ("met", "partly"):
            for one in row["evidence"].split():
                if not is_test(one):
                    dead.append(f"{row['id']}: {one}")
    assert dead == []


def test_a_dead_link_would_be_seen():
    assert "test_a_dead_link_would_be_seen" in functions_of("tests/security/test_asvs.py")
    assert "test_of_nobody" not in functions_of("tests/security/test_asvs.py")
    assert functions_of("tests/security/test_nothing.py") == frozenset()
