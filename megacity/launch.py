"""`make run`: servers, migrations, demo data and the processes of the Procfile, in this order, until Ctrl-C."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import psutil
import psycopg
import redis
from cryptography.fernet import Fernet
from psycopg import sql

from megacity import daemon, embedded
from megacity.daemon import EmbeddedError, Server
from megacity.supervisor import LOOK_SECONDS, Supervisor, orphans, stop_orphan

BASE_DIR = Path(__file__).resolve().parent.parent
PROCESS_PORTS = range(18001, 18201)
READY_SECONDS = 120
# A process that dies so often before the site answers will not get well by itself.
HOPELESS_FAILURES = 4


class LaunchError(Exception):
    """It cannot start; the message says why and what to do."""


class Stopped(Exception):
    """Ctrl-C, or a request to end."""


@dataclass
class Signals:
    """Counts requests to end. They are looked at between steps, so that nothing is left half-started and unknown."""

    supervisor: Supervisor
    count: int = 0
    # A `make` that is killed cannot tell us; its death is a request to end.
    make: int = os.getppid() if os.environ.get("MAKELEVEL") else 0

    def watch(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self.supervisor.hurry = self.count > 1

    def check(self) -> None:
        if self.count or (self.make and os.getppid() != self.make):
            raise Stopped


def launch() -> None:
    begun = time.monotonic()
    port = _port()
    var = embedded.var_folder()
    others = (number for number in PROCESS_PORTS if number != port)
    with _only_run(var, port), daemon.claimed_ports(others, 2) as ports:
        supervisor = Supervisor(var / "run" / "processes.json")
        adopted = _clear_orphans(supervisor.record)
        _check_port(port)
        stop_servers = {server.pid for server in embedded.running(var)} <= adopted
        signals = Signals(supervisor)
        signals.watch()
        try:
            own_database = not os.environ.get("DATABASE_URL")
            _start_servers(supervisor, signals, var)
            environment = _environment(var, port, ports)
            _check_settings(environment)
            _check_servers(environment)
            demo = _prepare_data(environment, signals, demo_by_default=own_database)
            # What serves people has no need of the password of the tables' owner.
            environment.pop("DATABASE_OWNER_URL", None)
            supervisor.add_procfile(BASE_DIR / "Procfile", environment)
            _wait_until_ready(supervisor, signals, port)
            _welcome(port, time.monotonic() - begun, demo=demo)
            while True:
                signals.check()
                supervisor.look()
                time.sleep(LOOK_SECONDS)
        except Stopped:
            say("Stopping …")
        finally:
            _stop(supervisor, var, stop_servers)


def say(text: str) -> None:
    print(text, flush=True)


def _port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise LaunchError(f"PORT={given!r} is not a port number.")
    return int(given)


@contextmanager
def _only_run(var: Path, port: int) -> Iterator[None]:
    """Hold var/run/launch.lock while we live; the kernel lets go of it when we die, however we die."""
    try:
        (var / "run").mkdir(parents=True, exist_ok=True)
        lock = (var / "run" / "launch.lock").open("a+")
    except OSError as error:
        raise LaunchError(
            f"{error.filename}: {error.strerror}. Run as the owner of {var}, or set MEGACITY_VAR to another folder."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid, _, address = lock.read().strip().partition(" ")
            raise LaunchError(
                f"MegaCity runs from {var} already (pid {pid}, {address}). Stop it with Ctrl-C there, or: kill {pid}"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} http://localhost:{port}\n")
        lock.flush()
        yield


def _check_port(port: int) -> None:
    if daemon.port_is_free(port):
        return
    holder = ""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                holder = f" by {process.name()} (pid {process.pid}, user {process.username()})"
    raise LaunchError(
        f"Port {port} of this machine is in use{holder}, or may not be used by you. "
        "Stop that program, or choose another port: make run PORT=8100"
    )


def _clear_orphans(record: Path) -> set[int]:
    """End the processes of a launcher that was killed; the servers it left are ours now (their process ids)."""
    adopted = set()
    for name, pid, is_server in orphans(record):
        if is_server:
            adopted.add(pid)
        else:
            say(f"Ending {name} (pid {pid}), left by a run that was killed")
            stop_orphan(pid)
    return adopted


def _start_servers(supervisor: Supervisor, signals: Signals, var: Path) -> None:
    """Start what no URL points at elsewhere, and publish the addresses."""
    wanted: list[tuple[str, str, Callable[..., Server]]] = []
    if not os.environ.get("DATABASE_URL"):
        wanted.append(("postgres", "DATABASE_URL", embedded.start_postgres))
    if not os.environ.get("REDIS_URL"):
        wanted.append(("valkey", "REDIS_URL", embedded.start_valkey))
    servers = []
    for name, variable, start in wanted:
        signals.check()
        say(f"Starting {name} …")
        server = start(var / name)
        # The processes know the address by their environment: it comes back on the same port.
        supervisor.add_running(name, server, partial(start, var / name, port=server.port))
        os.environ[variable] = server.url
        if name == "postgres":
            os.environ["DATABASE_OWNER_URL"] = server.url
            os.environ[variable] = embedded.app_url(var / name, server)
        servers.append(server)
    embedded.publish(var, servers)


def _check_servers(environment: dict[str, str]) -> None:
    """Whoever sets an address should read here, not in a page's error, that nobody answers there."""
    try:
        psycopg.connect(environment["DATABASE_URL"], connect_timeout=5).close()
    except psycopg.Error as error:
        raise LaunchError(f"DATABASE_URL leads to no usable PostgreSQL: {str(error).strip()}") from error
    try:
        with redis.Redis.from_url(environment["REDIS_URL"], socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise LaunchError(f"REDIS_URL leads to no usable Redis or Valkey: {error}") from error


def _environment(var: Path, port: int, ports: list[int]) -> dict[str, str]:
    _keep_secrets(var)
    metrics = var / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    (var / "static").mkdir(exist_ok=True)
    return {
        "MEGACITY_ENV": "development",
        **os.environ,
        "MEGACITY_VAR": str(var),
        "PORT": str(port),
        "WEB_PORT": str(ports[0]),
        "WS_PORT": str(ports[1]),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }


def _keep_secrets(var: Path) -> None:
    """What the environment does not give is made once and kept beside the data that it protects."""
    made = {"secret_key": lambda: secrets.token_urlsafe(48), "field_keys": _key, "index_keys": _key}
    made |= dict.fromkeys(("audit_signing_key", "audit_mac_keys"), _thirty_two_bytes)
    for name, make in made.items():
        if not os.environ.get(name.upper()) and not (var / name).exists():
            daemon.write_secret(var / name, make() + "\n")


def _key() -> str:
    return Fernet.generate_key().decode()


def _thirty_two_bytes() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _check_settings(environment: dict[str, str]) -> None:
    """Refuse a bad value here, once and by name, rather than in every process again and again."""
    from django.core.exceptions import ImproperlyConfigured

    os.environ.update(environment)
    try:
        import megacity.settings  # noqa: F401
    except ImproperlyConfigured as error:
        raise LaunchError(str(error)) from error


def _prepare_data(environment: dict[str, str], signals: Signals, *, demo_by_default: bool) -> bool:
    """Migrate when the code's migrations changed since this database was migrated; demo data on the first run.

    Returns whether the demo accounts are in this database.
    """
    url = environment.get("DATABASE_OWNER_URL") or environment["DATABASE_URL"]
    mark = _read_mark(url)
    fingerprint = _fingerprint()
    if mark.get("migrations") != fingerprint:
        say("Migrating the control plane and every zone …")
        _manage("migrate", environment, signals)
        mark["migrations"] = fingerprint
        _write_mark(url, mark)
    # Never into somebody's real database unasked: the demo accounts' passwords are known to all.
    demo = {"1": True, "0": False}.get(os.environ.get("MEGACITY_DEMO", ""), demo_by_default)
    if demo and not mark.get("demo"):
        say("Filling every zone with demo data (once; some minutes) …")
        _manage("seed_demo", environment, signals)
        mark["demo"] = True
        _write_mark(url, mark)
    return bool(mark.get("demo"))


def _fingerprint() -> str:
    """Of everything that `migrate` acts on: migrations, who sees which rows, the registry of zones, settings, the
    versions installed.
    """
    files = sorted(BASE_DIR.glob("*/migrations/*.py")) + sorted(BASE_DIR.glob("*/row_security.py"))
    files += [BASE_DIR / "zones" / name for name in ("registry.py", "roles.py", "policies.py", "scope.py")]
    files += [BASE_DIR / "megacity/settings.py", BASE_DIR / "requirements.lock"]
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(BASE_DIR)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _read_mark(url: str) -> dict[str, object]:
    """What was done to this database. It is kept in the database, so that it goes where the data goes."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT obj_description(to_regclass('public.django_migrations'), 'pg_class')")
        text = (row.fetchone() or [None])[0]
    try:
        mark = json.loads(text or "{}")
    except ValueError:
        return {}
    return mark if isinstance(mark, dict) else {}


def _write_mark(url: str, mark: dict[str, object]) -> None:
    with psycopg.connect(url) as connection:
        statement = sql.SQL("COMMENT ON TABLE public.django_migrations IS {}")
        connection.execute(statement.format(sql.Literal(json.dumps(mark))))


def _manage(command: str, environment: dict[str, str], signals: Signals) -> None:
    signals.check()
    process = subprocess.Popen(
        [sys.executable, "manage.py", command], cwd=BASE_DIR, env=environment, start_new_session=True
    )
    while process.poll() is None and not signals.count:
        time.sleep(0.1)
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
    signals.check()
    if process.returncode:
        raise LaunchError(f"`manage.py {command}` failed (exit status {process.returncode}). Mend it, then: make run")


def _wait_until_ready(supervisor: Supervisor, signals: Signals, port: int) -> None:
    say("Starting the processes …")
    deadline = time.monotonic() + READY_SECONDS
    supervisor.look()
    while not _healthy(port):
        signals.check()
        supervisor.look()
        for child in supervisor.children:
            if child.failures >= HOPELESS_FAILURES:
                raise LaunchError(f"The {child.name} process does not stay alive; its last words are above.")
        if time.monotonic() > deadline:
            raise LaunchError(f"http://localhost:{port}/health did not answer within {READY_SECONDS} s.")
        time.sleep(LOOK_SECONDS)


def _healthy(port: int) -> bool:
    # Not urllib, which would ask the proxy that the environment may name.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(port: int, seconds: float, *, demo: bool) -> None:
    from zones.registry import ZONES

    say(f"\nMegaCity is ready after {seconds:.1f} s: http://localhost:{port}\n")
    for zone in ZONES:
        for domain in zone.domains:
            say(f"  {domain.name:20} http://app.{domain.development}.localhost:{port}")
    if not os.environ.get("EMAIL_URL"):
        say(f"\nMails are written to {embedded.var_folder() / 'mail'} and sent to nobody (EMAIL_URL sends them).")
    if demo:
        from megacity.demo import accounts

        say(f"\n{accounts.summary(port)}")
    say("\nCtrl-C stops everything; the data stays.\n")


def _stop(supervisor: Supervisor, var: Path, stop_servers: bool) -> None:
    supervisor.stop(stop_servers=stop_servers)
    if stop_servers:
        embedded.withdraw(var)
    else:
        say("PostgreSQL and Valkey had been started by somebody else and keep running.")
    say("Everything has stopped.")


def reset() -> None:
    """Stop the servers and delete var/, after a question."""
    var = embedded.var_folder()
    if os.environ.get("CONFIRM") != "1":
        try:
            answer = input(f"Delete {var} with the database and every file in it? Type yes: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() != "yes":
            raise LaunchError("Nothing was deleted. (Without a question: make reset CONFIRM=1)")
    with _only_run(var, 0):
        for server in reversed(embedded.running(var)):
            server.stop(force=True)
        kept = embedded.delete(var)
    say(f"The data of {var} are gone; `make run` begins anew.")
    if kept:
        say(f"Left alone, since it is none of ours: {', '.join(kept)}")


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["reset"]:
            reset()
        else:
            launch()
    except (LaunchError, EmbeddedError) as error:
        sys.exit(f"\n{error}")
