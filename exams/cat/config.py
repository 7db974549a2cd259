"""How an exam adapts: everything about a test that is settled before anybody sits it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite

from exams.cat.ability import Quadrature
from exams.cat.constraints import Blueprint
from exams.cat.multistage import Modules
from exams.cat.selection import CRITERIA
from exams.cat.stopping import StoppingRule

ESTIMATORS = ("eap", "ml")
DESIGNS = ("areas", "fixed", "shadow", "multistage")


@dataclass(frozen=True)
class CatConfig:
    """How an exam adapts. Refuses impossible values when it is made; `shortages` compares it with a pool.

    Parameters
    ----------
    estimator : "eap" or "ml"
    criterion : a name in `selection.CRITERIA`
        "maximum_information", or "bank_order" for a fixed form.
    min_items, max_items, se_target
        See `stopping.StoppingRule`.
    randomesque : int
        Draw among so many best items; 1 for no exposure control.
    field_test_items : int
        So many items in field test are slipped in unscored, at random places after the second and before min_items
        scored ones are through. A test has that many items more than its length.
    design : a name in `session.DESIGNS`
        How the next item is chosen: "areas" takes the best one of the content area that is most behind its share,
        "fixed" the items of the pool in their order, "shadow" and "multistage" see `blueprint` and `modules`.
    blueprint : constraints.Blueprint, optional
        What a shadow test must hold to, once it is `max_items` long. The design "areas" heeds its sets and enemies
        alone.
    modules : multistage.Modules, optional
        The stages of a multistage test.
    area_targets : mapping of area name to share
        Content balancing; shares are divided by their sum. Empty for none. Otherwise areas not named, or of share 0,
        are never given, and the share of an area that has run out of items goes to the others.
    prior_mean, prior_sd : float
        Normal prior of ability, in logits. Under "ml" the mean only places the first item.
    bounds : (float, float)
        Lowest and highest ability, in logits: the ends of the quadrature and of the maximum-likelihood search.
    nodes : int
        Of the quadrature.
    information_table : bool
        Look information up on a grid of theta instead of computing it: for banks of tens of thousands of items.
    """

    estimator: str = "eap"
    criterion: str = "maximum_information"
    min_items: int = 1
    max_items: int = 30
    se_target: float | None = None
    randomesque: int = 1
    area_targets: Mapping[str, float] = field(default_factory=dict)
    prior_mean: float = 0.0
    prior_sd: float = 1.0
    bounds: tuple[float, float] = (-4.0, 4.0)
    nodes: int = 61
    information_table: bool = False
    field_test_items: int = 0
    design: str = "areas"
    blueprint: Blueprint | None = None
    modules: Modules | None = None

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise ValueError(f"estimator {self.estimator!r}: choose from {', '.join(ESTIMATORS)}")
        if self.design not in DESIGNS:
            raise ValueError(f"design {self.design!r}: choose from {', '.join(DESIGNS)}")
        if self.criterion not in CRITERIA:
            raise ValueError(f"criterion {self.criterion!r}: choose from {', '.join(CRITERIA)}")
        if self.information_table and self.criterion != "maximum_information":
            raise ValueError(f"information_table goes with maximum_information, not with {self.criterion!r}")
        if self.randomesque < 1:
            raise ValueError(f"randomesque = {self.randomesque!r}: at least 1 item to draw from")
        if self.field_test_items < 0:
            raise ValueError(f"field_test_items = {self.field_test_items!r}: must be 0 or more")
        if self.field_test_items and self.min_items < 3:
            raise ValueError(
                f"min_items = {self.min_items!r}: items in field test need at least 3 scored ones around them"
            )
        for area, share in self.area_targets.items():
            if not (isfinite(share) and share >= 0):
                raise ValueError(f"share of area {area!r} = {share!r}: must be 0 or more")
        if self.area_targets and not any(self.area_targets.values()):
            raise ValueError("area_targets: at least one share must be positive")
        # Made here so that a bad value is refused now and not in the middle of somebody's test.
        _ = self.rule, self.quadrature

    @cached_property
    def rule(self) -> StoppingRule:
        """The stopping rule."""
        return StoppingRule(self.min_items, self.max_items, self.se_target)

    @cached_property
    def quadrature(self) -> Quadrature:
        """The prior on its grid."""
        return Quadrature(self.prior_mean, self.prior_sd, *self.bounds, self.nodes)
