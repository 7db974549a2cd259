"""Many attempts at one exam, written in bulk: what selectors must read fast and count right."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from accounts.models import ClassMembership, Classroom, User
from accounts.permissions import Role
from exams.cat import ItemParameters
from exams.cat.models import probability
from exams.models import Attempt, Exam, ItemVersion, Response
from exams.pools import current_pool
from exams.state import scaled_score


@dataclass(frozen=True)
class Sittings:
    """`scores[i, j]` is 1 where student i was right on item j of `versions`, nan where the item was not given."""

    students: list[User]
    attempts: list[Attempt]
    versions: list[ItemVersion]
    scores: NDArray[np.float64]

    @property
    def thetas(self) -> NDArray[np.float64]:
        return np.array([attempt.theta for attempt in self.attempts])


def enrol(room: Classroom, count: int) -> list[User]:
    students = User.objects.bulk_create(
        User(
            email=f"many{n}@example.com",
            display_name=f"Student {n:03}",
            role=Role.STUDENT,
            organization=room.organization,
            password="!",
        )
        for n in range(count)
    )
    ClassMembership.objects.bulk_create(
        ClassMembership(classroom=room, user=student, kind=ClassMembership.Kind.STUDENT) for student in students
    )
    return students


def sit(students: list[User], exam: Exam, *, given: int, seed: int = 0, at: datetime | None = None) -> Sittings:
    """One finished attempt of each student: `given` random items, answered as the model expects."""
    rng, pool, now = np.random.default_rng(seed), current_pool(exam), at or timezone.now()
    by_id = ItemVersion.objects.in_bulk(pool.versions)
    versions = [by_id[pk] for pk in pool.versions]
    items = ItemParameters(*(np.array([getattr(v, name) for v in versions]) for name in PARAMETERS))
    abilities, scores, responses, attempts = rng.normal(size=len(students)), [], [], []
    for student, theta in zip(students, abilities, strict=True):
        right = (rng.random(len(versions)) < probability(theta, items)).astype(float)
        order = rng.permutation(len(versions))[:given]
        row = np.full(len(versions), np.nan)
        row[order] = right[order]
        scores.append(row)
        attempt = _attempt(student, exam, pool.pk, float(theta), row, now)
        attempts.append(attempt)
        responses += [
            _response(attempt, n, versions[j], bool(right[j]), now) for n, j in enumerate(order.tolist(), start=1)
        ]
    Attempt.objects.bulk_create(attempts)
    Response.objects.bulk_create(responses, batch_size=2000)
    # As autovacuum would before long; until then the planner may believe that these tables are still empty.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE exams_attempt, exams_response")
    return Sittings(students, attempts, versions, np.array(scores))


PARAMETERS = ("discrimination", "difficulty", "guessing")


def _attempt(student: User, exam: Exam, pool: int, theta: float, row: NDArray[np.float64], now: datetime) -> Attempt:
    return Attempt(
        exam=exam,
        user=student,
        organization_id=student.organization_id,
        pool_id=pool,
        language="ko",
        status=Attempt.Status.FINISHED,
        finish_reason=Attempt.FinishReason.LENGTH,
        started_at=now - timedelta(minutes=20),
        finished_at=now,
        last_activity_at=now,
        seed=1,
        state={"administered": [], "scores": [], "theta": theta, "se": 0.3, "item": None},
        answered=int((~np.isnan(row)).sum()),
        correct=int(np.nansum(row)),
        theta=theta,
        se=0.3,
        score=scaled_score(theta),
    )


def _response(attempt: Attempt, position: int, version: ItemVersion, right: bool, now: datetime) -> Response:
    return Response(
        attempt=attempt,
        position=position,
        version=version,
        option=version.key if right else version.key % 4 + 1,
        score=int(right),
        is_correct=right,
        theta=attempt.theta,
        se=0.3,
        presented_at=now - timedelta(minutes=10),
        answered_at=now,
        elapsed_ms=1000 * position,
        client_key=uuid.uuid4(),
        **{name: getattr(version, name) for name in PARAMETERS},
    )
