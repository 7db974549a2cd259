"""What exporters do that no specification would let one expect, each as the smallest file that does it."""

import base64

import pytest
from django.utils import translation

from exams.drafts import DraftKey
from exams.interchange import formats
from exams.interchange.package import Package, ReadItem
from exams.interchange.qti import canvas
from tests.exams.drafts import picture
from tests.exams.interchange.packing import (
    awarded,
    choice,
    item,
    mapped,
    processed,
    read_one,
    response,
    words_of,
    zipped,
)
from tests.exams.interchange.test_moodle_and_gift import answer, one, question, quiz
from tests.exams.interchange.test_qti1 import document, equal, field, labels, lid, material, rule
from tests.exams.interchange.test_qti1 import draft_of as draft_of_qti1
from tests.exams.interchange.test_qti1 import question as question_of_qti1
from tests.exams.interchange.test_qti1 import read_one as read_one_of_qti1

ENTRY = '<p>Say <textEntryInteraction responseIdentifier="RESPONSE"/></p>'
VARIABLE, CORRECT = '<variable identifier="RESPONSE"/>', '<correct identifier="RESPONSE"/>'
MATCH = f"<match>{VARIABLE}{CORRECT}</match>"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def processing(*rules: str) -> str:
    return f"<responseProcessing>{''.join(rules)}</responseProcessing>"


def sets(condition: str, outcome: str, value: str = "1") -> str:
    return (
        f"<responseCondition><responseIf>{condition}<setOutcomeValue identifier='{outcome}'>"
        f"<baseValue baseType='float'>{value}</baseValue></setOutcomeValue></responseIf></responseCondition>"
    )


def number_key(comparison: str, right: str) -> DraftKey:
    found = read_one(item(response(right, base="float"), ENTRY, processing(awarded(comparison))))
    assert found.draft is not None, words_of(found)
    (key,) = found.draft.keys
    return key


def read_gift(text: str) -> Package:
    return formats.read(text.encode(), name="x.gift", language="en")


def losses(found: ReadItem | Package) -> str:
    return " ".join(loss.words for loss in found.losses)


# --- QTI 2 and 3 -----------------------------------------------------------------------------------------------------


def test_a_tolerance_may_be_wider_on_one_side() -> None:
    comparison = f'<equal toleranceMode="absolute" tolerance="1 3">{VARIABLE}{CORRECT}</equal>'
    assert number_key(comparison, "10") == DraftKey(number=11.0, tolerance=2.0)
    comparison = comparison.replace("absolute", "relative").replace("1 3", "10 30")
    assert number_key(comparison, "10") == DraftKey(number=11.0, tolerance=2.0)


@pytest.mark.parametrize(
    ("mode", "figures", "right", "key"),
    [
        ("decimalPlaces", 1, "2.36", DraftKey(number=2.4, tolerance=0.05)),
        ("significantFigures", 3, "2346", DraftKey(number=2350.0, tolerance=5.0)),
        ("significantFigures", 2, "0.01234", DraftKey(number=0.012, tolerance=0.0005)),
        ("significantFigures", 2, "0", DraftKey(number=0.0, tolerance=0.05)),
    ],
)
def test_numbers_that_are_equal_once_rounded(mode: str, figures: int, right: str, key: DraftKey) -> None:
    comparison = f'<equalRounded roundingMode="{mode}" figures="{figures}">{VARIABLE}{CORRECT}</equalRounded>'
    assert number_key(comparison, right) == key


def test_the_key_may_be_compared_without_regard_to_capitals() -> None:
    comparison = f'<stringMatch caseSensitive="false">{VARIABLE}{CORRECT}</stringMatch>'
    found = read_one(item(response("King", base="string"), ENTRY, processing(awarded(comparison))))
    assert found.draft is not None
    assert (found.draft.case_sensitive, found.losses) == (False, ())
    part = read_one(
        item(
            response("king", base="string"),
            ENTRY,
            processing(awarded(comparison.replace(" case", ' substring="true" case'))),
        )
    )
    assert "(substring)" in words_of(part)


