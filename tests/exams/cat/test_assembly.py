"""Forms by integer programming, beside exhaustive search and beside HiGHS' own search through SciPy."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from exams.cat.assembly import ACCEPTED_GAP, Assembler, Form, Request, conflicts, nearest_form, program_of
from exams.cat.constraints import Blueprint, Constraint
from exams.cat.models import information
from tests.exams.cat.blueprints import LENGTH, Operational, operational


@pytest.fixture(scope="module")
def exam() -> Operational:
    return operational()


def form_of(
    blueprint: Blueprint,
    length: int,
    values: np.ndarray,
    required: tuple[int, ...] = (),
    barred: tuple[int, ...] = (),
) -> Form | None:
    mask = np.ones(blueprint.size, dtype=bool)
    mask[[*required, *barred]] = False
    request = Request(values, np.array(required, dtype=np.intp), mask)
    return Assembler(blueprint, length).form(request, near=0.0, values_near=lambda: np.ones(blueprint.size))


@st.composite
def programs(draw: st.DrawFn) -> tuple[Blueprint, int, np.ndarray]:
    size = draw(st.integers(4, 10))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    length = draw(st.integers(1, size))
    words = rng.integers(10, 60, size).astype(float)
    kind = rng.integers(0, 3, size)
    least = draw(st.integers(0, 2))
    constraints = [
        Constraint("words", words, draw(st.sampled_from([0, 20 * length])), draw(st.sampled_from([50, 35])) * length),
        *(Constraint(f"kind {k}", (kind == k).astype(float), 0, draw(st.integers(1, length))) for k in range(3)),
        Constraint("kind 0 at least", (kind == 0).astype(float), least),
    ]
    passage = rng.integers(-1, 3, size)
    per_set = draw(st.sampled_from([(1, 9), (2, 3), (1, 2)]))
    enemies = [tuple(rng.choice(size, 2, replace=False).tolist()) for _ in range(draw(st.integers(0, 3)))]
    blueprint = Blueprint(size, constraints, passage, per_set, draw(st.sampled_from([(0, 9), (0, 1), (1, 2)])), enemies)
    return blueprint, length, rng.lognormal(0, 1, size)


def keeps_to(blueprint: Blueprint, items: tuple[int, ...], length: int) -> bool:
    # In the order of their sets, items come together: the order is not the assembler's business.
    return not blueprint.violations(sorted(items, key=lambda index: blueprint.passage[index]), length)


@given(programs())
@settings(max_examples=150, deadline=None)
def test_it_finds_the_best_form_or_proves_that_there_is_none(program: tuple[Blueprint, int, np.ndarray]) -> None:
    blueprint, length, values = program
    forms = [
        items for items in itertools.combinations(range(blueprint.size), length) if keeps_to(blueprint, items, length)
    ]
    found = form_of(blueprint, length, values)
    missed = conflicts(blueprint, length)
    if not forms:
        assert found is None
        assert missed
        return
    assert not missed
    assert found is not None
    assert found.items in forms
    best = max(values[list(items)].sum() for items in forms)
    assert found.value == pytest.approx(values[list(found.items)].sum())
    assert best * (1 - ACCEPTED_GAP) - 1e-9 <= found.value <= best + 1e-9 <= found.bound + 1e-6


@pytest.mark.parametrize("theta", [-2.0, -0.5, 0.5, 2.0])
def test_on_a_thousand_items_it_is_as_good_as_a_whole_search(exam: Operational, theta: float) -> None:
    values = information(theta, exam.pool.items)
    program = program_of(exam.blueprint, LENGTH)
    whole = milp(
        np.concatenate((-values, np.zeros(program.columns - values.size))),
        constraints=LinearConstraint(program.matrix, program.lower, program.upper),
        integrality=np.ones(program.columns),
        bounds=Bounds(0, 1),
    )
    form = form_of(exam.blueprint, LENGTH, values)
    assert form is not None
    assert -whole.fun * (1 - ACCEPTED_GAP) <= form.value <= -whole.fun + 1e-6
    assert keeps_to(exam.blueprint, form.items, LENGTH)


def test_what_was_solved_before_changes_nothing(exam: Operational) -> None:
    assembler = Assembler(exam.blueprint, LENGTH)

    def solve(theta: float) -> Form | None:
        near = round(theta * 4) / 4
        request = Request(
            information(theta, exam.pool.items), np.empty(0, dtype=np.intp), np.ones(len(exam.pool), dtype=bool)
        )
        return assembler.form(request, near=near, values_near=lambda: information(near, exam.pool.items))

    thetas = [0.1, -1.3, 2.2, 0.15]
    assert [solve(theta) for theta in thetas] == [solve(theta) for theta in reversed(thetas)][::-1]


def test_threads_share_an_assembler(exam: Operational) -> None:
    assembler = Assembler(exam.blueprint, LENGTH)

    def solve(theta: float) -> Form | None:
        everything = np.ones(len(exam.pool), dtype=bool)
        request = Request(information(theta, exam.pool.items), np.empty(0, dtype=np.intp), everything)
        return assembler.form(request, near=0.0, values_near=lambda: information(0.0, exam.pool.items))

    thetas = np.linspace(-1.5, 1.5, 12).tolist()
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(solve, thetas))
    assert together == [solve(theta) for theta in thetas]


def test_required_items_stay_and_barred_ones_do_not_come(exam: Operational) -> None:
    values = information(0.0, exam.pool.items)
    first = form_of(exam.blueprint, LENGTH, values)
    assert first is not None
    kept, lost = first.items[:3], first.items[3:6]
    again = form_of(exam.blueprint, LENGTH, values, kept, lost)
    assert again is not None
    assert set(kept) <= set(again.items)
    assert not set(lost) & set(again.items)


def test_conflicts_are_named_with_what_can_be_reached() -> None:
    kinds = np.array([1.0, 1, 1, 0, 0, 0])
    blueprint = Blueprint(6, [Constraint("essays", kinds, 4), Constraint("words", np.full(6, 30.0), 0, 200)])
    (missed,) = conflicts(blueprint, 5)
    assert (missed.name, missed.reached, missed.lower) == ("essays", 3, 4)
    barred = np.array([True, False, False, False, False, False])
    assert {one.name for one in conflicts(Blueprint(6), 6, barred=barred)} == {"length"}
    assert conflicts(Blueprint(6), 5, barred=barred) == ()


def test_two_constraints_that_exclude_each_other_are_a_conflict() -> None:
    size = 10
    blueprint = Blueprint(
        size, [Constraint("at most", np.ones(size) * (np.arange(size) < 8), 0, 2), Constraint("all", np.ones(size), 5)]
    )
    missed = conflicts(blueprint, 5)
    assert missed
    assert {one.name for one in missed} <= {"at most", "all", "length"}


def test_the_nearest_form_misses_by_as_little_as_can_be() -> None:
    kinds = np.array([1.0, 1, 1, 0, 0, 0])
    blueprint = Blueprint(6, [Constraint("essays", kinds, 4)])
    values = np.array([1.0, 2, 3, 4, 5, 6])
    form = nearest_form(blueprint, 4, Request(values, np.array([3]), np.array([1, 1, 1, 0, 1, 1], dtype=bool)))
    assert form.items == (0, 1, 2, 3)
