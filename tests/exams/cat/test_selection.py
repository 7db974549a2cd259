"""The choice of items: the best one beside catsim and catpie, exposure control, content balancing, stopping."""

from datetime import UTC, datetime, timedelta
from random import Random

import catpie
import numpy as np
import pytest
from catsim.item_bank import ItemBank
from catsim.selection import MaxInfoSelector
from hypothesis import given
from hypothesis import strategies as st

from exams.cat.items import information as items_information
from exams.cat.models import information
from exams.cat.selection import InformationTable, areas_by_need, randomesque
from exams.cat.stopping import StoppingRule
from tests.exams.cat.banks import as_rows, four_parameter_bank, mixed_bank, realistic_bank

BANKS = [realistic_bank(200, 8), four_parameter_bank(200, 9)]


@pytest.mark.parametrize("bank", BANKS, ids=["3pl", "4pl"])
@pytest.mark.parametrize("theta", [-2.5, -0.4, 0.0, 1.1, 3.0])
def test_the_best_item_is_the_one_that_catsim_and_catpie_choose(bank, theta) -> None:
    given_items: list[int] = []
    rows = as_rows(bank)
    for _ in range(10):
        values = information(theta, bank)
        values[given_items] = -np.inf
        ours = randomesque(values, 1, None)
        assert ours == catpie.selectNextItem(rows.tolist(), theta, given_items).item
        selector = MaxInfoSelector()
        assert ours == selector.select(
            item_bank=ItemBank(rows, validate=False), administered_items=given_items, est_theta=theta
        )
        given_items.append(ours)


@given(st.lists(st.floats(0, 9), min_size=1, max_size=40, unique=True), st.integers(1, 12), st.integers(0, 2**32))
def test_randomesque_draws_among_the_k_best(values: list[float], k: int, seed: int) -> None:
    chosen = randomesque(np.array(values), k, Random(seed))
    assert values[chosen] in sorted(values, reverse=True)[:k]


@pytest.mark.parametrize("rng", [Random(3), np.random.default_rng(3)], ids=["random", "numpy"])
def test_randomesque_gives_each_of_the_k_best_the_same_chance(rng) -> None:
    values = np.array([0.1, 5.0, 3.0, 4.0, 0.2])
    drawn = np.bincount([randomesque(values.copy(), 3, rng) for _ in range(3000)], minlength=5)
    assert drawn[0] == drawn[4] == 0
    # Four standard errors of a share of one third.
    assert np.abs(drawn[1:4] / 3000 - 1 / 3).max() < 4 * np.sqrt(2 / 9 / 3000)


def test_randomesque_takes_what_is_left_and_then_nothing() -> None:
    values = np.array([-np.inf, 1.0, -np.inf])
    assert {randomesque(values.copy(), 5, Random(seed)) for seed in range(20)} == {1}
    assert randomesque(np.full(3, -np.inf), 5, Random(0)) is None
    assert randomesque(np.full(3, -np.inf), 1, None) is None
    assert randomesque(np.array([]), 1, None) is None


def test_randomesque_without_a_source_of_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an rng"):
        randomesque(np.ones(3), 2, None)


def test_the_area_furthest_behind_its_share_comes_first() -> None:
    shares = [0.5, 0.3, 0.2, 0.0]
    assert areas_by_need(np.array([0, 0, 0, 0]), shares) == [0, 1, 2]
    assert areas_by_need(np.array([1, 0, 0, 0]), shares) == [1, 2, 0]
    assert areas_by_need(np.array([1, 1, 0, 0]), shares) == [2, 0, 1]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(1, 60))
def test_areas_never_stray_a_whole_item_above_their_share(weights: list[int], length: int) -> None:
    shares = [weight / sum(weights) for weight in weights]
    counts = np.zeros(len(shares), dtype=np.intp)
    for position in range(length):
        counts[areas_by_need(counts, shares)[0]] += 1
        assert (counts < np.array(shares) * (position + 1) + 1).all()


def test_the_information_table_chooses_an_item_nearly_as_good_as_the_best() -> None:
    bank = realistic_bank(2000, 5)
    table = InformationTable(bank, -4, 4)
    shares = []
    for theta in np.random.default_rng(1).uniform(-4, 4, 200):
        exact = information(theta, bank)
        shares.append(exact[table.choose(theta, 0, ())] / exact.max())
    assert np.mean(shares) > 0.998
    assert min(shares) > 0.9


@given(st.floats(-6, 6), st.integers(0, 30), st.sets(st.integers(0, 499)))
def test_the_information_table_ranks_the_items_that_are_left(theta: float, rank: int, gone: set[int]) -> None:
    bank = mixed_bank(500, 3)
    node = min(max(round((theta + 4) / 0.05), 0), 160)
    order = np.argsort(-items_information(-4 + 0.05 * node, bank), kind="stable")
    left = [int(item) for item in order if item not in gone]
    assert InformationTable(bank, -4, 4).choose(theta, rank, gone) == left[rank]


def test_the_information_table_goes_on_below_what_it_lists() -> None:
    bank = realistic_bank(700, 2)
    table, order = InformationTable(bank, -4, 4), np.argsort(-information(1.0, bank), kind="stable").tolist()
    for gone in (0, 255, 256, 300, 699):
        assert table.choose(1.0, 0, set(order[:gone])) == order[gone]
    assert table.choose(1.0, 0, set(order)) is None
    assert InformationTable(bank.take([]), -4, 4).choose(1.0, 0, ()) is None


def test_equal_items_go_in_their_order_in_the_table_too() -> None:
    bank = realistic_bank(1, 2).take([0] * 600)
    table = InformationTable(bank, -4, 4)
    assert [table.choose(0.0, 0, set(range(gone))) for gone in range(0, 600, 50)] == list(range(0, 600, 50))


def test_a_test_ends_by_length_by_precision_after_the_minimum_and_by_time() -> None:
    rule = StoppingRule(min_items=5, max_items=10, se_target=0.3)
    assert rule.reason(4, 0.1) is None
    assert rule.reason(5, 0.31) is None
    assert rule.reason(5, 0.3) == "precision"
    assert rule.reason(10, 0.9) == "length"
    assert rule.reason(3, 0.9, now=99.9, deadline=100.0) is None
    assert rule.reason(10, 0.1, now=100.0, deadline=100.0) == "time"
    noon = datetime(2025, 11, 20, 12, tzinfo=UTC)
    assert rule.reason(3, 0.9, now=noon, deadline=noon + timedelta(seconds=1)) is None
    assert rule.reason(3, 0.9, now=noon, deadline=noon) == "time"


def test_precision_alone_never_ends_a_test_without_a_target() -> None:
    assert StoppingRule(min_items=1, max_items=10).reason(9, 0.0) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_items": 0}, "max_items = 0"),
        ({"min_items": 31}, "min_items = 31"),
        ({"min_items": -1}, "min_items = -1"),
        ({"se_target": 0.0}, "se_target = 0.0"),
    ],
)
def test_an_impossible_stopping_rule_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StoppingRule(**changes)