def test_several_answers_that_a_rule_holds_are_all_counted() -> None:
    values = "".join(f'<baseValue baseType="identifier">{one}</baseValue>' for one in "AC")
    member = processing(awarded(f"<member>{VARIABLE}<multiple>{values}</multiple></member>"))
    found = read_one(item(response(), choice("one", "two", "three"), member))
    assert found.draft is not None
    assert found.draft.key == 1
    assert "Several options earned points" in words_of(found)
    whole = processing(awarded(f"<match>{VARIABLE}<multiple>{values}</multiple></match>"))
    found = read_one(item(response(cardinality="multiple"), choice("one", "two", "three", most=0), whole))
    assert found.draft is not None
    assert found.draft.keys == (DraftKey(option=1), DraftKey(option=3))


def test_only_what_the_score_is_made_of_is_a_score() -> None:
    asked_for_help = f'<match>{VARIABLE}<baseValue baseType="identifier">A</baseValue></match>'
    found = read_one(
        item(response("B"), choice("one", "two"), processing(sets(asked_for_help, "HELPED"), awarded(MATCH)))
    )
    assert (found.draft is not None and found.draft.key, found.losses) == (2, ())


def test_points_of_several_questions_add_up_by_way_of_other_outcomes() -> None:
    def right(name: str) -> str:
        return f'<match><variable identifier="{name}"/><correct identifier="{name}"/></match>'

    parts = "".join(f"<variable identifier='S{n}'/>" for n in (1, 2))
    total = f"<setOutcomeValue identifier='SCORE'><sum>{parts}</sum></setOutcomeValue>"
    xml = item(
        response("A", name="R1") + response("B", name="R2"),
        choice("a", "b", response="R1") + choice("c", "d", response="R2"),
        processing(sets(right("R1"), "S1"), sets(right("R2"), "S2"), total),
    )
    found = read_one(xml)
    assert found.draft is not None
    assert (found.draft.scoring, found.draft.max_score) == ("partial", 2)
    assert "worth" not in words_of(found)


def test_an_answer_that_counts_in_either_of_two_fields_is_said() -> None:
    def is_said(name: str, word: str) -> str:
        value = f'<baseValue baseType="string">{word}</baseValue>'
        return f'<stringMatch caseSensitive="false"><variable identifier="{name}"/>{value}</stringMatch>'

    rules = [sets(f"<or>{is_said('R1', word)}{is_said('R2', word)}</or>", "SCORE") for word in ("red", "blue")]
    fields = "".join(f'<textEntryInteraction responseIdentifier="R{n}"/>' for n in (1, 2))
    declared = response(name="R1", base="string") + response(name="R2", base="string")
    assert "(or)" in words_of(read_one(item(declared, f"<p>{fields}</p>", processing(*rules))))


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ('identifier="B" showHide="show"', True),
        ('identifier="B" showHide="hide"', False),
        ('identifier="A" showHide="show"', False),
        ('identifier="F1" showHide="show" title="Sorry, wrong"', False),
    ],
)
def test_feedback_belongs_to_right_or_to_wrong_answers(attributes: str, kept: bool) -> None:
    feedback = f'<modalFeedback outcomeIdentifier="FEEDBACK" {attributes}>said</modalFeedback>'
    found = read_one(item(response("B"), choice("one", "two"), processed("match_correct") + feedback))
    assert found.draft is not None
    assert bool(found.draft.texts["en"].explanation) is kept
    assert ("Feedback to wrong answers" in words_of(found)) is not kept


