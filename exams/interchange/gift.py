"""GIFT, Moodle's text format: https://docs.moodle.org/en/GIFT_format (the reader)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from exams.interchange import answers
from exams.interchange.gift_writing import write
from exams.interchange.package import Loss, Package, ReadItem, Unreadable
from exams.interchange.prose import from_html, from_plain, looks_like_html
from exams.interchange.text import decode

__all__ = ["is_gift", "read", "write"]

_CATEGORY = re.compile(r"^\s*\$CATEGORY\s*:\s*(.*?)\s*$", re.IGNORECASE)
_NOTE = re.compile(r"\[(id|tag):((?:\\\]|[^\]]){0,200})\]")
_TITLE = re.compile(r"^\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"^\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"^\s*%\s*(-?\d+(?:[.,]\d+)?)\s*%")
_TRUE_FALSE = re.compile(r"^(T|TRUE|F|FALSE)$", re.IGNORECASE)
# A gap of Moodle's Cloze type, `{1:SHORTANSWER:=x}`.
_LIKE_CLOZE = re.compile(r"\d*\s*:")
# Escaped signs are put aside as private characters while the text is taken apart.
_SIGNS = "\\:#={}~"
_HIDE = {sign: chr(0xE000 + number) for number, sign in enumerate(_SIGNS)}
_SHOW = {ord(hidden): sign for sign, hidden in _HIDE.items()}
_ESCAPE = re.compile(r"\\([\\:#={}~n])")
_MOST_QUESTIONS = 20_000
# Of one answer block that has empty lines in it.
_MOST_LINES = 500


@dataclass(frozen=True)
class _Chunk:
    """One question as it stands in the file, escaped signs put aside."""

    line: int
    text: str
    area: str
    code: str
    tags: tuple[str, ...]


class _Unusable(Exception):
    """This question cannot be carried; the message says why."""


def is_gift(text: str) -> bool:
    hidden = _hide(text)
    return bool(re.search(r"\{[^{}]*\}", hidden))


def read(content: bytes, *, name: str, language: str) -> Package:
    """See exams.interchange. Questions that cannot be read are there without a draft, with their line."""
    text, _encoding = decode(content)
    items = []
    for chunk in _chunks(_hide(text)):
        items.append(_item(chunk, language))
        if len(items) > _MOST_QUESTIONS:
            raise Unreadable(_("The file has more than %(most)d questions.") % {"most": _MOST_QUESTIONS})
    if not items:
        raise Unreadable(_("There is no question in GIFT format in %(name)s.") % {"name": name})
    if "{" not in text:
        raise Unreadable(_("There is no question in GIFT format in %(name)s.") % {"name": name})
    return Package("gift", tuple(items))


def _hide(text: str) -> str:
    text = text.translate(dict.fromkeys(_SHOW, "\ufffd"))
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else _HIDE[match[1]], text)


def _show(text: str) -> str:
    return text.translate(_SHOW)


# --- Lines to questions ----------------------------------------------------------------------------------------------


def _chunks(text: str) -> Iterator[_Chunk]:
    """Questions stand between empty lines; one whose answers hold an empty line goes on to its closing brace."""
    area, first, depth, closes_at = "", 0, 0, 0
    notes: list[tuple[str, str]] = []
    lines: list[str] = []
    every = [*text.split("\n"), ""]
    for number, line in enumerate(every, start=1):
        stripped = line.strip()
        if stripped.startswith("//"):
            notes += _NOTE.findall(stripped)
            continue
        category = _CATEGORY.match(line)
        if category and not lines:
            area = _area(category[1])
            continue
        if stripped:
            first = first if lines else number
            lines.append(line)
            depth += line.count("{") - line.count("}")
            continue
        if lines and depth > 0:
            closes_at = closes_at if closes_at > number else _closing_line(every, number)
            if closes_at:
                lines.append("")
                continue
        if lines:
            code = next((value for kind, value in notes if kind == "id"), "")
            tags = tuple(_show(value) for kind, value in notes if kind == "tag")
            yield _Chunk(first, "\n".join(lines), area, _show(code), tags)
        lines, notes, depth, closes_at = [], [], 0, 0


def _closing_line(lines: Sequence[str], number: int) -> int:
    """The number of the next line with a brace, if that closes one; 0 where the open one was forgotten."""
    for place in range(number, min(number + _MOST_LINES, len(lines))):
        brace = re.search(r"[{}]", lines[place])
        if "::" in lines[place][: brace.start() if brace else None]:
            return 0
        if brace:
            return place + 1 if brace[0] == "}" else 0
    return 0


def _area(path: str) -> str:
    """`$course$/top/Maths/Algebra` → "Maths/Algebra": what is not a name of Moodle's own tree."""
    parts = [part.strip() for part in _show(path).split("/")]
    return "/".join(part for part in parts if part and part.lower() != "top" and not re.fullmatch(r"\$.*\$", part))


