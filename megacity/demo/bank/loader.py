"""Reads `<zone>.yaml`, then `<zone>-*.yaml` (items only), then the zone's generators, into one `ZoneBank`."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from .model import (
    LANGUAGES,
    BankArea,
    BankError,
    BankExam,
    BankItem,
    BankText,
    ZoneBank,
)

FOLDER = Path(__file__).parent
EXAM_FIELDS = {
    "code", "kind", "visibility", "title", "description", "blueprint",
    "min_items", "max_items", "se_target", "time_limit_minutes", "randomesque",
}  # fmt: skip
ITEM_FIELDS = {"code", "area", "parameters", "key", "ko", "en"}


def zones() -> tuple[str, ...]:
    """The zones that have a bank."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml") if "-" not in path.stem))


@cache
def load(zone_id: str) -> ZoneBank:
    """Return the bank of a zone; raise `BankError` naming every fault of structure. Same files, same bank, always."""
    main = FOLDER / f"{zone_id}.yaml"
    if not main.is_file():
        raise BankError([f"{main.name}: there is no bank for zone {zone_id!r}; banks exist for {', '.join(zones())}"])
    bank = _Reader()
    for path in [main, *sorted(FOLDER.glob(f"{zone_id}-*.yaml"))]:
        bank.read(path, first=path == main)
    for generated in _generators(zone_id):
        bank.items.extend(generated)
    if bank.problems:
        raise BankError(bank.problems)
    return ZoneBank(
        zone=zone_id,
        areas=tuple(bank.areas),
        exams=tuple(bank.exams),
        items=tuple(bank.items),
    )


def _generators(zone_id: str) -> Iterable[Iterable[BankItem]]:
    if zone_id == "univ" and (FOLDER / "mathematics" / "__init__.py").is_file():
        # Imported here because the generators build on this package's own model.
        from . import mathematics

        yield mathematics.items()


class Fault(ValueError):
    """One thing wrong with one entry of a file."""


class _Reader:
    """Collects the parts of a bank, and the faults with file, code and value, from one file after another."""

    def __init__(self) -> None:
        self.areas: list[BankArea] = []
        self.exams: list[BankExam] = []
        self.items: list[BankItem] = []
        self.problems: list[str] = []

    def read(self, path: Path, *, first: bool) -> None:
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except yaml.YAMLError as error:
            self.problems.append(f"{path.name}: not YAML: {error}")
            return
        allowed = {"areas", "exams", "items"} if first else {"items"}
        if not isinstance(data, dict) or set(data) - allowed:
            found = sorted(data) if isinstance(data, dict) else type(data).__name__
            self.problems.append(f"{path.name}: a mapping of {sorted(allowed)} is expected, found {found}")
            return
        if first:
            self._each(
                path,
                data.get("areas"),
                "areas",
                lambda raw: self.areas.append(_area(raw)),
            )
            self._each(
                path,
                data.get("exams"),
                "exams",
                lambda raw: self.exams.append(_exam(raw)),
            )
        if "items" in data:
            self._each(
                path,
                data["items"],
                "items",
                lambda raw: self.items.append(_item(raw, path.name)),
            )

    def _each(self, path: Path, rows: Any, name: str, take: Callable[[dict[str, Any]], None]) -> None:
        if not isinstance(rows, list) or not rows:
            self.problems.append(f"{path.name}: {name} must be a list that is not empty, found {rows!r:.80}")
            return
        for index, raw in enumerate(rows, start=1):
            label = raw.get("code", f"number {index}") if isinstance(raw, dict) else f"number {index}"
            try:
                if not isinstance(raw, dict):
                    raise Fault(f"a mapping is expected, found {raw!r:.80}")
                take(raw)
            except Fault as fault:
                self.problems.append(f"{path.name}: {name}: {label}: {fault}")


def _area(raw: dict[str, Any]) -> BankArea:
    _fields(raw, {"code", *LANGUAGES})
    return BankArea(code=_text(raw, "code"), ko=_text(raw, "ko"), en=_text(raw, "en"))


