"""Asking clamd, ClamAV's scanner, about a file: its command INSTREAM (clamd(8), "COMMANDS")."""

import socket
import struct
from contextlib import suppress
from typing import BinaryIO
from urllib.parse import urlsplit

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 60.0
PART = 64 * 1024
LONGEST_ANSWER = 4096


class NoVerdict(Exception):
    """The scanner does not answer, or cannot say: the file may be anything."""


def scan(file: BinaryIO, *, url: str) -> str:
    """The name of what `file` is infected with, from where it stands to its end; empty where nothing was found.

    `url` is `unix:///run/clamav/clamd.ctl` or `tcp://127.0.0.1:3310`. Raises NoVerdict, for a file that is longer than
    the scanner's StreamMaxLength too.
    """
    try:
        with _connected(url) as connection:
            answer = _ask(connection, file)
    except OSError as error:
        raise NoVerdict(f"{type(error).__name__}: {error}") from error
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise NoVerdict(answer or "no answer")


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(parts.path)
        except OSError:
            connection.close()
            raise
    else:
        connection = socket.create_connection((parts.hostname or "", parts.port or 3310), CONNECT_SECONDS)
    connection.settimeout(ANSWER_SECONDS)
    return connection


def _ask(connection: socket.socket, file: BinaryIO) -> str:
    # It stops listening when a file is too long for it, and says so: what it said is read all the same.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(b"zINSTREAM\0")
        while part := file.read(PART):
            connection.sendall(struct.pack("!L", len(part)) + part)
        connection.sendall(struct.pack("!L", 0))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER and (part := connection.recv(LONGEST_ANSWER)):
        answer += part
    return answer.rstrip(b"\0").decode(errors="replace").strip()
