from io import StringIO

import psutil
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DataError, connection

from audit.context import Actor, acting
from audit.models import Action, AuditEntry
from megacity.city import create_zone
from tests.clients import host
from zones import hosts
from zones.context import zone_context
from zones.models import Domain, Zone
from zones.provisioning import TEMPLATE, schema_exists


def zone(*arguments: str) -> str:
    out = StringIO()
    call_command("zone", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def tables(schema: str) -> set[str]:
    with connection.cursor() as cursor:
        # The template's log is not divided into months.
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'p')"
            " AND NOT relispartition",
            [schema],
        )
        return {row[0] for row in cursor.fetchall()}


def test_it_creates_a_zone_that_answers_at_once(database):
    said = zone("create", "nova", "novaprep.example", "--brand", "NovaPrep")
    assert "nova" in said
    assert hosts.resolve("app.novaprep.example").zone.brand == "NovaPrep"
    assert tables("nova") == tables(TEMPLATE) != set()
    assert "sound" in zone("check", "nova")
    entry = AuditEntry.objects.get(resource_type="zone", resource_id="nova")
    assert (entry.action, entry.zone_id) == (Action.CREATE, "public")


def test_a_new_zone_is_empty_and_its_log_append_only(database):
    made = create_zone(zone_id="nova", brand="Nova", domains=["nova.example"])
    with zone_context(made), connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM accounts_user), (SELECT count(*) FROM exams_item)")
        assert cursor.fetchone() == (0, 0)
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_append_only'")
        assert "audit_auditentry" in {row[0].removeprefix("nova.") for row in cursor.fetchall()}


def test_creation_takes_less_than_two_seconds_of_database_work(database):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0])
    before = sum(server.cpu_times()[:2])
    create_zone(zone_id="nova", brand="Nova", domains=["nova.example"])
    assert sum(server.cpu_times()[:2]) - before < 2.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["univ", "new.example"], "exists already"),
        (["nova", "univprepai.com"], "another zone"),
        (["Nova!", "new.example"], "a–z"),
        (["public", "new.example"], "reserved"),
        (["pg_nova", "new.example"], "reserved"),
    ],
)
def test_it_refuses_what_cannot_be_a_zone(database, arguments, words):
    with pytest.raises(CommandError, match=words):
        zone("create", *arguments)
    assert not schema_exists("nova")


def test_a_creation_that_fails_at_its_last_step_leaves_nothing(committed):
    # The audit row is written last; this actor's address is none.
    with acting(Actor(ip="nowhere")), pytest.raises(DataError):
        create_zone(zone_id="nova", brand="Nova", domains=["nova.example"])
    assert not schema_exists("nova")
    assert not Zone.objects.filter(schema_name="nova").exists()
    assert not Domain.objects.filter(domain="nova.example").exists()
    assert hosts.resolve("app.nova.example") is None


def test_suspend_and_activate(univ):
    zone("suspend", "univ")
    assert not hosts.resolve(host("univ")).zone.is_active
    zone("activate", "univ")
    assert hosts.resolve(host("univ")).zone.is_active
    changes = AuditEntry.objects.filter(resource_type="zone", resource_id="univ", action=Action.UPDATE)
    assert [entry.details["status"] for entry in changes.order_by("id")] == [
        "suspended",
        "active",
    ]


def test_an_unknown_zone_is_named(database):
    with pytest.raises(CommandError, match="atlantis"):
        zone("suspend", "atlantis")


def test_check_finds_a_dropped_table(univ):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE univ.exams_response CASCADE")
    out = StringIO()
    with pytest.raises(CommandError, match="problem"):
        call_command("zone", "check", stdout=out, stderr=out)
    # With it went the policies of what belongs to it.
    said = out.getvalue().splitlines()
    assert said[0] == "univ: lacks table exams_response"
    assert {line.split()[2] for line in said[1:]} == {"exams_grade"}


def test_list_shows_every_zone_with_its_domains(database):
    lines = zone("list").splitlines()
    assert len(lines) == 8
    kzone = next(line for line in lines if line.startswith("kzone"))
    assert "my-ktube.com" in kzone
    assert "my-ktube.ai" in kzone
