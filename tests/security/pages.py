"""What every page of every surface answers to whom, the consoles' apart: written by hand, not read from the views."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accounts.permissions import Role, role_allows
from tests.api.table import (
    ANONYMOUS,
    EVERYBODY,
    READ_ATTEMPTS,
    SIGNED_IN,
    Scope,
    Things,
    anything,
    both_ends,
    guardian_alone,
    of_members,
    organization,
    parents_alone,
    reports,
    reports_of_students,
    student_alone,
)

PROBES = ("health", "health/ready", "metrics")
ZONE_SURFACES = ("www", "app", "api", "static", "admin")
SURFACES = (*ZONE_SURFACES, "control", "control_admin")
TO_LOGIN = 302
# Ids of what there is not: the same for everybody.
NOBODYS = {"no_number", "no_uuid", "void_link"}


@dataclass(frozen=True)
class Page:
    """As tests.api.table.Endpoint; `scope` is asked for visitors too. `visitor`: what somebody unknown gets instead."""

    surface: str
    method: str
    path: str
    permission: str | tuple[str, ...]
    ok: int
    scope: Scope = anything
    body: Callable[[Things], dict[str, Any]] = lambda things: {}
    use: dict[str, str] = field(default_factory=dict)
    visitor: int = TO_LOGIN
    noted: bool = True
    noted_elsewhere: bool = False
    always_noted: bool = False

    @property
    def has_object(self) -> bool:
        return "<" in self.path and "<str:format>" not in self.path and not NOBODYS & set(self.use.values())


def holds(page: Page, role: str) -> bool:
    if page.permission == EVERYBODY:
        return True
    if page.permission == SIGNED_IN:
        return role != ANONYMOUS
    names = (page.permission,) if isinstance(page.permission, str) else page.permission
    return role != ANONYMOUS and any(role_allows(role, name) for name in names)


def expected(page: Page, role: str, place: str) -> int:
    if place == "foreign session":
        # What another zone's session says is not known here.
        role = ANONYMOUS
    if not holds(page, role):
        return page.visitor if role == ANONYMOUS else 403
    refused = page.scope(role, place)
    if place == "elsewhere" and page.has_object and refused != 403 and page.permission != EVERYBODY:
        return 404
    return refused or page.ok


def begun(role: str, place: str) -> int | None:
    """A student who is in the middle of the exam is led to where they were."""
    if role == Role.STUDENT and place in ("own", "user"):
        return 302
    return organization(role, place)


def guardian_who_withdrew(role: str, place: str) -> int | None:
    """Nobody of this city: its guardians have withdrawn nothing that could be given again."""
    return 404 if role == Role.PARENT else 403


def visitors_alone(role: str, place: str) -> int | None:
    """Who has logged in is sent on to the dashboard."""
    return None if role == ANONYMOUS else 302


def of_the_zone(role: str, place: str) -> int | None:
    return 404 if place == "elsewhere" else None


ITEMS = ("item:read", "exam:*")
CLASSES = ("student:read", "class:read", "user:read")
RUNNING, FINISHED = {"attempt_id": "running"}, {"attempt_id": "finished"}
CLASS, WARD = {"class_id": "classroom_id"}, {"child_id": "ward"}


def _everywhere(surface: str) -> list[Page]:
    probes = [Page(surface, "GET", name, EVERYBODY, 200) for name in PROBES]
    media = Page(surface, "GET", "media/<path:name>", EVERYBODY, 200, of_the_zone, use={"name": "file"})
    # Nobody is named to tell of holes in a test.
    contact = Page(surface, "GET", ".well-known/security.txt", EVERYBODY, 404)
    return [*probes, Page(surface, "GET", "brand.css", EVERYBODY, 200), media, contact]


def _steps_of_a_login(surface: str) -> list[Page]:
    """Of one that is under way; without one the last leads back to the beginning."""
    sent = [Page(surface, "GET", name, EVERYBODY, 200) for name in ("confirm", "confirm/sent")]
    return [*sent, Page(surface, "GET", "password/renew", EVERYBODY, 302)]


def _own_security(surface: str) -> list[Page]:
    """One's own factors and log-ins; nobody of this city has a passkey."""
    own, passkey = "profile/security", "profile/security/passkeys/<int:passkey_id>"
    nothing = {"passkey_id": "no_number"}
    return [
        Page(surface, "GET", "login/code", EVERYBODY, 302),
        Page(surface, "GET", "login/passkey", EVERYBODY, 200),
        Page(surface, "GET", "profile/confirm", SIGNED_IN, 200),
        Page(surface, "GET", own, SIGNED_IN, 200),
        Page(surface, "GET", f"{own}/app", SIGNED_IN, 200),
        Page(surface, "POST", f"{own}/app/remove", SIGNED_IN, 302),
        Page(surface, "POST", f"{own}/codes", SIGNED_IN, 409),
        Page(surface, "GET", f"{own}/passkeys", SIGNED_IN, 200),
        Page(surface, "POST", f"{passkey}/name", SIGNED_IN, 404, body=lambda t: {"name": "N"}, use=nothing),
        Page(surface, "POST", f"{passkey}/remove", SIGNED_IN, 302, use=nothing),
        Page(surface, "POST", f"{own}/sessions", SIGNED_IN, 302),
        Page(surface, "POST", f"{own}/sessions/<uuid:session_id>", SIGNED_IN, 302, student_alone),
    ]


