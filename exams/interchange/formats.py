"""The formats there are: which one a file is in, and its reader and writer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.interchange import aiken, examples, gift, moodle, qti, table, workbook
from exams.interchange.archive import Archive, is_zip
from exams.interchange.package import Package, Unreadable, Written
from exams.interchange.text import decode

AUTO = "auto"


@dataclass(frozen=True)
class Format:
    """`label` is for people; `exact` says that whatever is exported comes back the same."""

    label: object
    read: Callable[..., Package]
    write: Callable[..., Written]
    exact: bool = False


FORMATS: dict[str, Format] = {
    "qti": Format(gettext_lazy("QTI 3.0"), qti.read, qti.write, exact=True),
    "qti22": Format(gettext_lazy("QTI 2.2"), qti.read, partial(qti.write, version="2.2"), exact=True),
    "moodle": Format(gettext_lazy("Moodle XML"), moodle.read, moodle.write),
    "gift": Format(gettext_lazy("GIFT"), gift.read, gift.write),
    "aiken": Format(gettext_lazy("Aiken"), aiken.read, aiken.write),
    "csv": Format(gettext_lazy("CSV table"), table.read, table.write, exact=True),
    "xlsx": Format(gettext_lazy("Excel table"), workbook.read, workbook.write, exact=True),
}

_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_QTI = re.compile(r"(?:qti-)?assessment-?(?:item|test|section)|questestinterop|manifest", re.IGNORECASE)
_COMMENTS = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)


def read(content: bytes, *, name: str, language: str, format: str = AUTO) -> Package:
    """The contents of a file in `format`, or in the one that it is found to be in. Raises Unreadable."""
    if not content.strip():
        raise Unreadable(_("The file is empty."))
    found = detect(content, name=name) if format == AUTO else format
    if found not in FORMATS:
        raise Unreadable(_("There is no format %(format)r.") % {"format": found})
    return replace(FORMATS[found].read(content, name=name, language=language), format=found)


def detect(content: bytes, *, name: str = "") -> str:
    """The name of the format that `content` is in, going by what it says and not by its name. Raises Unreadable."""
    if is_zip(content[:64]):
        return "xlsx" if "xl/workbook.xml" in Archive(content) else "qti"
    text, _encoding = decode(content)
    stripped = text.lstrip()
    if stripped.startswith("<"):
        return _of_xml(stripped)
    if table.is_table(text):
        return "csv"
    if aiken.is_aiken(text):
        return "aiken"
    if gift.is_gift(text):
        return "gift"
    raise Unreadable(
        _("It could not be found out what format %(name)s is in; choose one.") % {"name": name or _("this file")}
    )


def _of_xml(text: str) -> str:
    root = _ROOT.search(_COMMENTS.sub("", text[:20_000]))
    found = root[1] if root else ""
    if found == "quiz":
        return "moodle"
    if _QTI.fullmatch(found):
        return "qti"
    raise Unreadable(_("This XML is of no format known here: it begins with <%(root)s>.") % {"root": found[:60]})


def template(format: str) -> Written | None:
    """A table with our columns and an example of each kind of question; None for what is no table of ours."""
    return FORMATS[format].write(examples.package(), language="en") if format in ("csv", "xlsx") else None
