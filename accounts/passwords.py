"""How passwords are kept, and what a new one must be (docs/decisions/0023).

A password is any text of up to LONGEST characters, none of which is dropped or changed but for Unicode's own
equivalence: "é" typed as one sign or as two is the same password (NFC, as RFC 8265, section 4.2 has it). bcrypt reads
72 bytes only, so it is given a SHA-256 of the whole.
"""

import re
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from zones.context import current_zone_id
from zones.registry import BY_ID, ZONES

LONGEST = 200
# zxcvbn reads no more, and a longer text that is easy to guess is caught by its beginning.
ESTIMATED = 72
# Fewer guesses than this are tried in a day on one machine against bcrypt of cost 12 (some ten a second and core).
LEAST_GUESSES = 10**6
SHORTEST_WORD = 4


class BCryptHasher(BCryptSHA256PasswordHasher):
    """bcrypt over SHA-256 with settings.PASSWORD_ROUNDS as its work factor."""

    def __init__(self) -> None:
        self.rounds = settings.PASSWORD_ROUNDS

    def encode(self, password: str, salt: str) -> str:
        # verify() comes here too.
        text = password if isinstance(password, str) else password.decode()
        return super().encode(unicodedata.normalize("NFC", text), salt)


class FourKindsValidator:
    """Upper case, lower case, digit and symbol, one of each at least."""

    kinds = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9\s]")

    def validate(self, password: str, user: object = None) -> None:
        if not all(re.search(kind, password) for kind in self.kinds):
            raise ValidationError(self.get_help_text(), code="password_kinds")

    def get_help_text(self) -> str:
        return _("The password needs an upper-case letter, a lower-case letter, a digit and a symbol.")


class LengthValidator:
    """No longer than what is read."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("The password has %(length)d characters; %(most)d are the most.")
                % {"length": len(password), "most": LONGEST},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return ""


class LeakedPasswordValidator(CommonPasswordValidator):
    """Not one of the passwords known from leaks, nor one of them with digits and signs around it.

    Django ships the 20,000 most frequent ones, zxcvbn 30,000. A rule of four kinds makes people write "Summer2026!", so
    the list is also asked about what is left without them.
    """

    def validate(self, password: str, user: object = None) -> None:
        whole = password.lower().strip()
        core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", whole)
        if any(self._leaked(text) for text in (whole, core)):
            raise ValidationError(
                _("This password, or one very much like it, is on the lists of leaked passwords."),
                code="password_too_common",
            )

    def _leaked(self, text: str) -> bool:
        return len(text) >= SHORTEST_WORD and (text in self.passwords or text in FREQUENCY_LISTS["passwords"])

    def get_help_text(self) -> str:
        return _("It must not be one of the passwords known from leaks, such as “Password1!”.")


class GuessableValidator:
    """Not to be guessed from the person, the zone or the city, nor from words, dates and rows of keys (zxcvbn)."""

    def validate(self, password: str, user: Any = None) -> None:
        known = [*context_words(), *_words_of(user)]
        if self._only(known, password.lower()) or zxcvbn(password[:ESTIMATED], known)["guesses"] < LEAST_GUESSES:
            raise ValidationError(
                _("This password is too easy to guess: names, common words, dates and rows of keys are tried first."),
                code="password_guessable",
            )

    def _only(self, known: list[str], text: str) -> bool:
        """Whether next to nothing is left of the text without the words that are known."""
        rest = text
        for word in sorted(known, key=len, reverse=True):
            if len(word) >= SHORTEST_WORD:
                rest = rest.replace(word, "")
        return rest != text and sum(sign.isalpha() for sign in rest) < SHORTEST_WORD

    def get_help_text(self) -> str:
        return _("Your name, your e-mail and the name of this site make it easy to guess.")


def context_words() -> list[str]:
    """What an attacker of this zone tries first: the city, its zones and domains, their brands, and usual roles."""
    words = {"megacity", "dreamseed", "admin", "teacher", "student", "parent", "school", "academy", current_zone_id()}
    for zone in [BY_ID[current_zone_id()]] if current_zone_id() in BY_ID else ZONES:
        words |= {zone.zone_id, zone.brand.name.lower()}
        words |= {re.sub(r"\W", "", zone.brand.name.lower()), *re.findall(r"[A-Z][a-z]+", zone.brand.name)}
        words |= {domain.name.lower() for domain in zone.domains}
    return sorted(word.lower() for word in words)


def _words_of(user: Any) -> list[str]:
    said = [getattr(user, "email", "") or "", getattr(user, "display_name", "") or ""]
    organization = getattr(user, "organization", None)
    if organization is not None:
        said += [organization.name, organization.code]
    return [word for text in said for word in (text.lower(), *re.split(r"\W+", text.lower())) if len(word) > 2]
