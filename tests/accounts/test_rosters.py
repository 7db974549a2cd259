"""OneRoster: read whatever happens, planned before it is done, done whole or not at all, and exported again."""

import csv
import io
import zipfile
from contextlib import suppress

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.interchange.oneroster import read, write
from accounts.interchange.roster import (
    Roster,
    RosterClass,
    RosterEnrollment,
    RosterUser,
    UnreadableRoster,
    joined,
    parted,
)
from accounts.models import ClassMembership, Classroom, ParentLink, RosterId, RosterImport, User
from accounts.permissions import Role
from accounts.services import roster as services
from accounts.services.roster import export_roster, import_roster, plan, preview_roster
from accounts.tasks import work_off_rosters
from audit.models import AuditEntry
from zones.context import confined_to
from zones.problems import Conflict, NotFound, PermissionRefused

USERS = """sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,\
agentSourcedIds
t1,active,,true,s1,teacher,t1,Ada,Lovelace,ada@school.kr,
u1,active,,true,s1,student,u1,하늘,김,haneul@school.kr,p1
p1,active,,true,s1,guardian,p1,보람,김,boram@home.kr,
x1,active,,true,s1,proctor,x1,Pro,Ctor,proctor@school.kr,
x2,active,,true,s1,student,x2,No,Mail,,
"""
CLASSES = "sourcedId,status,title,schoolSourcedId\nc1,active,Mathematics B,s1\n"
ENROLLMENTS = """sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role
e1,active,c1,s1,t1,teacher
e2,active,c1,s1,u1,student
e3,active,c1,s1,x2,student
"""


def packed(version: str = "1.1", **tables: str) -> bytes:
    manifest = f"propertyName,value\nmanifest.version,1.0\noneroster.version,{version}\nfile.users,bulk\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"manifest": manifest, **tables}.items():
            archive.writestr(f"{name}.csv", text)
    return buffer.getvalue()


SOUND = packed(users=USERS, classes=CLASSES, enrollments=ENROLLMENTS, orgs="sourcedId,name,type\ns1,Hana,school\n")


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def preview(cast, content: bytes = SOUND, person: User | None = None) -> RosterImport:
    who = person or cast.anna
    return preview_roster(person=who, file=ContentFile(content), file_name="r.zip", organization=cast.hana)


def done(cast, content: bytes = SOUND) -> RosterImport:
    return import_roster(person=cast.anna, batch=preview(cast, content))


def actions(batch: RosterImport, person: User) -> list[tuple[str, str]]:
    return [(step.kind, step.action) for step in plan(person, batch)]


def test_a_plan_says_everything_before_anything_is_done(in_univ, cast):
    before = User.objects.count()
    batch = preview(cast)
    assert actions(batch, cast.anna) == [
        *[("person", "create")] * 3,
        ("class", "create"),
        ("member", "create"),
        ("member", "create"),
        ("member", "skip"),
        ("link", "ask"),
    ]
    losses = " ".join(batch.roster["losses"])
    assert "proctor" in losses
    assert "line 6: it has no e-mail address" in losses
    assert User.objects.count() == before


def test_an_import_makes_people_classes_members_and_requests_without_passwords(in_univ, cast):
    batch = done(cast)
    assert batch.status == "imported"
    student = User.objects.get(email="haneul@school.kr")
    assert (student.display_name, student.role, student.organization) == ("김하늘", Role.STUDENT, cast.hana)
    assert not student.has_usable_password()
    room = Classroom.objects.get(name="Mathematics B")
    assert set(room.memberships.values_list("user__email", "kind")) == {
        ("ada@school.kr", "teacher"),
        ("haneul@school.kr", "student"),
    }
    link = ParentLink.objects.get(student=student)
    assert (link.parent.email, link.status) == ("boram@home.kr", "pending")
    assert AuditEntry.objects.filter(resource_type="user", action="create").count() == 3
    assert batch.roster["users"] == []


def test_the_same_file_again_changes_nothing(in_univ, cast):
    batch = done(cast)
    assert import_roster(person=cast.anna, batch=batch).report == batch.report
    again = preview(cast)
    assert {action for _kind, action in actions(again, cast.anna)} == {"same", "skip"}
    log = AuditEntry.objects.exclude(resource_type="roster").count()
    import_roster(person=cast.anna, batch=again)
    assert AuditEntry.objects.exclude(resource_type="roster").count() == log


def test_names_titles_and_ends_follow_the_ids_of_the_roster(in_univ, cast):
    done(cast)
    users = USERS.replace("Ada,Lovelace,ada@school.kr", "Ada,King,other@school.kr").replace(
        "u1,active", "u1,tobedeleted"
    )
    enrollments = ENROLLMENTS.replace("e1,active", "e1,tobedeleted")
    batch = done(
        cast, packed("1.1", users=users, classes=CLASSES.replace("ematics B", "ematics C"), enrollments=enrollments)
    )
    assert User.objects.get(email="ada@school.kr").display_name == "Ada King"
    assert not User.objects.get(email="haneul@school.kr").is_active
    room = Classroom.objects.get(name="Mathematics C")
    assert list(room.memberships.values_list("user__email", flat=True)) == ["haneul@school.kr"]
    assert ["close", "person"] in [row[:2] for row in batch.report]
    gone = packed("1.1", classes=CLASSES.replace("c1,active", "c1,tobedeleted"))
    done(cast, gone)
    assert not Classroom.objects.filter(name="Mathematics C").exists()
    assert User.objects.filter(email="ada@school.kr", is_active=True).exists()


