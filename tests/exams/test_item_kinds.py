"""Items of every kind in the bank: what is written is read again as it was."""

from dataclasses import replace
from functools import partial as partial_call
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEntry
from exams.content import content_of
from exams.drafts import (
    CriterionText,
    DraftKey,
    DraftPassage,
    DraftText,
    ItemDraft,
    NewItem,
    spread_thresholds,
    words_of,
)
from exams.item_problems import item_problems
from exams.models import ContentArea, Item, ItemVersion, Passage, PassageText
from exams.problems import InvalidItem
from exams.selectors.bank import draft_of, with_contents
from exams.services.bank import create_item, create_items, new_version, set_enemies, set_tags
from tests.exams.drafts import areas, item_draft, picture, with_text
from tests.exams.kinds import CLOZE, ESSAY, KINDS, MATCHING, MULTIPLE, NUMERIC, ORDERING, PASSAGE, SINGLE, TEXT, partial
from tests.threads import together
from zones.problems import NotFound, PermissionRefused


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def area(in_univ, cast) -> ContentArea:
    return areas(cast.zoe)["sums"]


@pytest.mark.parametrize("name", KINDS)
def test_a_draft_is_read_as_it_was_written(name, area, cast, django_assert_max_num_queries):
    draft = KINDS[name]
    assert item_problems(draft) == []
    item = create_item(person=cast.zoe, code="one", area=area, draft=draft)
    assert draft_of(ItemVersion.objects.get()) == draft
    with django_assert_max_num_queries(10):
        version = with_contents([item.current_id])[0]
    with django_assert_max_num_queries(0):
        assert draft_of(version) == draft
    assert new_version(person=cast.zoe, item=item, draft=draft).number == 1
    assert (
        new_version(person=cast.zoe, item=item, draft=with_text(draft, stem=draft.texts["en"].stem + "?")).number == 2
    )


# --- Any sound draft at all ----------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="$[]!"), min_size=1, max_size=12)
words = words.map(lambda text: f"a{text}")
points = st.sampled_from([0.5, 1.0, 2.0])


def _numbered(texts: list[str]) -> tuple[str, ...]:
    return tuple(f"{number} {text}" for number, text in enumerate(texts))


@st.composite
def drafts(draw: Any) -> ItemDraft:
    kind = draw(st.sampled_from(["single", "multiple", "ordering", "matching", "numeric", "text", "cloze", "essay"]))
    languages = draw(st.sampled_from([("ko",), ("ko", "en"), ("en", "ko", "vi")]))
    sizes = draw(st.tuples(st.integers(2, 5), st.integers(1, 4)))
    fields, stem, said = _parts(draw, kind, sizes, languages)
    texts = {}
    for language in languages:
        text = DraftText(stem, explanation=draw(words))
        texts[language] = replace(text, **{name: make() for name, make in said.items()})
    draft = ItemDraft(
        texts=texts,
        key=fields.pop("key", None),
        a=draw(st.floats(0.05, 5)),
        b=draw(st.floats(-2, 2)),
        c=0.0,
        kind=kind,
        case_sensitive=draw(st.booleans()),
        passage=draw(st.sampled_from([None, DraftPassage("p", dict.fromkeys(languages, "Read."))])),
        **fields,
    )
    most = sum(draft.rubric) if kind == "essay" else draw(st.integers(1, 4))
    if kind == "single" or most == 1:
        return draft
    model = draw(st.sampled_from(["grm", "gpcm"]))
    scoring = "exact" if kind == "essay" else "partial"
    thresholds = spread_thresholds(draft.b, most)
    return replace(draft, max_score=most, model=model, scoring=scoring, thresholds=thresholds)


