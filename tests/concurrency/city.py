"""The real processes of a small city, made to be killed: durable PostgreSQL and Valkey, and the web server.

    python -m tests.concurrency.city

as a process of its own migrates the database that the environment names, seeds it and prints the ids as JSON.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from megacity import daemon, embedded

ROOT = Path(__file__).resolve().parents[2]
ZONE, HOST = "univ", "api.univprepai.localhost"
STUDENTS, LENGTH = 4, 20
# Where neither the kernel nor an installation of ours takes ports.
PORTS = range(27_000, 31_000)
PATIENCE = 60


def free_port() -> int:
    return next(port for port in random.sample(PORTS, len(PORTS)) if daemon.port_is_free(port))


class City:
    """`data` holds the exam's id and the students' tokens."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="megacity-crash-"))
        # PostgreSQL runs as another user when we are root.
        self.folder.chmod(0o755)
        self.postgres: daemon.Server | None = None
        self.valkey: daemon.Server | None = None
        self.web: subprocess.Popen[bytes] | None = None
        self.ports = {"postgres": free_port(), "valkey": free_port(), "web": free_port()}

    def open(self) -> None:
        # Nothing is promised to anybody yet; with fsync the tables of all zones would take most of the test's time.
        self.start_postgres(durable=False)
        self.start_valkey()
        (self.folder / "static").mkdir()
        seeded = subprocess.run(
            [sys.executable, "-m", "tests.concurrency.city"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert seeded.returncode == 0, seeded.stderr
        self.data: dict[str, Any] = json.loads(seeded.stdout.splitlines()[-1])
        self.postgres.stop()
        self.start_postgres()
        self.start_web()

    @property
    def environment(self) -> dict[str, str]:
        assert self.postgres
        assert self.valkey
        return os.environ | {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "MEGACITY_VAR": str(self.folder),
            "MEGACITY_ENV": "development",
            "RATE_LIMITS": "off",
            "PASSWORD_ROUNDS": "12",
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    def start_postgres(self, durable: bool = True) -> None:
        self.postgres = embedded.start_postgres(self.folder / "postgres", self.ports["postgres"], durable)

    def start_valkey(self) -> None:
        self.valkey = embedded.start_valkey(self.folder / "valkey", port=self.ports["valkey"])

    def start_web(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--http", "1"]
        command += ["--port", str(self.ports["web"]), "--no-ws", "--workers", "1", "--blocking-threads", "4"]
        command += ["--log-level", "error", "megacity.wsgi:application"]
        self.web = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.web.poll() is None, f"the web server ended with {self.web.returncode}"
            try:
                urllib.request.urlopen(f"{self.address}/health", timeout=5)  # noqa: S310  (our own server)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the web server did not answer within {PATIENCE} s")

    def kill(self, name: str) -> None:
        """As a crash would: no goodbye to anybody. Of PostgreSQL the postmaster alone, which its children outlive."""
        if name == "web":
            assert self.web
            os.killpg(self.web.pid, signal.SIGKILL)
            self.web.wait(20)
            return
        process = (self.postgres if name == "postgres" else self.valkey).process
        process.kill()
        process.wait(20)

    def start(self, name: str) -> None:
        {"web": self.start_web, "postgres": self.start_postgres, "valkey": self.start_valkey}[name]()

    def close(self) -> None:
        if self.web and self.web.poll() is None:
            self.kill("web")
        for server in (self.valkey, self.postgres):
            if server:
                server.stop()
        embedded.delete(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)


def seed() -> dict[str, Any]:
    from accounts import tokens
    from tests.cast import make_person
    from tests.sample_exam import make_exam
    from zones.context import get_zone, zone_context

    with zone_context(get_zone(ZONE)):
        exam = make_exam("crash", size=2 * LENGTH, min_items=LENGTH, max_items=LENGTH)
        people = [make_person(f"Student {number}") for number in range(STUDENTS)]
        return {"exam": str(exam.pk), "tokens": [tokens.issue(person).access for person in people]}


def main() -> None:
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(seed()))


if __name__ == "__main__":
    main()
