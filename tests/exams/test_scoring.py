"""The laws of scoring, for every kind of item."""

import json
import time
import unicodedata
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exams.numerals import is_within, read_number, written
from exams.scoring import LONGEST_ESSAY, AnswerSpec, InvalidAnswer, Key, right_answer, right_gaps, score
from exams.spelling import folded, tidied

points = st.sampled_from([0.5, 1.0, 1.0, 2.0, 3.0])
penalties = st.sampled_from([-2.0, -1.0, -0.5])
syllables = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=8)
phrases = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Co", "Cn"]), min_size=1, max_size=12)
phrases = phrases.filter(lambda text: folded(text, case_sensitive=True) and len(tidied(text)) <= 100)


# --- Specs and answers of every kind --------------------------------------------------------------------------------


@st.composite
def specs(
    draw: Any, kinds: tuple[str, ...] = ("multiple", "ordering", "matching", "numeric", "text", "cloze")
) -> AnswerSpec:
    kind = draw(st.sampled_from(kinds))
    scoring = draw(st.sampled_from(["exact", "partial"]))
    spec = AnswerSpec(
        kind=kind,
        options=draw(st.integers(2, 6)),
        targets=draw(st.integers(1, 5)),
        scoring=scoring,
        max_score=draw(st.integers(1, 6)) if scoring == "partial" else 1,
        case_sensitive=draw(st.booleans()),
    )
    if kind == "single":
        return replace(spec, key=draw(st.integers(1, spec.options)))
    if kind == "essay":
        return spec
    if kind == "cloze":
        gaps = {n: draw(st.sampled_from(["choice", "text", "numeric"])) for n in range(1, draw(st.integers(1, 4)) + 1)}
        keys = tuple(key for gap, filled in gaps.items() for key in _gap_keys(draw, filled, gap, 3))
        return replace(spec, gaps=gaps, gap_options=dict.fromkeys(gaps, 3), keys=keys)
    return replace(spec, keys=tuple(_keys(draw, spec)))


def _keys(draw: Any, spec: AnswerSpec) -> list[Key]:
    if spec.kind == "ordering":
        places = draw(st.permutations(range(1, spec.options + 1)))
        return [Key(option=n, target=place, points=draw(points)) for n, place in enumerate(places, start=1)]
    if spec.kind == "multiple":
        return _chosen(draw, spec.options, 0)
    if spec.kind == "matching":
        matched = draw(st.lists(st.integers(1, spec.options), min_size=1, unique=True))
        return [Key(option=n, target=draw(st.integers(1, spec.targets)), points=draw(points)) for n in matched]
    return _gap_keys(draw, spec.kind, 0, 0)


def _chosen(draw: Any, options: int, gap: int) -> list[Key]:
    right = draw(st.lists(st.integers(1, options), min_size=1, unique=True))
    others = [n for n in range(1, options + 1) if n not in right and draw(st.booleans())]
    return [
        *(Key(gap=gap, option=n, points=draw(points)) for n in right),
        *(Key(gap=gap, option=n, points=draw(penalties)) for n in others),
    ]


def _gap_keys(draw: Any, kind: str, gap: int, options: int) -> list[Key]:
    if kind == "choice":
        return _chosen(draw, options, gap)
    if kind == "text":
        return [Key(gap=gap, text=draw(phrases), points=draw(points)) for _n in range(draw(st.integers(1, 3)))]
    number = st.floats(-1e9, 1e9) | st.integers(-1000, 1000).map(float)
    return [
        Key(gap=gap, number=draw(number), tolerance=draw(st.sampled_from([0.0, 0.01, 1.0])), points=draw(points))
        for _n in range(draw(st.integers(1, 2)))
    ]


@st.composite
def answers(draw: Any, spec: AnswerSpec) -> dict[str, Any]:
    """Any answer that the item takes, as a browser sends it."""
    numbers = st.sampled_from(["0", "3.14", "-2", "1/2", "50 %", "1e3"]) | st.integers(-9, 9).map(str)
    positions = st.integers(1, spec.options)
    if spec.kind == "single":
        return {"option": draw(positions)}
    if spec.kind == "multiple":
        return {"options": draw(st.lists(positions, min_size=1))}
    if spec.kind == "ordering":
        return {"order": draw(st.permutations(range(1, spec.options + 1)))}
    if spec.kind == "matching":
        pairs = draw(st.dictionaries(positions, st.integers(1, spec.targets), min_size=1))
        return {"pairs": [list(pair) for pair in pairs.items()]}
    if spec.kind == "cloze":
        fillings = {"choice": st.integers(1, 3), "text": phrases, "numeric": numbers}
        filled = draw(st.lists(st.sampled_from(sorted(spec.gaps)), min_size=1, unique=True))
        return {"gaps": {str(gap): draw(fillings[spec.gaps[gap]]) for gap in filled}}
    return {"text": draw(numbers if spec.kind == "numeric" else phrases)}


