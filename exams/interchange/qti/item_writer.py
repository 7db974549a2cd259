"""An item in one language as an item file of QTI 3.0 or 2.2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from exams.drafts import DraftKey, DraftText, ItemDraft
from exams.interchange.markup import local_name, to_xhtml
from exams.interchange.qti.vocabulary import Vocabulary
from exams.interchange.safexml import XML_LANG, legal

EXPLANATION = "EXPLANATION"
FEEDBACK = "FEEDBACK"


@dataclass(frozen=True)
class Place:
    """How one file is called, and where others are, seen from it."""

    identifier: str
    title: str
    language: str
    pictures: Mapping[str, str]
    stimulus: tuple[str, str] | None = None


def item_file(draft: ItemDraft, place: Place, words: Vocabulary) -> etree._Element:
    """The item in `place.language`."""
    return _Writer(draft, place, words).root()


def stimulus_file(text: str, place: Place, words: Vocabulary) -> etree._Element:
    """A passage in one language."""
    root = words.root("assessmentStimulus", identifier=place.identifier, title=legal(place.title))
    root.set(XML_LANG, place.language)
    body = words.add(root, "stimulusBody")
    _put(body, to_xhtml(text, pictures=place.pictures.__getitem__, namespace=words.namespace))
    etree.cleanup_namespaces(root)
    return root


def _put(parent: etree._Element, wrapper: etree._Element) -> None:
    """The contents of `wrapper` at the end of `parent`."""
    parent.text = (parent.text or "") + (wrapper.text or "") if not len(parent) else parent.text
    for child in list(wrapper):
        parent.append(child)


def _number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


class _Writer:
    def __init__(self, draft: ItemDraft, place: Place, words: Vocabulary) -> None:
        self.draft, self.place, self.words = draft, place, words
        self.text: DraftText = draft.texts[place.language]
        self.keys = [key for key in draft.keys if key.language in {"", place.language}]
        self.item = words.root(
            "assessmentItem",
            identifier=place.identifier,
            title=legal(place.title) or place.identifier,
            adaptive="false",
            timeDependent="false",
        )
        self.item.set(XML_LANG, place.language)

    def root(self) -> etree._Element:
        write = {
            "single": self._single,
            "multiple": self._multiple,
            "ordering": self._ordering,
            "matching": self._matching,
            "numeric": self._entry,
            "text": self._entry,
            "cloze": self._cloze,
            "essay": self._essay,
        }[str(self.draft.kind)]
        self.body = etree.Element(self.words.tag("itemBody"))
        self.rules = etree.Element(self.words.tag("responseProcessing"))
        write()
        self._outcomes()
        if self.place.stimulus:
            name, href = self.place.stimulus
            self.words.add(self.item, "assessmentStimulusRef", identifier=name, href=href)
        self.item.append(self.body)
        if len(self.rules) or self.rules.attrib:
            self.item.append(self.rules)
        if self.text.explanation.strip():
            feedback = self.words.add(
                self.item, "modalFeedback", outcomeIdentifier=FEEDBACK, identifier=EXPLANATION, showHide="show"
            )
            self._markdown(self._content(feedback), self.text.explanation)
        etree.cleanup_namespaces(self.item)
        return self.item

    def _content(self, parent: etree._Element) -> etree._Element:
        """Where the words of a feedback or rubric go: QTI 3 has an element of its own for them."""
        return self.words.add(parent, "contentBody") if self.words.dashed else parent

    def _xhtml(self, markdown: str, *, gaps: bool = False) -> etree._Element:
        pictures = self.place.pictures
        return to_xhtml(markdown, pictures=pictures.__getitem__, namespace=self.words.namespace, gaps=gaps)

    def _markdown(self, parent: etree._Element, markdown: str) -> None:
        _put(parent, self._xhtml(markdown))

    def _line(self, parent: etree._Element, markdown: str) -> None:
        """The Markdown without the paragraph around it, where there is only one."""
        wrapper = self._xhtml(markdown)
        only = len(wrapper) == 1 and local_name(wrapper[0]) == "p"
        _put(parent, wrapper[0] if only else wrapper)

    def _declare(self, identifier: str, cardinality: str, base: str, correct: Sequence[str]) -> etree._Element:
        declared = self.words.add(
            self.item, "responseDeclaration", identifier=identifier, cardinality=cardinality, baseType=base
        )
        if correct:
            values = self.words.add(declared, "correctResponse")
            for value in correct:
                self.words.add(values, "value", legal(value))
        return declared

    def _map(self, declared: etree._Element, entries: Sequence[tuple[str, float]], **more: str) -> None:
        mapping = self.words.add(declared, "mapping", defaultValue="0", **more)
        for key, points in entries:
            entry = self.words.add(mapping, "mapEntry", mapKey=legal(key), mappedValue=_number(points))
            if self.draft.kind in {"text", "cloze"}:
                entry.set(self.words.name("caseSensitive"), str(self.draft.case_sensitive).lower())

    def _template(self, name: str) -> None:
        self.rules.set("template", self.words.template(name))

    def _outcomes(self) -> None:
        most = _number(self.draft.max_score)
        score = self.words.add(
            self.item, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float"
        )
        score.set(self.words.name("normalMaximum"), most)
        if self.draft.kind == "essay" and self.words.dashed:
            score.set("external-scored", "human")
        self.words.add(self.words.add(score, "defaultValue"), "value", "0")
        maximum = self.words.add(
            self.item, "outcomeDeclaration", identifier="MAXSCORE", cardinality="single", baseType="float"
        )
        self.words.add(self.words.add(maximum, "defaultValue"), "value", most)
        if self.text.explanation.strip():
            shown = self.words.add(
                self.item, "outcomeDeclaration", identifier=FEEDBACK, cardinality="single", baseType="identifier"
            )
            self.words.add(self.words.add(shown, "defaultValue"), "value", EXPLANATION)

    @property
    def _is_partial(self) -> bool:
        return self.draft.scoring == "partial"

    def _choices(self, most: int) -> None:
        self._markdown(self.body, self.text.stem)
        interaction = self.words.add(
            self.body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle="false", maxChoices=str(most)
        )
        for number, option in enumerate(self.text.options, start=1):
            self._line(self.words.add(interaction, "simpleChoice", identifier=f"option_{number}"), option)

    def _single(self) -> None:
        self._declare("RESPONSE", "single", "identifier", [f"option_{self.draft.key}"])
        self._choices(1)
        self._template("match_correct")

    def _multiple(self) -> None:
        right = [f"option_{key.option}" for key in self.keys if key.points > 0]
        declared = self._declare("RESPONSE", "multiple", "identifier", right)
        if self._is_partial:
            self._map(declared, [(f"option_{key.option}", key.points) for key in self.keys], lowerBound="0")
        self._choices(0)
        self._template("map_response" if self._is_partial else "match_correct")

    def _ordering(self) -> None:
        placed = sorted(self.keys, key=lambda key: key.target or 0)
        self._declare("RESPONSE", "ordered", "identifier", [f"option_{key.option}" for key in placed])
        self._markdown(self.body, self.text.stem)
        interaction = self.words.add(self.body, "orderInteraction", responseIdentifier="RESPONSE", shuffle="true")
        for number, option in enumerate(self.text.options, start=1):
            self._line(self.words.add(interaction, "simpleChoice", identifier=f"option_{number}"), option)
        if not self._is_partial:
            self._template("match_correct")
            return
        for key in placed:
            # A mapping gives points wherever an option stands; here it must stand in its own place.
            branch = self.words.add(self.words.add(self.rules, "responseCondition"), "responseIf")
            match = self.words.add(branch, "match")
            index = self.words.add(match, "index", n=str(key.target))
            self.words.add(index, "variable", identifier="RESPONSE")
            self._value(match, "identifier", f"option_{key.option}")
            self._add_points(branch, key.points)

    def _matching(self) -> None:
        best: dict[int, DraftKey] = {}
        for key in self.keys:
            if key.option is not None and key.points > best.get(key.option, DraftKey(points=0.0)).points:
                best[key.option] = key
        declared = self._declare(
            "RESPONSE", "multiple", "directedPair", [_pair(key) for _option, key in sorted(best.items())]
        )
        if self._is_partial:
            self._map(declared, [(_pair(key), key.points) for key in self.keys])
        self._markdown(self.body, self.text.stem)
        interaction = self.words.add(
            self.body,
            "matchInteraction",
            responseIdentifier="RESPONSE",
            shuffle="true",
            maxAssociations=str(len(self.text.options)),
        )
        for name, most, options in (("option", "1", self.text.options), ("target", "0", self.text.targets)):
            column = self.words.add(interaction, "simpleMatchSet")
            for number, option in enumerate(options, start=1):
                choice = self.words.add(column, "simpleAssociableChoice", identifier=f"{name}_{number}", matchMax=most)
                self._line(choice, option)
        self._template("map_response" if self._is_partial else "match_correct")

    def _entry(self) -> None:
        self._declare_entry("RESPONSE", str(self.draft.kind), self.keys)
        self._markdown(self.body, self.text.stem)
        line = self.words.html(self.body, "p")
        self.words.add(line, "textEntryInteraction", responseIdentifier="RESPONSE")
        if self.draft.kind == "text":
            self._template("map_response")
        else:
            self._award_entry("RESPONSE", "numeric", self.keys)

    def _declare_entry(self, identifier: str, kind: str, keys: Sequence[DraftKey]) -> None:
        best = max(keys, key=lambda key: key.points, default=None)
        right = "" if best is None else _number(best.number or 0.0) if kind == "numeric" else best.text
        base = "float" if kind == "numeric" else "string"
        declared = self._declare(identifier, "single", base, [right] if best is not None else [])
        if kind == "text":
            self._map(declared, [(key.text, key.points) for key in keys])

    def _cloze(self) -> None:
        wrapper = self._xhtml(self.text.stem, gaps=True)
        for number, kind in sorted(self.draft.gaps.items()):
            keys = [key for key in self.keys if key.gap == number]
            identifier = f"RESPONSE_{number}"
            if kind == "choice":
                right = max(keys, key=lambda key: key.points)
                self._declare(identifier, "single", "identifier", [f"option_{right.option}"])
            else:
                self._declare_entry(identifier, kind, keys)
        for span in list(wrapper.iter(f"{{{self.words.namespace}}}span")):
            if span.get("class") == "gap":
                self._fill(span, int(span.get("data-gap", "0")))
        _put(self.body, wrapper)
        if self._is_partial:
            for number, kind in sorted(self.draft.gaps.items()):
                keys = [key for key in self.keys if key.gap == number]
                self._award_entry(f"RESPONSE_{number}", kind, keys)
        else:
            self._award_all()

    def _fill(self, span: etree._Element, number: int) -> None:
        """The interaction of a gap in the place of its mark."""
        above, tail = span.getparent(), span.tail
        if above is None:
            return
        holder = etree.Element("holder")
        identifier = f"RESPONSE_{number}"
        if self.draft.gaps.get(number) == "choice":
            filled = self.words.add(holder, "inlineChoiceInteraction", responseIdentifier=identifier, shuffle="false")
            for place, option in enumerate(self.text.gap_options.get(number, ()), start=1):
                self._line(self.words.add(filled, "inlineChoice", identifier=f"option_{place}"), option)
        else:
            filled = self.words.add(holder, "textEntryInteraction", responseIdentifier=identifier)
        above.replace(span, filled)
        filled.tail = tail

    def _essay(self) -> None:
        self._declare("RESPONSE", "single", "string", [])
        self._markdown(self.body, self.text.stem)
        self.words.add(self.body, "extendedTextInteraction", responseIdentifier="RESPONSE")
        block = self.words.add(self.body, "rubricBlock", view="scorer", use="scoring")
        rubric = self.words.html(self._content(block), "dl")
        for points, criterion in zip(self.draft.rubric, self.text.criteria, strict=True):
            self.words.html(rubric, "dt").text = legal(f"{criterion.name} ({points})")
            for level in criterion.levels:
                self.words.html(rubric, "dd").text = legal(level)

    def _value(self, parent: etree._Element, base: str, value: str) -> None:
        self.words.add(parent, "baseValue", legal(value), baseType=base)

    def _award_entry(self, identifier: str, kind: str, keys: Sequence[DraftKey]) -> None:
        """Conditions of one entry, the best answer first; only the first that holds earns its points."""
        condition = self.words.add(self.rules, "responseCondition")
        for number, key in enumerate(sorted(keys, key=lambda key: -key.points)):
            branch = self.words.add(condition, "responseElseIf" if number else "responseIf")
            self._compare(branch, identifier, kind, key)
            self._add_points(branch, key.points)

    def _award_all(self) -> None:
        """A condition that gives the only point when every gap is right."""
        branch = self.words.add(self.words.add(self.rules, "responseCondition"), "responseIf")
        several = len(self.draft.gaps) > 1
        parent = self.words.add(branch, "and") if several else branch
        for number, kind in sorted(self.draft.gaps.items()):
            keys = [key for key in self.keys if key.gap == number]
            top = max(key.points for key in keys)
            best = [key for key in keys if key.points == top]
            alternatives = self.words.add(parent, "or") if len(best) > 1 else parent
            for key in best:
                self._compare(alternatives, f"RESPONSE_{number}", kind, key)
        rule = self.words.add(branch, "setOutcomeValue", identifier="SCORE")
        self._value(rule, "float", "1")

    def _add_points(self, branch: etree._Element, points: float) -> None:
        rule = self.words.add(branch, "setOutcomeValue", identifier="SCORE")
        total = self.words.add(rule, "sum")
        self.words.add(total, "variable", identifier="SCORE")
        self._value(total, "float", _number(points))

    def _compare(self, parent: etree._Element, identifier: str, kind: str, key: DraftKey) -> None:
        if kind == "numeric":
            share = key.tolerance * 100 if key.is_relative else key.tolerance
            mode = "exact" if not key.tolerance else "relative" if key.is_relative else "absolute"
            equal = self.words.add(parent, "equal", toleranceMode=mode)
            if key.tolerance:
                equal.set("tolerance", f"{_number(share)} {_number(share)}")
            self.words.add(equal, "variable", identifier=identifier)
            self._value(equal, "float", _number(key.number or 0.0))
        elif kind == "text":
            sensitive = str(self.draft.case_sensitive).lower()
            match = self.words.add(parent, "stringMatch", caseSensitive=sensitive)
            self.words.add(match, "variable", identifier=identifier)
            self._value(match, "string", key.text)
        else:
            match = self.words.add(parent, "match")
            self.words.add(match, "variable", identifier=identifier)
            self._value(match, "identifier", f"option_{key.option}")


def _pair(key: DraftKey) -> str:
    return f"option_{key.option} target_{key.target}"
