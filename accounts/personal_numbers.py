"""Telephone and resident registration numbers of Korea: what is one, its normal form, and what is shown of it."""

import re
from datetime import date

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

HOME = "KR"
# Since this day numbers are given out with six random digits and no check digit (Resident Registration Act,
# Enforcement Rule, article 2).
RANDOM_SINCE = date(2020, 10, 5)
# What the seventh digit says: the century of the birth, and whether the person is a foreigner.
CENTURIES = {**dict.fromkeys("90", 1800), **dict.fromkeys("1256", 1900), **dict.fromkeys("3478", 2000)}
FOREIGNERS = "5678"
WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def normal_phone(text: str) -> str:
    """A telephone number in E.164 (+821012345678); without a country it is Korean.

    Raises ValidationError, without the number, for what is none.
    """
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(_("This is not a telephone number; an example: 010-1234-5678."), code="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown_phone(text: str) -> str:
    """E.164 as people write it: 010-1234-5678 for a Korean number, +1 650-253-0000 for others."""
    if not text:
        return ""
    number = phonenumbers.parse(text, HOME)
    local = number.country_code == phonenumbers.country_code_for_region(HOME)
    style = phonenumbers.PhoneNumberFormat.NATIONAL if local else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def normal_resident_number(text: str, *, issued_anew: bool = False) -> str:
    """A resident (or foreigner's) registration number as thirteen digits.

    The check digit is asked of people born before 5 October 2020, unless their number was `issued_anew` since.

    Raises ValidationError, without the number, for what is none.
    """
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{13}", digits):
        raise ValidationError(_("A resident number has thirteen digits."), code="resident_number")
    born = birth_date_in(digits)
    if born is None or born > date.today():
        raise ValidationError(_("A resident number begins with a date of birth."), code="resident_number")
    if born < RANDOM_SINCE and not issued_anew and int(digits[12]) != _check_digit(digits):
        raise ValidationError(_("A digit of this resident number is wrong."), code="resident_number")
    return digits


def birth_date_in(digits: str) -> date | None:
    """The date that thirteen digits of a resident number begin with; None where it is none."""
    try:
        return date(CENTURIES[digits[6]] + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None


def _check_digit(digits: str) -> int:
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=False))
    return ((13 if digits[6] in FOREIGNERS else 11) - total % 11) % 10


def masked_phone(text: str) -> str:
    """The last four digits, which tell a person which number is meant."""
    return f"•••-••••-{text[-4:]}" if text else ""


def masked_resident_number(text: str) -> str:
    """Nothing but that there is one."""
    return "••••••-•••••••" if text else ""