def test_what_stands_around_a_question_is_not_dropped_in_silence() -> None:
    catalog = '<catalogInfo><catalog id="c"><card support="glossary-on-screen">word</card></catalog></catalogInfo>'
    assert "glossary" in words_of(read_one(item(response("B"), choice("a", "b"), processed("match_correct") + catalog)))
    limited = item(response("A", cardinality="multiple"), choice("a", "b", "c", most=2), processed("match_correct"))
    assert "Only 2 of the options" in words_of(read_one(limited))
    mapping = mapped({"a x": 1, "b y": 1}, upperBound="1")
    columns = [
        "".join(f'<simpleAssociableChoice identifier="{name}">{name}</simpleAssociableChoice>' for name in names)
        for names in ("ab", "xy")
    ]
    sides = "".join(f"<simpleMatchSet>{column}</simpleMatchSet>" for column in columns)
    matched = item(
        response("a x", "b y", cardinality="multiple", base="directedPair", mapping=mapping),
        f'<matchInteraction responseIdentifier="RESPONSE">{sides}</matchInteraction>',
        processed("map_response"),
    )
    assert "The limit of 1 points" in words_of(read_one(matched))
    masked = ENTRY.replace("/></p>", ' patternMask="[a-z]+"/></p>')
    assert "A form that answers had to have" in words_of(
        read_one(item(response("x", base="string"), masked, processed("match_correct")))
    )
    other_base = ENTRY.replace("/></p>", ' base="2"/></p>')
    assert "to the base 2" in words_of(
        read_one(item(response("5", base="integer"), other_base, processed("match_correct")))
    )
    menu = (
        '<p><inlineChoiceInteraction responseIdentifier="RESPONSE" shuffle="true"><inlineChoice identifier="A">a'
        '</inlineChoice><inlineChoice identifier="B">b</inlineChoice></inlineChoiceInteraction></p>'
    )
    assert "shuffled" in words_of(read_one(item(response("B"), menu, processed("match_correct"))))


def test_points_of_rules_with_and_without_a_key_add_up() -> None:
    near = (
        '<equal toleranceMode="absolute" tolerance="1 1" includeLowerBound="false"><variable identifier="R1"/>'
        '<baseValue baseType="float">100</baseValue></equal>'
    )
    right = '<match><variable identifier="R2"/><correct identifier="R2"/></match>'
    fields = "".join(f'<textEntryInteraction responseIdentifier="R{n}"/>' for n in (1, 2))
    declared = response(name="R1", base="float") + response("C", name="R2", base="string")
    found = read_one(item(declared, f"<p>{fields}</p>", processing(awarded(near, 2), awarded(right, 1))))
    assert found.draft is not None
    assert found.draft.max_score == 3
    assert "worth" not in words_of(found)
    assert "(bounds)" in words_of(found)


def test_what_is_calculated_is_not_called_random() -> None:
    template = (
        '<templateProcessing><setCorrectResponse identifier="RESPONSE">{}</setCorrectResponse></templateProcessing>'
    )
    value = '<baseValue baseType="float">2</baseValue>'
    drawn = '<randomInteger min="1" max="2"/>'
    for inner, said in ((value, "calculated"), (drawn, "random")):
        found = read_one(item(response(base="float") + template.format(inner), ENTRY))
        assert found.draft is None
        assert said in words_of(found)


def test_the_foot_of_a_table_may_stand_before_its_body() -> None:
    table = "<table><tfoot><tr><td>sum</td><td>3</td></tr></tfoot><tbody><tr><td>a</td><td>1</td></tr></tbody></table>"
    found = read_one(item(response("B"), table + choice("a", "b"), processed("match_correct")))
    assert found.draft is not None
    assert found.draft.texts["en"].stem.split("\n")[2:4] == ["| a | 1 |", "| sum | 3 |"]


@pytest.mark.parametrize(
    "body",
    [
        choice("one", '<p><textEntryInteraction responseIdentifier="OTHER"/></p>'),
        '<p><inlineChoiceInteraction responseIdentifier="RESPONSE"><inlineChoice identifier="A">a<textEntryInteraction '
        'responseIdentifier="OTHER"/></inlineChoice><inlineChoice identifier="B">b</inlineChoice>'
        '</inlineChoiceInteraction><textEntryInteraction responseIdentifier="OTHER"/></p>',
    ],
)
def test_questions_inside_of_options_are_refused(body: str) -> None:
    found = read_one(item(response("B") + response("x", name="OTHER", base="string"), body, processed("match_correct")))
    assert found.draft is None
    assert "holds a question of its own" in words_of(found)


def test_questions_that_appear_as_one_goes_on_are_refused() -> None:
    body = (
        f'<feedbackBlock outcomeIdentifier="PART" identifier="two" showHide="show">{choice("a", "b")}</feedbackBlock>'
    )
    found = read_one(item(response("B"), body, processed("match_correct")))
    assert found.draft is None
    assert "what was answered before" in words_of(found)


