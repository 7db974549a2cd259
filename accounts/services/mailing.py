"""Sending what waits in the outbox.

At least once: a worker that dies between the server's acknowledgement and its own commit leaves a mail that is sent
again, under the same Message-ID. Nothing is lost while the broker or the mail server is away: the rows wait.
"""

import logging
import smtplib
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q
from django.utils import timezone

from accounts.letters import message
from accounts.models import OutgoingMail
from zones.context import current_zone_id

State = OutgoingMail.State
OPEN = Q(state__in=[State.QUEUED, State.SENDING])

# A claim that was not answered for so long was lost with its worker.
CLAIM = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
MAX_TRIES = 10
BATCH = 50
# Other work waits behind this one; the rest of the mails go with the next call.
BATCH_SECONDS = 20

logger = logging.getLogger(__name__)


class ServerAway(Exception):
    """The mail server cannot be used at all; no other mail would fare better."""


def send_due_mails() -> int:
    """Send what is due in the current zone; the number that the server took."""
    due = list(OutgoingMail.objects.filter(OPEN, next_try_at__lte=timezone.now()).order_by("next_try_at")[:BATCH])
    if not due:
        return 0
    connection, sent, begun = get_connection(), 0, time.monotonic()
    try:
        for mail in due:
            if time.monotonic() - begun > BATCH_SECONDS:
                break
            if _claim(mail):
                sent += _send(mail, connection)
    except ServerAway:
        pass
    finally:
        _close(connection)
    return sent


def _claim(mail: OutgoingMail) -> bool:
    """Of many workers one gets the mail: the one whose update finds it as it was read."""
    now = timezone.now()
    as_read = OutgoingMail.objects.filter(OPEN, pk=mail.pk, tries=mail.tries, next_try_at=mail.next_try_at)
    claimed = as_read.update(state=State.SENDING, tries=F("tries") + 1, next_try_at=now + CLAIM)
    mail.tries += 1
    return bool(claimed)


def _send(mail: OutgoingMail, connection: BaseEmailBackend) -> int:
    if mail.give_up_at <= timezone.now():
        _give_up(mail.pk, "too late")
        return 0
    try:
        connection.send_messages([message(mail)])
    except Exception as error:
        _after_failure(mail, error)
        if _server_is_away(error):
            raise ServerAway from error
        # The server may have ended the conversation; the next mail begins a new one.
        _close(connection)
        return 0
    done = {"state": State.SENT, "sent_at": timezone.now(), "context": "", "error": ""}
    OutgoingMail.objects.filter(pk=mail.pk).update(**done)
    return 1


def _after_failure(mail: OutgoingMail, error: Exception) -> None:
    told = _told(error)
    next_try = timezone.now() + wait_after(mail.tries)
    if _is_final(error) or mail.tries >= MAX_TRIES or next_try >= mail.give_up_at:
        _give_up(mail.pk, told)
    else:
        _put_back(mail.pk, told, next_try)
        logger.warning("Mail %s (%s) waits after try %d: %s", mail.pk, mail.kind, mail.tries, told)
    if not isinstance(error, (smtplib.SMTPException, OSError)):
        # A fault of ours, in a template perhaps.
        logger.error("Mail %s (%s) could not be made", mail.pk, mail.kind, exc_info=error)


def wait_after(tries: int) -> timedelta:
    """1, 4, 16, 64 minutes, then four hours."""
    return min(FIRST_WAIT * 4 ** (tries - 1), LONGEST_WAIT)


def _put_back(mail_id: UUID, told: str, next_try: datetime) -> None:
    OutgoingMail.objects.filter(pk=mail_id).update(state=State.QUEUED, error=told, next_try_at=next_try)


def _give_up(mail_id: UUID, told: str) -> None:
    OutgoingMail.objects.filter(pk=mail_id).update(state=State.FAILED, error=told, context="")
    logger.error("Mail %s of zone %s is given up: %s", mail_id, current_zone_id(), told)


def _codes(error: Exception) -> list[int]:
    """The server's reply codes (RFC 5321, section 4.2)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _words in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _server_is_away(error: Exception) -> bool:
    # Wrong credentials, too, are nothing that the mail could help. Among the errors of smtplib, which are all
    # OSErrors, those that came with a reply to this mail are its own.
    if isinstance(error, (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError)):
        return True
    if isinstance(error, (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)):
        return 421 in _codes(error)
    return isinstance(error, OSError)


def _is_final(error: Exception) -> bool:
    """A permanent refusal of this mail: 5xx to its recipient, its sender or its content."""
    codes = _codes(error)
    return bool(codes) and not _server_is_away(error) and all(500 <= code < 600 for code in codes)


def _told(error: Exception) -> str:
    """What staff are shown: never the server's own words, which may repeat the address or the content."""
    codes = " ".join(map(str, _codes(error)))
    return f"{type(error).__name__} {codes}".strip()[:200]


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (smtplib.SMTPException, OSError):
        logger.debug("The mail server had gone before we said goodbye")
