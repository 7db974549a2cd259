"""A city of its own for one run: durable servers in a temporary folder, every zone, one exam and its students."""

import base64
import io
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from cryptography.fernet import Fernet

from megacity import embedded

ROOT = Path(__file__).resolve().parents[2]
ZONE = "univ"
HOST = "api.univprepai.localhost"
POSTGRES_PORT, VALKEY_PORT, WEB_PORT, BASELINE_PORT = 25391, 26391, 18391, 18392
STUDENTS = 64
# One more than a student answers, so that handing in is what ends the exam.
EXAM_LENGTH = 31


@dataclass(frozen=True)
class City:
    """The servers of a run; the environment variables that lead to them are set in this process already."""

    postgres: int
    valkey: int


@contextmanager
def open_city(*, own_ports: bool = True) -> Iterator[City]:
    """Start PostgreSQL and Valkey as production runs them (fsync, append-only file), migrate, set Django up.

    Without `own_ports` on whichever are free, beside another bench.
    """
    folder = Path(tempfile.mkdtemp(prefix="megacity-bench-"))
    folder.chmod(0o755)
    servers = [
        embedded.start_postgres(folder / "postgres", port=POSTGRES_PORT if own_ports else None),
        embedded.start_valkey(folder / "valkey", port=VALKEY_PORT if own_ports else None),
    ]
    try:
        os.environ.update(
            # As in production: this process owns the tables, the servers do not.
            DATABASE_URL=embedded.app_url(folder / "postgres", servers[0]),
            DATABASE_OWNER_URL=servers[0].url,
            MEGACITY_LOGIN="owner",
            REDIS_URL=servers[1].url,
            MEGACITY_VAR=str(folder),
            MEGACITY_ENV="development",
            SECRET_KEY=secrets.token_hex(32),
            FIELD_KEYS=Fernet.generate_key().decode(),
            INDEX_KEYS=Fernet.generate_key().decode(),
            AUDIT_SIGNING_KEY=base64.b64encode(secrets.token_bytes(32)).decode(),
            AUDIT_MAC_KEYS=base64.b64encode(secrets.token_bytes(32)).decode(),
            # One address asks for everything here, as no student does.
            RATE_LIMITS="off",
            DJANGO_SETTINGS_MODULE="megacity.settings",
        )
        import django
        from django.core.management import call_command

        django.setup()
        (folder / "static").mkdir()
        call_command("migrate", verbosity=0, stdout=io.StringIO())
        yield City(servers[0].pid, servers[1].pid)
    finally:
        for server in reversed(servers):
            server.stop()
        embedded.delete(folder)
        shutil.rmtree(folder, ignore_errors=True)


def seed() -> tuple[str, list[str]]:
    """Make the exam and its students; the exam's id and an access token of each student."""
    from accounts import tokens
    from accounts.models import Organization
    from tests.cast import make_person
    from tests.sample_exam import make_exam
    from zones.context import get_zone, zone_context

    with zone_context(get_zone(ZONE)):
        school = Organization.objects.create(name="Bench", code="bench")
        exam = make_exam("bench", size=500, areas=5, min_items=EXAM_LENGTH, max_items=EXAM_LENGTH)
        people = [make_person(f"Student {number}", organization=school) for number in range(STUDENTS)]
        return str(exam.pk), [tokens.issue(person).access for person in people]


OURS = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(WEB_PORT)]
OURS += ["--http", "1", "--no-ws", "--workers", "1", "--blocking-threads", "8", "--backpressure", "128"]
OURS += ["--log-level", "error", "megacity.wsgi:application"]
BASELINE = [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(BASELINE_PORT), "--workers", "1"]
BASELINE += [
    "--no-access-log",
    "--timeout-keep-alive",
    "75",
    "--log-level",
    "error",
    "tests.bench.fastapi_baseline.app:app",
]


@contextmanager
def web(command: list[str], port: int) -> Iterator[psutil.Process]:
    """Run a web server until the block ends."""
    environment = {name: value for name, value in os.environ.items() if name != "MEGACITY_LOGIN"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        _wait(process, f"http://127.0.0.1:{port}/health")
        yield psutil.Process(process.pid)
    finally:
        # One that has ended by itself has said why.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{process.args} ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310  (our own server)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def cpu_seconds(process: psutil.Process | int) -> float:
    """CPU time, user and system, that a process and all of its children have taken so far."""
    if isinstance(process, int):
        process = psutil.Process(process)
    own = process.cpu_times()
    # Children that have ended are in their parent's account.
    total = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total
