"""What every endpoint of the API answers to whom: written by hand from the specification, not read from the views.

A person without the permission is refused with 403, a visitor with 401. With it, `scope` says whose objects answer:
those that are the person's own or their organization's ("own"), another user's of the same organization ("user": what
belongs to no single user is as "own"), or another organization's ("other").
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accounts.permissions import Role, role_allows
from tests.cast import PASSWORD
from tests.clients import Upload

Things = dict[str, Any]
Scope = Callable[[str, str], int | None]
ZONE_WIDE = {Role.SUPER_ADMIN, Role.ZONE_ADMIN}
EVERYBODY, SIGNED_IN = "everybody", "signed in"
ANONYMOUS, CLIENT = "anonymous", "api client"


@dataclass(frozen=True)
class Endpoint:
    """`scope(role, place)` gives the status of a refusal, None where the answer is `ok`.

    `elsewhere` is the answer to the same role's person of another zone, who asks there with these ids; `foreign_token`
    that to a token of another zone. `noted`: a 404 for another organization's object leaves a row in the log.
    """

    method: str
    path: str
    permission: str | tuple[str, ...]
    ok: int
    scope: Scope
    body: Callable[[Things], Any] | None = None
    use: dict[str, str] = field(default_factory=dict)
    elsewhere: int | None = 404
    foreign_token: int = 403
    noted: bool = True
    # What a server with the permission cannot do, because it is nobody.
    needs_account: bool = False


def anything(role: str, place: str) -> None:
    """Lists and what is one's own: confined by what they hold."""
    return


def organization(role: str, place: str) -> int | None:
    """What belongs to an organization."""
    inside = place in ("own", "user") and role in {Role.ORG_ADMIN, Role.TEACHER, Role.STUDENT}
    return None if role in ZONE_WIDE or inside else 404


def of_members(role: str, place: str) -> int | None:
    """A class: for its people and its organization's administrators."""
    return 404 if place == "user" and role in {Role.TEACHER, Role.STUDENT} else organization(role, place)


def reports(role: str, place: str) -> int | None:
    """A student's results: for themselves, their organization's staff, their approved parents."""
    if place == "user" and role == Role.STUDENT:
        return 404
    return None if place == "own" and role == Role.PARENT else organization(role, place)


def reports_of_students(role: str, place: str) -> int | None:
    """The same, where parents without an approved link learn that they need one."""
    return 403 if role == Role.PARENT and place != "own" else reports(role, place)


def student_alone(role: str, place: str) -> int | None:
    return None if role == Role.STUDENT and place == "own" else 404


def both_ends(role: str, place: str) -> int | None:
    """A link between parent and student."""
    return None if role in {Role.STUDENT, Role.PARENT} and place == "own" else 404


def guardian_alone(role: str, place: str) -> int | None:
    """What a guardian does for their own child."""
    if role != Role.PARENT:
        return 403
    return None if place == "own" else 404


def parents_alone(role: str, place: str) -> int | None:
    return None if role == Role.PARENT else 403


def in_the_body(role: str, place: str) -> int | None:
    """The organization that a body names."""
    return None if role in ZONE_WIDE or place in ("own", "user") else 404


def key(_things: Things) -> dict[str, Any]:
    return {"client_key": str(uuid.uuid4())}


def answer(things: Things) -> dict[str, Any]:
    return {**key(things), "position": 1, "item": things["question"], "option": 1}


def zone_wide(role: str, place: str) -> int | None:
    """What is written for the whole zone."""
    return None if role in ZONE_WIDE else 403


def one_of_the_zone(role: str, place: str) -> int | None:
    """The same of one thing that is there; in another zone there is none of it."""
    return 404 if place == "elsewhere" else zone_wide(role, place)


def everybody_in_the_zone(role: str, place: str) -> int | None:
    """What the zone has, whatever one's organization; in another zone there is none of it."""
    return 404 if place == "elsewhere" else None


def managed_or_oneself(role: str, place: str) -> int | None:
    inside = (role == Role.ORG_ADMIN and place in ("own", "user")) or (role == Role.STUDENT and place == "own")
    return None if role in ZONE_WIDE or inside else 404


