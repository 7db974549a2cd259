"""Zip files from outside: looked through before anything is unpacked, and unpacked one file at a time into memory."""

import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import SEEK_END, BytesIO
from typing import BinaryIO
from urllib.parse import unquote

from django.utils.translation import gettext as _

from exams.interchange.package import Unreadable

MEGABYTE = 1024 * 1024
LARGEST_UPLOAD = 100 * MEGABYTE
LARGEST_ENTRY = 100 * MEGABYTE
LARGEST_UNPACKED = 500 * MEGABYTE
MOST_ENTRIES = 20_000
# Text packs to a tenth, a table of zeros to a thousandth; small files may be as dense as they like.
LARGEST_RATIO = 200
RATIO_MATTERS_FROM = MEGABYTE
# Of names and attributes of all entries together; zipfile reads them at once, before it can be asked for their number.
LARGEST_DIRECTORY = 8 * MEGABYTE

_END, _END_SIZE = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END_64 = b"PK\x06\x06"
_LONGEST_COMMENT = 65_535
# What Windows programs of our two languages' countries write when they do not say that a name is UTF-8.
_OTHER_ENCODINGS = ("utf-8", "cp949")
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_OF_THE_SYSTEM = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def size_of(data: BinaryIO | bytes) -> int:
    if isinstance(data, bytes):
        return len(data)
    size = data.seek(0, SEEK_END)
    data.seek(0)
    return size


