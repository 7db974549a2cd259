"""Rows of a table to questions, and questions to rows; CSV and Excel are two ways to write the same rows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from exams.drafts import LANGUAGE, DraftPassage, DraftText, ItemDraft
from exams.interchange import assumed, columns
from exams.interchange.columns import BY_LANGUAGE, NUMBERED, SHARED, BadCell
from exams.interchange.package import Loss, Package, ReadItem, Unreadable
from exams.models import ItemVersion

Kind = ItemVersion.Kind
MOST_ROWS, MOST_COLUMNS = 50_000, 500
_YES = frozenset({"1", "yes", "true", "y", "예"})
_NO = frozenset({"", "0", "no", "false", "n", "아니요"})
_PARAMETERS = ("model", "a", "b", "c", "d", "thresholds")

Row = Mapping[str, str]


@dataclass
class _Group:
    """The rows of one question, with the numbers that the file's reader sees beside them."""

    code: str
    rows: list[tuple[int, Row]] = field(default_factory=list)


def is_header(cells: Sequence[str]) -> bool:
    """Whether these are the names of our columns."""
    names = {str(cell).strip().casefold() for cell in cells}
    return "stem" in names and bool(names & {"code", "kind", "key", "option_1", "language"})


def read_rows(rows: Iterable[Sequence[str]], *, format: str, language: str, name: str) -> Package:
    """Rows of text, the first with the columns' names. Bad rows become questions without a draft, with their number."""
    numbered = enumerate(rows, start=1)
    header = next((cells for _number, cells in numbered if any(cell.strip() for cell in cells)), None)
    if header is None or not is_header(header):
        raise Unreadable(
            _("The first row of %(name)s must name the columns, stem among them; see the template.") % {"name": name}
        )
    names = [cell.strip().casefold() for cell in header]
    while not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise Unreadable(_("The table has more than %(most)d columns.") % {"most": MOST_COLUMNS})
    twice = sorted({each for each in names if each and names.count(each) > 1})
    if twice:
        raise Unreadable(_("The column %(name)s is there twice.") % {"name": twice[0]})
    unknown = [
        each for each in names if each and not (each in SHARED or each in BY_LANGUAGE or NUMBERED.fullmatch(each))
    ]
    losses = tuple(Loss(_("The column %(name)s, which is not known here.") % {"name": each[:60]}) for each in unknown)
    items = [_item(group, language) for group in _groups(numbered, names)]
    if not items:
        raise Unreadable(_("The table has no question."))
    measured = any(each in names for each in ("a", "b"))
    return Package(format, tuple(items), losses=losses, metadata={"parameters": "yes" if measured else "no"})


def _groups(numbered: Iterator[tuple[int, Sequence[str]]], names: Sequence[str]) -> Iterator[_Group]:
    group: _Group | None = None
    for number, cells in numbered:
        if number > MOST_ROWS:
            raise Unreadable(_("The table has more than %(most)d rows.") % {"most": MOST_ROWS})
        row = {name: cell for name, cell in zip(names, cells, strict=False) if name and cell != ""}
        if not any(value.strip() for value in row.values()):
            continue
        code = row.get("code", "").strip()
        language = row.get("language", "").strip()
        goes_on = group is not None and language and (code == group.code if code else not row.get("kind", "").strip())
        if goes_on and group is not None and language not in {r.get("language", "").strip() for _n, r in group.rows}:
            group.rows.append((number, row))
            continue
        if group is not None:
            yield group
        group = _Group(code, [(number, row)])
    if group is not None:
        yield group


def _item(group: _Group, language: str) -> ReadItem:
    first_number, first = group.rows[0]
    where = _("row %(number)d") % {"number": first_number}
    title = first.get("title", "").strip()
    read: dict[str, Any] = {
        "identifier": group.code,
        "title": title or " ".join(first.get("stem", "").split())[:80],
        "area": first.get("area", "").strip(),
        "tags": tuple(filter(None, re.split(r"[\s,;]+", first.get("tags", "")))),
    }
    try:
        return ReadItem(draft=_draft(group, language), **read)
    except BadCell as problem:
        return ReadItem(draft=None, losses=(Loss(str(problem), where),), **read)


