"""Items of other systems in QTI 2 and 3: what they ask, what is right, and what could not be carried."""

import re

import pytest

from exams.drafts import CriterionText, DraftKey, DraftPassage
from exams.interchange.package import Unreadable
from exams.interchange.qti import read
from tests.exams.drafts import picture
from tests.exams.interchange.packing import (
    awarded,
    choice,
    item,
    manifest,
    mapped,
    processed,
    read_one,
    response,
    single,
    words_of,
    zipped,
)

ENTRY = '<textEntryInteraction responseIdentifier="RESPONSE"/>'
VARIABLE = '<variable identifier="RESPONSE"/>'


def draft_of(xml: str):
    found = read_one(xml)
    assert found.draft is not None, words_of(found)
    return found.draft


def dashed(xml: str) -> str:
    """The same item as QTI 3 spells it."""
    qti = re.compile(r"(</?)(?!\?|p\b|em\b|m:)([a-zA-Z]+)|\b([a-z]+[A-Z][A-Za-z]+)(?==)")

    def spelt(found: re.Match[str]) -> str:
        name = re.sub("([A-Z])", lambda capital: "-" + capital[1].lower(), found[2] or found[3])
        return f"{found[1]}qti-{name}" if found[2] else name

    return qti.sub(spelt, xml).replace("imsqti_v2p1", "imsqtiasi_v3p0")


def test_single_choice() -> None:
    xml = single(body="<p>Look <em>here</em>.</p>" + choice("one", "two", "three"))
    found = read_one(xml)
    assert found.draft is not None
    text = found.draft.texts["en"]
    assert (text.stem, text.options, found.draft.key) == ("Look *here*.\n\nWhich?", ("one", "two", "three"), 2)
    assert (found.draft.kind, found.draft.model, found.draft.c) == ("single", "logistic", 0.3333)
    assert (found.identifier, found.title, found.losses) == ("q1", "Title", ())


@pytest.mark.parametrize(
    "spell",
    [
        dashed,
        lambda xml: xml.replace(' xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"', ""),
        lambda xml: re.sub(r"(</?)(?=[a-z])", r"\1q:", xml).replace("xmlns=", "xmlns:q="),
        lambda xml: xml.replace("imsqti_v2p1", "imsqti_item_v2p0"),
        lambda xml: re.sub(r"<responseProcessing.*?/>", "", xml),
        lambda xml: xml.replace("<value>B</value>", "<value><![CDATA[B]]></value>"),
        lambda xml: xml.replace("<value>B</value>", "<value>\n  B\n</value>"),
        lambda xml: xml.replace("<?xml", "\n\n<?xml"),
        lambda xml: "\ufeff" + xml,
    ],
)
def test_the_same_item_however_it_is_spelt(spell) -> None:
    assert draft_of(spell(single())) == draft_of(single())


def test_multiple_choice_all_or_nothing_and_in_parts() -> None:
    body = choice("one", "two", "three", most=0)
    exact = draft_of(item(response("A", "C", cardinality="multiple"), body, processed("match_correct")))
    assert (exact.kind, exact.scoring, exact.max_score) == ("multiple", "exact", 1)
    assert exact.keys == (DraftKey(option=1), DraftKey(option=3))
    mapping = mapped({"A": 1, "C": 2}, defaultValue="-1", lowerBound="0")
    parts = draft_of(item(response("A", "C", cardinality="multiple", mapping=mapping), body, processed("map_response")))
    assert (parts.scoring, parts.max_score, parts.model, len(parts.thresholds)) == ("partial", 3, "gpcm", 3)
    assert parts.keys == (DraftKey(option=1), DraftKey(option=2, points=-1.0), DraftKey(option=3, points=2.0))


