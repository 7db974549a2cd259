"""Answers as arrays, for calibration and analysis.

A row is a finished attempt: a student who sits an exam twice may have learnt in between. Of an item that a student met
several times only the first answer counts, for the later ones are of somebody who knows the question. Answers to older
versions count as long as the question was the same (`same_question`); answers that nobody has graded yet do not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from numpy.typing import NDArray

from exams.drafts import DraftText, ItemDraft
from exams.models import Item, ItemVersion
from exams.psychometrics.models import Items
from exams.psychometrics.responses import Responses
from exams.selectors.bank import draft_of, with_contents

# Contents of so many versions are in memory at once while they are compared.
COMPARED_AT_ONCE = 500
FETCHED_AT_ONCE = 20_000

# Scalar subqueries, not joins: one index probe an answer whatever the planner believes of the tables.
_SCORE = """COALESCE(r.score, (
    SELECT grade.score FROM exams_grade grade WHERE grade.response_id = r.id ORDER BY grade.id DESC LIMIT 1))"""
_BEFORE = "(SELECT b.{name} FROM exams_response b WHERE b.attempt_id = r.attempt_id AND b.position = r.position - 1)"
_WHICH = """
SELECT DISTINCT ON (a.user_id, w.col) a.id AS attempt, w.col AS col, {score} AS score, r.option AS choice,
       r.position AS position, r.answered_at AS at, {theta} AS theta, {se} AS se
FROM exams_response r
JOIN unnest(%(versions)s::bigint[], %(columns)s::int[]) AS w(version, col) ON w.version = r.version_id
JOIN exams_attempt a ON a.id = r.attempt_id
JOIN exams_exam e ON e.id = a.exam_id
WHERE a.status = 'finished' AND {score} IS NOT NULL
  AND (%(exams)s::text[] IS NULL OR e.code = ANY(%(exams)s))
  AND (%(organization)s::uuid IS NULL OR a.organization_id = %(organization)s)
  AND (%(since)s::timestamptz IS NULL OR r.answered_at >= %(since)s)
