"""What every page of the consoles answers to whom: written by hand from the permission table, not read from the pages.

People who are no staff, and visitors, are sent to the log-in page. Staff without the permission get 403; with it, what
lies outside of their organization or zone is not there (404).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from accounts.permissions import STAFF_ROLES, ZONE_WIDE, Role, role_allows
from tests.api.table import ANONYMOUS, Things
from tests.security.pages import TO_LOGIN, Page

Names = tuple[str, ...]
# Whose rows a page has: those of one's organization; besides, those of the zone; the zone's alone, which are for all.
OWN, OWN_AND_ZONE, ZONE = "own", "own and zone", "zone"
# Who sees the whole zone sees the zone's rows alone, not each organization's again.
EACH_THEIR_OWN = "each their own"
# The one row that every zone has of its own, under the same id.
ONE_EACH = "one each"


@dataclass(frozen=True)
class Extra:
    """A page of a section beside Django's own: `needs` names permissions of which one is enough, "" none."""

    method: str
    path: str
    needs: Names
    ok: int = 200
    body: Callable[[Things], dict[str, Any]] = lambda things: {}
    use: dict[str, str] = field(default_factory=dict)
    # Looks for the object before the permission, so that another organization's is not there even for who may nothing.
    looks_first: bool = True
    # What differs from the section's, and for who sees the whole zone.
    rows: str = ""
    ok_of_zone: int = 0


@dataclass(frozen=True)
class Section:
    """The pages of one model; `key` names the id of its object among the city's things."""

    model: str
    key: str
    view: Names
    add: Names = ()
    change: Names = ()
    delete: Names = ()
    rows: str = OWN
    actions: dict[str, Names] = field(default_factory=dict)
    extra: tuple[Extra, ...] = ()
    # Pages of our own, which look for the object before the permission.
    own_change_page: bool = False
    # There is one row: the list leads to its page, which then asks who it is.
    leads_on: bool = False


ITEMS, ITEMS_WRITE = ("exam:read", "item:read"), ("exam:update", "item:update")
ITEMS_MAKE = ("exam:create", "item:create")

