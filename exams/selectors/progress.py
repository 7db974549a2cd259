"""How students stand: one student's history, a class at an exam, an organization's week."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.dateformat import format as date_format

from accounts.models import ClassMembership, Classroom, User
from exams.models import Attempt, Exam
from exams.selectors.percentiles import percentiles
from exams.selectors.results import score_band
from exams.state import SCORE_PER_LOGIT


def attempts_of(user_id: UUID) -> QuerySet[Attempt]:
    """One student's attempts, newest first."""
    return Attempt.objects.filter(user_id=user_id).select_related("exam").order_by("-started_at")


def score_history(user_id: UUID) -> list[dict[str, Any]]:
    """Finished attempts in time: [{label, score, low, high, title}] with the score's 95 % band. One query."""
    finished = attempts_of(user_id).filter(status=Attempt.Status.FINISHED, score__isnull=False).order_by("finished_at")
    return [_history_row(attempt) for attempt in finished]


def _history_row(attempt: Attempt) -> dict[str, Any]:
    low, high = score_band(attempt) or (attempt.score, attempt.score)
    return {
        "label": date_format(timezone.localtime(attempt.finished_at), "m/d"),
        "score": attempt.score,
        "low": low,
        "high": high,
        "title": str(attempt.exam),
    }


@dataclass(frozen=True)
class StudentRow:
    """One student's stand at one exam: the newest attempt, and the best score of all."""

    student_id: UUID
    name: str
    status: str
    answered: int
    maximum: int
    score: float | None
    se_score: float | None
    best_score: float | None
    last_activity: datetime | None
    attempt_id: UUID | None
    attempts: int

    @property
    def activity_iso(self) -> str:
        return self.last_activity.isoformat() if self.last_activity else ""


def students_of(classroom: Classroom) -> list[User]:
    members = ClassMembership.objects.filter(classroom=classroom, kind=ClassMembership.Kind.STUDENT)
    return list(User.objects.filter(memberships__in=members).order_by("display_name", "email"))


def class_at_exam(students: list[User], exam: Exam) -> list[StudentRow]:
    """Each student's stand at `exam`. One query for any number of students."""
    attempts: dict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(exam=exam, user__in=students).order_by("-started_at"):
        attempts[attempt.user_id].append(attempt)
    return [_student_row(student, attempts[student.pk], exam) for student in students]


def _student_row(student: User, attempts: list[Attempt], exam: Exam) -> StudentRow:
    newest = attempts[0] if attempts else None
    scores = [attempt.score for attempt in attempts if attempt.score is not None]
    return StudentRow(
        student_id=student.pk,
        name=student.display_name,
        status=newest.status if newest else "not_started",
        answered=newest.answered if newest else 0,
        maximum=exam.max_items,
        score=newest.score if newest else None,
        se_score=_se_score(newest) if newest else None,
        best_score=max(scores, default=None),
        last_activity=newest.last_activity_at if newest else None,
        attempt_id=newest.pk if newest else None,
        attempts=len(attempts),
    )


def _se_score(attempt: Attempt) -> float | None:
    if attempt.score is None or attempt.se is None:
        return None
    return round(attempt.se * SCORE_PER_LOGIT, 1)


def exams_of_class(students: list[User]) -> list[dict[str, Any]]:
    """The exams that the class has taken or is taking, with its counts and mean. Two queries."""
    rows = (
        Attempt.objects.filter(user__in=students)
        .values("exam")
        .annotate(
            students=Count("user", distinct=True),
            running=Count("pk", filter=Q(status=Attempt.Status.IN_PROGRESS)),
            finished=Count("pk", filter=Q(status=Attempt.Status.FINISHED)),
            mean=Avg("score"),
        )
    )
    exams = Exam.objects.in_bulk([row["exam"] for row in rows])
    return sorted(
        ({**row, "exam": exams[row["exam"]]} for row in rows), key=lambda row: (-row["finished"], row["exam"].title)
    )


def class_overview(students: list[User]) -> list[dict[str, Any]]:
    """Each student with attempts, mean and latest score and last activity. One query."""
    attempts: dict[UUID, list[Attempt]] = defaultdict(list)
    newest_first = Attempt.objects.filter(user__in=students).order_by("-started_at")
    for attempt in newest_first.only("user_id", "score", "status", "last_activity_at", "started_at"):
        attempts[attempt.user_id].append(attempt)
    return [_overview_row(student, attempts[student.pk]) for student in students]


def _overview_row(student: User, attempts: list[Attempt]) -> dict[str, Any]:
    scores = [attempt.score for attempt in attempts if attempt.score is not None]
    return {
        "id": student.pk,
        "name": student.display_name,
        "attempts": len(attempts),
        "last_score": round(scores[0]) if scores else None,
        "mean_score": round(sum(scores) / len(scores)) if scores else None,
        "last_activity": attempts[0].last_activity_at if attempts else None,
    }


def activity(attempts: QuerySet[Attempt], days: int = 42) -> list[dict[str, Any]]:
    """Finished attempts on each of the last `days` days that had any: [{label, value}]. One query."""
    since = timezone.now() - timedelta(days=days)
    return [
        {"label": date_format(row["day"], "m/d"), "value": row["finished"]}
        for row in attempts.filter(finished_at__gte=since)
        .annotate(day=TruncDate("finished_at"))
        .values("day")
        .annotate(finished=Count("pk"))
        .order_by("day")
    ]


def results(attempts: Iterable[Attempt], *, with_student: bool = False) -> list[dict[str, Any]]:
    """Finished attempts as rows of a list of results, with the percentile. One query beside the attempts' own."""
    finished = [attempt for attempt in attempts if attempt.is_finished]
    ranks = percentiles(finished)
    return [
        {
            "attempt_id": attempt.pk,
            "exam_title": str(attempt.exam),
            "student_name": attempt.user.display_name if with_student else "",
            "finished_at": attempt.finished_at,
            "score": None if attempt.score is None else round(attempt.score),
            "percentile": None if attempt.pk not in ranks else round(ranks[attempt.pk]),
            "correct": attempt.correct,
            "answered": attempt.scored,
        }
        for attempt in finished
    ]
