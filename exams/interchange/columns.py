"""The columns of our own tables: what each holds, and the small notation inside of a cell.

A question has one row for each of its languages; the rows stand together under one code. What is the same in every
language is read from the first. Cells that hold several things have one a line, or, where they are numbers alone, with
semicolons between. docs/tables.md says it for authors.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from exams.drafts import CriterionText, DraftKey
from exams.models import ItemVersion

Kind = ItemVersion.Kind
# Of a question, read from its first row.
SHARED = (
    "code",
    "title",
    "kind",
    "area",
    "tags",
    "key",
    "gaps",
    "rubric",
    "scoring",
    "max_score",
    "case_sensitive",
    "model",
    "a",
    "b",
    "c",
    "d",
    "thresholds",
    "source",
    "passage",
)
# Of a question in one language; option_1, option_2 … and target_1, target_2 … follow.
BY_LANGUAGE = ("language", "stem", "explanation", "gap_options", "criteria", "passage_title", "passage_text")
NUMBERED = re.compile(r"(option|target)_([1-9]\d{0,2})")

_BRACKET = re.compile(r"^\[(?P<points>-?\d[\d.eE+-]*)?(?:\s*(?P<language>[a-z]{2,3}(?:-[A-Z]{2})?))?\]\s?")
_GAP = re.compile(r"^\s*(\d{1,5})\s*:\s?")
_NUMBER = re.compile(r"^\s*(?P<number>[^±\s]+?)\s*(?:(?:±|\+-|\+/-)\s*(?P<tolerance>[\d.,eE+-]+)\s*(?P<share>%)?)?\s*$")


class BadCell(Exception):
    """A cell that cannot be understood; the message names it."""


def line(text: str) -> str:
    """A text of several lines in one."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def unline(text: str) -> str:
    return re.sub(r"\\([\\n])", lambda match: "\n" if match[1] == "n" else "\\", text)


def number(text: str, column: str) -> float:
    """A number with decimal point or comma. Raises BadCell."""
    cleaned = text.strip().replace("−", "-")
    if "," in cleaned and "." not in cleaned:
        cleaned = cleaned.replace(",", ".")
    try:
        value = float(cleaned)
    except ValueError as error:
        raise BadCell(_("%(column)s: %(value)r is no number.") % {"column": column, "value": text[:60]}) from error
    if value != value or value in (float("inf"), float("-inf")):
        raise BadCell(_("%(column)s: %(value)r is no number.") % {"column": column, "value": text[:60]})
    return value


def whole(text: str, column: str) -> int:
    value = number(text, column)
    if value != int(value) or not 0 <= value < 2**31:
        raise BadCell(_("%(column)s: %(value)r is no whole number.") % {"column": column, "value": text[:60]})
    return int(value)


def numbers(text: str, column: str) -> list[float]:
    return [number(part, column) for part in re.split(r"[;\n]", text) if part.strip()]


# --- Keys ------------------------------------------------------------------------------------------------------------


def keys_text(kind: str, keys: Sequence[DraftKey], gaps: Mapping[int, str]) -> str:
    return "\n".join(_key_text(kind, key, gaps) for key in keys)


def _key_text(kind: str, key: DraftKey, gaps: Mapping[int, str]) -> str:
    gap = f"{key.gap}: " if kind == Kind.CLOZE else ""
    said = gaps.get(key.gap, "text") if kind == Kind.CLOZE else kind
    marks = " ".join(filter(None, ["" if key.points == 1.0 else repr(key.points), key.language]))
    body = _body(said, key)
    # A form that itself begins with a bracket would be read as marks.
    bracket = f"[{marks}] " if marks else "[1] " if body.startswith("[") or body != body.lstrip() else ""
    return f"{gap}{bracket}{body}"


def _body(kind: str, key: DraftKey) -> str:
    match kind:
        case Kind.MATCHING | Kind.ORDERING:
            return f"{key.option}-{key.target}"
        case Kind.NUMERIC:
            if key.is_relative:
                return f"{key.number!r} ± {100 * key.tolerance!r}%"
            return f"{key.number!r} ± {key.tolerance!r}" if key.tolerance else f"{key.number!r}"
        case Kind.TEXT:
            return line(key.text)
        case _:
            return str(key.option)


