"""Moodle XML: the reader."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html import unescape

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from lxml import etree

from exams.interchange import answers
from exams.interchange.answers import Form, Number, Option, Question, Rich, Unusable
from exams.interchange.moodle import cloze
from exams.interchange.package import Loss, Package, ReadItem, Unreadable
from exams.interchange.pictures import Pictures, from_base64
from exams.interchange.prose import from_html, from_plain, looks_like_html, to_plain
from exams.interchange.safexml import parse

MOST_QUESTIONS = 20_000
_BOX = re.compile(r"\[\[(\d{1,3})\]\]")


@dataclass
class _Reading:
    """One question's element, and what is gathered while it is read."""

    element: etree._Element
    language: str
    losses: list[str] = field(default_factory=list)

    def child(self, name: str) -> etree._Element | None:
        return self.element.find(name)

    def form(self) -> str:
        """The format of the question's text, which its answers have too unless they say another."""
        element = self.child("questiontext")
        return "" if element is None else element.get("format") or ""

    def text(self, name: str) -> str:
        return _text_of(self.child(name))

    def rich(self, element: etree._Element | None, form: str = "") -> Rich:
        """The Markdown of an element with a <text>, its files, and a format."""
        if element is None or not (said := _text_of(element)).strip():
            return Rich()
        return turned(said, element.get("format") or form, _files(element))

    def of(self, name: str) -> Rich:
        return self.rich(self.child(name))


def turned(said: str, form: str, files: dict[str, bytes]) -> Rich:
    """Text in one of Moodle's formats as Markdown; raises Unreadable where its HTML nests too deep."""
    answers.check_length(said)
    pictures = Pictures(files)
    losses: tuple[str, ...] = ()
    if form == "markdown":
        markdown = re.sub(
            r"!\[([^\]\n]{0,500})\]\(\s{0,9}<?(data:image/[\w.+-]{1,40};base64,[A-Za-z0-9+/=]++|[^)\s>]{1,500})>?"
            r"[^)\n]{0,500}\)",
            lambda found: f"![{found[1]}](asset:{name})" if (name := pictures.find(found[2])) else found[1],
            said.replace("\r\n", "\n"),
        ).strip()
        if looks_like_html(markdown):
            losses = (_("HTML within a text in Markdown is shown as it is written."),)
    elif form == "html" or (form != "plain_text" and looks_like_html(said)):
        markdown, losses = from_html(said, picture=pictures.find, where=_("The text"))
    else:
        markdown = from_plain(said.replace("\r\n", "\n"))
    return Rich(markdown, (*losses, *pictures.losses), pictures.assets)


def _text_of(element: etree._Element | None) -> str:
    """What the element's <text> says; older files, and other programs, write it into the element itself."""
    if element is None:
        return ""
    inner = element.find("text")
    said = element if inner is None else inner
    # Tags that were meant as text, since somebody forgot the CDATA around them.
    if len(said) and inner is not None:
        return (said.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in said)
    return said.text or ""


def _files(element: etree._Element) -> dict[str, bytes]:
    files = {}
    for file in element.findall("file"):
        content = from_base64(file.text or "")
        name = file.get("name") or ""
        if content is not None and name:
            files[(file.get("path") or "/").strip("/") + "/" + name if (file.get("path") or "/") != "/" else name] = (
                content
            )
            files.setdefault(name, content)
    return files


def read(content: bytes, *, name: str, language: str) -> Package:
    """See exams.interchange. Questions of kinds that cannot be carried are there without a draft."""
    root = parse(content, where=name, language=language).root
    if etree.QName(root).localname != "quiz":
        raise Unreadable(_("%(name)s is no Moodle XML: it does not begin with <quiz>.") % {"name": name})
    items = tuple(_items(root, language))
    if not items:
        raise Unreadable(_("There is no question in %(name)s.") % {"name": name})
    return Package("moodle", items, losses=tuple(_penalties(root)))


def _penalties(root: etree._Element) -> Iterator[Loss]:
    """Nearly every question has one, so they are said once for the whole file."""
    count = sum(_float(element.findtext("penalty"), 0.0) > 0 for element in root.iter("question"))
    if count:
        said = ngettext(
            "The penalty for a second try, of %(number)d question: here a question is answered once.",
            "The penalties for a second try, of %(number)d questions: here a question is answered once.",
            count,
        )
        yield Loss(said % {"number": count})


