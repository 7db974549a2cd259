"""Log lines that say which zone they are about, and nothing of a person: as text, or as JSON for a log server."""

import logging
import re
import socket
import time
from datetime import UTC, datetime
from logging.handlers import SysLogHandler
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pythonjsonlogger.core import LogData
from pythonjsonlogger.json import JsonFormatter

from zones.masking import mask_secrets

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _zone() -> str:
    return getattr(connection, "schema_name", "-")


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
        record.zone = _zone()
        # The whole line, with its traceback: an exception's text may quote a row or a request.
        return mask_secrets(super().format(record))


class ZoneJsonFormatter(JsonFormatter):
    """One object a line: `time` (RFC 3339, UTC), `level`, `zone`, `logger`, `message`, and of an error `exc_info`."""

    def __init__(self) -> None:
        # What code adds to a record for its own handlers may be a whole request; none of it is written.
        super().__init__(["message"], json_ensure_ascii=False)

    def add_fields(self, log_data: LogData, record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        moment = datetime.fromtimestamp(record.created, UTC)
        log_data |= {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "zone": _zone(),
            "logger": record.name,
            "message": record.message,
            **message_dict,
        }

    def process_log_record(self, log_data: LogData) -> LogData:
        # Each text before it is quoted: a rule must not end at a quotation mark that JSON has escaped.
        return {name: mask_secrets(value) if isinstance(value, str) else value for name, value in log_data.items()}


class Refused(logging.Filter):
    """What Django refuses of a request is its sender's fault: one warning line, without a traceback for each."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            if record.levelno > logging.WARNING:
                record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


FORMATTERS = {"text": ZoneFormatter, "json": ZoneJsonFormatter}


def logging_settings(*, form: str, level: str, syslog: str) -> dict[str, Any]:
    """Django's LOGGING: to standard error in `form`, a name of FORMATTERS, and to `syslog` too where one is named.

    `syslog` is `unix:///dev/log` or `udp://127.0.0.1:514`: the machine's own service, which knows how to send lines
    on, encrypted, and to keep them while the log server is away. Raises ImproperlyConfigured for anything else.
    """
    handlers: dict[str, Any] = {"console": {"class": "logging.StreamHandler", "formatter": "line"}}
    if syslog:
        handlers["syslog"] = {
            "class": "logging.handlers.SysLogHandler",
            "formatter": "line",
            "facility": SysLogHandler.LOG_LOCAL0,
            **_syslog(syslog),
        }
    for handler in handlers.values():
        handler["filters"] = ["refused"]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"refused": {"()": Refused}},
        "formatters": {"line": {"()": FORMATTERS[form]}},
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "celery": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
        },
    }


def _syslog(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme == "unix" and parts.path:
        return {"address": parts.path}
    if parts.scheme == "udp" and parts.hostname and port:
        return {"address": (parts.hostname, port), "socktype": socket.SOCK_DGRAM}
    raise ImproperlyConfigured(f"LOG_SYSLOG={address!r} is neither unix:///dev/log nor udp://127.0.0.1:514.")
