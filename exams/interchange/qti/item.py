"""One item file of QTI 2 or 3: from its XML to a draft."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from django.utils.translation import gettext as _
from lxml import etree

from exams.drafts import DraftPassage, DraftText, ItemDraft, shown_pictures, spread_thresholds
from exams.interchange.markup import ToMarkdown
from exams.interchange.media import Media, Shelf
from exams.interchange.package import Loss, ReadItem, Unreadable
from exams.interchange.qti import choices, entries
from exams.interchange.qti.declarations import Processing, Response, outcome_maximum, processing, responses
from exams.interchange.qti.kinds import INLINE, OPTIONS, PASSIVE, WHOLE, kind_words
from exams.interchange.qti.nodes import attribute, children, first, inside, name_of, text_of
from exams.interchange.qti.questions import Question, Refused
from exams.interchange.safexml import XML_LANG
from exams.item_problems import item_problems

_BLOCKS = WHOLE | PASSIVE | {"prompt", "contentbody", "rubricblock", "include", "feedbackblock", "stimulusbody"}
_FEEDBACK = frozenset({"feedbackinline", "feedbackblock", "modalfeedback"})
_SUPPORTS = ("cataloginfo", "companionmaterialsinfo", "apipaccessibility")
_RANDOM = frozenset({"printedvariable", "templateinline", "templateblock", "templateblockinline"})
_PLACE = re.compile(r"\[\[(\d+)\]\]")
_WRONG = re.compile(r"incorrect|wrong|false|fout|falsch|mistake|오답", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """Where an item's XML stands: in `folder` of `media`'s archive, at `where`; `language` unless it says another."""

    where: str
    language: str
    media: Media = field(default_factory=Media)
    folder: str = ""
    include: Callable[[str, str], tuple[etree._Element, str] | None] = lambda href, base: None


def language_of(said: str, default: str) -> str:
    """A language tag (`EN-us`, `zh-Hans-CN`) as one of ours: the language, with its country in capitals if there is."""
    parts = re.split(r"[-_]", said.strip())
    if not re.fullmatch(r"[A-Za-z]{2,3}", parts[0]):
        return default
    country = next((part.upper() for part in parts[1:] if re.fullmatch(r"[A-Za-z]{2}", part)), "")
    return parts[0].lower() + (f"-{country}" if country else "")


def read_item(root: etree._Element, source: Source) -> ReadItem:
    """The item of a file; without a draft, and with the reason as a loss, where ours cannot hold it."""
    identifier = attribute(root, "identifier") or posixpath.splitext(posixpath.basename(source.where))[0]
    title = attribute(root, "title") or attribute(root, "label")
    reader = _Reader(root, source)
    try:
        draft = reader.draft()
        problems = item_problems(draft)
    except (Refused, Unreadable) as refusal:
        return ReadItem(identifier, None, title, losses=(Loss(str(refusal), source.where),))
    losses = tuple(Loss(words, source.where) for words in reader.words.losses)
    if problems:
        refused = tuple(Loss(problem, source.where) for problem in problems)
        return ReadItem(identifier, None, title, losses=refused + losses)
    return ReadItem(identifier, draft, title, losses=losses)


def _asks(element: etree._Element) -> bool:
    name = name_of(element)
    return name == "gap" or (name.endswith("interaction") and name not in PASSIVE)


def _is_block(element: etree._Element) -> bool:
    return name_of(element) in _BLOCKS


class _Reader:
    """The state of reading one item: what was found in its body, in the order of the text."""

    def __init__(self, root: etree._Element, source: Source) -> None:
        self.root, self.source, self.folder = root, source, source.folder
        self.words = ToMarkdown(picture=self._picture, special=self._special, is_block=_is_block)
        self.shelf = Shelf(source.media, lose=self.words.lose)
        self.responses: Mapping[str, Response] = responses(root)
        self.rules: Processing = processing(root, self.responses)
        self.whole: list[etree._Element] = []
        self.gaps: dict[int, etree._Element] = {}
        self.gap_places: dict[str, int] = {}
        self.rubrics: list[etree._Element] = []
        self.feedback_beside = False
        self.is_including = False

    def draft(self) -> ItemDraft:
        body = first(self.root, "itembody")
        if body is None:
            raise Refused(_("The item has no body."))
        self._check_supported(body)
        stem = self.words.convert(body)
        question, stem = self._question(stem)
        language = language_of(self.root.get(XML_LANG) or body.get(XML_LANG) or "", self.source.language)
        explanation = self._explanation()
        self._note_rules(question)
        if not stem:
            stem = self.words.convert_html(escape(attribute(self.root, "title")), where=self.source.where)
            self.words.lose(_("The question has no words; its title stands for them."))
        text = DraftText(
            stem=stem,
            options=question.options,
            explanation=explanation,
            targets=question.targets,
            gap_options=question.gap_options,
            criteria=question.criteria,
        )
        passage = self._passage(language)
        return draft_of(question, {language: text}, assets=self.shelf.assets, passage=passage)

    def _picture(self, address: str) -> str | None:
        return self.shelf.take(address, self.folder)

    def _check_supported(self, body: etree._Element) -> None:
        for element in body.iter():
            name = name_of(element)
            if name in _RANDOM:
                raise Refused(_("Parts of the item are drawn at random for each student, which ours cannot do."))
            if name in {"custominteraction", "portablecustominteraction"}:
                raise Refused(_("The item is a program of its own (a custom interaction), which cannot be carried."))
            if name.endswith("interaction") and name not in INLINE | WHOLE | PASSIVE:
                raise Refused(_("It is answered by a %(kind)s, which ours cannot ask.") % {"kind": kind_words(name)})
            if name in _FEEDBACK and any(_asks(part) for part in element.iter()):
                raise Refused(_("What it asks depends on what was answered before, which ours cannot do."))
            if name in OPTIONS and any(_asks(part) for part in element.iter()):
                raise Refused(_("One of its options holds a question of its own, which ours cannot ask."))
        template = first(self.root, "templateprocessing")
        if template is not None and any(name_of(part).startswith("random") for part in template.iter()):
            raise Refused(_("Parts of the item are drawn at random for each student, which ours cannot do."))
        if template is not None:
            raise Refused(_("Parts of the item are calculated when it is given, which ours cannot do."))
        if attribute(self.root, "adaptive").lower() == "true":
            self.words.lose(_("The item could be tried several times; now it is answered once."))
        if any(text_of(found) for found in children(self.root, *_SUPPORTS)):
            self._note_supports()

    def _note_supports(self) -> None:
        self.words.lose(
            _("Supports beside the question, such as a glossary, spoken words or a calculator, were left out.")
        )

    def _special(self, element: etree._Element) -> str | list[str] | None:
        name = name_of(element)
        if attribute(element, "datarole") == "tooltip-content":
            # TAO shows it when somebody points at the word before it.
            self._note_supports()
            return ""
        if name in INLINE:
            return self._gap(element)
        if name in WHOLE:
            return self._interaction(element, name)
        if name == "gap":
            place = self.gap_places.setdefault(attribute(element, "identifier"), len(self.gaps) + 1)
            self.gaps[place] = element
            return f"[[{place}]]"
        if name in {"gaptext", "gapimg"}:
            return ""
        if name in PASSIVE:
            self.words.lose(_("Media that are not pictures were left out (%(kind)s).") % {"kind": kind_words(name)})
            prompt = first(element, "prompt")
            return [] if prompt is None else [self.words.convert(prompt)]
        if name in _FEEDBACK:
            self.feedback_beside = self.feedback_beside or bool(text_of(element))
            return ""
        if name == "rubricblock":
            return self._rubric(element)
        if name in {"include", "object"}:
            return self._included(element)
        return "" if name in {"cataloginfo", "infocontrol", "assessmentstimulusref", "printedvariable"} else None

    def _gap(self, element: etree._Element) -> str:
        known = next((place for place, gap in self.gaps.items() if gap is element), None)
        place = known or len(self.gaps) + 1
        self.gaps[place] = element
        return f"[[{place}]]"

    def _interaction(self, element: etree._Element, name: str) -> list[str]:
        if element not in self.whole:
            self.whole.append(element)
        prompt = first(element, "prompt")
        blocks = [] if prompt is None else [self.words.convert(prompt)]
        if name == "gapmatchinteraction":
            blocks = [self.words.convert(element)]
        return [block for block in blocks if block]

    def _rubric(self, element: etree._Element) -> list[str]:
        views = attribute(element, "view").lower().split()
        if not views or "candidate" in views or "testtaker" in views:
            said = self.words.convert(element)
            return [said] if said else []
        if element not in self.rubrics and text_of(element):
            self.rubrics.append(element)
        return []

    def _included(self, element: etree._Element) -> list[str] | None:
        href = attribute(element, "href") or attribute(element, "data")
        kind = attribute(element, "type").lower()
        if name_of(element) == "object" and kind not in {"text/html", "application/xhtml+xml", "text/plain"}:
            return None
        found = self.source.include(href, self.folder) if href and not self.is_including else None
        if found is None:
            if name_of(element) == "include":
                self.words.lose(_("The text %(name)s is not in the file.") % {"name": href[:100]})
                return []
            return None
        outer, (included, self.folder) = self.folder, found
        self.is_including = True
        said = self.words.convert(included)
        self.folder, self.is_including = outer, False
        return [said] if said else []

    def _response(self, interaction: etree._Element) -> Response:
        identifier = attribute(interaction, "responseidentifier")
        if identifier in self.responses:
            return self.responses[identifier]
        if len(self.responses) == 1 and len(self.whole) + len(self.gaps) == 1:
            return next(iter(self.responses.values()))
        raise Refused(_("The response %(name)r is not declared, so that no key is given.") % {"name": identifier[:60]})

    def _question(self, stem: str) -> tuple[Question, str]:
        kinds = [name_of(element) for element in self.whole]
        if not self.whole and not self.gaps:
            raise Refused(_("The item asks nothing: it is a page to read."))
        if kinds == ["gapmatchinteraction"]:
            return self._gap_match(), stem
        if not self.whole:
            return self._entries(stem)
        if len(self.whole) == 1 and not self.gaps:
            return self._single(self.whole[0], kinds[0]), stem
        if set(kinds) == {"extendedtextinteraction"} and not self.gaps:
            self.words.lose(_("Several fields for an essay became one."))
            return self._essay(self.whole[0]), stem
        return self._mixed(stem)

    def _single(self, element: etree._Element, name: str) -> Question:
        if name == "extendedtextinteraction":
            return self._essay(element)
        readers = {
            "choiceinteraction": choices.read_choice,
            "orderinteraction": choices.read_order,
            "matchinteraction": choices.read_match,
            "associateinteraction": choices.read_associate,
            "sliderinteraction": entries.read_slider,
        }
        return readers[name](element, self._response(element), self.rules, self.words)

    def _essay(self, element: etree._Element) -> Question:
        try:
            response = self._response(element)
        except Refused:
            response = Response("")
        if response.base_type in entries.NUMBERS and (gap := entries.read_entry(response, self.rules, self.words)):
            return entries.one_answer(gap)
        model = "\n\n".join(self.words.convert_html(value, where=self.source.where) for value in response.correct)
        if response.mapping:
            self.words.lose(_("Points for certain answers to an essay were left out; a person grades it."))
        return entries.read_essay(self.root, self.rubrics, model, self.words)

    def _entries(self, stem: str) -> tuple[Question, str]:
        found: dict[int, entries.Gap] = {}
        for place, element in self.gaps.items():
            gap = self._entry(element)
            if gap is None and len(self.gaps) == 1:
                self.words.lose(_("No answer is said to be right; a person grades it."))
                return entries.read_essay(self.root, self.rubrics, "", self.words), _without_gap(stem, place)
            if gap is None:
                raise Refused(_("No answer is said to be right for gap %(gap)s.") % {"gap": place})
            found[place] = gap
        if len(found) == 1 and found[1].kind != "choice":
            return entries.one_answer(found[1]), _without_gap(stem, 1)
        return entries.cloze(found, is_partial=self._is_partial(), words=self.words), stem

    def _entry(self, element: etree._Element) -> entries.Gap | None:
        response = self._response(element)
        self._note_form(element, response)
        if name_of(element) == "inlinechoiceinteraction":
            return entries.read_inline_choice(element, response, self.rules, self.words, options_in="inlinechoice")
        gap = entries.read_entry(response, self.rules, self.words)
        worth = self.rules.points.get(response.identifier)
        if gap is None or not worth or len({key.points for key in gap.keys}) > 1 or response.mapping:
            return gap
        return replace(gap, keys=tuple(replace(key, points=worth) for key in gap.keys))

    def _note_form(self, element: etree._Element, response: Response) -> None:
        if attribute(element, "patternmask"):
            self.words.lose(_("A form that answers had to have, whether right or wrong, was left out."))
        base = attribute(element, "base", "10")
        if response.base_type == "integer" and base not in {"", "10"}:
            self.words.lose(_("A number to the base %(base)s is answered to the base 10 now.") % {"base": base[:20]})

    def _is_partial(self) -> bool:
        if self.rules.is_given:
            return self.rules.separate
        return len(self.rules.mapped) > 1

    def _gap_match(self) -> Question:
        element = self.whole[0]
        found, is_partial = entries.read_gap_match(element, self._response(element), self.rules, self.words)
        placed = {place: found[identifier] for identifier, place in self.gap_places.items() if identifier in found}
        if not placed:
            raise Refused(_("The text has no gap to fill."))
        return entries.cloze(placed, is_partial=is_partial, words=self.words)

    def _mixed(self, stem: str) -> tuple[Question, str]:
        """Several questions in one, as gaps of one text, if each of them can be a gap."""
        groups = [element for element in self.whole if name_of(element) == "gapmatchinteraction"]
        chosen = [element for element in self.whole if element not in groups]
        others = sorted({kind_words(name_of(element)) for element in chosen if not self._is_single(element)})
        if others:
            raise Refused(
                _("It asks %(count)s questions in one (%(kinds)s among them); ours ask one each.")
                % {"count": len(self.whole) + len(self.gaps), "kinds": ", ".join(others)}
            )
        found = self._gaps_with_groups(groups)
        places = {id(element): place for place, element in enumerate(chosen, start=len(self.gaps) + 1)}
        for element in chosen:
            response = self._response(element)
            found[places[id(element)]] = entries.read_inline_choice(
                element, response, self.rules, self.words, options_in="simplechoice"
            )
        self.words.lose(_("Several questions in one became gaps of one text."))
        stem, numbers = _renumbered(self._stem_with_gaps(places, stem))
        placed = {numbers[place]: gap for place, gap in found.items() if place in numbers}
        return entries.cloze(dict(sorted(placed.items())), is_partial=self._is_partial(), words=self.words), stem

    def _gaps_with_groups(self, groups: Sequence[etree._Element]) -> dict[int, entries.Gap]:
        """The gaps of the text, those to drop words into by the key of their group."""
        dropped: dict[str, entries.Gap] = {}
        for group in groups:
            filled, _is_partial = entries.read_gap_match(group, self._response(group), self.rules, self.words)
            dropped |= filled
        found: dict[int, entries.Gap] = {}
        for place, element in self.gaps.items():
            is_dropped = name_of(element) == "gap"
            gap = dropped.get(attribute(element, "identifier")) if is_dropped else self._entry(element)
            if gap is None:
                raise Refused(_("No answer is said to be right for gap %(gap)s.") % {"gap": place})
            found[place] = gap
        return found

    def _is_single(self, element: etree._Element) -> bool:
        return name_of(element) == "choiceinteraction" and self._response(element).cardinality == "single"

    def _stem_with_gaps(self, places: Mapping[int, int], stem: str) -> str:
        """The stem with gaps in the places of whole questions; `places` has their numbers by their identity."""
        body, known = first(self.root, "itembody"), dict(self.gaps)

        def special(element: etree._Element) -> str | list[str] | None:
            if id(element) in places:
                prompt = first(element, "prompt")
                asked = [] if prompt is None else [self.words.convert(prompt)]
                return [*filter(None, asked), f"[[{places[id(element)]}]]"]
            if name_of(element) == "gapmatchinteraction":
                return [converter.convert(element)]
            place = next((place for place, gap in known.items() if gap is element), None)
            return self._special(element) if place is None else f"[[{place}]]"

        converter = ToMarkdown(picture=self._picture, special=special, is_block=_is_block)
        return stem if body is None else converter.convert(body)

    def _explanation(self) -> str:
        found = [(attribute(one, "identifier"), one) for one in children(self.root, "modalfeedback")]
        said = [(name, one, text) for name, one in found if (text := self.words.convert(one))]
        others = self._wrong_choices()
        right = [
            text
            for name, one, text in said
            if not (
                _WRONG.search(f"{name} {attribute(one, 'title')}")
                or name in others
                or attribute(one, "showhide").lower() == "hide"
            )
        ]
        if len(right) < len(said):
            self.words.lose(_("Feedback to wrong answers was left out."))
        if self.feedback_beside:
            self.words.lose(_("Feedback inside of the question was left out."))
        return "\n\n".join(dict.fromkeys(right))

    def _wrong_choices(self) -> set[str]:
        """Identifiers of options that are no key, which feedback often goes by."""
        keys = {value for response in self.responses.values() for value in response.correct}
        return {attribute(choice, "identifier") for choice in inside(self.root, *OPTIONS)} - keys

    def _note_rules(self, question: Question) -> None:
        """Losses in how the item is scored."""
        chosen = {"identifier", "pair", "directedpair"}
        if any(
            self.responses[name].correct and self.responses[name].base_type in chosen and name in self.rules.points
            for name in self.rules.forms
            if name in self.responses
        ):
            self.words.lose(_("Points for answers other than the right one were left out."))
        maximum = outcome_maximum(self.root) or self.rules.maximum
        if question.kind != "essay" and maximum > 0 and abs(maximum - question.max_score) > 1e-9:
            self.words.lose(worth_words(maximum, question.max_score))
        if self.rules.unknown:
            self.words.lose(
                _("Rules of scoring were left out (%(rules)s); the key alone decides.")
                % {"rules": ", ".join(self.rules.unknown)}
            )

    def _passage(self, language: str) -> DraftPassage | None:
        references = list(inside(self.root, "assessmentstimulusref"))
        texts, code, title = [], "", ""
        for reference in references:
            found = self.source.include(attribute(reference, "href"), self.source.folder)
            name = attribute(reference, "identifier") or attribute(reference, "href")
            if found is None:
                self.words.lose(_("The text %(name)s is not in the file.") % {"name": name[:100]})
                continue
            stimulus, self.folder = found
            body = first(stimulus, "stimulusbody")
            texts.append(self.words.convert(stimulus if body is None else body))
            self.folder = self.source.folder
            code = code or slug(name)
            title = title or attribute(stimulus, "title") or attribute(reference, "title")
        text = "\n\n".join(filter(None, texts))
        if not text:
            return None
        return DraftPassage(code or "passage", {language: text}, {language: title[:200]} if title.strip() else {})


def draft_of(
    question: Question,
    texts: Mapping[str, DraftText],
    *,
    assets: Mapping[str, bytes],
    passage: DraftPassage | None = None,
) -> ItemDraft:
    """The question as a draft; parameters that no file says are assumed, guessing by the number of options."""
    several = question.max_score > 1
    guessing = 0.0
    if question.kind == "single":
        guessing = round(min(0.5, 1 / max(len(question.options), 2)), 4)
    draft = ItemDraft(
        texts=texts,
        key=question.key,
        a=1.0,
        b=0.0,
        c=guessing,
        kind=question.kind,
        keys=question.keys,
        gaps=question.gaps,
        rubric=question.rubric,
        scoring=question.scoring,
        max_score=question.max_score,
        case_sensitive=question.case_sensitive,
        model="gpcm" if several else "logistic",
        thresholds=spread_thresholds(0.0, question.max_score) if several else (),
        passage=passage,
    )
    # Some were shown only in words that were left out, such as the feedback to a wrong answer.
    shown = shown_pictures(draft)
    return replace(draft, assets={name: content for name, content in assets.items() if name in shown})


def worth_words(worth: float, max_score: int) -> str:
    """The loss of an item whose points are not those that we give for it."""
    said = {"old": f"{worth:g}", "new": max_score}
    return _("The item is worth %(old)s points in the file, and %(new)s here.") % said


def slug(name: str) -> str:
    """A name as a code: ASCII letters, digits, dashes and underscores, 80 at most."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", posixpath.splitext(posixpath.basename(name))[0]).strip("-")[:80]


def _without_gap(stem: str, place: int) -> str:
    """The stem without the place of its only entry: nothing at an end or alone, a line to write on within words."""
    mark = re.escape(f"[[{place}]]")
    if re.search(rf"(?m)^\s*{mark}\s*$", stem):
        return re.sub(r"\n{3,}", "\n\n", re.sub(rf"(?m)^\s*{mark}\s*$", "", stem)).strip()
    return re.sub(mark, r"\\_\\_\\_\\_", stem)


def _renumbered(stem: str) -> tuple[str, dict[int, int]]:
    """The stem with its gaps numbered in their order, and the new numbers by the old ones."""
    order = [int(place) for place in _PLACE.findall(stem)]
    numbers = {place: number for number, place in enumerate(dict.fromkeys(order), start=1)}
    return _PLACE.sub(lambda mark: f"[[{numbers[int(mark[1])]}]]", stem), numbers