# --- One question ----------------------------------------------------------------------------------------------------


def _item(chunk: _Chunk, language: str) -> ReadItem:
    if len(chunk.text) > answers.LONGEST_TEXT:
        lost = Loss(answers.too_long(), _("line %(line)d") % {"line": chunk.line})
        return ReadItem(chunk.code, None, area=chunk.area, tags=chunk.tags, losses=(lost,))
    title_found = _TITLE.match(chunk.text)
    title = " ".join(_show(title_found[1]).split()) if title_found else ""
    body = chunk.text[title_found.end() :] if title_found else chunk.text
    where = _("line %(line)d") % {"line": chunk.line}
    read = ReadItem(chunk.code, None, title=title, area=chunk.area, tags=chunk.tags)
    try:
        asked = _question(body, language)
        if not asked.stem.markdown:
            asked = _titled(asked, title)
        item, losses = answers.item(asked)
    except (_Unusable, answers.Unusable, Unreadable) as reason:
        return replace(read, losses=(Loss(str(reason), where),))
    return replace(
        read, draft=item, title=title or answers.short(asked.stem), losses=tuple(Loss(words, where) for words in losses)
    )


def _titled(asked: answers.Question, title: str) -> answers.Question:
    if not title:
        raise _Unusable(_("It has no question."))
    lost = _("The question has no words; its title stands for them.")
    return replace(asked, stem=answers.Rich(from_plain(title), (*asked.stem.losses, lost)))


def _question(body: str, language: str) -> answers.Question:
    body, form = _form(body, "moodle")
    start, end = body.find("{"), body.rfind("}")
    if start < 0 or end < start:
        reason = _("It has a text but no answer in braces: a description, which is no question here.")
        raise _Unusable(reason if start < 0 and end < 0 else _("A brace is not closed."))
    if "{" in body[start + 1 : end] or "}" in body[start + 1 : end]:
        raise _Unusable(_("It has more than one pair of braces; several gaps in one question are Moodle's Cloze type."))
    block, before, after = body[start + 1 : end].strip(), body[:start].rstrip(), body[end + 1 :].strip()
    block, explanation = _explanation(block)
    between = "" if after[:1] in {".", ",", ";", ":", "?", "!"} else " "
    text = f"{before} _____{between}{after}" if after else before
    words = answers.Words(form, _markdown)
    asked = answers.Question(language=language, stem=_markdown(text, form), explanation=words.of(explanation))
    return _answered(asked, block, words)


def _form(text: str, default: str) -> tuple[str, str]:
    found = _FORMAT.match(text)
    return (text[found.end() :], found[1].lower()) if found else (text, default)


def _markdown(text: str, form: str) -> answers.Rich:
    text, form = _form(text, form)
    shown = _show(text).strip()
    if form == "markdown":
        return answers.Rich(shown)
    if form == "html" or (form == "moodle" and looks_like_html(shown)):
        missing: list[str] = []
        markdown, losses = from_html(shown, picture=missing.append, where=_("The text"))
        if missing:
            losses += (_("Pictures: GIFT files have none in them."),)
        return answers.Rich(markdown, losses)
    return answers.Rich(from_plain(shown))


def _explanation(block: str) -> tuple[str, str]:
    """General feedback stands behind `####`, at the end."""
    at = block.rfind("####")
    return (block[:at].rstrip(), block[at + 4 :]) if at >= 0 else (block, "")