ZONE_SECTIONS = [
    Section(
        "accounts/apiclient", "client_id", ("zone:read",), ("zone:update",), ("zone:update",),
        actions={"disable": ("zone:update",), "enable": ("zone:update",)},
        extra=(Extra("POST", "<uuid:client_id>/rotate/", ("zone:update",)),),
    ),
    Section(
        "accounts/rosterimport", "roster_id", ("class:create",), ("class:create",), own_change_page=True,
        extra=(
            # Without an organization the page says so.
            Extra("POST", "export/", ("class:create",), 302),
            Extra("POST", "<uuid:batch_id>/confirm/", ("class:create",), 302, use={"batch_id": "roster_id"}),
        ),
    ),
    Section("accounts/organization", "organization", ("org:read",), ("org:create",), ("org:update",)),
    Section(
        "accounts/user", "user_id", ("user:read",), ("user:create",), ("user:update",),
        actions={"close": ("user:update",), "open": ("user:update",), "log_out": ("user:update",)},
        extra=(
            Extra("GET", "<id>/password/", ("user:update",), use={"id": "user_id"}),
            Extra("GET", "<id>/reveal/", ("user:update",), use={"id": "user_id"}),
            Extra("GET", "<id>/paper/", ("user:update",), use={"id": "user_id"}),
            Extra("GET", "<id>/erase/", ("user:delete",), use={"id": "user_id"}),
            Extra("POST", "by-phone/", ("user:read",)),
        ),
    ),
    Section(
        "accounts/classroom", "classroom_id", ("class:read", "user:read"), ("class:create",), ("class:update",)
    ),
    Section("accounts/parentlink", "link_id", ("user:read",)),
    Section(
        "accounts/identityprovider", "provider_pk", ("zone:read",), ("zone:update",), ("zone:update",), rows=ZONE
    ),
    Section("accounts/outgoingmail", "mail_id", ("zone:read",), rows=ZONE),
    Section(
        "accounts/securitypolicy", "policy_id", ("zone:read",), (), ("zone:update",), rows=ONE_EACH, leads_on=True
    ),
    Section(
        "audit/auditentry", "entry_id", ("zone:read",), rows=ZONE, extra=(Extra("GET", "export/", ("zone:read",)),)
    ),
    Section(
        "exams/accommodation", "accommodation_id", ("user:update",), ("user:update",), ("user:update",),
        ("user:update",), actions={"take_away": ("user:update",)},
    ),
    Section("exams/attempt", "finished", ("attempt:read", "report:read")),
    Section("exams/contentarea", "area_id", ITEMS, ITEMS_WRITE, ITEMS_WRITE, rows=ZONE),
    Section(
        "exams/item", "item_id", ITEMS, ITEMS_MAKE, ITEMS_WRITE, rows=OWN_AND_ZONE,
        actions={"to_field_test": ITEMS_WRITE, "activate": ITEMS_WRITE, "retire": ITEMS_WRITE, "export": ITEMS},
        extra=(
            Extra("POST", "preview/", ITEMS_MAKE),
            Extra("POST", "export/", ITEMS),
            Extra("GET", "<uuid:item_id>/versions/<int:number>/", ITEMS),
        ),
    ),
    Section(
        "exams/exam", "exam_id", ("exam:read",), ("exam:create",), ("exam:update",), rows=OWN_AND_ZONE,
        actions={"publish": ("exam:update",), "archive": ("exam:update",)},
        extra=(Extra("GET", "<uuid:exam_id>/export/", ("exam:read",)),),
    ),
    Section(
        "exams/importbatch", "import_id", ITEMS_MAKE, ITEMS_MAKE, own_change_page=True,
        extra=(
            Extra("GET", "template.<str:format>", ITEMS_MAKE, use={"format": "template"}),
            Extra("POST", "<uuid:batch_id>/confirm/", ITEMS_MAKE, 302, use={"batch_id": "import_id"}),
        ),
    ),
    Section(
        "exams/calibrationrun", "failed_calibration_id", ITEMS, ITEMS_WRITE, own_change_page=True,
        extra=(
            Extra("POST", "plan/", ITEMS_WRITE),
            Extra("POST", "<uuid:run_id>/activate/", ITEMS_WRITE, 302, use={"run_id": "failed_calibration_id"}),
        ),
    ),
    Section(
        "exams/analysisrun", "analysis_id", ITEMS, rows=EACH_THEIR_OWN, own_change_page=True,
        extra=(
            # To the newest one, or to the page that offers to make the first.
            Extra("GET", "of/<uuid:exam_id>/", ITEMS, 302, rows=OWN, ok_of_zone=200, looks_first=False),
            # Nothing has been analysed in this city, so that the page is there for nobody.
            Extra("GET", "<uuid:run_id>/items/<uuid:item_id>/", ITEMS, 404, use={"run_id": "analysis_id"}),
        ),
    ),
    Section("exams/passage", "passage_id", ITEMS, rows=OWN_AND_ZONE),
    Section("exams/scorescale", "scale_id", ("exam:update",), ("exam:create",), ("exam:update",), rows=ZONE),
    Section("exams/simulationrun", "simulation_id", ("exam:update",), ("exam:update",), own_change_page=True),
]  # fmt: skip

CONTROL_SECTIONS = [
    Section(
        "zones/zone", "zone_pk", ("zone:read",), ("zone:create",), ("zone:update",), rows=ZONE,
        actions={"suspend": ("zone:update",), "activate": ("zone:update",)},
    ),
    Section("zones/domain", "domain_pk", ("zone:read",), ("zone:update",), ("zone:update",), rows=ZONE),
    Section(
        "accounts/user", "staff_pk", ("user:read",), ("user:create",), ("user:update",), rows=ZONE,
        actions={"close": ("user:update",), "open": ("user:update",), "log_out": ("user:update",)},
        extra=(
            Extra("GET", "<id>/password/", ("user:update",), use={"id": "staff_pk"}),
            Extra("GET", "<id>/reveal/", ("user:update",), use={"id": "staff_pk"}),
            Extra("POST", "by-phone/", ("user:read",)),
        ),
    ),
    Section(
        "audit/auditentry", "control_entry_pk", ("zone:read",), rows=ZONE,
        extra=(Extra("GET", "export/", ("zone:read",)),),
    ),
]  # fmt: skip


