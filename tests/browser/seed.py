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
)
LENGTH = 4


def seed() -> dict[str, Any]:
    from accounts.models import ClassMembership
    from accounts.permissions import Role
    from tests.cast import make_cast, make_person
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
        attempts = [_sit(cast.bob, exam, right) for right in (1, 2, 3)]
    return {"exam": str(exam.pk), "room": str(cast.room.pk), "bob": str(cast.bob.pk), "result": attempts[-1]}


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


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")
    django.setup()
    print(json.dumps(seed()))
