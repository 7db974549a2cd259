from exams.models.analysis import AnalysedItem, AnalysisRun
from exams.models.bank import (
    ContentArea,
    Item,
    ItemAsset,
    ItemGap,
    ItemKey,
    ItemOption,
    ItemText,
    ItemVersion,
    Passage,
    PassageText,
    RubricCriterion,
    RubricText,
)
from exams.models.calibration import CalibratedItem, CalibrationRun
from exams.models.delivery import Accommodation, Attempt, Grade, IdempotentCall, Response
from exams.models.exam import (
    BlueprintArea,
    Exam,
    ExamConstraint,
    ExamItem,
    ExamModule,
    ExposureParameter,
    ItemPool,
    ScoreScale,
)
from exams.models.interchange import ImportBatch, ImportItem, ImportPicture, ImportTest
from exams.models.runs import Run
from exams.models.simulation import SimulationRun

__all__ = [
    "Accommodation",
    "AnalysedItem",
    "AnalysisRun",
    "Attempt",
    "BlueprintArea",
    "CalibratedItem",
    "CalibrationRun",
    "ContentArea",
    "Exam",
    "ExamConstraint",
    "ExamItem",
    "ExamModule",
    "ExposureParameter",
    "Grade",
    "IdempotentCall",
    "ImportBatch",
    "ImportItem",
    "ImportPicture",
    "ImportTest",
    "Item",
    "ItemAsset",
    "ItemGap",
    "ItemKey",
    "ItemOption",
    "ItemPool",
    "ItemText",
    "ItemVersion",
    "Passage",
    "PassageText",
    "Response",
    "RubricCriterion",
    "RubricText",
    "Run",
    "ScoreScale",
    "SimulationRun",
]