def _providers() -> list[Page]:
    """The zone has no identity provider: nothing to leave for, nowhere to come back from."""
    kinds = [f"login/with/{kind}/callback" for kind in ("google", "kakao", "naver", "line")]
    back = [*kinds, "login/with/apple/finish", "login/with/<slug:provider_id>/callback"]
    return [
        *(Page("app", "GET", path, EVERYBODY, 404, use={"provider_id": "void_link"}) for path in back),
        Page("app", "POST", "login/with/apple/callback", EVERYBODY, 404),
        Page("app", "POST", "login/with/<slug:slug>", EVERYBODY, 404, use={"slug": "void_link"}),
        Page("app", "GET", "login/with/new", EVERYBODY, 302),
        Page(
            "app", "POST", "profile/connections/<int:connection_id>/remove", SIGNED_IN, 302,
            use={"connection_id": "no_number"},
        ),
    ]  # fmt: skip


def _mailed_link(path: str) -> Page:
    """The link is what proves, whoever opens it; one that is none leads to nobody's account."""
    return Page("app", "GET", f"{path}/<str:token>", EVERYBODY, 410, use={"token": "void_link"})


def _setlang(surface: str) -> Page:
    return Page(surface, "POST", "i18n/setlang/", EVERYBODY, 302, body=lambda t: {"language": "en"})


