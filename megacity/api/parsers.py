"""Bodies of API requests."""

import json
import math
import re
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from zones.problems import Problem

DEEPEST = 32
BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class TooLarge(Problem):
    status = 413
    code = "too_large"
    title = _("The body of the request is too large.")


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _finite(word: str) -> float:
    number = float(word)
    if math.isinf(number):
        raise ValueError(f"{word} is no number")
    return number


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two members of one name some readers take the first and some the last (RFC 8259, section 4)."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for bracket in BRACKETS.finditer(text):
        # Texts are passed over whole.
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket[0], 0)
        if depth > DEEPEST:
            return True
    return False


def read_json(raw: bytes) -> Any:
    """One value in UTF-8 without a byte order mark (RFC 8259, section 8.1), as every reader would read it.

    Raises ValueError for members that come twice, more than DEEPEST levels, numbers that are none, and halves of
    surrogate pairs.
    """
    text = raw.decode()
    if _too_deep(text):
        raise ValueError("nested too deep")
    value = json.loads(text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_members)
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()
    return value


class BoundedJSONParser(BaseParser):
    """JSON of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes.

    DRF's own parser reads past Django's limit, and ends in a server error for brackets nested ten thousand deep.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise TooLarge(limit=most)
        try:
            return read_json(raw)
        except ValueError as error:
            raise ParseError(_("This is not JSON.")) from error
