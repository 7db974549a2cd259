"""Mail on a development machine: each one a file that any mail program opens."""

import re
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmlBackend(BaseEmailBackend):
    """Writes `<time>-<recipient>-<number>.eml` into settings.MAIL_FOLDER instead of sending anything."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for mail in email_messages:
            recipient = re.sub(r"[^A-Za-z0-9@._-]", "_", mail.to[0])[:80]
            identity = re.sub(r"[^A-Za-z0-9-]", "", mail.extra_headers.get("Message-ID", "").partition("@")[0])[:8]
            name = f"{timezone.localtime():%Y%m%d-%H%M%S}-{recipient}-{identity}.eml"
            # Django's message takes it; the stubs know the one that it inherits from.
            whole = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
            (folder / name).write_bytes(whole)
        return len(email_messages)
