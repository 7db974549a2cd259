"""Moodle XML, GIFT and Aiken: what each question becomes, what of it is lost; no bytes end in another error."""

import base64
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.drafts import DraftKey
from exams.interchange import aiken, formats, gift, moodle
from exams.interchange.package import Package, ReadItem, Unreadable
from exams.item_problems import item_problems
from tests.exams.drafts import picture
from tests.exams.interchange.drafting import drafts


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def question(kind: str, body: str, text: str = "What?", form: str = "html", name: str = "Q") -> str:
    return (
        f'<question type="{kind}"><name><text>{name}</text></name>'
        f'<questiontext format="{form}"><text><![CDATA[{text}]]></text></questiontext>{body}</question>'
    )


def quiz(*questions: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>{"".join(questions)}</quiz>'.encode()


def one(kind: str, body: str, **parts) -> ReadItem:
    (item,) = formats.read(quiz(question(kind, body, **parts)), name="x.xml", language="en").items
    assert item.draft is None or item_problems(item.draft) == []
    return item


def words(item: ReadItem) -> str:
    return " ".join(loss.words for loss in item.losses)


def answer(fraction: object, text: str, inside: str = "") -> str:
    return f'<answer fraction="{fraction}" format="html"><text><![CDATA[{text}]]></text>{inside}</answer>'


def test_single_choice_with_weights_and_feedback():
    item = one(
        "multichoice",
        "<single>true</single>" + answer(100, "a", "<feedback><text>yes</text></feedback>") + answer(-50, "<i>b</i>"),
    )
    assert item.draft.texts["en"].options == ("a", "*b*")
    assert (item.draft.key, item.draft.c) == (1, 0.5)
    assert "Feedback on 1 single answer" in words(item)
    assert "“b” (-50 %)" in words(item)


def test_several_right_options_share_the_score_and_wrong_ones_take_off():
    body = "<single>false</single>" + answer(33.33333, "a") + answer(33.33333, "b") + answer(33.33334, "c")
    draft = one("multichoice", body + answer(-100, "d")).draft
    assert (draft.kind, draft.max_score, draft.scoring) == ("multiple", 3, "partial")
    assert [key.points for key in draft.keys] == [1, 1, 1, -3]


def test_short_answers_keep_exact_forms_and_lose_wildcards():
    item = one("shortanswer", "<usecase>1</usecase>" + answer(100, "Seoul") + answer(50, "Se*") + answer(0, "*"))
    assert [key.text for key in item.draft.keys] == ["Seoul"]
    assert item.draft.case_sensitive
    assert "“Se*”" in words(item)
    assert one("shortanswer", answer(100, "a\\*b")).draft.keys[0].text == "a*b"
    assert "without a wildcard" in words(one("shortanswer", answer(100, "*a*")))


def test_numbers_have_tolerances_and_lose_units():
    units = "<units><unit><multiplier>1</multiplier><unit_name>cm</unit_name></unit></units>"
    item = one("numerical", answer(100, "3,14", "<tolerance>0.01</tolerance>") + answer(0, "*") + units)
    assert item.draft.keys == (DraftKey(number=3.14, tolerance=0.01),)
    assert "cm" in words(item)
    assert one("numerical", answer(100, "drei")).draft is None
    assert one("numerical", answer(100, "nan")).draft is None


def test_gaps_in_moodles_own_notation():
    text = "<p>The {1:MULTICHOICE:=cat#y~dog~%50%co\\}w} is {2:SHORTANSWER:=black~%50%dark} {:NM:=3:0.1}.</p>"
    item = one("cloze", "", text=text)
    draft = item.draft
    assert draft.texts["en"].stem == "The [[1]] is [[2]] [[3]]."
    assert draft.gaps == {1: "choice", 2: "text", 3: "numeric"}
    assert draft.texts["en"].gap_options == {1: ("cat", "dog", "co}w")}
    assert [key.points for key in draft.keys] == [0.75, 0.375, 1.5, 0.75, 0.75]
    assert "MULTIRESPONSE" not in words(item)
    assert one("cloze", "", text="{1:MULTIRESPONSE:=a~=b}").draft is None
    assert "WHATEVER" in words(one("cloze", "", text="{1:WHATEVER:=a}"))


@pytest.mark.parametrize("kind", ["gapselect", "ddwtos"])
def test_gaps_that_words_of_a_list_belong_in(kind):
    box = "selectoption" if kind == "gapselect" else "dragbox"
    boxes = "".join(
        f"<{box}><text>{word}</text><group>{group}</group></{box}>"
        for word, group in (("a", 1), ("b", 1), ("x", 2), ("y", 2))
    )
    draft = one(kind, boxes, text="One [[2]] two [[3]]").draft
    assert draft.texts["en"].stem == "One [[1]] two [[2]]"
    assert draft.texts["en"].gap_options == {1: ("a", "b"), 2: ("x", "y")}
    assert [(key.gap, key.option) for key in draft.keys] == [(1, 2), (2, 1)]


def test_matching_keeps_distractors_and_ordering_its_places():
    pairs = "".join(
        f"<subquestion><text>{left}</text><answer><text>{right}</text></answer></subquestion>"
        for left, right in (("Korea", "Seoul"), ("France", "Paris"), ("", "Rome"))
    )
    draft = one("matching", pairs).draft
    assert draft.texts["en"].options == ("Korea", "France")
    assert draft.texts["en"].targets == ("Seoul", "Paris", "Rome")
    steps = one("ordering", answer(2, "second") + answer(1, "first")).draft
    assert steps.texts["en"].options == ("first", "second")


def test_pictures_come_along_and_what_is_no_picture_does_not():
    encoded = base64.b64encode(picture()).decode()
    text = '<img src="@@PLUGINFILE@@/a%20b.png" alt="red"> <img src="@@PLUGINFILE@@/no.png" alt="gone">'
    file = f'<file name="a b.png" path="/" encoding="base64">{encoded}</file>'
    xml = quiz(question("essay", "", text=text).replace("</questiontext>", f"{file}</questiontext>"))
    (item,) = formats.read(xml, name="x", language="en").items
    assert item.draft.texts["en"].stem == "![red](asset:a-b.png) gone"
    assert item.draft.assets == {"a-b.png": picture()}
    assert "no.png" in words(item)


def test_categories_tags_explanations_and_codes_are_kept():
    category = '<question type="category"><category><text>$course$/top/Maths/Algebra</text></category></question>'
    extra = "<generalfeedback><text>why</text></generalfeedback><idnumber>a-1</idnumber>"
    extra += "<tags><tag><text>roots</text></tag></tags>"
    (item,) = formats.read(quiz(category, question("essay", extra)), name="x", language="en").items
    assert (item.area, item.identifier, item.tags) == ("Maths/Algebra", "a-1", ("roots",))
    assert item.draft.texts["en"].explanation == "why"


@pytest.mark.parametrize(
    "kind", ["description", "calculated", "calculatedmulti", "random", "ddimageortext", "stack", ""]
)
def test_what_has_no_like_here_is_said_and_never_dropped(kind):
    item = one(kind, "")
    assert item.draft is None
    assert words(item)


# --- GIFT ------------------------------------------------------------------------------------------------------------


def read_gift(text: str) -> list[ReadItem]:
    items = formats.read(text.encode(), name="x", language="en").items
    assert all(item.draft is None or item_problems(item.draft) == [] for item in items)
    return list(items)


def test_gift_knows_titles_escapes_formats_and_comments():
    text = (
        "// a comment\n$CATEGORY: top/Maths\n\n// [id:q-1] [tag:x]\n::Sum\\: one::[html]<b>1</b> \\= \\{1\\}? {=2 ~3}\n"
    )
    (item,) = read_gift(text)
    assert (item.identifier, item.title, item.area, item.tags) == ("q-1", "Sum: one", "Maths", ("x",))
    assert item.draft.texts["en"].stem == "**1** = {1}?"


@pytest.mark.parametrize(
    ("block", "kind", "keys"),
    [
        ("{T}", "single", None),
        ("{#3.5:0.5}", "numeric", [(3.5, 0.5)]),
        ("{#1..3}", "numeric", [(2.0, 1.0)]),
        ("{# =3:0 =%50%4:1}", "numeric", [(3.0, 0.0), (4.0, 1.0)]),
        ("{=one =two}", "text", None),
        ("{}", "essay", None),
        ("{=a -> 1 =b -> 2}", "matching", None),
        ("{~%50%a ~%50%b ~c}", "multiple", None),
        ("{=a\n\n~b\n}", "single", None),
    ],
)
def test_every_kind_of_gift(block, kind, keys):
    (item,) = read_gift(f"Question? {block}")
    assert item.draft.kind == kind
    if keys:
        assert [(key.number, key.tolerance) for key in item.draft.keys] == keys


def test_general_feedback_is_the_explanation_and_missing_words_a_line():
    (item,) = read_gift("Two plus {=two ~three####because} is four.")
    assert item.draft.texts["en"].stem == "Two plus \\_\\_\\_\\_\\_ is four."
    assert item.draft.texts["en"].explanation == "because"


def test_a_brace_that_was_forgotten_spoils_one_question_alone():
    bad, good = read_gift("Bad {=a ~b\n\n::Good:: yes? {=a ~b}\n")
    assert bad.draft is None
    assert bad.losses[0].where == "line 1"
    assert good.draft


# --- Laws ------------------------------------------------------------------------------------------------------------

MODULES = {"moodle": moodle, "gift": gift, "aiken": aiken}
LOST = {"a", "b", "c", "d", "source", "passage", "model", "thresholds"}


def essence(item: ReadItem, language: str) -> object:
    """What Moodle's formats hold of a question: not its parameters, and one language."""
    draft = item.draft
    text = draft.texts[language]
    keys = {(k.option, k.target, k.text, k.number) for k in draft.keys if k.language in ("", language)}
    return (draft.kind, text.stem.strip(), tuple(o.strip() for o in text.options), text.explanation, draft.key, keys)


@pytest.mark.parametrize("form", ["moodle", "gift"])
@settings(max_examples=80, deadline=None)
@given(drafts(kinds=("single", "multiple", "numeric")))
def test_what_moodle_holds_of_a_question_comes_back(form, draft):
    plain = {code: replace(text, stem=text.stem.replace("$", "")) for code, text in draft.texts.items()}
    plain = {c: replace(t, options=tuple(o.replace("$", "") for o in t.options)) for c, t in plain.items()}
    language = next(iter(plain))
    item = ReadItem("q-1", replace(draft, texts=plain, passage=None))
    written = MODULES[form].write(Package(form, (item,)), language=language)
    (back,) = formats.read(written.content, name="x", language=language, format=form).items
    assert back.identifier == "q-1"
    assert essence(back, language) == essence(item, language)


@pytest.mark.parametrize("form", MODULES)
@settings(max_examples=60, deadline=None)
@given(draft=drafts())
def test_every_draft_is_written_or_left_out_with_a_reason(form, draft):
    written = MODULES[form].write(Package(form, (ReadItem("q", draft),)), language="ko")
    assert written.losses
    if not written.left_out:
        assert formats.read(written.content, name="x", language="ko", format=form).items[0].draft


SIGNS = [b"{", b"}", b"~", b"=", b"#", b"->", b"::", b"\n\n", b"<", b"]]>", b"&x;", b"1e999"]
SEEDS = {
    "moodle": quiz(
        question("multichoice", "<single>false</single>" + answer(50, "a") + answer(50, "b") + answer(-100, "c")),
        question("cloze", "", text="{1:MC:=a~b} {2:NM:=3:1} {SA:=x}"),
        question("matching", "<subquestion><text>a</text><answer><text>b</text></answer></subquestion>"),
        question("numerical", answer(100, "3", "<tolerance>1</tolerance>")),
    ),
    "gift": b"// [id:a]\n$CATEGORY: x/y\n\n"
    b"::t::[html]q <b>x</b> {=a#f ~%50%b\\} ####g}\n\nN {#1..2}\n\nM {=a->b =c->d}",
    "aiken": b"What?\nA. one\nB) two\nANSWER: B\n",
}


@pytest.mark.parametrize("form", SEEDS)
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_no_bytes_end_in_another_error(form, data):
    content = bytearray(SEEDS[form])
    pieces = st.binary(max_size=8) | st.sampled_from(
        [b"{", b"}", b"~", b"=", b"#", b"->", b"::", b"\n\n", b"<", b"]]>", b"&x;", b"1e999"]
    )
    for _change in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, max(len(content) - 1, 0)))
        if data.draw(st.booleans()):
            content[place:place] = data.draw(pieces)
        else:
            del content[place : place + data.draw(st.integers(1, 20))]
    with suppress(Unreadable):
        for item in formats.read(bytes(content), name="x", language="ko", format=form).items:
            assert item.draft or item.losses
            if item.draft:
                item_problems(item.draft)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content):
    with suppress(Unreadable):
        formats.read(content, name="x", language="ko")


HOSTILE = {
    "open braces": b"{\n\n" * 100_000,
    "a brace and empty lines": b"q {" + b"\n" * 500_000,
    "notes without an end": b"// " + b"[id:" * 50_000 + b"\n\nq {T}",
    "gaps without an end": quiz(question("cloze", "", text="{1:MC:" * 30_000)),
    "pictures without an end": quiz(question("essay", "", text="![" * 60_000, form="markdown")),
    "one long question": b"x" * 3_000_000 + b" {T}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_take_seconds_and_not_hours(name):
    before = time.process_time()
    with suppress(Unreadable):
        formats.read(HOSTILE[name], name="x", language="en", format="moodle" if b"<quiz" in HOSTILE[name] else "gift")
    assert time.process_time() - before < 10
