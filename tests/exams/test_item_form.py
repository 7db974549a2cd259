"""The console's page of an item: what an author writes of each kind becomes that very draft, and says what is wrong."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from exams.admin.key_lines import read_marks, read_numbers, read_texts, write_marks, write_numbers, write_texts
from exams.drafts import DraftKey, ItemDraft
from exams.models import Item, ItemVersion, Passage
from exams.selectors.bank import draft_of, with_contents
from exams.services import bank
from tests.exams.drafts import areas
from tests.exams.kinds import CLOZE, KINDS, MULTIPLE, NUMERIC, PASSAGE, TEXT, partial

Fields = dict[str, Any]


@pytest.fixture
def console(in_univ, cast, client_for):
    return client_for(cast.zoe, surface="admin")


@pytest.fixture
def make_item(in_univ, cast):
    area = areas(cast.zoe)["sums"]

    def make(draft: ItemDraft, code: str = "neu") -> Item:
        return bank.create_item(person=cast.zoe, code=code, area=area, draft=draft)

    return make


def fields_of(response: Any) -> Fields:
    """What a browser would send back: empty fields as "", unticked boxes not at all."""
    form = response.context["adminform"].form
    said = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in said.items() if value is not False}


def current(code: str) -> ItemDraft:
    return draft_of(with_contents([Item.objects.get(code=code).current_id])[0])


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


@pytest.mark.parametrize("name", KINDS)
def test_the_form_of_every_kind_says_what_the_item_says(console, make_item, name):
    """Sent back as it came, nothing is new; sent as a new item, it is the same question once more."""
    draft = replace(KINDS[name], passage=PASSAGE)
    item = make_item(draft)
    page = f"/exams/item/{item.pk}/change/"
    said = fields_of(console.get(page))
    answer = console.post(page, said)
    assert answer.status_code == 302, errors_of(answer)
    assert item.versions.count() == 1
    answer = console.post("/exams/item/add/", said | {"code": "copy", "area": item.area_id, "status": "draft"})
    assert answer.status_code == 302, errors_of(answer)
    assert current("neu") == draft
    # A new item's key is in the order of its options.
    copy = current("copy")
    assert replace(copy, keys=draft.keys) == draft
    assert set(copy.keys) == set(draft.keys)
    assert Passage.objects.count() == 1


@pytest.mark.parametrize("name", KINDS)
def test_the_preview_of_every_kind_can_be_answered_and_has_its_curves(console, make_item, name):
    item = make_item(KINDS[name])
    html = console.get(f"/exams/item/{item.pk}/change/").content.decode()
    shown = json.loads(unescaped(re.search(r'class="item-json" hidden>(.*?)</div>', html)[1]))
    assert shown["kind"] == KINDS[name].kind
    assert len(shown["options"]) == len(KINDS[name].texts["ko"].options)
    curves = json.loads(unescaped(re.search(r'id="icc-data" hidden>(.*?)</div>', html)[1]))
    assert len(curves["curve"]) == 81
    assert all(0 <= row["p"] <= 1 and row["information"] >= 0 for row in curves["curve"])
    most = KINDS[name].max_score
    assert len(curves["categories"]) == (most + 1 if most > 1 else 0)
    for ability in zip(*curves["categories"], strict=True):
        assert sum(ability) == pytest.approx(1, abs=1e-3)


def unescaped(text: str) -> str:
    return (
        text.replace("&quot;", '"')
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
    )


def test_tags_and_enemies_are_saved_by_their_services(console, make_item):
    enemy, item = make_item(NUMERIC, "enemy"), make_item(TEXT)
    page = f"/exams/item/{item.pk}/change/"
    said = fields_of(console.get(page)) | {"tags": "geometry, hard", "enemies": [str(enemy.pk)]}
    assert console.post(page, said).status_code == 302
    item.refresh_from_db()
    assert item.tags == ["geometry", "hard"]
    assert list(item.enemies.all()) == [enemy]
    assert list(enemy.enemies.all()) == [item]
    details = [entry.details for entry in AuditEntry.objects.filter(resource_type="item", resource_id=str(item.pk))]
    assert any("tags" in each for each in details)
    assert any("enemies" in each for each in details)
    assert console.post(page, said | {"tags": "two words"}).status_code == 200


@pytest.mark.parametrize(
    ("draft", "wrong", "field", "words"),
    [
        (NUMERIC, {"numbers": "about three"}, "numbers", "about three"),
        (MULTIPLE, {"stem_en": " "}, "stem_en", "en"),
        (CLOZE, {"gap_keys_3": "second"}, "gap_keys_3", "second"),
        (CLOZE, {"gap_keys_1": ""}, "gap_keys_1", "1"),
        (partial(TEXT, 2), {"thresholds": "low high"}, "thresholds", "low"),
        (TEXT, {"passage_text_ko": "글"}, "passage_code", ""),
        (TEXT, {"passage_code": "nowhere"}, "passage_code", "nowhere"),
        (replace(MULTIPLE), {"option_ko_2": " ", "option_ko_3": "x"}, "option_ko_2", "ko"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(console, make_item, draft, wrong, field, words):
    item = make_item(draft)
    page = f"/exams/item/{item.pk}/change/"
    answer = console.post(page, fields_of(console.get(page)) | wrong)
    assert answer.status_code == 200
    assert words in " ".join(errors_of(answer)[field])
    assert item.versions.count() == 1


def test_a_gap_that_the_form_had_no_field_for_gets_one(console, make_item):
    item = make_item(CLOZE)
    page = f"/exams/item/{item.pk}/change/"
    said = fields_of(console.get(page))
    said = said | {f"stem_{code}": said[f"stem_{code}"] + " [[12]]" for code in ("ko", "en")}
    assert console.post(page, said).status_code == 200
    said |= {"gap_kind_12": "text", "gap_keys_12": "[ko] 물\n[en] water"}
    assert console.post(page, said).status_code == 302
    assert current("neu").gaps[12] == "text"
    assert [key.text for key in current("neu").keys if key.gap == 12] == ["물", "water"]


def test_thresholds_follow_the_difficulty_and_the_difficulty_the_thresholds(console, make_item):
    item = make_item(partial(TEXT, 2))
    page = f"/exams/item/{item.pk}/change/"
    said = fields_of(console.get(page))
    assert console.post(page, said | {"difficulty": "1.5"}).status_code == 302
    assert (current("neu").b, current("neu").thresholds) == (1.5, (1.25, 1.75))
    assert console.post(page, said | {"thresholds": "-1 2"}).status_code == 302
    assert (current("neu").b, current("neu").thresholds) == (0.5, (-1.0, 2.0))
    assert console.post(page, said | {"max_score": "3", "thresholds": ""}).status_code == 302
    assert len(current("neu").thresholds) == 3


def test_a_known_passage_needs_no_more_than_its_code(console, make_item):
    make_item(replace(TEXT, passage=PASSAGE), "first")
    item = make_item(NUMERIC)
    page = f"/exams/item/{item.pk}/change/"
    assert console.post(page, fields_of(console.get(page)) | {"passage_code": PASSAGE.code}).status_code == 302
    assert current("neu").passage == PASSAGE
    assert Passage.objects.count() == 1
    row = Passage.objects.get()
    shown = console.get(f"/exams/passage/{row.pk}/change/").content.decode()
    assert "<em>한강</em>" in shown
    assert {"first", "neu"} <= set(re.findall(r">(first|neu)</a>", shown))
    assert console.get("/exams/passage/").context["cl"].result_list[0].shown == 2


def test_choosing_another_kind_leaves_the_parts_of_the_old_one_behind(console, make_item):
    item = make_item(MULTIPLE)
    page = f"/exams/item/{item.pk}/change/"
    said = fields_of(console.get(page)) | {"kind": "numeric", "numbers": "2"}
    assert console.post(page, said).status_code == 302
    draft = current("neu")
    assert (draft.kind, draft.keys) == (ItemVersion.Kind.NUMERIC, (DraftKey(number=2.0),))
    assert draft.texts["ko"].options == ()


# --- Lines -----------------------------------------------------------------------------------------------------------

points = st.floats(-100, 100, allow_nan=False).map(lambda value: round(value, 3))
words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
numbers = st.floats(-1e12, 1e12, allow_nan=False)
tolerances = st.floats(0, 1e6, allow_nan=False)


@given(st.lists(st.builds(DraftKey, text=words, language=st.sampled_from(["", "ko", "en"]), points=points)))
def test_accepted_forms_are_read_as_they_were_written(keys):
    keys = [key for key in keys if not key.text.startswith("[")]
    assert read_texts(write_texts(keys)) == keys


@given(st.lists(st.tuples(numbers, tolerances, st.booleans(), points)))
def test_accepted_numbers_are_read_as_they_were_written(rows):
    keys = [
        DraftKey(number=number, tolerance=tolerance, is_relative=relative and tolerance > 0, points=worth)
        for number, tolerance, relative, worth in rows
    ]
    assert read_numbers(write_numbers(keys)) == keys


@given(st.lists(st.tuples(st.integers(1, 99), points)))
def test_marks_are_read_as_they_were_written(marks):
    assert read_marks(write_marks(marks)) == marks
