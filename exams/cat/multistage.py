"""Multistage tests: modules of items in stages, each student's module of a stage by the ability so far.

Routing by defined population intervals (Luecht & Nungester, 1998; Yan, von Davier & Lewis, 2014, ch. 7): within a
stage the module with the highest `theta_from` that is not above the ability. All items of a module are given in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Literal


@dataclass(frozen=True)
class Module:
    """A block of items.

    Parameters
    ----------
    name : str
    stage : int
        From 1.
    items : tuple of int
        Pool indices, in the order in which they are given.
    theta_from : float or None
        The lowest ability (logits) that is routed here; None for the easiest module of a stage.
    """

    name: str
    stage: int
    items: tuple[int, ...]
    theta_from: float | None = None


@dataclass(frozen=True)
class RoutingProblem:
    """What keeps modules from being a multistage test.

    kind is "no_stage" (a stage has no module), "no_lowest" (the lowest abilities of a stage have none), "empty" (a
    module has no item), "lengths" (the modules of a stage have different lengths: some students would be given fewer
    items), "twice" (an item is in two modules), "same_route" (two modules begin at one ability), or "unreachable" (no
    ability that is reported comes to the module).
    """

    kind: Literal["no_stage", "no_lowest", "empty", "lengths", "twice", "same_route", "unreachable"]
    stage: int
    module: str = ""


@dataclass(frozen=True, eq=False)
class Modules:
    """The modules of a multistage test. `problems` says whether they are fit for use."""

    modules: Sequence[Module]

    @cached_property
    def stages(self) -> tuple[tuple[Module, ...], ...]:
        """The modules of stages 1, 2, …, from the easiest to the hardest."""
        last = max((module.stage for module in self.modules), default=0)
        return tuple(
            tuple(sorted((one for one in self.modules if one.stage == stage), key=lowest_ability))
            for stage in range(1, last + 1)
        )

    @cached_property
    def module_of(self) -> dict[int, Module]:
        """The module of each pool index."""
        return {index: module for module in self.modules for index in module.items}

    @property
    def length(self) -> int:
        """Items of a test."""
        return sum(max((len(module.items) for module in stage), default=0) for stage in self.stages)

    def route(self, stage: int, theta: float) -> Module | None:
        """The module of `stage` (from 1) for an ability, None when there is none."""
        if not 1 <= stage <= len(self.stages):
            return None
        fitting = [module for module in self.stages[stage - 1] if lowest_ability(module) <= theta]
        return fitting[-1] if fitting else None

    def next_item(self, given: Sequence[int], theta: float) -> int | None:
        """The item after those `given` (in order) at ability theta, None at the end of the last stage.

        A module that was begun is gone through to its end, whatever the ability does meanwhile.
        """
        placed = [index for index in given if index in self.module_of]
        current = self.module_of[placed[-1]] if placed else None
        if current is not None:
            taken = set(placed)
            rest = [index for index in current.items if index not in taken]
            if rest:
                return rest[0]
        following = self.route(current.stage + 1 if current else 1, theta)
        return following.items[0] if following and following.items else None

    def problems(self, bounds: tuple[float, float] = (-4.0, 4.0)) -> list[RoutingProblem]:
        """What keeps every student, of any ability within `bounds`, from being given a test of one length."""
        found = [RoutingProblem("no_stage", 1)] if not self.stages else []
        seen: set[int] = set()
        for number, stage in enumerate(self.stages, start=1):
            found += _stage_problems(number, stage, bounds)
            for module in stage:
                if seen & set(module.items) or len(set(module.items)) < len(module.items):
                    found.append(RoutingProblem("twice", number, module.name))
                seen |= set(module.items)
        return found


def lowest_ability(module: Module) -> float:
    """The lowest ability that is routed to the module: -inf for the easiest one of a stage."""
    return -inf if module.theta_from is None else module.theta_from


def _stage_problems(number: int, stage: tuple[Module, ...], bounds: tuple[float, float]) -> list[RoutingProblem]:
    if not stage:
        return [RoutingProblem("no_stage", number)]
    found = []
    if stage[0].theta_from is not None:
        found.append(RoutingProblem("no_lowest", number, stage[0].name))
    found += [RoutingProblem("empty", number, module.name) for module in stage if not module.items]
    if len({len(module.items) for module in stage if module.items}) > 1:
        found.append(RoutingProblem("lengths", number))
    for easier, harder in pairwise(stage):
        if lowest_ability(easier) == lowest_ability(harder):
            found.append(RoutingProblem("same_route", number, harder.name))
        elif lowest_ability(harder) <= bounds[0]:
            found.append(RoutingProblem("unreachable", number, easier.name))
    found += [RoutingProblem("unreachable", number, one.name) for one in stage if lowest_ability(one) > bounds[1]]
    return found
