"""How the items of a pool were used: exposure rates, test overlap, idle and overused items."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from exams.cat.models import FloatArray
from exams.psychometrics.analysis.answers import IntArray, proportion

# Items below this rate do not repay their writing (Eggen, 2001); .2 to .25 is the usual ceiling.
LEAST_RATE = 0.02
MOST_RATE = 0.25


@dataclass(frozen=True, eq=False)
class Exposure:
    """The use of a pool of n items in N tests.

    Attributes
    ----------
    tests : int
        N.
    mean_length : float
        Items a test.
    given : array (n,)
        Tests in which each item was given.
    rates : array (n,)
        The same as a share of the tests, in [0, 1].
    overlap : float
        Mean share of a test's items that another student was given too; NaN for fewer than two tests.
    unevenness : float
        Chi-square of the rates against equal use (Chang & Ying, 1999, Applied Psychological Measurement 23, eq. 11):
        sum (r_i - L / n)^2 / (L / n); 0 when all items are used alike.
    used : float
        Share of the pool that was given at all.
    overused, underused, unused : array of int
        Items above the highest rate, below the lowest (but given), and never given.
    """

    tests: int
    mean_length: float
    given: IntArray
    rates: FloatArray
    overlap: float
    unevenness: float
    used: float
    overused: IntArray
    underused: IntArray
    unused: IntArray


def pool_exposure(
    administered: Iterable[Sequence[int]], pool_size: int, *, least: float = LEAST_RATE, most: float = MOST_RATE
) -> Exposure:
    """Exposure and overlap from the items that each student was given.

    Parameters
    ----------
    administered : for each test, the distinct indices (0 ... pool_size - 1) of the items that were given
    pool_size : int
        Items in the pool.
    least, most : the rates between which an item's use is as wished
    """
    if pool_size < 1:
        raise ValueError(f"pool_size = {pool_size!r}: a pool has at least one item")
    given = np.zeros(pool_size, dtype=np.intp)
    tests = 0
    for number, items in enumerate(administered):
        indices = np.asarray(items, dtype=np.intp)
        if indices.size and not (indices.min() >= 0 and indices.max() < pool_size):
            raise ValueError(f"administered[{number}] has an item outside 0 ... {pool_size - 1}: {list(items)!r}")
        if np.unique(indices).size != indices.size:
            raise ValueError(f"administered[{number}] gives an item twice: {list(items)!r}")
        given[indices] += 1
        tests += 1
    return pool_exposure_from_counts(given, tests, least=least, most=most)


def pool_exposure_from_counts(
    given: ArrayLike, tests: int, *, least: float = LEAST_RATE, most: float = MOST_RATE
) -> Exposure:
    """Exposure and overlap from how often each item was given.

    The mean number of items that two of the N tests share is sum m_i (m_i - 1) / (N (N - 1)), m_i the tests with
    item i (Chen, Ankenmann & Spray, 2003, Journal of Educational Measurement 40, eq. 4); the overlap rate divides it by
    the mean length.

    Parameters
    ----------
    given : array (n,)
        Tests in which each item was given, 0 ... tests.
    tests : int
        N, at least 1.
    """
    counts = np.asarray(given)
    if counts.ndim != 1 or not counts.size:
        raise ValueError(f"given has shape {counts.shape}; expected a count for each item")
    if tests < 1:
        raise ValueError(f"tests = {tests!r}: at least one test is needed")
    valid = (counts >= 0) & (counts <= tests)
    if not valid.all():
        index = int(np.argmin(valid))
        raise ValueError(f"given[{index}] = {counts[index].item()!r}: an item is given in 0 to {tests} tests")
    if proportion(least, "least") >= proportion(most, "most"):
        raise ValueError(f"least = {least!r} is not below most = {most!r}")
    counts = counts.astype(np.intp)
    rates = counts / tests
    length = float(rates.sum())
    shared = float((counts * (counts - 1.0)).sum()) / (tests * (tests - 1.0)) if tests > 1 else float("nan")
    even = length / counts.size
    return Exposure(
        tests=tests,
        mean_length=length,
        given=counts,
        rates=rates,
        overlap=shared / length if length else float("nan"),
        unevenness=float(((rates - even) ** 2).sum()) / even if even else 0.0,
        used=float((counts > 0).mean()),
        overused=np.flatnonzero(rates > most),
        underused=np.flatnonzero((counts > 0) & (rates < least)),
        unused=np.flatnonzero(counts == 0),
    )
