"""A whole exam looked at: what its items and its answers say, as plain values ready to be stored and drawn.

Items that were given to nearly everybody are a form: alpha, omega, M2 and S-X2, which compare sum scores, are about
those. What adaptive tests allow (marginal reliability, infit and outfit, Q3, DIF, drift) is said of every item.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exams.psychometrics.analysis import (
    Population,
    alpha,
    m2,
    marginal_reliability,
    omega,
    pool_exposure_from_counts,
    q3,
    s_x2,
    wright_map,
)
from exams.psychometrics.appraisal import dichotomous_parameters
from exams.psychometrics.curves import CURVE, information_of
from exams.psychometrics.models import POLYTOMOUS, FloatArray, Items
from exams.psychometrics.responses import Responses
from exams.psychometrics.scoring import expected_a_posteriori

# An item belongs to the form when so many were given it; a form has so many items and complete rows at least.
FORM_SHARE, LEAST_FORM, LEAST_COMPLETE = 0.9, 3, 30
# M2 grows with the sixth power of the items; beyond this it takes minutes.
MOST_FOR_M2 = 60
# Cells of a dense table of residuals: a quarter of a gigabyte.
MOST_CELLS = 30_000_000


@dataclass(frozen=True, eq=False)
class Sample:
    """Answers of n attempts to J items with the bank's parameters.

    Attributes
    ----------
    responses : Responses (n, J)
    items : Items
    scored : array (J,) of bool
        Items that count for the ability; those in field test do not.
    theta, se : array (n,)
        EAP estimates from the scored items, and their posterior standard deviations.
    form : array of int
        Columns that nearly everybody was given.
    """

    responses: Responses
    items: Items
    scored: NDArray[np.bool_]
    theta: FloatArray
    se: FloatArray
    form: NDArray[np.intp]

    @classmethod
    def of(cls, responses: Responses, items: Items, scored: NDArray[np.bool_]) -> "Sample":
        columns = np.flatnonzero(scored)
        if columns.size:
            persons = expected_a_posteriori(responses.take(items=columns), items.take(columns))
            theta, se = persons.theta, persons.se
        else:
            theta, se = np.zeros(responses.n_rows), np.ones(responses.n_rows)
        given = responses.category_counts().sum(axis=1)
        form = np.flatnonzero((given >= FORM_SHARE * responses.n_rows) & scored)
        complete = int((responses.take(items=form).answered() == form.size).sum()) if form.size else 0
        if form.size < LEAST_FORM or complete < LEAST_COMPLETE:
            form = np.empty(0, dtype=np.intp)
        return cls(responses, items, scored, theta, se, form)

    @property
    def given(self) -> NDArray[np.intp]:
        """Answers to each item, (J,)."""
        return self.responses.category_counts().sum(axis=1).astype(np.intp)

    def complete_form(self) -> FloatArray:
        """Scores of those who answered every item of the form, (N, k)."""
        table = self.responses.take(items=self.form).dense()
        return table[(table >= 0).all(axis=1)].astype(np.float64)


def rounded(value: Any, digits: int = 4) -> float | None:
    """A number as JSON has it: finite and short, or None."""
    return round(float(value), digits) if value is not None and math.isfinite(value) else None


def reliability_of(sample: Sample) -> dict[str, Any]:
    """{marginal, alpha, omega, sem, items, students}; alpha, omega and what follows are None without a form."""
    answered = sample.responses.answered() > 0
    found: dict[str, Any] = {"marginal": None, "alpha": None, "omega": None, "sem": None, "items": 0, "students": 0}
    if answered.sum() >= 2:
        found["marginal"] = rounded(marginal_reliability(sample.theta[answered], sample.se[answered]))
    if not sample.form.size:
        return found
    scores = sample.complete_form()
    varying = scores.std(axis=0) > 0
    found |= {"items": int(sample.form.size), "students": len(scores)}
    if scores.sum(axis=1).std() > 0:
        a = alpha(scores)
        found |= {"alpha": rounded(a.value), "alpha_low": rounded(a.lower), "alpha_high": rounded(a.upper)}
        found["sem"] = rounded(a.sem)
    if varying.sum() >= LEAST_FORM:
        o = omega(scores[:, varying])
        found |= {"omega": rounded(o.value), "residual": rounded(o.residual)}
    return found


def precision_of(sample: Sample) -> dict[str, Any]:
    """{theta, information, se, true_score, sem} of the form, or of the mean test where everybody had another one.

    Without a form the information is that of every item times the share of the attempts that were given it: what a
    test of this exam tells on average; scores of different items have no common sem.
    """
    form = sample.form
    columns = form if form.size else np.flatnonzero(sample.scored)
    if not columns.size:
        return {}
    items = sample.items.take(columns)
    share = np.ones(columns.size) if form.size else sample.given[columns] / max(sample.responses.n_rows, 1)
    total = (information_of(items) * share[:, None]).sum(axis=0)
    found: dict[str, Any] = {
        "form": bool(form.size),
        "theta": CURVE.round(2).tolist(),
        "information": total.round(4).tolist(),
        "se": [rounded(1 / math.sqrt(v)) if v > 1e-6 else None for v in total],
    }
    if form.size:
        table = items.probabilities(CURVE)
        ranks = np.arange(table.shape[1])
        means = np.einsum("k,jkq->jq", ranks, table)
        variance = np.einsum("k,jkq->jq", ranks**2, table) - means**2
        found |= {
            "true_score": means.sum(axis=0).round(3).tolist(),
            "sem": np.sqrt(variance.sum(axis=0)).round(3).tolist(),
        }
    return found


def measured_precision(sample: Sample, groups: int = 12) -> list[dict[str, float]]:
    """[{theta, se, n}]: the standard error that attempts ended with, in groups of rising ability."""
    order = np.argsort(sample.theta, kind="stable")
    parts = np.array_split(order, min(groups, max(1, order.size // 10)))
    return [
        {"theta": round(float(sample.theta[p].mean()), 3), "se": round(float(sample.se[p].mean()), 4), "n": int(p.size)}
        for p in parts
        if p.size
    ]


def model_fit_of(sample: Sample) -> dict[str, Any] | None:
    """M2 of the form, or None where it is not defined (no form, several scores, too many items)."""
    items = sample.items.take(sample.form)
    if not 3 <= len(items) <= MOST_FOR_M2 or set(items.models) & set(POLYTOMOUS):
        return None
    scores = sample.complete_form()
    varying = scores.std(axis=0) > 0
    if varying.sum() < 3:
        return None
    try:
        kept = dichotomous_parameters(items.take(np.flatnonzero(varying)))
        found = m2(scores[:, varying], kept, population=_group(sample))
    except ValueError:
        # Too few items for any degree of freedom, or expected margins that are linearly dependent.
        return None
    return {
        "statistic": rounded(found.statistic),
        "df": found.df,
        "p": rounded(found.p),
        "rmsea": rounded(found.rmsea),
        "rmsea_low": rounded(found.rmsea_lower),
        "rmsea_high": rounded(found.rmsea_upper),
        "srmsr": rounded(found.srmsr),
        "students": found.students,
    }


def _group(sample: Sample) -> Population:
    """The students as a normal population: EAP estimates are shrunk, so the error's variance is added to theirs."""
    spread = math.sqrt(float(sample.theta.var()) + float((sample.se**2).mean()))
    return Population.normal(float(sample.theta.mean()), max(spread, 0.1))


