"""Writes docs/security/authorisation.csv out of what the tests declare and hold the application to.

    python -m tests.security.matrix

writes it anew; tests/security/test_authorisation.py compares it.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "docs" / "security" / "authorisation.csv"
# What a row's cells say of each place; the API's tokens and the pages' sessions of another zone are one.
PLACES = {
    "own": "own",
    "user": "another user's",
    "other": "another organization's",
    "elsewhere": "in another zone",
    "foreign token": "with another zone's log-in",
    "foreign session": "with another zone's log-in",
}
Row = list[str]


def rows() -> Iterator[Row]:
    from tests.api import table
    from tests.api.city import ROLES
    from tests.security import commands, consoles, pages

    yield ["surface", "method", "address", "permission", "object", *ROLES]
    for endpoint in table.TABLE:
        cells = {
            p: [str(table.expected(endpoint, role, p)) for role in ROLES] for p in PLACES if p != "foreign session"
        }
        address, places = f"/api/v1/{endpoint.path}", list(cells)
        yield from _merged(["api, app", endpoint.method, address, _said(endpoint.permission)], places, cells)
    for page in pages.PAGES:
        yield from _page(page, pages.expected, ROLES)
    for page in consoles.CONSOLE:
        yield from _page(page, consoles.expected_in_console, ROLES)
    for section in consoles.ZONE_SECTIONS:
        for name, needs in section.actions.items():
            said = ["offered" if consoles.is_offered(role, needs) else "–" for role in ROLES]
            yield ["admin", "POST", f"/{section.model}/ action {name}", _said(needs), "own", *said]
    for page in consoles.CONTROL:
        said = [str(consoles.expected_in_control(page, role)) for role in ROLES]
        yield [page.surface, page.method, f"/{page.path}", _said(page.permission), "the city's", *said]
    for name, permission in commands.COMMANDS.items():
        said = [commands.expected(name, role) for role in ROLES]
        yield ["api, app", "WebSocket", f"/ws {name}", _said(permission or table.EVERYBODY), "own", *said]


def _page(page, expected, roles) -> Iterator[Row]:
    from tests.api.table import CLIENT

    places = [p for p in PLACES if p != "foreign token" and (page.has_object or p in ("own", "foreign session"))]
    cells = {place: ["–" if role == CLIENT else str(expected(page, role, place)) for role in roles] for place in places}
    yield from _merged([page.surface, page.method, f"/{page.path}", _said(page.permission)], places, cells)


def _merged(head: Row, places: list[str], cells: dict[str, Row]) -> Iterator[Row]:
    """One row for the places whose answers are the same."""
    for answers in dict.fromkeys(tuple(cells[place]) for place in places):
        names = " / ".join(dict.fromkeys(PLACES[place] for place in places if tuple(cells[place]) == answers))
        yield [*head, names, *answers]


def _said(permission: str | tuple[str, ...]) -> str:
    names = (permission,) if isinstance(permission, str) else permission
    return " or ".join(name or "staff" for name in names) or "nobody"


def rendered() -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows())
    return text.getvalue()


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")
    django.setup()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(rendered(), encoding="utf-8")
