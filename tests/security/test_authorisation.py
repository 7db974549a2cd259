"""The authorisation matrix: every address of every surface × every role × whose object; see docs/security."""

import re
import uuid

import pytest
from django.apps import apps as django_apps
from django.contrib import admin
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from accounts import tokens
from accounts.models import GuardianRequest, IdentityProvider, OutgoingMail, RosterImport, User
from accounts.people import Operator
from accounts.permissions import STAFF_ROLES, Role, role_allows
from accounts.services import api_clients, guardian_requests
from accounts.token_format import BY_CODE_TOO
from audit.models import Action, AuditEntry
from audit.services import record
from exams.models import (
    Accommodation,
    AnalysisRun,
    CalibrationRun,
    ContentArea,
    Exam,
    Passage,
    ScoreScale,
    SimulationRun,
)
from megacity import consumers
from megacity.console import control
from tests.api.city import ANONYMOUS
from tests.cast import make_person
from tests.clients import ZoneClient, client_for
from tests.security.asking import PLACES, ROLES, Browsers, filled, routes
from tests.security.commands import COMMANDS
from tests.security.commands import expected as expected_of_command
from tests.security.consoles import (
    CONSOLE,
    CONTROL,
    CONTROL_SECTIONS,
    SITE_PATHS,
    ZONE_SECTIONS,
    ConsolePage,
    expected_in_console,
    expected_in_control,
    is_hidden,
    is_offered,
)
from tests.security.matrix import FILE, rendered
from tests.security.pages import PAGES, Page, expected
from tests.sockets import converse
from zones.context import public_context, zone_context


@pytest.fixture(scope="module", autouse=True)
def mailed_links(city):
    """What guardians were sent; the page knows a token by its hash."""
    for place, things in city.things.items():
        things |= {"token": f"token-of-{place}", "void_link": "no-link", "policy_id": "1"}
        things |= {"no_number": "4711", "no_uuid": str(uuid.uuid4())}
        digest = guardian_requests._hash(things["token"])
        child = User.objects.get(pk=things["child"])
        GuardianRequest.objects.create(child=child, email="guardian@example.com", token_hash=digest)


@pytest.fixture(scope="module", autouse=True)
def stored_file(city):
    name = default_storage.save("authorisation.txt", ContentFile(b"x"))
    for things in city.things.values():
        things["file"] = name
    yield
    default_storage.delete(name)


def wrongs(browsers: Browsers, page: Page) -> list[str]:
    found = []
    for place in PLACES:
        if not page.has_object and place not in ("own", "foreign session"):
            continue
        things = browsers.city.things.get(place, browsers.city.things["own"])
        path, body = filled(page.path, things, page.use), page.body(things)
        for role in ROLES:
            response, refusals = browsers.ask(role, page.surface, place, page.method, path, body)
            want = expected(page, role, place)
            if response.status_code != want:
                found.append(f"{role}, {place}: {response.status_code} instead of {want}")
            # Another's object is refused as if it were not there, and yet noted; what is nowhere, is not.
            hidden = place in browsers.city.things and page.noted and page.scope(role, place) == 404
            noted = want in (403, 410) or (page.always_noted and place == "own" and role != ANONYMOUS)
            noted = noted or (want == 404 and (hidden or (place == "elsewhere" and page.noted_elsewhere)))
            if len(refusals) != noted:
                found.append(f"{role}, {place}: {want} left {[entry.details for entry in refusals]}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.surface} {p.method} {p.path}")
def test_pages_hold_to_the_permission_table(browsers, page):
    assert not (found := wrongs(browsers, page)), "\n" + "\n".join(found)


@pytest.mark.parametrize("surface", ["www", "app", "api", "static"])
def test_every_page_is_declared_and_none_is_stale(surface):
    declared = {page.path for page in PAGES if page.surface == surface}
    there = set(routes(surface))
    assert there - declared == set(), "addresses that tests/security/pages.py does not declare"
    assert declared - there == set(), "lines of tests/security/pages.py for addresses that are gone"


# --- Consoles ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def console_city(city):
    """What the consoles show besides: one of each for Hana and Duri, and what is the whole zone's."""
    for place, organization in (("own", city.cast.hana), ("other", city.cast.duri)):
        city.things[place] |= objects_of(organization, city.things[place])
    shared = zone_objects(city)
    for things in city.things.values():
        things |= shared
    personal = {"accommodation_id"}
    mine = {name: value for name, value in city.things["own"].items() if name not in city.things["user"]}
    city.things["user"] |= {name: value for name, value in mine.items() if name not in personal}
    ben = Accommodation.objects.get(user=city.things["user"]["user_id"])
    city.things["user"]["accommodation_id"] = str(ben.pk)
    return city


