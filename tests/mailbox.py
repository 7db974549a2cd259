"""What people find in their mail, once the worker has sent it."""

import re

from django.core import mail

from accounts.tasks import send_mails


def letters(address: str = "") -> list[mail.EmailMessage]:
    """Everything that was sent to `address` (to anybody, when it is empty) since the last look, oldest first."""
    send_mails()
    found = [sent for sent in mail.outbox if not address or sent.to == [address]]
    mail.outbox[:] = [sent for sent in mail.outbox if sent not in found]
    return found


def link_in(letter: mail.EmailMessage) -> str:
    """The path of the link that the mail asks to open."""
    (path,) = set(re.findall(r"http://app\.[\w.:]+(/\S*[\w-]{20,}\S*)", letter.body))
    return path


def link_to(address: str) -> str:
    """The path of the link in the one mail that `address` got."""
    (letter,) = letters(address)
    return link_in(letter)