def _draft(group: _Group, language: str) -> ItemDraft:
    first = group.rows[0][1]
    kind = first.get("kind", "").strip().casefold() or Kind.SINGLE
    if kind not in Kind.values:
        said = {"value": kind[:60], "kinds": ", ".join(Kind.values)}
        raise BadCell(_("kind: %(value)r is none of %(kinds)s.") % said)
    gaps = columns.read_gaps(first.get("gaps", ""))
    texts = {}
    for number, row in group.rows:
        code = row.get("language", "").strip() or language
        if not LANGUAGE.fullmatch(code):
            raise BadCell(
                _("language: %(value)r is no language code, in row %(row)d.") % {"value": code, "row": number}
            )
        texts[code] = _text(row)
    options = len(next(iter(texts.values())).options)
    return ItemDraft(
        texts=texts,
        passage=_passage(group, language),
        kind=kind,
        gaps=gaps,
        **_keys(kind, first, gaps),
        **_measured(kind, first, options),
    )


def _keys(kind: str, row: Row, gaps: Mapping[int, str]) -> dict[str, Any]:
    cell = row.get("key", "")
    rubric = tuple(columns.whole(part, "rubric") for part in re.split(r"[;\n]", row.get("rubric", "")) if part.strip())
    if kind == Kind.ESSAY:
        return {"key": None, "rubric": rubric or (1,)}
    if not cell.strip():
        raise BadCell(_("key: it is empty."))
    if kind == Kind.SINGLE:
        return {"key": _single_key(cell)}
    return {"key": None, "keys": columns.read_keys(kind, cell, gaps)}


def _single_key(cell: str) -> int:
    letter = cell.strip().upper()
    if len(letter) == 1 and "A" <= letter <= "Z":
        return ord(letter) - ord("A") + 1
    return columns.whole(cell, "key")


def _text(row: Row) -> DraftText:
    return DraftText(
        stem=row.get("stem", ""),
        options=_numbered(row, "option"),
        explanation=row.get("explanation", ""),
        targets=_numbered(row, "target"),
        gap_options=columns.read_gap_options(row.get("gap_options", "")),
        criteria=columns.read_criteria(row.get("criteria", "")),
    )


def _numbered(row: Row, prefix: str) -> tuple[str, ...]:
    places = {int(found[2]): row[name] for name in row if (found := NUMBERED.fullmatch(name)) and found[1] == prefix}
    return tuple(places.get(place, "") for place in range(1, max(places, default=0) + 1))


def _passage(group: _Group, language: str) -> DraftPassage | None:
    code = group.rows[0][1].get("passage", "").strip()
    if not code:
        return None
    texts, titles = {}, {}
    for _number, row in group.rows:
        said = row.get("language", "").strip() or language
        if "passage_text" in row:
            texts[said] = row["passage_text"]
        if "passage_title" in row:
            titles[said] = row["passage_title"]
    return DraftPassage(code, texts, titles)


def _measured(kind: str, row: Row, options: int) -> dict[str, Any]:
    """Score and parameters; what the row leaves empty is assumed."""
    rubric = [columns.whole(part, "rubric") for part in re.split(r"[;\n]", row.get("rubric", "")) if part.strip()]
    scores = sum(rubric) or 1 if kind == Kind.ESSAY else 1
    if "max_score" in row:
        scores = columns.whole(row["max_score"], "max_score")
    if not 1 <= scores <= 32_767:
        raise BadCell(_("max_score: %(value)s is not from 1 on.") % {"value": scores})
    found = _assumed(kind, options, scores)
    found["case_sensitive"] = _yes(row.get("case_sensitive", ""))
    readers: dict[str, Callable[[str], Any]] = {
        "scoring": lambda cell: _one_of(cell, "scoring", ItemVersion.Scoring.values),
        "model": lambda cell: _one_of(cell, "model", ItemVersion.Model.values),
        "source": lambda cell: _one_of(cell, "source", ItemVersion.Source.values),
        "thresholds": lambda cell: tuple(columns.numbers(cell, "thresholds")),
        **{name: partial(columns.number, column=name) for name in "abcd"},
    }
    for name, reader in readers.items():
        if row.get(name, "").strip():
            found[name] = reader(row[name])
    if row.get("model", "").strip() == ItemVersion.Model.LOGISTIC:
        found["thresholds"] = ()
    return found


