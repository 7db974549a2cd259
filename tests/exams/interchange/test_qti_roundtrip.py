"""What is exported as QTI comes back the same, and what was changed in between is believed."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exams.drafts import DraftPassage, ItemDraft
from exams.interchange.package import Package, ReadItem, ReadTest
from exams.interchange.qti import read, write
from exams.item_problems import item_problems
from tests.exams.drafts import picture
from tests.exams.interchange.drafting import drafts
from tests.exams.interchange.packing import unzipped, words_of, zipped
from tests.exams.kinds import ESSAY, KINDS, MATCHING, PASSAGE, SINGLE, TEXT, partial

VERSIONS = ("3.0", "2.2")
PICTURED = replace(
    SINGLE,
    texts={
        language: replace(
            text, stem=f"{text.stem}\n\n![그림 *x*](asset:a.png)", options=("![](asset:b.png)", "2", "$x_1$")
        )
        for language, text in SINGLE.texts.items()
    },
    assets={"a.png": picture("red"), "b.png": picture("blue")},
)
ALL = {
    **KINDS,
    "pictures": PICTURED,
    "pictures of a passage": replace(
        PICTURED, passage=DraftPassage("p", dict.fromkeys(("ko", "en"), "![](asset:c.png)")), assets={
            **PICTURED.assets, "c.png": picture("green")
        }
    ),
    "calibrated": replace(SINGLE, a=0.1 + 0.2, b=-1 / 3, c=0.21, d=0.97, source="calibrated"),
    "alternatives": replace(MATCHING, keys=(*MATCHING.keys, replace(MATCHING.keys[0], target=3, points=0.5))),
    "one language": replace(TEXT, texts={"en-GB": TEXT.texts["en"]}, keys=TEXT.keys[2:]),
    "a title": replace(TEXT, passage=replace(PASSAGE, titles={"ko": " 서울 <&> "})),
}  # fmt: skip


def exported(*drafts: ItemDraft, version: str = "3.0") -> bytes:
    return write(
        Package("", tuple(ReadItem(f"q{n}", draft) for n, draft in enumerate(drafts))), version=version
    ).content


def without(content: bytes, *names: str) -> bytes:
    return zipped({name: data for name, data in unzipped(content).items() if name not in names})


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_comes_back_as_the_same_draft(version: str) -> None:
    assert all(item_problems(draft) == [] for draft in ALL.values())
    items = tuple(
        ReadItem(f"code-{n}", draft, title=f"{name} \"<&>'\n둘", area="대수 A", tags=("a", "b-2"))
        for n, (name, draft) in enumerate(ALL.items())
    )
    test = ReadTest("시험 1", "제목 <1>", ("code-3", "code-0"), 45)
    written = write(Package("", items, (test,)), version=version)
    assert written.left_out == ()
    found = read(written.content, language="fr")
    assert found.items == items
    assert found.tests == (test,)
    assert found.losses == ()
    assert found.format == f"QTI {version}"


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=60, deadline=None)
@given(made=st.lists(drafts(), min_size=1, max_size=3))
def test_any_sound_draft_comes_back_the_same(version: str, made: list[ItemDraft]) -> None:
    assume(not any(item_problems(draft) for draft in made))
    assert [item.draft for item in read(exported(*made, version=version), language="ko").items] == made


@settings(max_examples=60, deadline=None)
@given(
    stem=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1),
    title=st.text(st.characters(codec="utf-8")),
)
def test_any_characters_come_back_the_same(stem: str, title: str) -> None:
    draft = replace(SINGLE, texts={"ko": replace(SINGLE.texts["ko"], stem=stem)})
    assume(not item_problems(draft))
    found = read(exported(draft), language="ko").items
    assert found[0].draft == draft


def test_the_same_items_make_the_same_file() -> None:
    assert exported(*ALL.values()) == exported(*ALL.values())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", KINDS)
def test_other_systems_read_the_same_question_in_the_files_themselves(name: str, version: str) -> None:
    """Without the manifest, nothing but the words of QTI says what an item is."""
    draft = KINDS[name]
    korean = read(without(exported(draft, version=version), "imsmanifest.xml"), language="en").items[0]
    assert korean.draft is not None
    said, meant = korean.draft, draft
    assert said.texts["ko"] == meant.texts["ko"]
    assert (said.kind, said.key, said.gaps, said.rubric) == (meant.kind, meant.key, meant.gaps, meant.rubric)
    assert said.case_sensitive == meant.case_sensitive
    if meant.kind != "numeric" or meant.scoring == "partial":
        assert (said.scoring, said.max_score) == (meant.scoring, meant.max_score)
    if meant.scoring == "partial" and meant.kind != "text":
        assert set(said.keys) == set(meant.keys)


def test_an_item_that_was_changed_elsewhere_is_read_anew_with_its_parameters() -> None:
    draft = partial(replace(KINDS["multiple"], a=1.7, source="calibrated"), 2)
    files = unzipped(exported(draft))
    files["items/q0.xml"] = files["items/q0.xml"].replace("소수를".encode(), "홀수를".encode())
    (found,) = read(zipped(files), language="ko").items
    assert found.draft is not None
    assert found.draft.texts["ko"].stem == "홀수를 모두 고르시오."
    assert found.draft.texts["en"] == draft.texts["en"]
    assert (found.draft.a, found.draft.thresholds, found.draft.source) == (1.7, draft.thresholds, "calibrated")
    assert "changed since it was exported" in words_of(found)


def test_a_translation_that_asks_something_else_stays_an_item_of_its_own() -> None:
    files = unzipped(exported(SINGLE))
    files["items/q0.en.xml"] = files["items/q0.en.xml"].replace(b"option_2</", b"option_3</")
    found = read(zipped(files), language="ko").items
    assert [(item.draft and list(item.draft.texts), item.draft and item.draft.key) for item in found] == [
        (["ko"], 2),
        (["en"], 3),
    ]


def test_a_package_that_was_put_into_a_folder_comes_back_the_same() -> None:
    files = {f"export/{name}": data for name, data in unzipped(exported(PICTURED, KINDS["essay"])).items()}
    assert [item.draft for item in read(zipped(files), language="ko").items] == [PICTURED, ESSAY]


@pytest.mark.parametrize("damage", [("{", "["), ('"stem"', '"steam"'), ('"key":2', '"key":"2"'), ('"ko"', '"한"')])
def test_a_copy_that_was_tampered_with_is_not_believed(damage: tuple[str, str]) -> None:
    files = unzipped(exported(SINGLE))
    text = files["imsmanifest.xml"].decode()
    assert damage[0] in text
    files["imsmanifest.xml"] = text.replace(*damage).encode()
    found = read(zipped(files), language="ko").items
    assert found[0].draft is not None
    assert found[0].draft.texts["ko"] == SINGLE.texts["ko"]
    assert "changed since it was exported" in words_of(found[0])


def test_a_copy_whose_picture_is_gone_is_not_believed() -> None:
    files = unzipped(exported(PICTURED))
    lost = next(name for name in files if name.endswith("a.png"))
    found = read(without(zipped(files), lost), language="ko").items
    assert found[0].draft is not None
    assert list(found[0].draft.assets) == ["b.png"]
    assert "a.png is not in the file" in words_of(found[0])


def test_what_cannot_be_written_is_left_out_in_words() -> None:
    written = write(Package("", (ReadItem("a", None), ReadItem("b", SINGLE)), (ReadTest("t", "T", ("a", "b", "c")),)))
    assert written.left_out == ("a",)
    assert {name for name, _loss in written.losses} == {"a", "t"}
    found = read(written.content, language="ko")
    assert [item.identifier for item in found.items] == ["b"]
    assert found.tests[0].items == ("b",)


def test_other_versions_are_not_written() -> None:
    with pytest.raises(ValueError, match=r"QTI 2\.1"):
        write(Package("", ()), version="2.1")
