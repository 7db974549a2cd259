"""Log lines that say which zone they are about, and nothing of a person."""

import logging

from django.db import connection

from zones.masking import mask_secrets


class ZoneFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s [%(zone)s] %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.zone = getattr(connection, "schema_name", "-")
        # The whole line, with its traceback: an exception's text may quote a row or a request.
        return mask_secrets(super().format(record))
