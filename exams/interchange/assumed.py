"""What is assumed of how a question measures when its file does not say, and of its score."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from exams.drafts import spread_thresholds
from exams.models import ItemVersion

# More categories than answers can tell apart are no use to anybody.
MOST_CATEGORIES = 10


def single_choice(options: int) -> dict[str, Any]:
    """Parameters of a single choice: average, and guessed right once in `options` times."""
    return {"a": 1.0, "b": 0.0, "c": round(min(0.5, 1 / max(options, 2)), 3)}


def open_answer(max_score: int = 1) -> dict[str, Any]:
    """Parameters, score and model of a question that is hardly guessed: logistic, or partial credit above one point."""
    plain = {"a": 1.0, "b": 0.0, "c": 0.0, "max_score": max_score}
    if max_score == 1:
        return plain
    return {
        **plain,
        "model": ItemVersion.Model.PARTIAL_CREDIT,
        "scoring": ItemVersion.Scoring.PARTIAL,
        "thresholds": spread_thresholds(0.0, max_score),
    }


def essay(max_score: int) -> dict[str, Any]:
    """The same of an essay, whose score is given by people and not by a key."""
    return {**open_answer(max_score), "scoring": ItemVersion.Scoring.EXACT}


def categories(shares: Iterable[float]) -> int:
    """The fewest points in which all `shares` of the whole (0 to 1) are whole numbers; MOST_CATEGORIES at most."""
    parts = [Fraction(share).limit_denominator(MOST_CATEGORIES) for share in shares if 0 < share < 1]
    return min(lcm(1, *(part.denominator for part in parts)), MOST_CATEGORIES)


def are_whole(shares: Sequence[float], max_score: int) -> bool:
    """Whether no share has to be rounded to a number of points."""
    return all(abs(share * max_score - round(share * max_score)) < 0.02 * max_score for share in shares)
