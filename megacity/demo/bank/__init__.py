"""The demo question banks: `load("univ")` gives a zone's areas, exams and items. See README.md for the format."""

from .form import fixed_form
from .loader import load, zones
from .model import (
    LANGUAGES,
    BankArea,
    BankError,
    BankExam,
    BankItem,
    BankText,
    ZoneBank,
)

__all__ = [
    "LANGUAGES",
    "BankArea",
    "BankError",
    "BankExam",
    "BankItem",
    "BankText",
    "ZoneBank",
    "fixed_form",
    "load",
    "zones",
]
