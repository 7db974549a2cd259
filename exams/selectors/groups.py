"""Many students at once: classes, an organization, a zone. The number of queries never depends on theirs."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q, QuerySet, StdDev
from django.utils import timezone

from accounts.models import ClassMembership, Classroom, User
from exams.models import Attempt
from exams.selectors.histograms import score_bins

RUNNING = Q(status=Attempt.Status.IN_PROGRESS)
FINISHED = Q(status=Attempt.Status.FINISHED)
LIVE_ROWS = 20


def recent_attempts(students: QuerySet[User], count: int) -> QuerySet[Attempt]:
    """The newest finished attempts of these students."""
    finished = Attempt.objects.filter(FINISHED, user__in=students)
    # By the start, because that is what the index attempt_newest reads backwards.
    return finished.select_related("exam", "user").order_by("-started_at")[:count]


def people_summary(students: QuerySet[User]) -> dict[str, Any]:
    """{people, finished, running, mean, sd, se, bins} over all exams of these students. Three queries."""
    attempts = Attempt.objects.filter(user__in=students)
    summary = attempts.aggregate(
        finished=Count("pk", filter=FINISHED),
        running=Count("pk", filter=RUNNING),
        mean=Avg("score"),
        sd=StdDev("score"),
        se=Avg("se", filter=FINISHED),
    )
    return {**summary, "people": students.count(), "bins": score_bins(attempts)}


def _student_memberships(rooms: Sequence[Classroom]) -> QuerySet[ClassMembership]:
    return ClassMembership.objects.filter(classroom__in=rooms, kind=ClassMembership.Kind.STUDENT)


def means_by_class(rooms: Sequence[Classroom]) -> dict[UUID, dict[str, Any]]:
    """{finished, in_progress, mean_score} of each class. One query."""
    rows: dict[UUID, Mapping[str, Any]] = {
        row["classroom"]: row
        for row in _student_memberships(rooms)
        .values("classroom")
        .annotate(
            finished=Count("user__attempts", filter=Q(user__attempts__status=Attempt.Status.FINISHED)),
            in_progress=Count("user__attempts", filter=Q(user__attempts__status=Attempt.Status.IN_PROGRESS)),
            mean_score=Avg("user__attempts__score"),
        )
    }
    none = {"finished": 0, "in_progress": 0, "mean_score": None}
    return {room.pk: {key: rows.get(room.pk, none)[key] for key in none} for room in rooms}


def live_rows(rooms: Sequence[Classroom]) -> list[dict[str, Any]]:
    """Who of these classes is taking an exam at this moment, the last active first. One query."""
    room_of = dict(_student_memberships(rooms).values_list("user", "classroom"))
    running = (
        Attempt.objects.filter(RUNNING, user__in=room_of)
        .filter(Q(deadline_at=None) | Q(deadline_at__gt=timezone.now()))
        .select_related("exam", "user")
        .order_by("-last_activity_at")[:LIVE_ROWS]
    )
    return [
        {
            "student_name": attempt.user.display_name,
            "exam_title": str(attempt.exam),
            "class_id": room_of[attempt.user_id],
            "exam_id": attempt.exam_id,
            "answered": attempt.answered,
            "maximum": attempt.exam.max_items,
            "last_activity": attempt.last_activity_at,
        }
        for attempt in running
    ]
