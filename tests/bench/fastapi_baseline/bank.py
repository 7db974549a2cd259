"""Pools and rendered items, read once a process, as MegaCity keeps them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from exams.cat.models import ItemParameters
from exams.cat.pool import Pool
from exams.cat.session import CatConfig
from exams.rendering import inline_to_html, markdown_to_html
from tests.bench.fastapi_baseline.tables import Item, ItemOption, ItemPool, ItemText, ItemVersion


@dataclass(frozen=True)
class Bank:
    pool: Pool
    config: CatConfig
    versions: list[int]
    keys: list[int]
    title: str


_banks: dict[int, Bank] = {}
_shown: dict[tuple[int, str], tuple[str, list[str]]] = {}


async def bank_of(session: AsyncSession, pool_id: int) -> Bank:
    if pool_id not in _banks:
        row = await session.get_one(ItemPool, pool_id)
        wanted = select(ItemVersion, Item.area_id).join(ItemVersion.item).where(ItemVersion.id.in_(row.versions))
        found = {version.id: (version, area) for version, area in (await session.execute(wanted)).all()}
        versions = [found[pk][0] for pk in row.versions]
        items = ItemParameters(
            a=np.array([v.discrimination for v in versions]),
            b=np.array([v.difficulty for v in versions]),
            c=np.array([v.guessing for v in versions]),
        )
        rules = row.rules
        config = CatConfig(
            min_items=rules["min_items"],
            max_items=rules["max_items"],
            se_target=rules["se_target"],
            exposure="randomesque",
            randomesque=rules["randomesque"],
            area_targets=rules["areas"],
        )
        pool = Pool.build(items, [str(found[pk][1]) for pk in row.versions])
        _banks[pool_id] = Bank(pool, config, row.versions, [v.key for v in versions], rules["titles"][""])
    return _banks[pool_id]


async def item_shown(session: AsyncSession, version_id: int, position: int, language: str) -> dict[str, Any]:
    if (version_id, language) not in _shown:
        text = (await session.scalars(select(ItemText).filter_by(version_id=version_id, language=language))).one()
        options = await session.scalars(select(ItemOption).filter_by(text_of_id=text.id).order_by(ItemOption.position))
        html = [inline_to_html(option.text) for option in options]
        _shown[version_id, language] = markdown_to_html(text.stem), html
    stem, options_html = _shown[version_id, language]
    return {
        "id": str(version_id),
        "position": position,
        "stem_html": stem,
        "options": [{"id": number, "html": html} for number, html in enumerate(options_html, start=1)],
        "language": language,
    }