ALL = ("single", "multiple", "ordering", "matching", "numeric", "text", "cloze", "essay")


@given(st.data(), specs(ALL))
def test_a_canonical_answer_is_json_scores_the_same_and_stays_as_it_is(data, spec):
    first = score(spec, data.draw(answers(spec)), "ko")
    again = score(spec, json.loads(json.dumps(first.answer)), "ko")
    assert again == first
    assert first.score is None if spec.kind == "essay" else 0 <= (first.score or 0) <= spec.max_score


@given(specs(ALL))
def test_the_keys_own_answer_gets_full_marks(spec):
    answer = right_answer(spec, "en")
    if spec.kind == "essay":
        assert answer is None
        return
    scored = score(spec, answer, "en")
    assert (scored.score, scored.is_correct) == (spec.max_score, True)


@given(st.data(), specs())
def test_full_marks_are_for_right_answers_alone(data, spec):
    scored = score(spec, data.draw(answers(spec)), "en")
    assert (scored.score == spec.max_score) == scored.is_correct
    if spec.scoring == "exact":
        assert scored.score in (0, spec.max_score)


@given(st.data(), specs(("multiple",)))
def test_of_a_multiple_choice_exactly_the_right_options_are_right(data, spec):
    answer = data.draw(answers(spec))
    right = {key.option for key in spec.keys if key.points > 0}
    assert score(spec, answer, "en").is_correct == (set(answer["options"]) == right)


@given(st.data(), specs(("multiple",)))
def test_one_more_right_option_never_costs_and_one_more_wrong_one_never_pays(data, spec):
    spec = replace(spec, scoring="partial", max_score=data.draw(st.integers(1, 6)))
    chosen = set(data.draw(answers(spec))["options"])
    before = score(spec, {"options": list(chosen)}, "en").score
    for option in set(range(1, spec.options + 1)) - chosen:
        after = score(spec, {"options": [*chosen, option]}, "en").score
        if any(key.option == option and key.points > 0 for key in spec.keys):
            assert after >= before
        else:
            assert after <= before


@given(st.data(), specs(("ordering",)))
def test_one_option_more_in_its_place_never_costs(data, spec):
    spec = replace(spec, scoring="partial", max_score=data.draw(st.integers(1, 6)))
    order = list(data.draw(answers(spec))["order"])
    before = score(spec, {"order": order}, "en").score
    place = data.draw(st.integers(1, spec.options))
    right = next(key.option for key in spec.keys if key.target == place)
    there = order.index(right)
    # Putting an option into its place can only displace one that stands wrongly there.
    order[there], order[place - 1] = order[place - 1], order[there]
    if next(key.target for key in spec.keys if key.option == order[there]) != place:
        assert score(spec, {"order": order}, "en").score >= before


@given(st.data(), specs(("matching", "cloze")))
def test_one_part_more_that_is_right_never_costs(data, spec):
    spec = replace(spec, scoring="partial", max_score=data.draw(st.integers(1, 6)))
    answer = score(spec, data.draw(answers(spec)), "en")
    right = right_answer(spec, "en")
    if spec.kind == "matching":
        option, target = data.draw(st.sampled_from(right["pairs"]))
        better = {"pairs": sorted((dict(answer.answer["pairs"]) | {option: target}).items())}
    else:
        gap = data.draw(st.sampled_from(sorted(right["gaps"])))
        better = {"gaps": answer.answer["gaps"] | {gap: right["gaps"][gap]}}
    assert score(spec, better, "en").score >= answer.score


@given(specs(("matching",)), st.integers(1, 6))
def test_partial_credit_is_the_share_of_points_rounded_down(spec, most):
    spec = replace(spec, scoring="partial", max_score=most)
    pairs = right_answer(spec, "en")["pairs"][:1]
    total = sum(key.points for key in spec.keys)
    earned = next(key.points for key in spec.keys if key.option == pairs[0][0])
    assert score(spec, {"pairs": pairs}, "en").score == floor(most * Fraction(earned) / Fraction(total))


