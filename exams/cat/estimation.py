"""What the answers so far say of a student: ability by the configuration's estimator, by content area, the class."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, log
from statistics import NormalDist

import numpy as np

from exams.cat.ability import (
    Ability,
    expected_a_posteriori,
    expected_a_posteriori_by_sum,
    grid_log_likelihood,
    maximum_a_posteriori,
    maximum_likelihood,
    sum_score_likelihood,
    weighted_likelihood,
)
from exams.cat.config import CatConfig
from exams.cat.items import first_rows, log_probabilities
from exams.cat.models import FloatArray
from exams.cat.pool import Pool


@dataclass(slots=True)
class Evidence:
    """The answers that count, with their log-likelihood on the nodes of the quadrature.

    given, scores : sequences (k,) of int
        Pool indices of the items and the scores.
    grid : array (n_nodes,)
    table : array (n_rows, n_nodes)
        Of the pool, which the grid was summed up from.
    """

    pool: Pool
    given: Sequence[int]
    scores: Sequence[int]
    grid: FloatArray
    table: FloatArray


Estimator = Callable[[CatConfig, Evidence], Ability]


def _eap(config: CatConfig, evidence: Evidence) -> Ability:
    return expected_a_posteriori(config.quadrature, evidence.grid)


def _map(config: CatConfig, evidence: Evidence) -> Ability:
    answered = evidence.pool.items.take(evidence.given)
    return maximum_a_posteriori(answered, evidence.scores, config.quadrature, grid=evidence.grid)


def _ml(config: CatConfig, evidence: Evidence) -> Ability:
    if not evidence.given:
        return Ability(config.prior_mean, inf)
    answered, grid = evidence.pool.items.take(evidence.given), (config.quadrature.nodes, evidence.grid)
    return maximum_likelihood(answered, evidence.scores, bounds=config.bounds, grid=grid)


def _wle(config: CatConfig, evidence: Evidence) -> Ability:
    if not evidence.given:
        return Ability(config.prior_mean, inf)
    return weighted_likelihood(evidence.pool.items.take(evidence.given), evidence.scores, bounds=config.bounds)


def _eap_sum(config: CatConfig, evidence: Evidence) -> Ability:
    if not evidence.given:
        return expected_a_posteriori(config.quadrature, evidence.grid)
    table, pool = evidence.pool.log_table(config.quadrature), evidence.pool
    rows = [slice(first := pool.first_row[item], first + pool.categories[item]) for item in evidence.given]
    likelihood = sum_score_likelihood([np.exp(table[at]) for at in rows])
    return expected_a_posteriori_by_sum(config.quadrature, likelihood, sum(evidence.scores))


ESTIMATORS: dict[str, Estimator] = {"eap": _eap, "map": _map, "ml": _ml, "wle": _wle, "eap_sum": _eap_sum}


def evidence_of(pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int | None]) -> Evidence:
    """The answers that count among those given, checked; None and items in field test do not count.

    Raises
    ------
    ValueError
        Naming an item that is not in the pool or was given twice, or a score that its item does not have.
    """
    if len(administered) != len(scores):
        raise ValueError(f"{len(scores)} scores for {len(administered)} items: each item has one, or None")
    require_members(pool, administered)
    if len(set(administered)) < len(administered):
        twice = next(item for place, item in enumerate(administered) if item in administered[:place])
        raise ValueError(f"item {twice!r} is in the state twice: no item is given again")
    given, counted = counting(administered, unscored(pool, administered, scores))
    if counted and not 0 <= min(counted) <= max(counted) < pool.fewest_scores:
        _require_scores(pool, given, counted)
    table, first = pool.log_table(config.quadrature), pool.first_row
    rows = [first[item] + score for item, score in zip(given, counted, strict=True)]
    return Evidence(pool, given, counted, grid_log_likelihood(table, rows), table)


def _require_scores(pool: Pool, given: Sequence[int], scores: Sequence[int]) -> None:
    for item, score in zip(given, scores, strict=True):
        if score not in pool.scores[item]:
            raise ValueError(f"score {score!r}: item {item!r} has scores 0 to {pool.scores[item][-1]}")


def unscored(pool: Pool, administered: Sequence[int], scores: Sequence[int | None]) -> Sequence[int | None]:
    """The scores with None for items in field test, whatever those were answered with."""
    field = pool.field_items
    if not field or field.isdisjoint(administered):
        return scores
    return [None if item in field else score for item, score in zip(administered, scores, strict=True)]


def counting(administered: Sequence[int], scores: Sequence[int | None]) -> tuple[Sequence[int], Sequence[int]]:
    """The items and scores whose score is not None."""
    if None not in scores:
        return administered, scores  # type: ignore[return-value]
    pairs = [(item, score) for item, score in zip(administered, scores, strict=True) if score is not None]
    return [item for item, _ in pairs], [score for _, score in pairs]


def require_members(pool: Pool, indices: Sequence[int]) -> None:
    """Refuse indices that are not those of items of this pool."""
    if indices and not 0 <= min(indices) <= max(indices) < len(pool):
        wrong = next(index for index in indices if not 0 <= index < len(pool))
        raise ValueError(f"item {wrong!r} is not in this pool of {len(pool)}: the state belongs to another pool")


def estimate(pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int | None]) -> Ability:
    """Ability from the answers to the items `administered`, by the configuration's estimator; None does not count."""
    return ESTIMATORS[config.estimator](config, evidence_of(pool, config, administered, scores))


