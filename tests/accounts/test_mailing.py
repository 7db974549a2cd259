"""Against a real SMTP server on this machine, which behaves as each test says."""

import email
import logging
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.test import TestCase
from django.utils import timezone

from accounts.models import Notice, OutgoingMail
from accounts.services import mailing
from accounts.services.notices import notify, send_mail_to
from accounts.tasks import send_mails, sweep
from tests.threads import together
from zones.context import zone_context

ASKED = {"parent_name": "미나", "parent_email": "mina@example.com"}


class Server:
    """Takes mails, unless `reply` is set to what it answers to the next ones; "drop" hangs up."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.reply = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.reply.startswith("rcpt "):
            return self.reply.removeprefix("rcpt ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.reply == "drop":
            server.transport.abort()
            return "421 gone"
        if self.reply.startswith("data "):
            return self.reply.removeprefix("data ")
        self.taken.append(envelope.original_content)
        return "250 taken"


@pytest.fixture
def smtp(settings) -> Iterator[Server]:
    server = Server()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield server
    controller.stop()


@pytest.fixture
def queued(in_univ, cast) -> OutgoingMail:
    notify(user=cast.bob, kind="parent_asks", context=ASKED)
    return OutgoingMail.objects.get()


def due_now() -> None:
    OutgoingMail.objects.update(next_try_at=timezone.now())


def test_a_mail_arrives_whole(smtp, queued):
    assert send_mails() == 1
    arrived = email.message_from_bytes(smtp.taken[0], policy=default)
    assert "미나" in arrived["Subject"]
    assert arrived["To"] == "bob@example.com"
    assert arrived["Message-ID"] == f"<{queued.pk}@univprepai.localhost>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in arrived.iter_parts()] == ["text/plain", "text/html"]
    assert "mina@example.com" in arrived.get_body(("plain",)).get_content()


@pytest.mark.parametrize("reply", ["rcpt 450 later", "data 451 later"])
def test_a_refusal_for_now_is_tried_again_later_under_the_same_name(smtp, queued, reply):
    smtp.reply = reply
    assert send_mails() == 0
    waiting = OutgoingMail.objects.get()
    assert (waiting.state, waiting.tries) == ("queued", 1)
    assert waiting.error.endswith(reply.split()[1])
    assert waiting.next_try_at > timezone.now() + timedelta(seconds=50)
    assert send_mails() == 0
    smtp.reply = ""
    due_now()
    assert send_mails() == 1
    assert f"<{queued.pk}@".encode() in smtp.taken[0]


@pytest.mark.parametrize("reply", ["rcpt 550 no such user", "data 554 spam"])
def test_a_refusal_for_ever_is_given_up_at_once_and_seen(smtp, queued, reply, caplog):
    smtp.reply = reply
    with caplog.at_level(logging.ERROR):
        assert send_mails() == 0
    given_up = OutgoingMail.objects.get()
    assert (given_up.state, given_up.context) == ("failed", "")
    assert given_up.error.endswith(reply.split()[1])
    assert "given up" in caplog.text
    assert "bob@example.com" not in caplog.text
    due_now()
    assert send_mails() == 0


def test_a_connection_that_drops_loses_nothing(smtp, queued):
    smtp.reply = "drop"
    assert send_mails() == 0
    assert OutgoingMail.objects.get().state == "queued"
    smtp.reply = ""
    due_now()
    assert send_mails() == 1


def test_a_server_that_is_away_costs_one_try_of_one_mail(in_univ, cast, queued, settings):
    notify(user=cast.otto, kind="parent_asks", context=ASKED)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        settings.EMAIL_PORT = probe.getsockname()[1]
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert send_mails() == 0
    assert sorted(OutgoingMail.objects.values_list("state", "tries")) == [("queued", 0), ("queued", 1)]


def test_starttls_is_not_forgone(smtp, queued, settings):
    settings.EMAIL_USE_TLS = True
    assert send_mails() == 0
    assert smtp.taken == []
    assert OutgoingMail.objects.get().state == "queued"


def test_one_that_no_recipient_takes_does_not_hold_up_the_others(smtp, in_univ, cast, queued):
    smtp.reply = "rcpt 450 later"
    send_mails()
    notify(user=cast.otto, kind="parent_asks", context=ASKED)
    smtp.reply = ""
    assert send_mails() == 1


def test_it_is_given_up_after_the_last_try_or_when_it_is_too_late(smtp, queued):
    smtp.reply = "rcpt 450 later"
    OutgoingMail.objects.update(tries=mailing.MAX_TRIES - 1)
    send_mails()
    assert OutgoingMail.objects.get().state == "failed"
    late = timezone.now() - timedelta(seconds=1)
    OutgoingMail.objects.update(state="queued", tries=0, give_up_at=late, next_try_at=late)
    smtp.reply = ""
    assert send_mails() == 0
    assert OutgoingMail.objects.get().error == "too late"
    assert smtp.taken == []


def test_a_mail_whose_worker_died_is_sent_by_the_next(smtp, queued):
    assert mailing._claim(queued)
    assert send_mails() == 0
    OutgoingMail.objects.update(next_try_at=timezone.now())
    assert send_mails() == 1


def test_many_workers_send_a_mail_once(smtp, committed, cast, univ):
    with zone_context(univ):
        for number in range(6):
            send_mail_to(email=f"p{number}@example.com", language="ko", kind="parent_asks", context=ASKED)
    assert sum(together(univ, send_mails, send_mails, send_mails, send_mails)) == 6
    assert len(smtp.taken) == len(set(smtp.taken)) == 6


def test_waits_grow_to_four_hours():
    minutes = [mailing.wait_after(tries).total_seconds() / 60 for tries in range(1, 8)]
    assert minutes == [1, 4, 16, 64, 240, 240, 240]


def test_redis_away_loses_no_mail(smtp, in_univ, cast, settings, monkeypatch):
    def away(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("celery.app.task.Task.apply_async", away)
    with TestCase.captureOnCommitCallbacks(execute=True):
        notify(user=cast.bob, kind="parent_asks", context=ASKED)
    assert send_mails() == 1


def test_old_mails_and_notices_are_swept(in_univ, cast, queued):
    long_ago = timezone.now() - timedelta(days=200)
    OutgoingMail.objects.update(created_at=long_ago)
    Notice.objects.update(created_at=long_ago)
    notify(user=cast.otto, kind="parent_asks", context=ASKED)
    sweep()
    assert [row.user_id for row in OutgoingMail.objects.all()] == [cast.otto.pk]
    assert [row.user_id for row in Notice.objects.all()] == [cast.otto.pk]