def test_version_1_2_keeps_roles_in_a_file_of_their_own(in_univ, cast):
    users = (
        "sourcedId,status,enabledUser,username,givenName,familyName,email\nu9,active,true,u9,Ann,Lee,ann@school.kr\n"
    )
    roles = (
        "sourcedId,status,userSourcedId,roleType,role\nr1,active,u9,secondary,student\nr2,active,u9,primary,teacher\n"
    )
    done(cast, packed("1.2", users=users, roles=roles))
    assert User.objects.get(email="ann@school.kr").role == Role.TEACHER


def test_people_of_another_organization_and_higher_roles_are_left_alone(in_univ, cast):
    users = USERS.splitlines()[0] + "\no1,active,,true,s1,student,o,Os,Car,oscar@example.com,\n"
    users += "z1,tobedeleted,,true,s1,administrator,z,Zo,E,anna@example.com,\n"
    batch = preview(cast, packed(users=users))
    assert [step.words for step in plan(cast.anna, batch)] == [
        "This e-mail is taken.",
        "Nobody can close their own account here.",
    ]
    import_roster(person=cast.anna, batch=batch)
    cast.oscar.refresh_from_db()
    assert (cast.oscar.organization, cast.oscar.role) == (cast.duri, Role.TEACHER)


def test_an_e_mail_of_another_organization_is_passed_over_by_its_administrator_too(in_univ, cast):
    """Who imports does not see that person's row, and must not fail over it."""
    users = USERS.replace("haneul@school.kr", cast.otto.email)
    with confined_to(cast.anna):
        batch = done(cast, packed(users=users, classes=CLASSES, enrollments=ENROLLMENTS))
    assert ("skip", "This e-mail is taken.") in [(row[0], row[3]) for row in batch.report]
    assert User.objects.filter(email="ada@school.kr", organization=cast.hana).exists()


def test_a_refusal_in_the_middle_takes_everything_back(in_univ, cast, monkeypatch):
    batch = preview(cast)
    before = User.objects.count()

    def refuse(**given):
        raise Conflict("no")

    monkeypatch.setattr(services.classes, "add_member", refuse)
    with pytest.raises(Conflict):
        import_roster(person=cast.anna, batch=batch)
    assert User.objects.count() == before
    assert not RosterId.objects.exists()
    batch.refresh_from_db()
    assert batch.status == "previewed"
    assert batch.roster["users"]


def test_a_large_roster_is_imported_by_the_worker_for_whoever_confirmed_it(in_univ, cast, monkeypatch):
    monkeypatch.setattr(services, "IMPORT_AT_ONCE", 1)
    batch = import_roster(person=cast.anna, batch=preview(cast))
    assert (batch.status, User.objects.filter(email="ada@school.kr").count()) == ("importing", 0)
    assert work_off_rosters() == 1
    assert work_off_rosters() == 0
    batch.refresh_from_db()
    assert batch.status == "imported"
    assert AuditEntry.objects.filter(resource_type="user", user_id=cast.anna.pk).count() == 3


def test_a_worker_that_is_refused_says_why(in_univ, cast, monkeypatch):
    monkeypatch.setattr(services, "IMPORT_AT_ONCE", 1)
    batch = import_roster(person=cast.anna, batch=preview(cast))
    User.objects.filter(pk=cast.anna.pk).update(is_active=False)
    batch = services.finish_roster(batch.pk)
    assert (batch.status, bool(batch.problem)) == ("previewed", True)
    assert not User.objects.filter(email="ada@school.kr").exists()


@pytest.mark.parametrize("name", ["alice", "bob", "paula", "zoe"])
def test_only_those_who_manage_people_and_classes_may(in_univ, cast, name):
    with pytest.raises(PermissionRefused):
        preview(cast, person=getattr(cast, name))


def test_another_organizations_roster_is_not_there(in_univ, cast, client_for):
    batch = preview_roster(person=cast.anna, file=ContentFile(SOUND), file_name="r.zip", organization=cast.hana)
    cast.anna.organization = cast.duri
    with pytest.raises(NotFound):
        import_roster(person=cast.anna, batch=batch)
    with pytest.raises(NotFound):
        export_roster(person=cast.anna, organization=cast.hana)