def sum_score_fit(sample: Sample) -> dict[int, dict[str, Any]]:
    """S-X2 of each item of the form, by column: {statistic, df, p, rmsea}."""
    items = sample.items.take(sample.form)
    if len(items) < LEAST_FORM or set(items.models) & set(POLYTOMOUS):
        return {}
    found = s_x2(sample.complete_form(), dichotomous_parameters(items), population=_group(sample))
    return {
        int(column): {
            "statistic": rounded(found.statistic[k]),
            "df": int(found.df[k]),
            "p": rounded(found.p[k]),
            "rmsea": rounded(found.rmsea[k]),
        }
        for k, column in enumerate(sample.form)
    }


def dependence_of(sample: Sample, codes: Sequence[str], rng: np.random.Generator) -> dict[str, Any]:
    """{mean, pairs: [{first, second, q3, excess, students}]} of the thirty most dependent pairs."""
    size = len(codes)
    if size < 2:
        return {"mean": None, "pairs": []}
    rows = np.arange(sample.responses.n_rows)
    if rows.size * size > MOST_CELLS:
        rows = np.sort(rng.choice(rows, MOST_CELLS // size, replace=False))
    table = sample.responses.take(rows=rows).dense().astype(np.float64)
    table[table < 0] = np.nan
    found = q3(table, sample.theta[rows], sample.items)
    return {
        "mean": rounded(found.mean),
        "pairs": [
            {
                "first": codes[pair.first],
                "second": codes[pair.second],
                "q3": rounded(pair.q3),
                "excess": rounded(pair.excess),
                "students": pair.students,
            }
            for pair in found.pairs[:30]
        ],
    }


def exposure_of(sample: Sample, pool_size: int, most: float) -> dict[str, Any]:
    """How evenly the exam's pool was used; items that nobody was given are those of the pool without an answer."""
    counts = np.zeros(max(pool_size, sample.items.a.size), dtype=np.intp)
    counts[: sample.given.size] = sample.given
    found = pool_exposure_from_counts(counts, sample.responses.n_rows, most=most)
    return {
        "tests": found.tests,
        "length": rounded(found.mean_length, 2),
        "overlap": rounded(found.overlap),
        "unevenness": rounded(found.unevenness),
        "used": rounded(found.used),
        "pool": int(counts.size),
        "overused": int(found.overused.size),
        "underused": int(found.underused.size),
        "unused": int(found.unused.size),
        "highest": rounded(found.rates.max()),
        "rates": np.sort(found.rates)[::-1].round(4).tolist()[:500],
    }


def wright_of(sample: Sample, codes: Sequence[str]) -> list[dict[str, Any]]:
    """[{from, to, students, items: [codes]}]: students and items on one scale, in bins of half a logit."""
    difficulty = np.clip(sample.items.difficulty, -6, 6)
    found = wright_map(np.clip(sample.theta, -6, 6), difficulty)
    return [
        {
            "from": float(found.edges[k]),
            "to": float(found.edges[k + 1]),
            "students": int(found.students[k]),
            "items": [codes[i] for i in found.items[k]],
        }
        for k in range(len(found.students))
    ]


def ability_histogram(theta: FloatArray, width: float = 0.5) -> list[dict[str, Any]]:
    """[{from, to, count}] of abilities, in logits, without gaps."""
    if not theta.size:
        return []
    edges = np.arange(np.floor(theta.min() / width), np.floor(theta.max() / width) + 2) * width
    counts, _edges = np.histogram(theta, edges)
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return [{"from": low, "to": high, "count": n} for low, high, n in rows]
