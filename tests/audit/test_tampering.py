"""Every change of a sealed log is found, and the rows or seals that were changed are named."""

import random

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.models import AuditEntry
from audit.verifying import verify
from tests.audit.logs import TABLE, ids, run, sealed, unguarded, write
from tests.audit.tampering import KINDS, Hand, named

SEED, ROUNDS = 20261125, 154


@pytest.fixture(autouse=True)
def own_heads(settings, tmp_path):
    settings.AUDIT_HEADS = tmp_path / "heads"


def tried(hand: Hand, rounds: int) -> list[tuple]:
    """What was not found, or not named, of so many random tamperings, each of which is undone."""
    missed = []
    with unguarded():
        for number in range(rounds):
            with transaction.atomic():
                said, wanted = KINDS[number % len(KINDS)](hand)
                report = verify()
                transaction.set_rollback(True)
            if report.is_clean or not wanted <= named(report):
                missed.append((said, wanted, report.findings))
    return missed


def test_every_one_of_some_hundred_tamperings_is_found_and_named(committed, in_univ):
    sealed(seals=5, rows=8)
    assert not tried(Hand(random.Random(SEED), ids(), seals=5), ROUNDS)
    assert verify().is_clean


def test_a_row_that_is_not_sealed_yet_cannot_be_changed_or_added_either(committed, in_univ):
    sealed(1)
    write(4, first=12)
    columns = "at, zone_id, user_label, action, resource_type, resource_id, ip, user_agent, details, stamp"
    with unguarded():
        run(f"UPDATE {TABLE} SET user_label = 'mallory' WHERE id = 14")
        run(f"INSERT INTO {TABLE} ({columns}) SELECT {columns} FROM {TABLE} WHERE id = 15")
        run(f"INSERT INTO {TABLE} ({columns}) SELECT {columns.replace('stamp', 'NULL')} FROM {TABLE} WHERE id = 15")
    assert {(finding.kind, finding.first) for finding in verify().findings} == {
        ("forged", 14),
        ("copied", 17),
        ("forged", 18),
    }


def test_the_command_ends_with_1_and_names_the_rows(committed, in_univ, capsys):
    sealed(1)
    with unguarded():
        run(f"UPDATE {TABLE} SET user_label = 'x' WHERE id = 5")
    with pytest.raises(CommandError, match="not as it was written: univ") as ended:
        call_command("verify_audit", "--zone", "univ")
    assert ended.value.returncode == 1
    assert "changed 5: rows are not as they were sealed" in capsys.readouterr().out
    said = AuditEntry.objects.get(resource_id="verification").details
    assert (said["ok"], said["findings"]) == (False, 2)
