"""A calibration as a file of its own: report.html with its plots, and the parameters as a table."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from exams.flags import flags_of
from exams.models import CalibratedItem, CalibrationRun
from exams.plots import Axis, Bars, Line, Points, axis_over, plot
from exams.psychometrics.curves import CURVE, expected_shares
from exams.psychometrics.models import Items
from exams.selectors.calibration import reason_in_words

COLUMNS = (
    "model", "answers", "discrimination", "se_discrimination", "difficulty", "se_difficulty", "guessing", "se_guessing",
    "upper", "se_upper", "thresholds", "se_thresholds", "facility", "item_total", "infit", "outfit", "s_x2", "s_x2_df",
    "s_x2_p",
)  # fmt: skip


def write_report(run: CalibrationRun, folder: Path) -> Path:
    """Write report.html and parameters.csv into `folder`, which is made; returns the path of the report."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(run.results.select_related("item__area", "version").order_by("is_anchor", "item__code"))
    report = folder / "report.html"
    report.write_text(render_to_string("exams/reports/calibration.html", report_context(run, rows)), encoding="utf-8")
    with (folder / "parameters.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "version", "anchor", "old_difficulty", *COLUMNS, "flags"])
        for row in rows:
            values = [_cell(getattr(row, name)) for name in COLUMNS]
            head = [row.item.code, row.version.number, int(row.is_anchor), row.version.difficulty]
            writer.writerow([*head, *values, " ".join(row.flags)])
    return report


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join("" if v is None else f"{v:.4f}" for v in value)
    return round(value, 4) if isinstance(value, float) else value


def report_context(run: CalibrationRun, rows: Sequence[CalibratedItem]) -> dict[str, Any]:
    """What the report's template shows."""
    estimated = [row for row in rows if not row.is_anchor]
    return {
        "run": run,
        "items": [{"row": row, "plot": curve_plot(row), "flags": flags_of(row.flags)} for row in estimated],
        "anchors": [{"row": row, "flags": flags_of(row.flags)} for row in rows if row.is_anchor],
        "shift_plot": shift_plot(estimated),
        "information_plot": information_plot(run),
        "ability_plot": ability_plot(run),
        "search_plot": search_plot(run),
        "comparison": comparison_of(run),
        "left_out": left_out_of(run),
    }


def comparison_of(run: CalibrationRun) -> list[dict[str, Any]]:
    """The models side by side, the least BIC marked."""
    rows = [dict(row) for row in run.summary.get("comparison", [])]
    least = min((row["bic"] for row in rows), default=None)
    for row in rows:
        row["label"], row["best"] = CalibrationRun.Model(row["model"]).label, row["bic"] == least and len(rows) > 1
    return rows


def left_out_of(run: CalibrationRun) -> list[dict[str, Any]]:
    rows = sorted(run.summary.get("left_out", []), key=lambda row: row["code"])
    return [{**row, "why": reason_in_words(row["reason"])} for row in rows]


def items_of(row: CalibratedItem) -> Items:
    """The parameters of one result."""
    steps = row.thresholds or [row.difficulty]
    return Items(
        (row.model,), np.array([row.discrimination]), np.array([steps]), np.array([row.guessing]), np.array([row.upper])
    )


def curve_plot(row: CalibratedItem) -> str:
    layers: list[Any] = [Line(CURVE.tolist(), expected_shares(items_of(row))[0].tolist())]
    if row.observed:
        columns = {name: [point[name] for point in row.observed] for name in ("theta", "p", "low", "high")}
        layers.append(Points(columns["theta"], columns["p"], low=columns["low"], high=columns["high"]))
    title = _("%(code)s: expected and observed score by ability") % {"code": row.item.code}
    return plot(title, Axis(_("Ability θ"), -4, 4), Axis(_("Share of the score"), 0, 1), layers, width=320, height=210)


def shift_plot(rows: Sequence[CalibratedItem]) -> str:
    """Old difficulties against new ones, with two standard errors on both sides."""
    old, new = [row.version.difficulty for row in rows], [row.difficulty for row in rows]
    errors = [2 * (row.se_difficulty or 0) for row in rows]
    low, high = ([v + sign * e for v, e in zip(new, errors, strict=True)] for sign in (-1, 1))
    axis = axis_over("", old, new)
    points = Points(old, new, "main", low=low, high=high, names=[row.item.code for row in rows])
    x, y = Axis(_("Difficulty before"), axis.low, axis.high), Axis(_("Difficulty now"), axis.low, axis.high)
    diagonal = Line([axis.low, axis.high], [axis.low, axis.high], "quiet", dashed=True)
    return plot(_("Difficulties before and now"), x, y, [diagonal, points])


def information_plot(run: CalibrationRun) -> str:
    data = run.summary["information"]
    y = axis_over(_("Test information"), data["before"], data["after"], least=0)
    before = Line(data["theta"], data["before"], "quiet", dashed=True)
    layers = [before, Line(data["theta"], data["after"])]
    return plot(_("Test information before and now"), Axis(_("Ability θ"), -4, 4), y, layers)


def ability_plot(run: CalibrationRun) -> str:
    bins = run.summary["ability"]
    low, high, count = ([row[name] for row in bins] for name in ("from", "to", "count"))
    x = axis_over(_("Ability θ"), low, high, margin=0)
    y = axis_over(_("Attempts"), count, least=0)
    return plot(_("Abilities of the students"), x, y, [Bars(low, high, count)])


def search_plot(run: CalibrationRun) -> str:
    """How the log-likelihood rose."""
    values = run.summary["objectives"]
    steps = list(range(1, len(values) + 1))
    # The first steps rise by thousands; what matters is that the end is flat.
    shown = values[max(0, len(values) // 4) :]
    y = axis_over(_("Log-likelihood"), shown)
    x = axis_over(_("Step"), steps[-len(shown) :], margin=0.02)
    return plot(_("The way of the search"), x, y, [Line(steps[-len(shown) :], shown)])
