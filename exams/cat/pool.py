"""An immutable snapshot of the items an adaptive test may give, with the tables that make one step cheap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.ability import Quadrature
from exams.cat.criteria import Candidates
from exams.cat.items import Items, categories_of, first_rows, log_probability_table
from exams.cat.models import FloatArray
from exams.cat.selection import InformationTable


class Stratum(Candidates):
    """The items of one content area, contiguous so that a criterion is computed over them alone.

    members : array (m,)
        Their indices in the pool, ascending.
    area : int or None
        Position in the pool's `area_names`; None when the stratum has the items of all areas.
    """

    def __init__(self, members: NDArray[np.intp], items: Items, area: int | None = None) -> None:
        super().__init__(items)
        self.members = members
        self.area = area
        self._information: dict[tuple[float, float], InformationTable] = {}

    def information_table(self, bounds: tuple[float, float]) -> InformationTable:
        """The most informative items by ability, as indices in the pool."""
        # Two threads may both build the table the first time; either is right, and the last one stays.
        if bounds not in self._information:
            self._information[bounds] = InformationTable(self.items, *bounds, names=self.members)
        return self._information[bounds]


@dataclass(frozen=True, eq=False)
class Pool:
    """Items by index 0 … n - 1, each in one content area. Indices mean nothing outside their own pool.

    Build it with `Pool.build` once for each (zone, bank version, exam) and keep it in the process: its tables take
    8 bytes times the nodes of the quadrature for each score of an item, about 1 kB for an item scored 0 or 1.

    Attributes
    ----------
    items : ItemParameters or MixedItems
    area_names : tuple of str
    area_index : array (n,)
        Position in `area_names` of each item's area.
    field_test : bool array (n,)
        True for items that are slipped in unscored and never chosen as scored ones.
    """

    items: Items
    area_names: tuple[str, ...]
    area_index: NDArray[np.intp]
    field_test: NDArray[np.bool_]
    _tables: dict[tuple[float, float, int], FloatArray] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, items: Items, areas: Sequence[str] | None = None, *, field_test: ArrayLike | None = None) -> "Pool":
        """A pool of `items`.

        Parameters
        ----------
        items : ItemParameters or MixedItems
            See `items.build_items`.
        areas : sequence of str (n,), optional
            The content area of each item; all in one unnamed area when omitted.
        field_test : bool array (n,), optional
            None are in field test when omitted.
        """
        names = [""] * len(items) if areas is None else list(areas)
        if len(names) != len(items):
            raise ValueError(f"{len(names)} areas for {len(items)} items: each item has exactly one area")
        testing = np.zeros(len(items), dtype=bool) if field_test is None else np.array(field_test, dtype=bool)
        if testing.shape != (len(items),):
            raise ValueError(f"field_test has shape {testing.shape}; expected ({len(items)},), one for each item")
        testing.flags.writeable = False
        area_names = tuple(dict.fromkeys(names))
        rank = {name: position for position, name in enumerate(area_names)}
        return cls(items, area_names, np.array([rank[name] for name in names], dtype=np.intp), testing)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def first_row(self) -> list[int]:
        """Row of each item's score 0 in `log_table`, (n,)."""
        rows: list[int] = first_rows(self.items).tolist()
        return rows

    @cached_property
    def categories(self) -> tuple[int, ...]:
        """Number of score categories of each item."""
        return tuple(categories_of(self.items).tolist())

    @cached_property
    def scores(self) -> tuple[range, ...]:
        """The scores that each item has."""
        return tuple(map(range, self.categories))

    @cached_property
    def fewest_scores(self) -> int:
        """Number of scores that every item has."""
        return min(self.categories, default=2)

    @cached_property
    def field_items(self) -> frozenset[int]:
        """Indices of the items in field test."""
        return frozenset(np.flatnonzero(self.field_test).tolist())

    @cached_property
    def whole(self) -> Stratum:
        """All items that are scored, as one stratum."""
        return self._stratum(np.flatnonzero(~self.field_test))

    @cached_property
    def strata(self) -> tuple[Stratum, ...]:
        """One stratum for each of `area_names`, of the items that are scored."""
        scored = ~self.field_test
        return tuple(
            self._stratum(np.flatnonzero((self.area_index == area) & scored), area)
            for area in range(len(self.area_names))
        )

    def _stratum(self, members: NDArray[np.intp], area: int | None = None) -> Stratum:
        return Stratum(members, self.items if members.size == len(self) else self.items.take(members), area)

    @cached_property
    def place(self) -> NDArray[np.intp]:
        """Position of each item within its area's stratum, (n,); -1 in field test."""
        return self._places(self.strata)

    @cached_property
    def whole_place(self) -> NDArray[np.intp]:
        """Position of each item within `whole`, (n,); -1 in field test."""
        return self._places((self.whole,))

    def _places(self, strata: tuple[Stratum, ...]) -> NDArray[np.intp]:
        place = np.full(len(self), -1, dtype=np.intp)
        for stratum in strata:
            place[stratum.members] = np.arange(stratum.members.size)
        return place

    def log_table(self, quadrature: Quadrature) -> FloatArray:
        """`log_probability_table` of the pool on the quadrature's nodes, computed once."""
        table = self._tables.get(quadrature.grid_key)
        if table is None:
            table = self._tables[quadrature.grid_key] = log_probability_table(self.items, quadrature.nodes)
        return table
