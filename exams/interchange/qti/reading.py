"""Files of QTI of any version: zip files, and the XML of a single item or test."""

from typing import BinaryIO

from django.utils.translation import gettext as _

from exams.interchange.archive import Archive, check_upload_size, is_zip
from exams.interchange.package import Package, Unreadable
from exams.interchange.qti import assessment, qti1
from exams.interchange.qti.item import Source, read_item
from exams.interchange.qti.nodes import name_of
from exams.interchange.qti.zipped import Zipped, guessed, version_of
from exams.interchange.safexml import LARGEST_XML, parse

_OTHERS = {b"%PDF": "PDF", b"Rar!": "RAR", b"7z\xbc\xaf": "7z", b"\x1f\x8b": "gzip", b"\xd0\xcf\x11\xe0": "MS Office"}


def read(data: BinaryIO | bytes, *, language: str, name: str = "") -> Package:
    """The items and tests of a file of QTI 3.0, 2.x or 1.2; `language` is theirs unless they say another.

    Raises Unreadable for a file that is broken, hostile, too large, or holds no QTI, and no other error.
    """
    check_upload_size(data)
    start = _start(data)
    if is_zip(start):
        return Zipped(Archive(data), language).package()
    for magic, kind in _OTHERS.items():
        if start.startswith(magic):
            raise Unreadable(_("This is a file of the kind %(kind)s and no zip or XML file.") % {"kind": kind})
    if not start.strip(b"\x00 \t\r\n"):
        raise Unreadable(_("The file is empty."))
    content = data if isinstance(data, bytes) else data.read(LARGEST_XML + 1)
    return _single(content, language, name or _("The file"))


def _start(data: BinaryIO | bytes) -> bytes:
    if isinstance(data, bytes):
        return data[:64]
    data.seek(0)
    start = data.read(64)
    data.seek(0)
    return start


def _single(content: bytes, language: str, where: str) -> Package:
    parsed = parse(content, where=where, language=language)
    losses, kind = guessed(parsed, where), name_of(parsed.root)
    version = f"QTI {version_of(parsed.root)}"
    if kind == "assessmentitem":
        return Package(version, (read_item(parsed.root, Source(where, language)),), losses=losses)
    if kind == "assessmenttest":
        test = assessment.read_test(
            parsed.root, where=where, find_item=lambda href: None, find_section=lambda href: None
        )
        return Package(version, (), (test,), losses)
    if kind in qti1.ROOTS:
        items, tests = qti1.read(parsed.root, Source(where, language))
        if not items:
            raise Unreadable(_("%(where)s holds no item.") % {"where": where})
        return Package("QTI 1.2", tuple(items), tuple(tests), losses)
    if kind == "manifest":
        raise Unreadable(_("This is the list of a package's files alone; send the whole zip file."))
    raise Unreadable(
        _("%(where)s is XML, but no item or test of QTI: it begins with <%(name)s>.")
        % {"where": where, "name": str(parsed.root.tag).rpartition("}")[2][:60]}
    )