def _parts(draw: Any, kind: str, sizes: tuple[int, int], languages: tuple[str, ...]) -> tuple[dict, str, dict]:
    count, targets = sizes
    options = {"options": lambda: _numbered([draw(words) for _n in range(count)])}
    stem = draw(words)
    if kind == "single":
        return {"key": draw(st.integers(1, count))}, stem, options
    if kind == "multiple":
        rows = (DraftKey(option=1), *(DraftKey(option=n, points=draw(points)) for n in range(2, count)))
        return {"keys": rows}, stem, options
    if kind == "ordering":
        places = draw(st.permutations(range(1, count + 1)))
        return {"keys": tuple(DraftKey(option=n, target=t) for n, t in enumerate(places, 1))}, stem, options
    if kind == "matching":
        rows = tuple(DraftKey(option=n, target=draw(st.integers(1, targets))) for n in range(1, count + 1))
        column = {"targets": lambda: _numbered([draw(words) for _n in range(targets)])}
        return {"keys": rows}, stem, options | column
    if kind == "numeric":
        number = st.floats(-1e6, 1e6)
        rows = (DraftKey(number=draw(number), tolerance=draw(st.floats(0, 1)), is_relative=draw(st.booleans())),)
        return {"keys": rows}, stem, {}
    if kind == "text":
        rows = tuple(DraftKey(text=draw(words), language=language) for language in languages)
        return {"keys": (*rows, DraftKey(text="x", points=0.5))}, stem, {}
    if kind == "essay":
        rubric = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
        levels = {"criteria": lambda: tuple(CriterionText(draw(words), ("",) * (most + 1)) for most in rubric)}
        return {"rubric": rubric, "max_score": sum(rubric)}, stem, levels
    kinds = draw(st.lists(st.sampled_from(["choice", "text", "numeric"]), min_size=1, max_size=4))
    gaps = dict(zip(draw(st.permutations(range(1, len(kinds) + 1))), kinds, strict=True))
    rows = {"choice": DraftKey(option=2), "text": DraftKey(text="t"), "numeric": DraftKey(number=1.5)}
    keys = tuple(replace(rows[kind], gap=gap, points=draw(points)) for gap, kind in gaps.items())
    choices = {gap: ("yes", "no") for gap, kind in gaps.items() if kind == "choice"}
    places = " ".join(f"[[{gap}]]" for gap in gaps)
    return {"gaps": gaps, "keys": keys}, f"{stem} x {places}", {"gap_options": lambda: dict(choices)}