def test_a_button_that_appears_later_asks_nothing() -> None:
    button = '<p><endAttemptInteraction responseIdentifier="HINT" title="Hint"/></p>'
    body = (
        choice("a", "b")
        + f'<feedbackBlock outcomeIdentifier="F" identifier="f" showHide="show">{button}</feedbackBlock>'
    )
    declared = response("B") + response(name="HINT", base="boolean")
    assert read_one(item(declared, body, processed("match_correct"))).draft is not None


def test_what_tao_shows_on_pointing_at_a_word() -> None:
    hidden = '<p>A <span>word</span><span data-role="tooltip-content" aria-hidden="true">its meaning</span>.</p>'
    found = read_one(item(response("B"), hidden + choice("a", "b"), processed("match_correct")))
    assert found.draft is not None
    assert found.draft.texts["en"].stem == "A word.\n\nWhich?"
    assert "glossary" in words_of(found)


# --- QTI 1.2 ---------------------------------------------------------------------------------------------------------


def blanks(algorithm: str, form: str = "red", more: str = "") -> str:
    label = (
        f'<response_label ident="r0" scoring_algorithm="{algorithm}">{material(form, "text/plain")}</response_label>'
    )
    given = lid(f"<render_choice>{label}</render_choice>", name="response_red")
    xml = question_of_qti1(
        "fill_in_multiple_blanks_question",
        material("Roses are [red].") + given,
        rule('<varequal respident="response_red">r0</varequal>', "100", "Add"),
    )
    return xml.replace("<qtimetadata>", f"<qtimetadata>{more}", 1)


def test_gaps_of_canvas_that_look_for_more_than_the_word() -> None:
    assert read_one_of_qti1(blanks("TextEquivalence")).losses == ()
    assert "(TextCloseEnough)" in words_of(read_one_of_qti1(blanks("TextCloseEnough")))
    pattern = read_one_of_qti1(blanks("TextRegex", "^red$"))
    assert pattern.draft is None
    assert "pattern" in words_of(pattern)


def test_gaps_of_canvas_in_which_capitals_matter() -> None:
    said = "<qtimetadatafield><fieldlabel>case_sensitive</fieldlabel><fieldentry>true</fieldentry></qtimetadatafield>"
    assert draft_of_qti1(blanks("TextEquivalence", more=said)).case_sensitive


def test_fields_that_one_rule_wants_all_right() -> None:
    fields = material("Now is the", "text/plain") + field("F1") + material("of our", "text/plain") + field("F2")
    both = '<varequal respident="F1">winter</varequal><varequal respident="F2">discontent</varequal>'
    draft = draft_of_qti1(question_of_qti1("", fields, rule(both, "1", "Add")))
    assert (draft.kind, draft.scoring, draft.max_score) == ("cloze", "exact", 1)
    each = [rule(f'<varequal respident="F{n}">x</varequal>', "1", "Add") for n in (1, 2)]
    assert draft_of_qti1(question_of_qti1("", fields, *each)).scoring == "partial"


def matching(*rows: tuple[str, str]) -> str:
    """Rows of words to match, and the label that is right for each, of `one`, `two` and a label without words."""
    said = labels(one="1", two="2", none="")
    responses = "".join(
        lid((material(words, "text/plain") if words else "<material/>") + said, name=f"r{number}")
        for number, (words, _right) in enumerate(rows)
    )
    rules = [
        rule(f'<varequal respident="r{n}">{right}</varequal>', "50", "Add") for n, (_words, right) in enumerate(rows)
    ]
    return question_of_qti1("matching_question", material("Match") + responses, *rules)


def test_pairs_of_canvas_without_words_are_left_out() -> None:
    found = read_one_of_qti1(matching(("A", "one"), ("B", "two"), ("", "none")))
    assert found.draft is not None
    assert (found.draft.texts["en"].options, found.draft.texts["en"].targets) == (("A", "B"), ("1", "2"))
    assert "without words" in words_of(found)
    assert "without words" not in words_of(read_one_of_qti1(matching(("A", "one"), ("B", "two"))))


