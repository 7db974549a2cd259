"""Who acted stands apart from the log: it is shown with it, shows when it is altered, and can be forgotten."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.people import as_actor
from audit import origins
from audit.context import Actor, acting
from audit.models import Action, AuditEntry, AuditOrigin
from audit.services import record
from audit.verifying import verify
from zones.context import zone_context

BOB = Actor(user_id=uuid.UUID(int=7), label="bob@example.com", ip="203.0.113.9", user_agent="Browser")


def raw() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_label, ip, user_agent, details FROM audit_auditentry ORDER BY id")
        return cursor.fetchall()


def test_the_log_itself_names_nobody(in_univ) -> None:
    with acting(BOB):
        record(Action.LOGIN, "session")
    ((label, ip, agent, _),) = raw()
    assert label.startswith("~")
    assert (ip, agent) == (None, "")
    entry = AuditEntry.objects.get()
    assert (entry.user_label, entry.ip, entry.user_agent) == ("bob@example.com", "203.0.113.9", "Browser")


def test_a_list_costs_one_question_more(in_univ, django_assert_num_queries) -> None:
    with acting(BOB):
        for number in range(20):
            record(Action.READ, "thing", number)
    with django_assert_num_queries(2):
        assert {entry.user_label for entry in AuditEntry.objects.all()} == {"bob@example.com"}


def test_a_process_writes_an_origin_once(committed, univ, django_assert_num_queries) -> None:
    with zone_context(univ), acting(BOB):
        with transaction.atomic():
            record(Action.READ, "thing", 1)
            record(Action.READ, "thing", 2)
        with django_assert_num_queries(1):
            record(Action.READ, "thing", 3)
        assert AuditOrigin.objects.count() == 1


def roll_back(*, savepoint: bool) -> None:
    """Record something in a transaction (or in one within it) that ends in an error."""
    with transaction.atomic():
        if savepoint:
            roll_back(savepoint=False)
        record(Action.READ, "thing")
        raise ZeroDivisionError


def test_an_origin_of_a_transaction_that_was_rolled_back_is_written_again(committed, univ) -> None:
    with zone_context(univ), acting(BOB):
        for savepoint in (False, True):
            with pytest.raises(ZeroDivisionError):
                roll_back(savepoint=savepoint)
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError):
                roll_back(savepoint=False)
            record(Action.READ, "thing")
        assert [entry.user_label for entry in AuditEntry.objects.all()] == ["bob@example.com"]


def test_an_altered_origin_is_refused_and_found(in_univ) -> None:
    with acting(BOB):
        record(Action.LOGIN, "session")
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        AuditOrigin.objects.update(label="eve@example.com")
    assert not [finding for finding in verify().findings if finding.kind == "origin"]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditorigin DISABLE TRIGGER audit_auditorigin_unchanged")
    AuditOrigin.objects.update(label="eve@example.com")
    assert "origin" in [finding.kind for finding in verify().findings]


def test_a_forgotten_person_is_an_id_and_the_log_stays_whole(in_univ, cast) -> None:
    with acting(BOB):
        record(Action.LOGIN, "session")
    with acting(as_actor(cast.alice)):
        record(Action.LOGIN, "session")
    before = raw()
    assert origins.forget_person(BOB.user_id) == 1
    assert raw() == before
    # Rows of a test's open transaction are never sealed: that alone is found.
    assert {finding.kind for finding in verify().findings} <= {"added"}
    bob, alice = AuditEntry.objects.order_by("id")
    assert (bob.user_id, bob.user_label, bob.ip, bob.user_agent) == (BOB.user_id, "", None, "")
    assert alice.user_label == cast.alice.email


def test_each_zone_keeps_its_own_origins(univ, college) -> None:
    with zone_context(univ), acting(BOB):
        record(Action.LOGIN, "session")
    with zone_context(college):
        assert not AuditOrigin.objects.exists()
        with acting(BOB):
            record(Action.LOGIN, "session")
        assert AuditOrigin.objects.count() == 1
