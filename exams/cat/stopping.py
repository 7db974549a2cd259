"""When a test ends, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

StopReason = Literal["length", "precision", "information", "change", "classification", "time", "pool_exhausted"]


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """Any combination of length, precision, information, change, classification and time.

    Only length and time end a test before min_items.

    Parameters
    ----------
    min_items, max_items : int
        0 <= min_items <= max_items, max_items >= 1. Items that are scored; those in field test come on top.
    se_target : float or None
        Standard error of ability, in logits, at which the test is precise enough.
    information_target : float or None
        The test ends when no item that is left has this much Fisher information at the estimate.
    change_target : float or None
        The test ends when the last answer moved the estimate by less, in logits.
    classifies : bool
        The test ends when the student's class is certain (`estimation.classify`).
    """

    min_items: int = 1
    max_items: int = 30
    se_target: float | None = None
    information_target: float | None = None
    change_target: float | None = None
    classifies: bool = False

    def __post_init__(self) -> None:
        if self.max_items < 1:
            raise ValueError(f"max_items = {self.max_items!r}: a test has at least one item")
        if not 0 <= self.min_items <= self.max_items:
            raise ValueError(f"min_items = {self.min_items!r}: must be between 0 and max_items = {self.max_items!r}")
        for name, rule in (("se", "precision"), ("information", "information"), ("change", "change")):
            target = getattr(self, f"{name}_target")
            if target is not None and not target > 0:
                raise ValueError(f"{name}_target = {target!r}: must be positive, or None for no {rule} rule")

    @property
    def looks_further(self) -> bool:
        """Whether `reason` alone does not settle it: information, change and class are for the session to look at."""
        return self.classifies or self.information_target is not None or self.change_target is not None

    def reason(
        self, answered: int, se: float, *, now: datetime | float | None = None, deadline: datetime | float | None = None
    ) -> StopReason | None:
        """Why the test ends after `answered` items, or None when it goes on.

        Time is looked at first: at the deadline nothing else counts. `now` and `deadline` are of one kind, either
        aware datetimes or seconds; with either of them None there is no time rule. That no item is left is for the
        selection to say ("pool_exhausted").
        """
        if now is not None and deadline is not None and now >= deadline:  # type: ignore[operator]
            return "time"
        if answered >= self.max_items:
            return "length"
        if self.se_target is not None and answered >= self.min_items and se <= self.se_target:
            return "precision"
        return None
