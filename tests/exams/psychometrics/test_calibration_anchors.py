"""New items brought onto the scale of a bank, whoever the group was that answered them."""

import numpy as np
import pytest

from exams.psychometrics.anchors import calibrate_with_anchors
from exams.psychometrics.estimation import Beta, Priors, Settings, calibrate
from exams.psychometrics.linking import link
from exams.psychometrics.models import Items
from exams.psychometrics.responses import Responses
from tests.exams.psychometrics.simulated import abilities, answers_of, items_of

MODELS = ("2PL",) * 16 + ("GRM",) * 4 + ("GPCM",) * 4
AT = np.array([0, 2, 4, 6, 8, 10, 12, 14, 16, 20])
QUICK = Settings(standard_errors=False)


@pytest.fixture(scope="module")
def bank() -> Items:
    return items_of(MODELS, 5)


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (1.0, 1.4), (-1.2, 0.7)])
def test_the_scale_is_the_banks_whoever_answered(bank: Items, mean: float, sd: float) -> None:
    answers = answers_of(bank, mean + sd * abilities(4000, 6), 7)
    found = calibrate_with_anchors(answers, MODELS, anchors=bank.take(AT), at=AT)
    assert found.convergence.converged
    assert found.mean == pytest.approx(mean, abs=3.5 * found.errors.mean)
    assert found.sd == pytest.approx(sd, abs=3.5 * found.errors.sd)
    new = np.setdiff1d(np.arange(len(bank)), AT)
    z = ((found.items.b - bank.b) / found.errors.b)[new]
    assert 0.6 < np.sqrt(np.nanmean(z**2)) < 1.6
    z = ((found.items.a - bank.a) / found.errors.a)[new]
    assert 0.6 < np.sqrt(np.mean(z**2)) < 1.6


def test_anchors_stay_to_the_last_digit(bank: Items) -> None:
    answers = answers_of(bank, abilities(800, 8), 9)
    found = calibrate_with_anchors(answers, MODELS, anchors=bank.take(AT), at=AT)
    np.testing.assert_allclose(found.items.a[AT], bank.a[AT], rtol=1e-14)
    np.testing.assert_allclose(found.items.b[AT], bank.b[AT], rtol=1e-12, atol=1e-14)
    assert np.isnan(found.errors.a[AT]).all()
    assert found.n_parameters == (16 - 8) * 2 + (8 - 2) * 4 + 2


def test_anchors_in_another_order_change_nothing(bank: Items) -> None:
    answers = answers_of(bank, 0.5 + abilities(1500, 10), 11)
    fine = Settings(standard_errors=False, tolerance=1e-7)
    first = calibrate_with_anchors(answers, MODELS, anchors=bank.take(AT), at=AT, settings=fine)
    order = np.random.default_rng(1).permutation(AT)
    second = calibrate_with_anchors(answers, MODELS, anchors=bank.take(order), at=order, settings=fine)
    np.testing.assert_allclose(first.items.b, second.items.b, atol=1e-5)


def test_a_scale_moved_with_its_anchors_moves_the_new_items(bank: Items) -> None:
    answers = answers_of(bank, abilities(1500, 12), 13)
    fine = Settings(standard_errors=False, tolerance=1e-7)
    here = calibrate_with_anchors(answers, MODELS, anchors=bank.take(AT), at=AT, settings=fine)
    moved = bank.take(AT).rescaled(2.0, 0.7)
    there = calibrate_with_anchors(answers, MODELS, anchors=moved, at=AT, settings=fine)
    np.testing.assert_allclose(there.items.b, here.items.rescaled(2.0, 0.7).b, atol=1e-4)
    np.testing.assert_allclose(there.items.a, here.items.a / 2, atol=1e-4)
    assert there.mean == pytest.approx(2 * here.mean + 0.7, abs=1e-4)
    assert there.log_likelihood == pytest.approx(here.log_likelihood, abs=1e-5)


