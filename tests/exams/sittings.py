"""Attempts written in bulk whose answers follow planted parameters of any model: what calibration must find again."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from accounts.models import Organization, User
from accounts.permissions import Role
from exams.models import Attempt, Exam, ItemVersion, Response
from exams.pools import current_pool
from exams.psychometrics.models import Items


@dataclass(frozen=True, eq=False)
class Simulated:
    """`scores[i, j]` is student i's score on version j, -1 where it was not given."""

    attempts: list[Attempt]
    theta: NDArray[np.float64]
    scores: NDArray[np.intp]


def students_of(organization: Organization | None, count: int, prefix: str = "s") -> list[User]:
    return User.objects.bulk_create(
        User(
            email=f"{prefix}{n}@example.com",
            display_name=f"{prefix} {n}",
            role=Role.STUDENT,
            organization=organization,
            password="!",
        )
        for n in range(count)
    )


def simulate(
    students: Sequence[User],
    exam: Exam,
    versions: Sequence[ItemVersion],
    truth: Items,
    *,
    theta: NDArray[np.float64],
    given: int | None = None,
    always: Sequence[int] = (),
    unscored: Sequence[int] = (),
    seed: int = 0,
    at: datetime | Sequence[datetime] | None = None,
    language: str = "ko",
) -> Simulated:
    """A finished attempt of each student: `given` random items (all by default) and those that are `always` given.

    `unscored` are items in field test. `at` is when it ended, one moment or one for each student.
    """
    rng, pool = np.random.default_rng(seed), current_pool(exam).pk
    moments = [at] * len(students) if at is None or isinstance(at, datetime) else list(at)
    table = truth.probabilities(theta)
    scores = np.full((len(students), len(versions)), -1)
    attempts, responses = [], []
    for i, (student, moment) in enumerate(zip(students, moments, strict=True)):
        now = moment or timezone.now()
        drawn = rng.permutation(len(versions))[: given or len(versions)].tolist()
        order = list(dict.fromkeys([*drawn, *always]))
        attempt = _attempt(student, exam, pool, float(theta[i]), len(order), now, language)
        attempts.append(attempt)
        for position, j in enumerate(order, start=1):
            score = int((rng.random() > np.cumsum(table[j, :, i])[: int(truth.categories[j]) - 1]).sum())
            scores[i, j] = score
            responses.append(_response(attempt, position, versions[j], score, j not in unscored, now, rng))
    Attempt.objects.bulk_create(attempts, batch_size=2000)
    Response.objects.bulk_create(responses, batch_size=5000)
    # As autovacuum would before long; until then the planner may believe that these tables are still empty.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE exams_attempt, exams_response")
    return Simulated(attempts, theta, scores)


def _attempt(
    student: User, exam: Exam, pool: int, theta: float, answered: int, now: datetime, language: str
) -> Attempt:
    return Attempt(
        exam=exam,
        user=student,
        organization_id=student.organization_id,
        pool_id=pool,
        language=language,
        status=Attempt.Status.FINISHED,
        finish_reason=Attempt.FinishReason.LENGTH,
        started_at=now - timedelta(minutes=20),
        finished_at=now,
        last_activity_at=now,
        seed=1,
        state={"administered": [], "scores": [], "theta": theta, "se": 0.3, "item": None},
        answered=answered,
        theta=theta,
        se=0.3,
        score=500 + 100 * theta,
    )


def _response(
    attempt: Attempt,
    position: int,
    version: ItemVersion,
    score: int,
    is_scored: bool,
    now: datetime,
    rng: np.random.Generator,
) -> Response:
    values: dict[str, Any] = {name: getattr(version, name) for name in ("discrimination", "difficulty", "guessing")}
    option = None
    if version.key is not None:
        option = version.key if score else (version.key + int(rng.integers(1, 4)) - 1) % 4 + 1
    return Response(
        attempt=attempt,
        position=position,
        version=version,
        option=option,
        answer=None if option else {"text": "…"},
        score=score,
        is_scored=is_scored,
        is_correct=score == version.max_score,
        theta=attempt.theta,
        se=0.3,
        presented_at=now - timedelta(minutes=10),
        answered_at=now - timedelta(minutes=10) + timedelta(seconds=10 * position),
        elapsed_ms=1000 * position,
        client_key=uuid.uuid4(),
        **values,
    )