TEXT = {"language": "ko", "stem": "$1 + 1$은?", "options": ["$2$", "$3$"]}
VERSION = {"texts": [TEXT], "key": 1, "discrimination": 1.0, "difficulty": 0.5, "guessing": 0.2}
PERSON = {"birth_date": "2000-05-05", "display_name": "새봄", "email": "saebom@example.com", "password": "Spr1ng!time"}
READ_ATTEMPTS = ("attempt:read", "report:read")
READ_ITEMS, MAKE_ITEMS, CHANGE_ITEMS = ("item:read", "exam:*"), ("item:create", "exam:*"), ("item:update", "exam:*")
READ_CLASSES = ("class:read", "student:read", "zone:read")
ONE_CLASS, ONE_EXAM, ONE_ITEM = "classes/<uuid:classroom_id>", "exams/<uuid:exam_id>", "items/<uuid:item_id>"
ONE_CALIBRATION = "calibrations/<uuid:calibration_id>"
ONE_ESSAY = "grading/<int:response_id>"
ONE_ATTEMPT, ONE_USER = "attempts/<uuid:attempt_id>", "users/<uuid:user_id>"
ONE_STUDENT = "students/<uuid:student_id>"
ONE_IMPORT = "imports/<uuid:import_id>"
RUNNING, FINISHED = {"attempt_id": "running"}, {"attempt_id": "finished"}

NO_LINK = {"token": "made-up", "password": "N3w!password"}
BOB = {"email": "bob@example.com"}


def named(things: Things) -> dict[str, Any]:
    return {"organization": things["organization"]}


