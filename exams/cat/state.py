"""What one student's test is between two answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any, NamedTuple

from exams.cat.models import FloatArray
from exams.cat.stopping import StopReason


@dataclass(frozen=True, slots=True)
class CatState:
    """Everything that one student's test is, apart from its pool and its configuration.

    Attributes
    ----------
    administered : tuple of int
        Pool indices of the items answered, in order.
    scores : tuple of int or None
        One for each of them, from 0 up; None counts for nothing: an item in field test, or an essay not graded yet.
    theta, se : float
        The estimate after those answers, in logits. se is infinite where the estimator has nothing to go on.
    item : int or None
        The item in front of the student; None once the test has ended.
    excluded : tuple of int
        Pool indices of the items that this student may not be given, settled when the test started.
    likelihood : (table, array (n_nodes,)), optional
        The log-likelihood of the answers and the table of the pool that it comes from, so that the next step need not
        sum over all answers again. No part of the state's value: not compared, not stored, made anew when missing.
    """

    administered: tuple[int, ...]
    scores: tuple[int | None, ...]
    theta: float
    se: float
    item: int | None
    excluded: tuple[int, ...] = ()
    likelihood: tuple[FloatArray, FloatArray] | None = field(default=None, compare=False, repr=False)

    def likelihood_on(self, table: FloatArray) -> FloatArray | None:
        """The log-likelihood that was worked out from this very table, if any."""
        return self.likelihood[1] if self.likelihood is not None and self.likelihood[0] is table else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON column; an infinite se, which JSON cannot write, becomes null."""
        data: dict[str, Any] = {
            "administered": list(self.administered),
            "scores": list(self.scores),
            "theta": self.theta,
            "se": self.se if self.se < inf else None,
            "item": self.item,
        }
        if self.excluded:
            data["excluded"] = list(self.excluded)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CatState":
        """The state that `to_json` wrote."""
        se = data["se"]
        return cls(
            tuple(data["administered"]),
            tuple(data["scores"]),
            float(data["theta"]),
            inf if se is None else float(se),
            data["item"],
            tuple(data.get("excluded", ())),
        )


class Step(NamedTuple):
    """What follows an answer: the new state and, when the test has ended, the reason."""

    state: CatState
    reason: StopReason | None

    @property
    def item(self) -> int | None:
        """Pool index of the next item, None when the test has ended."""
        return self.state.item


def rng_for(seed: int, position: int) -> Random:
    """The random source for choosing the item at `position` (0 for the first item of the test).

    A source of its own for each position lets a resumed attempt repeat its choice without replaying the draws before
    it. `seed` is any integer >= 0, such as the attempt's UUID as an integer. The standard library's generator keeps
    its stream from version to version, which numpy does not promise, and is four times cheaper to seed.
    """
    if seed < 0 or position < 0:
        raise ValueError(f"seed {seed!r} and position {position!r} must not be negative")
    return Random((seed << 32) | position)  # noqa: S311 - which of the best items comes is no secret
