"""The control plane's console: for the platform's own administrators; zones, domains, health."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.permissions import Role
from audit.models import Action
from tests.cast import make_person
from tests.clients import ZoneClient, host
from tests.consoles import written
from zones.context import public_context, zone_context
from zones.models import Zone


@pytest.fixture
def operator(database) -> User:
    with public_context():
        return make_person("Root", Role.SUPER_ADMIN)


def control_client(person: User | None) -> ZoneClient:
    client = ZoneClient("univ", "admin")
    client.defaults["HTTP_HOST"] = "admin.localhost"
    if person:
        with public_context():
            client.force_login(person)
    return client


def test_the_control_console_is_for_the_platforms_own_administrators(cast, operator):
    assert control_client(operator).get("/").status_code == 200
    with public_context():
        clerk = make_person("Clerk", Role.ZONE_ADMIN)
    assert control_client(clerk).get("/").status_code == 302
    assert control_client(None).get("/zones/zone/").status_code == 302
    # A zone's own administrator has neither account nor session here.
    here = control_client(None)
    zoes = ZoneClient("univ", "admin")
    with zone_context(cast.zoe.home):
        zoes.force_login(cast.zoe)
    here.cookies = zoes.cookies
    assert here.get("/").status_code == 302


def test_the_control_console_has_no_page_of_a_zones_tables(operator):
    assert control_client(operator).get("/exams/item/").status_code == 404


def test_a_zone_is_suspended_and_activated_through_the_service(operator, college):
    browser = control_client(operator)
    browser.post("/zones/zone/", {"action": "suspend", "_selected_action": [str(college.pk)]})
    assert Zone.objects.get(pk=college.pk).status == Zone.Status.SUSPENDED
    assert ZoneClient("college", "www").get("/", HTTP_HOST=host("college", "www")).status_code == 503
    browser.post("/zones/zone/", {"action": "activate", "_selected_action": [str(college.pk)]})
    assert Zone.objects.get(pk=college.pk).status == Zone.Status.ACTIVE
    with public_context():
        assert [e.details["status"] for e in written("zone")] == ["active", "suspended"]


def test_the_health_of_all_zones_takes_one_query_in_each_and_few_more(operator, cast, college):
    browser = control_client(operator)
    browser.get("/city/")
    with CaptureQueriesContext(connection) as seen:
        response = browser.get("/city/")
    by_zone = {row.zone.schema_name: row for row in response.context["rows"]}
    assert by_zone["univ"].users == 7
    assert by_zone["college"].users == 1
    assert response.context["sick"] == 0
    assert len(seen) < 8 + len(by_zone)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE college.exams_exam RENAME TO lost")
        cursor.execute("DELETE FROM univ.django_migrations WHERE app = 'audit' AND name LIKE '0002%'")
    by_zone = {row.zone.schema_name: row for row in browser.get("/city/").context["rows"]}
    assert "exams_exam" in by_zone["college"].problems[0]
    assert "audit.0002_append_only" in by_zone["univ"].problems[0]


@pytest.mark.parametrize("path", ["/zones/zone/", "/zones/domain/", "/accounts/user/", "/audit/auditentry/"])
def test_the_control_consoles_lists_open(operator, path):
    assert control_client(operator).get(path).status_code == 200


def test_a_zone_is_made_from_the_console(operator):
    browser = control_client(operator)
    said = {"schema_name": "testzone", "brand": "Test Zone", "domains": "testzone.example\nwww2.testzone.example"}
    answer = browser.post("/zones/zone/add/", said)
    assert answer.status_code == 302, answer.context["errors"]
    zone = Zone.objects.get(schema_name="testzone")
    assert [d.domain for d in zone.domains.order_by("pk")] == ["testzone.example", "www2.testzone.example"]
    with public_context():
        assert [e.resource_id for e in written("zone", Action.CREATE)] == ["testzone"]
