"""Fit of items of any model, whatever answers are missing; abilities of many persons; groups that nothing connects."""

import numpy as np
import pytest

from exams.cat.models import ItemParameters, probability
from exams.psychometrics.analysis import mean_squares, q3
from exams.psychometrics.analysis.moments import score_moments
from exams.psychometrics.appraisal import appraise, connected
from exams.psychometrics.models import Items
from exams.psychometrics.responses import Responses
from exams.psychometrics.scoring import expected_a_posteriori


class TestItemsOfAnyModel:
    """The same statistics for several scores, held against the dichotomous formulas and their own expectation."""

    def test_two_scores_are_the_same_either_way(self) -> None:
        rng = np.random.default_rng(0)
        a, b = rng.uniform(0.7, 1.8, 8), rng.normal(size=8)
        theta = rng.normal(size=400)
        engine, general = ItemParameters(a=a, b=b), Items(("GRM",) * 8, a, b)
        scores = (rng.random((400, 8)) < probability(theta, engine)).astype(float)
        scores[rng.random(scores.shape) < 0.2] = np.nan
        first, second = mean_squares(scores, theta, engine), mean_squares(scores, theta, general)
        for name in ("infit", "outfit", "infit_z", "outfit_z"):
            np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-9)
        np.testing.assert_allclose(q3(scores, theta, engine).matrix, q3(scores, theta, general).matrix, atol=1e-12)

    def test_without_error_the_predictive_moments_are_those_at_the_ability(self) -> None:
        items = Items(
            ("GPCM", "3PL"),
            np.array([1.1, 1.4]),
            np.array([[-1.0, 0.3, 1.0], [0.2, np.nan, np.nan]]),
            np.array([0, 0.2]),
        )
        theta = np.linspace(-3, 3, 13)
        plain, predictive = score_moments(theta, items), score_moments(theta, items, np.full(13, 1e-9))
        for one, other in zip(plain, predictive, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)
        # An uncertain forecast leaves more to vary.
        assert (score_moments(theta, items, np.full(13, 0.8))[1] > 0).all()

    def test_answers_that_follow_the_model_have_mean_squares_of_one_however_short_the_test(self) -> None:
        rng = np.random.default_rng(3)
        items = Items(("2PL",) * 12, rng.uniform(0.8, 1.8, 12), rng.normal(0, 1, 12))
        theta = rng.normal(size=3000)
        right = items.probabilities(theta)[:, 1].T
        scores = (rng.random(right.shape) < right).astype(int)
        found = appraise(Responses.from_matrix(scores), items)
        assert found.infit.mean() == pytest.approx(1, abs=0.01)
        assert np.abs(found.infit - 1).max() < 0.06
        assert np.abs(found.difference).max() < 0.03

    def test_an_item_of_another_model_is_seen(self) -> None:
        rng = np.random.default_rng(4)
        items = Items(("2PL",) * 12, np.full(12, 1.3), np.linspace(-1.5, 1.5, 12))
        theta = rng.normal(size=2000)
        right = items.probabilities(theta)[:, 1].T.copy()
        right[:, 5] = 0.5
        scores = (rng.random(right.shape) < right).astype(int)
        found = appraise(Responses.from_matrix(scores), items)
        assert int(np.argmax(found.infit)) == 5
        assert found.infit_z[5] > 4


def test_the_eap_of_many_is_the_mean_of_each_posterior() -> None:
    rng = np.random.default_rng(5)
    items = Items(("3PL",) * 20, rng.uniform(0.7, 2, 20), rng.normal(size=20), np.full(20, 0.2))
    scores = rng.integers(0, 2, (60, 20))
    scores[rng.random(scores.shape) < 0.4] = -1
    found = expected_a_posteriori(Responses.from_matrix(scores), items, mean=0.3, sd=1.2)
    nodes = np.linspace(-8, 8, 2001)
    table = items.probabilities(nodes)
    for i in range(60):
        posterior = np.exp(-0.5 * ((nodes - 0.3) / 1.2) ** 2)
        for j in np.flatnonzero(scores[i] >= 0):
            posterior *= table[j, scores[i, j]]
        posterior /= posterior.sum()
        mean = float(posterior @ nodes)
        assert found.theta[i] == pytest.approx(mean, abs=1e-5)
        assert found.se[i] == pytest.approx(float(posterior @ (nodes - mean) ** 2) ** 0.5, abs=1e-5)


def test_connected_groups_are_told_apart() -> None:
    scores = np.full((6, 5), -1)
    scores[:3, :2] = 1
    scores[3:, 2:4] = 0
    scores[5, 4] = 1
    groups = connected(Responses.from_matrix(scores))
    assert groups[0] == groups[1] != groups[2] == groups[3] == groups[4]