TABLE = [
    # What stands open to everybody.
    Endpoint("GET", "schema", EVERYBODY, 200, anything, elsewhere=None, foreign_token=200),
    Endpoint("GET", "docs", EVERYBODY, 200, anything, elsewhere=None, foreign_token=200),
    Endpoint(
        "POST", "auth/login", EVERYBODY, 200, anything, lambda t: {"email": "bob@example.com", "password": PASSWORD},
        elsewhere=401, foreign_token=401,
    ),
    Endpoint(
        "POST", "auth/login/mfa", EVERYBODY, 401, anything, lambda t: {"challenge": "forged", "code": "123456"},
        elsewhere=None, foreign_token=401,
    ),
    Endpoint("POST", "auth/register", EVERYBODY, 202, anything, lambda t: PERSON, elsewhere=None, foreign_token=202),
    Endpoint("POST", "auth/confirm", EVERYBODY, 403, anything, lambda t: NO_LINK, elsewhere=403),
    Endpoint(
        "POST", "auth/confirm/again", EVERYBODY, 202, anything, lambda t: BOB, elsewhere=None, foreign_token=202,
    ),
    Endpoint(
        "POST", "auth/password/reset", EVERYBODY, 202, anything, lambda t: BOB, elsewhere=None, foreign_token=202,
    ),
    Endpoint("POST", "auth/password/reset/confirm", EVERYBODY, 403, anything, lambda t: NO_LINK, elsewhere=403),
    Endpoint("POST", "auth/refresh", EVERYBODY, 401, anything, elsewhere=None, foreign_token=401),
    Endpoint("POST", "auth/logout", EVERYBODY, 204, anything, elsewhere=None),
    # People.
    Endpoint("GET", "users/me", SIGNED_IN, 200, anything, elsewhere=None),
    Endpoint("PATCH", "users/me", SIGNED_IN, 200, anything, lambda t: {"language": "en"}, elsewhere=None),
    Endpoint(
        "POST", "users/me/password", SIGNED_IN, 204, anything, lambda t: {"current": PASSWORD, "new": "N3w!password"},
        elsewhere=None,
    ),
    Endpoint(
        "POST", "users/me/email", SIGNED_IN, 202, anything,
        lambda t: {"email": "another@example.com", "password": PASSWORD}, elsewhere=None,
    ),
    Endpoint("GET", "users/me/sessions", SIGNED_IN, 200, anything, elsewhere=None),
    Endpoint("DELETE", "users/me/sessions", SIGNED_IN, 200, anything, elsewhere=None),
    Endpoint("DELETE", "users/me/sessions/<uuid:session_id>", SIGNED_IN, 204, student_alone),
    Endpoint("GET", f"{ONE_USER}/sessions", "user:update", 200, organization),
    Endpoint("DELETE", f"{ONE_USER}/sessions", "user:update", 200, organization),
    Endpoint("DELETE", f"{ONE_USER}/sessions/<uuid:session_id>", "user:update", 204, organization),
    Endpoint("GET", "users", "user:read", 200, anything, elsewhere=None),
    Endpoint(
        "POST", "users", "user:create", 201, in_the_body, lambda t: {**PERSON, "role": "student", **named(t)}
    ),
    Endpoint("GET", ONE_USER, "user:read", 200, organization),
    Endpoint("PATCH", ONE_USER, "user:update", 200, organization, lambda t: {"display_name": "다른 이름"}),
    Endpoint("GET", "organizations", "org:read", 200, anything, elsewhere=None),
    Endpoint(
        "POST", "organizations", "org:create", 201, anything, lambda t: {"name": "새 학원", "code": "sae"},
        elsewhere=None,
    ),
    Endpoint(
        "PATCH", "organizations/<uuid:organization_id>", "org:update", 200, organization,
        lambda t: {"name": "다른 학원"}, use={"organization_id": "organization"},
    ),
    Endpoint(
        "POST", "parents/link-student", "student:read", 202, parents_alone,
        lambda t: {"student_email": "otto@example.com"}, elsewhere=None,
    ),
    Endpoint(
        "POST", f"{ONE_USER}/guardian-consent", "user:update", 200, organization,
        lambda t: {"reference": "2026/12", "name": "김보람", "relation": "mother"}, use={"user_id": "child"},
    ),
    Endpoint(
        "POST", "parents/children/<uuid:student_id>/withdraw-consent", "student:read", 200, guardian_alone,
        use={"student_id": "ward"},
    ),
    Endpoint("GET", "parents/children", "student:read", 200, anything, elsewhere=None),
    Endpoint("DELETE", "parents/links/<uuid:link_id>", ("profile:update", "student:read"), 204, both_ends),
    Endpoint("GET", "students", ("student:read", "user:read"), 200, anything, elsewhere=None),
    Endpoint("GET", "students/me/parents", "profile:read", 200, anything, elsewhere=None),
    Endpoint("POST", "students/approve-parent/<uuid:parent_id>", "profile:update", 200, student_alone),
    Endpoint("POST", "students/refuse-parent/<uuid:parent_id>", "profile:update", 200, student_alone),
    Endpoint("GET", "students/<uuid:student_id>/reports", "report:read", 200, reports_of_students),
    Endpoint("GET", f"{ONE_STUDENT}/accommodation", ("user:update", "profile:read"), 200, managed_or_oneself),
    Endpoint(
        "PUT", f"{ONE_STUDENT}/accommodation", "user:update", 200, organization, lambda t: {"extra_time_percent": 50}
    ),
    Endpoint("GET", "notices", SIGNED_IN, 200, anything, elsewhere=None),
    Endpoint("POST", "notices/read", SIGNED_IN, 200, anything, elsewhere=None),
    Endpoint("POST", "notices/<uuid:notice_id>/read", SIGNED_IN, 204, student_alone),
    Endpoint("GET", "classes", READ_CLASSES, 200, anything, elsewhere=None),
    Endpoint("POST", "classes", "class:create", 201, in_the_body, lambda t: {"name": "새 반", **named(t)}),
    Endpoint("GET", ONE_CLASS, READ_CLASSES, 200, of_members),
    Endpoint("PATCH", ONE_CLASS, "class:update", 200, organization, lambda t: {"name": "다른 반"}),
    Endpoint("DELETE", ONE_CLASS, "class:delete", 204, organization),
    Endpoint("GET", f"{ONE_CLASS}/members", READ_CLASSES, 200, of_members),
    Endpoint("POST", f"{ONE_CLASS}/members", "class:update", 201, organization, lambda t: {"user_id": t["newcomer"]}),
    Endpoint("DELETE", f"{ONE_CLASS}/members/<uuid:user_id>", "class:update", 204, organization),
    Endpoint("GET", "admin/audit-logs", "zone:read", 200, anything, elsewhere=None),
    Endpoint(
        "POST", "admin/audit-logs/export", "zone:read", 200, anything,
        lambda t: {"format": "jsonl", "reason": "An inspection of the school"}, elsewhere=None,
    ),
    # Exams and items.
    Endpoint("GET", "exams", "exam:read", 200, anything, elsewhere=None),
    Endpoint("POST", "exams", "exam:create", 201, in_the_body, lambda t: {"code": "new", "title": "새", **named(t)}),
    Endpoint("GET", ONE_EXAM, "exam:read", 200, organization),
    Endpoint("PATCH", ONE_EXAM, "exam:update", 200, organization, lambda t: {"title": "다른 제목"}),
    Endpoint("POST", f"{ONE_EXAM}/publish", "exam:update", 200, organization),
    Endpoint("POST", f"{ONE_EXAM}/archive", "exam:update", 200, organization),
    Endpoint("GET", f"{ONE_EXAM}/statistics", "report:read", 200, organization),
    Endpoint("GET", f"{ONE_EXAM}/analysis", READ_ITEMS, 200, organization),
    Endpoint("POST", f"{ONE_EXAM}/analysis", READ_ITEMS, 202, organization),
    Endpoint("POST", f"{ONE_EXAM}/start", "attempt:create", 201, organization, key),
    Endpoint("GET", "scales", "exam:update", 200, anything, elsewhere=None),
    Endpoint(
        "POST", "scales", "exam:create", 201, zone_wide, lambda t: {"code": "new", "name": "새", "kind": "linear"},
        elsewhere=None,
    ),
    Endpoint("GET", "scales/<slug:scale_code>", "exam:update", 200, everybody_in_the_zone),
    Endpoint("PATCH", "scales/<slug:scale_code>", "exam:update", 200, one_of_the_zone, lambda t: {"mean": 100}),
    Endpoint("GET", "items", READ_ITEMS, 200, anything, elsewhere=None),
    Endpoint(
        "POST", "items", MAKE_ITEMS, 201, in_the_body,
        lambda t: {**VERSION, "code": "new", "area": "hana-area-0", **named(t)},
    ),
    Endpoint("GET", ONE_ITEM, READ_ITEMS, 200, organization),
    Endpoint("PATCH", ONE_ITEM, CHANGE_ITEMS, 200, organization, lambda t: {"tags": ["proof"], "enemies": []}),
    Endpoint("POST", f"{ONE_ITEM}/versions", CHANGE_ITEMS, 201, organization, lambda t: VERSION),
    Endpoint("POST", f"{ONE_ITEM}/status", CHANGE_ITEMS, 200, organization, lambda t: {"status": "retired"}),
    Endpoint("GET", "calibrations", READ_ITEMS, 200, anything, elsewhere=None),
    # Nothing has been answered often enough to be estimated.
    Endpoint("POST", "calibrations", CHANGE_ITEMS, 400, anything, lambda t: {"min_answers": 100}, elsewhere=None),
    Endpoint("GET", ONE_CALIBRATION, READ_ITEMS, 200, organization),
    Endpoint("POST", f"{ONE_CALIBRATION}/activate", CHANGE_ITEMS, 200, organization, lambda t: {"items": []}),
    # Files of other systems.
    Endpoint(
        "POST", "imports", MAKE_ITEMS, 201, in_the_body,
        lambda t: {"file": Upload("::one:: 1 + 1 = {=2 ~3}"), "area": "hana-area-0", **named(t)},
    ),
    Endpoint("GET", ONE_IMPORT, MAKE_ITEMS, 200, organization),
    Endpoint("POST", f"{ONE_IMPORT}/confirm", MAKE_ITEMS, 200, organization, lambda t: {"status": "draft"}),
    Endpoint("GET", "exports", READ_ITEMS, 200, anything, elsewhere=400),
    # Essays.
    Endpoint("GET", "grading", "exam:update", 200, anything, elsewhere=None),
    Endpoint("GET", ONE_ESSAY, "exam:update", 200, organization),
    Endpoint(
        "POST", f"{ONE_ESSAY}/grade", "exam:update", 201, organization, lambda t: {"points": [2, 1]},
        needs_account=True,
    ),
    # Attempts.
    Endpoint("GET", "attempts", READ_ATTEMPTS, 200, anything, elsewhere=None),
    Endpoint("GET", ONE_ATTEMPT, "attempt:read", 200, student_alone, use=RUNNING),
    Endpoint("POST", f"{ONE_ATTEMPT}/answer", "attempt:create", 200, student_alone, answer, use=RUNNING),
    Endpoint("POST", f"{ONE_ATTEMPT}/submit", "attempt:create", 200, student_alone, key, use=RUNNING),
    Endpoint("POST", f"{ONE_ATTEMPT}/pause", "attempt:create", 200, student_alone, use=RUNNING),
    Endpoint("POST", f"{ONE_ATTEMPT}/resume", "attempt:create", 200, student_alone, use=RUNNING),
    Endpoint("GET", f"{ONE_ATTEMPT}/report", READ_ATTEMPTS, 200, reports, use=FINISHED),
    Endpoint("GET", "analytics/dashboard", READ_ATTEMPTS, 200, anything, elsewhere=None),
]  # fmt: skip

