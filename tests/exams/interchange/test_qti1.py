"""QTI 1.2 as Canvas, Blackboard and others write it."""

import pytest

from exams.drafts import DraftKey, DraftPassage
from exams.interchange.package import ReadItem
from exams.interchange.qti import read
from tests.exams.interchange.packing import manifest, words_of, zipped


def material(text: str, kind: str = "text/html") -> str:
    return f'<material><mattext texttype="{kind}">{text}</mattext></material>'


def labels(**texts: str) -> str:
    rows = "".join(
        f'<response_label ident="{name}">{material(text, "text/plain")}</response_label>'
        for name, text in texts.items()
    )
    return f"<render_choice>{rows}</render_choice>"


def lid(inner: str, *, name: str = "response1", cardinality: str = "Single") -> str:
    return f'<response_lid ident="{name}" rcardinality="{cardinality}">{inner}</response_lid>'


def field(name: str = "response1", kind: str = "") -> str:
    return (
        f'<response_str ident="{name}"><render_fib fibtype="{kind}"><response_label ident="a"/></render_fib>'
        "</response_str>"
    )


def equal(value: str, name: str = "response1") -> str:
    return f'<varequal respident="{name}">{value}</varequal>'


def rule(condition: str, points: str = "100", action: str = "Set") -> str:
    return (
        f"<respcondition><conditionvar>{condition}</conditionvar>"
        f'<setvar action="{action}" varname="SCORE">{points}</setvar></respcondition>'
    )


def question(kind: str, presentation: str, *rules: str, after: str = "", points: str = "1.0") -> str:
    fields = "".join(
        f"<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{said}</fieldentry></qtimetadatafield>"
        for label, said in {"question_type": kind, "points_possible": points}.items()
    )
    return (
        f'<item ident="i1" title="Question"><itemmetadata><qtimetadata>{fields}</qtimetadata></itemmetadata>'
        f"<presentation>{presentation}</presentation><resprocessing>{''.join(rules)}</resprocessing>{after}</item>"
    )


def document(*items: str) -> bytes:
    return (
        '<?xml version="1.0"?><questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">'
        '<assessment ident="quiz" title="Quiz"><qtimetadata><qtimetadatafield><fieldlabel>qmd_timelimit</fieldlabel>'
        f"<fieldentry>30</fieldentry></qtimetadatafield></qtimetadata><section ident='s'>{''.join(items)}</section>"
        "</assessment></questestinterop>"
    ).encode()


def read_one(xml: str) -> ReadItem:
    (found,) = read(document(xml), language="en").items
    return found


def draft_of(xml: str):
    found = read_one(xml)
    assert found.draft is not None, words_of(found)
    return found.draft


def test_one_right_option_and_html_as_text() -> None:
    stem = material("&lt;p&gt;What is &lt;b&gt;1&lt;/b&gt;&amp;nbsp;+ 1?&lt;/p&gt;")
    feedback = f'<itemfeedback ident="correct_fb"><flow_mat>{material("Yes.")}</flow_mat></itemfeedback>'
    draft = draft_of(
        question("multiple_choice_question", stem + lid(labels(x1="1", x2="2")), rule(equal("x2")), after=feedback)
    )
    assert (draft.kind, draft.key) == ("single", 2)
    assert draft.texts["en"].stem == "What is **1**\xa0+ 1?"
    assert draft.texts["en"].explanation == "Yes."


def test_several_right_options_of_which_none_may_be_missing() -> None:
    condition = f"<and>{equal('a')}{equal('c')}<not>{equal('b')}</not></and>"
    choices = lid(labels(a="A", b="B", c="C"), cardinality="Multiple")
    draft = draft_of(question("multiple_answers_question", material("Q") + choices, rule(condition)))
    assert (draft.kind, draft.scoring) == ("multiple", "exact")
    assert draft.keys == (DraftKey(option=1), DraftKey(option=3))


