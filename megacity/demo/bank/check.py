"""What makes a bank fit for use. `problems(zone)` says everything that is wrong with it, as lines for its author."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from .loader import load
from .model import BankError, BankExam, BankItem, BankText, ZoneBank

FEWEST_ITEMS = {"univ": 200}
FEWEST_ITEMS_ELSEWHERE = 60
SMALLEST_KEY_SHARE = 0.12
# An adaptive exam needs some choice left in an area when its share of the test has been given.
AREA_RESERVE = 1.5
RANGES = {"a": (0.6, 2.2), "b": (-3.0, 3.0), "c": (0.10, 0.25)}
PLACEHOLDER = re.compile(r"lorem ipsum|\bTODO\b|\bFIXME\b|\bTBD\b", re.IGNORECASE)
CATCH_ALL = re.compile(r"all of the above|none of the above|모두 (옳|맞)다|위의? 모두", re.IGNORECASE)
HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
HANGUL = re.compile(r"[가-힣]")
# Elsewhere Hangul in an English explanation is a text left untranslated; here the words are what is taught.
TEACHES_KOREAN = {"kzone"}
ASSET = "asset:"


def problems(zone_id: str) -> list[str]:
    """Return one line for every fault of a zone's bank; an empty list means that it may be seeded."""
    try:
        bank = load(zone_id)
    except BankError as error:
        return error.problems
    return [*_bank_faults(bank), *_exam_faults(bank), *_all_item_faults(bank)]


def _bank_faults(bank: ZoneBank) -> Iterator[str]:
    name = f"{bank.zone}.yaml"
    fewest = FEWEST_ITEMS.get(bank.zone, FEWEST_ITEMS_ELSEWHERE)
    if len(bank.items) < fewest:
        yield f"{name}: {len(bank.items)} items, at least {fewest} are expected"
    for kind, codes in (
        ("area", bank.areas),
        ("exam", bank.exams),
        ("item", bank.items),
    ):
        counted = Counter(entry.code for entry in codes)
        for code in (code for code, times in counted.items() if times > 1):
            yield f"{name}: {kind} code {code!r} is used {counted[code]} times"
    keys = Counter(item.key for item in bank.items)
    for position in range(1, max(len(item.ko.options) for item in bank.items) + 1):
        reachable = sum(len(item.ko.options) >= position for item in bank.items)
        # Four-option items cannot have their key at 5, so a position counts among those that offer it.
        if keys[position] < SMALLEST_KEY_SHARE * reachable:
            yield f"{name}: key {position} is used by {keys[position]} of {reachable}, under {SMALLEST_KEY_SHARE:.0%}"
    difficulties = [item.b for item in bank.items]
    if min(difficulties) > -2 or max(difficulties) < 2:
        yield f"{name}: b spans {min(difficulties)} … {max(difficulties)}, it must span -2 … 2"
    for stem, times in Counter(item.en.stem for item in bank.items).items():
        if times > 1:
            yield f"{name}: {times} items have the English stem {stem!r:.100}"


def _exam_faults(bank: ZoneBank) -> Iterator[str]:
    name = f"{bank.zone}.yaml"
    kinds = Counter(exam.kind for exam in bank.exams)
    if kinds["adaptive"] < 2 or kinds["fixed"] < 1:
        yield f"{name}: two adaptive exams and a fixed one are expected, found {dict(kinds)}"
    if not any(exam.kind == "adaptive" and exam.max_items == 20 for exam in bank.exams):
        yield f"{name}: no adaptive exam has max_items 20"
    for exam in bank.exams:
        for fault in _faults_of_exam(bank, exam):
            yield f"{name}: exam {exam.code}: {fault}"


def _faults_of_exam(bank: ZoneBank, exam: BankExam) -> Iterator[str]:
    known = {area.code for area in bank.areas}
    total = sum(exam.blueprint.values())
    if abs(total - 1) > 1e-9:
        yield f"the blueprint sums to {total}, not to 1"
    for area, share in exam.blueprint.items():
        if area not in known:
            yield f"area {area!r} of the blueprint is not among {sorted(known)}"
        if not 0 < share <= 1:
            yield f"share {share} of area {area} is not between 0 and 1"
        needed, there = share * exam.max_items * AREA_RESERVE, len(bank.in_area(area))
        if there < needed:
            yield f"area {area} has {there} items, {needed:.1f} are needed"
    if not 1 <= exam.min_items <= exam.max_items:
        yield f"min_items {exam.min_items} and max_items {exam.max_items} do not fit together"
    if exam.kind == "fixed" and not 10 <= exam.max_items <= 12:
        yield f"a fixed form has 10 to 12 items, found {exam.max_items}"
    if exam.se_target is not None and not 0.1 <= exam.se_target <= 1:
        yield f"se_target {exam.se_target} is not between 0.1 and 1"
    if exam.se_target is not None and exam.min_items == exam.max_items:
        yield f"se_target {exam.se_target} has no effect when min_items equals max_items"
    if exam.time_limit_minutes < 1 or exam.randomesque < 1:
        yield f"time_limit_minutes {exam.time_limit_minutes} and randomesque {exam.randomesque} must be 1 or more"
    for field in ("title", "description"):
        for language, text in getattr(exam, field).items():
            if not text:
                yield f"{field}.{language} is empty"


