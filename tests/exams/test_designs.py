"""Exams of every design through the real services: what an author decides is what students' attempts follow."""

import uuid
from dataclasses import replace

import pytest
from django.utils import translation

from exams.drafts import NewItem
from exams.exam_drafts import ConstraintDraft, ModuleDraft
from exams.models import Attempt, Exam, ExposureParameter, Item, ItemPool, ScoreScale
from exams.pools import build, current_pool, load_pool
from exams.problems import InvalidExam
from exams.rules import PLAIN, snapshot
from exams.selectors.exposure import excluded_items, exposure_counts
from exams.selectors.readiness import readiness_problems
from exams.selectors.results import report_of
from exams.services.authoring import create_exam, draft_of, publish_exam, update_exam
from exams.services.bank import create_items
from tests.api.city import start, take
from tests.cast import make_person
from tests.exams.drafts import areas, exam_draft, item_draft


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def bank(in_univ, cast) -> list[Item]:
    """Fifteen active items in each of two areas, and three of each in field test."""
    new = [
        NewItem(f"{area.code}-{n}", area.pk, item_draft(n), Item.Status.ACTIVE if n <= 15 else Item.Status.FIELD_TEST)
        for area in areas(cast.zoe).values()
        for n in range(1, 19)
    ]
    return create_items(person=cast.zoe, items=new)


@pytest.fixture
def scale(in_univ) -> ScoreScale:
    return ScoreScale.objects.create(code="t", name="T점수", kind="standard", translations={"en": {"name": "T score"}})


def open_exam(cast, **changes) -> Exam:
    exam = create_exam(person=cast.zoe, code=f"e{uuid.uuid4().hex[:8]}", draft=exam_draft(**changes))
    publish_exam(person=cast.zoe, exam=exam)
    return exam


def problems_of(cast, **changes) -> str:
    exam = create_exam(person=cast.zoe, code=f"e{uuid.uuid4().hex[:8]}", draft=exam_draft(**changes))
    return " ".join(readiness_problems(exam))


def codes_given(attempt: Attempt) -> list[str]:
    return list(attempt.responses.order_by("position").values_list("version__item__code", flat=True))


# --- From the draft to the engine -----------------------------------------------------------------------------------


EVERYTHING = exam_draft(
    estimator="wle",
    criterion="kullback_leibler",
    assembly="shadow",
    exposure="eligibility",
    exposure_rate=0.5,
    se_target=0.4,
    information_target=0.05,
    change_target=0.01,
    classification="interval",
    cut_scores=(-1.0, 0.5),
    classification_error=0.1,
    indifference=0.3,
    field_test_items=2,
    subscales=True,
    scales=("t",),
    constraints=(
        ConstraintDraft("items", area="sums", minimum=2, maximum=4),
        ConstraintDraft("words", tag="easy", item_kind="single", maximum=90),
    ),
)


def test_a_draft_comes_back_as_it_was_saved(bank, scale, cast):
    exam = create_exam(person=cast.zoe, code="everything", draft=EVERYTHING)
    assert draft_of(Exam.objects.get()) == EVERYTHING
    modules = (ModuleDraft("a", 1, ("sums-1", "logic-1")), ModuleDraft("b", 2, ("sums-2",), 0.5))
    changed = replace(EVERYTHING, kind="multistage", modules=modules, constraints=(), form=("sums-9",))
    update_exam(person=cast.zoe, exam=exam, draft=changed)
    assert draft_of(Exam.objects.get()) == changed


def test_the_engine_is_given_all_that_the_author_decided(bank, scale, cast):
    Item.objects.filter(code="sums-3").update(tags=["easy"])
    exam = open_exam(cast, **vars(EVERYTHING))
    config = load_pool(current_pool(exam).pk).config
    for name in (
        "estimator",
        "criterion",
        "exposure",
        "exposure_rate",
        "se_target",
        "information_target",
        "change_target",
        "classification",
        "cut_scores",
        "classification_error",
        "indifference",
        "field_test_items",
        "min_items",
        "max_items",
    ):
        assert getattr(config, name) == getattr(EVERYTHING, name), name
    assert config.design == "shadow"
    names = [one.name.partition(":")[0] for one in config.blueprint.constraints]
    assert names == ["area", "area", "items area", "words easy single"]
    words = config.blueprint.constraints[-1]
    assert (words.coefficients > 0).sum() == 1
    assert words.upper == 90


