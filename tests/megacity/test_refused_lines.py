"""What a log line holds of requests that Django itself refuses."""

import io
import logging
from collections.abc import Iterator

import pytest

from megacity.logs import ZoneFormatter
from tests.clients import ZoneClient

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the process writes, by its own settings."""
    (console,) = [one for one in logging.getLogger().handlers if isinstance(one.formatter, ZoneFormatter)]
    written = io.StringIO()
    before = console.setStream(written)
    yield written
    console.setStream(before)


def test_who_sends_too_many_fields_fills_one_line_and_raises_no_alarm(univ, lines, settings):
    many = "&".join(["a=1"] * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    assert ZoneClient(univ).post("/login", many, content_type=FORM).status_code == 400
    (line,) = lines.getvalue().splitlines()
    assert " WARNING [univ] django.security.TooManyFieldsSent: " in line


def test_an_error_of_our_own_keeps_its_traceback(lines):
    try:
        raise RuntimeError("ours")
    except RuntimeError:
        logging.getLogger("django.request").exception("Internal Server Error")
    assert " ERROR " in lines.getvalue()
    assert "Traceback" in lines.getvalue()
