"""Bodies of API requests."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from zones.problems import Problem

PART, READ_AWAY = 64 * 1024, 32 * 1024 * 1024


class TooLarge(Problem):
    status = 413
    code = "too_large"
    title = _("The body of the request is too large.")


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _read_away(stream: Any) -> None:
    """Let the client finish writing: where it is cut off it never sees why. What is far too large is cut off."""
    for _part in range(READ_AWAY // PART):
        if not stream.read(PART):
            return


class BoundedJSONParser(BaseParser):
    """JSON of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes.

    DRF's own parser reads past Django's limit, and ends in a server error for brackets nested ten thousand deep.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(most + 1)
        if len(raw) > most:
            _read_away(stream)
            raise TooLarge(limit=most)
        try:
            return json.loads(raw, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON.")) from error