def test_the_snapshot_holds_every_column_that_attempts_follow():
    """A rule that is left out of the snapshot would change attempts that have begun."""
    elsewhere = {"title", "description", "translations", "visibility", "languages"}
    # What decides whether and how long, and is read when an attempt starts.
    elsewhere |= {"time_limit_minutes", "attempts_allowed", "opens_at", "closes_at"}
    from exams.exam_drafts import COLUMNS

    assert set(COLUMNS) - elsewhere == set(PLAIN)


def test_rules_written_before_there_were_more_mean_what_they_meant(bank, cast):
    exam = open_exam(cast)
    _rules, versions = snapshot(exam)
    shares = {str(row.area_id): row.share for row in exam.blueprint.all()}
    old = {"kind": "adaptive", "titles": {"": "옛"}, "min_items": 4, "max_items": 6, "se_target": 0.4}
    loaded = build({**old, "randomesque": 5, "areas": shares}, versions)
    config = loaded.config
    assert (config.estimator, config.criterion, config.design) == ("eap", "maximum_information", "areas")
    assert (config.exposure, config.randomesque, config.se_target) == ("randomesque", 5, 0.4)
    assert (config.field_test_items, config.cut_scores, config.blueprint) == (0, (), None)
    form = build({**old, "kind": "fixed", "randomesque": 5, "areas": {}}, versions[:3])
    assert (form.config.design, form.lengths) == ("fixed", (3, 3))


def test_an_attempt_keeps_rules_tags_and_enemies_that_it_began_with(bank, scale, cast):
    one, other = Item.objects.get(code="sums-1"), Item.objects.get(code="sums-2")
    one.enemies.add(other)
    exam = open_exam(cast, scales=("t",))
    before = current_pool(exam)
    assert len(before.rules["enemies"]) == 1
    one.enemies.clear()
    scale.sd = 20
    scale.save()
    assert current_pool(exam).pk != before.pk
    kept = ItemPool.objects.get(pk=before.pk).rules
    assert (kept["enemies"], kept["scales"][0]["sd"]) == (before.rules["enemies"], 10.0)


# --- Designs --------------------------------------------------------------------------------------------------------


def test_every_shadow_test_keeps_to_the_constraints(bank, cast):
    Item.objects.filter(code__in=["sums-1", "sums-5", "logic-7"]).update(tags=["drawn"])
    exam = open_exam(
        cast,
        assembly="shadow",
        max_items=6,
        min_items=6,
        blueprint={"sums": 0.5, "logic": 0.5},
        constraints=(ConstraintDraft("items", tag="drawn", minimum=2, maximum=2),),
    )
    for number in range(3):
        given = codes_given(take(make_person(f"Student {number}"), exam, right=number * 3))
        assert len(given) == 6
        assert sum(code.startswith("sums") for code in given) == 3
        assert len({"sums-1", "sums-5", "logic-7"} & set(given)) == 2


def test_enemies_never_meet_in_an_ordinary_adaptive_exam(bank, cast):
    sums = list(Item.objects.filter(code__startswith="sums", status="active"))
    for number, item in enumerate(sums):
        item.enemies.add(*sums[number + 1 :])
    exam = open_exam(cast, max_items=6, min_items=6)
    given = codes_given(take(cast.bob, exam, right=3))
    assert sum(code.startswith("sums") for code in given) == 1
    assert len(given) == 6


MODULES = (
    ModuleDraft("begin", 1, ("sums-8", "logic-8")),
    ModuleDraft("easy", 2, ("sums-1", "logic-1", "sums-2")),
    ModuleDraft("hard", 2, ("sums-14", "logic-14", "sums-15"), 0.0),
)


