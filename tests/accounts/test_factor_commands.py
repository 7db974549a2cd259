"""Commands of operators around second factors: reset for who has lost all, codes of the demo's staff."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import LoginSession, OutgoingMail
from accounts.services import factors
from audit.models import AuditEntry
from megacity.demo import accounts
from megacity.demo.factors import protect, secret_of
from tests.cast import PASSWORD, make_person
from tests.clients import ZoneClient
from tests.factors import give_app, log_in

REASON = "Called back at the school's number, 2026-11-25"


def test_a_reset_takes_every_factor_ends_every_session_and_is_told(cast, in_univ):
    give_app(cast.zoe)
    factors.renew_recovery_codes(user=cast.zoe)
    LoginSession.objects.create(user=cast.zoe, kind="page", last_seen_at="2026-01-01T00:00Z")
    said = io.StringIO()
    call_command("reset_mfa", "ZOE@example.com", zone="univ", reason=REASON, stdout=said)
    assert "2 factors removed" in said.getvalue()
    assert not factors.kinds(cast.zoe)
    assert not LoginSession.objects.filter(ended_at=None).exists()
    entry = AuditEntry.objects.get(details__factor="reset")
    assert entry.details["reason"] == REASON
    assert OutgoingMail.objects.filter(kind="factor_reset").count() == 1
    client = ZoneClient("univ")
    log_in(client, cast.zoe, PASSWORD)
    assert client.get("/dashboard")["Location"] == "/profile/security"


@pytest.mark.parametrize(
    ("email", "zone", "reason"),
    [
        ("nobody@example.com", "univ", REASON),
        ("zoe@example.com", "nowhere", REASON),
        ("zoe@example.com", "univ", "lost"),
    ],
)
def test_a_reset_wants_an_account_a_zone_and_a_reason(cast, in_univ, email, zone, reason):
    give_app(cast.zoe)
    with pytest.raises(CommandError):
        call_command("reset_mfa", email, zone=zone, reason=reason)
    assert factors.needed(cast.zoe)


def test_the_demos_staff_log_in_with_the_code_that_the_command_prints(in_univ):
    admin = make_person("Demo", "zone_admin")
    admin.email = accounts.ZONE_ADMIN.email
    admin.save()
    protect(admin)
    protect(admin)
    said = io.StringIO()
    call_command("demo_code", admin.email, stdout=said, stderr=io.StringIO())
    assert factors.check_code(user=admin, code=said.getvalue()) == "totp"
    assert secret_of(accounts.ZONE_ADMIN.email) != secret_of(accounts.ORG_ADMIN.email)


def test_in_production_nobody_is_told_a_code(settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError):
        call_command("demo_code", accounts.ZONE_ADMIN.email)
