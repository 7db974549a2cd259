"""CSV: our own table (exams.interchange.rows) as text, as Excel, LibreOffice and scripts write it."""

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO

from django.utils.translation import gettext as _

from exams.interchange import rows
from exams.interchange.package import Loss, Package, Unreadable, Written
from exams.interchange.text import decode

# What a spreadsheet would take for a formula, and our own mark against it.
_FORMULA = "=+-@\t\r＝＋－＠'"
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
LARGEST_CELL = 1_000_000


def is_table(text: str) -> bool:
    first = next((line for line in text.split("\n", 50) if line.strip()), "")[:20_000]
    return any(rows.is_header(cells) for cells in _parsed(first, _separator(first)))


def read(content: bytes, *, name: str, language: str) -> Package:
    """See exams.interchange. Encoding and separator (comma, semicolon, tab) are found out."""
    text, _encoding = decode(content)
    first = next((line for line in text.split("\n", 50) if line.strip()), "")
    table = ([_unguarded(cell) for cell in cells] for cells in _parsed(text, _separator(first)))
    return rows.read_rows(table, format="csv", language=language, name=name)


def _separator(header: str) -> str:
    return max(",;\t", key=header.count)


def _parsed(text: str, separator: str) -> Iterator[Sequence[str]]:
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    try:
        yield from reader
    except csv.Error as error:
        raise Unreadable(
            _("Line %(line)d of the table cannot be read: %(error)s") % {"line": reader.line_num, "error": error}
        ) from error


def guarded(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula; numbers are none."""
    return f"'{cell}" if cell and cell[0] in _FORMULA and not _NUMBER.fullmatch(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in _FORMULA else cell


def write(package: Package, *, language: str) -> Written:
    """Every language and every kind; in UTF-8 with the mark by which Excel knows it."""
    header = rows.header_of(package.items)
    file = StringIO(newline="")
    writer = csv.DictWriter(file, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    losses: list[tuple[str, Loss]] = []
    for item in package.items:
        for row in rows.rows_of(item):
            writer.writerow({name: guarded(cell) for name, cell in row.items()})
        losses += [(item.identifier, loss) for loss in rows.losses_of(item)]
    left_out = tuple(item.identifier for item in package.items if item.draft is None)
    return Written(file.getvalue().encode("utf-8-sig"), ".csv", "text/csv", tuple(losses), left_out)
