"""Our own tables carry everything but pictures, whatever the spreadsheet did to the file on its way."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.interchange import formats, table, workbook
from exams.interchange.package import Package, ReadItem, Unreadable
from tests.exams.interchange.drafting import drafts

WRITERS = {"csv": table, "xlsx": workbook}


@pytest.mark.parametrize("form", WRITERS)
@settings(max_examples=60, deadline=None)
@given(st.lists(drafts(), min_size=1, max_size=4))
def test_what_is_exported_comes_back_the_same(form, made):
    items = tuple(
        ReadItem(f"item-{n}", draft, title=f"제목 {n}", area="algebra", tags=("a", "b-2"))
        for n, draft in enumerate(made)
    )
    written = WRITERS[form].write(Package(form, items), language="ko")
    assert written.left_out == ()
    assert formats.detect(written.content) == form
    read = formats.read(written.content, name=f"x{written.suffix}", language="en")
    assert read.items == items


def rows(text: str) -> bytes:
    return text.encode()


SINGLE = "code,stem,option_1,option_2,key\nq1,질문은?,가,나,2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found_out(encoding, separator):
    package = formats.read(SINGLE.replace(",", separator).encode(encoding), name="표.csv", language="ko")
    (item,) = package.items
    assert (item.identifier, item.draft.key) == ("q1", 2)
    assert item.draft.texts["ko"].stem == "질문은?"
    assert item.draft.texts["ko"].options == ("가", "나")


def test_western_letters_are_not_taken_for_korean_ones():
    package = formats.read(
        "stem,option_1,option_2,key\nCafé général?,à,é,1\n".encode("cp1252"), name="x", language="en"
    )
    assert package.items[0].draft.texts["en"].options == ("à", "é")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("q,질문,가,나,", "key: it is empty"),
        ("q,질문,가,나,zwei", "key: 'zwei' is no number"),
        ("q,질문,가,나,1.5", "no whole number"),
    ],
)
def test_a_bad_row_is_named_by_its_number_and_the_others_are_read(row, words):
    text = SINGLE + row + "\nq3,noch,1,2,1\n"
    good, bad, last = formats.read(text.encode(), name="x", language="ko").items
    assert (good.identifier, last.identifier) == ("q1", "q3")
    assert bad.draft is None
    assert bad.losses[0].where == "row 3"
    assert words in bad.losses[0].words


def test_what_a_spreadsheet_would_run_is_written_as_text():
    draft = formats.read(SINGLE.encode(), name="x", language="ko").items[0].draft
    said = draft.texts["ko"].__class__("=HYPERLINK(1)", ("+1+1", "@x"), "-2")
    item = ReadItem("q", draft.__class__(**{**draft.__dict__, "texts": {"ko": said}}))
    written = table.write(Package("csv", (item,)), language="ko")
    (row,) = csv.DictReader(io.StringIO(written.content.decode("utf-8-sig")))
    assert [row["stem"], row["option_1"], row["option_2"], row["explanation"]] == [
        "'=HYPERLINK(1)",
        "'+1+1",
        "'@x",
        "-2",
    ]
    book = workbook.load_workbook(io.BytesIO(workbook.write(Package("xlsx", (item,)), language="ko").content))
    assert {cell.data_type for line in book.active.iter_rows() for cell in line} <= {"s", "n"}


def test_an_unknown_column_is_a_loss_and_one_that_is_missing_a_refusal():
    package = formats.read(SINGLE.replace("code", "Kode").encode(), name="x", language="ko", format="csv")
    assert "kode" in package.losses[0].words
    with pytest.raises(Unreadable, match="stem among them"):
        formats.read(b"a,b\n1,2\n", name="x", language="ko", format="csv")


@pytest.mark.parametrize("form", WRITERS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_bytes_end_in_another_error(form, data):
    draft = data.draw(drafts())
    content = bytearray(WRITERS[form].write(Package(form, (ReadItem("q", draft),)), language="ko").content)
    for _change in range(data.draw(st.integers(1, 6))):
        # A share, since a workbook tells the time when it was written: it has not the same length each time.
        place = int(data.draw(st.floats(0, 1, exclude_max=True)) * len(content))
        match data.draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip":
                content[place] ^= data.draw(st.integers(1, 255))
            case "cut":
                del content[place : place + data.draw(st.integers(1, 40))]
            case _:
                content[place:place] = data.draw(st.binary(max_size=12))
        if not content:
            break
    with suppress(Unreadable):
        assert formats.read(bytes(content), name="x", language="ko", format=form).items
