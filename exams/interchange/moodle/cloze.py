"""Moodle's notation for gaps in a text, `{1:MULTICHOICE:=right~wrong}`, read and written."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from exams.interchange.answers import Form, Gap, Number, Option, Rich, Unusable, check_length

_CHOICE = "MULTICHOICE MC MULTICHOICE_V MCV MULTICHOICE_H MCH MULTICHOICE_S MCS MULTICHOICE_VS MCVS MULTICHOICE_HS MCHS"
_SEVERAL = "MULTIRESPONSE MR MULTIRESPONSE_H MRH MULTIRESPONSE_S MRS MULTIRESPONSE_HS MRHS"
_TEXT, _EXACT_TEXT = "SHORTANSWER SA MW", "SHORTANSWER_C SAC MWC"
_NUMBER = "NUMERICAL NM"
_KINDS = {
    **dict.fromkeys(_CHOICE.split(), "choice"),
    **dict.fromkeys(_SEVERAL.split(), "several"),
    **dict.fromkeys((*_TEXT.split(), *_EXACT_TEXT.split()), "text"),
    **dict.fromkeys(_NUMBER.split(), "numeric"),
}
_NAMES = "|".join(sorted(_KINDS, key=len, reverse=True))
_HEAD = re.compile(r"\{\s{0,9}(\d{0,4})\s{0,9}:\s{0,9}(" + _NAMES + r")\s{0,9}:")
_REST = re.compile(r"((?:\\.|[^\\}])*+)\}", re.DOTALL)
_LIKE_A_GAP = re.compile(r"\{\s*\d*\s*:\s*([A-Za-z_]+)\s*:")
_ANSWER = re.compile(r"(?<!\\)~")
_WEIGHT = re.compile(r"^\s*(?:(=)|%\s*(-?\d+(?:[.,]\d+)?)\s*%)")
_FEEDBACK = re.compile(r"(?<!\\)#")
_UNESCAPE = re.compile(r"\\([}~#\"/=\\{])")
# Stands for gap n while the text becomes Markdown.
MARK, _MARKS = "⟦gap%d⟧", re.compile(r"⟦gap(\d+)⟧")


@dataclass(frozen=True)
class Found:
    """The text with a mark for each gap, the gaps, whether capital letters matter, feedback and what was lost."""

    text: str
    gaps: tuple[Gap, ...]
    case_sensitive: bool
    feedback: int
    losses: tuple[str, ...]


def find(text: str, turn: Callable[[str], Rich], plain: Callable[[str], str]) -> Found:
    """Take the gaps out of `text`; `turn` makes an option Markdown, `plain` an accepted form. Raises Unusable."""
    gaps: list[Gap] = []
    losses: list[str] = []
    cases: set[bool] = set()
    feedback = 0
    check_length(text)
    text = text.replace("⟦", "[").replace("⟧", "]")

    pieces, at = [], 0
    while head := _HEAD.search(text, at):
        rest = _REST.match(text, head.end())
        if rest is None:
            # No brace is closed any more: what looks like another gap is none either.
            break
        kind = _KINDS[head[2]]
        if kind == "text":
            cases.add(head[2] in _EXACT_TEXT.split())
        if kind == "choice" and head[2].endswith("S"):
            losses.append(_("The options were shuffled; they are shown in the order of the file."))
        answers, noted = _answers(rest[1])
        feedback += noted
        gaps.append(_gap(kind, float(head[1] or 1), answers, turn, plain, losses))
        pieces += [text[at : head.start()], MARK % len(gaps)]
        at = rest.end()
    marked = "".join([*pieces, text[at:]])
    if unknown := _LIKE_A_GAP.search(marked):
        raise Unusable(_("A gap of the kind %(kind)s cannot be read.") % {"kind": unknown[1][:40]})
    if len(cases) > 1:
        losses.append(_("Capital letters mattered in some gaps; here they matter in all."))
    return Found(marked, tuple(gaps), True in cases, feedback, tuple(losses))


def _answers(block: str) -> tuple[list[tuple[str, float]], int]:
    answers, feedback = [], 0
    for said in _ANSWER.split(block):
        weight = _WEIGHT.match(said)
        share = 0.0
        if weight:
            share = 1.0 if weight[1] else float(weight[2].replace(",", ".")) / 100
            said = said[weight.end() :]
        text, *notes = _FEEDBACK.split(said, 1)
        feedback += bool(notes and notes[0].strip())
        answers.append((_UNESCAPE.sub(r"\1", text).strip(), share))
    return answers, feedback


def _gap(
    kind: str,
    weight: float,
    answers: Sequence[tuple[str, float]],
    turn: Callable[[str], Rich],
    plain: Callable[[str], str],
    losses: list[str],
) -> Gap:
    match kind:
        case "choice":
            if any(share < 0 for _text, share in answers):
                losses.append(_("Points taken off for wrong choices in a gap."))
            return Gap("choice", weight, options=tuple(Option(turn(text), share) for text, share in answers))
        case "text":
            return Gap("text", weight, forms=tuple(Form(plain(text), share) for text, share in answers))
        case "numeric":
            numbers = [_number(plain(text), share) for text, share in answers if text.strip() != "*"]
            return Gap("numeric", weight, numbers=tuple(numbers))
    raise Unusable(_("A gap in which several options are chosen."))


def _number(text: str, share: float) -> Number:
    number, _colon, tolerance = text.replace(" ", "").partition(":")
    try:
        return Number(float(number.replace(",", ".")), abs(float(tolerance.replace(",", ".") or 0)), share)
    except ValueError as error:
        raise Unusable(_("%(text)s is no number.") % {"text": text[:60] or "–"}) from error


def show(markdown: str) -> str:
    """Marks as our own stems say gaps: `[[1]]`."""
    return _MARKS.sub(r"[[\1]]", markdown)


def escaped(text: str) -> str:
    return re.sub(r"([}~#\\])", r"\\\1", text)
