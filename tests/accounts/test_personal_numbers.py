"""Korean telephone and resident numbers: which are taken, by whom, and who sees one in full."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from accounts.models import User
from accounts.personal_numbers import masked_phone, normal_phone, normal_resident_number, shown_phone
from accounts.services import contact
from audit.models import AuditEntry
from zones.context import zone_context
from zones.problems import Invalid, PermissionRefused

PHONE = "+821012345678"
# Made up: the check digit of 900101-123456 is 8, of the foreigner's 900101-523456 it is 1.
RESIDENT, FOREIGNER = "9001011234568", "9001015234561"
REASON = "The student asked by telephone"


@pytest.mark.parametrize("text", ["010-1234-5678", "01012345678", "+82-10-1234-5678", " 010 1234 5678 "])
def test_a_telephone_number_has_one_form(text: str) -> None:
    assert normal_phone(text) == PHONE


def test_numbers_of_other_countries_and_fixed_lines_are_taken() -> None:
    assert normal_phone("+1 650-253-0000") == "+16502530000"
    assert normal_phone("02-312-3456") == "+8223123456"


@pytest.mark.parametrize("text", ["", "12", "010-12", "telephone", "010-1234-5678-9999999", "<b>"])
def test_what_is_no_telephone_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValidationError) as refused, translation.override("en"):
        normal_phone(text)
    with translation.override("en"):
        said = refused.value.messages
    assert said == ["This is not a telephone number; an example: 010-1234-5678."]


def test_a_number_is_shown_as_people_write_it_and_masked_to_its_end() -> None:
    assert shown_phone(PHONE) == "010-1234-5678"
    assert masked_phone(PHONE) == "•••-••••-5678"


@pytest.mark.parametrize("text", [RESIDENT, "900101-1234568", FOREIGNER])
def test_a_resident_number_is_taken(text: str) -> None:
    assert normal_resident_number(text) == text.replace("-", "")


@pytest.mark.parametrize(
    "text", ["900101-1234567", "901301-1234568", "900230-1234568", "12345", "9001011234568x", "990101-3234567"]
)
def test_what_is_no_resident_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        normal_resident_number(text)
    assert text not in str(refused.value)


def test_a_resident_number_is_revealed_to_the_zones_administrators_alone(cast, in_univ, settings) -> None:
    settings.RESIDENT_NUMBER_ZONES = frozenset({"univ"})
    contact.set_resident_number(person=cast.zoe, user=cast.bob, number=RESIDENT)
    asked = {"user": User.objects.get(pk=cast.bob.pk), "field": "resident_number", "reason": REASON}
    with pytest.raises(PermissionRefused) as refused:
        contact.reveal(person=cast.anna, **asked)
    assert refused.value.code == "zone_wide_only"
    assert contact.reveal(person=cast.zoe, **asked) == RESIDENT
    assert AuditEntry.objects.filter(action="read", resource_id=str(cast.bob.pk)).count() == 1


def test_numbers_given_out_since_october_2020_have_no_check_digit() -> None:
    born = date(2021, 3, 1)
    taken = [normal_resident_number(f"{born:%y%m%d}3{tail:06d}") for tail in range(100_000, 100_010)]
    assert len(taken) == 10
    assert normal_resident_number("9001011234567", issued_anew=True)


def test_people_change_their_own_telephone_number_in_the_profile(cast, client_for) -> None:
    client = client_for(cast.bob)
    data = {"display_name": "Bob", "language": ""}
    assert "phone" in client.post("/profile", {**data, "phone": "12"}).context["form"].errors
    assert client.post("/profile", {**data, "phone": "010-1234-5678"}).status_code == 302
    assert "010-1234-5678" in client.get("/profile").text
    with zone_context(cast.bob.home):
        assert User.objects.get(pk=cast.bob.pk).phone == PHONE
        entry = AuditEntry.objects.filter(resource_id=str(cast.bob.pk), action="update").latest("id")
    assert entry.details == {"changed": ["phone"]}


def test_the_api_takes_and_gives_ones_own_number_alone(cast, api_for) -> None:
    bob, zoe = api_for(cast.bob), api_for(cast.zoe)
    assert bob.patch("/api/v1/users/me", {"phone": "010-1234-5678"}).json()["phone"] == PHONE
    refused = bob.patch("/api/v1/users/me", {"phone": "5678"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["phone"])
    assert "phone" not in zoe.get(f"/api/v1/users/{cast.bob.pk}").json()


def test_resident_numbers_are_for_zones_with_a_law_and_their_administrators(cast, in_univ, settings) -> None:
    with pytest.raises(PermissionRefused) as refused:
        contact.set_resident_number(person=cast.zoe, user=cast.bob, number=RESIDENT)
    assert refused.value.code == "no_legal_basis"
    settings.RESIDENT_NUMBER_ZONES = frozenset({"univ"})
    for other in (cast.anna, cast.alice, cast.bob):
        with pytest.raises(PermissionRefused):
            contact.set_resident_number(person=other, user=cast.bob, number=RESIDENT)
    contact.set_resident_number(person=cast.zoe, user=cast.bob, number=RESIDENT)
    assert User.objects.get(pk=cast.bob.pk).resident_number == RESIDENT


def test_a_number_is_revealed_for_a_reason_and_the_log_keeps_it(cast, in_univ) -> None:
    contact.set_own_phone(user=cast.bob, phone=PHONE)
    with pytest.raises(Invalid):
        contact.reveal(person=cast.anna, user=cast.bob, field="phone", reason="why not")
    with pytest.raises(Invalid):
        contact.reveal(person=cast.anna, user=cast.bob, field="password", reason=REASON)
    for other in (cast.alice, cast.oscar, cast.paula):
        with pytest.raises(PermissionRefused):
            contact.reveal(person=other, user=cast.bob, field="phone", reason=REASON)
    assert contact.reveal(person=cast.anna, user=cast.bob, field="phone", reason=REASON) == PHONE
    entry = AuditEntry.objects.get(action="read", resource_id=str(cast.bob.pk))
    assert entry.details == {"revealed": "phone", "reason": REASON}


def test_the_console_masks_reveals_and_finds(cast, client_for) -> None:
    with zone_context(cast.bob.home):
        contact.set_own_phone(user=cast.bob, phone=PHONE)
    client = client_for(cast.zoe, "admin")
    page = f"/accounts/user/{cast.bob.pk}"
    shown = client.get(f"{page}/change/").text
    assert "•••-••••-5678" in shown
    assert "1234-5678" not in shown.replace("•••-••••-5678", "")
    assert "1234-5678" not in client.get("/accounts/user/").text
    assert "010-1234-5678" not in client.post(f"{page}/reveal/", {"field": "phone", "reason": "?"}).text
    assert "010-1234-5678" in client.post(f"{page}/reveal/", {"field": "phone", "reason": REASON}).text
    found = client.post("/accounts/user/by-phone/", {"phone": "01012345678"}).text
    assert page in found
    assert str(cast.otto.pk) not in found


def test_an_administrator_of_an_organization_finds_and_reveals_its_own_people_alone(cast, client_for) -> None:
    with zone_context(cast.bob.home):
        contact.set_own_phone(user=cast.otto, phone=PHONE)
    client = client_for(cast.anna, "admin")
    assert str(cast.otto.pk) not in client.post("/accounts/user/by-phone/", {"phone": "01012345678"}).text
    asked = client.post(f"/accounts/user/{cast.otto.pk}/reveal/", {"field": "phone", "reason": REASON})
    assert asked.status_code == 404
    assert "1234-5678" not in asked.text


def test_a_filter_by_the_address_cannot_guess_a_number(cast, client_for) -> None:
    client = client_for(cast.zoe, "admin")
    for name in ("phone__startswith", "phone_index", "resident_number__isnull"):
        assert client.get("/accounts/user/", {name: "+"}).status_code in (302, 400)
