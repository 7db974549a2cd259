"""What every table of people has in common: how a CSV is read, its cells made harmless, roles as files call them."""

import csv
import re
from io import StringIO

from django.utils.translation import gettext as _

from accounts.interchange.roster import UnreadableRoster
from accounts.permissions import Role

MEGABYTE = 2**20
LARGEST_ROSTER = 20 * MEGABYTE
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 200_000, 200, 100_000
ROLES = {
    "student": Role.STUDENT,
    "teacher": Role.TEACHER,
    "parent": Role.PARENT,
    "guardian": Role.PARENT,
    "relative": Role.PARENT,
    "administrator": Role.ORG_ADMIN,
    "siteadministrator": Role.ORG_ADMIN,
    "principal": Role.ORG_ADMIN,
}
# With these a spreadsheet takes a cell for a formula, and people choose their names themselves.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
# Each row with its line in the file; names of columns in lower case.
Table = list[tuple[int, dict[str, str]]]


def csv_table(name: str, content: bytes) -> Table:
    """Raises UnreadableRoster, with the file's name in the words."""
    for encoding in ("utf-8-sig", "cp949", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableRoster(_("%(name)s is in no known encoding; save it as UTF-8.") % {"name": name})
    rows: Table = []
    reader = csv.reader(StringIO(text.replace("\x00", "\ufffd"), newline=""))
    try:
        header = [cell.strip().casefold() for cell in _sized(next(reader, []))]
        for cells in map(_sized, reader):
            if len(rows) >= MOST_ROWS:
                raise UnreadableRoster(_("%(name)s has more than %(most)d rows.") % {"name": name, "most": MOST_ROWS})
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False))))
    except csv.Error as error:
        said = {"name": name, "line": reader.line_num}
        raise UnreadableRoster(_("%(name)s cannot be read in line %(line)d.") % said) from error
    return rows


def _sized(cells: list[str]) -> list[str]:
    # The csv module's own limit is one for the whole process, and whoever reads other tables sets it to theirs.
    if len(cells) > MOST_COLUMNS or max(map(len, cells), default=0) > LONGEST_CELL:
        raise csv.Error("no roster has so wide a row")
    return cells


def unguarded(cell: str) -> str:
    """The words of a cell without the mark that `guarded` set before a formula."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell, 1) else cell


def guarded(cell: str) -> str:
    """The words such that no spreadsheet takes them for a formula; `unguarded` takes our mark off again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
