"""Calibration: published numbers, recovery of what was simulated, laws of the estimates, and errors in words."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from exams.psychometrics import responses
from exams.psychometrics.estimation import Beta, Calibration, LogNormal, Normal, Priors, Settings, calibrate
from exams.psychometrics.models import Items
from exams.psychometrics.responses import Responses
from tests.exams.psychometrics.simulated import abilities, answers_of, items_of

DATA = Path(__file__).parents[2] / "data"
PLAIN = Settings(accelerate=False, standard_errors=False)
QUICK = Settings(standard_errors=False)
FINE = Settings(standard_errors=False, precision="double", tolerance=1e-7)


@pytest.fixture(scope="module")
def lsat6() -> np.ndarray:
    return np.loadtxt(DATA / "lsat6.csv", delimiter=",", skiprows=1, dtype=int)


@pytest.fixture(scope="module")
def three_models() -> tuple[tuple[str, ...], np.ndarray]:
    models = ("2PL",) * 6 + ("3PL",) * 4 + ("GRM",) * 4 + ("GPCM",) * 4
    return models, answers_of(items_of(models, 11), abilities(1500, 12), 13)


def close(first: Calibration, second: Calibration, tolerance: float = 1e-4, order: object = slice(None)) -> None:
    for name in "abcd":
        mine, theirs = getattr(first.items, name)[order], getattr(second.items, name)
        np.testing.assert_allclose(mine, theirs, atol=tolerance, rtol=tolerance)


class TestLsat6:
    def test_two_parameters_are_the_published_ones(self, lsat6: np.ndarray) -> None:
        found = calibrate(lsat6, "2PL")
        assert found.convergence.converged
        np.testing.assert_allclose(found.items.a, [0.8254, 0.7229, 0.8905, 0.6886, 0.6575], atol=0.01)
        np.testing.assert_allclose(found.items.b[:, 0], [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], atol=0.01)
        assert found.log_likelihood == pytest.approx(-2466.653, abs=0.01)
        assert found.n_parameters == 10
        assert found.aic == pytest.approx(4953.31, abs=0.02)

    def test_rasch_with_a_common_slope(self, lsat6: np.ndarray) -> None:
        found = calibrate(lsat6, "1PL")
        assert found.log_likelihood == pytest.approx(-2466.938, abs=0.01)
        assert np.ptp(found.items.a) == 0
        assert found.n_parameters == 6
        # The difficulties with unit slope and a free variance are these times the slope (Thissen, 1982).
        scaled = found.items.a * found.items.b[:, 0]
        np.testing.assert_allclose(scaled, [-2.730, -0.999, -0.240, -1.306, -2.100], atol=0.01)

    def test_standard_errors_are_those_of_repeated_sampling(self) -> None:
        true = items_of(("2PL",) * 10, 21)
        fits = [calibrate(answers_of(true, abilities(600, 100 + k), 500 + k), "2PL") for k in range(40)]
        spread = np.std([fit.items.a for fit in fits], axis=0).mean()
        claimed = np.mean([fit.errors.a for fit in fits])
        assert claimed == pytest.approx(spread, rel=0.15)
        claimed_b = np.mean([fit.errors.b for fit in fits])
        spread_b = np.std([fit.items.b for fit in fits], axis=0).mean()
        # Slightly smaller in the samples, whose abilities have a mean of exactly 0.
        assert claimed_b == pytest.approx(spread_b, rel=0.25)

    def test_it_says_how_it_ended(self, lsat6: np.ndarray) -> None:
        told: list[tuple[int, float, float]] = []
        stopped = calibrate(lsat6, "2PL", settings=Settings(max_cycles=3), progress=lambda *at: told.append(at))
        assert not stopped.convergence.converged
        assert [cycle for cycle, _, _ in told] == [1, 2, 3]
        assert "did not converge after 3 cycles" in stopped.warnings[0]


def log_posterior(answers: np.ndarray, items: Items, priors: Priors | None) -> float:
    """Written out as in a textbook, person by person, on nodes of its own."""
    nodes = np.linspace(-6, 6, 181)
    likelihood = np.exp(-0.5 * nodes**2) / np.exp(-0.5 * nodes**2).sum() * np.ones((len(answers), 1))
    for scores, curves in zip(answers.T, items.probabilities(nodes), strict=True):
        likelihood *= np.where((scores >= 0)[:, None], curves[np.maximum(scores, 0)], 1)
    total = float(np.log(likelihood.sum(axis=1)).sum())
    if priors is not None:
        guessed, slipped = np.isin(items.models, ("3PL", "4PL")), np.asarray(items.models) == "4PL"
        total += stats.lognorm.logpdf(items.a, priors.a.sd, scale=np.exp(priors.a.mean)).sum()
        total += np.nansum(stats.norm.logpdf(items.b, priors.b.mean, priors.b.sd))
        total += stats.beta.logpdf(items.c[guessed], priors.c.alpha, priors.c.beta).sum()
        total += stats.beta.logpdf(items.d[slipped], priors.d.alpha, priors.d.beta).sum()
    return total


@pytest.mark.parametrize("priors", [None, Priors(LogNormal(0.5, 0.3), Normal(0.5, 0.7), Beta(4, 9), Beta(30, 4))])
def test_no_other_parameters_are_likelier(priors: Priors | None) -> None:
    """The estimate is the peak of a log-posterior that shares no code with estimation."""
    models = ("2PL", "2PL", "GRM", "GPCM", "GRM", "GPCM") + (("3PL", "4PL") if priors else ("2PL", "2PL"))
    answers = answers_of(items_of(models, 3), abilities(400, 4), 5)
    answers[np.random.default_rng(6).random(answers.shape) < 0.1] = -1
    wide = Settings(nodes=121, span=6, tolerance=1e-7, standard_errors=False)
    found = calibrate(answers, models, priors=priors, settings=wide)
    highest = log_posterior(answers, found.items, priors)
    assert found.log_posterior == pytest.approx(highest, abs=1e-5)
    assert found.log_likelihood == pytest.approx(log_posterior(answers, found.items, None), abs=1e-5)
    values = {"a": found.items.a, "b": found.items.b, "c": found.items.c, "d": found.items.d}
    for name in "abcd":
        # What was not estimated is NaN (a threshold too many), 0 (a lower asymptote) or 1 (an upper one).
        estimated = np.isfinite(values[name]) & (name in "ab" or (values[name] > 0) & (values[name] < 1))
        for at in zip(*np.nonzero(estimated), strict=True):
            slopes = []
            for step in (-1e-4, 1e-4):
                moved = {key: value.copy() for key, value in values.items()}
                moved[name][at] += step
                slopes.append(log_posterior(answers, Items(models, **moved), priors) - highest)
            # Both sides lie below, and as far: the derivative between them is 0.
            assert max(slopes) < 1e-8
            assert abs(slopes[1] - slopes[0]) / 2e-4 < 0.02


class TestRecovery:
    """3,000 persons; the tolerances are about three standard errors of the mean over items."""

    @pytest.mark.parametrize(
        ("model", "priors", "a", "b"),
        [
            ("1PL", None, 0.05, 0.08),
            ("2PL", None, 0.10, 0.08),
            ("3PL", Priors(c=Beta(5, 17)), 0.20, 0.16),
            ("4PL", Priors(a=LogNormal(0.2, 0.3), c=Beta(5, 17), d=Beta(39, 3)), 0.30, 0.20),
            ("GRM", None, 0.08, 0.08),
            ("GPCM", None, 0.08, 0.14),
        ],
    )
    def test_every_model(self, model: str, priors: Priors | None, a: float, b: float) -> None:
        true = items_of((model,) * 20, 31)
        found = calibrate(answers_of(true, abilities(3000, 32), 33), model, priors=priors)
        assert found.convergence.converged
        assert found.warnings == ()
        assert np.sqrt(np.mean((found.items.a - true.a) ** 2)) < a
        assert np.sqrt(np.mean((found.items.b - true.b) ** 2)) < b
        deviations = (found.items.b - true.b) / found.errors.b
        assert 0.6 < np.sqrt(np.mean(deviations**2)) < 1.5

    def test_models_together(self, three_models: tuple[tuple[str, ...], np.ndarray]) -> None:
        models, answers = three_models
        true = items_of(models, 11)
        found = calibrate(answers, models, priors=Priors(c=Beta(5, 17)))
        assert found.items.categories.tolist() == true.categories.tolist()
        assert np.sqrt(np.nanmean((found.items.b - true.b) ** 2)) < 0.2
        assert found.n_parameters == 6 * 2 + 4 * 3 + 8 * 4

    def test_guessing_without_a_prior_converges(self) -> None:
        true = items_of(("3PL",) * 20, 41)
        found = calibrate(answers_of(true, abilities(2500, 42), 43), "3PL")
        assert found.convergence.converged
        assert found.convergence.cycles < 200

    def test_slopes_on_their_bound_do_not_keep_it_from_an_end(self) -> None:
        """Items far too hard for the group: without a prior a few slopes run away, and the scale may not chase them."""
        true = items_of(("3PL",) * 20, 1)
        found = calibrate(answers_of(true, abilities(1000, 2) - 2.5, 3), "3PL")
        assert found.convergence.converged
        assert np.abs(found.items.a).max() == pytest.approx(12)
        assert any("reached its bound 12" in warning for warning in found.warnings)
        path = found.convergence.objectives
        assert all(later >= earlier - 1e-6 for earlier, later in pairwise(path))

    def test_too_few_persons_for_standard_errors_are_remarked(self) -> None:
        found = calibrate(answers_of(items_of(("2PL",) * 20, 1), abilities(30, 4), 3), "2PL")
        assert np.isnan(found.errors.a).all()
        assert "too few answers" in found.warnings[-1]

    def test_answers_missing_at_random(self) -> None:
        true = items_of(("2PL",) * 15 + ("GRM",) * 5, 51)
        answers = answers_of(true, abilities(4000, 52), 53)
        answers[np.random.default_rng(54).random(answers.shape) < 0.4] = -1
        found = calibrate(answers, true.models)
        assert np.sqrt(np.mean((found.items.a - true.a) ** 2)) < 0.12
        assert np.sqrt(np.nanmean((found.items.b - true.b) ** 2)) < 0.12

    def test_answers_missing_by_earlier_answers(self) -> None:
        """Adaptive: the second half is easy or hard by the score on the first, which estimation may not ignore."""
        true = items_of(("2PL",) * 24, 61)
        answers = answers_of(true, abilities(5000, 62), 63)
        order = np.argsort(true.b[:, 0])
        first, easy, hard = order[8:16], order[:8], order[16:]
        able = answers[:, first].sum(axis=1) >= 4
        answers[np.ix_(able, easy)] = -1
        answers[np.ix_(~able, hard)] = -1
        found = calibrate(answers, "2PL", settings=QUICK)
        assert abs(np.mean(found.items.b - true.b)) < 0.04
        assert np.sqrt(np.mean((found.items.b - true.b) ** 2)) < 0.15


class TestLaws:
    @pytest.mark.parametrize("priors", [None, Priors(a=LogNormal(), b=Normal(), c=Beta(5, 17))])
    def test_the_objective_never_falls(
        self, three_models: tuple[tuple[str, ...], np.ndarray], priors: Priors | None
    ) -> None:
        models, answers = three_models
        answers = answers[:600].copy()
        answers[np.random.default_rng(0).random(answers.shape) < 0.2] = -1
        found = calibrate(answers, models, priors=priors, settings=PLAIN)
        path = found.convergence.objectives
        assert len(path) > 5
        assert all(later >= earlier - 1e-7 for earlier, later in pairwise(path))

    @settings(max_examples=15, deadline=None)
    @given(seed=st.integers(0, 10_000), missing=st.floats(0, 0.5))
    def test_the_likelihood_never_falls_whatever_the_answers(self, seed: int, missing: float) -> None:
        rng = np.random.default_rng(seed)
        answers = (rng.random((60, 5)) < rng.random((60, 1))).astype(int)
        answers[rng.random(answers.shape) < missing] = -1
        answers[0], answers[1] = 1, 0
        found = calibrate(answers, "2PL", settings=Settings(accelerate=False, standard_errors=False, max_cycles=40))
        path = found.convergence.objectives
        assert all(later >= earlier - 1e-7 for earlier, later in pairwise(path))

    def test_acceleration_ends_at_the_same_place_sooner(self, lsat6: np.ndarray) -> None:
        plain, quick = calibrate(lsat6, settings=PLAIN), calibrate(lsat6, settings=QUICK)
        assert quick.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-5)
        assert quick.convergence.cycles < 0.6 * plain.convergence.cycles

    def test_the_order_of_persons_and_items_changes_nothing(
        self, three_models: tuple[tuple[str, ...], np.ndarray]
    ) -> None:
        models, answers = three_models
        rng = np.random.default_rng(7)
        items = rng.permutation(len(models))
        shuffled = answers[rng.permutation(len(answers))][:, items]
        first = calibrate(answers, models, priors=Priors(c=Beta(5, 17)), settings=FINE)
        second = calibrate(shuffled, [models[i] for i in items], priors=Priors(c=Beta(5, 17)), settings=FINE)
        close(first, second, order=items)
        assert first.log_likelihood == pytest.approx(second.log_likelihood, abs=1e-6)

    def test_right_and_wrong_exchanged_turn_the_curves_round(self, lsat6: np.ndarray) -> None:
        first, second = calibrate(lsat6, settings=FINE), calibrate(1 - lsat6, settings=FINE)
        assert first.log_likelihood == pytest.approx(second.log_likelihood, abs=1e-6)
        np.testing.assert_allclose(first.items.a, second.items.a, atol=1e-4)
        np.testing.assert_allclose(first.items.b, -second.items.b, atol=1e-3)

    def test_two_scores_are_one_model_however_it_is_called(self, lsat6: np.ndarray) -> None:
        logistic = calibrate(lsat6, "2PL", settings=FINE)
        for model in ("GRM", "GPCM"):
            close(logistic, calibrate(lsat6, model, settings=FINE), 1e-3)

    def test_sparse_and_dense_answers_are_estimated_alike(self) -> None:
        true = items_of(("2PL",) * 30 + ("GRM",) * 10, 71)
        answers = answers_of(true, abilities(1500, 72), 73)
        answers[np.random.default_rng(74).random(answers.shape) < 0.92] = -1
        person, item = np.nonzero(answers >= 0)
        sparse = Responses.from_answers(person, item, answers[person, item], n_persons=1500, n_items=40)
        assert sparse.is_sparse
        sizes = true.categories
        loose = Priors(a=LogNormal(0.2, 0.3), b=Normal(0, 1))
        found = calibrate(sparse, true.models, categories=sizes, priors=loose, settings=Settings(tolerance=1e-6))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(responses, "SPARSE_BELOW", 0.0)
            dense = Responses.from_matrix(answers)
            assert not dense.for_estimation().is_sparse
            other = calibrate(dense, true.models, categories=sizes, priors=loose, settings=Settings(tolerance=1e-6))
        close(found, other, 1e-3)
        np.testing.assert_allclose(found.errors.b, other.errors.b, rtol=1e-3)

    def test_single_precision_is_good_to_a_hundredth_of_a_standard_error(self) -> None:
        answers = answers_of(items_of(("2PL",) * 30, 81), abilities(3000, 82), 83)
        single = calibrate(answers, settings=Settings(precision="single"))
        double = calibrate(answers, settings=Settings(precision="double"))
        assert (np.abs(single.items.b - double.items.b) < 0.01 * double.errors.b).all()
        np.testing.assert_allclose(single.errors.a, double.errors.a, rtol=1e-3)

    def test_threads_change_nothing(self) -> None:
        answers = answers_of(items_of(("2PL",) * 30, 81), abilities(9000, 84), 85)
        first, second = (calibrate(answers, settings=Settings(workers=workers)) for workers in (1, 2))
        close(first, second)


class TestBadAnswers:
    def answers(self) -> np.ndarray:
        return answers_of(items_of(("2PL",) * 6, 91), abilities(200, 92), 93).astype(int)

    def test_all_right_or_all_wrong_is_named(self) -> None:
        answers = self.answers()
        answers[:, 2], answers[:, 4] = 1, 0
        with pytest.raises(ValueError, match=r"Q3: all 200 answers are right; Q5: all 200 answers are wrong"):
            calibrate(answers, names=["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"])

    def test_an_item_that_nobody_answered_is_named(self) -> None:
        answers = self.answers()
        answers[:, 5] = -1
        with pytest.raises(ValueError, match="item 5: nobody answered it"):
            calibrate(answers)

    def test_a_score_beyond_the_model_is_named(self) -> None:
        answers = self.answers()
        answers[7, 1] = 3
        with pytest.raises(ValueError, match="item 1: a score of 3, but its scores go from 0 to 1"):
            calibrate(answers)

    def test_a_score_that_nobody_got_is_named(self) -> None:
        answers = self.answers()
        answers[:, 0] *= 2
        with pytest.raises(ValueError, match="item 0: nobody scored 1 of 0 to 2"):
            calibrate(answers, ["GRM"] + ["2PL"] * 5)

    def test_what_is_no_score_is_named(self) -> None:
        answers = self.answers().astype(float)
        answers[3, 2] = 0.5
        with pytest.raises(ValueError, match=r"person 3, item 2: 0\.5 is not a whole score"):
            calibrate(answers)

    def test_too_few_items_are_refused(self) -> None:
        with pytest.raises(ValueError, match="2 items cannot tell their slopes; at least 3"):
            calibrate(self.answers()[:, :2])
        assert calibrate(self.answers()[:, :2], "1PL").convergence.converged

    def test_an_item_that_measures_nothing_is_reported(self) -> None:
        answers = answers_of(items_of(("2PL",) * 12, 91), abilities(20_000, 92), 93)
        answers[:, 4] = np.random.default_rng(5).random(20_000) < 0.4
        found = calibrate(answers)
        assert any("item 4" in warning and "as good as none" in warning for warning in found.warnings)

    def test_an_unknown_model_is_named(self) -> None:
        with pytest.raises(ValueError, match="unknown model '5PL'"):
            calibrate(self.answers(), "5PL")

    def test_a_wrong_key_is_reported_not_hidden(self) -> None:
        answers = answers_of(items_of(("2PL",) * 10, 91), abilities(1500, 92), 93)
        answers[:, 3] = 1 - answers[:, 3]
        found = calibrate(answers)
        assert found.items.a[3] < 0
        assert any("item 3: discrimination" in warning and "key" in warning for warning in found.warnings)

    def test_persons_who_answered_nothing_do_not_count(self) -> None:
        answers = self.answers()
        padded = np.concatenate((answers, np.full((50, 6), -1)))
        first, second = calibrate(answers, settings=FINE), calibrate(padded, settings=FINE)
        close(first, second)
        assert second.n_persons == 200


class TestResponses:
    def test_equal_patterns_become_one(self, lsat6: np.ndarray) -> None:
        collapsed = Responses.from_matrix(lsat6).collapsed()
        patterns, counts = np.unique(lsat6, axis=0, return_counts=True)
        assert collapsed.n_rows == len(patterns)
        seen = {tuple(row): weight for row, weight in zip(collapsed.scores.tolist(), collapsed.weights, strict=True)}
        assert seen == {tuple(row): count for row, count in zip(patterns.tolist(), counts, strict=True)}

    @settings(max_examples=30, deadline=None)
    @given(seed=st.integers(0, 10_000), density=st.floats(0.01, 1))
    def test_sparse_and_dense_say_the_same(self, seed: int, density: float) -> None:
        rng = np.random.default_rng(seed)
        table = rng.integers(0, 3, (40, 6)).astype(np.int8)
        table[rng.random(table.shape) > density] = -1
        person, item = np.nonzero(table >= 0)
        mixed = rng.permutation(person.size)
        listed = Responses.from_answers(person[mixed], item[mixed], table[person, item][mixed], n_persons=40, n_items=6)
        given_table = Responses.from_matrix(table)
        np.testing.assert_array_equal(listed.dense(), table)
        np.testing.assert_array_equal(listed.answered(), given_table.answered())
        np.testing.assert_array_equal(listed.category_counts(3), given_table.category_counts(3))
        assert listed.collapsed().n_rows == given_table.collapsed().n_rows
        np.testing.assert_array_equal(listed.for_estimation().dense(), given_table.for_estimation().dense())

    def test_missing_may_be_said_three_ways(self) -> None:
        values = np.array([[1.0, np.nan, 9.0], [0.0, 1.0, 1.0]])
        mask = np.array([[False, False, False], [True, False, False]])
        found = Responses.from_matrix(values, missing=9, mask=mask)
        assert found.scores.tolist() == [[1, -1, -1], [-1, 1, 1]]

    def test_an_answer_given_twice_is_named(self) -> None:
        with pytest.raises(ValueError, match="person 1 answered item 2 more than once"):
            Responses.from_answers([0, 1, 1], [0, 2, 2], [1, 0, 1])

    def test_an_index_outside_is_named(self) -> None:
        with pytest.raises(ValueError, match="answer 1: item 5 is outside 0 to 2"):
            Responses.from_answers([0, 1], [0, 5], [1, 0], n_items=3)
