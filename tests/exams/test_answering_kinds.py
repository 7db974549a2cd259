"""Answers of every kind on their way: shown without a key, taken once, scored, stored and reviewed."""

import json
import re
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from exams.models import Attempt, Response
from exams.presentation import authored_answer, shown_answer, shown_order
from exams.problems import KeyReused
from exams.scoring import AnswerSpec
from exams.selectors.results import report_of
from exams.selectors.statistics import area_profile
from exams.services import answering
from exams.services.bank import new_version
from tests.exams.kinds import KINDS, MATCHING, NUMERIC, ORDERING, partial
from tests.exams.sitting import WRONG, begin, give, make_form, pool_of, sent, take
from zones.problems import Invalid


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def exam(in_univ, cast) -> Any:
    return make_form(cast.zoe)


def responses(attempt: Attempt) -> list[Response]:
    return list(attempt.responses.order_by("position").select_related("version"))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_right_answers_of_every_kind_get_full_marks(exam, cast, language):
    attempt = take(cast.bob, exam, language=language)
    rows = responses(attempt)
    assert [row.version.kind for row in rows] == [draft.kind for draft in KINDS.values()]
    for row in rows:
        is_essay = row.version.kind == "essay"
        assert row.score == (None if is_essay else row.version.max_score)
        assert row.is_correct != is_essay
        assert (row.option is None, row.answer is None) == (row.version.kind != "single", row.version.kind == "single")
    assert (attempt.correct, attempt.ungraded, attempt.report["scored"]) == (len(rows) - 1, 1, len(rows) - 1)
    assert attempt.score > 500


def test_wrong_answers_of_every_kind_are_stored_as_they_were_meant(exam, cast):
    attempt = take(cast.bob, exam, right=False)
    assert attempt.correct == 0
    for row in responses(attempt):
        if row.version.kind != "single":
            assert row.answer == WRONG[row.version.kind]
    assert attempt.score < 500


def test_nothing_that_the_browser_gets_tells_the_key(exam, cast):
    state, seen = begin(cast.bob, exam), []
    while state["item"]:
        item = state["item"]
        seen.append(item["kind"])
        shown = {"id", "position", "kind", "language", "passage_html", "stem_html", "options", "targets", "gaps"}
        assert set(item) == shown
        assert all(set(option) == {"id", "html"} for option in item["options"] + item["targets"])
        assert all(set(gap) == {"number", "kind", "options"} for gap in item["gaps"])
        assert not re.search("3\\.14|특별시|H2O", json.dumps(item, ensure_ascii=False))
        state = give(cast.bob, state)
    assert set(seen) == {draft.kind for draft in KINDS.values()}


def test_an_order_is_scrambled_by_attempt_and_item_and_stays(in_univ, cast):
    exam = make_form(cast.zoe, {"o": ORDERING, "m": MATCHING})
    state = begin(cast.bob, exam)
    again = begin(cast.bob, exam)
    assert state["item"] == again["item"]
    attempt, loaded = pool_of(state)
    order = shown_order(3, attempt.seed, loaded.versions[0])
    words = [option["html"] for option in state["item"]["options"]]
    assert words == [ORDERING.texts["ko"].options[place - 1] for place in order]
    assert [option["id"] for option in state["item"]["options"]] == [1, 2, 3]


def test_orders_differ_from_attempt_to_attempt_and_every_order_comes():
    seen = {shown_order(3, seed, 7) for seed in range(200)}
    assert len(seen) == 6
    assert shown_order(3, 5, 7) == shown_order(3, 5, 7)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_shown_is_read_back_as_it_was_meant(seed):
    ordering, matching = AnswerSpec("ordering", options=5), AnswerSpec("matching", options=3, targets=4)
    for spec, answer in ((ordering, {"order": [3, 1, 5, 4, 2]}), (matching, {"pairs": [[1, 4], [3, 2]]})):
        assert authored_answer(spec, shown_answer(spec, answer, 9, seed), 9, seed) == answer


