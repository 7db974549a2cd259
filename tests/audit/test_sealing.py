"""Seals over whole transactions, while others write; and what verification says of an untouched log."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit import heads, sealing
from audit.models import AuditEntry, AuditSeal
from audit.verifying import verify
from tests.audit.logs import run, sealed, write
from tests.threads import together
from zones.context import zone_context


@pytest.fixture(autouse=True)
def own_heads(settings, tmp_path):
    settings.AUDIT_HEADS = tmp_path / "heads"


def test_an_untouched_log_is_as_it_was_written(committed, in_univ):
    sealed()
    write(3)
    report = verify()
    assert report.findings == []
    assert (report.rows, report.seals, report.unsealed, report.heads) == (51, 4, 3, 4)
    assert sealing.unsealed()[0] == 3


def test_nothing_new_is_no_seal(committed, in_univ):
    sealed(1)
    assert sealing.seal_log() == []
    assert AuditSeal.objects.count() == 1


def test_a_backlog_takes_several_seals_and_a_transaction_is_never_divided(committed, in_univ):
    write(5)
    with transaction.atomic():
        write(7, first=5)
    write(2, first=12)
    assert [seal.rows for seal in sealing.seal_log(rows_a_seal=3)] == [3, 2, 7, 2]
    assert verify().is_clean


def test_a_transaction_that_ends_late_is_sealed_later_though_its_ids_are_small(committed, in_univ):
    written, go_on = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            write(2)
            written.set()
            go_on.wait(30)

    def others() -> tuple:
        written.wait(30)
        write(3, first=2)
        first = [seal.rows for seal in sealing.seal_log()]
        during = verify()
        go_on.set()
        return first, during

    _, (first, during) = together(in_univ, late, others)
    # What began after the open transaction waits for it, and verification finds nothing wrong meanwhile.
    assert (first, during.findings, during.unsealed) == ([], [], 3)
    assert [seal.rows for seal in sealing.seal_log()] == [5]
    assert verify().is_clean


def test_a_rollback_leaves_a_gap_and_no_finding(committed, in_univ):
    write(2)
    with transaction.atomic():
        write(3)
        transaction.set_rollback(True)
    write(2, first=2)
    (seal,) = sealing.seal_log()
    assert (seal.rows, len(seal.ids)) == (4, 4)
    assert verify().is_clean


def test_writers_sealers_and_verification_run_side_by_side(committed, in_univ):
    def writer() -> None:
        for number in range(30):
            with transaction.atomic():
                write(2, first=number)
                transaction.set_rollback(number % 5 == 4)

    def sealer() -> int:
        return sum(seal.rows for _ in range(10) for seal in sealing.seal_log(rows_a_seal=10))

    def verifier() -> list:
        return [finding for _ in range(5) for finding in verify().findings]

    results = together(in_univ, writer, writer, sealer, sealer, verifier)
    assert not [result for result in results if isinstance(result, Exception)]
    assert results[-1] == []
    sealing.seal_log()
    report = verify()
    assert (report.findings, report.rows, report.unsealed) == ([], 96, 0)


def test_without_the_lock_the_second_of_two_sealers_is_refused_by_the_number(committed, in_univ, monkeypatch):
    write(4)
    monkeypatch.setattr(sealing, "_is_alone", lambda: True)
    results = together(in_univ, sealing.seal_log, sealing.seal_log)
    failed = [result for result in results if isinstance(result, IntegrityError)]
    assert AuditSeal.objects.count() == 1
    assert len(failed) <= 1
    assert verify().is_clean


def test_each_zone_is_sealed_on_its_own(committed, univ, college):
    for zone in (univ, college):
        with zone_context(zone):
            sealed(1, rows=3)
    with zone_context(college):
        assert AuditSeal.objects.get().rows == 3
        assert verify().is_clean
    assert heads.last("univ").hash != heads.last("college").hash


def test_the_sealer_stops_when_seals_were_cut(committed, in_univ):
    sealed(2)
    with transaction.atomic():
        run("ALTER TABLE audit_auditseal DISABLE TRIGGER USER")
        run("DELETE FROM audit_auditseal WHERE number = 2")
        run("ALTER TABLE audit_auditseal ENABLE TRIGGER USER")
    with pytest.raises(sealing.LogCut, match="ends at seal 1, but seal 2 was made"):
        sealing.seal_log()


def test_a_restored_database_goes_on_where_it_was(committed, in_univ):
    sealed(2, rows=3)
    # What a dump leaves: numbers of transactions that this cluster has not come to yet.
    ahead = AuditSeal.objects.get(number=2).until + 1_000_000
    with transaction.atomic():
        run("ALTER TABLE audit_auditseal DISABLE TRIGGER USER")
        seal = AuditSeal.objects.get(number=2)
        run("DELETE FROM audit_auditseal WHERE number = 2")
        heads.path_of("univ").unlink()
        seal.until = ahead
        seal.hash = sealing.hash_of(seal, "univ")
        seal.key_id, seal.signature = heads.sign_head("univ", 2, seal.hash)
        seal.save(force_insert=True)
        run("ALTER TABLE audit_auditseal ENABLE TRIGGER USER")
    write(2)
    with pytest.raises(sealing.LogCut, match="--restored"):
        sealing.seal_log()
    assert sealing.reseal_restored().rows == 2
    write(4)
    assert [seal.rows for seal in sealing.seal_log()] == [4]
    report = verify()
    assert (report.findings, report.seals, report.unsealed) == ([], 4, 0)


def test_old_keys_verify_and_unknown_ones_do_not(committed, in_univ, settings):
    sealed(1)
    settings.AUDIT_PUBLIC_KEYS = [_public()]
    settings.AUDIT_SIGNING_KEY = "bmV3IHNpZ25pbmcga2V5IG9mIHRoZSBsb2cgMDAwMDE="
    settings.AUDIT_MAC_KEYS = ["bmV3IHN0YW1waW5nIGtleSBvZiB0aGUgbG9nIDAwMDE=", *settings.AUDIT_MAC_KEYS]
    write(2, first=20)
    sealing.seal_log()
    assert verify().is_clean
    settings.AUDIT_PUBLIC_KEYS = []
    settings.AUDIT_MAC_KEYS = settings.AUDIT_MAC_KEYS[:1]
    kinds = {(finding.kind, finding.first, finding.last) for finding in verify().findings}
    assert {("seal", 1, 1), ("forged", 1, 12)} <= kinds


def _public() -> str:
    from audit.keys import encode, signing_key

    return encode(signing_key().public_key().public_bytes_raw())


def test_rows_from_before_there_were_stamps_are_allowed_in_the_first_seal_alone(committed, in_univ):
    insert = (
        "INSERT INTO audit_auditentry"
        " (at, zone_id, user_label, action, resource_type, resource_id, user_agent, details)"
        " VALUES (now(), 'univ', '', 'read', 'exam', '', '', '{}')"
    )
    run(insert)
    write(2)
    sealing.seal_log()
    report = verify()
    assert (report.findings, report.unstamped) == ([], 1)
    run(insert)
    assert [(finding.kind, finding.first) for finding in verify().findings] == [("forged", 4)]
    sealing.seal_log()
    assert [(finding.kind, finding.first) for finding in verify().findings] == [("forged", 4)]


def test_a_seal_is_asked_for_in_few_queries(committed, in_univ, django_assert_max_num_queries):
    sealed(1)
    assert timezone.now() - AuditSeal.objects.get().made_at < timezone.timedelta(minutes=1)
    with django_assert_max_num_queries(10):
        sealing.seal_log()
    assert AuditEntry.objects.count() == 12
    assert connection.schema_name == "univ"