@pytest.mark.parametrize(("right", "module"), [(0, "easy"), (9, "hard")])
def test_a_multistage_exam_routes_by_the_ability_so_far(bank, cast, right, module):
    exam = open_exam(cast, kind="multistage", blueprint={}, modules=MODULES)
    state = start(cast.bob, exam)
    assert (state["progress"]["minimum"], state["progress"]["maximum"]) == (5, 5)
    attempt = take(make_person("Nara"), exam, right=right)
    expected = [*MODULES[0].items, *next(one.items for one in MODULES if one.code == module)]
    assert codes_given(attempt) == expected
    assert (attempt.finish_reason, attempt.answered) == ("length", 5)


def test_items_in_field_test_are_slipped_in_and_count_for_nothing(bank, cast):
    exam = open_exam(cast, field_test_items=2, min_items=4, max_items=6)
    state = start(cast.otto, exam)
    assert (state["progress"]["minimum"], state["progress"]["maximum"]) == (6, 8)
    attempt = take(cast.bob, exam, right=99)
    tried = attempt.responses.filter(version__item__status="field_test")
    assert tried.count() == 2
    assert not tried.filter(is_scored=True).exists()
    assert attempt.responses.filter(is_scored=True).count() == attempt.scored == attempt.answered - 2
    assert attempt.correct == attempt.scored
    report = report_of(attempt)
    assert report.result["answered"] == attempt.scored
    assert sum(row["answered"] for row in report.areas) == attempt.scored
    assert len(report.trajectory) == attempt.scored
    assert sum(not row["scored"] for row in report.review) == 2


def test_a_fixed_form_tries_items_of_its_areas(bank, cast):
    exam = open_exam(
        cast, kind="fixed", blueprint={}, form=("sums-1", "sums-2", "sums-3", "sums-4"), field_test_items=1
    )
    given = codes_given(take(cast.bob, exam, right=2))
    assert len(given) == 5
    assert [code for code in given if code in ("sums-1", "sums-2", "sums-3", "sums-4")] == [
        f"sums-{n}" for n in range(1, 5)
    ]
    [tried] = set(given) - {f"sums-{n}" for n in range(1, 5)}
    assert tried.startswith("sums")


def test_a_class_that_is_certain_ends_the_exam(bank, cast):
    exam = open_exam(
        cast, classification="sprt", cut_scores=(-0.5,), indifference=0.5, min_items=3, max_items=20, randomesque=1
    )
    able, weak = take(cast.bob, exam, right=99), take(cast.otto, exam, right=0)
    assert {able.finish_reason, weak.finish_reason} == {"classification"}
    assert (able.report["class"], weak.report["class"]) == (1, 0)
    assert report_of(able).classification == {"number": 2, "of": 2, "low": 450.0, "high": None}
    assert report_of(weak).classification == {"number": 1, "of": 2, "low": None, "high": 450.0}


# --- Exposure -------------------------------------------------------------------------------------------------------


def test_eligibility_holds_back_what_was_given_often(bank, cast):
    exam = open_exam(cast, exposure="eligibility", exposure_rate=0.3, min_items=5, max_items=5)
    attempts = [take(make_person(f"Student {n}"), exam, right=3) for n in range(2)]
    loaded = load_pool(current_pool(exam).pk)
    exposure_counts.__globals__["_counts"].cache_clear()
    counts = exposure_counts(loaded)
    assert counts.students == 2
    assert counts.given.sum() == 10
    given = {loaded.versions.index(r.version_id) for attempt in attempts for r in attempt.responses.all()}
    assert set(counts.given.nonzero()[0].tolist()) == given
    assert (counts.eligible >= counts.given).all()

    class Always:
        """Every draw fails, so that whatever may be spared is."""

        def random(self) -> float:
            return 0.999999

    spared = excluded_items(loaded, Always())
    assert set(spared) <= given
    assert len(loaded.versions) - len(spared) >= loaded.config.max_items
    plain = open_exam(cast)
    assert excluded_items(load_pool(current_pool(plain).pk), Always()) == ()


