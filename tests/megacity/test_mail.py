import email
from email.policy import default

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives

from megacity import environment


def test_development_writes_files_that_mail_programs_open(settings, tmp_path):
    settings.EMAIL_BACKEND = "megacity.mail.EmlBackend"
    settings.MAIL_FOLDER = tmp_path / "mail"
    made = EmailMultiAlternatives("제목", "본문", "a@example.com", ["../../b@example.com"])
    made.send()
    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    assert email.message_from_bytes(file.read_bytes(), policy=default)["Subject"] == "제목"


@pytest.mark.parametrize(
    ("url", "host", "port", "starttls", "tls"),
    [
        ("smtp://robot:p%40ss@mail.example.com", "mail.example.com", 587, True, False),
        ("smtps://mail.example.com:4650", "mail.example.com", 4650, False, True),
        ("smtp+plain://127.0.0.1:2525", "127.0.0.1", 2525, False, False),
    ],
)
def test_mail_url(monkeypatch, url, host, port, starttls, tls):
    monkeypatch.setenv("EMAIL_URL", url)
    read = environment.mail(development=False)
    assert (read.host, read.port, read.starttls, read.tls) == (host, port, starttls, tls)
    if "robot" in url:
        assert (read.user, read.password) == ("robot", "p@ss")


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://mail", "smtp://", "smtp://h:x", "smtp+plain://u:p@h"])
def test_a_bad_mail_url_is_named(monkeypatch, url):
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        environment.mail(development=False)


@pytest.mark.parametrize("value", ["a b", "a@b\nBcc: c", "@example.com", "x@"])
def test_a_bad_sender_is_named(monkeypatch, value):
    monkeypatch.setenv("MAIL_FROM", value)
    with pytest.raises(ImproperlyConfigured, match="MAIL_FROM"):
        environment.mail_from()
