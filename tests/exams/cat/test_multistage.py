"""Multistage tests: routing, the order within a module, and what is wrong with a set of modules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.cat import CatConfig, Pool, answer, start
from exams.cat.multistage import Module, Modules
from tests.exams.cat.banks import realistic_bank

ROUTING = Module("routing", 1, (0, 1, 2))
EASY = Module("easy", 2, (3, 4, 5))
HARD = Module("hard", 2, (6, 7, 8), 0.0)
EASIER = Module("easier", 3, (9, 10))
MIDDLE = Module("middle", 3, (11, 12), -0.5)
HARDER = Module("harder", 3, (13, 14), 0.5)
DESIGN = Modules([HARD, ROUTING, EASY, HARDER, MIDDLE, EASIER])
CONFIG = CatConfig(min_items=8, max_items=8, design="multistage", modules=DESIGN)
POOL = Pool.build(realistic_bank(15, 0))


@given(st.lists(st.integers(0, 1), min_size=8, max_size=8))
def test_each_student_goes_through_one_module_a_stage(scores: list[int]) -> None:
    step, abilities = start(POOL, CONFIG), []
    for score in scores:
        assert step.item is not None
        step = answer(POOL, CONFIG, step.state, score)
        abilities.append(step.state.theta)
    assert step.reason == "length"
    second = HARD if abilities[2] >= 0 else EASY
    third = HARDER if abilities[5] >= 0.5 else MIDDLE if abilities[5] >= -0.5 else EASIER
    assert step.state.administered == ROUTING.items + second.items + third.items


def test_a_module_that_was_begun_is_gone_through() -> None:
    assert DESIGN.next_item([0, 1, 2, 6], -4.0) == 7
    assert DESIGN.next_item([0, 1, 2, 6, 7, 8, 9, 10], 0.0) is None


def test_a_sound_design_has_no_problems() -> None:
    assert DESIGN.problems() == []
    assert DESIGN.length == 8


@pytest.mark.parametrize(
    ("modules", "kinds"),
    [
        ([], {"no_stage"}),
        ([ROUTING, EASIER], {"no_stage"}),
        ([ROUTING, HARD], {"no_lowest"}),
        ([ROUTING, EASY, Module("long", 2, (6, 7, 8, 9), 0.0)], {"lengths"}),
        ([ROUTING, Module("none", 2, ())], {"empty"}),
        ([ROUTING, Module("again", 2, (2, 3, 4))], {"twice"}),
        ([ROUTING, EASY, HARD, Module("same", 2, (9, 10, 11), 0.0)], {"same_route"}),
        ([ROUTING, EASY, Module("beyond", 2, (6, 7, 8), 4.5)], {"unreachable"}),
        ([ROUTING, EASY, Module("all", 2, (6, 7, 8), -4.0)], {"unreachable"}),
    ],
)
def test_what_keeps_modules_from_being_a_test_is_said(modules: list[Module], kinds: set[str]) -> None:
    assert {problem.kind for problem in Modules(modules).problems()} == kinds


def test_it_needs_modules() -> None:
    with pytest.raises(ValueError, match="needs modules"):
        start(POOL, CatConfig(design="multistage"))
