"""Aiken: a question, its options `A.` to `Z.`, and a line `ANSWER: A`. Plain text, single choice and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from exams.drafts import DraftText, ItemDraft
from exams.interchange import assumed
from exams.interchange.package import Loss, Package, ReadItem, Unreadable, Written
from exams.interchange.prose import from_plain, to_plain
from exams.interchange.text import decode

_OPTION = re.compile(r"^\s*(?:([A-Z])[.)]\s*|([a-z])[.)]\s+)(.*\S)\s*$")
_ANSWER = re.compile(r"^\s*ANSWER\s*:\s*(.*?)\s*$", re.IGNORECASE)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class _Question:
    line: int
    stem: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)


def is_aiken(text: str) -> bool:
    return any(map(_ANSWER.match, text.splitlines()))


def read(content: bytes, *, name: str, language: str) -> Package:
    """See exams.interchange. A question that is not whole is there without a draft, with its line."""
    text, _encoding = decode(content)
    items = list(_items(text, language))
    if not items:
        raise Unreadable(_("There is no question in Aiken format in %(name)s.") % {"name": name})
    return Package("aiken", tuple(items))


def _items(text: str, language: str) -> Iterator[ReadItem]:
    question, after_blank = None, False
    for number, line in enumerate(text.split("\n"), start=1):
        answer, option = _ANSWER.match(line), _OPTION.match(line)
        if not line.strip():
            after_blank = True
            continue
        if question is not None and question.options and after_blank and not (answer or option):
            yield _broken(question, _("The line ANSWER: is missing."))
            question = None
        question, after_blank = question or _Question(number), False
        if answer:
            yield _item(question, answer[1].rstrip(".)").upper(), language)
            question = None
        elif option and question.stem and (question.options or _letter(option) == "A"):
            question.options.append((_letter(option), option[3]))
        elif question.options:
            # An option goes on in a second line.
            letter, words = question.options[-1]
            question.options[-1] = (letter, f"{words}\n{line.strip()}")
        else:
            question.stem.append(line.strip())
    if question is not None:
        yield _broken(question, _("The line ANSWER: is missing."))


def _letter(option: re.Match[str]) -> str:
    return (option[1] or option[2]).upper()


def _item(question: _Question, answer: str, language: str) -> ReadItem:
    letters = [letter for letter, _words in question.options]
    if not question.stem:
        return _broken(question, _("It has no question."))
    if len(letters) < 2:
        return _broken(question, _("It has fewer than two options."))
    if len(set(letters)) < len(letters):
        return _broken(question, _("An option's letter is there twice."))
    if answer not in letters:
        return _broken(question, _("The answer %(answer)s is none of its options.") % {"answer": answer or "–"})
    options = tuple(from_plain(words) for _letter, words in question.options)
    draft = ItemDraft(
        texts={language: DraftText(from_plain("\n".join(question.stem)), options)},
        key=letters.index(answer) + 1,
        **assumed.single_choice(len(options)),
    )
    return ReadItem("", draft, title=question.stem[0][:80])


def _broken(question: _Question, words: str) -> ReadItem:
    where = _("line %(line)d") % {"line": question.line}
    title = (question.stem or [""])[0][:80]
    return ReadItem("", None, title=title, losses=(Loss(words, where),))


def write(package: Package, *, language: str) -> Written:
    """The single-choice questions of `package` in `language`, or in the first one that each has."""
    blocks, losses, left_out = [], [], []
    for item in package.items:
        block, lost = _block(item, language)
        losses += [(item.identifier, Loss(words)) for words in lost]
        if block:
            blocks.append(block)
        else:
            left_out.append(item.identifier)
    return Written("\n\n".join([*blocks, ""]).encode(), ".txt", "text/plain", tuple(losses), tuple(left_out))


def _block(item: ReadItem, language: str) -> tuple[str, list[str]]:
    draft = item.draft
    if draft is None or draft.kind != "single":
        return "", [_("Aiken has single choice alone.")]
    said = language if language in draft.texts else next(iter(draft.texts))
    text = draft.texts[said]
    if len(text.options) > len(_LETTERS):
        return "", [_("Aiken has letters for 26 options.")]
    lost = [_("Code, content area, tags and parameters.")]
    if len(draft.texts) > 1:
        lost.append(_("Every language but %(language)s.") % {"language": said})
    if text.explanation or draft.passage:
        lost.append(_("Explanation and passage."))
    plain = [to_plain(part) for part in (text.stem, *text.options)]
    if not all(exact for _words, exact in plain):
        lost.append(_("Formatting and pictures of the text."))
    stem, *options = (" ".join(words.split()) for words, _exact in plain)
    lines = [f"{letter}. {option}" for letter, option in zip(_LETTERS, options, strict=False)]
    return "\n".join([stem, *lines, f"ANSWER: {_LETTERS[(draft.key or 1) - 1]}"]), lost