def test_choosing_everything_is_not_full_marks_even_without_penalties():
    spec = AnswerSpec("multiple", options=4, keys=(Key(option=1), Key(option=2)), scoring="partial", max_score=2)
    assert [score(spec, {"options": o}, "en").score for o in ([1, 2], [1], [1, 2, 3, 4], [3])] == [2, 1, 1, 0]
    strict = replace(spec, keys=(*spec.keys, Key(option=3, points=-1), Key(option=4, points=-1)))
    assert [score(strict, {"options": o}, "en").score for o in ([1, 2, 3, 4], [1, 2, 3], [3, 4])] == [0, 1, 0]


def test_thirds_sum_to_a_whole():
    spec = AnswerSpec("cloze", gaps=dict.fromkeys((1, 2, 3), "text"), scoring="partial", max_score=3)
    spec = replace(spec, keys=tuple(Key(gap=n, text="x", points=0.1) for n in (1, 2, 3)))
    filled = [score(spec, {"gaps": {str(n): "x" for n in range(1, k + 1)}}, "en").score for k in (1, 2, 3)]
    assert filled == [1, 2, 3]


def test_an_option_that_belongs_nowhere_must_be_left_alone():
    spec = AnswerSpec("matching", options=2, targets=2, keys=(Key(option=1, target=2),), scoring="partial", max_score=2)
    assert score(spec, {"pairs": [[1, 2]]}, "en").score == 2
    assert score(spec, {"pairs": [[1, 2], [2, 1]]}, "en").score == 1


def test_alternatives_count_by_the_best_that_fits():
    near = (Key(number=3.14, tolerance=0.005), Key(number=3.0, tolerance=0.2, points=0.5))
    spec = AnswerSpec("numeric", keys=near, scoring="partial", max_score=2)
    assert [score(spec, {"text": t}, "en").score for t in ("3.14", "3.145", "3.1", "4")] == [2, 2, 1, 0]
    words = (Key(text="Seoul", language="en"), Key(text="서울", language="ko"), Key(text="Hanyang", points=0.5))
    spec = AnswerSpec("text", keys=words, scoring="partial", max_score=2)
    asked = [("서울", "ko"), ("Seoul", "ko"), ("Seoul", "en"), ("hanyang", "ko")]
    assert [score(spec, {"text": text}, language).score for text, language in asked] == [2, 0, 2, 1]


def test_the_gaps_that_are_right_are_told_apart():
    spec = AnswerSpec("cloze", gaps={1: "text", 2: "choice"}, gap_options={2: 3})
    spec = replace(spec, keys=(Key(gap=1, text="a"), Key(gap=2, option=3)))
    assert right_gaps(spec, {"gaps": {"2": 3}}, "en") == {1: False, 2: True}


# --- Refusals -------------------------------------------------------------------------------------------------------

CLOZE = AnswerSpec("cloze", gaps={1: "choice", 2: "numeric", 3: "text"}, gap_options={1: 3})
REFUSED = [
    (AnswerSpec("single", key=1, options=3), {"option": 4}, "option", 4),
    (AnswerSpec("single", key=1, options=3), {}, "option", None),
    (AnswerSpec("single", key=1, options=3), {"option": True}, "option", True),
    (AnswerSpec("multiple", options=3), {"options": []}, "empty", None),
    (AnswerSpec("multiple", options=3), {"options": 1}, "shape", "options"),
    (AnswerSpec("multiple", options=3), {"options": [1, 0]}, "option", 0),
    (AnswerSpec("multiple", options=3), {"options": [1.0]}, "option", 1.0),
    (AnswerSpec("ordering", options=3), {"order": [1, 2]}, "order", 3),
    (AnswerSpec("ordering", options=3), {"order": [1, 2, 2]}, "order", 3),
    (AnswerSpec("ordering", options=3), {"order": [1, 2, 4]}, "option", 4),
    (AnswerSpec("matching", options=2, targets=2), {"pairs": []}, "empty", None),
    (AnswerSpec("matching", options=2, targets=2), {"pairs": [[1, 3]]}, "target", 3),
    (AnswerSpec("matching", options=2, targets=2), {"pairs": [[3, 1]]}, "option", 3),
    (AnswerSpec("matching", options=2, targets=2), {"pairs": [[1, 1], [1, 2]]}, "twice", 1),
    (AnswerSpec("matching", options=2, targets=2), {"pairs": [[1]]}, "shape", "pairs"),
    (AnswerSpec("numeric"), {"text": "three"}, "number", "three"),
    (AnswerSpec("numeric"), {"text": 3}, "shape", "text"),
    (AnswerSpec("numeric"), {"text": "1" * 101}, "number", "1" * 101),
    (AnswerSpec("text"), {"text": " \x00\n"}, "empty", None),
    (AnswerSpec("text"), {"text": "x" * 501}, "long", 500),
    (AnswerSpec("text"), {"options": [1]}, "shape", "text"),
    (AnswerSpec("essay"), {"text": "x" * (LONGEST_ESSAY + 1)}, "long", LONGEST_ESSAY),
    (CLOZE, {"gaps": {"4": "x"}}, "gap", "4"),
    (CLOZE, {"gaps": {"01": 1}}, "gap", "01"),
    (CLOZE, {"gaps": {"1": "2"}}, "option", "2"),
    (CLOZE, {"gaps": {"2": "x"}}, "number", "x"),
    (CLOZE, {"gaps": {"3": 5}}, "shape", "text"),
    (CLOZE, {"gaps": {"2": " ", "3": ""}}, "empty", None),
    (CLOZE, {"gaps": [1]}, "shape", "gaps"),
]