def _assumed(kind: str, options: int, scores: int) -> dict[str, Any]:
    if kind == Kind.SINGLE:
        return {**assumed.single_choice(options), "max_score": scores}
    return {**(assumed.essay if kind == Kind.ESSAY else assumed.open_answer)(min(scores, 1000)), "max_score": scores}


def _one_of(cell: str, column: str, values: Sequence[str]) -> str:
    said = cell.strip().casefold()
    if said not in values:
        raise BadCell(
            _("%(column)s: %(value)r is none of %(values)s.")
            % {"column": column, "value": said[:60], "values": ", ".join(values)}
        )
    return said


def _yes(cell: str) -> bool:
    said = cell.strip().casefold()
    if said not in _YES | _NO:
        raise BadCell(_("case_sensitive: %(value)r is neither yes nor no.") % {"value": said[:60]})
    return said in _YES


# --- Writing ---------------------------------------------------------------------------------------------------------


def header_of(items: Sequence[ReadItem]) -> list[str]:
    """The columns that these questions need."""
    texts = [text for item in items if item.draft for text in item.draft.texts.values()]
    options = max((len(text.options) for text in texts), default=4)
    targets = max((len(text.targets) for text in texts), default=0)
    numbered = [f"option_{n}" for n in range(1, options + 1)] + [f"target_{n}" for n in range(1, targets + 1)]
    return ["code", "title", "kind", "area", "tags", "language", "stem", *numbered, "key", "explanation", "gaps",
            "gap_options", "rubric", "criteria", "passage", "passage_title", "passage_text", "scoring", "max_score",
            "case_sensitive", "model", "a", "b", "c", "d", "thresholds", "source"]  # fmt: skip


def rows_of(item: ReadItem) -> list[dict[str, str]]:
    """One row for each language of the question."""
    draft = item.draft
    if draft is None:
        return []
    rows = []
    for place, (language, text) in enumerate(draft.texts.items()):
        row = {"code": item.identifier, "language": language, "stem": text.stem, "explanation": text.explanation}
        row |= {f"option_{n}": option for n, option in enumerate(text.options, start=1)}
        row |= {f"target_{n}": target for n, target in enumerate(text.targets, start=1)}
        row["gap_options"] = columns.gap_options_text(text.gap_options)
        row["criteria"] = columns.criteria_text(text.criteria)
        if draft.passage:
            row["passage_text"] = draft.passage.texts.get(language, "")
            row["passage_title"] = draft.passage.titles.get(language, "")
        rows.append({**row, **(_shared_cells(item, draft) if place == 0 else {})})
    return rows


def _shared_cells(item: ReadItem, draft: ItemDraft) -> dict[str, str]:
    return {
        "title": item.title,
        "kind": str(draft.kind),
        "area": item.area,
        "tags": " ".join(item.tags),
        "key": str(draft.key) if draft.kind == Kind.SINGLE else columns.keys_text(draft.kind, draft.keys, draft.gaps),
        "gaps": columns.gaps_text(draft.gaps),
        "rubric": "; ".join(map(str, draft.rubric)),
        "scoring": str(draft.scoring),
        "max_score": str(draft.max_score),
        "case_sensitive": "yes" if draft.case_sensitive else "no",
        "model": str(draft.model),
        "a": repr(draft.a),
        "b": repr(draft.b),
        "c": repr(draft.c),
        "d": repr(draft.d),
        "thresholds": "; ".join(map(repr, draft.thresholds)),
        "source": str(draft.source),
        "passage": draft.passage.code if draft.passage else "",
    }


def losses_of(item: ReadItem) -> list[Loss]:
    """What our own tables have no room for."""
    if item.draft is None:
        return []
    lost = []
    if item.draft.assets:
        lost.append(Loss(_("Its pictures: a table holds none. An item that has them already keeps them.")))
    passage = item.draft.passage
    if passage and set(passage.texts) - set(item.draft.texts):
        lost.append(Loss(_("The passage in languages that the question is not written in.")))
    return lost
