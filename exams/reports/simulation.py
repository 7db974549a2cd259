"""A simulation as a page: figures and plots, in the console and as a file of its own."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from exams.constraint_names import constraint_words
from exams.models import Attempt, ItemVersion, SimulationRun
from exams.plots import Axis, Bars, Layer, Line, Points, axis_over, plot

# So many of the most used items are listed.
MOST_USED = 20


def write_report(run: SimulationRun, folder: Path) -> Path:
    """Write simulation.html into `folder`, which is made; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "simulation.html"
    report.write_text(render_to_string("exams/reports/simulation.html", report_context(run)), encoding="utf-8")
    return report


def report_context(run: SimulationRun) -> dict[str, Any]:
    """What the report's template shows of a finished simulation."""
    result = run.result
    reasons = dict(Attempt.FinishReason.choices)
    return {
        "run": run,
        "result": result,
        "reasons": [(reasons.get(name, name), count) for name, count in sorted(result["reasons"].items())],
        "violations": _violations(run),
        "most_used": _most_used(run),
        "classes": _classes(result["classes"]),
        "exceeds": result["rate"] is not None and result["exposure"]["highest"] > result["rate"] + 1e-9,
        "error_plot": error_plot(result),
        "precision_plot": precision_plot(result),
        "coverage_plot": coverage_plot(result),
        "length_plot": length_plot(result),
        "exposure_plot": exposure_plot(result),
        "search_plot": search_plot(result) if result["parameters"] else "",
    }


def _violations(run: SimulationRun) -> list[tuple[str, int]]:
    names = {str(row.area_id): str(row.area) for row in run.exam.blueprint.select_related("area")}
    return [(constraint_words(name, names), count) for name, count in run.result["violations"].items()]


def _most_used(run: SimulationRun) -> list[tuple[str, float]]:
    rates = run.result["exposure"]["rates"]
    first = sorted(range(len(rates)), key=lambda index: -rates[index])[:MOST_USED]
    versions = [run.result["versions"][index] for index in first]
    codes = dict(ItemVersion.objects.filter(pk__in=versions).values_list("pk", "item__code"))
    return [(codes.get(version, "–"), rates[index]) for index, version in zip(first, versions, strict=True)]


def _classes(classes: dict[str, Any] | None) -> dict[str, Any] | None:
    """The table of classes with their names, "below .5", "-.5 to .5" and so on, beside it."""
    if classes is None:
        return None
    cuts = [f"{cut:g}" for cut in classes["cuts"]]
    middle = [_("%(low)s to %(high)s") % {"low": low, "high": high} for low, high in pairwise(cuts)]
    names = [_("below %(cut)s") % {"cut": cuts[0]}, *middle, _("from %(cut)s") % {"cut": cuts[-1]}]
    return {**classes, "names": names, "rows": list(zip(names, classes["table"], strict=True))}


def _column(result: dict[str, Any], name: str) -> list[float]:
    # A group of students whose standard error was infinite has none; the plot leaves a gap.
    return [float("nan") if row[name] is None else row[name] for row in result["conditional"]]


def _ability(result: dict[str, Any]) -> Axis:
    return axis_over(_("true ability (logits)"), _column(result, "theta"))


def error_plot(result: dict[str, Any]) -> SafeString:
    """Bias and root mean square error by true ability."""
    theta, bias, rmse = (_column(result, name) for name in ("theta", "bias", "rmse"))
    x, y = _ability(result), axis_over(_("logits"), bias, rmse, [0.0])
    layers: list[Layer] = [Line([x.low, x.high], [0, 0], "quiet", dashed=True)]
    layers += [Line(theta, rmse), Line(theta, bias, "second")]
    return plot(
        _("Bias and root mean square error by ability"),
        x,
        y,
        [*layers, Points(theta, rmse, "main"), Points(theta, bias)],
    )


def precision_plot(result: dict[str, Any]) -> SafeString:
    """The standard error that is reported beside the one that there is."""
    theta, reported, real = (_column(result, name) for name in ("theta", "se", "empirical_se"))
    y = axis_over(_("standard error (logits)"), reported, real, least=0.0)
    layers: list[Layer] = [Line(theta, reported), Line(theta, real, "quiet", dashed=True), Points(theta, real)]
    return plot(_("Reported and real standard error by ability"), _ability(result), y, layers)


def coverage_plot(result: dict[str, Any]) -> SafeString:
    """How often the 95 % band holds the true ability."""
    theta, coverage = _column(result, "theta"), _column(result, "coverage")
    x, y = _ability(result), axis_over(_("share of students"), coverage, [0.85, 1.0])
    layers: list[Layer] = [Line([x.low, x.high], [0.95, 0.95], "quiet", dashed=True)]
    layers += [Line(theta, coverage), Points(theta, coverage)]
    return plot(_("Share of students whose 95 % band holds their ability"), x, y, layers)


def length_plot(result: dict[str, Any]) -> SafeString:
    """How many items students are given."""
    lengths = [length for length, _count in result["lengths"]]
    counts = [count for _length, count in result["lengths"]]
    x = Axis(_("items"), min(lengths) - 1.0, max(lengths) + 1.0)
    bars = Bars([n - 0.4 for n in lengths], [n + 0.4 for n in lengths], counts, "main")
    return plot(_("Length of the tests"), x, axis_over(_("students"), counts, least=0.0), [bars])


def exposure_plot(result: dict[str, Any]) -> SafeString:
    """Exposure of the items, from the most used one down."""
    rates = sorted(result["exposure"]["rates"], reverse=True)
    used = max(sum(rate > 0 for rate in rates), 2)
    # A line of so many points is as smooth as can be seen.
    step = max(1, used // 300)
    x, shown = Axis(_("items, the most used first"), 0.0, float(used)), range(0, used, step)
    layers: list[Layer] = [Line(list(shown), [rates[index] for index in shown])]
    if result["rate"] is not None:
        layers.append(Line([0, used], [result["rate"], result["rate"]], "quiet", dashed=True))
    y = axis_over(_("share of students"), rates, [result["rate"] or 0.0], least=0.0)
    return plot(_("Exposure of the items"), x, y, layers)


def search_plot(result: dict[str, Any]) -> SafeString:
    """The highest exposure from round to round of the search for exposure parameters."""
    highest = result["parameters"]["highest"]
    rounds = list(range(1, len(highest) + 1))
    x = Axis(_("round"), 0.5, len(highest) + 0.5)
    layers: list[Layer] = [Line(rounds, highest), Points(rounds, highest)]
    if result["rate"] is not None:
        layers.append(Line([x.low, x.high], [result["rate"], result["rate"]], "quiet", dashed=True))
    return plot(_("Highest exposure by round"), x, axis_over(_("highest exposure"), highest, least=0.0), layers)
