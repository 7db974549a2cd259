"""Identity providers in the console: who configures them, and what is not saved."""

import time

import pytest
from django.db import connection

from accounts.models import IdentityProvider
from accounts.permissions import Role
from audit.models import Action, AuditEntry
from tests.clients import client_for
from tests.issuer import SECRET

pytestmark = pytest.mark.usefixtures("loopback")

# --- Configuring ----------------------------------------------------------------------------------------------------


def test_the_secret_is_kept_encrypted_and_bound_to_its_row(school):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_identityprovider")
        ((kept,),) = cursor.fetchall()
    assert SECRET not in kept
    assert IdentityProvider.objects.get().open_secret() == SECRET


def form_of(**fields):
    said = {"kind": "openid_connect", "slug": "uni", "name": "Uni", "client_id": "c", "issuer": "https://uni.example"}
    return said | {"new_secret": SECRET, "domains": "uni.example", "role": "student", "is_enabled": "on"} | fields


ADD = "/accounts/identityprovider/add/"


def test_the_zones_administrators_configure_and_nobody_reads_the_secret(cast, in_univ):
    zoe = client_for(cast.zoe, "admin")
    assert zoe.post(ADD, form_of()).status_code == 302
    row = IdentityProvider.objects.get()
    assert (row.open_secret(), row.email_domains) == (SECRET, ["uni.example"])
    page = f"/accounts/identityprovider/{row.pk}/change/"
    assert SECRET not in zoe.get(page).content.decode()
    assert zoe.post(page, form_of(name="University", new_secret="", issuer="https://evil.example")).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.open_secret(), row.issuer) == ("University", SECRET, "https://uni.example")
    assert (row.acr_values, row.max_age_minutes) == ("", None)
    asked = form_of(name="University", new_secret="", acr_values=" gold  silver", max_age_minutes="30")
    assert zoe.post(page, asked).status_code == 302
    row.refresh_from_db()
    assert (row.acr_values, row.max_age_minutes) == ("gold silver", 30)
    told = list(AuditEntry.objects.filter(resource_type="identity_provider").order_by("id"))
    assert [entry.action for entry in told] == [Action.CREATE, Action.UPDATE, Action.UPDATE]
    assert told[-1].details == {"acr_values": ["", "gold silver"], "max_age_minutes": [None, 30]}
    assert SECRET not in str([entry.details for entry in told])


@pytest.mark.parametrize("name", ["anna", "alice"])
def test_others_configure_no_provider(cast, in_univ, name):
    client_for(getattr(cast, name), "admin").post(ADD, form_of())
    assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": ""},
        {"issuer": "https://uni.example/?x=1"},
        {"slug": "google"},
        {"new_secret": ""},
        {"kind": "apple"},
        {"kind": "naver", "trusts_email": "on", "domains": ""},
        {"kind": "line"},
        {"role": "zone_admin"},
        {"max_age_minutes": "-1"},
        {"kind": "google", "acr_values": "gold"},
        {"kind": "naver", "max_age_minutes": "5", "domains": ""},
    ],
)
def test_what_would_not_be_safe_is_not_saved(cast, in_univ, wrong):
    client_for(cast.zoe, "admin").post(ADD, form_of(**wrong))
    assert not IdentityProvider.objects.exists()


def test_the_console_asks_again_who_it_is_before_it_saves(cast, in_univ):
    zoe = client_for(cast.zoe, "admin")
    session = zoe.session
    session["proved_at"] = time.time() - 16 * 60
    session.save()
    assert zoe.post(ADD, form_of())["Location"].startswith("/profile/confirm?next=")
    assert not IdentityProvider.objects.exists()
    role = {"display_name": "Bob", "role": "teacher", "organization": str(cast.hana.pk)}
    change = f"/accounts/user/{cast.bob.pk}/change/"
    assert zoe.post(change, role)["Location"].startswith("/profile/confirm")
    cast.bob.refresh_from_db()
    assert cast.bob.role == Role.STUDENT
    assert zoe.get(change).status_code == 200
