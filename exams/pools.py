"""Item pools: made when an exam is started, kept as arrays in each process that delivers it."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _

from exams.cat.models import ItemParameters
from exams.cat.pool import Pool
from exams.cat.session import CatConfig, shortages
from exams.models import Exam, Item, ItemPool, ItemVersion
from zones.context import current_zone_id


@dataclass(frozen=True)
class LoadedPool:
    """A pool as delivery needs it: everything by the item's index in it."""

    pk: int
    exam_id: str
    kind: str
    titles: dict[str, str]
    pool: Pool
    config: CatConfig
    versions: tuple[int, ...]
    keys: tuple[int, ...]
    option_counts: tuple[int, ...]

    def title(self, language: str) -> str:
        return self.titles.get(language) or self.titles[""]

    def parameters(self, index: int) -> tuple[float, float, float]:
        """(a, b, c) of one item."""
        items = self.pool.items
        return float(items.a[index]), float(items.b[index]), float(items.c[index])


def rules_of(exam: Exam) -> dict[str, Any]:
    """The part of an exam that its attempts must keep to, as JSON."""
    titles = {language: said["title"] for language, said in exam.translations.items() if said.get("title")}
    return {
        "kind": exam.kind,
        "titles": {"": exam.title, **titles},
        "min_items": exam.min_items,
        "max_items": exam.max_items,
        "se_target": exam.se_target,
        "randomesque": exam.randomesque,
        "areas": {str(row.area_id): row.share for row in exam.blueprint.all()},
    }


def candidate_versions(exam: Exam, areas: list[int]) -> list[int]:
    """The current versions that `exam` may give: its form, or the active items of its areas in all its languages."""
    if exam.kind == Exam.Kind.FIXED:
        return list(exam.form.order_by("position").values_list("item__current", flat=True))
    items = Item.objects.filter(status=Item.Status.ACTIVE, current__isnull=False, area__in=areas)
    items = items.filter(organization=None) | items.filter(organization=exam.organization_id)
    for language in exam.languages:
        items = items.filter(current__texts__language=language)
    return list(items.order_by("code").values_list("current", flat=True))


def current_pool(exam: Exam) -> ItemPool:
    """The pool that an attempt started now draws from; a new one when the bank or the exam has changed."""
    rules = rules_of(exam)
    versions = candidate_versions(exam, [int(area) for area in rules["areas"]])
    digest = hashlib.sha256(json.dumps([rules, versions], sort_keys=True).encode()).hexdigest()
    pool = ItemPool.objects.filter(exam=exam, digest=digest).first()
    if pool is None:
        pool, _created = ItemPool.objects.get_or_create(
            exam=exam, digest=digest, defaults={"versions": versions, "rules": rules}
        )
    return pool


def load_pool(pool_id: int) -> LoadedPool:
    """The pool with its arrays: two queries the first time in a process, none afterwards."""
    return _load(current_zone_id(), pool_id)


@lru_cache(maxsize=256)
def _load(schema: str, pool_id: int) -> LoadedPool:
    row = ItemPool.objects.get(pk=pool_id)
    fields = ("discrimination", "difficulty", "guessing", "key", "item__area_id")
    found = {version[0]: version[1:] for version in _versions(row.versions, fields)}
    a, b, c, keys, areas = zip(*(found[pk][:5] for pk in row.versions), strict=True)
    counts = _option_counts(row.versions)
    items = ItemParameters(a=np.array(a), b=np.array(b), c=np.array(c))
    return LoadedPool(
        pk=row.pk,
        exam_id=str(row.exam_id),
        kind=row.rules["kind"],
        titles=row.rules["titles"],
        pool=Pool.build(items, [str(area) for area in areas]),
        config=config_of(row.rules, len(row.versions)),
        versions=tuple(row.versions),
        keys=keys,
        option_counts=tuple(counts[pk] for pk in row.versions),
    )


def config_of(rules: dict[str, Any], size: int) -> CatConfig:
    """The engine's configuration for rules as `rules_of` wrote them and a pool of `size` items."""
    if rules["kind"] == Exam.Kind.FIXED:
        return CatConfig(criterion="bank_order", min_items=size, max_items=size)
    return CatConfig(
        min_items=rules["min_items"],
        max_items=rules["max_items"],
        se_target=rules["se_target"],
        randomesque=rules["randomesque"],
        area_targets=rules["areas"],
        information_table=size > INFORMATION_TABLE_FROM,
    )


# Beyond this, looking information up on a grid is cheaper than computing it (docs/benchmarks.md).
INFORMATION_TABLE_FROM = 2_000


def pool_problems(pool: Pool, config: CatConfig) -> list[str]:
    """What keeps an exam from being given from `pool`, in words for its author."""
    return [
        _("There are %(items)s active items; the longest exam needs %(wanted)s.")
        % {"items": lack.items, "wanted": lack.wanted}
        if lack.area is None
        else _("The area %(area)s has %(items)s active items; its share of the longest exam is %(wanted)s.")
        % {"area": lack.area, "items": lack.items, "wanted": lack.wanted}
        for lack in shortages(pool, config)
    ]


def _versions(ids: list[int], fields: tuple[str, ...]) -> list[tuple]:
    return list(ItemVersion.objects.filter(pk__in=ids).values_list("pk", *fields))


def _option_counts(ids: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.version_id, max(o.position) FROM exams_itemtext t JOIN exams_itemoption o ON o.text_of_id = t.id"
            " WHERE t.version_id = ANY(%s) GROUP BY 1",
            [ids],
        )
        return dict(cursor.fetchall())
