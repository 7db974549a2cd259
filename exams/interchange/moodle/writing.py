"""Moodle XML: the writer."""

import base64
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from django.utils.translation import gettext as _
from lxml import etree

from exams.drafts import DraftKey, DraftText, ItemDraft
from exams.interchange.gift_writing import losses_of
from exams.interchange.moodle.cloze import escaped
from exams.interchange.package import Loss, Package, ReadItem, Written
from exams.interchange.prose import has_formulas, to_html
from exams.interchange.safexml import legal
from exams.models import ItemVersion
from exams.rendering import pictures_in

Kind = ItemVersion.Kind
_TYPES = {
    Kind.SINGLE: "multichoice",
    Kind.MULTIPLE: "multichoice",
    Kind.ORDERING: "ordering",
    Kind.MATCHING: "ddmatch",
    Kind.NUMERIC: "numerical",
    Kind.TEXT: "shortanswer",
    Kind.CLOZE: "cloze",
    Kind.ESSAY: "essay",
}
_GAP = re.compile(r"\[\[(\d{1,5})\]\]")


def write(package: Package, *, language: str) -> Written:
    """The questions of `package` in `language`, or in the first one that each has; their pictures are in the file."""
    root = etree.Element("quiz")
    losses, left_out = [], []
    area = ""
    for item in package.items:
        if item.draft is None:
            left_out.append(item.identifier)
            continue
        if item.area != area:
            area = item.area
            category = etree.SubElement(root, "question", type="category")
            _text(etree.SubElement(category, "category"), f"$course$/top/{area}".rstrip("/"))
        losses += [(item.identifier, Loss(words)) for words in _Writer(item, item.draft, language).into(root)]
    content = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return Written(content, ".xml", "application/xml", tuple(losses), tuple(left_out))


def _text(parent: etree._Element, text: str) -> None:
    etree.SubElement(parent, "text").text = legal(text)


