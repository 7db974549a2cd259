"""Log lines that say which zone they are about."""

import logging

from django.db import connection


class ZoneFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s [%(zone)s] %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.zone = getattr(connection, "schema_name", "-")
        return super().format(record)
