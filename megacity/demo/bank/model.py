"""What a zone's question bank consists of. Plain frozen values: no Django, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

LANGUAGES = ("ko", "en")


class BankError(ValueError):
    """A bank that cannot be used; `problems` names file, code and value of every fault that was found."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class BankArea:
    """A content area; blueprints give their shares by its code."""

    code: str
    ko: str
    en: str


@dataclass(frozen=True)
class BankText:
    """One item in one language; every field is Markdown (HTML off) with `$…$` and `$$…$$` formulas."""

    stem: str
    options: tuple[str, ...]
    explanation: str


@dataclass(frozen=True)
class BankItem:
    """One question. `key` counts from 1; a, b, c are assumed 3PL parameters, not calibrated ones."""

    code: str
    area: str
    a: float
    b: float
    c: float
    key: int
    ko: BankText
    en: BankText
    assets: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    source: str = ""

    @property
    def texts(self) -> dict[str, BankText]:
        return {"ko": self.ko, "en": self.en}


@dataclass(frozen=True)
class BankExam:
    """One exam over the zone's bank. `blueprint` maps area code to its share of the test; the shares sum to 1."""

    code: str
    kind: Literal["adaptive", "fixed"]
    visibility: Literal["public", "organization"]
    title: Mapping[str, str]
    description: Mapping[str, str]
    blueprint: Mapping[str, float]
    min_items: int
    max_items: int
    se_target: float | None
    time_limit_minutes: int
    randomesque: int


@dataclass(frozen=True)
class ZoneBank:
    """Everything that a zone's files and generators say, in their order."""

    zone: str
    areas: tuple[BankArea, ...]
    exams: tuple[BankExam, ...]
    items: tuple[BankItem, ...]

    def in_area(self, area: str) -> tuple[BankItem, ...]:
        return tuple(item for item in self.items if item.area == area)
