"""A zip file is looked through before anything of it is unpacked."""

import struct
import zipfile
from io import BytesIO

import pytest

from exams.interchange import archive
from exams.interchange.archive import Archive
from exams.interchange.package import Unreadable
from tests.exams.interchange.packing import zipped


def entry(name: str, **changes: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    return info


def of_entries(*entries: zipfile.ZipInfo) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for info in entries:
            made.writestr(info, b"x")
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["../evil.xml", "a/../../evil.xml", "/etc/passwd", "C:\\evil.xml", "..\\evil.xml"])
def test_a_name_outside_of_the_zip_is_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="outside of itself"):
        Archive(of_entries(entry(name)))


def test_links_are_refused() -> None:
    with pytest.raises(Unreadable, match="link"):
        Archive(of_entries(entry("link.xml", external_attr=0o120777 << 16)))


def test_a_password_is_refused_in_words() -> None:
    content = bytearray(zipped({"a.xml": "x"}))
    # The bit stands in the flags of the directory's entry.
    at = content.rindex(b"PK\x01\x02") + 8
    content[at] |= 1
    with pytest.raises(Unreadable, match="password"):
        Archive(bytes(content))


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = of_entries(entry("a.xml"), entry("a.xml"))
    with pytest.raises(Unreadable, match=r"two files named a\.xml"):
        Archive(content)


def test_a_bomb_is_found_by_its_ratio_before_it_is_unpacked() -> None:
    with pytest.raises(Unreadable, match="200 times"):
        Archive(zipped({"a.xml": b"\x00" * (5 * 1024 * 1024)}))


def test_all_together_may_not_unpack_to_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_UNPACKED", 3 * archive.MEGABYTE)
    files = {f"{n}.bin": bytes(range(256)) * 4096 for n in range(4)}
    with pytest.raises(Unreadable, match="more than 3 MB"):
        Archive(zipped(files, compression=zipfile.ZIP_STORED))


def test_the_number_of_files_is_limited_by_what_the_directory_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_ENTRIES", 2)
    with pytest.raises(Unreadable, match="3 files; up to 2"):
        Archive(zipped({"a": "", "b": "", "c": ""}))


def test_a_directory_too_large_for_memory_is_refused_unread() -> None:
    content = bytearray(zipped({"a.xml": "x"}))
    at = content.rindex(b"PK\x05\x06")
    struct.pack_into("<L", content, at + 12, 500 * 1024 * 1024)
    with pytest.raises(Unreadable, match="500 MB"):
        Archive(bytes(content))


def test_an_upload_above_the_limit_is_refused_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_UPLOAD", 1024)
    with pytest.raises(Unreadable, match="MB can be read"):
        Archive(zipped({"a.bin": bytes(range(256)) * 100}, compression=zipfile.ZIP_STORED))


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_a_file_that_was_not_sent_whole_is_refused(cut: int) -> None:
    content = zipped({"a.xml": "<a/>" * 100, "b.xml": "<b/>"})
    with pytest.raises(Unreadable, match="broken"):
        Archive(content[:-cut])


def test_a_damaged_entry_is_refused_when_it_is_read() -> None:
    content = bytearray(zipped({"a.xml": bytes(range(256)) * 8}, compression=zipfile.ZIP_STORED))
    content[200] ^= 0xFF
    opened = Archive(bytes(content))
    with pytest.raises(Unreadable, match=r"a\.xml in the zip file is damaged"):
        opened.read("a.xml")


def test_korean_names_are_understood_whichever_program_wrote_them() -> None:
    utf8 = Archive(of_entries(entry("문항/그림.png")))
    assert utf8.names == ("문항/그림.png",)
    # Older Windows programs write code page 949 and do not say so.
    content = of_entries(entry("XXXXXXXX.png")).replace(b"XXXXXXXX", "그림그림".encode("cp949"))
    assert Archive(content).names == ("그림그림.png",)


@pytest.mark.parametrize(
    "href",
    ["Items/q 1.xml", "Items/q%201.xml", "Items\\q 1.xml", "./Items/q 1.xml", "items/Q 1.xml", "/Items/q 1.xml#x"],
)
def test_a_file_is_found_however_its_address_is_spelt(href: str) -> None:
    assert Archive(zipped({"Items/q 1.xml": "x"})).find(href) == "Items/q 1.xml"


def test_a_file_is_found_from_the_folder_of_another() -> None:
    opened = Archive(zipped({"p/items/a.xml": "x", "p/media/a.png": "x", "__MACOSX/._a": "x"}))
    assert opened.find("../media/a.png", base="p/items") == "p/media/a.png"
    assert opened.find("../../../../etc/passwd", base="p/items") is None
    assert opened.names == ("p/items/a.xml", "p/media/a.png")
