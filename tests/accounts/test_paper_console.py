"""Children in the zone's console: their birth date is asked for, and a consent on paper opens their account."""

from datetime import date

import pytest

from accounts.models import Consent, GuardianConsent, SecurityPolicy, User

CHILD = {"email": "child@example.com", "display_name": "Child", "role": "student", "language": "ko"}
PAPER = {"name": "Paula Kim", "relation": "mother", "reference": "Folder 7, number 12"}


@pytest.fixture
def console(cast, client_for, in_univ):
    return client_for(cast.anna, surface="admin")


def made(console, cast, **said) -> User:
    form = {**CHILD, "organization": str(cast.hana.pk), "password1": "", "password2": "", **said}
    answer = console.post("/accounts/user/add/", form)
    assert answer.status_code == 302, answer.content
    return User.objects.get(email=CHILD["email"])


def test_a_child_waits_until_the_paper_is_recorded(console, cast, client_for):
    born = date(date.today().year - 10, 3, 1)
    child = made(console, cast, birth_date=born.isoformat())
    assert (child.birth_date, child.consent, child.may_enter) == (born, Consent.AWAITED, False)
    assert b"../paper/" in console.get(f"/accounts/user/{child.pk}/change/").content
    page = f"/accounts/user/{child.pk}/paper/"
    assert b"errorlist" in console.post(page, {**PAPER, "reference": " "}).content
    assert client_for(cast.oscar, surface="admin").post(page, PAPER).status_code in (302, 403, 404)
    child.refresh_from_db()
    assert child.consent == Consent.AWAITED
    assert console.post(page, PAPER).status_code == 302
    child.refresh_from_db()
    assert child.may_enter
    record = GuardianConsent.objects.get(child_id=child.pk)
    assert (record.method, record.reference, record.recorded_by_id) == ("paper", PAPER["reference"], cast.anna.pk)
    assert console.post(page, PAPER).status_code == 200
    assert GuardianConsent.objects.filter(child_id=child.pk).count() == 1
    assert b"<form" not in console.get(page).content.partition(b'id="content-main"')[2].partition(b"</main>")[0]


def test_a_zone_that_asks_for_birth_dates_asks_staff_too(console, cast):
    SecurityPolicy.objects.update_or_create(pk=SecurityPolicy.ONLY, defaults={"ask_birth_date": True})
    form = {**CHILD, "organization": str(cast.hana.pk), "password1": "", "password2": ""}
    assert b"errorlist" in console.post("/accounts/user/add/", form).content
    assert not User.objects.filter(email=CHILD["email"]).exists()
    assert made(console, cast, birth_date="2001-02-03").consent == ""