def test_one_word_to_write_within_a_sentence() -> None:
    mapping = mapped({"York": 1, "york": 0.5}, defaultValue="0")
    declared = response("York", base="string", mapping=mapping)
    draft = draft_of(item(declared, f"<p>This sun of {ENTRY};</p>", processed("map_response")))
    assert (draft.kind, draft.case_sensitive, draft.scoring, draft.max_score) == ("text", True, "partial", 2)
    assert draft.texts["en"].stem == "This sun of \\_\\_\\_\\_;"
    assert draft.keys == (DraftKey(text="York"), DraftKey(text="york", points=0.5))


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        ('<equal toleranceMode="absolute" tolerance="0.01 0.01">%s<correct identifier="RESPONSE"/></equal>',
         DraftKey(number=3.14, tolerance=0.01)),
        ('<equal toleranceMode="relative" tolerance="5">%s<correct identifier="RESPONSE"/></equal>',
         DraftKey(number=3.14, tolerance=0.05, is_relative=True)),
        ('<equalRounded roundingMode="decimalPlaces" figures="2">%s<correct identifier="RESPONSE"/></equalRounded>',
         DraftKey(number=3.14, tolerance=0.005)),
        ('<and><gte>%s<baseValue baseType="float">3.1</baseValue></gte>'
         '<lte><variable identifier="RESPONSE"/><baseValue baseType="float">3.2</baseValue></lte></and>',
         DraftKey(number=3.15, tolerance=0.05)),
        ('<match>%s<correct identifier="RESPONSE"/></match>', DraftKey(number=3.14)),
    ],
)  # fmt: skip
def test_one_number_with_its_tolerance(rules: str, key: DraftKey) -> None:
    scored = f"<responseProcessing>{awarded(rules % VARIABLE)}</responseProcessing>"
    draft = draft_of(item(response("3.14", base="float"), f"<p>Pi?</p><p>{ENTRY}</p>", scored))
    assert (draft.kind, draft.texts["en"].stem, draft.keys) == ("numeric", "Pi?", (key,))


def test_a_text_with_gaps_of_every_kind() -> None:
    declared = (
        response("a", base="string", name="R1") + response("y", name="R2") + response("4", base="integer", name="R3")
    )
    body = (
        '<p>x <textEntryInteraction responseIdentifier="R1"/> z <inlineChoiceInteraction responseIdentifier="R2">'
        '<inlineChoice identifier="x">X</inlineChoice><inlineChoice identifier="y">Y</inlineChoice>'
        '</inlineChoiceInteraction></p><p><textEntryInteraction responseIdentifier="R3"/></p>'
    )
    draft = draft_of(item(declared, body))
    assert draft.texts["en"].stem == "x [[1]] z [[2]]\n\n[[3]]"
    assert draft.gaps == {1: "text", 2: "choice", 3: "numeric"}
    assert draft.texts["en"].gap_options == {2: ("X", "Y")}
    assert draft.keys == (DraftKey(gap=1, text="a"), DraftKey(gap=2, option=2), DraftKey(gap=3, number=4.0))


def test_words_to_drop_into_gaps() -> None:
    mapping = mapped({"W G1": 1, "S G2": 2}, defaultValue="-1", lowerBound="0")
    declared = response("W G1", "S G2", cardinality="multiple", base="directedPair", mapping=mapping)
    body = (
        '<gapMatchInteraction responseIdentifier="RESPONSE"><prompt>Fill.</prompt>'
        '<gapText identifier="W" matchMax="1">winter</gapText><gapText identifier="S" matchMax="1">summer</gapText>'
        '<blockquote><p>Now is the <gap identifier="G1"/><br/>by <gap identifier="G2"/></p></blockquote>'
        "</gapMatchInteraction>"
    )
    found = read_one(item(declared, body, processed("map_response")))
    assert found.draft is not None
    assert found.draft.texts["en"].stem == "Fill.\n\n> Now is the [[1]]\\\n> by [[2]]"
    assert found.draft.keys == (DraftKey(gap=1, option=1), DraftKey(gap=2, option=2, points=2.0))
    assert (found.draft.scoring, found.draft.max_score) == ("partial", 3)
    assert "could be used once" in words_of(found)
    assert "wrong words" in words_of(found)


def matched(name: str, *columns: dict[str, str]) -> str:
    sets = [
        "".join(
            f'<simpleAssociableChoice identifier="{key}" matchMax="1">{said}</simpleAssociableChoice>'
            for key, said in column.items()
        )
        for column in columns
    ]
    inner = sets[0] if name == "associate" else "".join(f"<simpleMatchSet>{each}</simpleMatchSet>" for each in sets)
    return f'<{name}Interaction responseIdentifier="RESPONSE"><prompt>Pair.</prompt>{inner}</{name}Interaction>'


