"""The mathematics of univ: every generator registers itself when its module is imported."""

from collections.abc import Iterator

from ..model import BankItem
from . import algebra, calculus, functions, geometry, probability, sequences
from .framework import GENERATORS

__all__ = ["GENERATORS", "algebra", "calculus", "functions", "geometry", "items", "probability", "sequences"]


def items() -> Iterator[BankItem]:
    """Every generated item, in the order in which the generators are written."""
    for entry in GENERATORS.values():
        yield from entry.items()
