import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Classroom
from audit.context import Actor, acting
from audit.models import Action, AuditEntry
from audit.partitions import month_of, name_of
from audit.services import record
from zones.context import zone_context


def test_details_tell_nothing_of_a_person_whatever_the_caller_said(in_univ):
    record(Action.UPDATE, "user", details={"email": "bob@example.com", "note": "call 010-1234-5678", "n": 3})
    assert AuditEntry.objects.get().details == {"email": "b•••@example.com", "note": "call •••-5678", "n": 3}


def test_a_row_says_who_did_what_where_and_from_where(in_univ, cast):
    person = Actor(
        user_id=cast.alice.pk,
        label=cast.alice.email,
        organization_id=cast.hana.pk,
        ip="203.0.113.9",
        user_agent="Browser\x00 1.0",
    )
    with acting(person):
        record(Action.UPDATE, "exam", cast.room.pk, details={"title": ["가", "나"]})
    entry = AuditEntry.objects.get(resource_type="exam")
    assert (entry.zone_id, entry.organization_id, entry.user_id) == ("univ", cast.hana.pk, cast.alice.pk)
    assert (entry.user_label, entry.ip, entry.user_agent) == (cast.alice.email, "203.0.113.9", "Browser 1.0")
    assert (entry.resource_id, entry.details) == (str(cast.room.pk), {"title": ["가", "나"]})
    assert entry.at is not None


def test_each_zone_has_its_own_log(in_univ, college):
    record(Action.CREATE, "exam", "1")
    with zone_context(college):
        assert not AuditEntry.objects.filter(resource_type="exam").exists()
    assert AuditEntry.objects.filter(resource_type="exam").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: AuditEntry.objects.update(user_label="nobody"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: AuditEntry.objects.get().delete(),
        lambda: AuditEntry.objects.get().save(),
        lambda: connection.cursor().execute("UPDATE audit_auditentry SET action = 'read'"),
        lambda: connection.cursor().execute("DELETE FROM audit_auditentry"),
        lambda: connection.cursor().execute(
            "INSERT INTO audit_auditentry SELECT * FROM audit_auditentry"
            " ON CONFLICT (id, at) DO UPDATE SET user_label = 'nobody'"
        ),
        lambda: connection.cursor().execute("TRUNCATE audit_auditentry"),
        lambda: connection.cursor().execute("TRUNCATE audit_auditentry_history"),
        lambda: connection.cursor().execute(f"TRUNCATE {name_of(month_of(timezone.now()))}"),
        lambda: connection.cursor().execute(f"DELETE FROM {name_of(month_of(timezone.now()))}"),
    ],
)
def test_nobody_changes_or_deletes_a_row(in_univ, change):
    record(Action.LOGIN, "session")
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        change()
    assert AuditEntry.objects.get().action == Action.LOGIN


def test_a_row_goes_with_the_transaction_that_it_tells_of(in_univ, cast):
    class Broken(Exception):
        pass

    def delete_the_room() -> None:
        with transaction.atomic():
            record(Action.DELETE, "classroom", cast.room.pk)
            cast.room.delete()
            raise Broken

    with pytest.raises(Broken):
        delete_the_room()
    assert not AuditEntry.objects.filter(action=Action.DELETE).exists()


def test_what_cannot_be_recorded_does_not_happen(in_univ, cast):
    def rename_unrecorded() -> None:
        with transaction.atomic():
            Classroom.objects.filter(pk=cast.room.pk).update(name="Renamed")
            record(Action.UPDATE, "classroom", cast.room.pk, actor=Actor(ip="nowhere"))

    with pytest.raises(DatabaseError):
        rename_unrecorded()
    cast.room.refresh_from_db()
    assert cast.room.name == "Mathematics A"


def test_the_newest_rows_are_read_by_index(in_univ):
    connection.cursor().execute(
        "INSERT INTO audit_auditentry"
        " (at, zone_id, user_label, action, resource_type, resource_id, user_agent, details)"
        " SELECT now() - n * interval '1 minute', 'univ', '', 'read', 'exam', '', '', '{}'"
        " FROM generate_series(1, 20000) n"
    )
    connection.cursor().execute("ANALYZE audit_auditentry")
    assert "Index" in AuditEntry.objects.all()[:50].explain()
