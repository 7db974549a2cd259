"""Analyses as their pages, the console and the API show them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from exams.content import content_of
from exams.flags import Flag, flags_of
from exams.models import AnalysedItem, AnalysisRun, Attempt, Exam, ItemVersion
from exams.psychometrics.curves import CURVE, expected_shares, information_of
from exams.selectors.answers import parameters_of
from exams.selectors.exams import visible_exams
from zones.problems import NotFound

ALIKE = ("A", "")


@dataclass(frozen=True)
class ExamAnalysis:
    """The newest finished analysis of an exam in one scope, and the one that is under way, if there is one."""

    exam: Exam
    newest: AnalysisRun | None
    waiting: AnalysisRun | None
    failed: AnalysisRun | None


def visible_analyses(person: Person) -> QuerySet[AnalysisRun]:
    """The analyses over the answers that `person` may read: the zone's, or the own organization's."""
    runs = AnalysisRun.objects.select_related("exam", "requested_by")
    if person.role in ZONE_WIDE:
        return runs.filter(organization=None)
    return runs.filter(organization=person.organization_id) if person.organization_id else runs.none()


def analysis_of(person: Person, exam: Exam) -> ExamAnalysis:
    """One query: of each exam and scope there are a few runs at most."""
    runs = list(visible_analyses(person).filter(exam=exam).order_by("-created_at"))
    done = [run for run in runs if run.status == AnalysisRun.Status.FINISHED]
    newest = done[0] if done else None
    failed = runs[0] if runs and runs[0].status == AnalysisRun.Status.FAILED else None
    return ExamAnalysis(exam, newest, next((run for run in runs if run.is_open), None), failed)


def analysed_item(run: AnalysisRun, item_id: UUID) -> AnalysedItem:
    """Raises NotFound for an item that the analysis does not have."""
    row = run.items.select_related("item__area", "version").filter(item=item_id).first()
    if row is None:
        raise NotFound()
    return row


def overview(person: Person) -> list[dict[str, Any]]:
    """[{exam, last, newest, waiting}] of the exams that students in this scope have finished. Three queries."""
    finished = Attempt.objects.filter(status=Attempt.Status.FINISHED)
    if person.role not in ZONE_WIDE:
        finished = finished.filter(organization=person.organization_id)
    taken = dict(finished.values_list("exam").annotate(last=Max("finished_at")))
    exams = visible_exams(person).filter(pk__in=taken)
    runs = visible_analyses(person).filter(exam__in=taken).order_by("created_at").defer("summary")
    newest = {run.exam_id: run for run in runs if run.status == AnalysisRun.Status.FINISHED}
    waiting = {run.exam_id for run in runs if run.is_open}
    rows = [
        {"exam": exam, "last": taken[exam.pk], "newest": newest.get(exam.pk), "waiting": exam.pk in waiting}
        for exam in exams
    ]
    return sorted(rows, key=lambda row: row["last"], reverse=True)


def newest_analyses(person: Person, item_id: UUID) -> list[dict[str, Any]]:
    """[{row, flags}]: one item in the newest analysis of each exam that it was answered in. One query."""
    runs = visible_analyses(person).filter(status=AnalysisRun.Status.FINISHED)
    rows = AnalysedItem.objects.filter(item=item_id, run__in=runs).select_related("run__exam").defer("run__summary")
    return [{"row": row, "flags": flags_of(row.flags)} for row in rows.order_by("run__exam__title", "-run__created_at")]


# --- What is of others ----------------------------------------------------------------------------------------------


def summary_of(run: AnalysisRun) -> dict[str, Any]:
    """The summary as its reader may see it: without the items of another organization's exam that its students took.

    Whose items are seen, the connection decides (exams.row_security); `hidden` is the number of those that are not.
    The figures of the whole test stay: they are of the students' answers.
    """
    codes = _codes_seen(run)
    dependence = run.summary["dependence"]
    pairs = [pair for pair in dependence["pairs"] if {pair["first"], pair["second"]} <= codes]
    wright = [{**each, "items": [code for code in each["items"] if code in codes]} for each in run.summary["wright"]]
    return {
        **run.summary,
        "wright": wright,
        "dependence": {**dependence, "pairs": pairs},
        "hidden": max(run.summary["items"] - len(codes), 0),
    }


def _codes_seen(run: AnalysisRun) -> set[str]:
    return set(run.items.values_list("item__code", flat=True))


# --- What pages draw -------------------------------------------------------------------------------------------------


def rows_of(run: AnalysisRun) -> list[dict[str, Any]]:
    """The items of an analysis for its table, those with grave flags first."""
    rows = run.items.select_related("item__area", "version")
    shown = [
        {
            "id": row.item_id,
            "code": row.item.code,
            "area": row.item.area.translated("name"),
            "answers": row.answers,
            "facility": row.facility,
            "discrimination": row.discrimination,
            "difficulty": row.version.difficulty,
            "infit": row.details.get("infit"),
            "outfit": row.details.get("outfit"),
            "exposure": row.exposure,
            "flags": flags_of(row.flags),
            "in_field_test": row.item.status == "field_test",
        }
        for row in rows
    ]
    return sorted(shown, key=lambda row: (_gravity(row["flags"]), row["code"]))


def _gravity(flags: list[Flag]) -> int:
    order = {"bad": 0, "warn": 1, "note": 2}
    return min((order[flag.level] for flag in flags), default=3)


def findings(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """[{flag, items}]: what there is to look at, the gravest first, each with its items; without the mere notes."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for flag in row["flags"]:
            if flag.level != "note":
                found.setdefault(flag.code, {"flag": flag, "items": []})["items"].append(row)
    return sorted(found.values(), key=lambda each: (_gravity([each["flag"]]), -len(each["items"])))


