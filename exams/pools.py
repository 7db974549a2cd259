"""Item pools: made when an exam is started, kept as arrays in each process that delivers it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from exams.cat.items import build_items
from exams.cat.pool import Pool
from exams.cat.session import CatConfig, shortages
from exams.configuration import ItemFacts, config_of
from exams.models import Exam, ItemPool, ItemVersion
from exams.rules import Rules, snapshot
from exams.scoring import AnswerSpec
from exams.selectors.specs import answer_specs
from zones.context import current_zone_id, zone_wide

COLUMNS = ("model", "discrimination", "difficulty", "guessing", "upper", "thresholds", "item__area_id")


@dataclass(frozen=True)
class LoadedPool:
    """A pool as delivery needs it: everything by the item's index in it. `rules` are those of exams.rules."""

    pk: int
    exam_id: str
    kind: str
    titles: dict[str, str]
    rules: Rules
    pool: Pool
    config: CatConfig
    versions: tuple[int, ...]
    answers: tuple[AnswerSpec, ...]
    field_test: frozenset[int]

    def title(self, language: str) -> str:
        return self.titles.get(language) or self.titles[""]

    def parameters(self, index: int) -> tuple[float, float, float]:
        """(a, b, c) of one item."""
        items = self.pool.items
        return float(items.a[index]), float(items.b[index]), float(items.c[index])

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most items of an attempt, those in field test included."""
        tried = self.config.field_test_items
        return self.config.min_items + tried, self.config.max_items + tried


# A pool is the same for everybody who sits the exam, whatever they may see of its items by themselves.
@zone_wide()
def current_pool(exam: Exam) -> ItemPool:
    """The pool that an attempt started now draws from; a new one when the bank or the exam has changed."""
    rules, versions = snapshot(exam)
    digest = hashlib.sha256(json.dumps([rules, versions], sort_keys=True).encode()).hexdigest()
    pool = ItemPool.objects.filter(exam=exam, digest=digest).first()
    if pool is None:
        pool, _created = ItemPool.objects.get_or_create(
            exam=exam, digest=digest, defaults={"versions": versions, "rules": rules}
        )
    return pool


def load_pool(pool_id: int) -> LoadedPool:
    """The pool with its arrays: a few queries the first time in a process, none afterwards."""
    return _load(current_zone_id(), pool_id)


@lru_cache(maxsize=256)
@zone_wide()
def _load(schema: str, pool_id: int) -> LoadedPool:
    row = ItemPool.objects.get(pk=pool_id)
    return build(row.rules, row.versions, pk=row.pk, exam_id=str(row.exam_id))


def build(rules: Rules, versions: Sequence[int], *, pk: int = 0, exam_id: str = "") -> LoadedPool:
    """The pool of these rules and versions, at least one, whether or not it is stored. Raises ValueError, as the
    engine does, for rules that it cannot follow."""
    found = {version[0]: version[1:] for version in _versions(versions)}
    models, a, b, c, d, thresholds, areas = zip(*(found[version] for version in versions), strict=True)
    specs = answer_specs(versions)
    items = build_items(models, a, b, c, d, thresholds)
    field_test = frozenset(rules.get("field_test", ()))
    tried = np.isin(np.arange(len(versions)), list(field_test))
    return LoadedPool(
        pk=pk,
        exam_id=exam_id,
        kind=rules["kind"],
        titles=rules["titles"],
        rules=rules,
        pool=Pool.build(items, [str(area) for area in areas], field_test=tried),
        config=config_of(rules, _facts(versions)),
        versions=tuple(versions),
        answers=tuple(specs[version] for version in versions),
        field_test=field_test,
    )


def pool_problems(loaded: LoadedPool, names: Mapping[str, Any] | None = None) -> list[str]:
    """What keeps an exam from being given from its pool, in words for its author. `names` are those of areas by id."""
    named = names or {}
    return [
        _("There are %(items)s active items; the longest exam needs %(wanted)s.")
        % {"items": lack.items, "wanted": lack.wanted}
        if lack.area is None
        else _("The area %(area)s has %(items)s active items; its share of the longest exam is %(wanted)s.")
        % {"area": named.get(lack.area, lack.area), "items": lack.items, "wanted": lack.wanted}
        for lack in shortages(loaded.pool, loaded.config)
    ]


def _facts(versions: Sequence[int]) -> ItemFacts:
    columns = ("item__area_id", "kind", "words", "passage_id")
    found = {row[0]: row[1:] for row in ItemVersion.objects.filter(pk__in=versions).values_list("pk", *columns)}
    areas, kinds, words, passages = zip(*(found[version] for version in versions), strict=True)
    return ItemFacts([str(area) for area in areas], kinds, words, passages)


def _versions(ids: Sequence[int]) -> list[tuple]:
    return list(ItemVersion.objects.filter(pk__in=ids).values_list("pk", *COLUMNS))
