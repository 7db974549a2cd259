"""Numbers in a row, as `partials/figures.html` shows them."""

from typing import Any

from django.utils.translation import gettext as _

from exams.models import Accommodation
from exams.selectors.results import Report, score_band


def figure(label: str, value: Any, unit: str = "", note: str = "") -> dict[str, Any]:
    return {"label": label, "value": "–" if value is None else value, "unit": unit, "note": note}


def student_figures(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From `score_history`: how many exams, the latest and best score, and the way between first and last."""
    scores = [row["score"] for row in history]
    change = round(scores[-1] - scores[0]) if len(scores) > 1 else None
    return [
        figure(_("Exams finished"), len(scores)),
        figure(_("Latest score"), round(scores[-1]) if scores else None, note=history[-1]["title"] if scores else ""),
        figure(_("Best score"), round(max(scores)) if scores else None),
        figure(_("Since the first"), None if change is None else f"{change:+d}"),
    ]


def group_figures(summary: dict[str, Any], people: int) -> list[dict[str, Any]]:
    """From `statistics.exam_summary` and the number of students."""
    mean, sd, se = summary["mean"], summary["sd"], summary["se"]
    return [
        figure(_("Students"), people),
        figure(_("Finished"), summary["finished"], note=_("%(n)s in progress") % {"n": summary["running"]}),
        figure(
            _("Mean score"),
            None if mean is None else round(mean),
            note="" if sd is None else _("SD %(sd)s") % {"sd": round(sd)},
        ),
        figure(_("Precision"), None if se is None else f"±{100 * se:.0f}", note=_("mean standard error")),
    ]


def subscale_chart(report: Report) -> list[dict[str, Any]]:
    """The whole and each content area as points with their 95 % bands on the zone's scale; empty without areas."""
    if not report.subscales:
        return []
    low, high = score_band(report.attempt) or (None, None)
    whole = {"label": _("Whole exam"), "value": report.result["score"], "low": low, "high": high, "whole": True}
    return [
        whole,
        *(
            {"label": row["area"], "value": row["score"], "low": row["low"], "high": row["high"], "whole": False}
            for row in report.subscales
        ),
    ]


def accommodation_figures(accommodation: Accommodation | None, minutes: int | None) -> dict[str, Any] | None:
    """What the page before an exam says to a student with an accommodation; `minutes` is the exam's time limit."""
    if accommodation is None:
        return None
    extra = accommodation.extra_time_percent
    return {
        "extra_time_percent": extra,
        "minutes": round(minutes * (1 + extra / 100)) if minutes and extra else None,
        "pause_minutes": accommodation.pause_minutes,
        "large_print": accommodation.large_print,
    }