def test_matching_and_its_columns_that_change_places() -> None:
    columns = {"A": "a", "B": "b"}, {"X": "x", "Y": "y", "Z": "z"}
    declared = response("A X", "B Y", cardinality="multiple", base="directedPair")
    draft = draft_of(item(declared, matched("match", *columns), processed("match_correct")))
    assert (draft.texts["en"].options, draft.texts["en"].targets) == (("a", "b"), ("x", "y", "z"))
    assert draft.keys == (DraftKey(option=1, target=1), DraftKey(option=2, target=2))
    declared = response("A X", "A Y", "B Z", cardinality="multiple", base="directedPair")
    turned = read_one(item(declared, matched("match", *columns), processed("match_correct")))
    assert turned.draft is not None
    assert turned.draft.texts["en"].options == ("x", "y", "z")
    assert [(key.option, key.target) for key in turned.draft.keys] == [(1, 1), (2, 1), (3, 2)]
    assert "changed places" in words_of(turned)


def test_pairs_of_one_set_become_two_columns() -> None:
    declared = response("A D", "C B", cardinality="multiple", base="pair")
    choices = {"A": "a", "B": "b", "C": "c", "D": "d", "E": "e"}
    found = read_one(item(declared, matched("associate", choices), processed("match_correct")))
    assert found.draft is not None
    text = found.draft.texts["en"]
    assert (text.options, text.targets) == (("a", "c"), ("d", "b", "e"))
    assert "two columns" in words_of(found)


def test_ordering() -> None:
    body = choice("one", "two", "three").replace("choiceInteraction", "orderInteraction")
    draft = draft_of(item(response("C", "A", "B", cardinality="ordered"), body, processed("match_correct")))
    assert [(key.option, key.target) for key in draft.keys] == [(3, 1), (1, 2), (2, 3)]
    partly = read_one(item(response("C", "A", cardinality="ordered"), body, processed("match_correct")))
    assert partly.draft is None
    assert "Only some of the options" in words_of(partly)


def test_an_essay_with_a_rubric_for_the_scorer_and_one_without() -> None:
    body = '<extendedTextInteraction responseIdentifier="RESPONSE"><prompt>Write.</prompt></extendedTextInteraction>'
    declared = '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="string"/>'
    rubric = '<rubricBlock view="scorer"><p>Content (3 points)</p><p>Style: 2</p></rubricBlock>'
    graded = draft_of(item(declared, body + rubric))
    assert (graded.rubric, graded.max_score, len(graded.thresholds)) == ((3, 2), 5, 5)
    assert graded.texts["en"].criteria == (CriterionText("Content"), CriterionText("Style"))
    outcome = (
        '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float">'
        "<defaultValue><value>4</value></defaultValue></outcomeDeclaration>"
    )
    plain = read_one(item(declared + outcome, body))
    assert plain.draft is not None
    assert plain.draft.rubric == (4,)
    assert "no rubric" in words_of(plain)