def _items(root: etree._Element, language: str) -> Iterator[ReadItem]:
    area = ""
    for number, element in enumerate(root.iter("question"), start=1):
        if number > MOST_QUESTIONS:
            raise Unreadable(_("The file has more than %(most)d questions.") % {"most": MOST_QUESTIONS})
        if (element.get("type") or "").strip().lower() == "category":
            area = area_of(_text_of(element.find("category")))
            continue
        yield _item(element, number, area, language)


def area_of(path: str) -> str:
    """`$course$/top/Maths/Algebra` → "Maths/Algebra"; a double slash is one in a name."""
    parts = [part.replace("\x00", "/").strip() for part in path.replace("//", "\x00").split("/")]
    return "/".join(part for part in parts if part and part.lower() != "top" and not re.fullmatch(r"\$.*\$", part))


def _item(element: etree._Element, number: int, area: str, language: str) -> ReadItem:
    kind = (element.get("type") or "").strip().lower()
    title = " ".join(_text_of(element.find("name")).split())
    code = " ".join((element.findtext("idnumber") or "").split())
    tags = tuple(filter(None, (_text_of(tag).strip() for tag in element.findall("tags/tag"))))
    where = _("question %(number)d") % {"number": number}
    read = ReadItem(code, None, title=title, area=area, tags=tags)
    try:
        reading = _Reading(element, language)
        draft, losses = answers.item(_question(reading, kind))
    except (Unusable, Unreadable) as reason:
        return replace(read, losses=(Loss(str(reason), where),))
    return replace(read, draft=draft, losses=tuple(Loss(words, where) for words in losses))


def _question(reading: _Reading, kind: str) -> Question:
    reader = _READERS.get(kind)
    if reader is None:
        raise Unusable(_refusal(kind))
    asked = Question(language=reading.language, stem=Rich(), explanation=reading.of("generalfeedback"))
    if kind not in _OWN_STEMS:
        asked = replace(asked, stem=_with_old_picture(reading))
    asked = reader(reading, asked)
    if not asked.stem.markdown:
        raise Unusable(_("It has no question."))
    _note_extras(reading, kind)
    return replace(asked, feedback=asked.feedback + _feedback(reading), losses=(*asked.losses, *reading.losses))


def _refusal(kind: str) -> str:
    if kind.startswith("calculated"):
        return _("A calculated question: its numbers are drawn anew for every student, which items here cannot.")
    if kind in {"random", "randomsamatch"}:
        return _("A random question stands for others; it has none of its own.")
    if kind == "description":
        return _("A description asks nothing. Texts that questions share are passages here.")
    if not kind:
        return _("It does not say of what type it is.")
    return _("There is no question here like Moodle's type %(kind)s.") % {"kind": kind[:40]}


def _with_old_picture(reading: _Reading) -> Rich:
    """The stem; Moodle 1.x has one picture beside it, in elements of its own."""
    stem = reading.of("questiontext")
    name, encoded = (reading.element.findtext("image") or "").strip(), reading.element.findtext("image_base64") or ""
    if not name:
        return stem
    pictures = Pictures({name.rsplit("/", 1)[-1]: from_base64(encoded) or b""} if encoded.strip() else {})
    asset = pictures.find(name)
    shown = f"{stem.markdown}\n\n![](asset:{asset})" if asset else stem.markdown
    return Rich(shown, (*stem.losses, *pictures.losses), {**stem.assets, **pictures.assets})


def _note_extras(reading: _Reading, kind: str) -> None:
    if any(_text_of(hint).strip() for hint in reading.element.findall("hint")):
        reading.losses.append(_("Its hints: here a question is answered once."))
    combined = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
    if any(reading.text(name).strip() for name in combined):
        reading.losses.append(_("Feedback that goes by how right the answer is."))
    grade = _float(reading.element.findtext("defaultgrade"), 1.0)
    if kind != "essay" and abs(grade - 1.0) > 1e-6:
        reading.losses.append(_("Its weight of %(grade)s points in a test.") % {"grade": f"{grade:g}"})


def _feedback(reading: _Reading) -> int:
    return sum(bool(_text_of(note).strip()) for note in reading.element.findall("answer/feedback"))


def _float(text: str | None, default: float) -> float:
    try:
        return float((text or "").strip().replace(",", "."))
    except ValueError:
        return default


