"""Two organizations of one zone with one of everything, and one person of each role, there and in another zone."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.models import ClassMembership, LoginSession, Notice, Organization, ParentLink, User
from accounts.people import Operator
from accounts.permissions import PERMISSIONS, Role
from accounts.services import api_clients
from exams.exam_drafts import ExamDraft
from exams.interchange.formats import read
from exams.interchange.package import Package, ReadItem
from exams.models import (
    Accommodation,
    Attempt,
    CalibrationRun,
    ContentArea,
    Exam,
    ImportBatch,
    Item,
    ItemVersion,
    Response,
    ScoreScale,
)
from exams.services import delivery
from exams.services.answering import answer
from exams.services.authoring import create_exam, publish_exam
from exams.services.bank import create_item
from exams.services.previewing import fill
from tests.api.table import ANONYMOUS, CLIENT
from tests.cast import Cast, make_cast, make_person
from tests.clients import ApiClient, SignedApi, api_for
from tests.exams.kinds import ESSAY
from tests.sample_exam import make_exam
from zones.context import zone_context
from zones.models import Zone

# CLIENT is another server, confined to Hana as its administrators are, with all of their permissions.
ROLES = (*Role.values, CLIENT, ANONYMOUS)
IN_ORGANIZATIONS = (Role.ORG_ADMIN, Role.TEACHER, Role.STUDENT)


@dataclass
class City:
    """`people[zone id][role]`; `things[place]` are ids: "own" are Bob's in Hana, "user" another student's there (what
    belongs to no student is Hana's), "other" those of Duri. `servers[zone id]` has the key and secret of an API client.
    """

    univ: Zone
    college: Zone
    cast: Cast
    people: dict[str, dict[str, User]]
    things: dict[str, dict[str, Any]]
    servers: dict[str, tuple[str, str]]
    clients: dict[tuple, ApiClient] = field(default_factory=dict)

    def client(self, role: str, *, of: Zone, at: Zone) -> ApiClient:
        """An API client on zone `at` with a token of zone `of`."""
        key = (role, of.schema_name, at.schema_name)
        if role == CLIENT and key not in self.clients:
            self.clients[key] = SignedApi(at, *self.servers[of.schema_name])
        if key not in self.clients:
            person = None if role == ANONYMOUS else self.people[of.schema_name][role]
            with zone_context(of):
                made = api_for(person, of)
            token = made.defaults.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
            self.clients[key] = ApiClient(at, token=token)
        return self.clients[key]


def build(univ: Zone, college: Zone) -> City:
    cast = make_cast(univ, college)
    with zone_context(univ):
        people = {
            Role.SUPER_ADMIN: make_person("Susan", Role.SUPER_ADMIN),
            Role.ZONE_ADMIN: cast.zoe,
            Role.ORG_ADMIN: cast.anna,
            Role.TEACHER: cast.alice,
            Role.STUDENT: cast.bob,
            Role.PARENT: cast.paula,
            Role.GUEST: make_person("Greta", Role.GUEST),
        }
        link = ParentLink.objects.get(parent=cast.paula, student=cast.bob)
        own = _things(cast.hana, cast.bob, cast.room, link)
        things = {"own": own, "user": {**own, **_things_of_ben(cast)}, "other": _things_of_duri(cast)}
        servers = {"univ": _server(cast.hana)}
    with zone_context(college):
        school = Organization.objects.create(name="Seoul School", code="seoul")
        elsewhere = {
            role: make_person(f"College {role}", role, school if role in IN_ORGANIZATIONS else None)
            for role in Role.values
        }
        ContentArea.objects.create(code="hana-area-0", name="Area")
        servers["college"] = _server(school)
    return City(univ, college, cast, {"univ": people, "college": elsewhere}, things, servers)


def _server(organization: Organization) -> tuple[str, str]:
    permissions = PERMISSIONS[Role.ORG_ADMIN]
    _client, made = api_clients.create_client(
        person=Operator(), name="Server", organization=organization, permissions=permissions
    )
    return made.key.pk, made.secret


def _things_of_ben(cast: Cast) -> dict[str, Any]:
    """What is another student's of the same organization: Ben is in no class of Alice's."""
    ben = make_person("Ben", Role.STUDENT, cast.hana)
    room = cast.hana.classrooms.create(name="Mathematics Z")
    ClassMembership.objects.create(classroom=room, user=ben, kind="student")
    parent, waiting = make_person("Petra", Role.PARENT), make_person("Waiting for Ben", Role.PARENT)
    link = ParentLink.objects.create(parent=parent, student=ben, status="approved", decided_at=timezone.now())
    ParentLink.objects.create(parent=waiting, student=ben)
    exam = Exam.objects.get(code="hana")
    finished = start(ben, exam)
    delivery.submit(person=ben, attempt_id=finished["id"], client_key=uuid.uuid4())
    Accommodation.objects.create(user=ben, pause_minutes=10)
    running = start(ben, exam)
    return {
        "running": running["id"],
        "question": running["item"]["id"],
        "finished": finished["id"],
        "response_id": str(_answered_essay(ben, Exam.objects.get(code="hana-essay")).pk),
        "classroom_id": str(room.pk),
        "child": str(make_person("Child beside Ben", Role.STUDENT, cast.hana, consent="awaited").pk),
        "ward": str(_ward("Ward of Petra", cast.hana, parent).pk),
        "session_id": str(_place(ben).pk),
        "user_id": str(ben.pk),
        "student_id": str(ben.pk),
        "parent_id": str(waiting.pk),
        "link_id": str(link.pk),
        "notice_id": str(Notice.objects.create(user=ben, kind="link_ended", context={"other_name": "P"}).pk),
    }


def _things_of_duri(cast: Cast) -> dict[str, Any]:
    room = cast.duri.classrooms.create(name="Physics B")
    ClassMembership.objects.create(classroom=room, user=cast.otto, kind="student")
    parent = make_person("Pia", Role.PARENT)
    link = ParentLink.objects.create(parent=parent, student=cast.otto, status="approved", decided_at=timezone.now())
    return _things(cast.duri, cast.otto, room, link)


def _things(organization: Organization, student: User, room: Any, link: ParentLink) -> dict[str, Any]:
    waiting = make_person(f"Waiting {organization.code}", Role.PARENT)
    ParentLink.objects.create(parent=waiting, student=student)
    finished = start(student, organization_exam(organization))
    delivery.submit(person=student, attempt_id=finished["id"], client_key=uuid.uuid4())
    Accommodation.objects.create(user=student, pause_minutes=10)
    running = start(student, Exam.objects.get(code=organization.code))
    ScoreScale.objects.get_or_create(code="t", defaults={"name": "T", "kind": "standard"})
    return {
        "organization": str(organization.pk),
        "exam_id": str(finished["exam"]["id"]),
        "item_id": str(Item.objects.get(code=f"{organization.code}-0").pk),
        "running": running["id"],
        "question": running["item"]["id"],
        "response_id": str(essay(organization, student).pk),
        "finished": finished["id"],
        "classroom_id": str(room.pk),
        "user_id": str(student.pk),
        "session_id": str(_place(student).pk),
        "student_id": str(student.pk),
        "calibration_id": str(CalibrationRun.objects.create(organization=organization, status="finished").pk),
        "newcomer": str(make_person(f"New {organization.code}", Role.STUDENT, organization).pk),
        "import_id": str(_import(organization).pk),
        "parent_id": str(waiting.pk),
        "link_id": str(link.pk),
        "child": str(make_person(f"Child {organization.code}", Role.STUDENT, organization, consent="awaited").pk),
        "ward": str(_ward(f"Ward {organization.code}", organization, link.parent).pk),
        "notice_id": str(Notice.objects.create(user=student, kind="link_ended", context={"other_name": "P"}).pk),
        "scale_code": "t",
    }


def _ward(name: str, organization: Organization, guardian: User) -> User:
    """A child to whose account this parent consented."""
    ward = make_person(name, Role.STUDENT, organization, consent="given")
    ParentLink.objects.create(parent=guardian, student=ward, status="approved", guardian=True)
    return ward


def _place(student: User) -> LoginSession:
    """A browser in which the student is logged in."""
    return LoginSession.objects.create(user=student, kind=LoginSession.Kind.PAGE, last_seen_at=timezone.now())


def _import(organization: Organization) -> ImportBatch:
    area = ContentArea.objects.get(code=f"{organization.code}-area-0")
    batch = ImportBatch.objects.create(
        organization=organization, file_name="quiz.txt", size=19, language="ko", format="gift", area=area
    )
    item = ReadItem("one", read(b"::one:: 1 + 1 = {=2 ~3}", name="quiz.txt", language="ko").items[0].draft)
    fill(batch, Package("gift", (item,)))
    return batch


def essay(organization: Organization, student: User) -> Response:
    """The student's answer to the one question of an exam that has to be graded."""
    author = make_person(f"Author {organization.code}", Role.ORG_ADMIN, organization)
    code, area = f"{organization.code}-essay", ContentArea.objects.first()
    create_item(person=author, code=code, area=area, draft=ESSAY, organization=organization, status="active")
    draft = ExamDraft(title="Essay", kind="fixed", visibility="organization", languages=("ko",), form=(code,))
    exam = create_exam(person=author, code=code, draft=draft, organization=organization)
    publish_exam(person=author, exam=exam)
    return _answered_essay(student, exam)


def _answered_essay(student: User, exam: Exam) -> Response:
    state = start(student, exam)
    sent = {"client_key": uuid.uuid4(), "position": 1, "item": int(state["item"]["id"]), "answer": {"text": "…"}}
    answer(person=student, attempt_id=state["id"], **sent)
    return Response.objects.get(attempt=state["id"])


def organization_exam(organization: Organization, **fields: Any) -> Exam:
    """An exam of the organization alone, over items of its own."""
    values = {"size": 12, "min_items": 3, "max_items": 3, "organization": organization, "visibility": "organization"}
    exam = make_exam(organization.code, **{**values, **fields})
    Item.objects.filter(code__startswith=f"{organization.code}-").update(organization=organization)
    return exam


def start(student: User, exam: Exam) -> dict[str, Any]:
    return delivery.start(person=student, exam_id=exam.pk, client_key=uuid.uuid4())


def take(student: User, exam: Exam, *, right: int) -> Attempt:
    """A finished attempt through the real services with the first `right` answers right."""
    state, number = start(student, exam), 0
    while state["item"]:
        item = state["item"]
        key = ItemVersion.objects.get(pk=item["id"]).key
        option = key if number < right else key % len(item["options"]) + 1
        number += 1
        state = answer(
            person=student,
            attempt_id=state["id"],
            client_key=uuid.uuid4(),
            position=item["position"],
            item=int(item["id"]),
            option=option,
            elapsed_ms=1500,
        )
    return Attempt.objects.get(pk=state["id"])
