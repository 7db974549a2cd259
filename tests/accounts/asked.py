"""A guardian who is asked by mail."""

from datetime import date, timedelta

from django.core import mail

from accounts.ages import today
from accounts.tasks import send_mails

GUARDIAN = "grown-up@example.com"
SIGNED = {"name": "김보람", "relation": "mother"}


def years_ago(years: int, days: int = 0) -> date:
    now = today()
    return date(now.year - years, now.month, min(now.day, 28)) + timedelta(days=days)


def mailed_token() -> str:
    """From the newest mail to the guardian."""
    send_mails()
    (line,) = [
        line for line in [m for m in mail.outbox if m.to == [GUARDIAN]][-1].body.splitlines() if "/guardian/" in line
    ]
    assert line.startswith("http://app.univprepai.localhost:8000/guardian/")
    return line.rpartition("/")[2]
