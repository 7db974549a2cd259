from exams.models.bank import ContentArea, Item, ItemAsset, ItemOption, ItemText, ItemVersion
from exams.models.delivery import Attempt, IdempotentCall, Response
from exams.models.exam import BlueprintArea, Exam, ExamItem, ItemPool

__all__ = [
    "Attempt",
    "BlueprintArea",
    "ContentArea",
    "Exam",
    "ExamItem",
    "IdempotentCall",
    "Item",
    "ItemAsset",
    "ItemOption",
    "ItemPool",
    "ItemText",
    "ItemVersion",
    "Response",
]