# A visitor is a guest without a log-in, a server an administrator of its organization without an account.
STANDS_FOR = {ANONYMOUS: Role.GUEST, CLIENT: Role.ORG_ADMIN}


def holds(role: str, endpoint: Endpoint) -> bool:
    """Whether the permission table lets this role in at all; a visitor is a guest without a log-in."""
    if endpoint.permission == EVERYBODY:
        return True
    if endpoint.permission == SIGNED_IN:
        return role not in (ANONYMOUS, CLIENT)
    names = (endpoint.permission,) if isinstance(endpoint.permission, str) else endpoint.permission
    return any(role_allows(STANDS_FOR.get(role, role), name) for name in names)


def expected(endpoint: Endpoint, role: str, place: str) -> int:
    if place == "foreign token" and role != ANONYMOUS:
        return endpoint.foreign_token
    if not holds(role, endpoint):
        return 401 if role == ANONYMOUS else 403
    known = STANDS_FOR.get(role, role)
    if role == CLIENT and endpoint.needs_account:
        return 403 if place in ("own", "user") else 404
    if place in ("foreign token", "elsewhere"):
        refused = endpoint.scope(known, "elsewhere")
        if endpoint.elsewhere is None or refused == 403:
            return refused or endpoint.ok
        return endpoint.elsewhere
    return endpoint.scope(known, place) or endpoint.ok
