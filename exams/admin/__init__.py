"""The item bank, exams and attempts in a zone's console."""

from exams.admin.attempts import AttemptAdmin
from exams.admin.bank import ContentAreaAdmin, ItemAdmin
from exams.admin.exams import ExamAdmin
from exams.admin.imports import ImportAdmin
from exams.admin.passages import PassageAdmin

__all__ = ["AttemptAdmin", "ContentAreaAdmin", "ExamAdmin", "ImportAdmin", "ItemAdmin", "PassageAdmin"]
