"""`make advisories`: which components are asked about, and that nobody who was not asked counts as clean."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from packaging.markers import Marker

from megacity.advisories import LOCK, VENDORED, vendored

HOLE = {
    "id": "PYSEC-0000-1",
    "details": "Made up.",
    "aliases": [],
    "published": "2026-01-01T00:00:00Z",
    "modified": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "versions": [],
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}
BAD_CHART = {"id": 1, "url": "", "title": "Draws lies", "severity": "high", "vulnerable_versions": "<99"}


class Databases(ThreadingHTTPServer):
    """Both databases on this machine, in the form of OSV's and npm's; they remember what they were asked."""

    holes: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Databases

    def do_POST(self) -> None:
        said = json.loads(self._body())
        if "package" in said:
            name = said["package"]["name"]
            self.server.asked[name] = said["version"]
            answer = {"vulns": [HOLE]} if name in self.server.holes else {}
        else:
            self.server.asked |= {name: versions[0] for name, versions in said.items()}
            answer = {name: [BAD_CHART] for name in said if name in self.server.holes}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        return body

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def databases() -> Iterator[Databases]:
    with Databases() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(folder, address: str, *more: str) -> subprocess.CompletedProcess[str]:
    proxies = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    npm = {"npm_config_registry": f"{address}/", "npm_config_cache": str(folder), "npm_config_fetch_retries": "0"}
    command = [sys.executable, "-m", "megacity.advisories", "--vulnerability-service", "osv"]
    return subprocess.run(
        [*command, "--osv-url", f"{address}/v1/query", "--cache-dir", str(folder / "pip"), *more],
        env={**proxies, **npm},
        capture_output=True,
        text=True,
        check=False,
    )


def pinned() -> dict[str, str]:
    """What of the lock is for this machine."""
    lines = re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==([^\s;\\]+)(?: ; (.+?))? \\$", LOCK.read_text(), re.M)
    return {name: version for name, version, marker in lines if not marker or Marker(marker).evaluate()}


def test_every_vendored_folder_has_a_version_that_is_asked_about():
    folders = {folder.name for folder in VENDORED.parent.iterdir() if folder.is_dir()}
    fonts = {folder for folder in folders if folder.startswith("stix-two-math-")}
    assert fonts
    assert sorted(vendored(VENDORED.read_text()).values()) == sorted(f.rpartition("-")[2] for f in folders - fonts)


def test_the_whole_lock_is_asked_about_and_no_hole_is_no_finding(databases, tmp_path):
    done = ask(tmp_path, databases.address)
    assert len(pinned()) > 60
    asked = {**pinned(), **(vendored(VENDORED.read_text()) if shutil.which("npm") else {})}
    assert databases.asked == asked
    assert "Python packages of requirements.lock: no known hole" in done.stdout
    assert done.returncode == (0 if shutil.which("npm") else 2), done.stdout + done.stderr


def test_a_known_hole_is_told_and_ends_with_one(databases, tmp_path):
    databases.holes = ("django", "chart.js")
    done = ask(tmp_path, databases.address)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"django {pinned()['django']}: PYSEC-0000-1, mended in 99.1" in done.stdout
    if shutil.which("npm"):
        assert "chart.js 4.6.1: high, Draws lies" in done.stdout


def test_a_run_that_asks_nobody_finds_nothing_clean(databases, tmp_path):
    done = ask(tmp_path, databases.address, "--dry-run")
    assert (done.returncode, "No package was asked about." in done.stdout) == (2, True), done.stdout + done.stderr


def test_who_could_not_be_asked_is_no_clean_answer(tmp_path):
    done = ask(tmp_path, "http://127.0.0.1:9")
    assert (done.returncode, done.stdout.count("NOT CHECKED")) == (2, 2), done.stdout + done.stderr
