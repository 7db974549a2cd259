"""What is taken out of log lines, and what is left alone."""

import logging
import uuid

import pytest

from megacity.logs import ZoneFormatter
from zones.masking import mask, mask_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(email)=(bob.kim+x@example.co.kr) exists", "(email)=(b•••@example.co.kr) exists"),
        ("call 010-1234-5678 now", "call •••-5678 now"),
        ("call 01012345678", "call •••-5678"),
        ("call +821012345678", "call •••-5678"),
        ("call +16502530000", "call •••-0000"),
        ("02-312-3456", "•••-3456"),
        ("900101-1234568", "•••-•••"),
        ("number 9001011234568.", "number •••-•••."),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "•••"),
    ],
)  # fmt: skip
def test_what_tells_of_a_person_is_taken_out(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        str(uuid.UUID(int=0x1234567812345678123456781234567A)),
        "2026-11-25T13:05:12.123456+09:00",
        '{"event": "answer", "position": 12, "theta": 0.123456789012345}',
        "took 1234567 ms at 127.0.0.1:18001",
        "a@b",
    ],
)
def test_what_tells_of_nobody_is_left_alone(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    ["password=Passw0rd!x", '{"token": "abcdef123456"}', "Authorization: Bearer abcdef.123", "secret: 'hunter22'"],
)
def test_what_follows_the_name_of_a_secret_is_taken_out(text: str) -> None:
    shown = mask_secrets(text)
    assert "•••" in shown
    for secret in ("Passw0rd!x", "abcdef", "hunter22"):
        assert secret not in shown


def test_log_lines_and_their_tracebacks_are_masked() -> None:
    try:
        raise ValueError("no such person: bob@example.com, 010-1234-5678")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "for %s", ("eve@example.com",), None)
        record.exc_info = (type(error), error, error.__traceback__)
    line = ZoneFormatter().format(record)
    assert "e•••@example.com" in line
    for secret in ("bob@", "eve@", "1234-5678"):
        assert secret not in line