ORDER BY a.user_id, w.col, r.answered_at
"""
_PLAIN = _WHICH.format(score=_SCORE, theta="NULL::float8", se="NULL::float8")
_WITH_ABILITY = _WHICH.format(score=_SCORE, theta=_BEFORE.format(name="theta"), se=_BEFORE.format(name="se"))


@dataclass(frozen=True)
class Scope:
    """Whose answers: of which exams (codes; empty: all), of which organization (None: everybody's), since when."""

    exams: tuple[str, ...] = ()
    organization_id: UUID | None = None
    since: datetime | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return {"exams": list(self.exams) or None, "organization": self.organization_id, "since": self.since}


@dataclass(frozen=True, eq=False)
class Answers:
    """m answers of n attempts to J items.

    Attributes
    ----------
    attempts : list of n ids
    row, column : array (m,)
        Which attempt and which item.
    score : array (m,)
    choice : array (m,)
        The option of single choice, from 1; 0 for every other kind.
    position : array (m,)
        Place in the attempt, from 1.
    month : array (m,) of "YYYY-MM"
    theta, se : array (m,)
        The student's ability before the answer, as the attempt knew it; NaN at its first question.
    n_items : int
    """

    attempts: list[UUID]
    row: NDArray[np.intp]
    column: NDArray[np.intp]
    score: NDArray[np.int16]
    choice: NDArray[np.int16]
    position: NDArray[np.int16]
    month: NDArray[np.str_]
    theta: NDArray[np.float64]
    se: NDArray[np.float64]
    n_items: int

    def __len__(self) -> int:
        return int(self.row.size)

    def responses(self) -> Responses:
        return Responses.from_answers(
            self.row, self.column, self.score, n_persons=len(self.attempts), n_items=self.n_items
        )


def read_answers(
    columns: Sequence[Sequence[int]],
    scope: Scope,
    progress: Callable[[int], None] | None = None,
    *,
    with_ability: bool = False,
) -> Answers:
    """The answers to J items; `columns` holds the ids of the versions whose answers count for each item.

    `with_ability` reads the abilities before each answer too, else they are NaN. `progress` is told how many answers
    have been read.
    """
    places: dict[UUID, int] = {}
    parts: list[tuple[NDArray[Any], ...]] = []
    read = 0
    # A cursor of the server needs a transaction; millions of rows are never held as Python's objects at once.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_WITH_ABILITY if with_ability else _PLAIN, _parameters(columns, scope))
        while rows := cursor.fetchmany(FETCHED_AT_ONCE):
            parts.append(_arrays(rows, places))
            read += len(rows)
            if progress is not None:
                progress(read)
    types = (np.intp, np.intp, np.int16, np.int16, np.int16, "U7", np.float64, np.float64)
    joined = [
        np.concatenate([part[k] for part in parts]) if parts else np.empty(0, dtype=kind)
        for k, kind in enumerate(types)
    ]
    row, column, score, choice, position, month, theta, se = joined
    return Answers(list(places), row, column, score, choice, position, month, theta, se, n_items=len(columns))


def _arrays(rows: list[tuple], places: dict[UUID, int]) -> tuple[NDArray[Any], ...]:
    attempt, column, score, choice, position, at, theta, se = zip(*rows, strict=True)
    return (
        np.array([places.setdefault(pk, len(places)) for pk in attempt], dtype=np.intp),
        np.array(column, dtype=np.intp),
        np.array(score, dtype=np.int16),
        np.array([option or 0 for option in choice], dtype=np.int16),
        np.array(position, dtype=np.int16),
        np.array([moment.strftime("%Y-%m") for moment in at], dtype="U7"),
        np.array(theta, dtype=np.float64),
        np.array(se, dtype=np.float64),
    )


def count_answers(columns: Sequence[Sequence[int]], scope: Scope) -> list[int]:
    """How many answers `read_answers` would give of each item. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT col, count(*) FROM ({_PLAIN}) answers GROUP BY col",  # noqa: S608  (our own statement)
            _parameters(columns, scope),
        )
        found = dict(cursor.fetchall())
    return [found.get(column, 0) for column in range(len(columns))]


def _parameters(columns: Sequence[Sequence[int]], scope: Scope) -> dict[str, Any]:
    flat = [(version, column) for column, versions in enumerate(columns) for version in versions]
    return {
        "versions": [version for version, _column in flat],
        "columns": [column for _version, column in flat],
        **scope.parameters,
    }


def midnight(day: date | None) -> datetime | None:
    """The beginning of a day in the zone's time."""
    return None if day is None else timezone.make_aware(datetime(day.year, day.month, day.day))


def countable_versions(items: Iterable[Item]) -> dict[UUID, list[int]]:
    """For each item the ids of its current version and of those right before it that asked the same question."""
    current = {item.pk: item.current_id for item in items if item.current_id}
    rows = ItemVersion.objects.filter(item__in=list(current)).order_by("item", "-number").values_list("item", "pk")
    chains: dict[UUID, list[int]] = {}
    for item, version in rows:
        chains.setdefault(item, []).append(version)
    several = {item: chain for item, chain in chains.items() if len(chain) > 1}
    for group in _in_groups(several):
        contents = {version.pk: version for version in with_contents(pk for chain in group.values() for pk in chain)}
        for item, chain in group.items():
            newest = contents[current[item]]
            kept = [newest.pk]
            for pk in chain[chain.index(newest.pk) + 1 :]:
                if not same_question(contents[pk], newest):
                    break
                kept.append(pk)
            chains[item] = kept
    return chains


def _in_groups(chains: dict[UUID, list[int]]) -> Iterable[dict[UUID, list[int]]]:
    group: dict[UUID, list[int]] = {}
    size = 0
    for item, chain in chains.items():
        group[item] = chain
        size += len(chain)
        if size >= COMPARED_AT_ONCE:
            yield group
            group, size = {}, 0
    if group:
        yield group


def same_question(older: ItemVersion, newer: ItemVersion) -> bool:
    """Whether answers to `older` are answers to `newer`; both read with their contents.

    Parameters may differ, and explanations, which are shown afterwards; a language may have been added. Everything else
    is what was asked and how it was scored.
    """
    was, is_now = _asked(older), _asked(newer)
    texts = {language: text for language, text in is_now.texts.items() if language in was.texts}
    return replace(is_now, texts=texts) == was and _pictures(older) == _pictures(newer)


def _asked(version: ItemVersion) -> ItemDraft:
    draft = draft_of(version)
    texts: Mapping[str, DraftText] = {language: replace(text, explanation="") for language, text in draft.texts.items()}
    return replace(draft, texts=texts, a=1.0, b=0.0, c=0.0, d=1.0, thresholds=(), source="", model="")


def _pictures(version: ItemVersion) -> dict[str, str]:
    return {asset.name: str(asset.file.name) for asset in version.assets.all()}


def own_model(version: ItemVersion) -> str:
    """The name that exams.psychometrics gives to the model whose parameters the version holds."""
    if version.model != ItemVersion.Model.LOGISTIC:
        return "GRM" if version.model == ItemVersion.Model.GRADED else "GPCM"
    if version.upper < 1:
        return "4PL"
    return "3PL" if version.guessing > 0 else "2PL"


def parameters_of(versions: Sequence[ItemVersion]) -> Items:
    """The parameters of J versions, in their order."""
    steps = [list(version.thresholds) or [version.difficulty] for version in versions]
    widest = max((len(row) for row in steps), default=1)
    return Items(
        models=tuple(own_model(version) for version in versions),
        a=np.array([version.discrimination for version in versions]),
        b=np.array([row + [np.nan] * (widest - len(row)) for row in steps]).reshape(len(versions), widest),
        c=np.array([version.guessing for version in versions]),
        d=np.array([version.upper for version in versions]),
    )
