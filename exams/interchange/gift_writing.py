"""GIFT, Moodle's text format: the writer."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from exams.drafts import DraftKey, DraftText, ItemDraft
from exams.interchange.package import Loss, Package, ReadItem, Written
from exams.models import ItemVersion

Kind = ItemVersion.Kind
_SIGNS = re.compile(r"([\\:#={}~])")
_ROOT = "$course$/top/"


class _NotInGift(Exception):
    """The format has no way to say this question; the message says why."""


def write(package: Package, *, language: str) -> Written:
    """The questions of `package` in `language`, or in the first one that each has."""
    blocks, losses, left_out = [], [], []
    area = ""
    for item in package.items:
        try:
            block, lost = _block(item, language)
        except _NotInGift as reason:
            losses.append((item.identifier, Loss(str(reason))))
            left_out.append(item.identifier)
            continue
        if item.area != area:
            area = item.area
            blocks.append(f"$CATEGORY: {_ROOT}{_one_line(area)}")
        blocks.append(block)
        losses += [(item.identifier, Loss(words)) for words in lost]
    return Written("\n\n".join([*blocks, ""]).encode(), ".txt", "text/plain", tuple(losses), tuple(left_out))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def escaped(text: str) -> str:
    """`text` with the format's signs escaped, in one line: an empty line would end the question."""
    return _SIGNS.sub(r"\\\1", text).replace("\n", "\\n")


def _block(item: ReadItem, language: str) -> tuple[str, list[str]]:
    draft = item.draft
    if draft is None:
        raise _NotInGift(_("It has no contents."))
    said = language if language in draft.texts else next(iter(draft.texts))
    text = draft.texts[said]
    answer = _answer(draft, text, said)
    lost = losses_of(draft, said)
    notes = "".join(f" [tag:{tag}]" for tag in item.tags)
    head = f"// [id:{item.identifier}]{notes}\n::{escaped(_one_line(item.title or item.identifier))}::"
    explanation = f"####{escaped(text.explanation)}" if text.explanation.strip() else ""
    return f"{head}[markdown]{escaped(text.stem)}{{{answer}{explanation}}}", lost


def losses_of(draft: ItemDraft, said: str) -> list[str]:
    """What every format of Moodle's lacks room for."""
    lost = [_("The parameters of its response model.")]
    if len(draft.texts) > 1:
        lost.append(_("Every language but %(language)s.") % {"language": said})
    if draft.passage:
        lost.append(_("The passage that it asks about."))
    if draft.assets or "asset:" in "".join((draft.texts[said].stem, *draft.texts[said].options)):
        lost.append(_("Its pictures."))
    return lost


def _answer(draft: ItemDraft, text: DraftText, language: str) -> str:
    match draft.kind:
        case Kind.SINGLE:
            signs = ["=" if n == draft.key else "~" for n in range(1, len(text.options) + 1)]
            return "".join(f"{s}{escaped(option)}" for s, option in zip(signs, text.options, strict=True))
        case Kind.MULTIPLE:
            return _weighted(draft.keys, text.options)
        case Kind.MATCHING:
            return _pairs(draft.keys, text)
        case Kind.NUMERIC:
            return "#" + "".join(_number(key, draft.keys) for key in draft.keys)
        case Kind.TEXT:
            forms = [key for key in draft.keys if key.language in ("", language)]
            return "".join(f"={_weight(key, forms)}{escaped(key.text.replace('*', chr(92) + '*'))}" for key in forms)
        case Kind.ESSAY:
            return ""
        case _:
            raise _NotInGift(_("GIFT has no questions of this kind (%(kind)s).") % {"kind": Kind(draft.kind).label})


def _weighted(keys: Sequence[DraftKey], options: Sequence[str]) -> str:
    points = {key.option: key.points for key in keys}
    whole = sum(value for value in points.values() if value > 0) or 1.0
    weights = [100 * points.get(number, 0.0) / whole for number in range(1, len(options) + 1)]
    return "".join(f"~%{weight:.5f}%{escaped(option)}" for weight, option in zip(weights, options, strict=True))


def _pairs(keys: Sequence[DraftKey], text: DraftText) -> str:
    """A target that nothing belongs to is a pair without a left side."""
    used = {key.target for key in keys}
    pairs = [(text.options[(key.option or 1) - 1], text.targets[(key.target or 1) - 1]) for key in keys]
    pairs += [("", target) for number, target in enumerate(text.targets, start=1) if number not in used]
    return "".join(f"={escaped(left)} -> {escaped(right)}" for left, right in pairs)


def _weight(key: DraftKey, keys: Sequence[DraftKey]) -> str:
    best = max(each.points for each in keys)
    return "" if key.points >= best or best <= 0 else f"%{100 * key.points / best:.5f}%"


def _number(key: DraftKey, keys: Sequence[DraftKey]) -> str:
    number = key.number or 0.0
    tolerance = abs(number) * key.tolerance if key.is_relative else key.tolerance
    return f"={_weight(key, keys)}{number!r}:{tolerance!r}"
