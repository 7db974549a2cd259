"""The protocol of the virus scanner: clamd itself, and the small server that stands for it elsewhere, answer alike."""

import socket
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest

from tests.scanner import INFECTED, LONGEST, NAME, real_scanner, small_scanner
from zones import clamd


@pytest.fixture(scope="module", params=["clamd", "small"])
def scanner(request, tmp_path_factory) -> Iterator[str]:
    # A socket's path has some hundred signs at most.
    running = small_scanner() if request.param == "small" else real_scanner(tmp_path_factory.mktemp("clamd"))
    with running as url:
        yield url


def found(url: str, content: bytes) -> str:
    return clamd.scan(BytesIO(content), url=url)


def test_what_is_infected_is_named_and_what_is_not_is_let_through(scanner):
    assert found(scanner, b"") == ""
    assert found(scanner, b"harmless " * 50_000) == ""
    assert found(scanner, INFECTED).startswith(NAME)
    # Across the border between two parts of the stream.
    assert found(scanner, b"x" * (clamd.PART - 5) + INFECTED + b"y" * clamd.PART).startswith(NAME)


def test_a_file_that_is_too_long_for_the_scanner_has_no_verdict(scanner):
    with pytest.raises(clamd.NoVerdict):
        found(scanner, b"x" * (LONGEST + 3 * clamd.PART))


def test_clamd_looks_into_archives(tmp_path_factory):
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("imsmanifest.xml", b"<manifest/>")
        archive.writestr("media/picture.png", b"begin " * 100 + INFECTED)
    assert INFECTED not in packed.getvalue()
    with real_scanner(tmp_path_factory.mktemp("clamd")) as url:
        assert found(url, packed.getvalue()).startswith(NAME)


@pytest.mark.parametrize(
    "answer", [b"", b"stream: something else\0", b"INSTREAM: Can't allocate memory ERROR\0", b"\xff" * 9000]
)
def test_what_is_no_verdict_is_none(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        class Asked(BytesIO):
            """Answers when the stream is about to end."""

            def read(self, size=-1):
                part = super().read(size)
                if not part:
                    connection, _address = server.accept()
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    self.held = connection
                return part

        asked = Asked(b"a file")
        with pytest.raises(clamd.NoVerdict):
            clamd.scan(asked, url=url)
        asked.held.close()


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:1", "unix:///nowhere/clamd.ctl"])
def test_a_scanner_that_is_away_gives_no_verdict(url):
    with pytest.raises(clamd.NoVerdict):
        found(url, b"x")