@pytest.mark.parametrize(("spec", "answer", "fault", "value"), REFUSED)
def test_an_answer_that_is_none_is_refused_with_its_fault(spec, answer, fault, value):
    with pytest.raises(InvalidAnswer) as refused:
        score(spec, answer, "en")
    assert (refused.value.fault, refused.value.value) == (fault, value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
PARTS = ("option", "options", "order", "pairs", "text", "gaps", "1", "2")


@given(
    specs(ALL),
    st.dictionaries(st.sampled_from(PARTS), json_values | st.dictionaries(st.sampled_from(PARTS), json_values)),
)
def test_whatever_is_sent_is_scored_or_refused_in_order(spec, answer):
    with suppress(InvalidAnswer):
        score(spec, answer, "ko")


# --- Texts ----------------------------------------------------------------------------------------------------------

COMPATIBILITY = {
    unicodedata.name(chr(code)).removeprefix("HANGUL LETTER "): chr(code) for code in range(0x3131, 0x3164)
}


def _separate(text: str) -> str:
    """The letters of the syllables one by one, as a keyboard gives them without an input method."""
    letters = unicodedata.normalize("NFD", text)
    return "".join(COMPATIBILITY[unicodedata.name(letter).split(" ", 2)[2]] for letter in letters)


@given(syllables)
def test_hangul_is_the_same_composed_decomposed_and_letter_by_letter(word):
    forms = {folded(form) for form in (word, unicodedata.normalize("NFD", word), _separate(word))}
    assert len(forms) == 1


@given(syllables, syllables)
def test_different_words_of_hangul_stay_different(one, other):
    assume(one != other)
    assert folded(one) != folded(other)


@given(phrases)
def test_the_folded_form_folds_to_itself_whatever_the_case(text):
    assert folded(folded(text)) == folded(text)
    kept = folded(text, case_sensitive=True)
    assert folded(kept, case_sensitive=True) == kept
    assert folded(unicodedata.normalize("NFD", text)) == folded(f"  {text}\t")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ｓｅｏｕｌ", "seoul"), ("H₂O", "h2o"), ("don’t", "don't"), ("x–y", "X-Y"), ("ﾊﾝ", "ハン"),
     ("a  b\u00a0c", "A b c"),
     ("co\u00adop", "coop"), ("Straße", "STRASSE"), ("ﾡ", "ㄱ"), ("e\u0301", "É")],
)  # fmt: skip
def test_what_a_keyboard_or_a_telephone_changes_is_no_other_answer(one, other):
    assert folded(one) == folded(other)


def test_case_counts_where_it_must():
    assert folded("mM", case_sensitive=True) != folded("MM", case_sensitive=True)
    assert folded("가 나") != folded("가나")
    assert folded("café") != folded("cafe")


# --- Numbers --------------------------------------------------------------------------------------------------------

