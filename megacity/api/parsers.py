"""Bodies of API requests."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from zones.problems import Problem


class TooLarge(Problem):
    status = 413
    code = "too_large"
    title = _("The body of the request is too large.")


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


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
            return json.loads(raw, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON.")) from error
