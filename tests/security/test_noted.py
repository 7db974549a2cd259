"""What is refused in words on a page that goes on leaves a row in the log, as a refusal with a page of its own does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction

from accounts.permissions import Role
from audit.models import Action, AuditEntry
from exams.models import Item
from tests.security.asking import Browsers
from zones.context import get_zone, zone_context
from zones.redis import client as redis_client

Things = dict[str, Any]


def codes_of(rows: list[AuditEntry]) -> list[str]:
    return [row.details["code"] for row in rows]


# What the pages of the console never offer to Hana's administrator: (address, form).
FORGED: dict[str, tuple[str, Callable[[Things, Things], dict[str, Any]]]] = {
    "a class of another organization": (
        "accounts/classroom/add/",
        lambda own, other: {"name": "Mine", "organization": other["organization"]},
    ),
    "a person of another organization": (
        "accounts/user/add/",
        lambda own, other: {"email": "n@example.com", "role": "student", "organization": other["organization"]},
    ),
    "a role above one's own": (
        "accounts/user/add/",
        lambda own, other: {"email": "n@example.com", "role": "zone_admin", "organization": own["organization"]},
    ),
    "another organization's student": (
        "exams/accommodation/add/",
        lambda own, other: {"user": other["student_id"], "extra_time_percent": "50"},
    ),
    "questions for another organization": (
        "exams/importbatch/add/",
        lambda own, other: {
            "file": ContentFile(b"::a:: 1 {=1 ~2}", name="a.txt"),
            "language": "ko",
            "organization": other["organization"],
        },
    ),
    "the roster of another organization": (
        "accounts/rosterimport/export/",
        lambda own, other: {"organization": other["organization"]},
    ),
    "another organization's exam": (
        "exams/simulationrun/add/",
        lambda own, other: {"exam": other["exam_id"]},
    ),
    "another organization's answers": (
        "exams/calibrationrun/plan/",
        lambda own, other: {"exams": ["duri"], "model": "2pl", "anchoring": "calibrated", "min_answers": "100"},
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_choice_that_a_page_does_not_offer_is_noted(browsers: Browsers, what: str):
    things = browsers.city.things
    path, form = FORGED[what]
    body = form(things["own"], things["other"])
    response, rows = browsers.ask(Role.ORG_ADMIN, "admin", "own", "POST", path, body)
    assert response.status_code in (200, 302)
    assert codes_of(rows) == ["choice_not_offered"]
    assert rows[0].user_id == browsers.city.cast.anna.pk


def test_a_form_that_is_only_incomplete_is_none(browsers: Browsers):
    response, rows = browsers.ask(Role.ORG_ADMIN, "admin", "own", "POST", "accounts/classroom/add/", {"name": ""})
    assert (response.status_code, rows) == (200, [])


def test_an_action_on_what_one_may_only_look_at_is_noted(browsers: Browsers):
    with zone_context(browsers.city.univ):
        Item.objects.filter(code="hana-1").update(organization=None)
        shared = Item.objects.get(code="hana-1")
    body = {"action": "retire", "_selected_action": str(shared.pk), "index": "0"}
    _response, rows = browsers.ask(Role.ORG_ADMIN, "admin", "own", "POST", "exams/item/", body)
    assert codes_of(rows) == ["permission_denied"]


def test_an_action_that_is_not_offered_is_noted(browsers: Browsers):
    body = {"action": "disable", "_selected_action": browsers.city.things["own"]["user_id"], "index": "0"}
    _response, rows = browsers.ask(Role.ORG_ADMIN, "admin", "own", "POST", "accounts/user/", body)
    assert codes_of(rows) == ["permission_denied"]


# --- What a body names beside the address -----------------------------------------------------------------------------


@pytest.fixture
def undone(browsers: Browsers) -> Iterator[None]:
    redis_client().flushdb()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    connection.set_tenant(browsers.city.univ)


def refusals() -> list[AuditEntry]:
    with zone_context(get_zone("univ")):
        return list(AuditEntry.objects.filter(action=Action.PERMISSION_DENIED))


@pytest.fixture
def authors(browsers: Browsers):
    """Anna's API client in Hana, and what of hers she names together with Duri's."""
    city = browsers.city
    return city.client(Role.ORG_ADMIN, of=city.univ, at=city.univ), city.things["own"]


@pytest.mark.parametrize(("code", "noted"), [("duri-1", ["invalid_item"]), ("nobodys", [])])
def test_enemies_of_another_organization_are_noted(browsers, authors, undone, code, noted):
    api, own = authors
    assert api.patch(f"/api/v1/items/{own['item_id']}", {"enemies": [code]}).status_code == 400
    assert codes_of(refusals()) == noted


@pytest.mark.parametrize(("code", "noted"), [("duri-1", ["invalid_exam"]), ("nobodys", [])])
def test_an_exam_of_another_organizations_questions_is_noted(browsers, authors, undone, code, noted):
    api, _own = authors
    exam = {"code": "stolen", "title": "Stolen", "kind": "fixed", "form": [code], "languages": ["ko"]}
    assert api.post("/api/v1/exams", exam).status_code == 400
    assert codes_of(refusals()) == noted


@pytest.mark.parametrize(
    ("asked", "noted"),
    [
        ({"exams": ["duri"]}, ["invalid_calibration"]),
        ({"items": ["duri-1"]}, ["invalid_calibration"]),
        ({"exams": ["nobodys"]}, []),
    ],
)
def test_a_calibration_of_another_organizations_answers_is_noted(browsers, authors, undone, asked, noted):
    api, _own = authors
    assert api.post("/api/v1/calibrations", asked).status_code == 400
    assert codes_of(refusals()) == noted


def test_taking_another_organizations_student_out_of_ones_class_is_noted(browsers, authors, undone):
    api, own = authors
    stranger = browsers.city.things["other"]["user_id"]
    assert api.delete(f"/api/v1/classes/{own['classroom_id']}/members/{stranger}").status_code == 404
    assert codes_of(refusals()) == ["not_found"]


@pytest.mark.parametrize("decision", ["approve", "refuse", "confirm", "end"])
def test_answering_another_students_parent_is_noted(browsers: Browsers, decision: str):
    parent = browsers.city.things["user"]["parent_id"]
    path = f"profile/parents/{parent}"
    response, rows = browsers.ask(Role.STUDENT, "app", "own", "POST", path, {"decision": decision})
    assert (response.status_code, codes_of(rows)) == (404, ["not_found"])
