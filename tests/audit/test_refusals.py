"""Refusals are recorded, by a row each up to a limit, by their number beyond it, and never become an error."""

import time

import pytest
from django.conf import settings

from audit import refusals
from audit.models import Action, AuditEntry
from audit.tasks import seal
from tests.audit.logs import run
from zones.redis import client as redis_client

PATH = "/api/v1/admin/audit-logs"


def refused(count: int = 1000):
    return AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).order_by("id")[:count]


@pytest.fixture
def later(monkeypatch):
    """Move the clock that counts minutes."""
    moment = time.time() // 60 * 60 + 1
    monkeypatch.setattr(refusals.time, "time", lambda: moment)

    def move(seconds: int) -> None:
        nonlocal moment
        moment += seconds

    return move


def test_a_scanner_does_not_fill_the_disk_and_its_number_is_known(in_univ, cast, api_for, later, settings):
    settings.REFUSALS_A_MINUTE = 3
    bob, oscar = api_for(cast.bob), api_for(cast.oscar)
    assert [bob.get(PATH).status_code for _ in range(10)] == [403] * 10
    assert oscar.get(PATH).status_code == 403
    assert [entry.user_id for entry in refused()] == [cast.bob.pk] * 3 + [cast.oscar.pk]
    assert refusals.write_counts() == 0
    later(60)
    seal()
    last = list(refused())[-1]
    assert (last.user_id, last.organization_id) == (cast.bob.pk, cast.hana.pk)
    assert {name: last.details[name] for name in ("code", "status", "repeated")} == {
        "code": "permission_denied",
        "status": 403,
        "repeated": 7,
    }
    assert refusals.write_counts() == 0
    assert bob.get(PATH).status_code == 403
    assert len(refused()) == 6


def test_each_refusal_has_its_row_while_redis_is_away(in_univ, cast, api_for, settings, monkeypatch):
    settings.REFUSALS_A_MINUTE = 3
    bob = api_for(cast.bob)
    bob.get(PATH)
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    redis_client.cache_clear()
    try:
        assert [bob.get(PATH).status_code for _ in range(5)] == [403] * 5
        assert len(refused()) == 6
        assert refusals.write_counts() == 0
    finally:
        monkeypatch.undo()
        redis_client.cache_clear()


def test_a_refusal_stays_one_when_the_log_cannot_be_written(in_univ, cast, api_for, client_for, caplog):
    run("ALTER TABLE audit_auditentry ADD CONSTRAINT disk_full CHECK (action <> 'permission_denied') NOT VALID")
    assert api_for(cast.bob).get(PATH).status_code == 403
    assert api_for().get(PATH).status_code == 401
    assert client_for(cast.bob, "admin").get("/audit/auditentry/").status_code in (302, 403)
    said = [each.getMessage() for each in caplog.records if each.name == "megacity.audit"]
    assert str(cast.bob.pk) in said[0]
    assert "permission_denied" in said[0]


def test_paths_with_broken_text_are_recorded(in_univ, cast, api_for):
    for path in ("%00", "%ff%fe", "%0d%0aforged", "%ed%a0%80"):
        assert api_for(cast.bob).get(f"/api/v1/users/{path}").status_code in (400, 403, 404)
    assert settings.REFUSALS_A_MINUTE >= 10
