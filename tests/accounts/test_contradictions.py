"""Two values that cannot both hold are refused in words that name them (docs/rules.md)."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import translation

from accounts.interchange.roster import Roster, RosterUser
from accounts.models import ApiClientKey, ClassMembership, Classroom, Organization, SecurityPolicy, User
from accounts.people import Operator
from accounts.services import api_clients, classes, contact, guardian_requests, guardians, people
from accounts.services.policies import change_policy
from accounts.services.roster_ages import Ages
from audit.models import Action, AuditEntry
from tests.accounts.test_personal_numbers import RESIDENT
from tests.cast import PASSWORD, make_person
from tests.mailbox import letters
from zones.problems import Invalid, NotFound, PermissionRefused

BORN = date(1990, 1, 1)  # as RESIDENT says


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"session_idle_minutes": 61, "session_hours": 1}, "61 minutes without a click are more than the 1 hours"),
        ({"session_hours": 3}, "240 minutes"),
        ({"console_idle_minutes": 121, "console_hours": 2}, "121 minutes"),
    ],
)
def test_a_log_in_cannot_stay_longer_unused_than_it_lasts(in_univ, cast, client_for, said, words):
    with pytest.raises(Invalid) as refused:
        change_policy(person=cast.zoe, **said)
    ((field, messages),) = refused.value.extra["errors"].items()
    assert field in ("session_idle_minutes", "console_idle_minutes")
    assert words in messages[0]
    assert SecurityPolicy.objects.first() is None
    form = {name: getattr(SecurityPolicy(), name) for name in ("password_days", "session_idle_minutes")}
    form |= {"session_hours": 168, "console_idle_minutes": 30, "console_hours": 12, "audit_months": 36}
    form |= {"roster_unknown_age": "ask"}
    page = client_for(cast.zoe, surface="admin")
    page.cookies["django_language"] = "en"
    shown = page.post("/accounts/securitypolicy/1/change/", form | said)
    assert shown.status_code == 200
    assert field in shown.context["adminform"].form.errors
    change_policy(person=cast.zoe, session_idle_minutes=60, session_hours=1)


def test_an_old_key_does_not_outlive_the_new_one(in_univ, cast):
    client, _first = api_clients.create_client(person=Operator(), name="Records", permissions=["exam:read"])
    with pytest.raises(Invalid, match="7 days, the new one for 3"):
        api_clients.rotate_key(person=Operator(), client=client, lifetime=timedelta(days=3))
    assert ApiClientKey.objects.count() == 1
    call_command("api_client", "rotate", "--zone", "univ", "Records", "--days", "3", "--overlap-days", "3")
    assert ApiClientKey.objects.count() == 2


def test_an_administrator_of_an_organization_has_one(in_univ, cast, api_for):
    said = {"email": "new@example.com", "display_name": "New", "role": "org_admin"}
    refused = api_for(cast.zoe).post("/api/v1/users", said)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["organization"])
    with pytest.raises(Invalid):
        people.update_user(person=cast.zoe, user=cast.paula, role="org_admin")
    people.update_user(person=cast.zoe, user=cast.paula, role="org_admin", organization=cast.hana)
    assert User.objects.filter(role="org_admin").count() == 2


def test_staff_of_an_organization_keep_to_its_people_whatever_calls_the_service(in_univ, cast):
    new = {"display_name": "New", "email": "new@example.com", "password": None, "role": "student"}
    calls = [
        *(lambda o=o: people.create_user(person=cast.anna, organization=o, **new) for o in (cast.duri, None)),
        lambda: people.update_user(person=cast.anna, user=cast.otto, display_name="Mine"),
        lambda: people.update_user(person=cast.anna, user=cast.bob, organization=cast.duri),
        lambda: people.set_active(person=cast.anna, user=cast.paula, active=False),
    ]
    for call in calls:
        with pytest.raises(PermissionRefused) as refused:
            call()
        assert refused.value.code == "other_organization"
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_class_takes_nobody_of_another_organization_whatever_calls_the_service(in_univ, cast):
    for person in (cast.anna, make_person("Sue", "super_admin")):
        with pytest.raises(NotFound):
            classes.add_member(person=person, classroom=cast.room, user=cast.otto)
    assert not ClassMembership.objects.filter(user=cast.otto).exists()


def test_paper_is_recorded_of_own_students_alone_whatever_calls_the_service(in_univ, cast):
    User.objects.filter(pk=cast.otto.pk).update(consent="awaited")
    said = {"child": cast.otto, "reference": "2026/1", "name": "Otto's mother", "relation": "mother"}
    with pytest.raises(NotFound):
        guardians.record_paper(person=cast.anna, **said)
    assert User.objects.get(pk=cast.otto.pk).consent == "awaited"
    guardians.record_paper(person=cast.zoe, **said)


def test_nobody_gives_a_client_what_they_have_not(in_univ, cast):
    said = {"name": "Records", "permissions": ["class:create"], "organization": cast.hana}
    with pytest.raises(Invalid) as refused:
        api_clients.create_client(person=cast.zoe, **said)
    assert list(refused.value.extra["errors"]) == ["permissions"]
    assert "class:create" in refused.value.extra["errors"]["permissions"][0]
    api_clients.create_client(person=make_person("Sue", "super_admin"), **said)


def test_nobody_registers_as_staff_whatever_calls_the_service(in_univ, cast):
    for role in ("teacher", "org_admin", "guest"):
        with pytest.raises(Invalid) as refused:
            people.register(display_name="Mal", email="mal@example.com", password="Spr1ng!time", role=role)
        assert list(refused.value.extra["errors"]) == ["role"]


def test_nobody_joins_an_organization_that_is_suspended(in_univ, cast, api_for):
    Organization.objects.filter(pk=cast.duri.pk).update(status="suspended")
    said = {"display_name": "Dora", "email": "dora@example.com", "password": "Spr1ng!time", "role": "parent"}
    door = api_for(None, zone=in_univ)
    refused = door.post("/api/v1/auth/register", {**said, "organization_code": "duri"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["organization_code"])
    assert door.post("/api/v1/auth/register", {**said, "organization_code": "hana"}).status_code == 202


def test_a_new_address_is_another_one(in_univ, cast, api_for):
    said = {"email": "BOB@example.com", "password": PASSWORD}
    refused = api_for(cast.bob).post("/api/v1/users/me/email", said)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["email"])
    assert letters("bob@example.com") == []


def test_whoever_belongs_to_an_organization_moves_to_another_and_not_to_none(in_univ, cast, client_for):
    console, page = client_for(cast.zoe, surface="admin"), f"/accounts/user/{cast.otto.pk}/change/"
    form = {"display_name": "Otto", "role": "student"}
    assert console.post(page, {**form, "organization": ""}).status_code == 200
    assert User.objects.get(pk=cast.otto.pk).organization == cast.duri
    assert console.post(page, {**form, "organization": cast.hana.pk}).status_code == 302
    assert User.objects.get(pk=cast.otto.pk).organization == cast.hana


@pytest.mark.parametrize("change", ["role", "organization"])
def test_whoever_moves_leaves_the_classes_that_fit_no_more(in_univ, cast, change):
    other = Classroom.objects.create(organization=cast.duri, name="Otto's")
    stays = ClassMembership.objects.create(classroom=other, user=cast.otto, kind="student")
    people.update_user(person=cast.zoe, user=cast.bob, display_name="Bobby")
    assert ClassMembership.objects.filter(user=cast.bob).exists()
    wanted = {"role": "teacher"} if change == "role" else {"organization": cast.duri}
    people.update_user(person=cast.zoe, user=cast.bob, **wanted)
    assert set(ClassMembership.objects.values_list("user", flat=True)) == {cast.alice.pk, cast.otto.pk}
    assert ClassMembership.objects.filter(pk=stays.pk).exists()
    entry = AuditEntry.objects.get(action=Action.DELETE, resource_type="class_member")
    assert (entry.resource_id, entry.details["user"]) == (str(cast.room.pk), str(cast.bob.pk))


def test_a_resident_number_and_a_date_of_birth_agree(in_univ, cast, settings):
    settings.RESIDENT_NUMBER_ZONES = frozenset({"univ"})
    cast.bob.birth_date = date(1990, 1, 2)
    cast.bob.save()
    with pytest.raises(Invalid) as refused:
        contact.set_resident_number(person=cast.zoe, user=cast.bob, number=RESIDENT)
    assert list(refused.value.extra["errors"]) == ["resident_number"]
    assert RESIDENT not in str(refused.value.extra)
    assert User.objects.get(pk=cast.bob.pk).resident_number == ""
    cast.bob.birth_date = BORN
    cast.bob.save()
    contact.set_resident_number(person=cast.zoe, user=cast.bob, number=RESIDENT)
    # The other way round: the number is there first, and a person or a file says a date.
    contact.set_resident_number(person=cast.zoe, user=cast.otto, number=RESIDENT)
    with pytest.raises(Invalid) as refused:
        guardian_requests.state_birth_date(user=cast.otto, birth_date=date(2001, 5, 5))
    assert list(refused.value.extra["errors"]) == ["birth_date"]
    row = RosterUser("o", "Otto", "", cast.otto.email, "student", birth_date=date(2001, 5, 5))
    age = Ages(Roster("1.1", (row,)), "ask", []).of(row, cast.otto)
    assert (age.born, age.words) == (None, "The resident number has another date of birth; the file's is passed over.")
    guardian_requests.state_birth_date(user=cast.otto, birth_date=BORN)
    assert User.objects.get(pk=cast.otto.pk).birth_date == BORN


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("/api/v1/admin/audit-logs", "since=2026-02-02T00:00:00Z", "until=2026-02-01T00:00:00Z"),
        ("/api/v1/attempts", "since=2026-02-02T00:00:00Z", "until=2026-02-01T00:00:00Z"),
        ("/api/v1/items", "difficulty_min=1", "difficulty_max=0.5"),
    ],
)
def test_a_range_ends_behind_its_beginning(in_univ, cast, api_for, path, least, most):
    zoe = api_for(cast.zoe)
    refused = zoe.get(f"{path}?{least}&{most}", headers={"accept-language": "en"})
    assert refused.status_code == 400
    ((field, (words,)),) = refused.json()["errors"].items()
    assert field == most.partition("=")[0]
    assert "lies beyond" in words
    assert zoe.get(f"{path}?{least}").status_code == 200
    assert zoe.get(f"{path}?{most}").status_code == 200