def test_a_repeated_answer_of_any_kind_changes_nothing_and_another_one_is_refused(exam, cast):
    state = begin(cast.bob, exam)
    while state["item"]:
        arguments, other = sent(state), sent(state, right=False)
        state = answering.answer(person=cast.bob, **arguments)
        written = Response.objects.count(), Attempt.objects.values_list("state", "answered", "ungraded").get()
        again = answering.answer(person=cast.bob, **arguments)
        assert {**again, "server_time": 0} == {**state, "server_time": 0}
        other["client_key"] = arguments["client_key"]
        if other.get("answer") != arguments.get("answer") or "option" in other:
            with pytest.raises(KeyReused):
                answering.answer(person=cast.bob, **other)
        with pytest.raises(KeyReused):
            # Of another kind altogether.
            answering.answer(person=cast.bob, **{**arguments, "option": None, "answer": {"nonsense": 1}})
        assert written == (
            Response.objects.count(),
            Attempt.objects.values_list("state", "answered", "ungraded").get(),
        )


def test_the_same_answer_in_other_words_is_the_same_call(in_univ, cast):
    exam = make_form(cast.zoe, {"m": KINDS["multiple"], "n": NUMERIC})
    state = begin(cast.bob, exam)
    arguments = sent(state, answer={"options": [3, 1, 1]})
    answering.answer(person=cast.bob, **arguments)
    answering.answer(person=cast.bob, **{**arguments, "answer": {"options": [1, 3]}})
    assert Response.objects.get().answer == {"options": [1, 3]}


REFUSED = {
    "single": [(None, None), (4, None), (None, {"options": [1]}), (1, {"options": [2]})],
    "multiple": [(1, None), (None, {"options": [5]}), (1, {"options": [2]})],
    "ordering": [(None, {"order": [1, 2]}), (None, {"order": [1, 2, 4]})],
    "matching": [(None, {"pairs": [[1, 4]]}), (None, {"pairs": [[1, 2], [1, 3]]})],
    "numeric": [(None, {"text": "three"}), (None, {})],
    "text": [(None, {"text": "\x00 "}), (None, {"text": "x" * 501})],
    "cloze": [(None, {"gaps": {"9": "x"}}), (None, {"gaps": {"1": "cold"}})],
    "essay": [(None, {"text": "x" * 20_001})],
}


def test_what_is_no_answer_is_refused_in_words_and_nothing_is_lost(exam, cast):
    state = begin(cast.bob, exam)
    while state["item"]:
        before = Attempt.objects.values().get()
        for option, answer in REFUSED[state["item"]["kind"]]:
            with pytest.raises(Invalid) as refused:
                give(cast.bob, state, option=option, answer=answer)
            assert str(refused.value.detail)
        assert Attempt.objects.values().get() == before
        state = give(cast.bob, state)


def test_a_text_is_stored_composed_and_without_what_cannot_be_stored(in_univ, cast):
    exam = make_form(cast.zoe, {"text": KINDS["text"], "essay": KINDS["essay"]})
    state = give(cast.bob, begin(cast.bob, exam), answer={"text": " 서울\ud800\x00"})
    give(cast.bob, state, answer={"text": "a\r\nb\x07"})
    rows = list(Response.objects.order_by("position"))
    assert [(row.answer["text"], row.is_correct) for row in rows] == [("서울", True), ("a\nb", False)]


def test_partial_credit_moves_the_ability_by_its_category(in_univ, cast):
    exam = make_form(cast.zoe, {"o": partial(ORDERING, 3, "grm")})
    thetas = []
    orders = {3: [1, 2, 3], 1: [1, 3, 2], 0: [2, 3, 1]}
    for points, order in orders.items():
        state = begin(cast.bob, exam)
        attempt, loaded = pool_of(state)
        answer = shown_answer(loaded.answers[0], {"order": order}, loaded.versions[0], attempt.seed)
        give(cast.bob, state, answer=answer)
        assert Response.objects.get(attempt=attempt).score == points
        thetas.append(Attempt.objects.get(pk=attempt.pk).theta)
    assert thetas == sorted(thetas, reverse=True)
    assert len(set(thetas)) == 3


def test_an_answer_is_judged_in_the_language_that_it_was_asked_in(in_univ, cast):
    exam = make_form(cast.zoe, {"text": KINDS["text"]})
    for language, text, right in (("ko", "서울", True), ("en", "서울", False), ("en", " seoul ", True)):
        state = begin(cast.bob, exam, language)
        give(cast.bob, state, answer={"text": text})
        assert Response.objects.get(attempt=state["id"]).is_correct is right


