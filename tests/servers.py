"""PostgreSQL and Valkey for one test run; loaded by `-p tests.servers` before Django reads its settings.

One non-durable PostgreSQL below `var/test` serves all runs of this checkout (each has its own databases) and is stopped
by the last of them. Every test process has a Valkey of its own, so that emptying or stopping it disturbs nobody.
DATABASE_URL and REDIS_URL in the environment are used instead when they are set.
"""

import atexit
import base64
import fcntl
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from megacity import daemon, embedded

HOME = Path(__file__).resolve().parent.parent / "var" / "test"
# Says in a process that xdist started which run it belongs to.
RUN_VARIABLE = "MEGACITY_TEST_RUN"
REDIS_VARIABLE = "MEGACITY_TEST_REDIS"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")

_stops: list[daemon.Server] = []


def run_id() -> str:
    """The process id of the run's first process: part of the names of its databases and folders."""
    return os.environ[RUN_VARIABLE]


def database_name() -> str:
    return f"megacity_test_{run_id()}_{WORKER}"


def _prepare() -> None:
    first = WORKER == "main"
    if first:
        os.environ[RUN_VARIABLE] = str(os.getpid())
    folder = HOME / f"run-{run_id()}" / WORKER
    (folder / "static").mkdir(parents=True, exist_ok=True)
    os.environ["MEGACITY_ENV"] = "test"
    os.environ["MEGACITY_VAR"] = str(folder)
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0123456789abcdef" * 2)
    os.environ.setdefault("FIELD_KEYS", "b25seS1mb3ItdGVzdHMtMDEyMzQ1Njc4OWFiY2RlZi0=")
    os.environ.setdefault("INDEX_KEYS", "b25seS1mb3ItdGVzdHMtYmxpbmQtaW5kZXgtMDEyMzQ=")
    os.environ.setdefault("AUDIT_SIGNING_KEY", base64.b64encode(b"signs only the seals of tests 01").decode())
    os.environ.setdefault("AUDIT_MAC_KEYS", base64.b64encode(b"stamps only the rows of tests 01").decode())
    os.environ.setdefault("PASSWORD_ROUNDS", "4")
    # Limits are tested where they are switched on; the table of hosts is read anew when a test says so.
    os.environ["RATE_LIMITS"] = "off"
    os.environ["ZONE_HOSTS_TTL"] = "86400"
    if first:
        if "DATABASE_URL" not in os.environ:
            _start_postgres()
        os.environ[REDIS_VARIABLE] = os.environ.get("REDIS_URL", "")
    if given := os.environ.get(REDIS_VARIABLE):
        number = 0 if first else int(WORKER.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = urlsplit(given)._replace(path=f"/{number}").geturl()
    else:
        _start_valkey(folder)


def _start_valkey(folder: Path) -> None:
    server = embedded.start_valkey(folder / "valkey", durable=False)
    os.environ["REDIS_URL"] = server.url
    atexit.register(server.stop, force=True)
    _stops.append(server)


def _start_postgres() -> None:
    users = (HOME / "users").open("w")
    # Shared while a run lasts; whoever gets it alone at the end stops the server.
    fcntl.flock(users, fcntl.LOCK_SH)
    server = embedded.start_postgres(HOME / "postgres", durable=False)
    os.environ["DATABASE_URL"] = server.url

    def leave() -> None:
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        server.stop(force=True)

    atexit.register(leave)
    _clear_away_killed_runs(server.url)


def _clear_away_killed_runs(url: str) -> None:
    """What a run that was killed left behind: its folder, its Valkeys, its databases."""
    dead = [f for f in HOME.glob("run-*") if not daemon.pid_exists(int(f.name.removeprefix("run-")))]
    for folder in dead:
        for worker in folder.iterdir():
            for server in embedded.running(worker):
                server.stop(force=True)
        with psycopg.connect(url, autocommit=True) as connection:
            pattern = f"megacity_test_{folder.name.removeprefix('run-')}_%"
            for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]):
                drop_database(connection, name)
        shutil.rmtree(folder, ignore_errors=True)


def drop_database(connection: psycopg.Connection, name: str) -> None:
    # Not WITH (FORCE): that is refused to our role while the server cleans up in that database by itself; a plain DROP
    # sends such workers away.
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        [name],
    )
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def address(database: str) -> str:
    """DATABASE_URL of another database of the same server."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


def pytest_unconfigure() -> None:
    # Not only at exit: a worker's process may be ended without one.
    for server in _stops:
        server.stop(force=True)
    if WORKER == "main":
        shutil.rmtree(HOME / f"run-{run_id()}", ignore_errors=True)


_prepare()