def objects_of(organization, things):
    exam = Exam.objects.get(pk=things["exam_id"])
    client, _key = api_clients.create_client(
        person=Operator(), name=f"Client of {organization.code}", organization=organization, permissions=["exam:read"]
    )
    analysis = AnalysisRun.objects.create(organization=organization, exam=exam, status="failed")
    calibration = CalibrationRun.objects.create(organization=organization, status="failed")
    roster = RosterImport.objects.create(organization=organization, file_name="r.zip", status="imported")
    passage = Passage.objects.create(code=f"{organization.code}-passage", organization=organization)
    simulation = SimulationRun.objects.create(organization=organization, exam=exam, status="failed")
    return {
        "client_id": str(client.pk),
        "analysis_id": str(analysis.pk),
        "failed_calibration_id": str(calibration.pk),
        "roster_id": str(roster.pk),
        "passage_id": str(passage.pk),
        "simulation_id": str(simulation.pk),
        "accommodation_id": str(Accommodation.objects.get(user=things["user_id"]).pk),
        "number": "1",
        "template": "csv",
    }


def zone_objects(city):
    record(Action.READ, "test")
    provider = IdentityProvider.objects.create(
        kind="google", slug="google", name="Google", client_id="x", is_enabled=False
    )
    mail = OutgoingMail.objects.create(address="a@example.com", language="ko", kind="x", give_up_at=timezone.now())
    return {
        "mail_id": str(mail.pk),
        "provider_pk": str(provider.pk),
        "entry_id": str(AuditEntry.objects.latest("id").pk),
        "area_id": str(ContentArea.objects.first().pk),
        "scale_id": str(ScoreScale.objects.get(code="t").pk),
    }


def asked(page: ConsolePage) -> list[tuple[str, str]]:
    """Each role once at each place where its answer may differ: who is sent to the log-in page is so everywhere."""
    staff = [role for role in ROLES if role in STAFF_ROLES]
    others = [role for role in ROLES if role not in STAFF_ROLES]
    places = [place for place in PLACES if page.has_object or place in ("own", "foreign session")]
    rounds = [(role, "own") for role in staff]
    # Who sees the whole zone sees another user's as their own; nobody's rank counts in another zone.
    rounds += [(Role.ORG_ADMIN, place) for place in places if place in ("user", "other", "elsewhere")]
    rounds += [(Role.ZONE_ADMIN, place) for place in places if place in ("other", "elsewhere")]
    return [*rounds, *((role, "own") for role in others), (Role.SUPER_ADMIN, "foreign session")]


