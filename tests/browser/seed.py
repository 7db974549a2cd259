"""What the browser tests find in the city: the cast, students of their own for each test, exams and finished attempts.

    python -m tests.browser.seed

Runs as a process of its own, against the database that the environment names, and prints the ids as JSON.
"""

import json
import os
import uuid
from typing import Any

import django

# Each test has a student to itself, so that none depends on another's attempts.
STUDENTS = (
    "Walker",
    "Reader",
    "Tabitha",
    "Offline",
    "Crash",
    "Timer",
    "Expired",
    "Watched",
    "Kim",
    "Watcher",
    "Slowline",
    "Factor",
    "Passkey",
)
# Of another organization, which alone sees the exam with every kind of item.
KIND_STUDENTS = ("Mouse", "Keys", "Reload", "Hangul", "Rest", "Touch", "Handin", "Axe", "Lastcall")
LENGTH = 4
# The order of the fixed form; the last two are about one passage.
KINDS = (
    "single",
    "multiple",
    "ordering",
    "matching",
    "numeric",
    "text",
    "cloze",
    "essay of a passage",
    "text of a passage",
)


def seed() -> dict[str, Any]:
    from accounts.models import ClassMembership
    from accounts.permissions import Role
    from tests.cast import make_cast, make_person
    from tests.factors import give_app
    from tests.sample_exam import make_exam
    from zones.context import get_zone, zone_context

    univ = get_zone("univ")
    cast = make_cast(univ, get_zone("college"))
    with zone_context(univ):
        exam = make_exam("short", size=16, min_items=LENGTH, max_items=LENGTH, time_limit_minutes=30)
        for name in STUDENTS:
            person = make_person(name, Role.STUDENT, cast.hana)
            ClassMembership.objects.create(classroom=cast.room, user=person, kind=ClassMembership.Kind.STUDENT)
        make_person("Pia", Role.PARENT)
        make_person("Gina", Role.PARENT)
        attempts = [_sit(cast.bob, exam, right) for right in (1, 2, 3)]
        kinds = _exam_of_every_kind(cast)
        for name in KIND_STUDENTS:
            make_person(name, Role.STUDENT, cast.duri)
        _accommodate(cast)
        answered = _sit_kinds(cast.otto, kinds)
        apps = {name: give_app(getattr(cast, name)) for name in ("zoe", "anna")}
    ids = {"kinds": str(kinds.pk), "answered": answered, "apps": apps}
    return {**ids, "exam": str(exam.pk), "room": str(cast.room.pk), "bob": str(cast.bob.pk), "result": attempts[-1]}


def _sit(person: Any, exam: Any, option: int) -> str:
    """A whole attempt through the services; every answer is `option`."""
    from exams.services.answering import answer
    from exams.services.delivery import start

    state = start(person=person, exam_id=exam.pk, client_key=uuid.uuid4())
    attempt = uuid.UUID(state["id"])
    while item := state["item"]:
        state = answer(
            person=person,
            attempt_id=attempt,
            client_key=uuid.uuid4(),
            position=item["position"],
            item=int(item["id"]),
            option=option,
            elapsed_ms=9000,
        )
    return str(attempt)


def _exam_of_every_kind(cast: Any) -> Any:
    """A fixed exam of Duri School with an item of each kind."""
    from dataclasses import replace

    from exams.exam_drafts import ExamDraft
    from exams.models import Exam
    from exams.services.authoring import create_exam, publish_exam
    from exams.services.bank import create_item
    from tests.exams.drafts import areas
    from tests.exams.kinds import ESSAY, PASSAGE
    from tests.exams.kinds import KINDS as DRAFTS

    drafts = {**DRAFTS, "essay of a passage": replace(ESSAY, passage=PASSAGE)}
    area = areas(cast.zoe)["sums"]
    codes = []
    for name in KINDS:
        code = name.replace(" ", "-")
        create_item(person=cast.zoe, code=code, area=area, draft=drafts[name], organization=cast.duri, status="active")
        codes.append(code)
    draft = ExamDraft(
        title="모든 유형",
        kind=Exam.Kind.FIXED,
        visibility=Exam.Visibility.ORGANIZATION,
        form=tuple(codes),
        min_items=len(codes),
        max_items=len(codes),
        time_limit_minutes=30,
    )
    exam = create_exam(person=cast.zoe, code="every-kind", draft=draft, organization=cast.duri)
    return publish_exam(person=cast.zoe, exam=exam)


def _accommodate(cast: Any) -> None:
    from accounts.models import User
    from exams.services.accommodations import grant

    rest = User.objects.get(email="rest@example.com")
    grant(person=cast.zoe, student=rest, extra_time_percent=50, pause_minutes=5, large_print=True)


def _sit_kinds(person: Any, exam: Any) -> str:
    """A whole attempt with half-right answers, whose essay waits for a grade."""
    from exams.services.answering import answer
    from exams.services.delivery import start

    state = start(person=person, exam_id=exam.pk, client_key=uuid.uuid4(), language="ko")
    attempt = uuid.UUID(state["id"])
    given = {
        "multiple": {"options": [1, 2]},
        "ordering": {"order": [2, 1, 3]},
        "matching": {"pairs": [[1, 1], [2, 2]]},
        "numeric": {"text": "2.7"},
        "text": {"text": "서울"},
        "cloze": {"gaps": {"1": "100", "3": 1}},
        "essay": {"text": "화석 연료를 태우면 이산화탄소가 늘어난다.\n\n그래서 기온이 오른다."},
    }
    while item := state["item"]:
        said = {"option": 1} if item["kind"] == "single" else {"answer": given[item["kind"]]}
        state = answer(
            person=person,
            attempt_id=attempt,
            client_key=uuid.uuid4(),
            position=item["position"],
            item=int(item["id"]),
            elapsed_ms=9000,
            **said,
        )
    return str(attempt)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")
    django.setup()
    print(json.dumps(seed()))
