import json
from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Notice, OutgoingMail
from accounts.notice_kinds import KINDS, Kind
from accounts.services.notices import notify, send_mail_to, spoken_name
from accounts.tasks import send_mails
from tests.cast import make_person
from zones.context import zone_context
from zones.problems import Invalid

ASKED = {"parent_name": "Mina", "parent_email": "mina@example.com"}
LIST = "/api/v1/notices"


@pytest.fixture
def told(in_univ, cast):
    notify(user=cast.bob, kind="parent_asks", context=ASKED)
    return Notice.objects.get(user=cast.bob)


def test_a_notice_and_a_mail_in_the_persons_language(in_univ, cast):
    cast.bob.language = "en"
    notify(user=cast.bob, kind="parent_asks", context=ASKED)
    notify(user=cast.otto, kind="parent_asks", context=ASKED)
    assert send_mails() == 2
    to_bob, to_otto = sorted(mail.outbox, key=lambda sent: sent.to)
    assert to_bob.to == ["bob@example.com"]
    assert to_bob.subject == "Mina asks to see your results"
    assert to_bob.from_email == "UnivPrepAI <no-reply@univprepai.localhost>"
    (html, kind) = to_bob.alternatives[0]
    assert kind == "text/html"
    for body in (to_bob.body, html):
        assert "Mina (mina@example.com)" in body
        assert "http://app.univprepai.localhost:8000/profile" in body
    assert 'lang="ko"' in to_otto.alternatives[0][0]


def test_days_and_moments_are_written_as_the_language_writes_them(in_univ, cast):
    cast.bob.language = "en"
    until, when = date(2026, 12, 1), datetime(2026, 11, 30, 16, 51, tzinfo=UTC)
    for person in (cast.bob, cast.otto):
        notify(user=person, kind="consent_withdrawn", context={"until": until})
        told = {"what": "Chrome", "where": "KR", "when": when, "path": "/not-me/x"}
        notify(user=person, kind="new_device", context=told)
    send_mails()
    bodies = {(sent.to[0], "consent" in sent.subject or "동의" in sent.subject): sent.body for sent in mail.outbox}
    assert "on Dec. 1, 2026, unless" in bodies["bob@example.com", True]
    assert "Dec. 1, 2026, 1:51 a.m. (KST)" in bodies["bob@example.com", False]
    assert "2026년 12월 1일" in bodies["otto@example.com", True]
    assert "2026년 12월 1일 오전 1:51 (KST)" in bodies["otto@example.com", False]
    assert "2026년 12월 1일 오전 1:51" in Notice.objects.get(user=cast.otto, kind="new_device").words


def test_what_is_queued_is_encrypted_and_wiped_when_it_has_left(in_univ, cast, told):
    queued = OutgoingMail.objects.get()
    assert "mina" not in queued.context.lower()
    assert queued.context
    send_mails()
    queued.refresh_from_db()
    assert (queued.state, queued.context, queued.tries) == ("sent", "", 1)
    assert queued.sent_at is not None
    assert send_mails() == 0


def test_secrets_reach_the_mail_alone(in_univ, cast, monkeypatch):
    secret = Kind("Reset", path="/login", secret=frozenset({"path"}))
    monkeypatch.setitem(KINDS, "parent_approved", secret)
    notify(user=cast.bob, kind="parent_approved", context={"path": "/reset/t0ken", "student_name": "Bob"})
    assert "t0ken" not in json.dumps(Notice.objects.get().context)
    send_mails()
    assert "http://app.univprepai.localhost:8000/reset/t0ken" in mail.outbox[0].body


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example", "/\\evil.example", "profile"])
def test_a_link_never_leads_elsewhere(in_univ, cast, path):
    notify(user=cast.bob, kind="parent_approved", context={"path": path, "student_name": "Bob"})
    assert send_mails() == 0
    assert mail.outbox == []


def test_no_header_can_be_injected(in_univ, cast):
    evil = {"parent_name": "Mina\r\nBcc: all@example.com\n\nbody", "parent_email": "<b>x</b>"}
    notify(user=cast.bob, kind="parent_asks", context=evil)
    send_mails()
    (sent,) = mail.outbox
    raw = sent.message()
    assert raw["Bcc"] is None
    assert "\n" not in sent.subject
    assert "<b>x</b>" not in sent.alternatives[0][0]
    for address in ("a@example.com\nBcc: b@example.com", "nobody", "a@example.com,b@example.com"):
        with pytest.raises(Invalid):
            send_mail_to(email=address, language="ko", kind="parent_asks", context=ASKED)


def test_a_rolled_back_write_tells_nobody(in_univ, cast):
    with transaction.atomic():
        notify(user=cast.bob, kind="parent_asks", context=ASKED)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_name_that_could_pass_for_a_link_is_not_said(in_univ, cast):
    assert spoken_name(cast.bob) == "Bob"
    for name in ("Win at evil.com", "http://x", "www.evil", "a@b", "\u202e", "free-prize.xyz/now"):
        cast.bob.display_name = name
        assert spoken_name(cast.bob) == "bob@example.com"


def test_the_api_lists_ones_own_and_marks_them_read(in_univ, cast, told, api_for):
    student = api_for(cast.bob)
    (row,) = student.get(LIST, headers={"accept-language": "en"}).json()["results"]
    assert (row["kind"], row["title"], row["path"], row["read_at"]) == (
        "parent_asks",
        "Mina asks to see your results",
        "/profile",
        None,
    )
    assert api_for(cast.otto).get(LIST).json()["results"] == []
    assert api_for(cast.otto).post(f"{LIST}/{told.pk}/read").status_code == 404
    assert student.post(f"{LIST}/{told.pk}/read").status_code == 204
    read_at = Notice.objects.get().read_at
    assert student.post(f"{LIST}/{told.pk}/read").status_code == 204
    assert Notice.objects.get().read_at == read_at
    notify(user=cast.bob, kind="parent_asks", context=ASKED)
    assert student.post(f"{LIST}/read").json() == {"marked": 1}
    assert not Notice.objects.filter(read_at=None).exists()


def test_the_bell_counts_and_leads_to_the_page(in_univ, cast, told, client_for):
    browser = client_for(cast.bob)
    assert '<span class="bell-count" aria-hidden="true">1</span>' in browser.get("/profile").content.decode()
    page = browser.get("/notices").content.decode()
    assert "Mina" in page
    response = browser.post(f"/notices/{told.pk}/read")
    assert (response.status_code, response["Location"]) == (302, "/profile")
    assert "bell-count" not in browser.get("/profile").content.decode()
    assert client_for(cast.otto).post(f"/notices/{told.pk}/read").status_code == 404
    assert client_for(None).get("/notices").status_code == 302


def test_the_bell_costs_one_query_of_a_page_and_none_of_the_api(in_univ, cast, client_for):
    def counting(client, path):
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            client.get(path)
        return [query["sql"] for query in seen if "accounts_notice" in query["sql"]]

    browser = client_for(cast.bob)
    assert len(counting(browser, "/profile")) == 1
    assert counting(browser, "/api/v1/exams") == []


def test_notices_of_another_zone_are_not_there(in_univ, cast, told, college, api_for):
    with zone_context(college):
        namesake = make_person("Bobby")
        namesake.home = college
    assert api_for(namesake).get(LIST).json()["results"] == []
    assert api_for(namesake).post(f"{LIST}/{told.pk}/read").status_code == 404