def test_groups_that_are_lists() -> None:
    xml = matching(("A", "one"), ("B", "two")).replace("response_lid", "response_grp")
    assert draft_of_qti1(xml).keys == (DraftKey(option=1, target=1), DraftKey(option=2, target=2))
    alone = read_one_of_qti1(
        question_of_qti1("", material("Q") + lid(labels(a="A")).replace("response_lid", "response_grp"))
    )
    assert alone.draft is None
    assert "pairing" in words_of(alone)


def test_gaps_of_canvas_whose_names_are_numbers() -> None:
    given = "".join(
        lid(labels(**{f"a{name}": word}), name=f"response_{name}") for name, word in ((2, "two"), (1, "one"))
    )
    rules = [rule(f'<varequal respident="response_{n}">a{n}</varequal>', "50", "Add") for n in (2, 1)]
    kind = "fill_in_multiple_blanks_question"
    draft = draft_of_qti1(question_of_qti1(kind, material("[2] after [1], not [3]") + given, *rules))
    assert draft.texts["en"].stem == "[[1]] after [[2]], not \\[3]"
    assert draft.keys == (DraftKey(gap=1, text="two"), DraftKey(gap=2, text="one"))


def test_gaps_of_canvas_whose_rule_names_another_field() -> None:
    xml = blanks("TextEquivalence").replace('respident="response_red"', 'respident="response_other"')
    assert draft_of_qti1(xml).keys == (DraftKey(gap=1, text="red"),)


def test_items_of_blackboard_have_their_name_in_the_metadata_or_none() -> None:
    asked = question_of_qti1("", material("Q") + lid(labels(a="A", b="B")), rule(equal("a")))
    nameless = asked.replace(' ident="i1"', "", 1)
    named = nameless.replace("<qtimetadata>", "<bbmd_asi_object_id>_7_1</bbmd_asi_object_id><qtimetadata>", 1)
    package = formats.read(document(named, nameless, nameless), name="pool.dat", language="en")
    assert [found.identifier for found in package.items] == ["_7_1", "pool-2", "pool-3"]


def test_gaps_of_blackboard_stand_where_the_text_names_them() -> None:
    fields = material("The [a] is [b].") + field("a") + field("b")
    both = '<varequal respident="a">cat</varequal><varequal respident="b">black</varequal>'
    draft = draft_of_qti1(question_of_qti1("", fields, rule(both)))
    assert draft.texts["en"].stem == "The [[1]] is [[2]]."


def test_a_quiz_of_canvas_has_its_settings_in_another_file() -> None:
    settings = (
        f'<quiz identifier="quiz" xmlns="{canvas.NAMESPACE}"><description>Read this.</description><shuffle_answers>true'
        "</shuffle_answers><allowed_attempts>-1</allowed_attempts><time_limit>45</time_limit></quiz>"
    )
    asked = question_of_qti1("", material("Q") + lid(labels(a="A", b="B")), rule(equal("a")))
    quiz_file = document(asked).replace(b"qmd_timelimit", b"other")
    package = formats.read(
        zipped({"quiz/assessment_meta.xml": settings, "quiz/quiz.xml": quiz_file}), name="x.zip", language="en"
    )
    (test,) = package.tests
    assert test.time_limit_minutes == 45
    said = " ".join(loss.words for loss in test.losses)
    assert all(words in said for words in ("shuffled", "several times", "Instructions"))


# --- Moodle ----------------------------------------------------------------------------------------------------------


def test_penalties_of_moodle_are_said_once_for_the_file() -> None:
    body = "<penalty>0.3333333</penalty>" + answer(100, "true") + answer(0, "false")
    asked = question("truefalse", body)
    package = formats.read(quiz(asked, asked, asked.replace("0.3333333", "0")), name="x", language="en")
    assert "The penalties for a second try, of 2 questions" in losses(package)
    assert all(not found.losses for found in package.items)


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("multichoice", "<shuffleanswers>true</shuffleanswers>" + answer(100, "a") + answer(0, "b"), "shuffled"),
        ("ordering", "<gradingtype>1</gradingtype>" + answer(1, "a") + answer(2, "b"), "all have to be"),
        ("essay", "<defaultgrade>2.5</defaultgrade>", "2.5 points"),
        ("essay", "<maxwordlimit>50</maxwordlimit>", "How many words"),
        ("truefalse", answer(0, "true") + answer(0, "false"), "no right answer"),
    ],
)
def test_what_moodle_says_beside_the_answers(kind: str, body: str, said: str) -> None:
    assert said in losses(one(kind, body))


