"""What cannot be recorded does not happen: pages, consoles and commands that write, with a log that takes no row.

As tests/api/test_fail_closed.py does it for every write of the API. Each is done twice: with a log that is full it may
change nothing, and with one that is not it changes what it is for.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import OperationalError, transaction

from accounts.links import Purpose, make_link
from accounts.models import ApiClient, SecurityPolicy, User
from accounts.permissions import Role
from accounts.services import guardian_requests
from exams.models import Exam, Item
from tests.api.city import ANONYMOUS
from tests.cast import PASSWORD, make_person
from tests.factors import give_app
from tests.fail_closed import LOG, changes
from tests.security.asking import Browsers
from tests.security.consoles import ZONE_SECTIONS
from tests.security.test_authorisation import console_city as console_city
from zones.context import zone_context

Things = dict[Any, Any]
NEW = "N3w!password"


@dataclass(frozen=True)
class Write:
    """A form of a page as it stands there, with `said` in it; `bare`: the page has no form that could be read first."""

    path: str
    said: Callable[[Things], dict[str, Any]] = lambda t: {}
    role: str = Role.STUDENT
    surface: str = "app"
    bare: bool = True


def console(
    path: str,
    said: Callable[[Things], dict[str, Any]] = lambda t: {},
    *,
    bare: bool = False,
    role: str = Role.ZONE_ADMIN,
) -> Write:
    return Write(path, said, role, "admin", bare)


PERSON = {"display_name": "Nara", "email": "nara@example.com", "password": NEW, "birth_date": "2000-05-05"}
PAGES = [
    Write("profile", lambda t: {"display_name": "Other", "language": "en", "phone": "010-1234-5678"}),
    Write("profile/password", lambda t: {"p-current": PASSWORD, "p-new": NEW}),
    Write("profile/email", lambda t: {"e-email": "another@example.com", "e-password": PASSWORD}),
    Write("profile/parents/{parent_id}", lambda t: {"decision": "approve"}),
    Write("profile/parents/{parent_id}", lambda t: {"decision": "refuse"}),
    Write("profile/parents/{approved}", lambda t: {"decision": "end"}),
    Write("profile/export", lambda t: {"password": PASSWORD}),
    Write("profile/security/sessions"),
    Write("profile/security/sessions/{session_id}"),
    Write("profile/security/codes"),
    Write("profile/security/app/remove"),
    Write("children", lambda t: {"student_email": "ben@example.com"}, Role.PARENT),
    Write("children/links/{link_id}/end", role=Role.PARENT),
    Write("children/{ward}/withdraw", role=Role.PARENT),
    Write("grading/{response_id}", lambda t: {"points_1": "2", "points_2": "1"}, Role.TEACHER),
    Write("login", lambda t: {"email": "otto@example.com", "password": PASSWORD}, ANONYMOUS),
    Write("register", lambda t: {**PERSON, "role": "student"}, ANONYMOUS),
    Write("password/reset", lambda t: {"email": "otto@example.com"}, ANONYMOUS),
    Write("confirm", lambda t: {"email": "newcomer@example.com"}, ANONYMOUS),
    Write("password/reset/{reset}", lambda t: {"password": NEW}, ANONYMOUS),
    Write("invitation/{invite}", lambda t: {"password": NEW}, ANONYMOUS),
    Write("confirm/{confirm}", lambda t: {"password": PASSWORD}, ANONYMOUS),
    Write("profile/email/{move}", role=ANONYMOUS),
    Write("guardian/{asked}", lambda t: {"answer": "refuse"}, ANONYMOUS),
]
CONSOLE = [
    console("accounts/organization/add/", lambda t: {"name": "New", "code": "new"}),
    console("accounts/organization/{organization}/change/", lambda t: {"name": "Other"}, role=Role.ORG_ADMIN),
    console(
        "accounts/user/add/",
        lambda t: {"email": "n@example.com", "display_name": "N", "role": "student", "birth_date": "2000-05-05"},
    ),
    console("accounts/user/{user_id}/change/", lambda t: {"display_name": "Other"}),
    console("accounts/user/{user_id}/password/", lambda t: {"password1": NEW, "password2": NEW}),
    console("accounts/user/{child}/paper/", lambda t: {"reference": "2026/12", "name": "김보람", "relation": "mother"}),
    console("accounts/classroom/add/", lambda t: {"name": "New"}, role=Role.ORG_ADMIN),
    console("accounts/classroom/{classroom_id}/change/", lambda t: {"name": "Other"}, role=Role.ORG_ADMIN),
    console("accounts/securitypolicy/{policy_id}/change/", lambda t: {"password_days": "30"}),
    console(
        "accounts/identityprovider/add/", lambda t: {"kind": "kakao", "name": "K", "client_id": "x", "new_secret": "y"}
    ),
    console("accounts/identityprovider/{provider_pk}/change/", lambda t: {"client_id": "z", "new_secret": "y"}),
    console("accounts/apiclient/add/", lambda t: {"name": "New", "permissions": ["exam:read"]}),
    console("accounts/apiclient/{client_id}/change/", lambda t: {"permissions": ["exam:read", "exam:create"]}),
    console("accounts/apiclient/{client_id}/rotate/", bare=True),
    console("exams/contentarea/add/", lambda t: {"code": "new", "name": "New", "position": "9"}),
    console("exams/contentarea/{area_id}/change/", lambda t: {"name": "Other"}),
    console("exams/scorescale/{scale_id}/change/", lambda t: {"name": "Other"}),
    console("exams/accommodation/{accommodation_id}/change/", lambda t: {"pause_minutes": "20"}),
    console("exams/accommodation/{accommodation_id}/delete/", lambda t: {"post": "yes"}, bare=True),
    console("exams/exam/{exam_id}/change/", lambda t: {"title": "Other"}),
    console("exams/item/{item_id}/change/", lambda t: {"tags": "other"}),
    console("exams/importbatch/{import_id}/confirm/", lambda t: {"existing": "skip", "status": "draft"}, bare=True),
    console("exams/importbatch/add/", lambda t: {"file": ContentFile(b"::a:: 1 {=1 ~2}", name="a.txt")}),
    *(
        console(
            f"{section.model}/",
            lambda t, name=name, key=section.key: {"action": name, "_selected_action": t[(key, name)], "index": "0"},
            bare=True,
        )
        for section in ZONE_SECTIONS
        for name in section.actions
        if name != "export"
    ),
]


@pytest.fixture(scope="module")
def things(console_city) -> Things:
    """Hana's and Bob's things, and links as they were mailed."""
    city, made = console_city, dict(console_city.things["own"])
    with zone_context(city.univ):
        give_app(city.cast.bob)
        SecurityPolicy.objects.get_or_create(pk=1)
        newcomer = make_person("Newcomer", email_verified_at=None)
        made |= {
            "approved": str(city.cast.paula.pk),
            "policy_id": "1",
            "reset": make_link(Purpose.RESET, city.cast.otto),
            "invite": make_link(Purpose.INVITE, city.cast.otto),
            "confirm": make_link(Purpose.CONFIRM, newcomer),
            "move": make_link(Purpose.MOVE, city.cast.otto, email="otto2@example.com"),
            "asked": "token-of-child",
        }
        made |= {(section.key, name): made[section.key] for section in ZONE_SECTIONS for name in section.actions}
        # Each action on something that it can still be done to.
        ApiClient.objects.filter(pk=made["client_id"]).update(is_enabled=False)
        made["client_id", "disable"] = str(
            ApiClient.objects.create(name="On", organization=city.cast.hana, permissions=["exam:read"]).pk
        )
        made["user_id", "open"] = str(make_person("Closed", Role.STUDENT, city.cast.hana, is_active=False).pk)
        draft, published = Exam.objects.get(pk=made["exam_id"]), Exam.objects.get(code="hana-essay")
        Exam.objects.filter(pk=draft.pk).update(status="draft")
        made["exam_id", "archive"] = str(published.pk)
        waiting = Item.objects.get(code="hana-1")
        Item.objects.filter(pk=waiting.pk).update(status="draft")
        made |= {("item_id", name): str(waiting.pk) for name in ("to_field_test", "activate")}
        digest = guardian_requests._hash(made["asked"])
        child = User.objects.get(pk=made["child"])
        guardian_requests.GuardianRequest.objects.create(child=child, email="g@example.com", token_hash=digest)
    return made


def form_on(html: bytes) -> dict[str, Any]:
    """What a browser would send of the form that holds most."""
    form = max(lxml.html.fromstring(html).forms, key=lambda each: len(each.fields.keys()))
    values: dict[str, Any] = {}
    for name, value in form.form_values():
        # The first line's end belongs to the tag and not to the text (HTML, section 4.10.11).
        values.setdefault(name, []).append(value.removeprefix("\n"))
    return values


def sent(browsers: Browsers, write: Write, things: Things) -> Callable[[], int]:
    browser = browsers.of(write.role, write.surface, "own")
    path, shown = f"/{write.path.format(**{k: v for k, v in things.items() if isinstance(k, str)})}", {}
    if not write.bare:
        page = browser.get(path)
        assert page.status_code == 200, path
        shown = form_on(page.content)

    def call() -> int:
        cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
        browser.raise_request_exception = False
        try:
            # Made anew: a file is read once.
            return browser.post(path, {**shown, **write.said(things)}).status_code
        finally:
            browser.raise_request_exception = True
            browser.cookies.clear()
            browser.cookies.load(cookies)

    return call


def named(write: Write) -> str:
    said = write.said(defaultdict(str))
    return f"{write.surface} {write.path} {said.get('action', '') or said.get('decision', '')}".strip()


@pytest.mark.parametrize("write", [*PAGES, *CONSOLE], ids=named)
def test_a_page_that_cannot_be_recorded_writes_nothing(browsers: Browsers, things: Things, write: Write):
    univ = browsers.city.univ
    call = sent(browsers, write, things)
    status, changed = changes(univ, call, full=True)
    assert (status, changed) == (503, set())
    status, changed = changes(univ, call, full=False)
    assert status in (200, 302)
    assert changed - LOG != set()


# --- Commands ---------------------------------------------------------------------------------------------------------

REASON = "Called back at the school's number, 2026-11-25"
COMMANDS: dict[str, Callable[[Things, Path], list[Any]]] = {
    "reset_mfa": lambda t, f: ["reset_mfa", "bob@example.com", "--zone=univ", f"--reason={REASON}"],
    "api_client create": lambda t, f: ["api_client", "create", "--zone=univ", "New", "--permission=exam:read"],
    "api_client rotate": lambda t, f: ["api_client", "rotate", "--zone=univ", "Client of hana"],
    "api_client enable": lambda t, f: ["api_client", "enable", "--zone=univ", "Client of hana"],
    "import_items": lambda t, f: ["import_items", _file(f, "::a:: 1 {=1 ~2}"), "--zone=univ", "--area=hana-area-0"],
    "import_roster": lambda t, f: ["import_roster", _roster(f), "--zone=univ", "--organization=duri"],
    "export_person": lambda t, f: [
        "export_person", "bob@example.com", "--zone=univ", f"--reason={REASON}", f"--to={f / 'bob.zip'}",
    ],
}  # fmt: skip
# These write a file and the row that tells of it.
READING = {"export_person"}


def _file(folder: Path, text: str) -> str:
    path = folder / "items.txt"
    path.write_text(text)
    return str(path)


def _roster(folder: Path) -> str:
    """Hana's people, as another organization's."""
    path = folder / "roster.zip"
    if not path.exists():
        call_command("export_roster", str(path), "--zone=univ", "--organization=hana")
    return str(path)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_cannot_be_recorded_writes_nothing(
    things: Things, browsers: Browsers, tmp_path: Path, name: str
):
    arguments = COMMANDS[name](things, tmp_path)

    def call() -> int:
        try:
            # What only reads opens no transaction of its own; of a write this one would take nothing back.
            with transaction.atomic() if name in READING else nullcontext():
                call_command(*arguments, stdout=StringIO(), stderr=StringIO())
        except OperationalError:
            return 503
        return 200

    before = set(tmp_path.iterdir())
    assert changes(browsers.city.univ, call, full=True) == (503, set())
    left = [path.stat().st_size for path in set(tmp_path.iterdir()) - before]
    assert not any(left)
    for path in set(tmp_path.iterdir()) - before:
        path.unlink()
    status, changed = changes(browsers.city.univ, call, full=False)
    assert status == 200
    assert (changed <= LOG) is (name in READING)


def test_a_zone_that_cannot_be_suspended_in_the_log_goes_on(things: Things, browsers: Browsers):
    univ = browsers.city.univ

    def call() -> int:
        try:
            call_command("zone", "suspend", "univ", stdout=StringIO())
        except OperationalError:
            return 503
        return 200

    assert changes(univ, call, full=True, schema="public") == (503, set())
    status, changed = changes(univ, call, full=False, schema="public")
    assert (status, changed - LOG) == (200, {"zones_zone"})