@pytest.mark.parametrize("page", CONSOLE, ids=lambda p: f"{p.method} {p.path}")
def test_the_console_holds_to_the_permission_table(console_city, browsers, page):
    found = []
    for role, place in asked(page):
        things = console_city.things.get(place, console_city.things["own"])
        path = filled(page.path, things, page.use)
        body = page.body(things) if page.method == "POST" else None
        response, refusals = browsers.ask(role, "admin", place, page.method, path, body)
        want = expected_in_console(page, role, place)
        if response.status_code != want:
            found.append(f"{role}, {place}: {response.status_code} instead of {want}")
        turned_away = want == 302 and role not in STAFF_ROLES and role != ANONYMOUS and place == "own"
        noted = want == 403 or turned_away or (want == 404 and is_hidden(page, role, place))
        if len(refusals) != noted:
            found.append(f"{role}, {place}: {want} left {[entry.details for entry in refusals]}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(("site", "sections"), [(admin.site, ZONE_SECTIONS), (control, CONTROL_SECTIONS)])
def test_every_section_and_action_of_a_console_is_declared(site, sections):
    declared = {section.model: set(section.actions) for section in sections}
    there = {
        f"{model._meta.app_label}/{model._meta.model_name}": set(page.actions or ())
        for model, page in site._registry.items()
    }
    assert there == declared


@pytest.mark.parametrize(("surface", "pages"), [("admin", CONSOLE), ("control_admin", CONTROL)])
def test_every_page_of_a_console_is_declared_and_none_is_stale(surface, pages):
    common = {page.path for page in PAGES if page.surface == "admin"}
    declared = (
        {page.path for page in pages} | common | SITE_PATHS | ({"city/"} if surface == "control_admin" else set())
    )
    there = {path for path in routes(surface) if not path.startswith("^(?P<app_label>")}
    assert there - declared == set(), "addresses that tests/security/consoles.py does not declare"
    assert declared - there == set(), "lines of tests/security/consoles.py for addresses that are gone"


@pytest.mark.parametrize("section", [s for s in ZONE_SECTIONS if s.actions], ids=lambda s: s.model)
def test_actions_are_offered_to_who_may_and_reach_no_other_organization(console_city, browsers, section):
    for role in (Role.SUPER_ADMIN, Role.ZONE_ADMIN, Role.ORG_ADMIN):
        if not any(role_allows(role, name) for name in section.view):
            continue
        page, _refusals = browsers.ask(role, "admin", "own", "GET", f"{section.model}/")
        offered = set(re.findall(r'<option value="(\w+)"', page.content.decode())) & set(section.actions)
        wanted = {name for name, needs in section.actions.items() if is_offered(role, needs)}
        assert offered == wanted, role
    key = console_city.things["other"][section.key]
    model = django_apps.get_model(*section.model.split("/"))
    before = list(model.objects.filter(pk=key).values())
    for name in section.actions:
        body = {"action": name, "_selected_action": key, "index": "0"}
        response, refusals = browsers.ask(Role.ORG_ADMIN, "admin", "own", "POST", f"{section.model}/", body)
        assert response.status_code in (200, 302, 403)
        assert len(refusals) == 1, name
        assert list(model.objects.filter(pk=key).values()) == before
        if response.status_code == 200:
            assert key not in response.content.decode()


# --- The control plane ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def control_browsers(city):
    """Staff of the platform live in schema public; nobody of a zone is known there."""
    with public_context():
        root, other = make_person("Root", Role.SUPER_ADMIN), make_person("Zora", Role.ZONE_ADMIN)
        record(Action.READ, "test")
        things = {
            "zone_pk": str(city.univ.pk),
            "domain_pk": str(city.univ.domains.first().pk),
            "staff_pk": str(root.pk),
            "control_entry_pk": str(AuditEntry.objects.latest("id").pk),
        }
        made = {}
        for role, person in ((Role.SUPER_ADMIN, root), (Role.ZONE_ADMIN, other), (ANONYMOUS, None)):
            browser = ZoneClient(city.univ, "admin")
            browser.defaults["HTTP_HOST"] = "admin.localhost"
            if person is not None:
                browser.force_login(person)
            made[role] = browser
    foreign = browsers_session(city)
    made["foreign session"] = foreign
    return made, things


def browsers_session(city):
    """A super administrator of a zone, whose session is brought to the control plane."""
    with zone_context(city.univ):
        browser = client_for(city.people["univ"][Role.SUPER_ADMIN], "admin", city.univ)
    browser.defaults["HTTP_HOST"] = "admin.localhost"
    return browser


@pytest.mark.parametrize("page", CONTROL, ids=lambda p: f"{p.method} {p.path}")
def test_the_control_plane_is_for_its_super_administrators_alone(control_browsers, city, page):
    made, things = control_browsers
    path = "/" + filled(page.path, things, page.use)
    for role, browser in made.items():
        with transaction.atomic():
            response = getattr(browser, page.method.lower())(path)
            with public_context():
                refusals = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).count()
            transaction.set_rollback(True)
        connection.set_tenant(city.univ)
        want = expected_in_control(page, role)
        assert (response.status_code, refusals) == (want, int(want == 403 or role == Role.ZONE_ADMIN)), role


# --- The WebSocket ----------------------------------------------------------------------------------------------------


def test_every_command_of_the_websocket_is_declared():
    assert {name: command.permission for name, command in consumers.COMMANDS.items()} == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_hold_to_the_permission_table(city, name):
    for role in ROLES:
        for zone in (city.univ, city.college):
            with zone_context(city.univ):
                person = None if role == ANONYMOUS else city.people["univ"][role]
                token = tokens.issue(person, amr=BY_CODE_TOO).access if person else ""
            said = converse({"type": "authenticate", "token": token}, {"type": name}, zone=zone.schema_name)
            connection.set_tenant(city.univ)
            if expected_of_command(name, role) != "answered" or zone is not city.univ:
                assert said == [{"type": "error", "code": "not_authenticated"}, 4401], (role, zone)
            else:
                assert said[1]["type"] == ("error" if name == "authenticate" else name), (role, said)


# --- The file ---------------------------------------------------------------------------------------------------------


def test_the_file_says_what_is_declared():
    """What is declared is what the application answers, as the tests above and tests/api/test_matrix.py have seen."""
    assert FILE.read_text(encoding="utf-8") == rendered(), "write it anew: python -m tests.security.matrix"
