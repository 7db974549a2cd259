"""What the consoles call things: the log's resources, kinds of mail and permissions, none by its machine's name."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

from accounts.console_words import MAILS, permission_words, place_words
from accounts.models import OutgoingMail
from accounts.notice_kinds import KINDS
from accounts.services import api_clients
from accounts.services.notices import notify, send_mail_to
from audit.console.words import resource_words
from audit.models import Action, AuditEntry
from audit.services import record
from tests.megacity.test_control_console import control_client, operator  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def console(in_univ, cast, client_for):
    browser = client_for(cast.zoe, surface="admin")
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def recorded() -> set[str]:
    """Every resource that the code names where it writes to the log."""
    found = set()
    for app in ("accounts", "audit", "exams", "megacity", "zones"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
                if called == "record" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                    found.add(node.args[1].value)
    return found


def test_everything_that_the_log_names_has_words(in_univ):
    names = recorded() | {"request", "socket", "class_member"}
    assert len(names) > 25
    assert {name for name in names if "_" in str(resource_words(name)) or str(resource_words(name)) == ""} == set()
    with translation.override("en"):
        assert str(resource_words("parent_link")) == "parent link"
    assert str(resource_words("never heard of")) == "never heard of"


def test_every_kind_of_mail_and_every_permission_has_words():
    assert set(MAILS) == set(KINDS)
    with translation.override("en"):
        assert permission_words("exam:*") == "Exams: everything (exam:*)"
    assert [name for name in api_clients.grantable() if permission_words(name) == name] == []


def test_the_list_of_mails_says_in_words_what_was_sent_and_is_filtered_by_it(console):
    send_mail_to(email="a@example.com", language="en", kind="guardian_asked", context={"child_name": "D", "path": "/x"})
    send_mail_to(email="b@example.com", language="en", kind="reset_unknown", context={})
    page = console.get("/accounts/outgoingmail/").content.decode()
    assert "Guardian asked for consent" in page
    assert ">guardian_asked<" not in page
    only = console.get("/accounts/outgoingmail/?kind=reset_unknown")
    assert [mail.address for mail in only.context["cl"].result_list] == ["b@example.com"]
    sent = OutgoingMail.objects.get(address="a@example.com")
    assert "Guardian asked for consent" in console.get(f"/accounts/outgoingmail/{sent.pk}/change/").content.decode()


def test_the_log_speaks_of_things_and_details_in_words(console):
    record(Action.UPDATE, "parent_link", "7", details={"new_device": {"what": "Chrome", "where": "KR"}})
    entry = AuditEntry.objects.get(resource_type="parent_link")
    rows = console.get("/audit/auditentry/").content.decode()
    assert 'parent link<br><small class="quiet">7</small>' in rows
    assert "new device: Chrome, KR" in rows
    shown = console.get(f"/audit/auditentry/{entry.pk}/change/").content.decode()
    assert "parent link (parent_link)" in shown
    assert "<h1>" in shown
    assert f"{entry.action} {entry.resource_type}" not in shown


def test_permissions_of_an_api_client_are_chosen_by_words(console):
    page = console.get("/accounts/apiclient/add/").content.decode()
    assert "Reports: read (report:read)" in page


def test_domains_are_named_in_the_language_of_the_control_plane(operator):  # noqa: F811
    browser = control_client(operator)
    for path in ("/zones/domain/", "/zones/domain/add/", "/zones/zone/"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "is primary" not in page.content.decode().lower()
        assert ">tenant" not in page.content.decode().lower()


def test_what_an_erasure_would_do_is_said_in_words(console, cast):
    notify(user=cast.bob, kind="export_ready", context={})
    page = console.post(f"/accounts/user/{cast.bob.pk}/erase/", {"reason": "asked for in a letter"}).content.decode()
    assert "<li>Notices: 1</li>" in page
    assert "accounts." not in page.partition("<main")[2]
    with translation.override("en"):
        assert place_words("exams.Grade.comment") == "Grades: comment"
        assert place_words("files") == "Files"


def test_a_password_for_somebody_is_set_and_no_button_promises_more(console, cast):
    page = console.get(f"/accounts/user/{cast.otto.pk}/password/").content.decode()
    assert "opens one log-in within seven days" in page
    assert 'name="password2"' in page
    assert "unset-password" not in page
    new = {"password1": "Hangang!2026", "password2": "Hangang!2026"}
    assert console.post(f"/accounts/user/{cast.otto.pk}/password/", new).status_code == 302
    cast.otto.refresh_from_db()
    assert cast.otto.password_temporary
