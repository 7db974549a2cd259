"""The log under the login that processes have in production, which owns nothing: what it may, and what it says else."""

import logging
import time
from collections.abc import Iterator

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection

from audit import checks, keys, partitions, sealing, tasks
from audit.archiving import archive
from audit.models import AuditArchive, AuditEntry
from audit.verifying import verify
from tests.audit.logs import run, write
from tests.databases import app_login
from zones.context import zone_context
from zones.owner import NotOwner, as_owner
from zones.provisioning import create_zone


@pytest.fixture(autouse=True)
def own_heads(settings, tmp_path):
    settings.AUDIT_HEADS = tmp_path / "heads"


def _sealed(rows: int) -> int:
    """What the task has sealed; a transaction that runs elsewhere in the cluster delays it."""
    number, until = 0, time.monotonic() + 20
    while number < rows and time.monotonic() < until:
        number += tasks.seal()
        time.sleep(0.05)
    return number


@pytest.fixture
def a_month_lacks(committed, in_univ) -> Iterator[str]:
    """The month after this one has to be made; it is there again afterwards."""
    name = partitions.name_of(partitions.following(partitions.month_of(partitions.datetime.now(partitions.UTC))))
    run(f"ALTER TABLE {partitions.TABLE} DETACH PARTITION {name}")
    run(f"DROP TABLE {name}")
    yield name
    connection.set_schema("univ")
    partitions.ensure()


def test_the_worker_makes_the_month_where_it_knows_the_owner(a_month_lacks, univ):
    with app_login(owner=True), zone_context(univ):
        assert partitions.missing() == [a_month_lacks]
        with pytest.raises(ProgrammingError):
            partitions.ensure()
        tasks.make_partitions()
        assert partitions.missing() == []
        write(1)
        assert (AuditEntry.objects.count(), as_owner(partitions.misplaced)) == (1, 0)


def test_the_worker_says_in_time_what_it_may_not_make(a_month_lacks, univ, caplog):
    with app_login(owner=False), zone_context(univ):
        with caplog.at_level(logging.CRITICAL, "megacity.audit"):
            tasks.make_partitions()
        assert a_month_lacks in caplog.text
        assert "audit_partitions --make" in caplog.text
        with pytest.raises(CommandError, match="DATABASE_OWNER_URL"):
            call_command("audit_partitions", "--zone", "univ", "--make")
        found = [each for each in run_checks(databases=["default"], tags=["database"]) if each.id == "audit.W002"]
        assert [each.obj for each in found] == ["univ"]
        assert a_month_lacks in found[0].msg


def test_the_worker_is_silent_while_there_are_months(committed, univ, caplog, capsys):
    with app_login(owner=False), zone_context(univ):
        tasks.make_partitions()
        call_command("audit_partitions", "--zone", "univ")
        assert "default" in capsys.readouterr().out
        assert checks.the_log_has_months_ahead(None, databases=["default"]) == []
    assert not caplog.records


def test_sealing_and_verifying_need_no_owner(committed, univ):
    with app_login(owner=False), zone_context(univ):
        write(3)
        assert _sealed(3) == 3
        assert tasks.verify_log()
        call_command("verify_audit", "--zone", "univ")
        with pytest.raises(CommandError, match="DATABASE_OWNER_URL"):
            call_command("seal_audit", "--zone", "univ", "--restored")


def test_a_restored_log_is_sealed_by_the_owner_whoever_asks(committed, univ):
    with app_login(owner=True), zone_context(univ):
        write(3)
        call_command("seal_audit", "--zone", "univ", "--restored")
        write(2, first=3)
        assert _sealed(2) == 2
        assert verify().findings == []


def test_a_month_is_archived_by_the_owner_whoever_asks(committed, in_univ, univ, tmp_path):
    extra = partitions.ensure(ahead=partitions.MONTHS_AHEAD)
    assert extra == []
    this = partitions.month_of(partitions.datetime.now(partitions.UTC))
    with app_login(owner=False), zone_context(univ):
        write(2)
        sealing.seal_log()
        with pytest.raises(NotOwner):
            as_owner(lambda: archive(partitions.HISTORY, tmp_path))
        assert list(tmp_path.glob("*.gz")) == []
    with app_login(owner=True), zone_context(univ):
        call_command("audit_partitions", "--zone", "univ", "--archive", "history", "--to", str(tmp_path))
        assert AuditArchive.objects.get().rows == 0
        assert verify(archives=tmp_path).findings == []
    connection.set_schema("univ")
    bound = f"FOR VALUES FROM (MINVALUE) TO ('{this} 00:00+00')"
    run(f"CREATE TABLE {partitions.HISTORY} PARTITION OF {partitions.TABLE} {bound}")
    run(partitions.truncate_trigger(partitions.HISTORY))


def test_a_new_zone_has_months_and_takes_rows_of_the_processes(database):
    zone = create_zone(zone_id="fresh", brand="FreshPrepAI", domains=["fresh.example"])
    with zone_context(zone):
        assert partitions.missing(ahead=partitions.MONTHS_AHEAD) == []
        write(1)
        assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("AUDIT_MAC_KEYS", [], "audit.E001"),
        ("AUDIT_MAC_KEYS", ["c2hvcnQ="], "audit.E001"),
        ("AUDIT_SIGNING_KEY", "", "audit.W001"),
        ("AUDIT_SIGNING_KEY", "no base64!", "audit.E001"),
    ],
)
def test_keys_of_the_log_that_lack_are_named_in_production(settings, setting, value, found):
    settings.DEVELOPMENT = False
    assert checks.the_log_has_its_keys(None) == []
    setattr(settings, setting, value)
    keys.forget()
    try:
        said = checks.the_log_has_its_keys(None)
        assert [each.id for each in said] == [found]
        assert setting in said[0].msg
        assert "c2hvcnQ" not in str(said)
        settings.DEVELOPMENT = True
        assert checks.the_log_has_its_keys(None) == []
    finally:
        keys.forget()
