"""How passwords are kept, and what one must have beside Django's own rules."""

import re

from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class BCryptHasher(BCryptSHA256PasswordHasher):
    """bcrypt over SHA-256 (bcrypt alone reads 72 bytes only), with settings.PASSWORD_ROUNDS as its work factor."""

    def __init__(self) -> None:
        self.rounds = settings.PASSWORD_ROUNDS


class FourKindsValidator:
    """Upper case, lower case, digit and symbol, one of each at least."""

    kinds = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9\s]")

    def validate(self, password: str, user: object = None) -> None:
        if not all(re.search(kind, password) for kind in self.kinds):
            raise ValidationError(self.get_help_text(), code="password_kinds")

    def get_help_text(self) -> str:
        return _("The password needs an upper-case letter, a lower-case letter, a digit and a symbol.")