def test_options_that_add_and_take_points() -> None:
    choices = lid(labels(a="A", b="B", c="C"), cardinality="Multiple")
    rules = rule(equal("a"), "2", "Add"), rule(equal("b"), "1", "Add"), rule(equal("c"), "1", "Subtract")
    draft = draft_of(question("", material("Q") + choices, *rules))
    assert [(key.option, key.points) for key in draft.keys] == [(1, 1.0), (2, 0.5), (3, -0.5)]
    assert (draft.scoring, draft.max_score) == ("partial", 2)


def test_short_answers_and_their_alternatives() -> None:
    draft = draft_of(question("short_answer_question", material("Q") + field(), rule(equal("Seoul") + equal("서울"))))
    assert (draft.kind, draft.case_sensitive) == ("text", False)
    assert draft.keys == (DraftKey(text="Seoul"), DraftKey(text="서울"))


def test_numbers_within_bounds() -> None:
    bounds = "<vargte respident='response1'>3.13</vargte><varlte respident='response1'>3.15</varlte>"
    draft = draft_of(
        question(
            "numerical_question",
            material("Q") + field(kind="Decimal"),
            rule(f"<or>{equal('3.14')}<and>{bounds}</and></or>"),
        )
    )
    assert draft.keys == (DraftKey(number=3.14, tolerance=0.01),)


def test_blanks_and_dropdowns_named_in_the_words() -> None:
    presentation = material("[city] has a [river].") + lid(labels(a="Seoul", b="서울"), name="response_city")
    presentation += lid(labels(c="Han"), name="response_river")
    rules = rule(equal("a", "response_city"), "50", "Add"), rule(equal("c", "response_river"), "50", "Add")
    written = draft_of(question("fill_in_multiple_blanks_question", presentation, *rules))
    assert written.texts["en"].stem == "[[1]] has a [[2]]."
    assert written.gaps == {1: "text", 2: "text"}
    assert [(key.gap, key.text) for key in written.keys] == [(1, "Seoul"), (1, "서울"), (2, "Han")]
    assert (written.scoring, written.max_score) == ("partial", 2)
    presentation = material("[city]?") + lid(labels(a="Seoul", b="Busan"), name="response_city")
    chosen = draft_of(question("multiple_dropdowns_question", presentation, rule(equal("b", "response_city"))))
    assert (chosen.texts["en"].gap_options, chosen.keys) == ({1: ("Seoul", "Busan")}, (DraftKey(gap=1, option=2),))


def test_matching_and_categories() -> None:
    targets = labels(x="Seoul", y="Tokyo", z="Bonn")
    rows = lid(material("Korea") + targets, name="r1") + lid(material("Japan") + targets, name="r2")
    rules = rule(equal("x", "r1"), "50", "Add"), rule(equal("y", "r2"), "50", "Add")
    draft = draft_of(question("matching_question", material("Match.") + rows, *rules))
    assert (draft.texts["en"].stem, draft.texts["en"].options) == ("Match.", ("Korea", "Japan"))
    assert draft.texts["en"].targets == ("Seoul", "Tokyo", "Bonn")
    assert draft.keys == (DraftKey(option=1, target=1), DraftKey(option=2, target=2))
    members = labels(a="cat", b="dog", c="oak")
    rows = lid(material("animal") + members, name="r1") + lid(material("plant") + members, name="r2")
    rules = rule(equal("a", "r1") + equal("b", "r1"), "50", "Add"), rule(equal("c", "r2"), "50", "Add")
    sorted_out = draft_of(question("categorization_question", material("Sort.") + rows, *rules))
    assert sorted_out.texts["en"].options == ("cat", "dog", "oak")
    assert [(key.option, key.target) for key in sorted_out.keys] == [(1, 1), (2, 1), (3, 2)]


def test_an_order() -> None:
    draft = draft_of(
        question("", material("Q") + lid(labels(a="A", b="B"), cardinality="Ordered"), rule(equal("b") + equal("a")))
    )
    assert [(key.option, key.target) for key in draft.keys] == [(2, 1), (1, 2)]