def test_spared_items_are_not_given(bank, cast, monkeypatch):
    from exams.services import delivery

    monkeypatch.setattr(delivery, "excluded_items", lambda loaded, rng: tuple(range(20)))
    exam = open_exam(cast, exposure="eligibility", exposure_rate=0.5, min_items=5, max_items=5)
    attempt = take(cast.bob, exam, right=3)
    assert attempt.state["excluded"] == list(range(20))
    assert not set(attempt.state["administered"]) & set(range(20))


def test_sympson_hetter_needs_its_parameters(bank, cast):
    assert "simulate the exam first" in problems_of(cast, exposure="sympson_hetter")
    exam = create_exam(person=cast.zoe, code="sh", draft=exam_draft(exposure="sympson_hetter"))
    ExposureParameter.objects.bulk_create(
        ExposureParameter(exam=exam, item=item, value=0.6) for item in Item.objects.filter(code__startswith="sums")
    )
    assert readiness_problems(exam) == []
    loaded = load_pool(current_pool(exam).pk)
    by_code = dict(zip(loaded.versions, loaded.config.exposure_parameters, strict=True))
    assert {by_code[item.current_id] for item in Item.objects.filter(code__in=["sums-1", "logic-1"])} == {0.6, 1.0}


# --- What keeps an exam from opening ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"assembly": "shadow", "constraints": (ConstraintDraft("items", area="sums", minimum=5),)},
            "No form keeps to all constraints",
        ),
        (
            {"assembly": "shadow", "constraints": (ConstraintDraft("items", tag="nowhere", minimum=1),)},
            "nowhere reaches 0 and needs at least 1",
        ),
        ({"kind": "multistage", "blueprint": {}}, "no modules with items"),
        (
            {"kind": "multistage", "blueprint": {}, "modules": (*MODULES[:2], ModuleDraft("x", 3, ("sums-9",)))[::2]},
            "Stage 2 has no module",
        ),
        (
            {"kind": "multistage", "blueprint": {}, "modules": (MODULES[0], replace(MODULES[1], theta_from=0.3))},
            "Stage 2 has no module for the lowest abilities: leave the ability of module easy empty",
        ),
        (
            {"kind": "multistage", "blueprint": {}, "modules": (*MODULES[:2], ModuleDraft("h", 2, ("sums-9",), 0.2))},
            "different numbers of items",
        ),
        ({"kind": "multistage", "blueprint": {}, "modules": (ModuleDraft("a", 1, ("sums-16",)),)}, "sums-16 is “field"),
        ({"field_test_items": 9}, "try 9 items in field test, but there are 6"),
        ({"exposure": "eligibility", "exposure_rate": 0.05}, "no exposure below 0.20 can be kept"),
        ({"exposure": "progressive_restricted", "criterion": "urry"}, "contradict each other"),
    ],
)
def test_readiness_says_what_the_rules_lack(bank, cast, changes, words):
    assert words in problems_of(cast, **changes)


