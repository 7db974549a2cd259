"""A virus scanner for tests: clamd itself with a signature of our own, or a small server that speaks its protocol."""

import os
import shutil
import socketserver
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# What our signature finds, and what it is called. Real signatures are not needed, and not in the repository.
INFECTED, NAME = b"megacity-test-virus-7f3a", "MegaCity.Test"
# Longer streams are refused, as clamd does beyond its StreamMaxLength.
LONGEST = 1024 * 1024

CONFIGURATION = """
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
PidFile {folder}/clamd.pid
LogFile {folder}/clamd.log
Foreground yes
StreamMaxLength 1M
"""


@contextmanager
def real_scanner(folder: Path) -> Iterator[str]:
    """The address of a clamd of our own. Where there is none, the test is skipped, or fails if there must be."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if program is None:
        assert not os.environ.get("MEGACITY_SCANNER"), "MEGACITY_SCANNER is set, and there is no clamd"
        pytest.skip("this machine has no clamd (Debian: clamav-daemon)")
    (folder / "signatures").mkdir()
    (folder / "signatures" / "test.ndb").write_text(f"{NAME}:0:*:{INFECTED.hex()}\n")
    (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder))
    process = subprocess.Popen([program, f"--config-file={folder / 'clamd.conf'}"], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not (folder / "clamd.sock").exists():
            assert process.poll() is None, (folder / "clamd.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"unix://{folder / 'clamd.sock'}"
    finally:
        process.terminate()
        process.wait(10)


class _Stream(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > LONGEST:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(f"stream: {NAME} FOUND\0".encode() if INFECTED in content else b"stream: OK\0")


@contextmanager
def small_scanner() -> Iterator[str]:
    """The address of a server that answers as clamd does."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Stream) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