def _answered(asked: answers.Question, block: str, words: answers.Words) -> answers.Question:
    if not block:
        return replace(asked, kind="essay")
    if block.startswith("#"):
        return _numeric(asked, block[1:].strip())
    if "~" in block:
        return _choice(asked, block, words)
    if "=" in block and "->" in block:
        return _matching(asked, block, words)
    head = block.partition("#")[0].strip()
    if _TRUE_FALSE.match(head):
        notes = sum(bool(note.strip()) for note in block.split("#")[1:])
        return replace(asked, kind="truefalse", is_true=head[0] in "Tt", feedback=notes)
    if _LIKE_CLOZE.match(block):
        raise _Unusable(_("The answer %(answer)s is in no form that GIFT has.") % {"answer": _show(block)[:60]})
    # Moodle takes a bare word for an answer too.
    return _short(asked, block if block.startswith("=") else f"={block}")


def _parts(block: str) -> Iterator[tuple[str, float | None, str, bool]]:
    """(sign, weight as a share, text, whether it has feedback) of each answer: `=right`, `~%50%half#so so`."""
    pieces = re.split(r"([=~])", block)
    if pieces[0].strip():
        raise _Unusable(_("Before the first answer stands %(text)s.") % {"text": _show(pieces[0].strip())[:60]})
    for sign, said in zip(pieces[1::2], pieces[2::2], strict=True):
        weight = _WEIGHT.match(said)
        share = float(weight[1].replace(",", ".")) / 100 if weight else None
        text, _hash, feedback = (said[weight.end() :] if weight else said).partition("#")
        yield sign, share, text.strip(), bool(feedback.strip())


def _choice(asked: answers.Question, block: str, words: answers.Words) -> answers.Question:
    options, feedback, single = [], 0, False
    for sign, weight, text, noted in _parts(block):
        share = weight if weight is not None else (1.0 if sign == "=" else 0.0)
        single = single or sign == "="
        feedback += noted
        options.append(answers.Option(words.of(text), share))
    # Without a right one there are weights: several may be chosen.
    kind = "choice" if single else "multiple"
    return replace(asked, kind=kind, options=tuple(options), feedback=feedback)


def _short(asked: answers.Question, block: str) -> answers.Question:
    forms, feedback = [], 0
    for _sign, weight, text, noted in _parts(block):
        forms.append(answers.Form(_show(text), 1.0 if weight is None else weight))
        feedback += noted
    return replace(asked, kind="short", forms=tuple(forms), feedback=feedback)


def _matching(asked: answers.Question, block: str, words: answers.Words) -> answers.Question:
    pairs = []
    # The arrow's own sign is no "=" of an answer, but answers begin with one.
    for _sign, _weight, text, _noted in _parts(block):
        left, arrow, right = text.partition("->")
        if not arrow:
            raise _Unusable(_("A pair has no arrow: %(text)s") % {"text": _show(text)[:60]})
        pairs.append((words.of(left.strip()), words.of(right.strip())))
    return replace(asked, kind="matching", pairs=tuple(pairs))


def _numeric(asked: answers.Question, block: str) -> answers.Question:
    if not block:
        raise _Unusable(_("A number is asked for, but none is right."))
    said = list(_parts(block if block[0] in "=~" else f"={block}"))
    numbers = [
        _number(text, weight if weight is not None else float(sign == "="))
        for sign, weight, text, _noted in said
        # What else is answered has feedback alone.
        if text != "*" and (text or sign == "=")
    ]
    feedback = sum(noted for _sign, _weight, _text, noted in said)
    return replace(asked, kind="numeric", numbers=tuple(numbers), feedback=feedback)


def _number(text: str, share: float) -> answers.Number:
    shown = _show(text).replace(" ", "")
    try:
        if ".." in shown:
            low, high = (float(part.replace(",", ".")) for part in shown.split("..", 1))
            # Twelve digits are without the dust of binary fractions.
            middle, half = (float(f"{part:.12g}") for part in ((low + high) / 2, abs(high - low) / 2))
            return answers.Number(middle, half, share)
        number, _colon, tolerance = shown.partition(":")
        return answers.Number(float(number.replace(",", ".")), abs(float(tolerance.replace(",", ".") or 0)), share)
    except ValueError as error:
        raise _Unusable(_("%(text)s is no number.") % {"text": shown[:60] or "–"}) from error
