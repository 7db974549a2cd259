"""Who is asked how old they are, where they come in: at registration, by staff, at a log-in."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.backends import EmailBackend
from accounts.models import (
    Consent,
    GuardianRequest,
    SecurityPolicy,
    User,
)
from accounts.services import guardian_requests, guardians
from accounts.tasks import look_after_children, send_mails
from tests.accounts.asked import GUARDIAN, SIGNED, mailed_token, years_ago
from tests.cast import PASSWORD
from zones.problems import Conflict

NEW = {"display_name": "Nari", "email": "nari@example.com", "password": "Hangang!2026", "role": "student"}


def registered(client, path: str = "/api/v1/auth/register", **change):
    return client.post(path, {**NEW, "birth_date": years_ago(12).isoformat(), "guardian_email": GUARDIAN, **change})


def test_a_child_registers_the_guardian_agrees_and_the_child_gets_in(in_univ, cast, guardian, api_for):
    api = api_for(None, zone=in_univ)
    said = registered(api)
    assert said.status_code == 202
    assert registered(api, email=cast.bob.email).content == said.content
    nari = User.objects.get(email="nari@example.com")
    assert (nari.consent, nari.birth_date) == (Consent.AWAITED, years_ago(12))
    token = mailed_token()
    # The child is written to about nothing before.
    assert not [m for m in mail.outbox if m.to == ["nari@example.com"]]
    guardians.give_consent(person=guardian, token=token, **SIGNED)
    send_mails()
    (confirm,) = [m for m in mail.outbox if m.to == ["nari@example.com"] and "/confirm/" in m.body]
    link = next(line for line in confirm.body.splitlines() if "/confirm/" in line).rpartition("/")[2]
    assert api.post("/api/v1/auth/confirm", {"token": link, "password": NEW["password"]}).status_code == 204
    assert api.post("/api/v1/auth/login", {name: NEW[name] for name in ("email", "password")}).status_code == 200


def test_the_page_asks_for_a_guardian_only_of_children(in_univ, cast, client_for):
    visitor = client_for(None, zone=in_univ)
    assert "guardian_email" not in visitor.get("/register").content.decode()
    child = {**NEW, "birth_date": years_ago(12).isoformat()}
    page = visitor.post("/register", child)
    assert list(page.context["form"].errors) == ["guardian_email"]
    assert 'name="guardian_email"' in page.content.decode()
    assert not User.objects.filter(email=NEW["email"]).exists()
    answer = visitor.post("/register", {**child, "guardian_email": GUARDIAN})
    assert answer["Location"] == "/register/waiting"
    assert visitor.get("/register/waiting").status_code == 200
    assert User.objects.get(email=NEW["email"]).consent == Consent.AWAITED


def test_who_said_to_be_a_child_does_not_grow_up_by_registering_again(in_univ, cast, api_for):
    api = api_for(None, zone=in_univ)
    registered(api)
    assert registered(api, birth_date="2001-05-05", guardian_email="").status_code == 202
    assert User.objects.get(email=NEW["email"]).consent == Consent.AWAITED
    assert registered(api, guardian_email="other@example.com").status_code == 202
    assert GuardianRequest.objects.get().email == "other@example.com"
    send_mails()
    assert not [m for m in mail.outbox if m.to == [NEW["email"]]]


def test_one_address_is_not_flooded_and_the_limit_tells_nothing(limits, in_univ, cast, api_for):
    api = api_for(None, zone=in_univ)
    answers = [registered(api, email=f"n{number}@example.com").status_code for number in range(4)]
    assert answers == [202, 202, 202, 429]
    assert registered(api, email=cast.bob.email).status_code == 429


def test_a_parent_is_not_asked_when_they_were_born(in_univ, cast, api_for):
    api = api_for(None, zone=in_univ)
    assert registered(api, role="parent", guardian_email="").status_code == 202
    assert User.objects.get(email=NEW["email"]).birth_date is None


def test_a_child_whom_staff_enter_waits_for_the_paper(in_univ, cast, api_for):
    anna = api_for(cast.anna)
    new = {**NEW, "birth_date": years_ago(12).isoformat()}
    made = anna.post("/api/v1/users", new)
    assert made.status_code == 201
    assert EmailBackend().authenticate(None, NEW["email"], NEW["password"]) is None
    path = f"/api/v1/users/{made.json()['id']}/guardian-consent"
    assert anna.post(path, {"reference": "2026/4", "name": "김보람", "relation": "mother"}).status_code == 200
    assert EmailBackend().authenticate(None, NEW["email"], NEW["password"]) is not None


@pytest.fixture
def asked_at_log_in(in_univ):
    SecurityPolicy.objects.update_or_create(pk=SecurityPolicy.ONLY, defaults={"ask_birth_date": True})


def test_a_zone_that_asks_stops_a_log_in_until_it_is_answered(in_univ, cast, asked_at_log_in, client_for, api_for):
    said = {"email": cast.bob.email, "password": PASSWORD}
    refused = api_for(None, zone=in_univ).post("/api/v1/auth/login", said)
    assert (refused.status_code, refused.json()["code"]) == (403, "birth_date_needed")
    visitor = client_for(None, zone=in_univ)
    assert visitor.post("/login", said)["Location"] == "/login/birth-date"
    assert visitor.get("/dashboard").status_code == 302
    assert "errorlist" in visitor.post("/login/birth-date", {"birth_date": "2120-01-01"}).content.decode()
    assert visitor.post("/login/birth-date", {"birth_date": "2001-05-05"})["Location"] == "/dashboard"
    assert visitor.get("/dashboard").status_code == 200
    assert User.objects.get(pk=cast.bob.pk).birth_date == date(2001, 5, 5)
    assert api_for(None, zone=in_univ).post("/api/v1/auth/login", said).status_code == 200
    with pytest.raises(Conflict):
        guardian_requests.state_birth_date(user=cast.bob, birth_date=years_ago(20))


def test_who_turns_out_to_be_a_child_waits_and_loses_nothing(in_univ, cast, asked_at_log_in, client_for, api_for):
    User.objects.filter(pk=cast.bob.pk).update(last_login=timezone.now())
    api = api_for(cast.bob)
    visitor = client_for(None, zone=in_univ)
    visitor.post("/login", {"email": cast.bob.email, "password": PASSWORD})
    child = {"birth_date": years_ago(12).isoformat()}
    assert 'name="guardian_email"' in visitor.post("/login/birth-date", child).content.decode()
    done = visitor.post("/login/birth-date", {**child, "guardian_email": GUARDIAN})
    assert done["Location"] == "/register/waiting"
    assert "_auth_user_id" not in visitor.session
    assert api.get("/api/v1/users/me").status_code == 401
    GuardianRequest.objects.update(created_at=timezone.now() - timedelta(days=5))
    look_after_children()
    bob = User.objects.get(pk=cast.bob.pk)
    assert (bob.consent, GuardianRequest.objects.count()) == (Consent.WITHDRAWN, 0)
    assert EmailBackend().get_user(bob.pk) is None


def test_teachers_and_parents_are_not_asked(in_univ, cast, asked_at_log_in):
    for person in (cast.alice, cast.paula, cast.anna):
        assert not guardian_requests.birth_date_is_due(person)
