"""Test assembly by integer programming: the most informative form that keeps to a blueprint (van der Linden, 2005).

The program, with values v_i of the items and the blueprint's constraints on the indicators x_i and z_s (set s is used):

    maximise sum v_i x_i    subject to    sum x_i = length,    x, z in {0, 1}

HiGHS solves its relaxation; each solve starts from the basis of a similar program, which takes a millisecond where a
cold start takes ten. The relaxation with x_i <= z_s for each item of a set lies within some tenths of a per cent of
the best form, so that rounding it depth first, with a way back, comes to a form at once. Where it does not, HiGHS
searches among the items whose reduced costs let them be in a better form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import inf

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from exams.cat.constraints import DISCRETE, Blueprint, MaskArray, Violation
from exams.cat.models import FloatArray

# The search ends with a form this close to the bound: the error of the ability that it is chosen at costs far more.
GAP = 0.005
# The search gives up after so many relaxations, of a third of a millisecond each, and takes the form that it has when
# that is this close. It is for all but a few programs in a thousand.
MAX_NODES = 120
ACCEPTED_GAP = 0.03
# Items to search among while no form is known that tells by reduced costs which ones can be left out.
CANDIDATES = 150
INTEGRAL = 1e-6
TOLERANCE = 1e-6
LENGTH = "length"


@dataclass(frozen=True)
class Form:
    """A form of a test.

    Attributes
    ----------
    items : tuple of int
        Ascending pool indices, those already given among them.
    value : float
        Sum of the items' values.
    bound : float
        No form has more.
    """

    items: tuple[int, ...]
    value: float
    bound: float


@dataclass(frozen=True, eq=False)
class Request:
    """One form to be assembled.

    Parameters
    ----------
    values : array (n,)
        What each item is worth, any finite numbers.
    required : array of int
        Items that are in the form whatever they are worth: those that were given.
    free : bool array (n,)
        Items that may be added.
    """

    values: FloatArray
    required: NDArray[np.intp]
    free: MaskArray


@dataclass(frozen=True, eq=False)
class Program:
    """The constraints of a blueprint and a length as a matrix over the items (n) and then the sets (S).

    Without bounds on sets there are no columns for them.
    """

    names: tuple[str, ...]
    matrix: sparse.csc_array
    lower: FloatArray
    upper: FloatArray
    items: int

    @property
    def columns(self) -> int:
        return int(self.matrix.shape[1])


def program_of(blueprint: Blueprint, length: int) -> Program:
    """The program's constraints; `names` are those of the first rows, the others are of sets and enemies."""
    n, rows = blueprint.size, _Rows()
    sets = blueprint.set_count if _has_set_bounds(blueprint) else 0
    for one in blueprint.constraints:
        counted = np.flatnonzero(one.coefficients)
        rows.add(counted, one.coefficients[counted], one.lower, one.upper)
    rows.add(np.arange(n), np.ones(n), length, length)
    names = [*(one.name for one in blueprint.constraints), LENGTH]
    if sets:
        names.append("sets")
        rows.add(n + np.arange(sets), np.ones(sets), *blueprint.sets)
    for number in range(sets):
        members = np.flatnonzero(blueprint.passage == number)
        least, most = blueprint.items_per_set
        columns = np.append(members, n + number)
        if least:
            rows.add(columns, np.append(np.ones(members.size), -least), 0, inf)
        if most < members.size:
            rows.add(columns, np.append(np.ones(members.size), -most), -inf, 0)
        for member in members:
            rows.add(np.array([member, n + number]), np.array([1.0, -1.0]), -inf, 0)
    for clique in blueprint.cliques:
        rows.add(np.array(clique), np.ones(len(clique)), -inf, 1)
    return rows.program(tuple(names), n, n + sets)


def _has_set_bounds(blueprint: Blueprint) -> bool:
    sizes = np.bincount(blueprint.passage[blueprint.passage != DISCRETE])
    largest = int(sizes.max(initial=0))
    least, most = blueprint.items_per_set
    return blueprint.set_count > 0 and (
        least > 1 or most < largest or blueprint.sets[0] > 0 or blueprint.sets[1] < blueprint.set_count
    )


class _Rows:
    """A matrix in the making."""

    def __init__(self) -> None:
        self.columns: list[NDArray[np.intp]] = []
        self.entries: list[FloatArray] = []
        self.lower: list[float] = []
        self.upper: list[float] = []

    def add(self, columns: NDArray[np.intp], entries: FloatArray, lower: float, upper: float) -> None:
        self.columns.append(columns)
        self.entries.append(entries)
        self.lower.append(lower)
        self.upper.append(upper)

    def program(self, names: tuple[str, ...], items: int, columns: int) -> Program:
        counts = [part.size for part in self.columns]
        where = (np.repeat(np.arange(len(counts)), counts), np.concatenate(self.columns))
        matrix = sparse.coo_array((np.concatenate(self.entries), where), shape=(len(counts), columns))
        return Program(names, sparse.csc_array(matrix), np.array(self.lower), np.array(self.upper), items)


