"""The real application for a browser: its processes on free ports, over a database and a Valkey number of their own."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from psycopg import sql

from tests import databases, servers

ROOT = Path(__file__).resolve().parents[2]
# Django's cache, sessions and channels of these processes; the test process itself uses number 0.
VALKEY_NUMBER = 9


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class City:
    """Start with `open()`; `data` holds the ids that tests/browser/seed.py made."""

    def __init__(self) -> None:
        self.database = f"{servers.database_name()}_browser"
        self.port, self.web_port, self.ws_port = free_port(), free_port(), free_port()
        self.environment = os.environ | {
            "DATABASE_URL": servers.address(self.database),
            "REDIS_URL": f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{VALKEY_NUMBER}",
            "PORT": str(self.port),
            "WEB_PORT": str(self.web_port),
            "WS_PORT": str(self.ws_port),
            # The issuer of test_security is on this machine.
            "OUTGOING_LOOPBACK": "1",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.data: dict[str, Any] = {}

    def open(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as control:
            template = databases.PREFIX + databases.fingerprint()
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            control.execute(create.format(sql.Identifier(self.database), sql.Identifier(template)))
        seeded = subprocess.run(
            [sys.executable, "-m", "tests.browser.seed"], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert seeded.returncode == 0, seeded.stderr
        self.data = json.loads(seeded.stdout.splitlines()[-1])
        self.start_web()
        daphne = ["daphne", "--bind", "127.0.0.1", "--port", str(self.ws_port), "--verbosity", "0"]
        self._start("ws", *daphne, "megacity.asgi:application", DATABASE_POOL="1")
        self._start("front", "megacity.front")
        self.wait()

    def start_web(self) -> None:
        granian = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.web_port), "--http", "1"]
        granian += ["--no-ws", "--workers", "1", "--blocking-threads", "4", "--log-level", "error"]
        self._start("web", *granian, "megacity.wsgi:application")

    def kill_web(self) -> None:
        """As a crash would: no goodbye to anybody."""
        process = self.processes.pop("web")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def wait(self) -> None:
        """Until a page is answered through the front."""
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} ended with {process.returncode}"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                    socket.create_connection(("127.0.0.1", self.ws_port)).close()
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("The application did not answer within 40 s.")

    def close(self) -> None:
        for process in reversed(self.processes.values()):
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as control:
            servers.drop_database(control, self.database)

    def url(self, path: str = "/", surface: str = "app", domain: str = "univprepai.localhost") -> str:
        host = f"{surface}.{domain}" if surface else domain
        return f"http://{host}:{self.port}{path}"

    def letter_to(self, address: str) -> str:
        """The text of the newest mail to `address`, as the file that a development machine makes of it."""
        command = [sys.executable, "-m", "tests.browser.post", address]
        environment = self.environment | {"EMAIL_URL": "", "DJANGO_SETTINGS_MODULE": "megacity.settings"}
        read = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert read.returncode == 0, read.stderr
        return read.stdout

    def code(self, name: str) -> str:
        """A code of this person's authenticator app that holds for five seconds more at least.

        That a code is taken once is for tests/accounts/test_factors.py to show: here nobody waits half a minute for the
        next one, and the last one counts as one of long ago.
        """
        while (now := time.time()) % 30 > 25:
            time.sleep(0.1)
        self.value(
            """UPDATE mfa_authenticator SET data = data || '{"last_step": 0}' FROM accounts_user person"""
            " WHERE person.id = user_id AND person.email = %s AND type = 'totp' RETURNING 1",
            f"{name}@example.com",
        )
        return TOTP(base64.b32decode(self.data["apps"][name]), 6, SHA1(), 30).generate(int(now)).decode()  # noqa: S303

    def value(self, statement: str, *values: object) -> Any:
        """The first column of the first row of a query in zone univ."""
        with psycopg.connect(servers.address(self.database)) as connection:
            connection.execute("SET search_path TO univ, public")
            row = connection.execute(statement, values).fetchone()
            return row[0] if row else None

    def _start(self, name: str, *module: str, **extra: str) -> None:
        command = [sys.executable, "-m", *module]
        environment = self.environment | extra
        self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