def bomb() -> bytes:
    return packed(users="sourcedId\n" + "0" * 70_000_000)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 no",
        packed("2.0", users=USERS),
        packed(),
        bomb(),
        packed(users='sourcedId\n"' + "x" * 120_000),
        packed(users="sourcedId\n" + "," * 100_000),
    ],
)
def test_what_is_no_roster_is_refused_in_words(in_univ, cast, content):
    batch = preview(cast, content)
    assert (batch.status, bool(batch.problem)) == ("failed", True)
    with pytest.raises(Conflict):
        import_roster(person=cast.anna, batch=batch)


def test_an_export_is_the_roster_that_was_imported(in_univ, cast):
    done(cast)
    first = read(export_roster(person=cast.anna, organization=cast.hana))
    assert {"t1", "u1", "p1"} <= {user.sourced_id for user in first.users}
    again = preview(cast, export_roster(person=cast.anna, organization=cast.hana))
    assert {action for _kind, action in actions(again, cast.anna)} == {"same"}


def test_the_pages_of_the_console(in_univ, cast, client_for):
    browser = client_for(cast.anna, surface="admin")
    address = "/accounts/rosterimport/"
    assert browser.get(f"{address}add/").status_code == 200
    file = ContentFile(SOUND, name="roster.zip")
    page = browser.post(f"{address}add/", {"file": file, "organization": str(cast.hana.pk)})["Location"]
    assert "김하늘" in browser.get(page).content.decode()
    batch = RosterImport.objects.get()
    browser.post(f"{address}{batch.pk}/confirm/")
    browser.post(f"{address}{batch.pk}/confirm/")
    assert User.objects.filter(email="haneul@school.kr").count() == 1
    assert browser.get(page).status_code == browser.get(address).status_code == 200
    exported = browser.post(f"{address}export/", {"organization": str(cast.hana.pk)})
    assert read(exported.content).classes
    assert browser.post(f"{address}export/", {"organization": str(cast.duri.pk)}).status_code == 302
    assert client_for(cast.zoe, surface="admin").get(f"{address}add/").status_code == 403


def test_the_commands(in_univ, cast, tmp_path):
    path, out = tmp_path / "r.zip", io.StringIO()
    path.write_bytes(SOUND)
    given = {"zone": "univ", "organization": "hana", "stdout": out}
    call_command("import_roster", str(path), dry_run=True, **given)
    assert "create  person" in out.getvalue()
    assert not User.objects.filter(email="ada@school.kr").exists()
    call_command("import_roster", str(path), **given)
    assert User.objects.filter(email="ada@school.kr").exists()
    call_command("export_roster", str(tmp_path / "o.zip"), **given)
    assert read((tmp_path / "o.zip").read_bytes()).users
    with pytest.raises(CommandError, match="no organization"):
        call_command("import_roster", str(path), zone="univ", organization="none")
    path.write_bytes(b"PKx")
    with pytest.raises(CommandError, match="broken"):
        call_command("import_roster", str(path), **given)


def test_a_class_keeps_its_members_when_a_file_says_nothing_of_them(in_univ, cast):
    done(cast, packed("1.1", classes="sourcedId,status,title\nr1,active,Mathematics A\n"))
    assert ClassMembership.objects.filter(classroom=cast.room).count() == 2


# --- The file by itself ----------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["김하늘", "남궁 민수", "남궁민", "Ada Lovelace", "Li", "Anna Maria de la Cruz", "이", "홍길동, Jr."]
)


@given(NAMES)
def test_a_name_taken_apart_is_put_together_again(name):
    assert joined(*parted(name)) == name


@given(st.lists(st.tuples(NAMES, st.sampled_from([Role.STUDENT, Role.TEACHER])), max_size=5), st.booleans())
def test_what_is_written_is_read_again(people, is_active):
    users = tuple(
        RosterUser(f"u{n}", *parted(name), f"u{n}@x.kr", role, is_active) for n, (name, role) in enumerate(people)
    )
    roster = Roster(
        "1.1",
        users,
        (RosterClass("c", '반, "가"'),),
        tuple(RosterEnrollment("c", user.sourced_id, user.role) for user in users),
        ("School",),
    )
    assert read(write(roster, school_id="s", school="School")) == roster


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_bytes_end_in_another_error(data):
    content = bytearray(SOUND)
    for _change in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
    with suppress(UnreadableRoster):
        read(bytes(content))


@pytest.mark.parametrize(
    "name", ["=HYPERLINK(A1)", "+1", "-x", "@SUM(A1)", "＝1", "'=1", "''-1", "'t Hooft", "O'Neill"]
)
def test_no_name_is_a_formula_of_a_spreadsheet_and_each_comes_back(name):
    roster = Roster("1.1", (RosterUser("u1", name, name, "u@x.kr", Role.STUDENT),), (RosterClass("c1", name),))
    content = write(roster, school_id="s", school=name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        written = [row for file in archive.namelist() for row in csv.reader(io.StringIO(archive.read(file).decode()))]
    assert not [cell for row in written for cell in row if cell[:1] in tuple("=+-@＝")]
    again = read(content)
    assert (again.users, again.classes) == (roster.users, roster.classes)