PAGES = [
    *(page for surface in ZONE_SURFACES for page in _everywhere(surface)),
    *(_setlang(surface) for surface in ("www", "app", "admin")),
    *(page for surface in ("app", "admin") for page in _steps_of_a_login(surface)),
    *(page for surface in ("app", "admin") for page in _own_security(surface)),
    *_providers(),
    *(_mailed_link(path) for path in ("confirm", "invitation", "password/reset", "profile/email")),
    Page("app", "GET", "not-me/<str:token>", EVERYBODY, 200, use={"token": "void_link"}),
    # Without the password it is a refusal, which the next page says.
    Page("app", "POST", "profile/export", SIGNED_IN, 302, always_noted=True),
    # A step of a log-in that is under way; without one it leads back.
    Page("app", "GET", "login/birth-date", EVERYBODY, 302),
    Page("app", "GET", "profile/export/<uuid:export_id>", SIGNED_IN, 404, use={"export_id": "no_uuid"}),
    Page("www", "GET", "", EVERYBODY, 200),
    Page("www", "GET", "about", EVERYBODY, 200),
    Page("www", "GET", "prices", EVERYBODY, 200),
    Page("app", "GET", "", EVERYBODY, 302),
    Page("app", "GET", "login", EVERYBODY, 200, visitors_alone),
    Page("app", "POST", "login", EVERYBODY, 200, visitors_alone),
    Page("app", "GET", "register", EVERYBODY, 200, visitors_alone),
    Page("app", "POST", "register", EVERYBODY, 200, visitors_alone),
    Page("app", "POST", "logout", EVERYBODY, 302),
    Page("app", "GET", "register/sent", EVERYBODY, 200),
    Page("app", "GET", "password/reset", EVERYBODY, 200),
    Page("app", "POST", "password/reset", EVERYBODY, 200),
    Page("app", "GET", "password/reset/sent", EVERYBODY, 200),
    Page("app", "GET", "password/chosen", EVERYBODY, 200),
    Page("app", "GET", "password/set", EVERYBODY, 200),
    Page("app", "GET", "profile/email/changed", EVERYBODY, 200),
    Page("app", "POST", "profile/email", SIGNED_IN, 200),
    Page("app", "GET", "profile", SIGNED_IN, 200),
    Page("app", "POST", "profile", SIGNED_IN, 302, body=lambda t: {"display_name": "N", "language": "ko"}),
    Page("app", "POST", "profile/password", SIGNED_IN, 200),
    Page(
        "app", "POST", "profile/parents/<uuid:parent_id>", "profile:update", 302, student_alone,
        body=lambda t: {"decision": "approve"},
    ),
    Page("app", "GET", "notices", SIGNED_IN, 200),
    Page("app", "POST", "notices/read", SIGNED_IN, 302),
    Page("app", "POST", "notices/<uuid:notice_id>/read", SIGNED_IN, 302, student_alone),
    Page("app", "GET", "dashboard", SIGNED_IN, 200),
    Page("app", "GET", "analytics", SIGNED_IN, 200),
    Page("app", "GET", "analysis", ITEMS, 200),
    Page("app", "GET", "analysis/<uuid:exam_id>", ITEMS, 200, organization),
    # Nothing has been analysed in this city, so that the page is there for nobody.
    Page("app", "GET", "analysis/<uuid:exam_id>/items/<uuid:item_id>", ITEMS, 404, organization),
    Page("app", "GET", "exams", "exam:read", 200),
    Page("app", "GET", "exams/<uuid:exam_id>/start", "attempt:create", 200, begun),
    Page("app", "GET", "attempts/<uuid:attempt_id>", "attempt:create", 200, student_alone, use=RUNNING),
    Page("app", "GET", "attempts/<uuid:attempt_id>/result", READ_ATTEMPTS, 200, reports, use=FINISHED),
    Page("app", "GET", "classes", CLASSES, 200),
    Page("app", "GET", "classes/<uuid:class_id>", CLASSES, 200, of_members, use=CLASS),
    Page("app", "GET", "classes/<uuid:class_id>/exams/<uuid:exam_id>", CLASSES, 200, of_members, use=CLASS),
    Page("app", "GET", "grading", "exam:update", 200),
    Page("app", "GET", "grading/<int:response_id>", "exam:update", 200, organization),
    # Without points the form comes again.
    Page("app", "POST", "grading/<int:response_id>", "exam:update", 200, organization),
    Page("app", "GET", "children", "student:read", 200, parents_alone),
    Page("app", "GET", "children/<uuid:student_id>", "report:read", 200, reports_of_students),
    Page("app", "POST", "children/links/<uuid:link_id>/end", "student:read", 302, both_ends),
    Page("app", "POST", "children/<uuid:child_id>/withdraw", "student:read", 302, guardian_alone, use=WARD),
    Page("app", "GET", "children/<uuid:child_id>/consent", "student:read", 200, guardian_who_withdrew, use=WARD),
    # The mailed link is what proves, whoever opens it.
    Page("app", "GET", "guardian/<slug:token>", EVERYBODY, 200, of_the_zone, noted_elsewhere=True),
    Page("app", "GET", "register/waiting", EVERYBODY, 200),
]  # fmt: skip