class Assembler:
    """Assembles forms of one length by one blueprint. Several threads may use it at once."""

    def __init__(self, blueprint: Blueprint, length: int) -> None:
        self.blueprint = blueprint
        self.program = program_of(blueprint, length)
        self._bases: dict[float, highspy.HighsBasis] = {}

    def form(self, request: Request, *, near: float, values_near: Callable[[], FloatArray]) -> Form | None:
        """A form within `ACCEPTED_GAP` of the best one, None when no form keeps to the blueprint.

        Parameters
        ----------
        request : Request
        near : float
            Names a similar program, whose basis is kept and started from: an ability on a coarse grid. The answer
            depends on nothing that was solved before.
        values_near : callable
            The values (n,) of that program, asked for the first time that it is named.
        """
        # A solver remembers more of its past than can be cleared, in its last digits; a new one costs a millisecond.
        lower, upper = _bounds(self.program, request)
        solver = _solver(self.program, _costs(self.program, request.values), lower, upper)
        basis = self._bases.get(near)
        if basis is None:
            # Two threads may both find it the first time: they find the same.
            basis = self._bases[near] = self._basis(values_near())
        solver.setBasis(basis)
        search = _Search(solver, self.program.items, lower, upper)
        if not search.run():
            return None
        if search.best is None or search.best_value < search.bound - ACCEPTED_GAP * abs(search.bound):
            self._search_by_reduced_cost(search, request, lower, upper)
        if search.best is None:
            return None
        items = np.flatnonzero(search.best[: self.program.items] > 0.5)
        return Form(tuple(items.tolist()), float(request.values[items].sum()), search.bound)

    def _basis(self, values: FloatArray) -> highspy.HighsBasis:
        columns = self.program.columns
        solver = _solver(self.program, _costs(self.program, values), np.zeros(columns), np.ones(columns))
        solver.run()
        return solver.getBasis()

    def _search_by_reduced_cost(
        self, search: "_Search", request: Request, lower: FloatArray, upper: FloatArray
    ) -> None:
        """A better form, by HiGHS' own search, among the items that can be in one."""
        waste = search.waste
        if search.best is not None:
            # An item that would cost more than the form at hand lacks to the bound is in no better form.
            kept = waste <= search.bound - search.best_value
        else:
            kept = waste <= np.sort(waste)[: CANDIDATES + 1][-1]
        kept[self.program.items :] = True
        kept |= lower > 0
        costs = _costs(self.program, request.values)
        found = _integer_solution(self.program, costs, lower, np.where(kept, upper, 0))
        if found is None and search.best is None:
            found = _integer_solution(self.program, costs, lower, upper)
        if found is not None and (search.best is None or -costs @ found > search.best_value):
            search.best, search.best_value = found, float(-costs @ found)


class _Search:
    """Depth-first search through roundings of the relaxation that a solver holds."""

    def __init__(self, solver: highspy.Highs, items: int, lower: FloatArray, upper: FloatArray) -> None:
        self.solver = solver
        self.items = items
        self.lower, self.upper = lower, upper
        self.nodes = 0
        self.bound = inf
        self.best: FloatArray | None = None
        self.best_value = -inf
        self.waste = np.empty(0)

    def run(self) -> bool:
        """Whether the relaxation has a solution; `best` is the best form found."""
        x, value = self._relaxed()
        if x is None:
            return False
        self.bound = value
        self.waste = np.array(self.solver.getSolution().col_dual)
        self._descend(x, value)
        return True

    @property
    def _enough(self) -> float:
        return self.best_value + GAP * abs(self.bound)

    def _descend(self, x: FloatArray, value: float) -> None:
        fractional = np.flatnonzero(np.abs(x - np.round(x)) > INTEGRAL)
        if not fractional.size:
            if value > self.best_value:
                self.best, self.best_value = x, value
            return
        # The sets first: most of what is undecided about items follows from which sets are used.
        column = int(max(fractional, key=lambda at: (at >= self.items, x[at])))
        for choice in (1.0, 0.0):
            if self.nodes >= MAX_NODES or (choice == 0.0 and value <= self._enough):
                break
            self.nodes += 1
            self.solver.changeColBounds(column, choice, choice)
            deeper, below = self._relaxed()
            if deeper is not None and below > self._enough:
                self._descend(deeper, below)
        self.solver.changeColBounds(column, self.lower[column], self.upper[column])

    def _relaxed(self) -> tuple[FloatArray | None, float]:
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None, -inf
        return np.array(self.solver.getSolution().col_value), -self.solver.getInfo().objective_function_value


