"""Rosters and children: whom a school's file brings is not open before a guardian has agreed, if under 14."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import TestCase
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import crypto, rotation
from accounts.ages import today
from accounts.interchange.oneroster import read
from accounts.interchange.people_table import read_table
from accounts.interchange.roster import UnreadableRoster, read_birth_date
from accounts.models import (
    Consent,
    GuardianConsent,
    GuardianRequest,
    OutgoingMail,
    ParentLink,
    RosterImport,
    SecurityPolicy,
    User,
)
from accounts.services import guardians, roster
from accounts.services.guardian_requests import birth_date_is_due
from accounts.services.policies import change_policy
from accounts.tasks import look_after_children
from tests.accounts.test_rosters import SOUND, USERS, packed
from tests.cast import make_person
from tests.mailbox import letters, link_in
from zones.context import confined_to, zone_context

CHILD, PARENT = "haneul@school.kr", "boram@home.kr"
SIGNED = {"name": "김보람", "relation": "mother"}
YEARS_12, YEARS_16 = (today().replace(day=1) - timedelta(days=366 * years) for years in (12, 16))


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def born(day: date | str, users: str = USERS) -> bytes:
    said = f"sourcedId,status,birthDate,sex\nu1,active,{day},female\n"
    return packed("1.2", users=users, demographics=said)


def table(*lines: str, header: str = "email,name,role,class,birth_date,guardian_email") -> bytes:
    return "\r\n".join([header, *lines]).encode()


def plan_of(cast, content: bytes) -> dict[str, str]:
    """What the plan says of each person, and then the import, done as who confirms it sees the zone."""
    with confined_to(cast.anna):
        batch = roster.preview_roster(
            person=cast.anna, file=ContentFile(content), file_name="r.zip", organization=cast.hana
        )
        said = {step.row.email: step.words for step in roster.plan(cast.anna, batch) if step.kind == "person"}
        roster.import_roster(person=cast.anna, batch=batch)
    return said


def child() -> User:
    return User.objects.get(email=CHILD)


def test_a_child_waits_for_the_guardian_whom_the_file_names(in_univ, cast):
    assert plan_of(cast, born(YEARS_12))[CHILD].endswith(
        "Under 14: the guardian is asked, and the account opens with the consent."
    )
    made = child()
    assert (made.birth_date, made.consent, made.may_enter) == (YEARS_12, Consent.AWAITED, False)
    # A child of whom nobody agreed to anything is written to by nobody; no link is proposed to them.
    assert letters(CHILD) == []
    assert not ParentLink.objects.filter(student=made).exists()
    asked = [letter for letter in letters(PARENT) if "/guardian/" in letter.body]
    parent = User.objects.get(email=PARENT)
    token = link_in(asked[0]).rpartition("/")[2]
    with zone_context(in_univ):
        guardians.give_consent(person=parent, token=token, **SIGNED)
    assert child().may_enter
    assert ParentLink.objects.get(student=made).status == ParentLink.Status.APPROVED
    assert len(letters(CHILD)) == 2  # The consent is there, and how to choose a password.
    # The same file changes nothing about what the guardian said.
    plan_of(cast, born(YEARS_12))
    assert child().consent == Consent.GIVEN
    assert not GuardianRequest.objects.exists()


def test_nobody_answers_and_what_the_file_brought_is_gone(in_univ, cast):
    plan_of(cast, born(YEARS_12))
    GuardianRequest.objects.update(created_at=GuardianRequest.objects.get().created_at - timedelta(days=6))
    look_after_children()
    assert not User.objects.filter(email=CHILD).exists()
    assert GuardianConsent.objects.get().kind == GuardianConsent.Kind.EXPIRED


def test_who_is_14_is_not_held(in_univ, cast):
    assert plan_of(cast, born(YEARS_16))[CHILD] == "student"
    assert (child().birth_date, child().consent) == (YEARS_16, "")
    assert len(letters(CHILD)) == 2  # An invitation, and a parent's request.


def test_a_file_without_a_guardian_waits_for_the_paper_and_a_later_one_names_whom_to_ask(in_univ, cast):
    line = f"kid@school.kr,Kid,student,Mathematics A,{YEARS_12}"
    assert "on paper" in plan_of(cast, table(f"{line},"))["kid@school.kr"]
    kid = User.objects.get(email="kid@school.kr")
    assert (kid.consent, GuardianRequest.objects.count()) == (Consent.AWAITED, 0)
    # The child's own address is no guardian's, and what is no address is nobody's.
    for nobody in ("kid@school.kr", "mother at home"):
        plan_of(cast, table(f"{line},{nobody}"))
    assert GuardianRequest.objects.count() == 0
    assert "is asked" in plan_of(cast, table(f"{line},Mother@home.kr"))["kid@school.kr"]
    assert GuardianRequest.objects.get().email == "mother@home.kr"
    plan_of(cast, table(f"{line},other@home.kr"))
    assert GuardianRequest.objects.get().email == "mother@home.kr"
    kid.refresh_from_db()
    guardians.record_paper(person=cast.anna, child=kid, reference="A-1", name="Mother", relation="mother")
    kid.refresh_from_db()
    assert kid.may_enter


@pytest.mark.parametrize(
    ("unknown", "enters", "is_asked"), [("ask", True, True), ("wait", False, False), ("adult", True, False)]
)
def test_the_zone_decides_about_those_of_whom_the_file_says_no_age(in_univ, cast, unknown, enters, is_asked):
    change_policy(person=cast.zoe, roster_unknown_age=unknown)
    words = plan_of(cast, SOUND)[CHILD]
    assert ("No date of birth" in words) == (unknown != "adult")
    made = child()
    assert (made.may_enter, enters and birth_date_is_due(made)) == (enters, is_asked)
    # A birthday of somebody whose age nobody knows does not come.
    look_after_children()
    assert child().may_enter == enters
    letters(CHILD)
    plan_of(cast, born(YEARS_16))
    assert child().may_enter
    assert not birth_date_is_due(child())
    # Who waited is invited now; the others were before.
    assert len([m for m in letters(CHILD) if "/password/" in m.body or "/invitation" in m.body]) == (not enters)


def test_teachers_and_those_who_registered_themselves_are_not_asked(in_univ, cast):
    plan_of(cast, SOUND)
    assert not birth_date_is_due(User.objects.get(email="ada@school.kr"))
    assert not birth_date_is_due(cast.bob)


def test_an_account_that_turns_out_to_be_a_childs_closes_until_the_guardian_agrees(in_univ, cast, api_for):
    bob = USERS.replace(CHILD, cast.bob.email)
    api = api_for(cast.bob)
    assert api.get("/api/v1/users/me").status_code == 200
    with TestCase.captureOnCommitCallbacks(execute=True), translation.override("en"):
        assert "is asked" in plan_of(cast, born(YEARS_12, bob))[cast.bob.email]
    cast.bob.refresh_from_db()
    assert (cast.bob.birth_date, cast.bob.may_enter) == (YEARS_12, False)
    assert api.get("/api/v1/users/me").status_code == 401
    assert GuardianRequest.objects.get().email == PARENT


@pytest.mark.parametrize(
    ("stored", "said", "kept", "consent"),
    [
        # Nobody grows up by a file; who said to be older than they are is protected.
        (YEARS_12, YEARS_16, YEARS_12, Consent.GIVEN),
        (YEARS_16, YEARS_12, YEARS_12, Consent.AWAITED),
        (None, YEARS_12, YEARS_12, Consent.GIVEN),
        (None, YEARS_12, None, Consent.WITHDRAWN),
    ],
)
def test_what_a_later_file_says_of_an_account(in_univ, cast, stored, said, kept, consent):
    bob = cast.bob
    bob.birth_date = stored
    bob.consent = consent if stored != YEARS_16 else ""
    bob.save()
    words = plan_of(cast, born(said, USERS.replace(CHILD, bob.email)))[bob.email]
    bob.refresh_from_db()
    assert (bob.birth_date, bob.consent) == (kept, consent)
    assert ("stays" in words) == (stored == YEARS_12)


def test_dates_and_guardians_are_not_readable_while_a_roster_waits(in_univ, cast, settings):
    content = table(f"kid@school.kr,Kid,student,,{YEARS_12},mother@home.kr")
    batch = roster.preview_roster(
        person=cast.anna, file=ContentFile(content), file_name="r.csv", organization=cast.hana
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT roster::text FROM accounts_rosterimport")
        (stored,) = cursor.fetchone()
    assert "kid@school.kr" in stored
    assert str(YEARS_12) not in stored
    assert "mother" not in stored
    settings.FIELD_KEYS = ["bmV3LWtleS1mb3ItdGVzdHMtMDEyMzQ1Njc4OWFiY2Q=", *settings.FIELD_KEYS]
    done = {progress.place: progress.done for progress in rotation.rotate()}
    assert done["univ.accounts.RosterImport.roster"] == 1
    assert rotation.remaining() == {}
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    (person,) = roster.roster_of(RosterImport.objects.get()).users
    assert (person.birth_date, person.guardian_email) == (YEARS_12, "mother@home.kr")
    roster.import_roster(person=cast.anna, batch=batch)
    batch.refresh_from_db()
    assert (batch.roster["users"], batch.roster["private"]) == ([], "")
    assert "mother" not in str(batch.report)
    assert all("mother@home.kr" not in str(row.context) for row in OutgoingMail.objects.all())
    assert crypto.key_of(User.objects.filter(email="kid@school.kr").values_list("birth_date", flat=True)[0].token)


def test_a_table_is_read_in_english_and_korean(in_univ, cast):
    korean = table(
        f"kim@school.kr,김하늘,학생,1반; 2반,{YEARS_16:%Y. %m. %d.},", "lee@school.kr,이보라,교사,1반,,",
        "no@school.kr,No,proctor,,,", "late@school.kr,Late,,,2012-13-45,", ",Nobody,,,,", "kim@school.kr,Twice,,,,",
        header="이메일,이름,역할,반,생년월일,보호자 이메일",
    )  # fmt: skip
    found = read_table("r.csv", korean)
    assert [(user.email, user.display_name, str(user.role)) for user in found.users] == [
        ("kim@school.kr", "김하늘", "student"),
        ("lee@school.kr", "이보라", "teacher"),
        ("late@school.kr", "Late", "student"),
    ]
    assert found.users[0].birth_date == YEARS_16
    assert sorted((member.class_id, member.user_id, str(member.role)) for member in found.enrollments) == [
        ("class:1반", "kim@school.kr", "student"),
        ("class:1반", "lee@school.kr", "teacher"),
        ("class:2반", "kim@school.kr", "student"),
    ]
    assert len(found.losses) == 4
    plan_of(cast, korean)
    assert set(User.objects.get(email="kim@school.kr").memberships.values_list("classroom__name", flat=True)) == {
        "1반",
        "2반",
    }


def test_dates_are_read_as_schools_write_them():
    for text in ("2012-03-05", "2012.3.5", "2012. 3. 5.", "2012/03/05", "20120305", " 2012-3-5 "):
        assert read_birth_date(text) == date(2012, 3, 5), text
    for text in ("", "05.03.2012", "2012-02-30", "1812-01-01", f"{today() + timedelta(days=1)}", "2012135", "12.3.5"):
        assert read_birth_date(text) is None, text
    roster_read = read(born("yesterday"))
    assert "demographics.csv, line 2: “yesterday” is no date of birth." in roster_read.losses
    assert roster_read.users[1].birth_date is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: b"email,name,birth_date\n" + text.encode()))
def test_no_bytes_of_a_table_end_in_another_error(content):
    with suppress(UnreadableRoster):
        read_table("r.csv", content)


def test_a_student_of_unknown_age_is_led_to_the_question_at_log_in(in_univ, cast, api_for):
    plan_of(cast, SOUND)
    pupil = make_person("Pupil", "student", cast.hana)
    line = USERS.splitlines()[0] + "\nq1,active,,true,s1,student,q1,Pu,Pil,pupil@example.com,\n"
    plan_of(cast, packed(users=line))
    said = {"email": pupil.email, "password": "Passw0rd!x"}
    answer = api_for(None, in_univ).post("/api/v1/auth/login", said)
    assert (answer.status_code, answer.json()["code"]) == (403, "birth_date_needed")
    change_policy(person=cast.zoe, roster_unknown_age=SecurityPolicy.UnknownAge.ADULT)
    assert api_for(None, in_univ).post("/api/v1/auth/login", said).status_code == 200