def test_feedback_becomes_the_explanation() -> None:
    feedback = "".join(
        f'<modalFeedback outcomeIdentifier="F" identifier="{name}" showHide="show">{said}</modalFeedback>'
        for name, said in {"correct": "<p>Well done.</p>", "incorrect": "No."}.items()
    )
    found = read_one(item(response("B"), choice("one", "two"), processed("match_correct") + feedback))
    assert found.draft is not None
    assert found.draft.texts["en"].explanation == "Well done."
    assert words_of(found) == "Feedback to wrong answers was left out."


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (single(body=choice("one", "two", more='class="x"').replace('"false"', '"true"')), "shuffled"),
        (single(attributes="").replace('adaptive="false"', 'adaptive="true"'), "several times"),
        (item(response("B"), choice("one", "two"), processed("some_rules_of_ours")), "some_rules_of_ours"),
        (single(body='<video src="a.mp4"/>' + choice("one", "two")), "video"),
        (single(body='<img src="http://example.org/a.png" alt="x"/>' + choice("one", "two")), "elsewhere"),
        (single(body='<img src="a.png" alt="x"/>' + choice("one", "two")), "not in the file"),
        (single(body="<p><u>Not</u></p>" + choice("one", "two")), "Underlined"),
    ],
)
def test_what_is_lost_is_said(xml: str, words: str) -> None:
    found = read_one(xml)
    assert found.draft is not None
    assert words in words_of(found)


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (item("", "<p>Read this.</p>"), "asks nothing"),
        (item(response(), choice("one", "two")), "No option is said to be right"),
        (item("", choice("one", "two")), "not declared"),
        (item(response("B"), choice("one", "one")), "2 times"),
        (item(response("A"), choice("one")), "two options"),
        (item(response("A"), '<hotspotInteraction responseIdentifier="RESPONSE"/>'), "spots in a picture"),
        (item(response("A"), '<customInteraction responseIdentifier="RESPONSE"/>'), "program of its own"),
        (item(response("A"), '<uploadInteraction responseIdentifier="RESPONSE"/>'), "file to upload"),
        (item(response("A"), '<p><printedVariable identifier="X"/></p>' + choice("a", "b")), "at random"),
        (item(response("A") + response("A", "B", cardinality="multiple", name="R2"),
              choice("a", "b") + choice("a", "b", response="R2")), "ours ask one each"),
        (item(response("1", cardinality="record", base="string"), f"<p>{ENTRY}</p>"), "several fields"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_words(xml: str, words: str) -> None:
    found = read_one(xml)
    assert found.draft is None
    assert words in words_of(found)


def test_several_single_choices_become_gaps() -> None:
    body = choice("one", "two", prompt="First?") + choice("red", "blue", prompt="Second?", response="R2")
    found = read_one(item(response("B") + response("A", name="R2"), body))
    assert found.draft is not None
    assert found.draft.texts["en"].stem == "First?\n\n[[1]]\n\nSecond?\n\n[[2]]"
    assert found.draft.texts["en"].gap_options == {1: ("one", "two"), 2: ("red", "blue")}
    assert [(key.gap, key.option) for key in found.draft.keys] == [(1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("said", "language"), [("ko-kr", "ko-KR"), ("en", "en"), ("zh-Hans-CN", "zh-CN"), ("x-klingon", "fr"), ("", "fr")]
)
def test_the_language_is_the_items_own_or_the_given_one(said: str, language: str) -> None:
    found = read_one(single(attributes=f'xml:lang="{said}"' if said else ""), language="fr")
    assert found.draft is not None
    assert list(found.draft.texts) == [language]


def test_pictures_come_along_and_broken_ones_do_not() -> None:
    body = '<p><img src="../media/my%20cat.PNG" alt="cat"/><img src="../media/no.png" alt="no"/></p>'
    files = {
        "imsmanifest.xml": manifest("items\\q1.xml"),
        "items/q1.xml": single(body=body + choice("one", "two")),
        "media/my cat.png": picture(),
        "media/no.png": b"<svg/>",
    }
    (found,) = read(zipped(files), language="en").items
    assert found.draft is not None
    assert found.draft.texts["en"].stem.startswith("![cat](asset:my-cat.png)no")
    assert found.draft.assets == {"my-cat.png": picture()}
    assert "no.png is no picture" in words_of(found)


def test_a_stimulus_is_the_passage_of_its_items() -> None:
    reference = '<assessmentStimulusRef identifier="sea" href="../texts/sea.xml" title="x"/>'
    stimulus = (
        '<assessmentStimulus identifier="sea" title="The sea"><stimulusBody><p>Blue <img src="a.png" alt=""/></p>'
        "</stimulusBody></assessmentStimulus>"
    )
    files = {
        "items/q1.xml": item(response("B") + reference, choice("one", "two"), processed("match_correct")),
        "texts/sea.xml": stimulus,
        "texts/a.png": picture(),
    }
    (found,) = read(zipped(files), language="en").items
    assert found.draft is not None
    assert found.draft.passage == DraftPassage("sea", {"en": "Blue ![](asset:a.png)"}, {"en": "The sea"})
    assert list(found.draft.assets) == ["a.png"]


TEST = """<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="t1" title="Exam">
<timeLimits maxTime="3000"/>
<testPart identifier="p" navigationMode="linear" submissionMode="individual">
<assessmentSection identifier="s1" title="S" visible="true"><selection select="1"/>
<assessmentItemRef identifier="b" href="items/q2.xml"/>
<assessmentSection identifier="s2" title="T" visible="true"><ordering shuffle="true"/>
<assessmentItemRef identifier="a" href="items/q1.xml"><branchRule target="EXIT_TEST"><null/></branchRule>
<weight identifier="W" value="2"/></assessmentItemRef>
<assessmentItemRef identifier="c" href="items/q9.xml"/></assessmentSection></assessmentSection></testPart>
</assessmentTest>"""


def test_a_test_is_a_fixed_form_and_says_what_it_was_besides() -> None:
    more = '<resource identifier="T" type="imsqti_test_xmlv2p1" href="test.xml"><file href="test.xml"/></resource>'
    files = {
        "imsmanifest.xml": manifest("items/q1.xml", "items/q2.xml", more=more),
        "test.xml": TEST,
        "items/q1.xml": single("q1"),
        "items/q2.xml": single("q2"),
    }
    package = read(zipped(files), language="en")
    (test,) = package.tests
    assert (test.identifier, test.title, test.items, test.time_limit_minutes) == ("t1", "Exam", ("q2", "q1"), 50)
    words = " | ".join(loss.words for loss in test.losses)
    for part in ("drawn at random", "shuffled", "jump to other parts", "Weights", "item c is not in the file"):
        assert part in words


def test_metadata_of_the_manifest_gives_area_and_tags() -> None:
    lom = (
        '<metadata><lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general><keyword><string>easy</string></keyword>'
        "<keyword><string>두 마디</string></keyword></general><classification><purpose><value>discipline</value>"
        "</purpose><taxonPath><taxon><entry><string>algebra</string></entry></taxon></taxonPath></classification>"
        "</lom></metadata>"
    )
    described = manifest("q1.xml").replace("<file", lom + "<file")
    (found,) = read(zipped({"imsmanifest.xml": described, "q1.xml": single()}), language="en").items
    assert (found.area, found.tags) == ("algebra", ("easy",))
    assert "두 마디" in words_of(found)


def test_a_zip_without_a_manifest_or_with_a_broken_one_is_read_all_the_same() -> None:
    files = {"a/q1.xml": single("q1"), "a/q2.xml": single("q2"), "a/notes.xml": "<notes/>", "more.zip": b"PK\x03\x04"}
    package = read(zipped(files), language="en")
    assert [found.identifier for found in package.items] == ["q1", "q2"]
    assert "no imsmanifest.xml" in words_of(package)
    assert "not opened" in words_of(package)
    broken = read(zipped({**files, "imsmanifest.xml": "<manifest"}), language="en")
    assert broken.items == package.items
    assert "cannot be read" in words_of(broken)


def test_a_broken_item_is_refused_and_the_others_are_read() -> None:
    files = {
        "imsmanifest.xml": manifest("q1.xml", "q2.xml", "q3.xml"),
        "q1.xml": single()[:-30],
        "q2.xml": single("q2"),
    }
    found = read(zipped(files), language="en").items
    assert {one.identifier: one.draft is not None for one in found} == {"R2": False, "R0": False, "q2": True}
    assert all(one.losses for one in found if one.draft is None)


def test_two_items_of_one_identifier_are_both_kept() -> None:
    files = {"a.xml": single(), "b.xml": single(body=choice("x", "y"))}
    found = read(zipped(files), language="en").items
    assert [one.identifier for one in found] == ["q1", "q1-2"]
    assert "same identifier" in words_of(found[1])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"just words", "well-formed"),
        (b"<html><body/></html>", "begins with <html>"),
        (manifest().encode(), "whole zip file"),
        (b"<questestinterop><objectbank/></questestinterop>", "holds no item"),
        (zipped({"readme.txt": "x"}), "no item or test"),
        (zipped({"inner.zip": "x"}), "other archives"),
    ],
)
def test_a_file_that_is_no_qti_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(content, language="en")