def _share(answer: etree._Element) -> float:
    """Moodle writes percent into an attribute; its first versions, a share into an element."""
    said = answer.get("fraction")
    share = _float(said, 0.0) / 100 if said is not None else _float(answer.findtext("fraction"), 0.0)
    if share != share or abs(share) > 100:
        raise Unusable(_("A number in it is infinite, or none at all."))
    return share


def _yes(text: str | None, default: bool) -> bool:
    said = (text or "").strip().lower()
    return said in {"1", "true", "yes"} if said else default


def _options(reading: _Reading) -> tuple[Option, ...]:
    form = reading.form()
    found = [Option(reading.rich(answer, form), _share(answer)) for answer in reading.element.findall("answer")]
    return tuple(option for option in found if option.text.markdown)


def _note_shuffle(reading: _Reading) -> None:
    if _yes(reading.element.findtext("shuffleanswers"), False):
        reading.losses.append(_("The options were shuffled; they are shown in the order of the file."))


def _multichoice(reading: _Reading, asked: Question) -> Question:
    _note_shuffle(reading)
    single = _yes(reading.element.findtext("single"), True)
    return replace(asked, kind="choice" if single else "multiple", options=_options(reading))


def _several(reading: _Reading, asked: Question) -> Question:
    """The plug-ins with several right options, each of which their files mark with 100 %."""
    _note_shuffle(reading)
    options = _options(reading)
    right = sum(option.share > 0 for option in options)
    shared = tuple(Option(o.text, 1 / right if o.share > 0 else 0.0) for o in options) if right else options
    return replace(asked, kind="multiple", options=shared)


def _all_or_nothing(reading: _Reading, asked: Question) -> Question:
    return replace(_several(reading, asked), is_all_or_nothing=True)


def _points_for_each(reading: _Reading, asked: Question) -> Question:
    reading.losses.append(_("Points taken off when more options are chosen than are right."))
    return _several(reading, asked)


def _true_false(reading: _Reading, asked: Question) -> Question:
    shares = {_text_of(a).strip().lower(): _share(a) for a in reading.element.findall("answer")}
    if not shares or set(shares) - {"true", "false"}:
        raise Unusable(_("Its answers are not true and false."))
    if max(shares.values()) <= 0:
        raise Unusable(_("It has no right answer."))
    is_true = shares.get("true", 0.0) > shares.get("false", 0.0)
    return replace(asked, kind="truefalse", is_true=is_true)


def _short_answer(reading: _Reading, asked: Question) -> Question:
    forms = tuple(Form(_plain(_text_of(a)), _share(a)) for a in reading.element.findall("answer"))
    sensitive = _yes(reading.element.findtext("usecase"), False)
    return replace(asked, kind="short", forms=forms, case_sensitive=sensitive)


def _plain(text: str) -> str:
    """An accepted form is text, whose signs some programs write as HTML's."""
    return unescape(text).strip()


def _numerical(reading: _Reading, asked: Question) -> Question:
    numbers = []
    for answer in reading.element.findall("answer"):
        said = _text_of(answer).strip()
        if said in {"*", ""}:
            continue
        try:
            number = float(said.replace(" ", "").replace(",", "."))
        except ValueError as error:
            raise Unusable(_("%(text)s is no number.") % {"text": said[:60]}) from error
        numbers.append(Number(number, abs(_float(answer.findtext("tolerance"), 0.0)), _share(answer)))
    names = [" ".join((unit.findtext("unit_name") or "").split()) for unit in reading.element.findall("units/unit")]
    if names := [each for each in names if each]:
        said = _("Its units (%(units)s): here the number alone is answered.")
        reading.losses.append(said % {"units": ", ".join(names)[:80]})
    return replace(asked, kind="numeric", numbers=tuple(numbers))


def _matching(reading: _Reading, asked: Question) -> Question:
    form = reading.form()
    pairs = []
    for pair in reading.element.findall("subquestion"):
        right = pair.find("answer")
        # Of the plain type the answer is text; of the one that is dragged, it says its format.
        answer = reading.rich(right) if right is not None and right.get("format") else Rich(from_plain(_text_of(right)))
        pairs.append((reading.rich(pair, form), answer))
    return replace(asked, kind="matching", pairs=tuple(pairs))