def test_plug_ins_of_moodle_that_count_several_options_otherwise() -> None:
    body = answer(100, "a") + answer(100, "b") + answer(0, "c")
    together = one("multichoiceset", body).draft
    assert together is not None
    assert (together.scoring, together.max_score) == ("exact", 1)
    assert together.keys == (DraftKey(option=1), DraftKey(option=2))
    each = one("oumultiresponse", body)
    assert each.draft is not None
    assert (each.draft.scoring, each.draft.max_score) == ("partial", 2)
    assert "more options are chosen" in losses(each)


def test_what_gaps_of_moodle_say_beside_the_answers() -> None:
    assert "50 % only" in losses(one("cloze", "", text="{1:MULTICHOICE:%50%a~b}"))
    assert "shuffled" in losses(one("cloze", "", text="{1:MCVS:=a~b}"))
    boxes = "".join(f"<dragbox><text>{word}</text><group>1</group></dragbox>" for word in "ab")
    assert "used once" in losses(one("ddwtos", boxes, text="[[1]] [[2]]"))
    endless = boxes.replace("</group>", "</group><infinite/>")
    assert "used once" not in losses(one("ddwtos", endless, text="[[1]] [[2]]"))


@pytest.mark.parametrize(("form", "shown"), [("html", '<img src="{}">'), ("markdown", "![]({})")])
def test_pictures_written_into_a_text_of_moodle_do_not_make_it_long(form: str, shown: str) -> None:
    # What follows the end of a picture is passed over by those who show it.
    encoded = base64.b64encode(picture() + bytes(300_000)).decode()
    found = one("essay", "", text="Look. " + shown.format(f"data:image/png;base64,{encoded}"), form=form)
    assert found.draft is not None, losses(found)
    assert len(found.draft.assets) == 1


def test_elements_of_formulas_with_impossible_names() -> None:
    found = one("essay", "", text="So <math><mrow><mi!>x</mi!><mn>2</mn></mrow></math>.")
    assert found.draft is not None
    assert "x" in found.draft.texts["en"].stem


def test_html_in_markdown_of_moodle_is_said() -> None:
    assert "as it is written" in losses(one("essay", "", text="*a* <b>c</b>", form="markdown"))


# --- GIFT and Aiken --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keys", "said"),
    [
        ("One to five? {#3:2~#no}", (DraftKey(number=3.0, tolerance=2.0),), "Feedback"),
        ("One? {#=1~2}", (DraftKey(number=1.0),), "“2”"),
        ("Pi? {#3.141..3.142}", (DraftKey(number=3.1415, tolerance=0.0005),), ""),
        ("Two and two are {four}.", (DraftKey(text="four"),), ""),
        ("Two and two are {four=4}.", (DraftKey(text="four"), DraftKey(text="4")), ""),
    ],
)
def test_answers_of_gift_without_their_signs(text: str, keys: tuple[DraftKey, ...], said: str) -> None:
    (found,) = read_gift(text).items
    assert found.draft is not None, losses(found)
    assert found.draft.keys == keys
    assert said in losses(found)


def test_a_question_of_gift_that_is_a_title_alone() -> None:
    (found,) = read_gift("::Is 7 prime?::{T}").items
    assert found.draft is not None
    assert found.draft.texts["en"].stem == "Is 7 prime?"
    assert "title stands for" in losses(found)
    assert read_gift("{T}").items[0].draft is None


def test_a_gap_of_moodles_cloze_is_no_answer_of_gift() -> None:
    assert read_gift("It is {1:SHORTANSWER:x}").items[0].draft is None


def test_a_question_of_aiken_without_an_answer_does_not_take_the_next_one_along() -> None:
    text = "First\nA) a\nB) b\n\nSecond\nA) c\nB) d\nANSWER: B\n\nThird\nA) e\nB) f\nANSWER: A, B\n"
    package = formats.read(text.encode(), name="x.txt", language="en")
    assert [found.draft is not None for found in package.items] == [False, True, False]
    assert "ANSWER:" in losses(package.items[0])
    assert "A, B is none" in losses(package.items[2])
