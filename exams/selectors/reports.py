"""What the API tells of many attempts at once, ready to be written as JSON."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE, Role
from accounts.selectors import visible_classrooms, visible_students
from exams.models import Attempt, Exam
from exams.selectors.groups import means_by_class, people_summary, recent_attempts
from exams.selectors.progress import activity, attempts_of, results
from exams.selectors.results import score_band
from exams.selectors.statistics import area_profile, exam_summary, item_statistics
from zones.problems import NotFound

NEWEST = 50
RECENT = 20


def student_report(student: User) -> dict[str, Any]:
    """{student, figures, history, areas, results} of one student. Five queries."""
    scored = attempts_of(student.pk).filter(status=Attempt.Status.FINISHED, score__isnull=False)
    history = [_point(attempt) for attempt in scored.order_by("finished_at")]
    finished = attempts_of(student.pk).filter(status=Attempt.Status.FINISHED)
    newest = list(finished[:NEWEST])
    return {
        "student": student,
        "figures": _figures(
            [point["score"] for point in history], len(newest) if len(newest) < NEWEST else finished.count()
        ),
        "history": history,
        "areas": area_profile([student.pk]),
        "results": results(newest),
    }


def _point(attempt: Attempt) -> dict[str, Any]:
    low, high = score_band(attempt) or (attempt.score, attempt.score)
    return {
        "attempt_id": attempt.pk,
        "exam": attempt.exam,
        "finished_at": attempt.finished_at,
        "score": attempt.score,
        "low": low,
        "high": high,
    }


def _figures(scores: list[float], finished: int) -> dict[str, Any]:
    """`scores` in time."""
    return {
        "finished": finished,
        "latest": scores[-1] if scores else None,
        "best": max(scores, default=None),
        "mean": round(sum(scores) / len(scores), 1) if scores else None,
        "change": round(scores[-1] - scores[0], 1) if len(scores) > 1 else None,
    }


def dashboard_of(person: Person) -> dict[str, Any]:
    """{role, student, children, group}: the one that belongs to the role, the others None."""
    students = visible_students(person)
    parts: dict[str, Any] = {"student": None, "children": None, "group": None}
    if person.role == Role.STUDENT:
        parts["student"] = _student_dashboard(students)
    elif person.role == Role.PARENT:
        parts["children"] = newest_of_each(students)
    else:
        parts["group"] = _group_dashboard(person)
    return {"role": person.role, **parts}


def _student_dashboard(students: QuerySet[User]) -> dict[str, Any]:
    student = students.first()
    if student is None:
        # The token outlived the account.
        raise NotFound()
    running = attempts_of(student.pk).filter(status=Attempt.Status.IN_PROGRESS)
    return {**student_report(student), "open_attempts": list(running)}


def newest_of_each(students: Iterable[User]) -> list[dict[str, Any]]:
    """Each of a parent's children with the newest result. Four queries for any number of children."""
    children = list(students)
    newest = Attempt.objects.filter(user__in=children, status=Attempt.Status.FINISHED).select_related("exam", "user")
    latest = list(newest.order_by("user_id", "-finished_at").distinct("user_id"))
    rows = dict(zip((a.user_id for a in latest), results(latest, with_student=True), strict=True))
    counts = User.objects.filter(pk__in=[child.pk for child in children]).annotate(
        finished=Count("attempts", filter=Q(attempts__status=Attempt.Status.FINISHED))
    )
    finished = dict(counts.values_list("pk", "finished"))
    return [{"student": c, "finished": finished[c.pk], "latest": rows.get(c.pk)} for c in children]


def _group_dashboard(person: Person) -> dict[str, Any]:
    students = visible_students(person).order_by()
    rooms = list(visible_classrooms(person))
    means = means_by_class(rooms)
    summary = people_summary(students)
    classes: list[dict[str, Any]] = [
        # visible_classrooms counts the students of each.
        {"id": room.pk, "name": room.name, "students": room.students, **means[room.pk]}  # type: ignore[attr-defined]
        for room in rooms
    ]
    return {
        "summary": summary,
        "distribution": summary["bins"],
        "classes": classes,
        "activity": activity(Attempt.objects.filter(user__in=students)),
        "results": results(recent_attempts(students, RECENT), with_student=True),
    }


def exam_statistics(person: Person, exam: Exam) -> dict[str, Any]:
    """{exam, summary, distribution, areas, items} over the students whose reports `person` may read.

    Items are told to those alone who may read the bank: what is hard for others helps whoever sits the exam next.
    """
    students = _scope(person)
    summary = exam_summary(exam.pk, students)
    reads_bank = person.allows("item:read") or person.allows("exam:*")
    return {
        "exam": exam,
        "summary": summary,
        "distribution": summary["bins"],
        "areas": area_profile(students, exam.pk),
        "items": item_statistics(exam.pk, students) if reads_bank else [],
    }


def _scope(person: Person) -> list[UUID] | None:
    """Ids of the students whose reports `person` may read; None for everybody's in the zone."""
    if person.role in ZONE_WIDE:
        return None
    return list(visible_students(person).order_by().values_list("pk", flat=True))