def _solver(program: Program, costs: FloatArray, lower: FloatArray, upper: FloatArray) -> highspy.Highs:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    # With a basis at hand, looking for a smaller program costs more than solving this one.
    solver.setOptionValue("presolve", "off")
    solver.setOptionValue("solver", "simplex")
    solver.passModel(_model(program, costs, lower, upper))
    return solver


def _model(program: Program, costs: FloatArray, lower: FloatArray, upper: FloatArray) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = program.columns, len(program.lower)
    model.col_cost_, model.col_lower_, model.col_upper_ = costs, lower, upper
    model.row_lower_, model.row_upper_ = program.lower, program.upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = program.matrix.indptr
    model.a_matrix_.index_ = program.matrix.indices
    model.a_matrix_.value_ = program.matrix.data
    return model


def _bounds(program: Program, request: Request) -> tuple[FloatArray, FloatArray]:
    lower, upper = np.zeros(program.columns), np.ones(program.columns)
    upper[: program.items] = request.free
    lower[request.required] = upper[request.required] = 1
    return lower, upper


def _costs(program: Program, values: FloatArray) -> FloatArray:
    costs = np.zeros(program.columns)
    costs[: program.items] = -values
    return costs


def _integer_solution(
    program: Program, costs: FloatArray, lower: FloatArray, upper: FloatArray, *, integers: int | None = None
) -> FloatArray | None:
    """The best columns within `GAP`, of which the first `integers` (all) are whole; None when there are none."""
    whole = program.columns if integers is None else integers
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", GAP)
    model = _model(program, costs, lower, upper)
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger] * whole + [kinds.kContinuous] * (program.columns - whole)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    x = np.array(solver.getSolution().col_value)
    x[:whole] = np.round(x[:whole])
    return x


@lru_cache(maxsize=64)
def assembler_for(blueprint: Blueprint, length: int) -> Assembler:
    """The assembler of a blueprint that a process keeps."""
    return Assembler(blueprint, length)


def conflicts(blueprint: Blueprint, length: int, *, barred: MaskArray | None = None) -> tuple[Violation, ...]:
    """The constraints that no form of `length` items can keep to together; empty when there is such a form.

    Of all forms, the one that misses its bounds by least is sought, each constraint measured in items of its usual
    coefficient, and what it misses is told. Enemies and the bounds on the items of a set are always kept to: where they
    are the cause, it is the length or another count that is missed.

    Parameters
    ----------
    barred : bool array (n,), optional
        Items that no form may have: those in field test.
    """
    program = program_of(blueprint, length)
    free = np.ones(blueprint.size, dtype=bool) if barred is None else ~barred
    request = Request(np.zeros(blueprint.size), np.empty(0, dtype=np.intp), free)
    x = _elastic_solution(program, request, np.arange(len(program.lower)) < len(program.names))
    reached = program.matrix[:, : x.size] @ x
    found = zip(program.names, reached.tolist(), program.lower.tolist(), program.upper.tolist(), strict=False)
    return tuple(Violation(*one) for one in found if not one[2] - TOLERANCE <= one[1] <= one[3] + TOLERANCE)


def nearest_form(blueprint: Blueprint, length: int, request: Request) -> Form:
    """A form that misses the bounds by least, for when no form keeps to them; of several the most informative one."""
    program = program_of(blueprint, length)
    x = _elastic_solution(program, request, np.ones(len(program.lower), dtype=bool))
    items = np.flatnonzero(x[: blueprint.size] > 0.5)
    return Form(tuple(items.tolist()), float(request.values[items].sum()), inf)


def _elastic_solution(program: Program, request: Request, may_miss: MaskArray) -> FloatArray:
    """Columns of the form that misses the bounds of the rows `may_miss` by least, in items of the usual coefficient."""
    rows, columns = program.matrix.shape
    usual = abs(program.matrix).sum(axis=1) / np.maximum(np.diff(program.matrix.tocsr().indptr), 1)
    # Missing a bound by one item costs more than all that the items are worth.
    price = (1 + 2 * float(np.abs(request.values).sum())) / np.maximum(usual, 1)
    missed = sparse.eye_array(rows, format="csc")[:, np.flatnonzero(may_miss)]
    elastic = Program(
        program.names,
        sparse.csc_array(sparse.hstack([program.matrix, missed, -missed])),
        program.lower,
        program.upper,
        program.items,
    )
    slack = np.full(elastic.columns - columns, inf)
    lower, upper = _bounds(program, request)
    costs = np.concatenate((_costs(program, request.values), np.tile(price[may_miss], 2)))
    found = _integer_solution(
        elastic, costs, np.concatenate((lower, np.zeros(slack.size))), np.concatenate((upper, slack)), integers=columns
    )
    if found is None:
        raise ArithmeticError("HiGHS found no form though every bound may be missed")
    return found[:columns]
