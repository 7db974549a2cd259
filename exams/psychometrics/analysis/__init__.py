"""Item and test analysis over arrays: classical statistics, fit, dependence, DIF, exposure, drift, points to draw.

Pure NumPy and SciPy, no Django. Scores are a matrix of students by items with NaN for a missing answer; item
parameters are `exams.cat.ItemParameters` (D = 1); results are frozen dataclasses of arrays in the order of the items.
"""

from exams.psychometrics.analysis.classical import DistractorTable, ItemStatistics, distractor_table, item_statistics
from exams.psychometrics.analysis.dependence import Q3, DependentPair, q3
from exams.psychometrics.analysis.dif import (
    LordDif,
    MantelHaenszel,
    StratifiedOdds,
    ability_strata,
    ets_classes,
    lord_chi_square,
    mantel_haenszel,
    stratified_odds,
)
from exams.psychometrics.analysis.dif_logistic import LogisticDif, effect_classes, logistic_dif
from exams.psychometrics.analysis.drift import Drift, DriftFlag, item_drift
from exams.psychometrics.analysis.empirical import (
    EmpiricalCurve,
    WrightMap,
    empirical_curve,
    wilson_interval,
    wright_map,
)
from exams.psychometrics.analysis.exposure import Exposure, pool_exposure, pool_exposure_from_counts
from exams.psychometrics.analysis.fit import SX2, MeanSquares, Population, mean_squares, s_x2, sum_score_distribution
from exams.psychometrics.analysis.limited_information import M2, m2
from exams.psychometrics.analysis.reliability import (
    Alpha,
    Omega,
    Precision,
    alpha,
    conditional_precision,
    marginal_reliability,
    measurement_error,
    omega,
    one_factor,
)

__all__ = [
    "M2",
    "Q3",
    "SX2",
    "Alpha",
    "DependentPair",
    "DistractorTable",
    "Drift",
    "DriftFlag",
    "EmpiricalCurve",
    "Exposure",
    "ItemStatistics",
    "LogisticDif",
    "LordDif",
    "MantelHaenszel",
    "MeanSquares",
    "Omega",
    "Population",
    "Precision",
    "StratifiedOdds",
    "WrightMap",
    "ability_strata",
    "alpha",
    "conditional_precision",
    "distractor_table",
    "effect_classes",
    "empirical_curve",
    "ets_classes",
    "item_drift",
    "item_statistics",
    "logistic_dif",
    "lord_chi_square",
    "m2",
    "mantel_haenszel",
    "marginal_reliability",
    "mean_squares",
    "measurement_error",
    "omega",
    "one_factor",
    "pool_exposure",
    "pool_exposure_from_counts",
    "q3",
    "s_x2",
    "stratified_odds",
    "sum_score_distribution",
    "wilson_interval",
    "wright_map",
]