def groups_of(run: AnalysisRun) -> list[dict[str, Any]]:
    """The groups that were compared, with their names in the reader's language."""
    return [{**group, "label": group_label(group), "against": _against(group)} for group in run.summary.get("dif", [])]


def group_label(group: dict[str, Any]) -> str:
    name = _language(group["name"]) if group["grouping"] == "language" else group["name"]
    kinds = {
        "language": _("language: %(name)s"),
        "organization": _("organization: %(name)s"),
        "class": _("class: %(name)s"),
    }
    return kinds[group["grouping"]] % {"name": name}


def _against(group: dict[str, Any]) -> str:
    if not group["reference"]:
        return _("the others of the school")
    return _language(group["reference"]) if group["grouping"] == "language" else group["reference"]


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def dif_rows(run: AnalysisRun, group_id: str) -> list[dict[str, Any]]:
    """The items compared between one group and its reference, the largest difference first."""
    rows = run.items.select_related("item").only("item__code", "details", "run_id", "item_id")
    found = [
        {"id": row.item_id, "code": row.item.code, **row.details["dif"][group_id]}
        for row in rows
        if group_id in row.details.get("dif", {})
    ]
    for row in found:
        row["harder"] = _harder(row)
    return sorted(found, key=lambda row: (row["ets"] in ALIKE, -abs(row["delta"] or 0)))


def _harder(row: dict[str, Any]) -> str:
    """Whom the item disadvantages, in words; empty where the class is A."""
    if row["ets"] in ALIKE or row["delta"] is None:
        return ""
    return _("harder for this group") if row["delta"] < 0 else _("easier for this group")


def exam_context(run: AnalysisRun, group_id: str = "") -> dict[str, Any]:
    """What the page of a finished analysis shows, in the app and in the console."""
    rows, groups, precision = rows_of(run), groups_of(run), run.summary["precision"]
    chosen = next((group for group in groups if group["id"] == group_id), groups[0] if groups else None)
    return {
        "summary": summary_of(run),
        "rows": rows,
        "findings": findings(rows),
        "groups": groups,
        "group": chosen,
        "dif": dif_rows(run, chosen["id"]) if chosen else [],
        "information_data": {**precision, "measured": run.summary["measured"]},
        "conditional": _conditional(precision),
    }


def _conditional(precision: dict[str, Any]) -> list[dict[str, Any]]:
    """[{theta, score, sem}] at whole logits; empty where everybody had other items."""
    if "sem" not in precision:
        return []
    rows = zip(precision["theta"], precision["true_score"], precision["sem"], strict=True)
    return [{"theta": int(t), "score": score, "sem": sem} for t, score, sem in rows if float(t).is_integer()]


def curve_data(version: ItemVersion, observed: list[dict[str, Any]]) -> dict[str, Any]:
    """What the chart "curve" takes: the model's curve and information, and the observed points."""
    items = parameters_of([version])
    share, information = expected_shares(items)[0], information_of(items)[0]
    rows = zip(CURVE.tolist(), share.tolist(), information.tolist(), strict=True)
    curve = [{"theta": round(t, 2), "p": round(p, 4), "information": round(i, 4)} for t, p, i in rows]
    return {"curve": curve, "observed": observed}


def item_context(row: AnalysedItem, language: str, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page of one item shows."""
    details, codes = row.details, _codes_seen(row.run)
    content = content_of(row.version_id, language)
    options = [
        {**option, "html": content.options[option["option"] - 1] if option["option"] <= len(content.options) else ""}
        for option in details["options"]
    ]
    labels = {group["id"]: group for group in groups}
    dif = [
        {**labels[key], **values, "harder": _harder(values)} for key, values in details["dif"].items() if key in labels
    ]
    return {
        "row": row,
        "flags": flags_of(row.flags),
        "content": content,
        "options": options,
        "curve_data": curve_data(row.version, details["observed"]),
        "option_data": {
            "options": [{"option": o["option"], "key": o["key"]} for o in options],
            "curves": details["option_curves"],
        },
        "dependent": [each for each in details["dependent"] if each["code"] in codes],
        "drift": details["drift"],
        "dif": dif,
    }