def test_free_calibration_and_linking_lead_to_the_same_scale(bank: Items) -> None:
    answers = answers_of(bank, 0.8 + 1.2 * abilities(4000, 14), 15)
    fixed = calibrate_with_anchors(answers, MODELS, anchors=bank.take(AT), at=AT, settings=QUICK)
    free = calibrate(answers, MODELS, settings=QUICK)
    line = link(bank.take(AT), free.items.take(AT))
    np.testing.assert_allclose(line.items(free.items).b, fixed.items.b, atol=0.25)
    assert line.slope == pytest.approx(fixed.sd, abs=0.05)
    assert line.intercept == pytest.approx(fixed.mean, abs=0.05)


def test_field_test_items_in_an_adaptive_test() -> None:
    """Six first answers choose ten items of the bank, and three are new: nine answers of ten are missing.

    Choosing by true ability instead would tell more about it than the answers do, and is no test that can be given.
    """
    bank = items_of(("3PL",) * 200 + ("2PL",) * 12, 17)
    old, new = np.arange(200), np.arange(200, 212)
    rng = np.random.default_rng(18)
    theta = 0.6 + 1.1 * abilities(4000, 19)
    whole = answers_of(bank, theta, 20)
    first = np.argsort(np.abs(bank.difficulty[old] - 0.5))[:6]
    target = 0.6 * (whole[:, first].sum(axis=1) - 3)
    distance = np.abs(bank.difficulty[old] - target[:, None]) + rng.uniform(0, 1, (theta.size, old.size))
    given = np.zeros(whole.shape, dtype=bool)
    given[:, first] = True
    np.put_along_axis(given, np.argsort(distance, axis=1)[:, :10], True, axis=1)
    np.put_along_axis(given, new[np.argsort(rng.random((theta.size, 12)), axis=1)[:, :3]], True, axis=1)
    person, item = np.nonzero(given)
    answers = Responses.from_answers(person, item, whole[person, item], n_persons=theta.size, n_items=212)
    assert answers.is_sparse
    found = calibrate_with_anchors(answers, "2PL", anchors=bank.take(old), at=old, priors=Priors(c=Beta(5, 17)))
    assert found.mean == pytest.approx(0.6, abs=0.06)
    assert found.sd == pytest.approx(1.1, abs=0.06)
    z = ((found.items.difficulty - bank.difficulty) / found.errors.b[:, 0])[new]
    assert np.sqrt(np.mean(z**2)) < 1.7
    assert np.isfinite(z).all()


def test_new_rasch_items_have_the_slope_of_the_bank() -> None:
    bank = items_of(("1PL",) * 12, 21)
    answers = answers_of(bank, 1 + abilities(1500, 22), 23)
    found = calibrate_with_anchors(answers, "1PL", anchors=bank.take(np.arange(6)), at=np.arange(6))
    assert found.items.a == pytest.approx(np.full(12, 1.2), abs=0)
    assert np.abs(found.items.b - bank.b)[6:].max() < 0.25


def test_few_anchors_are_remarked(bank: Items) -> None:
    answers = answers_of(bank, abilities(1500, 24), 25)
    found = calibrate_with_anchors(answers, MODELS, anchors=bank.take(AT[:3]), at=AT[:3], settings=QUICK)
    assert any("only 3 anchors" in warning for warning in found.warnings)


def test_what_carries_no_scale_is_refused(bank: Items) -> None:
    answers = answers_of(bank, abilities(300, 26), 27)
    anchors = bank.take(AT)
    with pytest.raises(ValueError, match="9 places for 10 anchors"):
        calibrate_with_anchors(answers, MODELS, anchors=anchors, at=AT[:9])
    with pytest.raises(ValueError, match="column 99"):
        calibrate_with_anchors(answers, MODELS, anchors=anchors, at=[*AT[:9], 99])
    with pytest.raises(ValueError, match="same column"):
        calibrate_with_anchors(answers, MODELS, anchors=anchors, at=[*AT[:9], 0])
    answers[:, AT] = -1
    with pytest.raises(ValueError, match="nobody answered an anchor"):
        calibrate_with_anchors(answers, MODELS, anchors=anchors, at=AT)