NUMBERS = [
    ("3.14", "ko", "3.14"), ("3,14", "ko", "3.14"), (".5", "en", "0.5"), ("5.", "en", "5"), ("+7", "en", "7"),
    ("1,234", "ko", "1234"), ("1,234", "de", "1.234"), ("1.234", "de", "1234"), ("1.234", "ko", "1.234"),
    ("0,125", "ko", "0.125"), ("0.125", "de", "0.125"), ("1,234.5", "de", "1234.5"), ("1.234,5", "ko", "1234.5"),
    ("1,234,567", "en", "1234567"), ("1 234 567,8", "fr", "1234567.8"), ("1\u202f234", "fr", "1234"),
    ("1'234.5", "en", "1234.5"), ("−5", "ko", "-5"), ("－５．２", "ko", "-5.2"), ("– 5", "en", "-5"),
    ("1/2", "ko", "0.5"), ("-3/4", "en", "-0.75"), ("1 1/2", "en", "1.5"), ("1½", "en", "1.5"), ("¾", "en", "0.75"),
    ("1.5/2", "en", "0.75"), ("1.2e-3", "en", "0.0012"), ("1.2E3", "en", "1200"), ("1,2×10^-3", "en", "0.0012"),
    ("1.2 x 10⁻³", "en", "0.0012"), ("6·10^2", "en", "600"), ("10³", "en", "1000"), ("٣", "en", "3"),
    ("१२", "en", "12"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "language", "value"), NUMBERS)
def test_a_number_is_read_as_people_write_it(text, language, value):
    assert read_number(text, language) == (read := read_number(value, "en"))
    assert read is not None
    assert float(read.value) == float(value)


@pytest.mark.parametrize(
    "text",
    ["", "-", "abc", "1,2,3", "1.2.3", "12,34,567", "1/0", "1//2", "1/2/3", "--5", "1e", "e5", "1e999", "1e99999999999",
     "x = 3", "3 cm", "²", ".", "inf", "nan", "0x10", "1_000", "1 2", "9" * 101],
)  # fmt: skip
def test_what_is_no_number_is_none(text):
    assert read_number(text, "en") is None


@given(st.floats(-1e300, 1e300), st.sampled_from(["ko", "en", "de", "fr"]))
def test_a_number_that_we_write_is_read_again_exactly(number, language):
    reading = read_number(written(number, language), language)
    assert reading is not None
    assert is_within(reading, number)


@given(st.text(max_size=20) | st.text("0123456789.,eE+-/% ½³×^'", max_size=20))
def test_any_text_is_a_number_or_none(text):
    reading = read_number(text, "ko")
    assert reading is None or float(reading.value) < 1e301


def test_a_tolerance_includes_its_ends():
    for text, tolerance, is_relative, fits in [
        ("3.15", 0.01, False, True), ("3.13", 0.01, False, True), ("3.151", 0.01, False, False),
        ("3.14", 0.0, False, True), ("3.454", 0.1, True, True), ("3.455", 0.1, True, False),
    ]:  # fmt: skip
        assert is_within(read_number(text, "en"), 3.14, tolerance, is_relative=is_relative) == fits
    assert is_within(read_number("1/3", "en"), 1 / 3)
    assert is_within(read_number("-110", "en"), -100.0, 0.1, is_relative=True)


def test_percent_is_a_hundredth_and_where_the_key_is_a_number_of_percent_that_number():
    half = read_number("50 %", "en")
    assert is_within(half, 0.5)
    assert is_within(half, 50.0)
    assert not is_within(read_number("0.5%", "en"), 0.5)
    assert is_within(read_number("７％", "ko"), 0.07)


# --- Texts that somebody made to be slow ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "essay", "numeric", "cloze"])
@pytest.mark.parametrize("marks", ["\u0316\u0301", "\u0301\u0316\u0327"])
def test_marks_upon_marks_take_no_longer_than_letters(kind, marks):
    spec = AnswerSpec(kind=kind, keys=(Key(gap=int(kind == "cloze"), text="a"),), gaps={1: "text"})
    begun = time.process_time()
    for length in (400, LONGEST_ESSAY - 10, 1_000_000):
        text = ("a" + marks * length)[:length]
        with suppress(InvalidAnswer):
            score(spec, {"gaps": {"1": text}} if kind == "cloze" else {"text": text}, "en")
    # Sorting that many takes minutes; letters of this number are read in milliseconds.
    assert time.process_time() - begun < 1.0


def test_texts_with_marks_as_scripts_have_them_stay_as_they_are():
    text = "Việt Nam, שָׁלוֹם, नमस्ते, Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢"
    assert tidied(text) == unicodedata.normalize("NFC", text)
