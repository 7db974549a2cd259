"""Erasing a person from the zone's console: two steps, a reason, the e-mail typed in, and a worker that does it."""

import pytest

from accounts.console_words import place_words
from accounts.models import User
from accounts.subjects.scanning import scan
from accounts.subjects.subject import is_erased, subject_of
from accounts.tasks import erase
from audit.models import Action, AuditEntry
from zones.context import zone_context
from zones.redis import client as redis_client

REASON = "Asked for by the person in a letter"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT, settings.MAIL_FOLDER = tmp_path / "media", tmp_path / "mail"
    settings.ERASURE_LIST = str(tmp_path / "erasures.jsonl")


def rows(user: User, word: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(resource_id=str(user.pk), details__erasure=word))


def test_a_person_is_erased_in_two_steps_and_by_a_worker(cast, univ, client_for, in_univ):
    bob, console = cast.bob, client_for(cast.zoe, surface="admin")
    subject, page = subject_of(bob), f"/accounts/user/{bob.pk}/erase/"
    assert b"../erase/" in console.get(f"/accounts/user/{bob.pk}/change/").content
    assert b'name="email"' not in console.get(page).content
    shown = console.post(page, {"reason": REASON})
    assert b'name="email"' in shown.content
    # In words, not by the tables' names.
    assert f"<li>{place_words('accounts.ClassMembership')}: 1</li>" in shown.content.decode()
    assert b"accounts.ClassMembership" not in shown.content
    (asked,) = rows(bob, "asked")
    assert (asked.user_id, asked.details["reason"]) == (cast.zoe.pk, REASON)
    # Another's e-mail, or none: nothing happens.
    for said in ("", cast.anna.email):
        assert b"errorlist" in console.post(page, {"reason": REASON, "email": said}).content
    bob.refresh_from_db()
    assert bob.is_active
    assert rows(bob, "confirmed") == []
    done = console.post(page, {"reason": REASON, "email": f" {bob.email.upper()} "})
    assert (done.status_code, done["Location"]) == (302, "/accounts/user/")
    (row,) = rows(bob, "confirmed")
    assert (row.user_id, row.action) == (cast.zoe.pk, Action.DELETE)
    bob.refresh_from_db()
    assert not bob.is_active
    assert str(bob.pk).encode() in b"".join(value for _, value in redis_client().hscan_iter("unacked")) + b"".join(
        redis_client().lrange("celery", 0, -1)
    )
    with zone_context(univ):
        assert erase(str(bob.pk), REASON)
        bob.refresh_from_db()
        assert is_erased(bob)
        assert scan(subject) == []
        assert erase(str(bob.pk), REASON)
    assert len(rows(bob, "done")) == 1


def test_a_worker_erases_nobody_of_whom_it_was_not_confirmed(cast, univ, in_univ):
    with zone_context(univ):
        assert not erase(str(cast.bob.pk), REASON)
    cast.bob.refresh_from_db()
    assert cast.bob.is_active


@pytest.mark.parametrize("who", ["anna", "zoe"])
def test_administrators_of_organizations_erase_nobody_and_nobody_themselves(cast, client_for, in_univ, who):
    target = cast.bob if who == "anna" else cast.zoe
    console = client_for(getattr(cast, who), surface="admin")
    said = {"reason": REASON, "email": target.email}
    answer = console.post(f"/accounts/user/{target.pk}/erase/", said)
    assert answer.status_code == (403 if who == "anna" else 200)
    target.refresh_from_db()
    assert target.is_active
    assert rows(target, "confirmed") == []
    page = console.get(f"/accounts/user/{cast.bob.pk}/change/").content
    assert (b"../erase/" in page) == (who == "zoe")


def test_without_a_broker_nothing_has_happened(cast, client_for, in_univ):
    console = client_for(cast.zoe, surface="admin")
    said = {"reason": REASON, "email": cast.bob.email}
    before = erase.app.conf.broker_url
    try:
        # A port on which nobody listens.
        erase.app.conf.broker_url = "redis://127.0.0.1:1/0"
        erase.app.set_current()
        erase.app._pool = None
        erase.app.amqp._producer_pool = None
        answer = console.post(f"/accounts/user/{cast.bob.pk}/erase/", said)
    finally:
        erase.app.conf.broker_url = before
        erase.app._pool = None
        erase.app.amqp._producer_pool = None
    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    cast.bob.refresh_from_db()
    assert cast.bob.is_active
    assert rows(cast.bob, "confirmed") == []
