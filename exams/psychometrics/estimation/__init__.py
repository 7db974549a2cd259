"""Marginal maximum likelihood (and a posteriori) estimation of item parameters.

`calibrate` is the whole of it; `exams.psychometrics.anchors` brings new items onto the scale of known ones.
"""

from exams.psychometrics.estimation.em import Progress, Settings, calibrate
from exams.psychometrics.estimation.priors import Beta, LogNormal, Normal, Priors
from exams.psychometrics.estimation.report import Calibration, Convergence, StandardErrors

__all__ = [
    "Beta",
    "Calibration",
    "Convergence",
    "LogNormal",
    "Normal",
    "Priors",
    "Progress",
    "Settings",
    "StandardErrors",
    "calibrate",
]