@dataclass(frozen=True)
class ConsolePage(Page):
    """A page of a section. `looks_first`: another organization's object is not there, whatever one may."""

    rows: str = OWN
    looks_first: bool = False
    ok_of_zone: int = 0


def pages_of(surface: str, section: Section) -> Iterator[ConsolePage]:
    one = f"{section.model}/<path:object_id>/"
    use = {"object_id": section.key}

    def page(method: str, path: str, needs: Names, ok: int = 200, **more: Any) -> ConsolePage:
        return ConsolePage(surface, method, path, needs, ok, **{"rows": section.rows, **more})

    yield page("GET", f"{section.model}/", *((("",), 302) if section.leads_on else (section.view, 200)))
    yield page("GET", f"{section.model}/add/", section.add)
    yield page("GET", f"{one}change/", section.view, use=use, looks_first=section.own_change_page)
    yield page("GET", f"{one}history/", section.view, use=use, looks_first=True)
    yield page("GET", f"{one}delete/", section.delete, use=use)
    yield page("GET", one, ("",), 302, use=use, noted=False)
    for extra in section.extra:
        yield page(
            extra.method, f"{section.model}/{extra.path}", extra.needs, extra.ok,
            body=extra.body, use=extra.use, looks_first=extra.looks_first, rows=extra.rows or section.rows,
            ok_of_zone=extra.ok_of_zone,
        )  # fmt: skip


def expected_in_console(page: ConsolePage, role: str, place: str) -> int:
    if place == "foreign session" or role == ANONYMOUS or role not in STAFF_ROLES:
        return TO_LOGIN
    if page.permission == ("",):
        # Only an address of old: leads to the page that answers.
        return page.ok
    may = any(role_allows(role, name) for name in page.permission)
    if page.path.endswith("/add/") and page.rows == ZONE and role not in ZONE_WIDE:
        # What is the whole zone's is not made for an organization.
        may = False
    if page.has_object and not _is_there(page, role, place) and (may or page.looks_first):
        return 404
    if not may:
        return 403
    return page.ok_of_zone or page.ok if role in ZONE_WIDE else page.ok


def is_hidden(page: ConsolePage, role: str, place: str) -> bool:
    """Whether there is such an object, which this person is told nothing of."""
    return page.has_object and place in ("own", "user", "other") and not _is_there(page, role, place)


def expected_in_control(page: ConsolePage, role: str) -> int:
    """The control plane is its own super administrators'; of a zone's people it knows nobody."""
    if role != Role.SUPER_ADMIN:
        return TO_LOGIN
    return page.ok if page.permission else 403


def is_offered(role: str, needs: Names) -> bool:
    return role in STAFF_ROLES and any(role_allows(role, name) for name in needs)


def _is_there(page: ConsolePage, role: str, place: str) -> bool:
    if page.rows == ONE_EACH:
        return True
    if place == "elsewhere":
        return False
    if page.rows == EACH_THEIR_OWN:
        return role not in ZONE_WIDE and place in ("own", "user")
    return page.rows == ZONE or role in ZONE_WIDE or place in ("own", "user")


CONSOLE = [page for section in ZONE_SECTIONS for page in pages_of("admin", section)]
CONTROL = [page for section in CONTROL_SECTIONS for page in pages_of("control_admin", section)]

# Django's own pages of a console; the pattern at the end answers for what is none.
SITE_PATHS = frozenset(
    {
        "", "login/", "logout/", "password_change/", "password_change/done/", "autocomplete/", "jsi18n/",
        "r/<path:content_type_id>/<path:object_id>/", "(?P<url>.*)$",
    }
)  # fmt: skip