def _exam(raw: dict[str, Any]) -> BankExam:
    _fields(raw, EXAM_FIELDS)
    if raw["kind"] not in ("adaptive", "fixed"):
        raise Fault(f"kind must be adaptive or fixed, found {raw['kind']!r}")
    if raw["visibility"] not in ("public", "organization"):
        raise Fault(f"visibility must be public or organization, found {raw['visibility']!r}")
    if not isinstance(raw["blueprint"], dict) or not raw["blueprint"]:
        raise Fault(f"blueprint must map areas to shares, found {raw['blueprint']!r}")
    return BankExam(
        code=_text(raw, "code"),
        kind=raw["kind"],
        visibility=raw["visibility"],
        title=_both(raw, "title"),
        description=_both(raw, "description"),
        blueprint=MappingProxyType({str(area): _number(raw["blueprint"], area) for area in raw["blueprint"]}),
        min_items=_whole(raw, "min_items"),
        max_items=_whole(raw, "max_items"),
        se_target=None if raw["se_target"] is None else _number(raw, "se_target"),
        time_limit_minutes=_whole(raw, "time_limit_minutes"),
        randomesque=_whole(raw, "randomesque"),
    )


def _item(raw: dict[str, Any], source: str) -> BankItem:
    _fields(raw, ITEM_FIELDS)
    parameters = raw["parameters"]
    if not isinstance(parameters, dict) or set(parameters) != {"a", "b", "c"}:
        raise Fault(f"parameters must give a, b and c, found {parameters!r}")
    return BankItem(
        code=_text(raw, "code"),
        area=_text(raw, "area"),
        a=_number(parameters, "a"),
        b=_number(parameters, "b"),
        c=_number(parameters, "c"),
        key=_whole(raw, "key"),
        ko=_language(raw, "ko"),
        en=_language(raw, "en"),
        source=source,
    )


def _language(raw: dict[str, Any], language: str) -> BankText:
    text = raw[language]
    if not isinstance(text, dict):
        raise Fault(f"{language} must give stem, options and explanation, found {text!r:.80}")
    try:
        _fields(text, {"stem", "options", "explanation"})
        if not isinstance(text["options"], list):
            raise Fault(f"options must be a list, found {text['options']!r:.80}")
        options = dict(enumerate(text["options"], start=1))
        return BankText(
            stem=_text(text, "stem"),
            options=tuple(_text(options, position) for position in options),
            explanation=_text(text, "explanation"),
        )
    except Fault as fault:
        raise Fault(f"{language}: {fault}") from None


def _fields(raw: dict[str, Any], expected: set[str]) -> None:
    if missing := sorted(expected - set(raw)):
        raise Fault(f"without {', '.join(missing)}")
    if unknown := sorted(str(name) for name in set(raw) - expected):
        raise Fault(f"unknown field {', '.join(unknown)}")


def _both(raw: dict[str, Any], name: str) -> MappingProxyType[str, str]:
    value = raw[name]
    if not isinstance(value, dict) or set(value) != set(LANGUAGES):
        raise Fault(f"{name} must give ko and en, found {value!r:.80}")
    return MappingProxyType({language: _text(value, language) for language in LANGUAGES})


def _text(raw: dict[Any, Any], name: Any) -> str:
    value = raw[name]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    # YAML turns a bare yes, no, 1.50 or 2026-01-01 into something that no longer reads as written.
    if not isinstance(value, str):
        raise Fault(f"{name} must be text (put it in quotes), found {value!r}")
    return value.strip()


def _number(raw: dict[Any, Any], name: Any) -> float:
    value = raw[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Fault(f"{name} must be a number, found {value!r}")
    return float(value)


def _whole(raw: dict[Any, Any], name: Any) -> int:
    value = raw[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(f"{name} must be a whole number, found {value!r}")
    return value