def test_an_attempt_goes_on_with_the_versions_that_it_began_with(in_univ, cast):
    exam = make_form(cast.zoe, {"n": NUMERIC})
    state = begin(cast.bob, exam)
    new_version(
        person=cast.zoe, item=exam.form.get().item, draft=replace(NUMERIC, keys=(replace(NUMERIC.keys[0], number=2.0),))
    )
    give(cast.bob, state, answer={"text": "3.14"})
    assert Response.objects.get().is_correct


def test_the_review_says_what_was_given_and_what_is_right(exam, cast):
    wrong, right = (report_of(take(cast.bob, exam, right=r), "en").review for r in (False, True))
    by_kind = {(row["kind"], row["max_score"]): row for row in wrong}
    assert all(row["correct"] for row in right if row["kind"] != "essay")
    multiple = by_kind["multiple", 1]["options"]
    assert [(o["chosen"], o["key"]) for o in multiple] == [(False, True), (True, False), (False, True), (True, False)]
    assert by_kind["ordering", 1]["order"][0] == {"html": "cell", "right": False, "place": 2}
    assert by_kind["matching", 1]["pairs"] == [
        {"option_html": "Korea", "target_html": "Beijing", "right": False, "key_html": "Seoul"},
        {"option_html": "Japan", "target_html": None, "right": False, "key_html": "Tokyo"},
        {"option_html": "Mars", "target_html": "Tokyo", "right": False, "key_html": None},
    ]
    assert (by_kind["numeric", 1]["text"], by_kind["numeric", 1]["accepted"]) == ("99", ["3.14 ± 0.005"])
    assert by_kind["text", 1]["accepted"] == ["서울", "서울특별시", "Seoul"]
    assert by_kind["cloze", 1]["gaps"] == [
        {"number": 1, "html": "50", "right": False, "key_html": "100"},
        {"number": 2, "html": None, "right": False, "key_html": "H2O"},
        {"number": 3, "html": "acidic", "right": False, "key_html": "neutral"},
    ]
    essay = by_kind["essay", 3]
    assert (essay["pending"], essay["score"], essay["grade"]) == (True, None, None)
    assert [(c["name"], c["most"], c["points"]) for c in essay["criteria"]] == [
        ("Content", 2, None),
        ("Structure", 1, None),
    ]
    assert all(p["right"] for row in right for part in ("order", "pairs", "gaps") for p in row[part])


def test_a_written_answer_is_shown_as_text_and_never_as_html(in_univ, cast):
    exam = make_form(cast.zoe, {"cloze": KINDS["cloze"]})
    state = begin(cast.bob, exam)
    give(cast.bob, state, answer={"gaps": {"2": "<img src=x onerror=alert(1)>"}})
    row = report_of(Attempt.objects.get()).review[0]
    assert row["gaps"][1]["html"] == "&lt;img src=x onerror=alert(1)&gt;"


def test_a_key_of_the_client_is_used_once_whatever_the_kind(exam, cast):
    state, key = begin(cast.bob, exam), uuid.uuid4()
    state = give(cast.bob, state, client_key=key)
    with pytest.raises(KeyReused):
        give(cast.bob, state, client_key=key)


def test_answers_cost_as_many_queries_whatever_the_kind(exam, cast, django_assert_max_num_queries):
    take(cast.otto, exam)
    state = begin(cast.bob, exam)
    while state["item"]:
        arguments = sent(state)
        # At the end the place in the group is counted, and the report made.
        with django_assert_max_num_queries(8):
            state = answering.answer(person=cast.bob, **arguments)


@pytest.mark.parametrize("right", [True, False])
def test_areas_of_a_class_expect_by_each_item_s_own_model(in_univ, cast, right):
    drafts = {
        "upper": replace(KINDS["single"], c=0.2, d=0.9),
        "gpcm": partial(ORDERING, 3),
        "grm": partial(MATCHING, 2, "grm"),
    }
    attempt = take(cast.bob, make_form(cast.zoe, drafts), right)
    (of_class,), (own,) = area_profile([cast.bob.pk]), report_of(attempt).areas
    assert of_class["expected"] == pytest.approx(own["expected"], abs=0.051)
    assert (of_class["correct"], of_class["answered"]) == (own["correct"], own["answered"]) == (3 * right, 3)