def estimate_by_area(
    pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int | None]
) -> dict[str, Ability]:
    """Ability in each content area from the answers to its items alone, for the areas that have any.

    With few items an area's estimate leans on the prior, where the estimator has one, and its standard error says so.
    """
    by_area: dict[int, list[tuple[int, int]]] = {}
    for item, score in zip(administered, unscored(pool, administered, scores), strict=True):
        if score is not None:
            by_area.setdefault(int(pool.area_index[item]), []).append((item, score))
    return {
        pool.area_names[area]: estimate(pool, config, [item for item, _ in pairs], [score for _, score in pairs])
        for area, pairs in sorted(by_area.items())
    }


def classify(pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int | None]) -> int | None:
    """The class, from 0 below the first cut score up, that the answers put the student in for certain.

    "sprt": at each cut score c the probability ratio of c + indifference to c - indifference (Wald, 1947; Eggen, 1999)
    with both errors equal to `classification_error`. "interval": the estimate lies z standard errors from the cut
    scores on either side, z the normal quantile of 1 - `classification_error` (Kingsbury & Weiss, 1983).

    Returns
    -------
    int or None
        None while a cut score is undecided. `class_of` is the class that the estimate alone speaks for.

    Raises
    ------
    ValueError
        When the configuration classifies nobody.
    """
    evidence = evidence_of(pool, config, administered, scores)
    return decided_class(config, evidence, ESTIMATORS[config.estimator](config, evidence))


def decided_class(config: CatConfig, evidence: Evidence, ability: Ability) -> int | None:
    """`classify`, for answers whose ability is known."""
    if not config.classification:
        raise ValueError("classification = '': this configuration has no classes to put a student in")
    if not evidence.given:
        return None
    sides = _ratio_sides(config, evidence) if config.classification == "sprt" else _interval_sides(config, ability)
    # Above a cut score is above all lower ones, whatever their own tests say.
    least = max((cut + 1 for cut, side in enumerate(sides) if side > 0), default=0)
    most = min((cut for cut, side in enumerate(sides) if side < 0), default=len(sides))
    return least if least == most else None


def class_of(config: CatConfig, theta: float) -> int:
    """The class that an ability belongs to: how many cut scores are not above it."""
    return bisect_right(config.cut_scores, theta)


def _ratio_sides(config: CatConfig, evidence: Evidence) -> list[int]:
    """1 above, -1 below, 0 undecided, for each cut score."""
    cuts = np.array(config.cut_scores)
    answered = evidence.pool.items.take(evidence.given)
    rows = first_rows(answered) + np.array(evidence.scores, dtype=np.intp)
    above, below = (
        log_probabilities(cuts + side, answered)[:, rows].sum(axis=1)
        for side in (config.indifference, -config.indifference)
    )
    bound = log((1 - config.classification_error) / config.classification_error)
    return [1 if ratio >= bound else -1 if ratio <= -bound else 0 for ratio in (above - below).tolist()]


def _interval_sides(config: CatConfig, ability: Ability) -> list[int]:
    if not ability.se < inf:
        return [0] * len(config.cut_scores)
    reach = NormalDist().inv_cdf(1 - config.classification_error) * ability.se
    return [
        1 if ability.theta - reach >= cut else -1 if ability.theta + reach <= cut else 0 for cut in config.cut_scores
    ]
