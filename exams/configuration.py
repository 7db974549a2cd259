"""The engine's configuration of an exam, from the rules of its pool (exams.rules) and facts about the pool's items.

Rules written before a key existed mean what exams did then: each key that is missing has its default here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, inf

import numpy as np
from numpy.typing import NDArray

from exams.cat.constraints import DISCRETE, Blueprint, Constraint
from exams.cat.multistage import Module, Modules
from exams.cat.session import CatConfig
from exams.rules import Rules

# Beyond this, looking information up on a grid is cheaper than computing it (docs/benchmarks.md).
INFORMATION_TABLE_FROM = 2_000
# Shares are sums of decimal fractions: 0.1 of 30 items is 3, not a little more.
_SLACK = 1e-9


@dataclass(frozen=True)
class ItemFacts:
    """What constraints count, for each item of a pool (n,): `passages` are any numbers, None for an item alone."""

    areas: Sequence[str]
    kinds: Sequence[str]
    words: Sequence[int]
    passages: Sequence[int | None]

    def __len__(self) -> int:
        return len(self.areas)


def config_of(rules: Rules, facts: ItemFacts) -> CatConfig:
    """The configuration that attempts under `rules` follow. Raises ValueError for rules that the engine refuses."""
    tried = rules.get("field_test", ())
    common = {
        "estimator": rules.get("estimator", "eap"),
        "field_test_items": min(rules.get("field_test_items", 0), len(tried)),
        "cut_scores": tuple(rules.get("cut_scores", ())),
    }
    if rules["kind"] == "fixed":
        length = len(facts) - len(tried)
        return CatConfig(**common, criterion="bank_order", design="fixed", min_items=length, max_items=length)
    if rules["kind"] == "multistage":
        modules = modules_of(rules)
        length = max(1, modules.length)
        return CatConfig(**common, design="multistage", modules=modules, min_items=length, max_items=length)
    criterion = rules.get("criterion", "maximum_information")
    exposure = rules.get("exposure", "randomesque")
    return CatConfig(
        **common,
        criterion=criterion,
        design=rules.get("assembly", "areas"),
        blueprint=blueprint_of(rules, facts),
        min_items=rules["min_items"],
        max_items=rules["max_items"],
        se_target=rules["se_target"],
        information_target=rules.get("information_target"),
        change_target=rules.get("change_target"),
        classification=rules.get("classification", ""),
        classification_error=rules.get("classification_error", 0.05),
        indifference=rules.get("indifference", 0.2),
        exposure=exposure,
        exposure_rate=rules.get("exposure_rate", 1.0),
        exposure_parameters=tuple(rules.get("exposure_parameters", ())),
        randomesque=rules["randomesque"] if exposure == "randomesque" else 1,
        area_targets=rules["areas"],
        information_table=len(facts) > INFORMATION_TABLE_FROM and criterion == "maximum_information",
    )


def modules_of(rules: Rules) -> Modules:
    """The modules of a multistage exam."""
    rows = rules.get("modules", ())
    return Modules([Module(row["code"], row["stage"], tuple(row["items"]), row["theta_from"]) for row in rows])


def blueprint_of(rules: Rules, facts: ItemFacts) -> Blueprint | None:
    """What every form of an adaptive exam keeps to; None for one without constraints, passages and enemies.

    Under shadow tests the shares of content areas are constraints too: the items of an area are its share of the
    longest exam, rounded down or up.
    """
    shadow = rules.get("assembly") == "shadow"
    rows = rules.get("constraints", ()) if shadow else ()
    passage = _sets(facts)
    if not (shadow or rules.get("enemies") or (passage != DISCRETE).any()):
        return None
    bounds = {row["counted"]: _bounds(row) for row in rows if row["counted"] in ("passages", "passage_items")}
    counts = [_constraint(row, rules, facts) for row in rows if row["counted"] in ("items", "words")]
    return Blueprint(
        size=len(facts),
        constraints=[*(_shares(rules, facts) if shadow else ()), *counts],
        passage=passage,
        items_per_set=bounds.get("passage_items", (1, len(facts))),
        sets=bounds.get("passages", (0, len(facts))),
        enemies=rules.get("enemies", ()),
    )


def _sets(facts: ItemFacts) -> NDArray[np.intp]:
    numbers = {passage: number for number, passage in enumerate(dict.fromkeys(p for p in facts.passages if p))}
    return np.array([numbers[p] if p else DISCRETE for p in facts.passages], dtype=np.intp)


def _bounds(row: Rules) -> tuple[int, int]:
    return row["minimum"] or 0, 10_000 if row["maximum"] is None else row["maximum"]


def _shares(rules: Rules, facts: ItemFacts) -> list[Constraint]:
    areas = np.array(facts.areas)
    wanted = {area: share * rules["max_items"] for area, share in rules["areas"].items()}
    return [
        Constraint(f"area:{area}", areas == area, floor(items + _SLACK), ceil(items - _SLACK))
        for area, items in wanted.items()
    ]


def _constraint(row: Rules, rules: Rules, facts: ItemFacts) -> Constraint:
    counts = np.ones(len(facts), dtype=bool)
    if row["area"]:
        counts &= np.array(facts.areas) == row["area"]
    if row["item_kind"]:
        counts &= np.array(facts.kinds) == row["item_kind"]
    if row["tag"]:
        counts &= np.isin(np.arange(len(facts)), rules["tags"][row["tag"]])
    coefficients = counts * (np.array(facts.words) if row["counted"] == "words" else 1)
    lower = -inf if row["minimum"] is None else row["minimum"]
    upper = inf if row["maximum"] is None else row["maximum"]
    return Constraint(constraint_name(row), coefficients, lower, upper)


def constraint_name(row: Rules) -> str:
    """The constraint in short: what it counts, of what."""
    named = [f"area:{row['area']}" if row["area"] else "", row["tag"], row["item_kind"]]
    return " ".join(filter(None, [row["counted"], *named]))