class _Writer:
    """One question."""

    def __init__(self, item: ReadItem, draft: ItemDraft, language: str) -> None:
        self.item, self.draft = item, draft
        self.language = language if language in draft.texts else next(iter(draft.texts))
        self.text: DraftText = draft.texts[self.language]
        self.lost = [words for words in losses_of(draft, self.language) if words != _("Its pictures.")]

    def into(self, root: etree._Element) -> list[str]:
        question = etree.SubElement(root, "question", type=_TYPES[Kind(self.draft.kind)])
        _text(etree.SubElement(question, "name"), self.item.title or self.item.identifier)
        if self.draft.kind == Kind.CLOZE:
            self._cloze(question)
        else:
            self._rich(question, "questiontext", self.text.stem)
        self._rich(question, "generalfeedback", self.text.explanation)
        grade = sum(self.draft.rubric) if self.draft.kind == Kind.ESSAY else 1
        etree.SubElement(question, "defaultgrade").text = str(grade)
        etree.SubElement(question, "hidden").text = "0"
        etree.SubElement(question, "idnumber").text = legal(self.item.identifier)
        self._answers(question)
        if self.item.tags:
            tags = etree.SubElement(question, "tags")
            for tag in self.item.tags:
                _text(etree.SubElement(tags, "tag"), tag)
        return self.lost

    def _rich(self, parent: etree._Element, name: str, markdown: str, **attributes: str) -> etree._Element:
        """An element with a text and the pictures that it shows."""
        form, said = self._said(markdown)
        element = etree.SubElement(parent, name, format=form, **attributes)
        self._fill(element, said, pictures_in(markdown) if "asset:" in markdown else ())
        return element

    def _said(self, markdown: str) -> tuple[str, str]:
        # Moodle's Markdown takes the backslashes of TeX for its own.
        if has_formulas(markdown):
            return "html", to_html(markdown, _address)
        return "markdown", re.sub(r"\(<?asset:([^)>\s]+)>?\)", lambda m: f"({_address(m[1])})", markdown)

    def _fill(self, element: etree._Element, said: str, pictures: Sequence[str] | set[str]) -> None:
        _text(element, said)
        for name in sorted(pictures):
            content = self.draft.assets.get(name)
            if content is None:
                self.lost.append(_("The picture %(name)s.") % {"name": name})
                continue
            file = etree.SubElement(element, "file", name=name, path="/", encoding="base64")
            file.text = base64.b64encode(content).decode("ascii")

    def _answers(self, question: etree._Element) -> None:
        writers: dict[str, Callable[[etree._Element], None]] = {
            Kind.SINGLE: self._single,
            Kind.MULTIPLE: self._multiple,
            Kind.ORDERING: self._ordering,
            Kind.MATCHING: self._matching,
            Kind.NUMERIC: self._numeric,
            Kind.TEXT: self._short,
            Kind.ESSAY: self._essay,
        }
        writer = writers.get(self.draft.kind)
        if writer:
            writer(question)

    def _single(self, question: etree._Element) -> None:
        etree.SubElement(question, "single").text = "true"
        for number, option in enumerate(self.text.options, start=1):
            self._rich(question, "answer", option, fraction="100" if number == self.draft.key else "0")

    def _multiple(self, question: etree._Element) -> None:
        etree.SubElement(question, "single").text = "false"
        points = {key.option: key.points for key in self.draft.keys}
        whole = sum(value for value in points.values() if value > 0) or 1.0
        for number, option in enumerate(self.text.options, start=1):
            self._rich(question, "answer", option, fraction=_percent(points.get(number, 0.0) / whole))

    def _ordering(self, question: etree._Element) -> None:
        etree.SubElement(question, "layouttype").text = "VERTICAL"
        etree.SubElement(question, "selecttype").text = "ALL"
        places = {key.target: key.option for key in self.draft.keys}
        for place in sorted(places, key=lambda each: each or 0):
            self._rich(question, "answer", self.text.options[(places[place] or 1) - 1], fraction=str(place))

    def _matching(self, question: etree._Element) -> None:
        etree.SubElement(question, "shuffleanswers").text = "true"
        pairs = [
            (self.text.options[(k.option or 1) - 1], self.text.targets[(k.target or 1) - 1]) for k in self.draft.keys
        ]
        used = {key.target for key in self.draft.keys}
        pairs += [("", target) for number, target in enumerate(self.text.targets, start=1) if number not in used]
        if len({key.points for key in self.draft.keys}) > 1:
            self.lost.append(_("That its pairs are worth different points."))
        for left, right in pairs:
            self._rich(self._rich(question, "subquestion", left), "answer", right)

    def _numeric(self, question: etree._Element) -> None:
        for key in self.draft.keys:
            answer = etree.SubElement(question, "answer", fraction=_fraction(key, self.draft.keys))
            _text(answer, repr(key.number or 0.0))
            etree.SubElement(answer, "tolerance").text = repr(_tolerance(key))

    def _short(self, question: etree._Element) -> None:
        etree.SubElement(question, "usecase").text = str(int(self.draft.case_sensitive))
        for key in self._forms(self.draft.keys):
            answer = etree.SubElement(question, "answer", fraction=_fraction(key, self.draft.keys), format="plain_text")
            _text(answer, key.text.replace("*", "\\*"))

    def _forms(self, keys: Sequence[DraftKey]) -> list[DraftKey]:
        return [key for key in keys if key.language in ("", self.language)]

    def _essay(self, question: etree._Element) -> None:
        etree.SubElement(question, "responseformat").text = "editor"
        notes = []
        criteria = list(zip(self.text.criteria, self.draft.rubric, strict=False))
        if len(criteria) == 1 and not any(criteria[0][0].levels[:-1]):
            # What full points stand for, as notes for graders are read.
            criteria, notes = [], list(criteria[0][0].levels[-1:])
        for criterion, most in criteria:
            notes += [f"{criterion.name} (0–{most})"]
            notes += [f"{points}: {level}" for points, level in enumerate(criterion.levels) if level.strip()]
        info = etree.SubElement(question, "graderinfo", format="plain_text")
        _text(info, "\n".join(notes))
        if len(self.draft.rubric) > 1:
            self.lost.append(_("Its rubric, which became notes for those who grade."))

    # --- Gaps --------------------------------------------------------------------------------------------------------

    def _cloze(self, question: etree._Element) -> None:
        html = to_html(self.text.stem, _address)
        html = _GAP.sub(lambda found: self._gap(int(found[1])), html)
        element = etree.SubElement(question, "questiontext", format="html")
        shown = (self.text.stem, *(option for said in self.text.gap_options.values() for option in said))
        self._fill(element, html, {name for text in shown for name in pictures_in(text)})

    def _gap(self, number: int) -> str:
        keys = [key for key in self._forms(self.draft.keys) if key.gap == number]
        kind = self.draft.gaps.get(number)
        if not keys or kind is None:
            return f"[[{number}]]"
        weight = round(max(key.points for key in keys) * self._gap_unit())
        name, said = self._gap_answers(kind, number, keys)
        return f"{{{max(weight, 1)}:{name}:{'~'.join(said)}}}"

    def _gap_unit(self) -> int:
        """What makes whole numbers of all gaps' points, since Moodle's weights are such."""
        best = [max(key.points for key in self.draft.keys if key.gap == number) for number in self.draft.gaps]
        fits = (unit for unit in range(1, 61) if all(abs(p * unit - round(p * unit)) < 1e-6 for p in best))
        return next(fits, 60)

    def _gap_answers(self, kind: str, number: int, keys: Sequence[DraftKey]) -> tuple[str, list[str]]:
        if kind == "choice":
            worth = {key.option: _sign(key, keys) for key in keys}
            options = self.text.gap_options.get(number, ())
            shown = [_inline(to_html(option, _address)) for option in options]
            return "MULTICHOICE", [f"{worth.get(n, '')}{escaped(html)}" for n, html in enumerate(shown, start=1)]
        if kind == "numeric":
            return "NUMERICAL", [f"{_sign(key, keys)}{key.number!r}:{_tolerance(key)!r}" for key in keys]
        name = "SHORTANSWER_C" if self.draft.case_sensitive else "SHORTANSWER"
        return name, [f"{_sign(key, keys)}{_in_html(escaped(key.text.replace('*', chr(92) + '*')))}" for key in keys]


def _address(name: str) -> str:
    return f"@@PLUGINFILE@@/{quote(name)}"


def _inline(html: str) -> str:
    return html[3:-4] if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1 else html


def _in_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _percent(share: float) -> str:
    return f"{100 * share:.7g}"


def _fraction(key: DraftKey, keys: Sequence[DraftKey]) -> str:
    best = max(each.points for each in keys)
    return _percent(key.points / best if best > 0 else 1.0)


def _sign(key: DraftKey, keys: Sequence[DraftKey]) -> str:
    fraction = _fraction(key, keys)
    return "=" if fraction == "100" else f"%{fraction}%"


def _tolerance(key: DraftKey) -> float:
    return abs(key.number or 0.0) * key.tolerance if key.is_relative else key.tolerance