def read_keys(kind: str, cell: str, gaps: Mapping[int, str]) -> tuple[DraftKey, ...]:
    """The rows of a cell of column "key". Raises BadCell."""
    separator = r"\n" if kind in (Kind.TEXT, Kind.CLOZE) else r"[;\n]"
    lines = [part for part in re.split(separator, cell) if part.strip()]
    if kind == Kind.ORDERING and all(re.fullmatch(r"\s*\d+\s*", part) for part in lines):
        # Simply the options in their right order.
        return tuple(DraftKey(option=int(part), target=place) for place, part in enumerate(lines, start=1))
    return tuple(_read_key(kind, part, gaps) for part in lines)


def _read_key(kind: str, text: str, gaps: Mapping[int, str]) -> DraftKey:
    gap = 0
    if kind == Kind.CLOZE:
        found = _GAP.match(text)
        if not found:
            raise BadCell(_("key: %(value)r does not begin with its gap's number and a colon.") % {"value": text[:60]})
        gap, text = int(found[1]), text[found.end() :]
        kind = gaps.get(gap, "")
        if not kind:
            raise BadCell(_("key: there is no gap %(number)d.") % {"number": gap})
    bracket = _BRACKET.match(text.lstrip())
    points, language = 1.0, ""
    if bracket and (bracket["points"] or bracket["language"]):
        points = number(bracket["points"], "key") if bracket["points"] else 1.0
        language, text = bracket["language"] or "", text.lstrip()[bracket.end() :]
    return DraftKey(gap=gap, points=points, language=language, **_read_body(kind, text))


def _read_body(kind: str, text: str) -> dict:
    match kind:
        case Kind.MATCHING | Kind.ORDERING:
            found = re.fullmatch(r"\s*(\d{1,4})\s*(?:-|→|=>|->)\s*(\d{1,4})\s*", text)
            if not found:
                raise BadCell(_("key: %(value)r is no pair such as 1-2.") % {"value": text[:60]})
            return {"option": int(found[1]), "target": int(found[2])}
        case Kind.NUMERIC:
            return _read_number(text)
        case Kind.TEXT:
            return {"text": unline(text)}
        case _:
            return {"option": whole(text, "key")}


def _read_number(text: str) -> dict:
    found = _NUMBER.match(text)
    if not found:
        raise BadCell(_("key: %(value)r is no number such as 3.14 ± 0.01.") % {"value": text[:60]})
    tolerance = number(found["tolerance"] or "0", "key")
    if found["share"]:
        return {"number": number(found["number"], "key"), "tolerance": tolerance / 100, "is_relative": True}
    return {"number": number(found["number"], "key"), "tolerance": tolerance}


# --- Gaps, rubrics ---------------------------------------------------------------------------------------------------


def gaps_text(gaps: Mapping[int, str]) -> str:
    return "; ".join(f"{place}: {kind}" for place, kind in gaps.items())


def read_gaps(cell: str) -> dict[int, str]:
    gaps = {}
    for part in re.split(r"[;\n]", cell):
        if not part.strip():
            continue
        found = re.fullmatch(r"\s*(\d{1,5})\s*:?\s*(choice|text|numeric)\s*", part)
        if not found:
            raise BadCell(_("gaps: %(value)r is not such as 1: choice.") % {"value": part[:60]})
        gaps[int(found[1])] = found[2]
    return gaps


def gap_options_text(options: Mapping[int, Sequence[str]]) -> str:
    return "\n".join(f"{gap}: {line(each)}" for gap, said in options.items() for each in said)


def read_gap_options(cell: str) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for part in cell.split("\n"):
        if not part.strip():
            continue
        gap = _GAP.match(part)
        if not gap:
            problem = _("gap_options: %(value)r does not begin with its gap's number and a colon.")
            raise BadCell(problem % {"value": part[:60]})
        found.setdefault(int(gap[1]), []).append(unline(part[gap.end() :]))
    return {gap: tuple(said) for gap, said in found.items()}


def criteria_text(criteria: Iterable[CriterionText]) -> str:
    return "\n".join(
        " | ".join(line(part).replace("|", "\\|") for part in (each.name, *each.levels)) for each in criteria
    )


def read_criteria(cell: str) -> tuple[CriterionText, ...]:
    rows = []
    for part in cell.split("\n"):
        if part.strip():
            name, *levels = (unline(each.replace("\\|", "|")) for each in re.split(r"(?<!\\) \| ", part))
            rows.append(CriterionText(name, tuple(levels)))
    return tuple(rows)