def _all_item_faults(bank: ZoneBank) -> Iterator[str]:
    known = {area.code for area in bank.areas}
    for item in bank.items:
        if item.area not in known:
            yield f"{item.source}: {item.code}: area {item.area!r} is not among {sorted(known)}"
        if bank.zone not in TEACHES_KOREAN and HANGUL.search(item.en.explanation):
            yield f"{item.source}: {item.code}: the English explanation has Hangul: {item.en.explanation!r:.80}"
        for fault in item_faults(item):
            yield f"{item.source}: {item.code}: {fault}"


def item_faults(item: BankItem) -> Iterator[str]:
    """Yield what is wrong with one item."""
    for name, (low, high) in RANGES.items():
        value = getattr(item, name)
        if not low <= value <= high:
            yield f"{name} is {value}, outside {low} … {high}"
    if len(item.ko.options) != len(item.en.options):
        yield f"{len(item.ko.options)} options in Korean, {len(item.en.options)} in English"
    if not HANGUL.search(item.ko.stem + item.ko.explanation):
        yield f"the Korean text has no Hangul: {item.ko.stem!r:.80}"
    for language, text in item.texts.items():
        for fault in _text_faults(item, text):
            yield f"{language}: {fault}"
    used = {name for text in item.texts.values() for name in _asset_names(text)}
    for name in sorted(set(item.assets) - used):
        yield f"asset {name!r} is not shown anywhere"


def _text_faults(item: BankItem, text: BankText) -> Iterator[str]:
    if len(text.options) not in (4, 5):
        yield f"{len(text.options)} options, 4 or 5 are expected"
    if not 1 <= item.key <= len(text.options):
        yield f"key {item.key} is not one of the {len(text.options)} options"
    seen = Counter(_normalised(option) for option in text.options)
    for option, times in seen.items():
        if times > 1:
            yield f"the option {option!r} is there {times} times"
    fields = {"stem": text.stem, "explanation": text.explanation}
    fields |= {f"option {number}": option for number, option in enumerate(text.options, start=1)}
    for name, value in fields.items():
        if not value:
            yield f"{name} is empty"
        if found := PLACEHOLDER.search(value):
            yield f"{name} has the placeholder {found.group()!r}"
        for fault in markdown_faults(value):
            yield f"{name}: {fault}"
    for option in text.options:
        if CATCH_ALL.search(option):
            yield f"the option {option!r} is a catch-all"
    for name in sorted(_asset_names(text) - set(item.assets)):
        yield f"asset {name!r} does not exist"


def _normalised(option: str) -> str:
    return "".join(unicodedata.normalize("NFKC", option).casefold().split()).rstrip(".")


@cache
def _parser() -> MarkdownIt:
    # Stricter than any renderer need be: what parses here parses with the plugin's lenient settings too.
    return (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False)
    )


def _tokens(markdown: str) -> Iterator[Token]:
    for block in _parser().parse(markdown.replace(r"\$", "＄")):
        yield block
        yield from block.children or ()


def _asset_names(text: BankText) -> set[str]:
    return {
        str(token.attrs["src"]).removeprefix(ASSET)
        for value in (text.stem, text.explanation, *text.options)
        for token in _tokens(value)
        if token.type == "image"
    }


def markdown_faults(markdown: str) -> Iterator[str]:
    """Yield what would not render as meant: formulas, dollars left over, HTML, pictures."""
    for token in _tokens(markdown):
        if token.type in ("math_inline", "math_block"):
            yield from _formula_faults(token.content)
        elif token.type == "text":
            if "$" in token.content:
                yield f"a dollar that opens or closes no formula in {token.content!r:.80} (write \\$ for money)"
            if r"\n" in token.content:
                yield f"a line break written as \\n in {token.content!r:.80} (YAML reads it in double quotes only)"
            if found := HTML_TAG.search(token.content):
                yield f"HTML is off, {found.group()!r} would be shown as it stands"
        elif token.type == "image":
            if not str(token.attrs["src"]).startswith(ASSET):
                yield f"the picture {token.attrs['src']!r} is not an asset:NAME.png"
            if not token.content.strip():
                yield f"the picture {token.attrs['src']!r} has no alternative text"


def _formula_faults(latex: str) -> Iterator[str]:
    # The library has no common base class for its errors.
    try:
        mathml = convert(latex)
    except Exception as error:
        yield f"the formula {latex!r} does not render: {type(error).__name__}"
        return
    shown = re.sub(r"<[^>]*>", "", mathml)
    # An unknown command and a brace without its partner come out as ordinary identifiers, without an error.
    if found := re.search(r"\\[a-zA-Z]+", shown):
        yield f"the formula {latex!r} has the command {found.group()!r}, which the renderer does not know"
    if latex.count("{") != latex.count("}"):
        yield f"the formula {latex!r} has braces that do not match"
