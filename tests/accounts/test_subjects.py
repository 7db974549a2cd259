"""A person who has done everything: given out to them, erased from every store, and looked for in vain."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import TestCase

from accounts import tokens
from accounts.models import Notice, ParentLink, RosterId, RosterImport, User
from accounts.people import Operator, as_actor
from accounts.services import contact, erasing, exporting
from accounts.services.notices import notify
from accounts.subjects.scanning import scan
from accounts.subjects.subject import Subject, subject_of
from audit.context import acting
from audit.models import Action, AuditEntry
from audit.services import record
from exams.models import Attempt, Grade, Response
from exams.services.grading import grade
from tests.cast import Cast, make_person
from tests.exams.kinds import KINDS
from tests.exams.sitting import make_form, take
from zones.context import zone_context
from zones.problems import Conflict, PermissionRefused
from zones.redis import client as redis_client

NAME, PHONE, RESIDENT = "Zebulon Quill", "+821055501234", "9001011234568"
EMAIL = "zebulon.quill@example.com"
REASON = "Asked for by the person"


@dataclass
class Life:
    user: User
    twin: User
    file: Path
    mail: Path
    subject: Subject


@pytest.fixture
def life(in_univ, college, cast: Cast, settings, tmp_path, client_for) -> Iterator[Life]:
    settings.MEDIA_ROOT, settings.MAIL_FOLDER = tmp_path / "media", tmp_path / "mail"
    settings.ERASURE_LIST = str(tmp_path / "erasures.jsonl")
    settings.RESIDENT_NUMBER_ZONES = frozenset({"univ"})
    user = make_person(NAME, "student", cast.hana)
    user.home = in_univ
    with zone_context(college):
        twin = make_person(NAME, phone=PHONE)
    contact.set_own_phone(user=user, phone=PHONE)
    with acting(as_actor(cast.zoe)):
        contact.set_resident_number(person=cast.zoe, user=user, number=RESIDENT)
    exam = make_form(cast.zoe, {kind: KINDS[kind] for kind in ("single", "text", "cloze", "essay")})
    with acting(as_actor(user)):
        attempt = take(user, exam)
    grade(person=cast.alice, response_id=attempt.responses.get(position=4).pk, points=[2, 1], comment=f"Well, {NAME}!")
    ParentLink.objects.create(parent=cast.paula, student=user, status="approved")
    notify(user=cast.paula, kind="parent_approved", context={"student": NAME, "student_name": NAME, "name": NAME})
    RosterId.objects.create(organization=cast.hana, sourced_id="ROSTER-99817", user=user)
    line = {"users": [{"name": NAME, "email": EMAIL}, {"name": "Bob", "email": "bob@example.com"}]}
    RosterImport.objects.create(organization=cast.hana, file_name="r.csv", status="imported", roster=line, report=[])
    browser = client_for(user)
    browser.get("/dashboard")
    tokens.issue(user)
    redis_client().set(f"univ:login:127.0.0.1:{EMAIL}", 1)
    redis_client().lpush("celery", json.dumps({"body": "W10=", "headers": {"argsrepr": f"('{user.pk}',)"}}))
    file = settings.MEDIA_ROOT / "univ" / "users" / str(user.pk) / "profile.jpg"
    mail = settings.MAIL_FOLDER / "1.eml"
    for path, text in ((file, "a picture"), (mail, f"To: {EMAIL}\n")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (mail.parent / "2.eml").write_text("To: bob@example.com\n")
    with acting(as_actor(user)):
        record(Action.READ, "report", uuid.uuid4(), details={"asked": f"{NAME} <{EMAIL}>"[-40:]})
    # As commands and tasks run: with the rights of the zone's own role, not with those of the tables' owner.
    with zone_context(in_univ):
        yield Life(user, twin, file, mail, subject_of(user))


def places(traces) -> set[str]:
    return {trace.place for trace in traces}


def test_the_scan_finds_a_person_in_every_store(life: Life) -> None:
    found = places(scan(life.subject))
    assert {"Redis", "files", "sessions"} <= found
    assert {
        "univ.accounts_user.email",
        "univ.accounts_user.display_name",
        "univ.accounts_rosterid.sourced_id",
        "univ.accounts_rosterimport.roster",
        "univ.accounts_notice.context",
        "univ.exams_grade.comment",
        "univ.audit_auditorigin.label",
    } <= found


def test_afterwards_no_store_knows_the_person(life: Life, cast: Cast) -> None:
    made = erasing.erase_person(person=Operator(), user=life.user, reason=REASON)
    assert [str(trace) for trace in made.traces] == []
    assert made.problems == []
    assert places(scan(life.subject)) == set()
    assert not life.file.exists()
    assert not life.mail.exists()
    assert (life.mail.parent / "2.eml").exists()


def test_measurement_and_other_people_stay(life: Life, cast: Cast, college) -> None:
    attempt = Attempt.objects.get(user=life.user)
    scored = Response.objects.values_list("position", "option", "score", "is_correct", "theta").order_by("pk")
    before = list(scored)
    erasing.erase_person(person=Operator(), user=life.user, reason=REASON)
    assert list(scored.all()) == before
    after = Attempt.objects.get(user=life.user)
    assert (after.pk, after.theta, after.report) == (attempt.pk, attempt.theta, attempt.report)
    answers = Response.objects.order_by("position").values_list("answer", flat=True)
    assert list(answers) == [None, {"text": ""}, {"gaps": {}}, {"text": ""}]
    assert Grade.objects.get().comment == ""
    assert Grade.objects.get().grader_name == "Alice"
    assert RosterImport.objects.get().roster["users"][1] == {"name": "Bob", "email": "bob@example.com"}
    assert Notice.objects.filter(user=cast.paula).exists()
    assert User.objects.get(pk=cast.bob.pk).email == "bob@example.com"
    with zone_context(college):
        twin = User.objects.get(pk=life.twin.pk)
        assert (twin.email, twin.display_name, twin.phone, twin.is_active) == (EMAIL, NAME, PHONE, True)


def test_the_account_opens_nothing_and_the_log_tells_of_the_erasure(life: Life, client_for, api_for) -> None:
    browser, api = client_for(life.user), api_for(life.user)
    assert api.get("/api/v1/users/me").status_code == 200
    with TestCase.captureOnCommitCallbacks(execute=True):
        erasing.erase_person(person=Operator(), user=life.user, reason=REASON)
    assert api.get("/api/v1/users/me").status_code == 401
    assert browser.get("/dashboard").status_code == 302
    entry = AuditEntry.objects.filter(resource_id=str(life.user.pk), action=Action.DELETE).get()
    assert entry.details == {"erasure": "done", "reason": REASON}
    mine = AuditEntry.objects.filter(user_id=life.user.pk)
    assert mine.count() > 4
    assert {(row.user_label, row.ip, row.user_agent) for row in mine} == {("", None, "")}


def test_pages_and_reports_about_an_erased_person_still_open(life: Life, cast: Cast, client_for) -> None:
    attempt = Attempt.objects.get(user=life.user)
    erasing.erase_person(person=Operator(), user=life.user, reason=REASON)
    console = client_for(cast.zoe, "admin")
    for path in (f"/accounts/user/{life.user.pk}/change/", "/accounts/user/", f"/exams/attempt/{attempt.pk}/change/"):
        page = console.get(path)
        assert page.status_code == 200, path
        assert EMAIL not in page.text


def test_it_takes_a_reason_a_right_and_happens_once(life: Life, cast: Cast) -> None:
    for other in (cast.anna, cast.alice, life.user):
        with pytest.raises(PermissionRefused):
            erasing.erase_person(person=other, user=life.user, reason=REASON)
    erasing.erase_person(person=cast.zoe, user=life.user, reason=REASON)
    with pytest.raises(Conflict):
        erasing.erase_person(person=cast.zoe, user=User.objects.get(pk=life.user.pk), reason=REASON)


def test_the_command_takes_two_steps(life: Life) -> None:
    said = io.StringIO()
    call_command("erase_person", EMAIL, zone="univ", reason=REASON, dry_run=True, stdout=said)
    call_command("erase_person", EMAIL, zone="univ", reason=REASON, stdout=said)
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_person", EMAIL, zone="univ", reason=REASON, confirm="00000000x", stdout=said)
    assert "exams.Grade.comment: 1" in said.getvalue()
    assert User.objects.get(pk=life.user.pk).email == EMAIL
    word = str(life.user.pk)[:8]
    call_command("erase_person", EMAIL, zone="univ", reason=REASON, confirm=word, stdout=said)
    assert "The scan of every store found nothing." in said.getvalue()
    for text in (EMAIL, NAME, PHONE):
        assert text not in said.getvalue()
    with pytest.raises(CommandError):
        call_command("scan_person", EMAIL, zone="univ")


def test_whom_a_restored_backup_brings_back_is_erased_again(life: Life) -> None:
    with transaction.atomic():
        backup = User.objects.filter(pk=life.user.pk).values("email", "display_name", "password").get()
    erasing.erase_person(person=Operator(), user=life.user, reason=REASON)
    User.objects.filter(pk=life.user.pk).update(is_active=True, **backup)
    call_command("erase_person", zone="univ", replay=True, stdout=io.StringIO())
    assert places(scan(life.subject)) == set()
    assert erasing.to_replay() == []


def test_written_answers_can_be_emptied_and_nothing_else(life: Life) -> None:
    essay = Response.objects.get(position=4)
    for change in ({"answer": {"text": "better words"}}, {"score": 9}, {"answer": {"text": ""}, "theta": 3.0}):
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            Response.objects.filter(pk=essay.pk).update(**change)
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM exams_response WHERE id = %s", [essay.pk])


def test_an_export_holds_everything_of_the_person_and_nobody_else(life: Life, cast: Cast) -> None:
    with zipfile.ZipFile(io.BytesIO(exporting.export_person(person=life.user, user=life.user, reason="own"))) as file:
        names, text = set(file.namelist()), file.read("data.json").decode()
        page = file.read("index.html").decode()
    data = json.loads(text)
    assert names == {"data.json", "index.html", "files/profile.jpg"}
    by_table = {part["table"]: part["rows"] for part in data["tables"]}
    assert by_table["accounts.User"][0]["phone"] == PHONE
    assert by_table["accounts.User"][0]["resident_number"] == RESIDENT
    assert len(by_table["exams.Response"]) == 4
    assert by_table["accounts.ParentLink"][0]["parent"] == "another person"
    assert any(row["by"] == "another person" for row in data["log"])
    for other in (cast.alice, cast.bob, cast.paula, cast.zoe):
        for canary in (other.email, str(other.pk), other.display_name):
            assert canary not in text.replace("bobby", ""), canary
            assert canary not in page, canary
    assert life.user.password not in text
    assert "password" not in by_table["accounts.User"][0]
    assert AuditEntry.objects.filter(action=Action.EXPORT, resource_id=str(life.user.pk)).get().details["own"] is True


def test_others_are_exported_by_administrators_of_the_zone_alone(life: Life, cast: Cast) -> None:
    for other in (cast.anna, cast.alice, cast.paula, cast.bob):
        with pytest.raises(PermissionRefused):
            exporting.export_person(person=other, user=life.user, reason=REASON)
    assert exporting.export_person(person=cast.zoe, user=life.user, reason=REASON)


def test_the_export_command_writes_a_new_file(life: Life, tmp_path) -> None:
    path = tmp_path / "person.zip"
    call_command("export_person", EMAIL, zone="univ", reason=REASON, to=path, stdout=io.StringIO())
    assert zipfile.is_zipfile(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="there already"):
        call_command("export_person", EMAIL, zone="univ", reason=REASON, to=path)