def test_pictures_of_words_that_are_left_out_do_not_stay_behind() -> None:
    feedback = (
        '<modalFeedback outcomeIdentifier="F" identifier="incorrect" showHide="show"><img src="a.png" alt="x"/>'
        "</modalFeedback>"
    )
    xml = item(response("B"), choice("one", "two"), processed("match_correct") + feedback)
    (found,) = read(zipped({"q1.xml": xml, "a.png": picture()}), language="en").items
    assert found.draft is not None
    assert found.draft.assets == {}


def test_a_rubric_keeps_its_words_without_its_pictures() -> None:
    declared = '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="string"/>'
    rubric = '<rubricBlock view="scorer"><p>Look for <img src="a.png" alt="three"/> reasons.</p></rubricBlock>'
    body = f'<p>Why?</p><extendedTextInteraction responseIdentifier="RESPONSE"/>{rubric}'
    (found,) = read(zipped({"q1.xml": item(declared, body), "a.png": picture()}), language="en").items
    assert found.draft is not None
    assert found.draft.texts["en"].criteria == (CriterionText("Answer", ("", "Look for three reasons.")),)
    assert "Pictures of the rubric" in words_of(found)


def test_an_order_that_is_worth_less_than_the_right_one_is_lost_in_words() -> None:
    body = choice("one", "two").replace("choiceInteraction", "orderInteraction")
    values = "".join(f'<baseValue baseType="identifier">{name}</baseValue>' for name in "AB")
    rules = (
        f'<match>{VARIABLE}<correct identifier="RESPONSE"/></match>',
        f"<match>{VARIABLE}<ordered>{values}</ordered></match>",
    )
    scored = f"<responseProcessing>{awarded(rules[0], 2)}{awarded(rules[1])}</responseProcessing>"
    found = read_one(item(response("B", "A", cardinality="ordered"), body, scored))
    assert found.draft is not None
    assert "worth 2 points in the file, and 1 here" in words_of(found)
    assert "other than the right one" in words_of(found)


