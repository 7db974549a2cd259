"""Demo questions of every kind: sound, answered by simulated students as their models say, and graded."""

from collections.abc import Iterator
from random import Random

import pytest
from django.db import connection

from exams.item_problems import item_problems
from exams.models import Attempt, Exam, Grade, ItemVersion, Response
from exams.numerals import read_number
from exams.pools import load_pool
from exams.scoring import AnswerSpec, score
from exams.selectors.results import report_of
from megacity.demo.answers import _worth, answer_of
from megacity.demo.bank import load
from megacity.demo.kinds import all_kinds_draft, kind_items
from megacity.demo.seeding import Seeded, seed_zone
from tests import databases
from zones.context import get_zone

ITEMS = kind_items("univ")


def spec_of(draft) -> AnswerSpec:
    text = draft.texts["ko"]
    return AnswerSpec(
        kind=draft.kind,
        key=draft.key,
        options=len(text.options),
        targets=len(text.targets),
        keys=draft.keys,
        gaps=draft.gaps,
        gap_options={gap: len(options) for gap, options in text.gap_options.items()},
        scoring=draft.scoring,
        max_score=draft.max_score,
        case_sensitive=draft.case_sensitive,
    )


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
def test_every_question_is_sound_and_in_an_area_of_the_bank(item, in_univ):
    assert item_problems(item.draft) == []
    assert item.area in {area.code for area in load("univ").areas}
    assert set(item.draft.texts) == {"ko", "en"}
    assert all(text.explanation for text in item.draft.texts.values())


def test_codes_are_used_once_and_every_kind_is_there():
    codes = [item.code for item in ITEMS] + [item.code for item in load("univ").items]
    assert len(set(codes)) == len(codes)
    form = all_kinds_draft("univ").form
    kinds = [item.draft.kind for code in form for item in ITEMS if item.code == code]
    assert set(kinds) == set(ItemVersion.Kind.values)
    assert {item.draft.model for item in ITEMS} == set(ItemVersion.Model.values)
    assert all_kinds_draft("college") is None


@pytest.mark.parametrize(
    "item", [item for item in ITEMS if item.draft.kind not in ("essay", "single")], ids=lambda i: i.code
)
def test_a_simulated_answer_is_worth_what_was_drawn(item):
    spec, rng = spec_of(item.draft), Random(1)
    for language in ("ko", "en"):
        for wanted in range(spec.max_score + 1):
            scored = score(spec, _worth(spec, wanted, language, rng), language)
            reachable = spec.kind == "ordering" and wanted == spec.max_score - 1
            assert abs((scored.score or 0) - wanted) <= int(reachable)


@pytest.fixture(scope="module")
def history(django_db_setup, django_db_blocker) -> Iterator[Seeded]:
    with django_db_blocker.unblock():
        try:
            yield seed_zone(get_zone("univ"), students=9)
        finally:
            databases.empty()


@pytest.fixture
def seeded(history) -> Iterator[Seeded]:
    connection.set_tenant(get_zone("univ"))
    yield history
    connection.set_schema_to_public()


@pytest.mark.slow
def test_students_have_taken_the_exam_with_all_kinds(seeded):
    assert seeded.not_ready == []
    exam = Exam.objects.get(code="univ-kinds")
    attempts = list(exam.attempts.filter(status="finished"))
    assert attempts
    kinds = set(Response.objects.filter(attempt__in=attempts).values_list("version__kind", flat=True))
    assert kinds == set(ItemVersion.Kind.values)
    demo = next(attempt for attempt in attempts if attempt.user.email.startswith("student"))
    assert demo.ungraded == 0
    row = next(row for row in report_of(demo).review if row["kind"] == "essay")
    assert row["grade"]["comment"]
    assert Grade.objects.count() >= 2


@pytest.mark.slow
def test_answers_follow_the_model(seeded):
    attempt = Attempt.objects.filter(exam__code="univ-kinds").first()
    loaded = load_pool(attempt.pool_id)
    index = next(n for n, spec in enumerate(loaded.answers) if spec.kind == "numeric")
    rng = Random(3)
    shares = []
    for ability in (-3.0, 3.0):
        said = [
            answer_of(ability, loaded, index, item={"language": "en"}, seed=1, zone="univ", rng=rng)
            for _n in range(200)
        ]
        right = [score(loaded.answers[index], answer["answer"], "en").is_correct for answer in said]
        assert all(read_number(answer["answer"]["text"], "en") for answer in said)
        shares.append(sum(right) / len(right))
    assert shares[0] < 0.25
    assert shares[1] > 0.75
