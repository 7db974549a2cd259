"""What a finished attempt shows: score and group, the path of ability, content areas, the review of each item."""

from dataclasses import dataclass
from math import isfinite
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count

from accounts.people import Person
from accounts.selectors import can_see_student
from exams.cat.items import categories_of, first_rows, probabilities
from exams.models import Attempt, ContentArea, Response
from exams.pools import LoadedPool, load_pool
from exams.scales import Z95
from exams.selectors.histograms import score_bins
from exams.selectors.percentiles import percentile_of
from exams.selectors.reported import class_of, scales_of, subscales_of
from exams.selectors.review import newest_grades, review_of
from exams.state import SCORE_PER_LOGIT, scaled_score
from zones.context import exists_in_zone, zone_wide
from zones.problems import NotFound


def get_attempt(person: Person, attempt_id: UUID) -> Attempt:
    """An attempt that `person` may look at: their own, their student's or their child's.

    Raises NotFound, audited when it exists but is not for them.
    """
    attempt = Attempt.objects.select_related("exam", "user", "organization").filter(pk=attempt_id).first()
    if attempt and (attempt.user_id == person.pk or can_see_student(person, attempt.user)):
        return attempt
    raise NotFound(audited=exists_in_zone(Attempt, pk=attempt_id))


@dataclass(frozen=True)
class Report:
    """A finished attempt, ready for a page or the API."""

    attempt: Attempt
    result: dict[str, Any]
    scales: list[dict[str, Any]]
    subscales: list[dict[str, Any]]
    classification: dict[str, Any] | None
    trajectory: list[dict[str, Any]]
    distribution: dict[str, Any] | None
    areas: list[dict[str, Any]]
    review: list[dict[str, Any]]


def report_of(attempt: Attempt, language: str | None = None) -> Report:
    """Everything about a finished attempt; `language` is that of the review's texts (the attempt's when empty)."""
    loaded = load_pool(attempt.pool_id)
    responses = list(attempt.responses.order_by("position"))
    names = {area.pk: area.translated("name") for area in ContentArea.objects.all()}
    index = {version: place for place, version in enumerate(loaded.versions)}
    areas = [names.get(int(_area(loaded, index[r.version_id])), "") for r in responses]
    return Report(
        attempt=attempt,
        result=result_of(attempt),
        scales=scales_of(attempt),
        subscales=subscales_of(attempt, names),
        classification=class_of(attempt),
        trajectory=_trajectory(responses),
        distribution=distribution_of(attempt),
        areas=_areas(attempt, loaded, responses, areas),
        review=review_of(
            responses,
            {response.version_id: loaded.answers[index[response.version_id]] for response in responses},
            areas,
            answered_in=attempt.language,
            language=language or attempt.language,
        ),
    )


# How everybody did is of the whole zone, and names nobody.
@zone_wide()
def result_of(attempt: Attempt) -> dict[str, Any]:
    """Score, its standard error and place in the group (all finished attempts at the exam with a score)."""
    group = _group(attempt).aggregate(mean=Avg("score"), n=Count("pk"))
    return {
        "score": attempt.score,
        "se_score": None if attempt.se is None else round(attempt.se * SCORE_PER_LOGIT, 1),
        "theta": attempt.theta,
        "se": attempt.se,
        "percentile": percentile_of(attempt),
        "correct": attempt.correct,
        "answered": attempt.scored,
        "group_mean": None if group["mean"] is None else round(group["mean"], 1),
        "group_n": group["n"],
    }


def _group(attempt: Attempt) -> Any:
    return Attempt.objects.filter(exam_id=attempt.exam_id, status=Attempt.Status.FINISHED, score__isnull=False)


@zone_wide()
def distribution_of(attempt: Attempt) -> dict[str, Any] | None:
    """The group's scores in bins of 50 points and the own score; None before anybody has a score."""
    bins = score_bins(_group(attempt))
    return {"bins": bins, "own": attempt.score} if bins else None


def _area(loaded: LoadedPool, place: int) -> str:
    return loaded.pool.area_names[loaded.pool.area_index[place]]


def _trajectory(responses: list[Response]) -> list[dict[str, Any]]:
    return [
        {
            "position": r.position,
            "theta": round(r.theta, 3),
            "low": round(r.theta - Z95 * r.se, 3),
            "high": round(r.theta + Z95 * r.se, 3),
            "difficulty": round(r.difficulty, 3),
            "correct": r.is_correct,
        }
        for r in responses
        # Nothing is known before the first score, nor drawn.
        if r.is_scored and isfinite(r.se)
    ]


def _areas(attempt: Attempt, loaded: LoadedPool, responses: list[Response], areas: list[str]) -> list[dict[str, Any]]:
    """Right answers that count by content area, beside what the model expects at the final ability."""
    chances = chances_of_right(loaded, attempt.theta or 0.0)
    grades = newest_grades(responses)
    most = {version: spec.max_score for version, spec in zip(loaded.versions, loaded.answers, strict=True)}
    rows: dict[str, dict[str, Any]] = {}
    for response, area in zip(responses, areas, strict=True):
        grade = grades.get(response.pk)
        if not response.is_scored or (response.score is None and grade is None):
            continue
        row = rows.setdefault(area, {"area": area, "correct": 0, "answered": 0, "expected": 0.0})
        is_right = grade.score == most[response.version_id] if grade else response.is_correct
        row["correct"] += int(is_right)
        row["answered"] += 1
        row["expected"] += chances[response.version_id]
    for row in rows.values():
        row["expected"] = round(row["expected"], 2)
    return list(rows.values())


def chances_of_right(loaded: LoadedPool, theta: float) -> dict[int, float]:
    """By version: the probability of the highest score at ability `theta`, with the pool's own parameters."""
    items = loaded.pool.items
    highest = probabilities(theta, items)[first_rows(items) + categories_of(items) - 1]
    return dict(zip(loaded.versions, highest.tolist(), strict=True))


def score_band(attempt: Attempt) -> tuple[float, float] | None:
    """The 95 % interval of a score on the reporting scale."""
    if attempt.theta is None or attempt.se is None or attempt.score is None:
        return None
    return scaled_score(attempt.theta - Z95 * attempt.se), scaled_score(attempt.theta + Z95 * attempt.se)
