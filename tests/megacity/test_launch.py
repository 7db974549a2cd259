"""`make run` as a person meets it: a real launcher, its processes killed one after another, its data kept."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from megacity import embedded

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = (ROOT / "Procfile").read_text().splitlines()


class City:
    """One installation: a var folder, a port, and the launcher that runs from them."""

    def __init__(self, var: Path) -> None:
        self.var = var
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.output = var.with_name("output")

    def environment(self, **more: str) -> dict[str, str]:
        # Nothing that the test run itself set: it leads to the test run's own servers.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "MEGACITY_VAR": str(self.var), "PORT": str(self.port), "MEGACITY_DEMO": "0", **more}

    def refused(self, **more: str) -> str:
        """The last words of a launcher that must not start."""
        command = [sys.executable, "-m", "megacity.launch"]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(**more), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.output.open("wb") as output:
            launcher = subprocess.Popen(
                [sys.executable, "-m", "megacity.launch"],
                cwd=ROOT,
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.wait_for(
                "The site", lambda: b"is ready" in self.output.read_bytes() or launcher.poll() is not None, 150
            )
            assert launcher.poll() is None, self.output.read_text()
            yield launcher
        finally:
            launcher.terminate()
            launcher.wait(60)

    def wait_for(self, what: str, condition: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come within {seconds} s:\n{self.output.read_text()}"
            time.sleep(0.1)

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            return connection.getresponse().status
        finally:
            connection.close()

    def processes(self) -> list[psutil.Process]:
        """Whatever runs for this installation, whoever started it."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                # Valkey writes its title over its environment; it stands in its folder.
                ours = process.environ().get("MEGACITY_VAR") == str(self.var)
                return ours or process.cwd() == str(self.var / "valkey")
        return False

    def named(self, word: str) -> list[psutil.Process]:
        """The processes with this word among their arguments, the oldest first."""
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                if word in " ".join(process.cmdline()):
                    found.append(process)
        return sorted(found, key=lambda process: (process.create_time(), process.pid))

    def database(self) -> psycopg.Connection:
        return psycopg.connect((self.var / "run" / "database_owner_url").read_text().strip())


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    city = City(tmp_path_factory.mktemp("launch") / "a var folder")
    city.var.mkdir()
    yield city
    for server in reversed(embedded.running(city.var)):
        server.stop(force=True)
    embedded.delete(city.var)


def test_a_port_in_use_is_refused_with_the_name_of_its_user(city: City) -> None:
    with socket.create_server(("127.0.0.1", city.port)):
        words = city.refused()
    assert f"Port {city.port} of this machine is in use" in words
    assert f"pid {os.getpid()}" in words
    assert "make run PORT=" in words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("DATABASE_URL", "mysql://somebody@127.0.0.1/megacity"),
        ("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/megacity"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("SECRET_KEY", "short"),
        ("FIELD_KEYS", "short"),
        ("MEGACITY_ENV", "holiday"),
    ],
)
def test_a_bad_value_is_refused_by_name(city: City, name: str, value: str) -> None:
    assert name in city.refused(**{name: value})
    assert city.processes() == []


@pytest.mark.slow
def test_the_dead_are_started_again_and_nothing_is_left_at_the_end(city: City) -> None:
    with city.running() as launcher:
        assert city.status("/health") == 200
        assert f"pid {launcher.pid}, http://localhost:{city.port}" in city.refused()
        with city.database() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS public.kept AS SELECT 7 AS number")

        for word in ("granian", "daphne", "megacity.front", "valkey-server", "bin/postgres"):
            before = city.named(word)
            before[0].kill()
            city.wait_for(word, lambda word=word, before=before: set(city.named(word)) - set(before))
        city.wait_for("Readiness", lambda: city.status("/health/ready") == 200)
        with city.database() as connection:
            assert connection.execute("SELECT number FROM public.kept").fetchone() == (7,)

        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(60) == 0
    assert city.processes() == []


@pytest.mark.slow
def test_a_killed_launcher_s_processes_are_cleared_away_by_the_next(city: City) -> None:
    with city.running() as launcher:
        left = {process.pid for process in city.processes()} - {launcher.pid}
        launcher.kill()
        launcher.wait()
    servers = {server.pid for server in embedded.running(city.var)}
    assert len(servers) == 2

    with city.running() as launcher:
        # One that was just saying something has ended by itself, because nobody was left to hear it.
        assert 3 <= city.output.read_text().count("left by a run that was killed") <= len(PROCESSES)
        now = {process.pid for process in city.processes()}
        # The servers, which hold data, go on; they are this launcher's now.
        assert left & now == servers | {pid for pid in left if _parent(pid) in servers}
        assert re.search(r"is ready after \d+\.\d s", city.output.read_text())
        assert "Migrating" not in city.output.read_text()
    assert launcher.returncode == 0
    assert city.processes() == []


def _parent(pid: int) -> int:
    try:
        return psutil.Process(pid).ppid()
    except psutil.NoSuchProcess:
        return 0
