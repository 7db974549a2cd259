"""The item bank, exams, scales, attempts and accommodations in a zone's console."""

from exams.admin.accommodations import AccommodationAdmin
from exams.admin.attempts import AttemptAdmin
from exams.admin.bank import ContentAreaAdmin, ItemAdmin
from exams.admin.exams import ExamAdmin
from exams.admin.imports import ImportAdmin
from exams.admin.measurement import AnalysisRunAdmin, CalibrationRunAdmin
from exams.admin.passages import PassageAdmin
from exams.admin.scales import ScoreScaleAdmin
from exams.admin.simulations import SimulationAdmin

__all__ = [
    "AccommodationAdmin",
    "AnalysisRunAdmin",
    "AttemptAdmin",
    "CalibrationRunAdmin",
    "ContentAreaAdmin",
    "ExamAdmin",
    "ImportAdmin",
    "ItemAdmin",
    "PassageAdmin",
    "ScoreScaleAdmin",
    "SimulationAdmin",
]
