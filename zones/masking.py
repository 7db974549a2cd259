"""Takes out of a text what tells of a person or opens an account: for log lines and the audit log's details."""

import re
from collections.abc import Callable

HIDDEN = "•••"

_EMAIL = re.compile(r"\b([\w.+%'-])[\w.+%'-]{0,63}@([\w-]{1,63}(?:\.[\w-]{1,63})+)")
# A resident number: six digits, then seven of which the first says the century; with or without a hyphen.
_RESIDENT = re.compile(r"(?<![\w-])\d{6}-?[0-9]\d{6}(?![\w-])")
# Korean numbers as people and as we write them (010-1234-5678, +821012345678); other countries' with their plus.
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+82[ -]?|0)(?:1[016-9]|2|[3-6][1-5]|70)[ -]?\d{3,4}[ -]?(\d{4})(?![\w-])"
    r"|(?<!\w)\+\d{6,11}(\d{4})\b"
)
# A JSON Web Token, a token of accounts.crypto, and what follows the name of a secret.
_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|\bgAAAA[\w-]{32,}=*")
_NAMED = re.compile(
    r"(?i)\b((?:bearer|password|passwd|secret|token|refresh|access|api_?key|sessionid|code)\b[\"']?\s*[=:]\s*[\"']?|bearer\s+)"
    r"([^\s\"'&,;}]{4,})"
)

# Most texts hold none of it, an exam's answers none at all: one look instead of four.
_PERHAPS = re.compile(r"@|eyJ|gAAAA|\d(?:[ -]?\d){7}")

_RULES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (_TOKEN, HIDDEN),
    (_EMAIL, rf"\1{HIDDEN}@\2"),
    (_RESIDENT, f"{HIDDEN}-{HIDDEN}"),
    (_PHONE, lambda found: f"{HIDDEN}-{found.group(1) or found.group(2)}"),
]


def mask(text: str) -> str:
    """`text` with e-mails, telephone and resident numbers and tokens taken out; what remains still tells them apart."""
    if not _PERHAPS.search(text):
        return text
    for pattern, shown in _RULES:
        text = pattern.sub(shown, text)
    return text


def mask_secrets(text: str) -> str:
    """As `mask`, and what follows `password=`, `token:` and the like."""
    return mask(_NAMED.sub(rf"\1{HIDDEN}", text))
