"""Lines of the process log: as JSON, and to the machine's own syslog."""

import json
import logging
import socket
from datetime import UTC, datetime, timedelta
from logging.handlers import SysLogHandler

import pytest
from django.core.exceptions import ImproperlyConfigured

from megacity.logs import ZoneJsonFormatter, logging_settings


def written(message, *args, **extra):
    record = logging.LogRecord(
        "megacity.test", logging.WARNING, __file__, 1, message, args, extra.pop("exc_info", None)
    )
    record.__dict__ |= extra
    line = ZoneJsonFormatter().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_a_line_is_an_object_with_its_time_zone_and_what_was_said(in_univ):
    said = written("%d answers of 김하늘", 3)
    moment = datetime.fromisoformat(said.pop("time"))
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    logger = "megacity.test"
    assert said == {"level": "WARNING", "zone": "univ", "logger": logger, "message": "3 answers of 김하늘"}


def test_nothing_that_a_stranger_sends_ends_the_line_or_adds_a_field(in_univ):
    said = written('x\r\n{"level": "ERROR"}\x1b[2J", "zone": "kzone\u2028')
    assert (said["level"], said["zone"]) == ("WARNING", "univ")


@pytest.mark.parametrize(
    "secret",
    ["bob@example.com", "010-1234-5678", "900101-1234567", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"],
)
def test_nothing_of_a_person_and_no_secret_is_written(in_univ, secret):
    try:
        raise ValueError(f'no such person: {secret}, {{"password": "hunter22!"}}')
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
    said = written('for %s, password="hunter22!"', secret, exc_info=told)
    assert "no such person" in said["exc_info"]
    assert "Traceback" in said["exc_info"]
    text = json.dumps(said, ensure_ascii=False)
    assert secret not in text
    assert "hunter22" not in text


def test_what_code_adds_to_a_record_is_not_written(in_univ):
    said = written("slow", request=object(), body="a whole form")
    assert set(said) == {"time", "level", "zone", "logger", "message"}


@pytest.mark.parametrize("kind", ["udp", "unix"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_lines_go_to_the_machines_syslog_too(in_univ, tmp_path, kind, form):
    family = socket.AF_INET if kind == "udp" else socket.AF_UNIX
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0) if kind == "udp" else str(tmp_path / "log"))
        server.settimeout(5)
        address = f"udp://127.0.0.1:{server.getsockname()[1]}" if kind == "udp" else f"unix://{tmp_path / 'log'}"
        settings = logging_settings(form=form, level="INFO", syslog=address)
        named = settings["handlers"]["syslog"]
        assert (named.pop("class"), named.pop("formatter")) == ("logging.handlers.SysLogHandler", "line")
        assert named.pop("filters") == settings["handlers"]["console"]["filters"] == ["refused"]
        sent = SysLogHandler(**named)
        sent.setFormatter(settings["formatters"]["line"]["()"]())
        try:
            sent.handle(logging.LogRecord("megacity.test", logging.ERROR, "", 1, "of bob@example.com\nhere", (), None))
            heard = server.recv(65_536).decode().rstrip("\0")
        finally:
            sent.close()
    # local0 is 16, an error 3 (RFC 5424, section 6.2.1).
    assert heard.startswith(f"<{16 * 8 + 3}>")
    line = heard.partition(">")[2]
    said = json.loads(line)["message"].replace("\n", "\\n") if form == "json" else line
    assert said.endswith("of b•••@example.com\\nhere")


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:514", "udp://127.0.0.1", "udp://:514", "unix://", "127.0.0.1:x", "udp://a:b"]
)
def test_an_address_that_is_none_is_refused_by_name(address):
    with pytest.raises(ImproperlyConfigured, match="LOG_SYSLOG"):
        logging_settings(form="text", level="INFO", syslog=address)
