"""Whom each item of an exam was given to, and which items the next student may not be given."""

from collections import defaultdict
from functools import lru_cache
from time import monotonic
from uuid import UUID

import numpy as np
from django.db import connection

from exams.cat.exposure import ExposureCounts, excluded_for
from exams.cat.selection import UniformSource
from exams.models import ItemPool, ItemVersion
from exams.pools import LoadedPool
from zones.context import current_zone_id, zone_wide

# Counts of a minute ago differ by a few students; counting costs a look at every response of the exam.
SECONDS = 60
CONTROLLED = frozenset({"eligibility", "progressive_restricted"})

_GIVEN = """
SELECT v.item_id, count(*) FROM exams_response r
JOIN exams_attempt a ON a.id = r.attempt_id JOIN exams_itemversion v ON v.id = r.version_id
WHERE a.exam_id = %s GROUP BY 1
"""
_SPARED = """
SELECT a.pool_id, spared.index::int, count(*) FROM exams_attempt a
CROSS JOIN LATERAL jsonb_array_elements_text(a.state -> 'excluded') AS spared(index)
WHERE a.exam_id = %s GROUP BY 1, 2
"""


def excluded_items(loaded: LoadedPool, rng: UniformSource) -> tuple[int, ...]:
    """Pool indices of the items that one student, who starts now, is not given (exams.cat.exposure.excluded_for).

    Counts are of what this exam's students were given before, whatever version of an item it was.
    """
    if loaded.config.exposure not in CONTROLLED:
        return ()
    return excluded_for(loaded.pool, loaded.config, exposure_counts(loaded), rng)


def exposure_counts(loaded: LoadedPool) -> ExposureCounts:
    """What the students of the pool's exam were given, by the pool's indices; at most a minute old."""
    return _counts(current_zone_id(), loaded.pk, int(monotonic() // SECONDS))


# Of everybody who sat the exam, of whatever organization.
@lru_cache(maxsize=256)
@zone_wide()
def _counts(schema: str, pool_id: int, _minute: int) -> ExposureCounts:
    pool = ItemPool.objects.get(pk=pool_id)
    items = _items_of(pool.versions)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM exams_attempt WHERE exam_id = %s", [pool.exam_id])
        (students,) = cursor.fetchone()
        cursor.execute(_GIVEN, [pool.exam_id])
        given = dict(cursor.fetchall())
        cursor.execute(_SPARED, [pool.exam_id])
        rows = cursor.fetchall()
    spared: dict[UUID, int] = defaultdict(int)
    for other, index, number in rows:
        spared[_items_of_pool(schema, other)[index]] += number
    taken = np.array([given.get(item, 0) for item in items], dtype=np.intp)
    # One that was given although it was to be spared, because no form could do without it, was eligible after all.
    eligible = np.maximum(taken, students - np.array([spared[item] for item in items], dtype=np.intp))
    return ExposureCounts(students, taken, eligible)


@lru_cache(maxsize=256)
@zone_wide()
def _items_of_pool(schema: str, pool_id: int) -> list[UUID]:
    return _items_of(ItemPool.objects.values_list("versions", flat=True).get(pk=pool_id))


def _items_of(versions: list[int]) -> list[UUID]:
    found = dict(ItemVersion.objects.filter(pk__in=versions).values_list("pk", "item_id"))
    return [found[version] for version in versions]
