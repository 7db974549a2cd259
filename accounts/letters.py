"""From a queued mail to a message: subject, text and HTML in its language, links on the zone's own domain."""

import json
import re
from email.headerregistry import Address
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.crypto import decrypt
from accounts.models import OutgoingMail
from accounts.models.notices import SEALED_AS
from accounts.notice_kinds import KINDS, readable
from zones.context import current_zone_id
from zones.links import address, brand_name, zone_domain
from zones.registry import BY_ID

COLOURS = ("#2a3550", "#ffffff")


def message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The message of a mail whose context is still there. Its Message-ID is the same at each try, so that a receiver
    who gets it twice may drop one (RFC 5322, section 3.6.4).
    """
    context = json.loads(decrypt(mail.context, context=SEALED_AS))
    kind = KINDS[mail.kind]
    domain = zone_domain() or "localhost"
    with translation.override(mail.language):
        path = context.get("path") or kind.path
        shown: dict[str, Any] = {
            **readable(context),
            "brand": brand_name(),
            "subject": kind.title(context),
            "link": address(path) if path else "",
            "home": address("/"),
            "language": mail.language,
            "address": mail.address,
        }
        spec = BY_ID.get(current_zone_id())
        shown["colour"], shown["ink"] = (spec.brand.colour, spec.brand.ink) if spec else COLOURS
        text = render_to_string(f"mail/{mail.kind}.txt", shown)
        html = render_to_string(f"mail/{mail.kind}.html", shown)
    made = EmailMultiAlternatives(
        subject=shown["subject"],
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=_sender(shown["brand"], domain),
        to=[mail.address],
        headers={
            "Message-ID": f"<{mail.pk}@{domain}>",
            # Nobody's holiday answers this (RFC 3834, section 5).
            "Auto-Submitted": "auto-generated",
            "Content-Language": mail.language,
        },
    )
    made.attach_alternative(html, "text/html")
    return made


def _sender(brand: str, domain: str) -> str:
    local, _at, at_domain = settings.MAIL_FROM.partition("@")
    return str(Address(brand, local, at_domain or domain))