@given(st.lists(drafts(), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sound_drafts_are_read_as_they_were_written(area, cast, made):
    sound = [draft for draft in made if not item_problems(draft)]
    with transaction.atomic():
        items = [NewItem(f"any-{n}", area.pk, draft, "active") for n, draft in enumerate(sound)]
        versions = with_contents(item.current_id for item in create_items(person=cast.zoe, items=items))
        read = {version.item.code: draft_of(version) for version in versions}
        assert read == {f"any-{n}": draft for n, draft in enumerate(sound)}
        transaction.set_rollback(True)


@given(drafts())
@settings(max_examples=60, deadline=None)
def test_the_drafts_of_this_test_are_mostly_sound(draft):
    # Words may be a formula or a heading by chance; structure never is at fault.
    faults = [problem for problem in item_problems(draft) if "is there" not in problem and "is empty" not in problem]
    assert faults == []


# --- Faults --------------------------------------------------------------------------------------------------------


def _keys(draft: ItemDraft, *keys: DraftKey) -> ItemDraft:
    return replace(draft, keys=keys)


GAPS_GONE = with_text(CLOZE, stem="Water boils at [[1]] and [[1]], says `[[2]]`. [[9]]")
FAULTS = {
    "a kind": (replace(SINGLE, kind="drawing"), "kind of item 'drawing'"),
    "a key beside single choice": (replace(MULTIPLE, key=1), "Only a single choice"),
    "rows of single choice": (replace(SINGLE, keys=(DraftKey(option=1),)), "no rows of a key"),
    "nothing right": (_keys(MULTIPLE, DraftKey(option=1, points=-1)), "Nothing is right"),
    "no key": (_keys(MULTIPLE), "Nothing is right"),
    "an option that is not there": (_keys(MULTIPLE, DraftKey(option=5)), "key is 5, but there are 4"),
    "an option twice in the key": (_keys(MULTIPLE, DraftKey(option=1), DraftKey(option=1)), "Option 1 is there 2"),
    "no points": (_keys(MULTIPLE, DraftKey(option=1, points=0)), "worth 0 points"),
    "infinite points": (_keys(MULTIPLE, DraftKey(option=1, points=float("inf"))), "worth inf points"),
    "a strange part": (_keys(MULTIPLE, DraftKey(option=1, text="x")), "accepted form is no part"),
    "an order with a place twice": (
        _keys(ORDERING, *(DraftKey(option=n, target=1) for n in (1, 2, 3))),
        "a place of its own",
    ),
    "an order without an option": (_keys(ORDERING, *ORDERING.keys[:2]), "each of the 3 options"),
    "an order that takes off": (
        _keys(ORDERING, *(replace(key, points=-1.0) for key in ORDERING.keys)),
        "takes no points off",
    ),
    "a pair that is not there": (_keys(MATCHING, DraftKey(option=1, target=4)), "pairs 1 with 4"),
    "a pair twice": (_keys(MATCHING, *MATCHING.keys, MATCHING.keys[0]), "pair 1, 2 is there 2"),
    "no targets": (with_text(MATCHING, targets=()), "needs a target"),
    "numbers of targets": (with_text(MATCHING, targets=("Tokyo", "Seoul")), "same number of targets"),
    "targets elsewhere": (with_text(MULTIPLE, targets=("x",)), "Only a matching question"),
    "options of a number": (with_text(NUMERIC, options=("1", "2")), "has no options"),
    "no number": (_keys(NUMERIC, DraftKey()), "number of the key is None"),
    "an endless number": (_keys(NUMERIC, DraftKey(number=float("inf"))), "number of the key is inf"),
    "a tolerance": (_keys(NUMERIC, DraftKey(number=1.0, tolerance=-1.0)), "tolerance is -1.0"),
    "an empty form": (_keys(TEXT, DraftKey(text="\u200b")), "is empty, or longer"),
    "a form for one language": (_keys(TEXT, DraftKey(text="서울", language="ko")), "No form is accepted in en"),
    "a form in another language": (_keys(TEXT, *TEXT.keys, DraftKey(text="Séoul", language="fr")), "is in fr"),
    "a gap without place": (GAPS_GONE, "no place [[2]]"),
    "a place twice": (GAPS_GONE, "place [[1]] is there 2"),
    "a place without gap": (GAPS_GONE, "place [[9]], but"),
    "a gap without key": (_keys(CLOZE, *CLOZE.keys[:2]), "gap 3: Nothing is right"),
    "a key without gap": (_keys(CLOZE, *CLOZE.keys, DraftKey(gap=7, text="x")), "gap 7, which is not there"),
    "a kind of gap": (replace(CLOZE, gaps={**CLOZE.gaps, 2: "picture"}), "kind of gap 'picture'"),
    "one option in a gap": (with_text(CLOZE, gap_options={3: ("acidic",)}), "gap 3: it needs two options"),
    "options of a gap to write in": (
        with_text(CLOZE, gap_options={2: ("a", "b"), 3: ("a", "b", "c")}),
        "gap 2: only a gap to choose for",
    ),
    "gaps elsewhere": (replace(TEXT, gaps={1: "text"}), "Only a text with gaps"),
    "no gaps": (replace(CLOZE, gaps={}, keys=()), "needs a gap"),
    "an essay without rubric": (replace(ESSAY, rubric=()), "needs a rubric"),
    "a rubric of another sum": (replace(ESSAY, rubric=(2, 2)), "sum to 4"),
    "a rubric without words": (with_text(ESSAY, criteria=ESSAY.texts["en"].criteria[:1]), "2 criteria, but texts of 1"),
    "a criterion without name": (with_text(ESSAY, criteria=(CriterionText(" "), CriterionText("x"))), "needs a name"),
    "levels": (
        with_text(ESSAY, criteria=(CriterionText("x", ("a", "b")), CriterionText("y"))),
        "2 levels are described, but 0 to 2 points are 3",
    ),
    "a rubric elsewhere": (
        replace(
            with_text(with_text(TEXT, criteria=(CriterionText("x"),)), "ko", criteria=(CriterionText("x"),)),
            rubric=(1,),
        ),
        "Only an essay",
    ),
    "all or nothing": (replace(partial(MULTIPLE, 2), scoring="exact"), "must be 1 and not 2"),
    "logistic with scores": (replace(partial(MULTIPLE, 2), model="logistic", thresholds=()), "right or wrong"),
    "thresholds": (replace(partial(MULTIPLE, 2), thresholds=(0.0,)), "there are 1"),
    "a far threshold": (replace(partial(MULTIPLE, 2), thresholds=(-9.0, 9.0)), "between -8.0 and 8.0"),
    "falling thresholds": (replace(partial(MULTIPLE, 2, "grm"), thresholds=(0.5, -0.5)), "must rise"),
    "the mean": (replace(partial(MULTIPLE, 2), b=1.0), "mean of the thresholds is 0.0"),
    "guessing with scores": (replace(partial(MULTIPLE, 2), c=0.2), "c = 0, d = 1"),
    "the asymptotes": (replace(SINGLE, c=0.6, d=0.6), "must be above guessing"),
    "the upper one": (replace(SINGLE, d=0.5), "upper asymptote (d) = 0.5"),
    "partial single choice": (replace(SINGLE, scoring="partial"), "no partial credit"),
    "a model": (replace(SINGLE, model="rasch"), "'rasch' is none of"),
    "scoring": (replace(SINGLE, scoring="some"), "'some' is none of"),
    "a passage in one language": (
        replace(TEXT, passage=replace(PASSAGE, texts={"ko": "글"}, titles={})),
        "no text in en",
    ),
    "a title without passage": (replace(TEXT, passage=replace(PASSAGE, titles={"fr": "Séoul"})), "title in fr"),
    "a passage's code": (replace(TEXT, passage=replace(PASSAGE, code="a b")), "passage 'a b'"),
    "a passage's formula": (
        replace(TEXT, passage=replace(PASSAGE, texts={**PASSAGE.texts, "en": r"$\frac{1$"})),
        "en, passage: the formula",
    ),
    "a picture of a passage": (
        replace(TEXT, passage=replace(PASSAGE, texts={**PASSAGE.texts, "en": "![map](asset:map.png)"})),
        "'map.png', which is not there",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_is_saved(name, area, cast):
    draft, said = FAULTS[name]
    with pytest.raises(InvalidItem) as refused:
        create_item(person=cast.zoe, code="faulty", area=area, draft=draft)
    assert any(said in problem for problem in refused.value.extra["problems"]), refused.value.extra["problems"]
    assert not Item.objects.exists()


# --- Passages ------------------------------------------------------------------------------------------------------


def test_items_share_a_passage_until_its_words_change(area, cast):
    drafts = [replace(item_draft(n), passage=PASSAGE) for n in range(3)]
    items = create_items(
        person=cast.zoe, items=[NewItem(f"set-{n}", area.pk, d, "active") for n, d in enumerate(drafts)]
    )
    assert (Passage.objects.count(), {item.current.passage_id for item in items}) == (1, {Passage.objects.get().pk})
    longer = replace(PASSAGE, texts={**PASSAGE.texts, "ko": "서울은 넓다."})
    changed = new_version(person=cast.zoe, item=items[0], draft=replace(drafts[0], passage=longer))
    assert (changed.number, changed.passage.code, changed.passage.number) == (2, "seoul", 2)
    again = create_item(person=cast.zoe, code="again", area=area, draft=drafts[1])
    assert again.current.passage.number == 1
    assert AuditEntry.objects.filter(resource_type="passage").count() == 2
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        PassageText.objects.update(text="")


def test_the_same_passage_saved_at_once_is_one_and_other_words_the_next(committed, in_univ, cast):
    area = areas(cast.zoe)["sums"]

    def save(number: int) -> int:
        words = PASSAGE if number % 2 else replace(PASSAGE, texts={"ko": "다른 글", "en": "Other words"})
        draft = replace(TEXT, passage=words)
        return create_item(person=cast.zoe, code=f"race-{number}", area=area, draft=draft).current.passage.number

    numbers = together(in_univ, *(partial_call(save, number) for number in range(6)))
    assert sorted(set(numbers)) == [1, 2]
    assert Passage.objects.count() == 2
    assert Item.objects.count() == 6


def test_organizations_with_the_same_code_have_passages_of_their_own(area, cast):
    draft = replace(TEXT, passage=PASSAGE)
    ours = create_item(person=cast.alice, code="ours", area=area, organization=cast.hana, draft=draft)
    theirs = create_item(person=cast.oscar, code="theirs", area=area, organization=cast.duri, draft=draft)
    rows = [item.current.passage for item in (ours, theirs)]
    assert [(row.organization_id, row.number) for row in rows] == [(cast.hana.pk, 1), (cast.duri.pk, 2)]


def test_many_items_of_every_kind_take_a_few_statements(area, cast, django_assert_max_num_queries):
    kinds = list(KINDS.values())
    items = [NewItem(f"bulk-{n}", area.pk, kinds[n % len(kinds)], "active") for n in range(140)]
    # One row of the log for each item and the passage, and a handful of statements for all the rest.
    with django_assert_max_num_queries(141 + 30):
        create_items(person=cast.zoe, items=items)


# --- Tags and enemies ----------------------------------------------------------------------------------------------


def test_tags_are_set_and_noted_once(area, cast):
    item = create_item(person=cast.alice, code="t", area=area, organization=cast.hana, draft=SINGLE, tags=["b", "a"])
    assert item.tags == ["a", "b"]
    assert set_tags(person=cast.alice, item=item, tags=["c", "a", "a"]).tags == item.tags == ["a", "c"]
    assert AuditEntry.objects.first().details["tags"] == [["a", "b"], ["a", "c"]]
    rows = AuditEntry.objects.count()
    set_tags(person=cast.alice, item=item, tags=["a", "c"])
    assert AuditEntry.objects.count() == rows
    with pytest.raises(InvalidItem):
        set_tags(person=cast.alice, item=item, tags=["two words"])
    with pytest.raises(NotFound):
        set_tags(person=cast.oscar, item=item, tags=[])
    with pytest.raises(PermissionRefused):
        set_tags(person=cast.bob, item=item, tags=[])


def test_enemies_are_mutual_and_only_of_items_that_one_sees(area, cast):
    ours = [
        create_item(person=cast.alice, code=f"e{n}", area=area, organization=cast.hana, draft=SINGLE) for n in range(3)
    ]
    create_item(person=cast.oscar, code="theirs", area=area, organization=cast.duri, draft=SINGLE)
    set_enemies(person=cast.alice, item=ours[0], codes=["e1", "e2"])
    assert [enemy.code for enemy in ours[2].enemies.all()] == ["e0"]
    set_enemies(person=cast.alice, item=ours[2], codes=[])
    assert [enemy.code for enemy in ours[0].enemies.all()] == ["e1"]
    assert AuditEntry.objects.first().details["enemies"] == [["e0"], []]
    for code, said in (("theirs", "no item theirs"), ("nobody", "no item nobody"), ("e0", "enemy of itself")):
        with pytest.raises(InvalidItem, match=said):
            set_enemies(person=cast.alice, item=ours[0], codes=["e1", code])
    with pytest.raises(NotFound):
        set_enemies(person=cast.oscar, item=ours[0], codes=[])
    assert [enemy.code for enemy in ours[0].enemies.all()] == ["e1"]


# --- What is shown -------------------------------------------------------------------------------------------------


def test_the_content_has_every_part_of_the_kind(area, cast):
    shown = {
        name: content_of(create_item(person=cast.zoe, code=f"c{n}", area=area, draft=draft).current_id, "en")
        for n, (name, draft) in enumerate(KINDS.items())
    }
    assert '<span class="gap" data-gap="2"></span>' in shown["cloze"].stem
    assert (shown["cloze"].options, shown["cloze"].gap_options[3]) == ((), ("acidic", "neutral", "basic"))
    assert shown["matching"].targets == ("Tokyo", "Seoul", "Beijing")
    assert shown["text of a passage"].passage == "<h2>Seoul</h2>\n<p>Seoul lies on the <em>Han</em>.</p>\n"
    assert shown["text"].passage == ""
    assert [(c.name, c.most, c.levels) for c in shown["essay"].rubric] == [
        ("Content", 2, ("none", "one", "two")),
        ("Structure", 1, ()),
    ]
    assert not shown["single"].rubric


def test_a_picture_of_a_passage_is_shown_with_each_of_its_items(area, cast):
    passage = DraftPassage("map", {"ko": "![지도](asset:map.png)", "en": "![map](asset:map.png)"})
    draft = replace(SINGLE, passage=passage, assets={"map.png": picture()})
    item = create_item(person=cast.zoe, code="map", area=area, draft=draft)
    kept = new_version(person=cast.zoe, item=item, draft=replace(draft, assets={}, b=1.0))
    assert kept.number == 2
    assert f'src="{kept.assets.get().file.url}"' in content_of(kept.pk, "en").passage


def test_brackets_are_gaps_in_a_text_with_gaps_alone(area, cast):
    draft = with_text(SINGLE, stem="See [[1]].")
    item = create_item(person=cast.zoe, code="plain", area=area, draft=draft)
    assert "[[1]]" in content_of(item.current_id, "en").stem


def test_words_are_those_of_the_longest_language():
    said = "Water boils at 1 °C its formula is 2 and it is 3 acidic neutral basic"
    assert words_of(CLOZE) == len(said.split(" "))
    assert words_of(with_text(SINGLE, stem="one – two\n\n| three | four |\n|---|---|")) == 4 + 3
