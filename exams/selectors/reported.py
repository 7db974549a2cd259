"""What is stored on a finished attempt, in the reader's language: scales, content areas, class, reason."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exams.models import Attempt
from exams.scales import Z95
from exams.state import scaled_score

Row = dict[str, Any]


def reason_words(attempt: Attempt) -> str:
    """Why the attempt ended, as a part of a sentence; empty while it runs."""
    words = {
        Attempt.FinishReason.LENGTH: _("ended with the last question"),
        Attempt.FinishReason.PRECISION: _("ended when the ability was known well enough"),
        Attempt.FinishReason.INFORMATION: _("ended when no question was left that would have told more"),
        Attempt.FinishReason.CHANGE: _("ended when the answers no longer changed the ability"),
        Attempt.FinishReason.CLASSIFICATION: _("ended when the class was certain"),
        Attempt.FinishReason.TIME: _("ended when time was up"),
        Attempt.FinishReason.SUBMITTED: _("handed in before the last question"),
        Attempt.FinishReason.CLOSED: _("ended when the exam closed"),
        Attempt.FinishReason.POOL_EXHAUSTED: _("ended when no question was left"),
    }
    return words.get(Attempt.FinishReason(attempt.finish_reason), "") if attempt.finish_reason else ""


def scales_of(attempt: Attempt) -> list[Row]:
    """[{code, name, kind, value, se, low, high, decimals}], as the attempt was reported."""
    return [
        {
            "code": scale["code"],
            "name": _name(scale["names"]),
            **{key: scale[key] for key in ("kind", "value", "se", "low", "high", "decimals")},
        }
        for scale in attempt.report.get("scales", ())
    ]


def _name(names: Mapping[str, str]) -> str:
    return names.get((get_language() or "").partition("-")[0]) or names[""]


def subscales_of(attempt: Attempt, area_names: Mapping[int, str]) -> list[Row]:
    """The abilities by content area, in the order of `area_names`.

    Returns
    -------
    list of dict
        area: its name, items, theta, se; score, low, high on the zone's scale with the ends of the 95 % band (None
        without a finite standard error); scales: [{code, name, value, low, high, decimals}].
    """
    whole = {scale["code"]: scale for scale in scales_of(attempt)}
    order = {area: place for place, area in enumerate(area_names)}
    rows = sorted(attempt.report.get("areas", ()), key=lambda row: order.get(int(row["area"]), len(order)))
    return [
        {
            "area": area_names.get(int(row["area"]), ""),
            **{key: row[key] for key in ("items", "theta", "se")},
            **_band(row["theta"], row["se"]),
            "scales": [
                {**score, "name": whole[score["code"]]["name"], "decimals": whole[score["code"]]["decimals"]}
                for score in row["scales"]
            ],
        }
        for row in rows
    ]


def _band(theta: float, se: float | None) -> Row:
    low, high = (None, None) if se is None else (scaled_score(theta - Z95 * se), scaled_score(theta + Z95 * se))
    return {"score": scaled_score(theta), "low": low, "high": high}


def class_of(attempt: Attempt) -> Row | None:
    """{number (from 1), of, low, high}: the class and the scores that bound it; None for an exam without cut scores."""
    number, cuts = attempt.report.get("class"), attempt.report.get("cut_scores", ())
    if number is None:
        return None
    return {
        "number": number + 1,
        "of": len(cuts) + 1,
        "low": scaled_score(cuts[number - 1]) if number else None,
        "high": scaled_score(cuts[number]) if number < len(cuts) else None,
    }
