"""An immutable snapshot of the items an adaptive test may give, with the tables that make one step cheap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exams.cat.ability import Quadrature, log_probability_table
from exams.cat.models import FloatArray, ItemParameters
from exams.cat.selection import Criterion, InformationTable


@dataclass(frozen=True, eq=False)
class Stratum:
    """The items of one content area, contiguous so that a criterion is computed over them alone.

    members : array (m,)
        Their indices in the pool, ascending.
    """

    members: NDArray[np.intp]
    items: ItemParameters
    _tables: dict[tuple[float, float], InformationTable] = field(default_factory=dict, repr=False)

    def values(self, criterion: Criterion, theta: float) -> FloatArray:
        """The criterion at theta for every item (m,), in an array of the caller's own."""
        return criterion(theta, self.items)

    def tabled_information(self, theta: float, bounds: tuple[float, float]) -> NDArray[np.float32]:
        """Information at the grid node nearest to theta (m,), in an array of the caller's own."""
        # Two threads may both build the table the first time; either result is right, and the last one stays.
        if bounds not in self._tables:
            self._tables[bounds] = InformationTable(self.items, *bounds)
        return self._tables[bounds].values(theta)


@dataclass(frozen=True, eq=False)
class Pool:
    """Items by index 0 … n - 1, each in one content area. Indices mean nothing outside their own pool.

    Build it with `Pool.build` once for each (zone, bank version, exam) and keep it in the process: its tables take
    16 bytes times the nodes of the quadrature an item, about 1 kB.

    Attributes
    ----------
    items : ItemParameters
    area_names : tuple of str
    area_index : array (n,)
        Position in `area_names` of each item's area.
    """

    items: ItemParameters
    area_names: tuple[str, ...]
    area_index: NDArray[np.intp]
    _tables: dict[tuple[float, float, int], FloatArray] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, items: ItemParameters, areas: Sequence[str] | None = None) -> "Pool":
        """A pool of `items`; `areas` (n,) names the content area of each, in one unnamed area when omitted."""
        names = [""] * len(items) if areas is None else list(areas)
        if len(names) != len(items):
            raise ValueError(f"{len(names)} areas for {len(items)} items: each item has exactly one area")
        area_names = tuple(dict.fromkeys(names))
        rank = {name: position for position, name in enumerate(area_names)}
        return cls(items, area_names, np.array([rank[name] for name in names], dtype=np.intp))

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def whole(self) -> Stratum:
        """All items as one stratum."""
        return Stratum(np.arange(len(self), dtype=np.intp), self.items)

    @cached_property
    def strata(self) -> tuple[Stratum, ...]:
        """One stratum for each of `area_names`."""
        members = [np.flatnonzero(self.area_index == area) for area in range(len(self.area_names))]
        return tuple(Stratum(at, self.items.take(at)) for at in members)

    @cached_property
    def place(self) -> NDArray[np.intp]:
        """Position of each item within its area's stratum, (n,)."""
        place = np.empty(len(self), dtype=np.intp)
        for stratum in self.strata:
            place[stratum.members] = np.arange(stratum.members.size)
        return place

    def log_table(self, quadrature: Quadrature) -> FloatArray:
        """`log_probability_table` of the pool on the quadrature's nodes, computed once."""
        key = (quadrature.lower, quadrature.upper, quadrature.size)
        if key not in self._tables:
            self._tables[key] = log_probability_table(self.items, quadrature.nodes)
        return self._tables[key]
