"""The person as the stores may know them: ids, addresses, numbers, names, in every writing."""

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount

from accounts.models import RosterId, User
from accounts.personal_numbers import shown_phone
from zones.context import current_zone_id
from zones.problems import NotFound

# A shorter text is found in what is not the person's.
LEAST_LETTERS = 6
ERASED_DOMAIN = "erased.invalid"


@dataclass(frozen=True)
class Subject:
    """`certain` texts are the person's wherever they stand; `names` only where people are spoken of."""

    zone_id: str
    user_id: UUID
    certain: frozenset[str] = field(repr=False)
    names: frozenset[str] = field(repr=False)


def find_user(name: str) -> User:
    """The account of the current zone with this e-mail or id. Raises NotFound."""
    try:
        found = User.objects.filter(pk=UUID(name)).first()
    except ValueError:
        found = User.objects.with_email(name).first()
    if found is None:
        raise NotFound()
    return found


def is_erased(user: User) -> bool:
    return user.email.endswith(f"@{ERASED_DOMAIN}")


def subject_of(user: User) -> Subject:
    """Collect what a scan looks for; ask before erasing, for afterwards nobody knows it."""
    texts = {user.email, user.phone, shown_phone(user.phone), shown_phone(user.phone).replace("-", "")}
    number = user.resident_number
    texts |= {number, f"{number[:6]}-{number[6:]}" if number else ""}
    texts |= set(EmailAddress.objects.filter(user=user).values_list("email", flat=True))
    texts |= set(SocialAccount.objects.filter(user=user).values_list("uid", flat=True))
    texts |= set(RosterId.objects.filter(user=user).values_list("sourced_id", flat=True))
    # A name that somebody else has too leads to both, and so to nobody.
    shared = User.objects.filter(display_name=user.display_name).exclude(pk=user.pk).exists()
    return Subject(
        zone_id=current_zone_id(),
        user_id=user.pk,
        certain=frozenset(text for text in texts if len(text) >= LEAST_LETTERS and text != str(user.pk)),
        names=frozenset() if shared or len(user.display_name) < 2 else frozenset({user.display_name}),
    )


def writings(subject: Subject) -> list[bytes]:
    """Every form in which a store of bytes may hold the person: plain, in JSON, in an address, in base64, ids raw."""
    found = {subject.user_id.bytes, subject.user_id.hex.encode()}
    for text in {*subject.certain, *subject.names, str(subject.user_id)}:
        plain = text.encode()
        found |= {plain, json.dumps(text)[1:-1].encode(), quote(text, safe="").encode(), text.lower().encode()}
        if len(text) >= LEAST_LETTERS:
            found |= set(_base64(plain))
    return sorted(found)


def _base64(plain: bytes) -> list[bytes]:
    """The part of the base64 form that is the same whatever stands around it, for each of the three alignments."""
    forms = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        first = (0, 2, 3)[shift]
        last = len(encoded) - (0 if (shift + len(plain)) % 3 == 0 else 4)
        forms.append(encoded[first:last])
    return [form for form in forms if len(form) >= LEAST_LETTERS]
