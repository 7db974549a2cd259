"""Telling people: a notice in the app and a mail, written in the transaction of what they tell of."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.crypto import encrypt
from accounts.models import Notice, OutgoingMail, User
from accounts.models.notices import SEALED_AS
from accounts.notice_kinds import KINDS
from accounts.people import Person
from zones.context import exists_in_zone
from zones.problems import Invalid, NotFound

_ADDRESS_LIKE = re.compile(r"://|www\.|@|[\w-]\.[a-z]{2,}\b", re.IGNORECASE)


def notify(*, user: User, kind: str, context: Mapping[str, Any], language: str = "") -> None:
    """Tell `user`, in the app and by mail (as the kind says), in their language (`language` where they chose none).

    Call it inside the transaction of what it tells of. Raises KeyError for an unknown kind, or for a member of the
    context that the kind's words need.
    """
    said = KINDS[kind]
    said.title(context)
    said.text(context)
    with transaction.atomic():
        if said.in_app:
            shown = {name: value for name, value in context.items() if name not in said.secret}
            Notice.objects.create(user=user, kind=kind, context=_plain(shown))
        if said.by_mail:
            _queue(user.email, user.language or language, kind, context, user)


def send_mail_to(*, email: str, language: str, kind: str, context: Mapping[str, Any]) -> None:
    """A mail to an address that has no account, or whose account is about to go.

    Raises Invalid for what is no e-mail address.
    """
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(errors={"email": [_("%(email)r is no e-mail address.") % {"email": email[:60]}]}) from error
    _queue(email, language, kind, context)


def _queue(email: str, language: str, kind: str, context: Mapping[str, Any], user: User | None = None) -> None:
    known = {code for code, _name in settings.LANGUAGES}
    with transaction.atomic():
        OutgoingMail.objects.create(
            user=user,
            address=email,
            language=language if language in known else settings.LANGUAGE_CODE,
            kind=kind,
            context=encrypt(json.dumps(_plain(context), ensure_ascii=False), context=SEALED_AS),
            give_up_at=timezone.now() + KINDS[kind].useful,
        )
        transaction.on_commit(_send_to_worker)


def _send_to_worker() -> None:
    from accounts.tasks import send_mails

    # Without a broker the periodic task finds the mail by itself.
    with suppress(Exception):
        send_mails.apply_async(retry=False)


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(dict(context), cls=DjangoJSONEncoder))


def spoken_name(user: User) -> str:
    """A person's name as it may stand in a mail to somebody else: their e-mail where it could pass for a link."""
    name = " ".join("".join(sign for sign in user.display_name if sign.isprintable()).split())
    return user.email if not name or _ADDRESS_LIKE.search(name) else name


def mark_read(*, person: Person, notice_id: UUID) -> Notice:
    """The person has read it; a second time changes nothing. Raises NotFound (audited for somebody else's)."""
    notice = Notice.objects.filter(pk=notice_id, user=person.pk).first()
    if notice is None:
        raise NotFound(audited=exists_in_zone(Notice, pk=notice_id))
    if notice.read_at is None:
        notice.read_at = timezone.now()
        Notice.objects.filter(pk=notice_id, read_at=None).update(read_at=notice.read_at)
    return notice


def mark_all_read(*, person: Person) -> int:
    """All of the person's notices; the number of those that were unread."""
    return Notice.objects.filter(user=person.pk, read_at=None).update(read_at=timezone.now())
