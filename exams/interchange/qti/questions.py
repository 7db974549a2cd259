"""What a question of QTI comes to in our terms, before it is a draft."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from exams.drafts import CriterionText, DraftKey

MOST_CATEGORIES = 10


class Refused(Exception):
    """The item cannot be imported; the message says why, for the person who sent it."""


@dataclass(frozen=True)
class Question:
    """Kind, parts, key and scoring of one item in one language; the fields are those of ItemDraft and DraftText."""

    kind: str
    options: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    key: int | None = None
    keys: tuple[DraftKey, ...] = ()
    gaps: Mapping[int, str] = field(default_factory=dict)
    gap_options: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    scoring: str = "exact"
    max_score: int = 1
    case_sensitive: bool = False
    rubric: tuple[int, ...] = ()
    criteria: tuple[CriterionText, ...] = ()


def scored(question: Question, most: Iterable[float], *, is_partial: bool) -> Question:
    """The question with partial credit, if there is any; `most` is what each of its parts is worth at best.

    The highest score is the sum of the points where they are whole and few, else the number of parts.
    """
    points = [value for value in most if value > 0]
    total = sum(points)
    whole = abs(total - round(total)) < 1e-9 and 2 <= round(total) <= MOST_CATEGORIES
    max_score = round(total) if whole else min(len(points), MOST_CATEGORIES)
    if not is_partial or max_score < 2:
        return replace(question, scoring="exact", max_score=1)
    return replace(question, scoring="partial", max_score=max_score)


def best_of(question: Question, points: Iterable[float]) -> Question:
    """The question scored by the best of alternatives that are worth `points`: partly, if they differ."""
    values = {value for value in points if value > 0}
    if len(values) < 2:
        return replace(question, scoring="exact", max_score=1)
    top = max(values)
    whole = abs(top - round(top)) < 1e-9 and 2 <= round(top) <= MOST_CATEGORIES
    return replace(question, scoring="partial", max_score=round(top) if whole else 2)
