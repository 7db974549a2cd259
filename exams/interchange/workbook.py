"""Excel: our own table (exams.interchange.rows) as the first sheet of a workbook."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from exams.interchange import rows
from exams.interchange.archive import Archive
from exams.interchange.package import Loss, Package, ReadItem, Unreadable, Written

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_PART = 60 * 1024 * 1024
# Excel's own bound for a cell; a longer text would be cut off without a word.
LONGEST_CELL = 32_767
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")
_WIDE = frozenset({"stem", "explanation", "passage_text"})


def read(content: bytes, *, name: str, language: str) -> Package:
    """See exams.interchange. The first sheet that names our columns in its first row; of formulas, the saved value."""
    archive = Archive(content)
    for part in archive.names:
        # What is unpacked while reading: sheets, and the texts that they share.
        archive.read(part, at_most=LARGEST_PART)
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            header = next(_rows(sheet), [])
            if rows.is_header(header):
                return rows.read_rows(_rows(sheet), format="xlsx", language=language, name=name)
    except Unreadable:
        raise
    except (BadZipFile, MemoryError, RecursionError) as error:
        raise Unreadable(_("The workbook is damaged.")) from error
    except Exception as error:
        # openpyxl raises errors of many classes, its own and its parsers', on what is not a sound workbook.
        raise Unreadable(_("The workbook is damaged.")) from error
    raise Unreadable(_("No sheet of %(name)s names our columns in its first row; see the template.") % {"name": name})


def _rows(sheet: Any) -> Iterator[Sequence[str]]:
    for number, cells in enumerate(sheet.iter_rows(max_col=rows.MOST_COLUMNS + 1, values_only=True), start=1):
        if number > rows.MOST_ROWS:
            raise Unreadable(_("The table has more than %(most)d rows.") % {"most": rows.MOST_ROWS})
        yield [_text(cell) for cell in cells]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return _ESCAPE.sub(lambda match: chr(int(match[0][2:6], 16)), str(value)).replace("\r\n", "\n").replace("\r", "\n")


def write(package: Package, *, language: str) -> Written:
    """Every language and every kind; all cells are texts, so that none is taken for a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("items")
    header = rows.header_of(package.items)
    for place, name in enumerate(header, start=1):
        sheet.column_dimensions[_letter(place)].width = 48 if name in _WIDE else 16
    sheet.freeze_panes = "B2"
    sheet.append([_cell(sheet, name, bold=True) for name in header])
    losses: list[tuple[str, Loss]] = []
    left_out = []
    for item in package.items:
        reason = _too_much(item)
        if item.draft is None or reason:
            left_out.append(item.identifier)
            losses += [(item.identifier, Loss(reason))] if reason else []
            continue
        for row in rows.rows_of(item):
            sheet.append([_cell(sheet, row.get(name, "")) for name in header])
        losses += [(item.identifier, loss) for loss in rows.losses_of(item)]
    file = BytesIO()
    book.save(file)
    return Written(file.getvalue(), ".xlsx", MEDIA_TYPE, tuple(losses), tuple(left_out))


def _too_much(item: ReadItem) -> str:
    cells = [cell for row in rows.rows_of(item) for cell in row.values()]
    if any(len(_protected(cell)) > LONGEST_CELL for cell in cells):
        return _("A text is longer than the %(most)d characters of an Excel cell.") % {"most": LONGEST_CELL}
    if any(_ILLEGAL.search(cell) for cell in cells):
        return _("A text has a character that an Excel cell cannot hold.")
    return ""


def _protected(text: str) -> str:
    """What Excel reads as an escaped character is escaped once more (ECMA-376, ST_Xstring)."""
    return _ESCAPE.sub(lambda match: f"_x005F{match[0]}", text)


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    if text == "":
        return None
    cell = WriteOnlyCell(sheet, _protected(text))
    cell.data_type = "s"
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _letter(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(place)
