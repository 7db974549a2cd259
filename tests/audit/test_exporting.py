"""The log as a file: who may, why, what the file holds, and what the log holds of it."""

import csv
import io
import json

import pytest
from django.utils import timezone

from audit import exporting
from audit.context import Actor, acting
from audit.models import Action, AuditEntry
from audit.services import record
from tests.audit.logs import run
from zones.problems import PermissionRefused

PATH = "/api/v1/admin/audit-logs/export"
REASON = "A quarterly inspection"


def body(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def zoe(in_univ, cast, api_for):
    return api_for(cast.zoe)


def test_each_row_is_in_the_file_and_no_cell_is_a_formula(zoe, in_univ, monkeypatch):
    monkeypatch.setattr(exporting, "BATCH", 3)
    moment = timezone.now()
    for number, word in enumerate(["=1+1", "@x", "-2", "+3", "\ttab", "plain", 'a "quoted", one', "두\n줄"]):
        with acting(Actor(label=word, user_agent=word)):
            record(Action.READ, "exam", number, details={"word": word})
    text = body(zoe.post(PATH, {"format": "csv", "reason": REASON})).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    mine = [row for row in rows if row["resource_type"] == "exam"]
    assert [row["resource_id"] for row in mine] == list("76543210")
    assert {row["user_label"] for row in mine} == {
        "'=1+1", "'@x", "'-2", "'+3", "'\ttab", "plain", 'a "quoted", one', "두\n줄",
    }  # fmt: skip
    assert not [value for row in rows for value in row.values() if value.startswith(exporting._FORMULA)]
    assert json.loads(mine[0]["details"]) == {"word": "두\n줄"}
    asked = f"?since={moment.isoformat().replace('+', '%2B')}&action=read"
    lines = body(zoe.post(f"{PATH}{asked}", {"format": "jsonl", "reason": REASON})).decode().splitlines()
    said = [json.loads(line) for line in lines]
    assert {each["action"] for each in said} == {"read"}
    assert said[0]["user_label"] == "두\n줄"


def test_the_reason_is_asked_for_and_recorded_before_the_first_byte(zoe, in_univ, cast):
    for reason in ("", "short", " " * 40, "x" * 501):
        refused = zoe.post(PATH, {"reason": reason})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert not AuditEntry.objects.filter(action=Action.EXPORT).exists()
    response = zoe.post(f"{PATH}?action=login", {"reason": REASON})
    entry = AuditEntry.objects.get(action=Action.EXPORT)
    assert entry.user_id == cast.zoe.pk
    assert entry.details == {"reason": REASON, "format": "csv", "filters": {"action": ["login"]}}
    assert str(entry.pk).encode() not in body(response)


def test_what_cannot_be_recorded_is_not_exported(zoe, in_univ, cast):
    run("ALTER TABLE audit_auditentry ADD CONSTRAINT disk_full CHECK (action <> 'export') NOT VALID")
    with pytest.raises(Exception, match="disk_full"):
        exporting.export(person=cast.zoe, entries=AuditEntry.objects.all(), format="csv", reason=REASON, asked={})


def test_a_question_to_the_log_leaves_one_row(zoe, in_univ, cast, client_for):
    for _ in range(3):
        record(Action.UPDATE, "exam")
    assert zoe.get("/api/v1/admin/audit-logs?action=update&page_size=2").status_code == 200
    console = client_for(cast.zoe, "admin")
    assert console.get("/audit/auditentry/?action=update").status_code == 200
    one = AuditEntry.objects.filter(action="update").first()
    assert console.get(f"/audit/auditentry/{one.pk}/change/").status_code == 200
    read = AuditEntry.objects.filter(action=Action.READ, resource_type="audit_log").order_by("id")
    assert [entry.details["filters"] for entry in read] == [
        {"action": ["update"]},
        {"action": ["update"]},
        {"id": [str(one.pk)]},
    ]


def test_the_console_exports_and_shows_the_seals(in_univ, cast, client_for):
    console = client_for(cast.zoe, "admin")
    page = console.get("/audit/auditentry/").content.decode()
    assert "seal-title" in page
    assert "/audit/auditentry/export/" in page
    assert console.get("/audit/auditentry/export/").status_code == 200
    assert console.post("/audit/auditentry/export/", {"format": "csv", "reason": "short"}).status_code == 400
    response = console.post("/audit/auditentry/export/", {"format": "jsonl", "reason": REASON, "action": ["read"]})
    assert {json.loads(line)["action"] for line in body(response).splitlines()} == {"read"}
    assert AuditEntry.objects.get(action=Action.EXPORT).details["filters"] == {"action": ["read"]}


def test_the_service_itself_refuses_others(in_univ, cast):
    for person in (cast.anna, cast.alice, cast.bob):
        with pytest.raises(PermissionRefused):
            exporting.export(person=person, entries=AuditEntry.objects.all(), format="csv", reason=REASON, asked={})
    assert not AuditEntry.objects.filter(action=Action.EXPORT).exists()


def test_others_do_not_export(in_univ, cast, client_for, api_for):
    for person in (cast.alice, cast.bob, cast.anna):
        assert api_for(person).post(PATH, {"reason": REASON}).status_code == 403
    assert client_for(cast.anna, "admin").post("/audit/auditentry/export/", {"reason": REASON}).status_code == 403
    assert not AuditEntry.objects.filter(action=Action.EXPORT).exists()
