"""Children under 14: nobody gets in before a guardian has agreed, whichever door they try."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import tokens
from accounts.ages import age_on, today, under_age
from accounts.backends import EmailBackend
from accounts.models import (
    Consent,
    GuardianConsent,
    GuardianRequest,
    Notice,
    OutgoingMail,
    ParentLink,
    User,
)
from accounts.selectors import can_see_student
from accounts.services import guardian_requests, guardians, parents
from accounts.tasks import look_after_children, send_mails
from audit.models import AuditEntry
from tests.accounts.asked import GUARDIAN, SIGNED, mailed_token, years_ago
from tests.cast import PASSWORD, make_person
from tests.clients import ZoneClient
from tests.mailbox import link_to
from tests.threads import together
from zones.context import zone_context
from zones.problems import Conflict, Invalid, NotAuthenticated, NotFound, PermissionRefused


@pytest.fixture
def child(in_univ, cast) -> User:
    """Has registered and waits."""
    made = make_person("Dana", "student", cast.hana)
    made.birth_date = years_ago(12)
    made.save()
    guardian_requests.ask_guardian(child=made, guardian_email=GUARDIAN)
    made.home = in_univ
    return made


@pytest.fixture
def visitor_of_univ(in_univ, cast) -> ZoneClient:
    return ZoneClient("univ")


def opened(child: User, guardian: User) -> User:
    guardians.give_consent(person=guardian, token=mailed_token(), **SIGNED)
    child.refresh_from_db()
    return child


def test_ages_are_full_years_in_seoul(monkeypatch):
    assert age_on(date(2012, 11, 26), date(2026, 11, 25)) == 13
    assert age_on(date(2012, 11, 25), date(2026, 11, 25)) == 14
    assert age_on(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert age_on(date(2012, 2, 29), date(2026, 3, 1)) == 14
    assert not under_age(None, date(2026, 1, 1))
    # Half past three in London's afternoon is the next day in Seoul.
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 25, 15, 30, tzinfo=UTC))
    assert today() == date(2026, 11, 26)


def test_the_guardian_is_asked_and_the_address_is_not_readable(child, in_univ):
    token = mailed_token()
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, token_hash FROM accounts_guardianrequest")
        stored = cursor.fetchone()
        cursor.execute("SELECT birth_date FROM accounts_user WHERE id = %s", [child.pk])
        (birth_date,) = cursor.fetchone()
    assert GUARDIAN not in stored[0]
    assert token not in stored
    assert str(child.birth_date.year) not in birth_date
    assert not Notice.objects.exists()
    assert all(not row.context for row in OutgoingMail.objects.all())


def test_no_door_opens_before_the_consent(child, guardian, client_for, api_for):
    assert EmailBackend().authenticate(None, "dana@example.com", PASSWORD) is None
    assert EmailBackend().get_user(child.pk) is None
    # By a session that somebody made all the same, as another way of log-in might.
    assert client_for(child).get("/dashboard").status_code == 302
    assert client_for(child).get("/api/v1/users/me").status_code == 401
    said = {"email": "dana@example.com", "password": PASSWORD}
    assert api_for(None, child.home).post("/api/v1/auth/login", said).status_code == 401
    client = client_for(None, zone=child.home)
    assert client.post("/login", said).status_code == 200
    assert "_auth_user_id" not in client.session
    with pytest.raises(NotAuthenticated):
        tokens.issue(child)
    opened(child, guardian)
    assert EmailBackend().authenticate(None, "dana@example.com", PASSWORD) == child
    assert api_for(child).get("/api/v1/users/me").status_code == 200
    assert client_for(child).get("/dashboard").status_code == 200


def test_staff_cannot_let_a_waiting_child_in_by_opening_the_account(child, cast, api_for):
    api_for(cast.anna).patch(f"/api/v1/users/{child.pk}", {"is_active": True})
    assert EmailBackend().get_user(child.pk) is None


def test_consent_is_recorded_and_links_the_guardian(child, guardian):
    opened(child, guardian)
    record = GuardianConsent.objects.get()
    assert (record.kind, record.method, record.child_id, record.guardian_id, record.guardian_name, record.relation) == (
        "given", "email_account", child.pk, guardian.pk, "김보람", "mother",
    )  # fmt: skip
    assert record.text_version == guardians.TEXT_VERSION
    assert not GuardianRequest.objects.exists()
    link = ParentLink.objects.get(student=child)
    assert (link.status, link.guardian, link.parent_id) == ("approved", True, guardian.pk)
    assert can_see_student(guardian, child)
    assert Notice.objects.get(user=child).kind == "consent_given"
    assert Notice.objects.get(user=guardian).kind == "consent_recorded"
    assert AuditEntry.objects.filter(resource_type="guardian_consent").count() == 1
    assert "김보람" not in str(list(AuditEntry.objects.values_list("details", flat=True)))
    with pytest.raises(NotFound):
        guardians.give_consent(person=guardian, token="x" * 43, **SIGNED)


def test_the_record_of_a_consent_cannot_be_changed(child, guardian):
    opened(child, guardian)
    for change in (
        lambda: GuardianConsent.objects.update(kind="refused"),
        lambda: GuardianConsent.objects.update(relation="father"),
        lambda: GuardianConsent.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    # A new key, or an erasure.
    GuardianConsent.objects.update(guardian_name="", ip=None)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_guardianconsent SELECT gen_random_uuid(), now() - interval '4 years',"
                       " kind, method, child_id, organization_id, guardian_id, guardian_name, relation, text_version,"
                       " reference, recorded_by_id, ip FROM accounts_guardianconsent")  # fmt: skip
    assert GuardianConsent.objects.order_by("at").first().delete()[0] == 1


def test_only_a_parent_with_the_link_consents(child, cast, guardian):
    token = mailed_token()
    for person in (cast.bob, cast.alice, cast.zoe):
        with pytest.raises(PermissionRefused):
            guardians.give_consent(person=person, token=token, **SIGNED)
    with pytest.raises(Invalid) as refusal:
        guardians.give_consent(person=guardian, token=token, name=" ", relation="uncle")
    assert set(refusal.value.extra["errors"]) == {"name", "relation"}
    assert User.objects.get(pk=child.pk).consent == Consent.AWAITED


def test_the_page_explains_and_opening_it_changes_nothing(child, guardian, client_for):
    path = f"/guardian/{mailed_token()}"
    stranger = client_for(None, zone=child.home)
    page = stranger.get(path)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    assert f"/login?next={path}" in page.content.decode()
    stranger.post(path, {**SIGNED, "guardian": "on", "agreed": "on", "answer": "give"})
    client_for(child).post(path, {**SIGNED, "guardian": "on", "agreed": "on", "answer": "give"})
    assert User.objects.get(pk=child.pk).consent == Consent.AWAITED
    parent = client_for(guardian)
    form = parent.post(path, {**SIGNED, "answer": "give"})
    assert form.status_code == 200
    assert form.content.decode().count('<div class="form-check"><input type="checkbox"') == 2
    assert User.objects.get(pk=child.pk).consent == Consent.AWAITED
    response = parent.post(path, {**SIGNED, "guardian": "on", "agreed": "on", "answer": "give"})
    assert (response.status_code, response["Location"]) == (302, "/children")
    assert User.objects.get(pk=child.pk).consent == Consent.GIVEN
    gone = parent.get(path)
    assert gone.status_code == 404
    # Not that the address was mistyped.
    assert str(gone.context["problem"].detail) in gone.content.decode()


def test_a_guardian_without_an_account_makes_one_and_comes_back_to_the_consent(child, visitor_of_univ):
    path = f"/guardian/{mailed_token()}"
    visitor_of_univ.get(f"/register?role=parent&next={path}")
    made = {"display_name": "Nuri", "email": "nuri@example.com", "password": "Hangang!2026", "role": "parent"}
    visitor_of_univ.post("/register", made | {"next": path})
    link = link_to("nuri@example.com")
    assert visitor_of_univ.post(link, {"password": made["password"]})["Location"] == path
    assert visitor_of_univ.get(path).context["is_parent"]


def test_nobody_is_sent_to_another_site_by_a_registration(visitor_of_univ):
    made = {"display_name": "Nuri", "email": "nuri@example.com", "password": "Hangang!2026", "role": "parent"}
    visitor_of_univ.post("/register", made | {"next": "https://evil.example/"})
    assert visitor_of_univ.post(link_to("nuri@example.com"), {"password": made["password"]})["Location"] == "/dashboard"


def test_a_link_of_another_zone_leads_nowhere(child, college, client_for):
    assert client_for(None, zone=college).get(f"/guardian/{mailed_token()}").status_code == 404


def test_a_refusal_erases_at_once(child, client_for):
    page = client_for(None, zone=child.home).post(f"/guardian/{mailed_token()}", {"answer": "refuse"})
    assert page.status_code == 200
    assert not User.objects.filter(pk=child.pk).exists()
    assert not GuardianRequest.objects.exists()
    assert GuardianConsent.objects.get().kind == "refused"
    mail.outbox.clear()
    send_mails()
    assert [m.to for m in mail.outbox] == [["dana@example.com"]]


def test_reminders_then_erasure_after_five_days(child):
    first = mailed_token()
    seen = []
    for days in (1, 2, 3, 4):
        GuardianRequest.objects.update(created_at=timezone.now() - timedelta(days=days, minutes=1))
        mail.outbox.clear()
        look_after_children()
        send_mails()
        seen.append(len(mail.outbox))
    assert seen == [1, 0, 1, 0]
    with pytest.raises(NotFound):
        guardian_requests.find_request(first)
    GuardianRequest.objects.update(created_at=timezone.now() - timedelta(days=5))
    look_after_children()
    assert not User.objects.filter(pk=child.pk).exists()
    assert not GuardianRequest.objects.exists()
    assert GuardianConsent.objects.get().kind == "expired"


def test_an_old_link_opens_nothing_even_before_the_sweep(child, guardian):
    token = mailed_token()
    GuardianRequest.objects.update(created_at=timezone.now() - timedelta(days=5, seconds=1))
    with pytest.raises(NotFound):
        guardians.give_consent(person=guardian, token=token, **SIGNED)


def test_withdrawing_closes_every_door_at_once(child, guardian, api_for, client_for):
    opened(child, guardian)
    api, browser = api_for(child), client_for(child)
    assert api.get("/api/v1/users/me").status_code == browser.get("/dashboard").status_code == 200
    parent = client_for(guardian)
    assert parent.post(f"/children/{child.pk}/withdraw").status_code == 302
    assert api.get("/api/v1/users/me").status_code == 401
    assert browser.get("/dashboard").status_code == 302
    assert EmailBackend().authenticate(None, "dana@example.com", PASSWORD) is None
    assert set(Notice.objects.filter(kind__startswith="consent_withdrawn").values_list("user", flat=True)) == {
        child.pk, guardian.pk,
    }  # fmt: skip
    assert parent.post(f"/children/{child.pk}/withdraw").status_code == 404
    signed = {**SIGNED, "guardian": "on", "agreed": "on"}
    assert parent.post(f"/children/{child.pk}/consent", signed).status_code == 302
    # The account opens again; what was logged in before does not.
    assert browser.get("/dashboard").status_code == 302
    assert EmailBackend().authenticate(None, "dana@example.com", PASSWORD) == child
    assert list(GuardianConsent.objects.order_by("at").values_list("kind", flat=True)) == [
        "given",
        "withdrawn",
        "given",
    ]


def test_nobody_else_withdraws(child, guardian, cast, client_for):
    opened(child, guardian)
    ParentLink.objects.create(parent=cast.paula, student=child, status="approved")
    assert client_for(cast.paula).post(f"/children/{child.pk}/withdraw").status_code == 404
    assert client_for(cast.alice).post(f"/children/{child.pk}/withdraw").status_code == 403
    assert User.objects.get(pk=child.pk).consent == Consent.GIVEN


def test_a_child_ends_no_guardians_link_but_others(child, guardian, cast):
    opened(child, guardian)
    link = ParentLink.objects.get(parent=guardian)
    with pytest.raises(Conflict):
        parents.revoke(person=child, link_id=link.pk)
    other = ParentLink.objects.create(parent=cast.paula, student=child, status="approved")
    parents.revoke(person=child, link_id=other.pk)


def test_at_fourteen_the_student_decides(child, guardian, client_for):
    opened(child, guardian)
    link = ParentLink.objects.get(parent=guardian)
    child.birth_date = years_ago(14, 1)
    child.save()
    look_after_children()
    assert User.objects.get(pk=child.pk).consent == Consent.GIVEN
    child.birth_date = years_ago(14)
    child.save()
    look_after_children()
    look_after_children()
    link.refresh_from_db()
    assert User.objects.get(pk=child.pk).consent == ""
    assert link.confirm_by == today() + timedelta(days=30)
    assert Notice.objects.filter(user=child, kind="confirm_parent").count() == 1
    assert can_see_student(guardian, child)
    student = client_for(child)
    assert 'value="confirm"' in student.get("/profile").content.decode()
    assert student.post(f"/profile/parents/{guardian.pk}", {"decision": "confirm"}).status_code == 302
    link.refresh_from_db()
    assert (link.status, link.confirm_by, link.guardian) == ("approved", None, False)
    parents.revoke(person=child, link_id=link.pk)


def test_without_the_students_word_the_link_ends(child, guardian):
    opened(child, guardian)
    child.birth_date = years_ago(14)
    child.save()
    look_after_children()
    ParentLink.objects.update(confirm_by=today())
    look_after_children()
    assert can_see_student(guardian, child)
    ParentLink.objects.update(confirm_by=today() - timedelta(days=1))
    look_after_children()
    assert not can_see_student(guardian, child)
    assert Notice.objects.filter(kind="student_left", user=guardian).exists()


def test_who_turns_fourteen_while_waiting_needs_nobody(child):
    child.birth_date = years_ago(14)
    child.save()
    look_after_children()
    assert EmailBackend().get_user(child.pk) == child
    assert not GuardianRequest.objects.exists()


def test_an_organization_records_paper_of_its_own_students_alone(child, cast, api_for):
    path = f"/api/v1/users/{child.pk}/guardian-consent"
    said = {"reference": "2026/12-3", "name": "김보람", "relation": "father"}
    assert api_for(cast.oscar).post(path, said).status_code == 403
    assert api_for(make_person("Otis", "org_admin", cast.duri)).post(path, said).status_code == 404
    assert api_for(cast.anna).post(path, {**said, "reference": " "}).status_code == 400
    assert api_for(cast.anna).post(path, said).status_code == 200
    assert api_for(cast.anna).post(path, said).status_code == 409
    record = GuardianConsent.objects.get()
    assert (record.method, record.reference, record.recorded_by_id) == ("paper", "2026/12-3", cast.anna.pk)
    assert EmailBackend().get_user(child.pk) == child


def test_two_answers_at_once_count_once(committed, cast, univ):
    with zone_context(univ):
        child, guardian = make_person("Dana", "student", cast.hana), make_person("Gina", "parent")
        child.birth_date = years_ago(12)
        child.save()
        guardian_requests.ask_guardian(child=child, guardian_email=GUARDIAN)
        token = mailed_token()
    answers = together(
        univ,
        lambda: guardians.give_consent(person=guardian, token=token, **SIGNED),
        lambda: guardian_requests.refuse_consent(token=token),
        lambda: guardians.give_consent(person=guardian, token=token, **SIGNED),
    )
    assert sum(isinstance(answer, NotFound) for answer in answers) == 2
    with zone_context(univ):
        assert GuardianConsent.objects.count() == 1


@pytest.mark.parametrize("address", ["", "nobody", "dana@example.com", "DANA@example.com"])
def test_a_childs_own_address_is_no_guardians(in_univ, address):
    with pytest.raises(Invalid) as refusal:
        guardian_requests.check_child(birth_date=years_ago(10), email="dana@example.com", guardian_email=address)
    assert set(refusal.value.extra["errors"]) == {"guardian_email"}
    assert not guardian_requests.check_child(birth_date=years_ago(15), email="d@example.com", guardian_email="")
    for born in (today() + timedelta(days=1), years_ago(130)):
        with pytest.raises(Invalid):
            guardian_requests.check_child(birth_date=born, email="d@example.com", guardian_email="")


def test_thirty_days_after_a_withdrawal_the_data_are_erased_and_the_proof_stays(child, guardian, monkeypatch):
    opened(child, guardian)
    guardians.withdraw_consent(person=guardian, child_id=child.pk)
    look_after_children()
    assert User.objects.get(pk=child.pk).display_name == "Dana"
    monkeypatch.setattr(guardians, "WITHDRAWN_KEPT", timedelta(seconds=-1))
    look_after_children()
    look_after_children()
    erased = User.objects.get(pk=child.pk)
    assert "dana" not in f"{erased.display_name} {erased.email}".lower()
    assert (erased.birth_date, erased.is_active) == (None, False)
    assert not ParentLink.objects.filter(student=child.pk).exists()
    assert [(row.kind, row.guardian_name) for row in GuardianConsent.objects.order_by("at")] == [
        ("given", ""), ("withdrawn", ""),
    ]  # fmt: skip