def test_an_essay_keeps_its_points() -> None:
    draft = draft_of(question("essay_question", material("Q") + field(), points="5.0"))
    assert (draft.kind, draft.rubric, draft.max_score) == ("essay", (5,), 5)


def test_fields_within_a_sentence() -> None:
    flow = f"<flow>{material('The')}{field('r1')}{material('and')}{field('r2')}{material('end.')}</flow>"
    draft = draft_of(question("", flow, rule(equal("x", "r1"), "1", "Add"), rule(equal("y", "r2"), "1", "Add")))
    assert draft.texts["en"].stem == "The [[1]] and [[2]] end."


def test_blackboard_says_right_and_the_most_points_in_its_own_way() -> None:
    formatted = "<flow><material><mat_extension><mat_formattedtext type='HTML'>&lt;p&gt;Q&lt;/p&gt;</mat_formattedtext>"
    presentation = f"<flow>{formatted}</mat_extension></material></flow>{lid(labels(a='A', b='B'))}</flow>"
    right = (
        f"<respcondition title='correct'><conditionvar>{equal('b')}</conditionvar>"
        "<setvar variablename='SCORE' action='Set'>SCORE.max</setvar></respcondition>"
    )
    draft = draft_of(question("Multiple Choice", presentation, right))
    assert (draft.texts["en"].stem, draft.key) == ("Q", 2)


@pytest.mark.parametrize(
    "kind", ["calculated_question", "file_upload_question", "hot_spot_question", "text_only_question"]
)
def test_kinds_that_ours_cannot_ask_are_refused_by_name(kind: str) -> None:
    found = read_one(question(kind, material("Q") + field(), rule(equal("1"))))
    assert found.draft is None
    assert kind in words_of(found)


def test_a_course_package_in_two_dialects_has_each_item_once() -> None:
    quiz = document(question("multiple_choice_question", material("Q") + lid(labels(a="A", b="B")), rule(equal("b"))))
    files = {
        "imsmanifest.xml": manifest("x/assessment_qti.xml", "non_cc_assessments/x.xml.qti"),
        "x/assessment_qti.xml": quiz,
        "non_cc_assessments/x.xml.qti": quiz,
    }
    package = read(zipped(files), language="en")
    assert [item.identifier for item in package.items] == ["i1"]
    assert package.format == "QTI 1.2"
    assert {(test.title, test.items, test.time_limit_minutes) for test in package.tests} == {("Quiz", ("i1",), 30)}


def test_what_nobody_says_the_kind_of_is_told_by_its_shape() -> None:
    def gap(**texts: str) -> str:
        presentation = material("It is [city].") + lid(material("city") + labels(**texts), name="response_city")
        return question("", presentation, rule(equal("a", "response_city"), "100", "Add"))

    assert draft_of(gap(a="Seoul", b="Busan")).texts["en"].gap_options == {1: ("Seoul", "Busan")}
    assert [key.text for key in draft_of(gap(a="Seoul", b="seoul")).keys] == ["Seoul", "seoul"]
    row = lid(material("Korea") + labels(a="Seoul", b="Bonn"), name="response_1")
    one = draft_of(question("matching_question", material("Match.") + row, rule(equal("a", "response_1"))))
    assert (one.kind, one.texts["en"].options) == ("matching", ("Korea",))


def test_an_item_that_asks_nothing_is_the_passage_of_those_that_refer_to_it() -> None:
    text = (
        f'<item ident="s1" title="The sea"><presentation>{material("&lt;p&gt;Blue.&lt;/p&gt;")}</presentation></item>'
    )
    child = question("multiple_choice_question", material("Q") + lid(labels(a="A", b="B")), rule(equal("b")))
    child = child.replace("points_possible", "parent_stimulus_item_ident").replace("1.0", "s1")
    package = read(document(text, child), language="en")
    (found,) = package.items
    assert found.draft is not None
    assert found.draft.passage == DraftPassage("s1", {"en": "Blue."}, {"en": "The sea"})
    assert package.tests[0].items == ("i1",)
