"""No secret that goes through the doors of a zone is found in its log, nor can what people send forge a line of it."""

import json

from django.db import connection
from django.test import override_settings

from audit.models import AuditEntry
from tests.cast import PASSWORD

NEW, WRONG = "N3w!passw0rd-of-bob", "Wr0ng!passw0rd-of-bob"


def whole_log() -> str:
    """Every column of every row, and the origins that rows name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM audit_auditentry e UNION ALL SELECT o::text FROM audit_auditorigin o")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_passwords_tokens_sessions_and_keys_never_reach_the_log(in_univ, cast, client_for, api_for):
    stranger, bob = api_for(), api_for(cast.bob)
    email = {"email": cast.bob.email}
    secrets = [PASSWORD, NEW, WRONG]
    given = stranger.post("/api/v1/auth/login", {**email, "password": PASSWORD}).json()
    secrets += [value for name, value in given.items() if isinstance(value, str) and len(value) > 20]
    secrets += [cookie.value for cookie in stranger.cookies.values() if len(cookie.value) > 20]
    assert len(secrets) >= 5
    stranger.post("/api/v1/auth/login", {**email, "password": WRONG})
    renewed = stranger.post("/api/v1/auth/refresh").json()
    secrets += [value for name, value in renewed.items() if isinstance(value, str) and len(value) > 20]
    bob.get(f"/api/v1/users?token={given.get('access', '')}&password={NEW}")
    bob.post("/api/v1/users/me/password", {"current": WRONG, "new": NEW})
    bob.post("/api/v1/users/me/password", {"current": PASSWORD, "new": NEW})
    page = client_for(cast.bob)
    page.get("/dashboard")
    secrets += [cookie.value for cookie in page.cookies.values() if len(cookie.value) > 20]
    page.post("/login", {"email": cast.bob.email, "password": WRONG})
    admin = api_for(cast.zoe)
    admin.patch(f"/api/v1/users/{cast.otto.pk}", {"password": NEW})
    log = whole_log()
    assert AuditEntry.objects.count() >= 3
    assert [secret for secret in secrets if secret in log] == []
    hashed = type(cast.bob).objects.get(pk=cast.bob.pk).password
    assert hashed not in log


@override_settings(REFUSALS_A_MINUTE=100)
def test_what_people_send_forges_no_line(in_univ, cast, client_for, api_for):
    forged = 'x\n{"action": "login", "user_label": "root"}\r\n2026-01-01 root login'
    api_for(cast.zoe).patch(f"/api/v1/users/{cast.otto.pk}", {"display_name": forged})
    api_for(cast.bob).get("/api/v1/admin/audit-logs", HTTP_USER_AGENT=forged)
    api_for(cast.bob).get("/api/v1/users/%0Aroot%0D%0Alogin")
    answer = api_for(cast.zoe).post(
        "/api/v1/admin/audit-logs/export", {"format": "jsonl", "reason": "Looking for forged lines"}
    )
    lines = b"".join(answer.streaming_content).decode().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == AuditEntry.objects.count() - 1
    assert all(set(row) >= {"id", "at", "action"} for row in rows)
    page = client_for(cast.zoe, "admin").get("/audit/auditentry/").content.decode()
    assert forged not in page