FAULTS = {
    "cut scores that fall": ({"cut_scores": (1.0, 0.5)}, "1, 0.5 must rise"),
    "cut scores beyond": ({"cut_scores": (9.0,)}, "between -6 and 6"),
    "a classification without": ({"classification": "sprt"}, "needs cut scores"),
    "an unknown scale": ({"scales": ("nope",)}, "no score scale nope"),
    "a constraint without a bound": ({"constraints": (ConstraintDraft("items", tag="a"),)}, "on a has no bound"),
    "bounds that cross": (
        {"constraints": (ConstraintDraft("items", minimum=5, maximum=2),)},
        "the whole form wants at least 5 and at most 2",
    ),
    "an unknown area": ({"constraints": (ConstraintDraft("items", area="poetry", minimum=1),)}, "area poetry"),
    "an unknown kind": ({"constraints": (ConstraintDraft("items", item_kind="poem", minimum=1),)}, "'poem'"),
    "passages of an area": (
        {"constraints": (ConstraintDraft("passages", area="sums", minimum=1),)},
        "takes no content",
    ),
    "a module twice": ({"modules": (ModuleDraft("a", 1), ModuleDraft("a", 2))}, "two modules a"),
    "an item twice": ({"modules": (ModuleDraft("a", 1, ("sums-1", "sums-1")),)}, "sums-1 is in the modules twice"),
    "two modules at one ability": ({"modules": (ModuleDraft("a", 1), ModuleDraft("b", 1))}, "stage 1 begin at"),
    "an unknown item": ({"modules": (ModuleDraft("a", 1, ("sums-99",)),)}, "no item sums-99"),
    "a stage too far": ({"modules": (ModuleDraft("a", 11),)}, "stage 11"),
    "an estimator": ({"estimator": "guess"}, "estimator of ability"),
    "a rate": ({"exposure_rate": 1.5}, "highest exposure"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_is_saved(name, bank, cast):
    changes, words = FAULTS[name]
    with pytest.raises(InvalidExam) as refused:
        create_exam(person=cast.zoe, code="faulty", draft=exam_draft(**changes))
    assert any(words in problem for problem in refused.value.extra["problems"]), refused.value.extra["problems"]
    assert not Exam.objects.exists()


# --- Reports --------------------------------------------------------------------------------------------------------


def test_scales_and_areas_are_reported_and_never_change(bank, scale, cast, api_for):
    ScoreScale.objects.create(code="stanine", name="스테나인", kind="stanine")
    exam = open_exam(cast, scales=("stanine", "t"), subscales=True, cut_scores=(0.0,))
    attempt = take(cast.bob, exam, right=4)
    stanine, t = attempt.report["scales"]
    assert t["value"] == round(50 + 10 * attempt.theta)
    assert t["se"] == pytest.approx(10 * attempt.se, abs=0.06)
    assert t["low"] < t["value"] < t["high"]
    assert (stanine["se"], stanine["value"] in range(1, 10)) == (None, True)
    assert {row["area"] for row in attempt.report["areas"]} == {str(a.pk) for a in Item.area.get_queryset()}
    assert sum(row["items"] for row in attempt.report["areas"]) == attempt.answered
    assert all(row["se"] > attempt.se for row in attempt.report["areas"])
    stored = attempt.report
    scale.mean, scale.sd = 500, 100
    scale.save()
    shown = api_for(cast.bob).get(f"/api/v1/attempts/{attempt.pk}/report", HTTP_ACCEPT_LANGUAGE="en").json()
    assert shown["scales"][1] == {
        "code": "t",
        "name": "T score",
        **{key: t[key] for key in ("value", "se", "low", "high")},
    }
    assert [row["area"] for row in shown["subscales"]] == ["Sums", "논리"]
    assert shown["classification"]["of"] == 2
    assert Attempt.objects.get(pk=attempt.pk).report == stored


def test_parents_and_teachers_see_the_same_scales_on_the_page(bank, scale, cast, client_for):
    exam = open_exam(cast, scales=("t",), subscales=True, cut_scores=(-1.0, 1.0))
    attempt = take(cast.bob, exam, right=3)
    for person in (cast.bob, cast.paula, cast.alice):
        page = client_for(person).get(f"/attempts/{attempt.pk}/result", HTTP_ACCEPT_LANGUAGE="en").content.decode()
        assert "T score" in page
        assert 'data-chart="bands"' in page
        assert "ended with the last question" in page
        assert "scores from 400 to 600" in page


def test_who_answered_nothing_has_neither_scale_nor_class(bank, scale, cast, client_for):
    from exams.services import delivery

    exam = open_exam(cast, scales=("t",), subscales=True, cut_scores=(0.0,))
    state = start(cast.bob, exam)
    delivery.submit(person=cast.bob, attempt_id=uuid.UUID(state["id"]), client_key=uuid.uuid4())
    attempt = Attempt.objects.get()
    assert (attempt.report, attempt.score) == ({"scored": 0}, None)
    page = client_for(cast.bob).get(f"/attempts/{attempt.pk}/result")
    assert page.status_code == 200