def test_answers_that_the_rules_hold_besides_the_key_keep_their_points() -> None:
    rules = (
        f'<match>{VARIABLE}<correct identifier="RESPONSE"/></match>',
        f'<stringMatch caseSensitive="true">{VARIABLE}<baseValue baseType="string">bad king</baseValue></stringMatch>',
    )
    scored = f"<responseProcessing>{awarded(rules[0], 1)}{awarded(rules[1], 0.5)}</responseProcessing>"
    draft = draft_of(item(response("wicked king", base="string"), f"<p>Who?</p><p>{ENTRY}</p>", scored))
    assert draft.keys == (DraftKey(text="wicked king"), DraftKey(text="bad king", points=0.5))
    assert (draft.scoring, draft.max_score) == ("partial", 2)


def test_a_choice_an_entry_and_words_to_drop_become_gaps_in_the_order_of_the_text() -> None:
    group = (
        '<gapMatchInteraction responseIdentifier="R4"><gapText identifier="F" matchMax="1">family</gapText>'
        '<gapText identifier="C" matchMax="1">castle</gapText><p>her <gap identifier="G1"/></p></gapMatchInteraction>'
    )
    declared = response("B") + response("king", base="string", name="R3")
    declared += response("F G1", cardinality="multiple", base="directedPair", name="R4")
    entry = '<p>by the <textEntryInteraction responseIdentifier="R3"/></p>'
    found = read_one(item(declared, choice("one", "two") + entry + group))
    assert found.draft is not None, words_of(found)
    assert found.draft.texts["en"].stem == "Which?\n\n[[1]]\n\nby the [[2]]\n\nher [[3]]"
    assert found.draft.gaps == {1: "choice", 2: "text", 3: "choice"}
    assert {(key.gap, key.option, key.text) for key in found.draft.keys} == {(1, 2, ""), (2, None, "king"), (3, 1, "")}


def test_points_that_count_from_some_number_on_are_lost_in_words() -> None:
    declared = "".join(response("x", base="string", name=name, mapping=mapped({"x": 1})) for name in ("R1", "R2"))
    entries = "".join(f'<textEntryInteraction responseIdentifier="{name}"/> ' for name in ("R1", "R2"))
    rules = (
        "<setOutcomeValue identifier='TEMP'><sum><mapResponse identifier='R1'/><mapResponse identifier='R2'/></sum>"
        "</setOutcomeValue>"
        + awarded("<gte><variable identifier='TEMP'/><baseValue baseType='float'>2</baseValue></gte>")
    )
    found = read_one(item(declared, f"<p>a {entries}</p>", f"<responseProcessing>{rules}</responseProcessing>"))
    assert found.draft is not None
    assert "Rules of scoring were left out (gte)" in words_of(found)


def test_a_test_whose_items_are_elsewhere_says_so() -> None:
    (test,) = read(TEST.encode(), language="en").tests
    assert test.items == ()
    assert {"The test has no items.", "The item b is not in the file."} <= {loss.words for loss in test.losses}