def check_upload_size(data: BinaryIO | bytes) -> None:
    """Raises Unreadable for a file larger than LARGEST_UPLOAD, of whatever format."""
    size = size_of(data)
    if size > LARGEST_UPLOAD:
        raise Unreadable(
            _("The file has %(size)s MB; up to %(limit)s MB can be read.")
            % {"size": -(-size // MEGABYTE), "limit": LARGEST_UPLOAD // MEGABYTE}
        )


class Archive:
    """A zip file whose entries were all found harmless; raises Unreadable, in words, where one is not.

    Nothing is ever written to the disk. `names` are the files in the zip's order, with forward slashes and without
    those that operating systems add.
    """

    def __init__(self, data: BinaryIO | bytes) -> None:
        check_upload_size(data)
        file = BytesIO(data) if isinstance(data, bytes) else data
        _check_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, UnicodeError) as error:
            raise _broken() from error
        self._entries = dict(_checked(self._zip.infolist()))
        self.names = tuple(self._entries)
        self._by_folded_name = {name.casefold(): name for name in reversed(self.names)}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def size(self, name: str) -> int:
        return self._entries[name].file_size

    def read(self, name: str, *, at_most: int = LARGEST_ENTRY) -> bytes:
        """The contents of one file; raises Unreadable when it is larger than `at_most` bytes, or damaged."""
        info = self._entries[name]
        if info.file_size > at_most:
            raise Unreadable(
                _("%(name)s in the zip file has %(size)s MB; up to %(limit)s MB can be read.")
                % {"name": name, "size": -(-info.file_size // MEGABYTE), "limit": -(-at_most // MEGABYTE)}
            )
        try:
            with self._zip.open(info) as entry:
                # One byte more than announced would be a lie about the size, which zipfile finds by the checksum.
                return entry.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise Unreadable(_("%(name)s in the zip file is damaged.") % {"name": name}) from error
        except (ValueError, struct.error, MemoryError, ImportError) as error:
            raise Unreadable(_("%(name)s in the zip file is damaged.") % {"name": name}) from error

    def find(self, href: str, *, base: str = "") -> str | None:
        """The file that `href`, written in a file of the folder `base`, means; None when there is none.

        Exporters write backslashes, percent signs or another case, and paths from the top instead of from the file.
        """
        path = href.strip().replace("\\", "/").partition("#")[0]
        if not path:
            return None
        for spelt in (path, unquote(path), path.partition("?")[0], unquote(path.partition("?")[0])):
            for folder in dict.fromkeys((base, "")):
                name = posixpath.normpath(posixpath.join(folder, spelt.lstrip("/"))).lstrip("/")
                if name in self._entries:
                    return name
                if name.casefold() in self._by_folded_name:
                    return self._by_folded_name[name.casefold()]
        return None


def is_zip(start: bytes) -> bool:
    """Whether a file that begins so is, or means to be, a zip file."""
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def is_nested(name: str) -> bool:
    return name.casefold().endswith((".zip", ".imscc", ".rar", ".7z", ".gz", ".tgz", ".tar"))


def _broken() -> Unreadable:
    return Unreadable(_("The zip file is broken or was not sent whole."))


def _check_directory(file: BinaryIO) -> None:
    """Refuse a directory of entries that is too large to be read into memory."""
    size = file.seek(0, SEEK_END)
    start = max(0, size - _END_SIZE - _LONGEST_COMMENT - _LOCATOR_SIZE)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        raise _broken()
    count, directory = struct.unpack_from("<HL", tail, at + 10)
    locator = at - _LOCATOR_SIZE
    if locator >= 0 and tail.startswith(_LOCATOR, locator):
        (offset,) = struct.unpack_from("<Q", tail, locator + 8)
        if offset > size - 56:
            raise _broken()
        file.seek(offset)
        record = file.read(56)
        if len(record) < 56 or not record.startswith(_END_64):
            raise _broken()
        count, directory = struct.unpack_from("<QQ", record, 32)
    file.seek(0)
    _check_count(count)
    if directory > LARGEST_DIRECTORY:
        raise Unreadable(
            _("The zip file's list of files has %(size)s MB; up to %(limit)s MB can be read.")
            % {"size": -(-directory // MEGABYTE), "limit": LARGEST_DIRECTORY // MEGABYTE}
        )


def _check_count(count: int) -> None:
    if count > MOST_ENTRIES:
        raise Unreadable(
            _("The zip file has %(count)s files; up to %(limit)s can be read.")
            % {"count": count, "limit": MOST_ENTRIES}
        )


def _checked(entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    _check_count(len(entries))
    total, seen = 0, set()
    for info in entries:
        name = _name(info)
        _check_entry(name, info)
        total += info.file_size
        if total > LARGEST_UNPACKED:
            raise Unreadable(
                _("The zip file unpacks to more than %(limit)s MB.") % {"limit": LARGEST_UNPACKED // MEGABYTE}
            )
        if name.endswith("/") or name.startswith(_OF_THE_SYSTEM) or _is_of_the_system(name):
            continue
        name = posixpath.normpath(name)
        if name in seen:
            raise Unreadable(_("The zip file has two files named %(name)s.") % {"name": name})
        seen.add(name)
        yield name, info


def _is_of_the_system(name: str) -> bool:
    last = posixpath.basename(name)
    return last in _OF_THE_SYSTEM or last.startswith("._")


def _name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        raw = name.encode("cp437", errors="replace")
        for encoding in _OTHER_ENCODINGS:
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _check_entry(name: str, info: zipfile.ZipInfo) -> None:
    said = {"name": name[:100].replace("\x00", "\N{REPLACEMENT CHARACTER}")}
    if "\x00" in name or name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise Unreadable(_("The zip file names a file outside of itself: %(name)s") % said)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Unreadable(_("The zip file has a link instead of a file: %(name)s") % said)
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise Unreadable(_("The zip file is protected with a password (%(name)s). Send it without.") % said)
    limits = {**said, "size": -(-info.file_size // MEGABYTE), "limit": LARGEST_ENTRY // MEGABYTE}
    if info.file_size > LARGEST_ENTRY:
        raise Unreadable(_("%(name)s in the zip file has %(size)s MB; up to %(limit)s MB can be read.") % limits)
    dense = info.file_size > LARGEST_RATIO * max(info.compress_size, 1)
    if dense and info.file_size > RATIO_MATTERS_FROM:
        raise Unreadable(
            _("%(name)s in the zip file unpacks to more than %(limit)s times its size, as zip bombs do.")
            % {**said, "limit": LARGEST_RATIO}
        )
