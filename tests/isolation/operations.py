"""What a careless program might do inside a request: every query without a filter, every write without a condition.

Each operation returns what it saw, as text; `walk` looks at every marker in it.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import psycopg
from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction

from accounts.models import Classroom, Organization, User
from accounts.services.people import update_profile
from audit.models import Action, AuditEntry
from audit.services import record
from exams.models import Attempt, Exam, IdempotentCall, Item, ItemText, Response
from exams.selectors.exams import visible_exams
from tests.isolation.canaries import Actor, Planted, mark
from zones.context import UnknownZone, WrongPlace, confined_to, zone_context, zone_wide

Seen = list[Any]
Operation = Callable[[Actor, Random, list[Planted]], Seen]


def _statement(text: str, *values: Any) -> Seen:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return [str(row) for row in cursor.fetchall()] if cursor.description else []


TABLES = [
    *("accounts_user", "accounts_organization", "accounts_classroom", "exams_exam", "exams_item", "exams_itemtext"),
    *("exams_attempt", "exams_response", "exams_itempool", "exams_idempotentcall", "accounts_notice"),
    *("exams_contentarea", "accounts_classmembership", "accounts_parentlink", "audit_auditentry", "exams_itemversion"),
]


def whole_table(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    return _statement(f"SELECT to_jsonb(t)::text FROM {random.choice(TABLES)} t LIMIT 50")


def joined(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    return _statement(
        "SELECT u.display_name, e.title, r.answer FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id"
        " JOIN accounts_user u ON u.id = a.user_id JOIN exams_exam e ON e.id = a.exam_id LIMIT 50"
    )


def aggregated(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    return _statement("SELECT string_agg(display_name, ' ') FROM accounts_user")


def by_orm(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    model = random.choice([User, Organization, Classroom, Exam, Item, ItemText, Attempt, Response, IdempotentCall])
    return [str(vars(row)) for row in model._default_manager.all()[:50]]


def by_server_side_cursor(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    with transaction.atomic():
        return [user.display_name for user in User.objects.all().iterator(chunk_size=2)]


def by_foreign_id(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    """Somebody's id from anywhere, as an attacker would type it in."""
    other = random.choice(random.choice(list(random.choice(zones).users.values())))
    return [user.display_name for user in User.objects.filter(pk=other.pk)]


def by_other_schema(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    schema = random.choice([*(planted.zone.schema_name for planted in zones), "public"])
    with transaction.atomic():
        return _statement(f"SELECT display_name FROM {schema}.accounts_user LIMIT 5")


def by_prepared_statement(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    """One statement that the server keeps for the whole connection, whatever zone and role it then stands in."""
    with connection.cursor():
        # Opening one points the connection at the zone.
        pass
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection).execute("SELECT display_name FROM accounts_user", prepare=True)
    return [str(row) for row in cursor.fetchall()]


def by_selector(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    return [exam.title for exam in visible_exams(actor.person)]


def written_everywhere(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    """An UPDATE whose WHERE was forgotten: it reaches no more than its author sees."""
    with transaction.atomic():
        return _statement("UPDATE accounts_user SET language = 'en' WHERE language <> 'xx' RETURNING display_name")


def written_by_service(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    if actor.person.pk is None:
        return []
    user = User.objects.get(pk=actor.person.pk)
    update_profile(user=user, language=random.choice(["ko", "en"]))
    return [user.display_name]


def written_into_own(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    said = mark(actor.zone.schema_name, actor.own)
    if actor.person.pk is None:
        return []
    with transaction.atomic():
        call = IdempotentCall.objects.create(
            user_id=actor.person.pk,
            operation="canary",
            client_key=uuid.uuid4(),
            body_hash=said,
            reply={"mark": said},
        )
        seen = [str(IdempotentCall.objects.get(pk=call.pk).reply)]
        call.delete()
    return seen


def written_into_another(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    """A row for somebody else, of whatever zone and organization: refused, or of one's own organization."""
    other = random.choice(random.choice(list(random.choice(zones).users.values())))
    with transaction.atomic():
        Classroom.objects.create(organization_id=other.organization_id, name=f"{uuid.uuid4()}")
        transaction.set_rollback(True)
        same = other.organization_id == actor.person.organization_id
        return [] if same or actor.person.is_zone_wide else ["wrote into another organization"]


def logged(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    record(Action.READ, "canary", details={"mark": mark(actor.zone.schema_name, actor.own)})
    with suppress(DatabaseError), transaction.atomic():
        return [str(entry.details) for entry in AuditEntry.objects.order_by("-id")[:20]]
    return []


def failed_in_the_middle(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    elsewhere = random.choice(zones)
    person = random.choice(elsewhere.actors).person
    with suppress(ZeroDivisionError), transaction.atomic(), zone_context(elsewhere.zone), confined_to(person):
        User.objects.first()
        raise ZeroDivisionError
    return by_orm(actor, random, zones)


def broken_transaction(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    with suppress(DatabaseError), transaction.atomic(), zone_wide():
        _statement("SELECT 1/0")
    return whole_table(actor, random, zones)


def rolled_back_to_savepoint(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    with transaction.atomic():
        User.objects.first()
        point = transaction.savepoint()
        with confined_to(random.choice(random.choice(zones).actors).person):
            User.objects.first()
        with zone_wide():
            User.objects.count()
        transaction.savepoint_rollback(point)
        return by_orm(actor, random, zones)


def elsewhere_and_back(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    planted = random.choice(zones)
    with zone_context(planted.zone):
        there = [user.display_name for user in User.objects.all()[:3]]
    if not all(planted.zone.schema_name in name for name in there):
        return [f"in {planted.zone.schema_name} were {there}"]
    return by_orm(actor, random, zones)


def killed(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    """The server ends the connection; the next statement is on another one."""
    with suppress(DatabaseError), transaction.atomic():
        _statement("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    return by_orm(actor, random, zones)


def reconnected(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    connection.close()
    return whole_table(actor, random, zones)


def cached(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    """The same key in every zone."""
    found = cache.get("isolation")
    cache.set("isolation", mark(actor.zone.schema_name, "all"), 60)
    return [found or ""]


def filed(actor: Actor, random: Random, zones: list[Planted]) -> Seen:
    """The same name in every zone."""
    if not default_storage.exists("isolation.txt"):
        default_storage.save("isolation.txt", ContentFile(mark(actor.zone.schema_name, "all").encode()))
    with default_storage.open("isolation.txt") as file:
        return [file.read().decode()]


OPERATIONS: dict[Operation, int] = {
    whole_table: 20,
    by_orm: 20,
    joined: 8,
    aggregated: 8,
    by_foreign_id: 8,
    by_other_schema: 6,
    by_prepared_statement: 8,
    by_selector: 6,
    by_server_side_cursor: 4,
    written_everywhere: 3,
    written_by_service: 2,
    written_into_own: 4,
    written_into_another: 4,
    logged: 3,
    failed_in_the_middle: 4,
    broken_transaction: 4,
    rolled_back_to_savepoint: 4,
    elsewhere_and_back: 3,
    cached: 3,
    filed: 1,
    reconnected: 0.3,
    killed: 0.1,
}
# What PostgreSQL refuses, and so was not seen.
REFUSED = (DatabaseError, ObjectDoesNotExist, UnknownZone, WrongPlace)