def _ordering(reading: _Reading, asked: Question) -> Question:
    answers_found = reading.element.findall("answer")
    # The number of a step is its fraction; without such numbers they stand in their order.
    if all(_float(a.get("fraction"), 0.0) >= 1 for a in answers_found):
        answers_found = sorted(answers_found, key=lambda answer: _float(answer.get("fraction"), 0.0))
    if (reading.element.findtext("selecttype") or "").strip().upper() not in {"", "ALL", "0"}:
        reading.losses.append(_("That only some of its steps are shown."))
    if (reading.element.findtext("gradingtype") or "").strip().upper() not in {"", "ALL_OR_NOTHING", "-1"}:
        reading.losses.append(_("Points for some of its steps in order: here all have to be."))
    steps = tuple(step for step in map(reading.rich, answers_found) if step.markdown)
    return replace(asked, kind="ordering", order=steps)


def _essay(reading: _Reading, asked: Question) -> Question:
    grade = _float(reading.element.findtext("defaultgrade"), 1.0)
    if grade != grade or abs(grade) > 1e6:
        raise Unusable(_("A number in it is infinite, or none at all."))
    if abs(grade - round(grade)) > 1e-6:
        reading.losses.append(_("Its weight of %(grade)s points in a test.") % {"grade": f"{grade:g}"})
    if any(_float(reading.element.findtext(limit), 0.0) for limit in ("minwordlimit", "maxwordlimit")):
        reading.losses.append(_("How many words its answer should have."))
    notes = to_plain(reading.of("graderinfo").markdown)[0]
    if reading.text("responsetemplate").strip():
        reading.losses.append(_("The beginning that its answer was given."))
    if _float(reading.element.findtext("attachments"), 0.0):
        reading.losses.append(_("Files that were handed in with the answer."))
    return replace(asked, kind="essay", points=round(grade), grader_notes=notes)


def _cloze(reading: _Reading, asked: Question) -> Question:
    element = reading.child("questiontext")
    form = ("" if element is None else element.get("format")) or "html"
    files = {} if element is None else _files(element)
    found = cloze.find(
        _text_of(element),
        turn=lambda text: turned(text, form, files) if text.strip() else Rich(),
        plain=lambda text: _plain(re.sub(r"<[^>]+>", "", text)),
    )
    stem = turned(found.text, form, files)
    return replace(
        asked,
        kind="cloze",
        stem=replace(stem, markdown=cloze.show(stem.markdown)),
        gaps=found.gaps,
        case_sensitive=found.case_sensitive,
        feedback=found.feedback,
        losses=found.losses,
    )


def _boxes(name: str) -> Callable[[_Reading, Question], Question]:
    """Gaps that one word of a list belongs in: `[[3]]` is where the third belongs; words are in groups."""

    def reader(reading: _Reading, asked: Question) -> Question:
        words = [(reading.rich(box), (box.findtext("group") or "1").strip()) for box in reading.element.findall(name)]
        element = reading.child("questiontext")
        gaps: list[answers.Gap] = []

        def take(found: re.Match[str]) -> str:
            right = int(found[1])
            if not 1 <= right <= len(words):
                raise Unusable(_("Gap %(number)d has no right answer that can be carried.") % {"number": right})
            group = [(n, text) for n, (text, of) in enumerate(words, start=1) if of == words[right - 1][1]]
            gaps.append(answers.Gap("choice", options=tuple(Option(text, float(n == right)) for n, text in group)))
            return cloze.MARK % len(gaps)

        _note_shuffle(reading)
        marked = _BOX.sub(take, _text_of(element).replace("⟦", "[").replace("⟧", "]"))
        if name == "dragbox" and len(gaps) > 1 and reading.element.find("dragbox/infinite") is None:
            reading.losses.append(_("A word could be used once; now it can be chosen for several gaps."))
        form = ("" if element is None else element.get("format")) or "html"
        stem = turned(marked, form, {} if element is None else _files(element))
        return replace(asked, kind="cloze", stem=replace(stem, markdown=cloze.show(stem.markdown)), gaps=tuple(gaps))

    return reader


_READERS: dict[str, Callable[[_Reading, Question], Question]] = {
    "multichoice": _multichoice,
    "multichoiceset": _all_or_nothing,
    "oumultiresponse": _points_for_each,
    "truefalse": _true_false,
    "shortanswer": _short_answer,
    "numerical": _numerical,
    "matching": _matching,
    "ddmatch": _matching,
    "ordering": _ordering,
    "essay": _essay,
    "cloze": _cloze,
    "multianswer": _cloze,
    "gapselect": _boxes("selectoption"),
    "ddwtos": _boxes("dragbox"),
}
_OWN_STEMS = frozenset({"cloze", "multianswer", "gapselect", "ddwtos"})
