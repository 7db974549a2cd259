"""How an exam adapts: everything about a test that is settled before anybody sits it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import inf, isfinite

import numpy as np

from exams.cat.ability import Quadrature
from exams.cat.constraints import Blueprint
from exams.cat.criteria import CRITERIA, RATIO_CRITERIA
from exams.cat.models import FloatArray
from exams.cat.multistage import Modules
from exams.cat.stopping import StoppingRule

ESTIMATORS = ("eap", "map", "ml", "wle", "eap_sum")
EXPOSURE_CONTROLS = ("none", "randomesque", "sympson_hetter", "progressive_restricted", "eligibility")
CLASSIFICATIONS = ("", "sprt", "interval")
DESIGNS = ("areas", "fixed", "shadow", "multistage")


@dataclass(frozen=True)
class CatConfig:
    """How an exam adapts. Refuses impossible values when it is made; `shortages` compares it with a pool.

    Parameters
    ----------
    estimator : "eap", "map", "ml", "wle" or "eap_sum"
        Expected a posteriori, maximum a posteriori, maximum likelihood, weighted likelihood, expected a posteriori by
        sum score.
    criterion : a name in `criteria.CRITERIA`
        "maximum_information", or "bank_order" for a fixed form.
    min_items, max_items, se_target, information_target, change_target
        See `stopping.StoppingRule`.
    exposure : "none", "randomesque", "sympson_hetter", "progressive_restricted" or "eligibility"
        Exposure control. The last two rest on the items that a student has excluded, see `exposure.excluded_for`.
    exposure_rate : float
        In (0, 1]: no item is to be given to a greater share of the students.
    exposure_parameters : sequence (n,)
        Sympson–Hetter's k of every item of the pool, in [0, 1].
    acceleration : float
        Of the progressive choice, see `selection.progressive_weight`.
    randomesque : int
        Draw among so many best items; 1 for no exposure control. Under "randomesque" alone.
    strata : int
        Of discrimination, under "a_stratified".
    area_targets : mapping of area name to share
        Content balancing; shares are divided by their sum. Empty for none. Otherwise areas not named, or of share 0,
        are never given, and the share of an area that has run out of items goes to the others.
    prior_mean, prior_sd : float
        Normal prior of ability, in logits. Under "ml" and "wle" the mean only places the first item.
    bounds : (float, float)
        Lowest and highest ability, in logits: the ends of the quadrature and of the search for a maximum.
    nodes : int
        Of the quadrature.
    information_table : bool
        Look the most informative items up on a grid of theta instead of computing the information of all.
    field_test_items : int
        So many items in field test are slipped in unscored, at random places after the second and before min_items
        scored ones are through. A test has that many items more than its length.
    classification : "", "sprt" or "interval"
        The test ends when the student's class is certain, see `estimation.classify`.
    cut_scores : sequence of float
        In logits, rising: where one class ends and the next begins.
    classification_error : float
        In (0, 0.5): the share of students at a cut score, or at the edge of its indifference, put on the wrong side.
    indifference : float
        Half the width, in logits, of the zone around a cut score in which "sprt" does not care.
    design : a name in `session.DESIGNS`
        How the next item is chosen: "areas" takes the best one of the content area that is most behind its share,
        "fixed" the items of the pool in their order, "shadow" and "multistage" see `blueprint` and `modules`.
    blueprint : constraints.Blueprint, optional
        What a shadow test must hold to, once it is `max_items` long. The design "areas" heeds its sets and enemies
        alone.
    modules : multistage.Modules, optional
        The stages of a multistage test.
    """

    estimator: str = "eap"
    criterion: str = "maximum_information"
    min_items: int = 1
    max_items: int = 30
    se_target: float | None = None
    information_target: float | None = None
    change_target: float | None = None
    exposure: str = "randomesque"
    exposure_rate: float = 1.0
    exposure_parameters: Sequence[float] = ()
    acceleration: float = 0.0
    randomesque: int = 1
    strata: int = 4
    area_targets: Mapping[str, float] = field(default_factory=dict)
    prior_mean: float = 0.0
    prior_sd: float = 1.0
    bounds: tuple[float, float] = (-4.0, 4.0)
    nodes: int = 61
    information_table: bool = False
    field_test_items: int = 0
    classification: str = ""
    cut_scores: Sequence[float] = ()
    classification_error: float = 0.05
    indifference: float = 0.2
    design: str = "areas"
    blueprint: Blueprint | None = None
    modules: Modules | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "exposure_parameters", tuple(map(float, self.exposure_parameters)))
        object.__setattr__(self, "cut_scores", tuple(map(float, self.cut_scores)))
        _one_of("estimator", self.estimator, ESTIMATORS)
        _one_of("criterion", self.criterion, CRITERIA)
        _one_of("exposure", self.exposure, EXPOSURE_CONTROLS)
        _one_of("classification", self.classification, CLASSIFICATIONS)
        _one_of("design", self.design, DESIGNS)
        self._check_choice()
        self._check_exposure()
        self._check_areas()
        self._check_classification()
        # Made here so that a bad value is refused now and not in the middle of somebody's test.
        _ = self.rule, self.quadrature

    def _check_choice(self) -> None:
        if self.information_table and self.criterion != "maximum_information":
            raise ValueError(f"information_table goes with maximum_information, not with {self.criterion!r}")
        if self.strata < 1:
            raise ValueError(f"strata = {self.strata!r}: at least 1")
        if self.field_test_items < 0:
            raise ValueError(f"field_test_items = {self.field_test_items!r}: must be 0 or more")
        if self.field_test_items and self.min_items < 3:
            raise ValueError(f"min_items = {self.min_items!r}: items in field test need 3 scored ones around them")

    def _check_exposure(self) -> None:
        if self.randomesque < 1:
            raise ValueError(f"randomesque = {self.randomesque!r}: at least 1 item to draw from")
        if not 0 < self.exposure_rate <= 1:
            raise ValueError(f"exposure_rate = {self.exposure_rate!r}: must be above 0 and at most 1")
        if not 0 <= self.acceleration < inf:
            raise ValueError(f"acceleration = {self.acceleration!r}: must be 0 or more")
        for index, value in enumerate(self.exposure_parameters):
            if not 0 <= value <= 1:
                raise ValueError(f"exposure_parameters[{index}] = {value!r}: must be in [0, 1]")
        if self.exposure == "sympson_hetter" and not self.exposure_parameters:
            raise ValueError("exposure 'sympson_hetter' needs the exposure_parameters of the pool's items")
        if self.exposure == "progressive_restricted" and self.criterion not in RATIO_CRITERIA:
            raise ValueError(f"exposure 'progressive_restricted' does not go with {self.criterion!r}")

    def _check_areas(self) -> None:
        for area, share in self.area_targets.items():
            if not (isfinite(share) and share >= 0):
                raise ValueError(f"share of area {area!r} = {share!r}: must be 0 or more")
        if self.area_targets and not any(self.area_targets.values()):
            raise ValueError("area_targets: at least one share must be positive")

    def _check_classification(self) -> None:
        cuts = list(self.cut_scores)
        if not all(map(isfinite, cuts)) or any(low >= high for low, high in pairwise(cuts)):
            raise ValueError(f"cut_scores = {cuts!r}: must be finite and rise")
        if self.classification and not cuts:
            raise ValueError(f"classification {self.classification!r} needs at least one of cut_scores")
        if not 0 < self.classification_error < 0.5:
            raise ValueError(f"classification_error = {self.classification_error!r}: must be between 0 and 0.5")
        if not 0 < self.indifference < inf:
            raise ValueError(f"indifference = {self.indifference!r}: must be positive and finite")

    @cached_property
    def rule(self) -> StoppingRule:
        """The stopping rule."""
        return StoppingRule(
            self.min_items,
            self.max_items,
            self.se_target,
            self.information_target,
            self.change_target,
            bool(self.classification),
        )

    @cached_property
    def quadrature(self) -> Quadrature:
        """The prior on its grid."""
        return Quadrature(self.prior_mean, self.prior_sd, *self.bounds, self.nodes)

    @cached_property
    def drawn_from(self) -> int:
        """How many best items the next one is drawn from."""
        return self.randomesque if self.exposure == "randomesque" else 1

    @cached_property
    def acceptance(self) -> FloatArray:
        """The exposure parameters as an array (n,)."""
        return np.array(self.exposure_parameters)


def _one_of(name: str, value: str, choices: Mapping[str, object] | tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} {value!r}: choose from {', '.join(choice or repr('') for choice in choices)}")
