"""Log lines that say which zone they are about, and nothing of a person."""

import logging
import re
import time

from django.db import connection

from zones.masking import mask_secrets

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class ZoneFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s [%(zone)s] %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")

    # UTC, whatever the machine's clock shows.
    converter = time.gmtime  # type: ignore[assignment]  # as the library itself does

    def formatMessage(self, record: logging.LogRecord) -> str:
        # What a stranger sends must not begin a line of its own, nor steer a terminal.
        record.message = UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        record.zone = getattr(connection, "schema_name", "-")
        # The whole line, with its traceback: an exception's text may quote a row or a request.
        return mask_secrets(super().format(record))
