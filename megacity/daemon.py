"""A server program of this machine: its home folder, port and password; how it is started and stopped."""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

# How subprocess runs a program: nothing, or the user and group to become.
RunAs = dict[str, Any]

MINIMUM_FREE_BYTES = 300 * 1024 * 1024
START_SECONDS = 120
# Errors that pass by themselves: the orphans of a killed postmaster hold its shared memory for a moment.
PASSING_ERRORS = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
PASSING_SECONDS = 20
PORT_TAKEN = ("Address already in use", "Address in use")


class EmbeddedError(Exception):
    """A server cannot be had; the message says which, where, why, and what to do."""


@dataclass(frozen=True)
class Program:
    name: str
    home: Path
    command: Callable[[int], list[str]]
    ready: Callable[[int], bool]
    ports: list[int]
    # The kind way to stop it, then the hard one.
    stop_signals: tuple[signal.Signals, ...]
    run_as: RunAs = field(default_factory=dict)


@dataclass
class Server:
    name: str
    url: str
    pid: int
    port: int
    log: Path
    stop_signals: tuple[signal.Signals, ...]
    # None when the server was found running: whoever started it also stops it.
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def alive(self) -> bool:
        return self.process.poll() is None if self.process else pid_exists(self.pid)

    def stop(self, *, force: bool = False, seconds: float = 30) -> None:
        """Stop a server that we started (or any, with force): kindly first, then with the harder signal."""
        if self.process is None and not force:
            return
        for stop_signal in self.stop_signals:
            if not self.alive():
                return
            os.kill(self.pid, stop_signal)
            deadline = time.monotonic() + seconds
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.02)


def start(program: Program, url: str) -> Server:
    """Start the program on the first port that it gets and wait until it answers; `url` has a place for {port}."""
    log = program.home / "server.log"
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(log.with_suffix(".log.1"))
    ports = list(program.ports)
    patience = time.monotonic() + PASSING_SECONDS
    while True:
        port = ports[0]
        begun = log.stat().st_size if log.exists() else 0
        process = _spawn(program, port, log)
        if _comes_up(program, process, port):
            store(program.home / "port", str(port))
            address = url.format(port=port)
            return Server(program.name, address, process.pid, port, log, program.stop_signals, process)
        said = log.read_bytes()[begun:].decode(errors="replace")
        if len(ports) > 1 and any(text in said for text in PORT_TAKEN):
            ports.pop(0)
        elif time.monotonic() < patience and any(text in said for text in PASSING_ERRORS):
            time.sleep(0.5)
        else:
            raise EmbeddedError(
                f"{program.name} did not start in {program.home}. The end of its log, {log}:\n{tail(program.home)}"
            )


def _spawn(program: Program, port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            program.command(port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            # Its own session, so that Ctrl-C in the terminal reaches us alone and we stop things in order.
            start_new_session=True,
            user=program.run_as.get("user"),
            group=program.run_as.get("group"),
            extra_groups=program.run_as.get("extra_groups"),
        )


def _comes_up(program: Program, process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if program.ready(port):
            return True
        time.sleep(0.05)
    process.kill()
    process.wait()
    return False


def ports_to_try(home: Path, port: int | None, choices: range) -> list[int]:
    """The ports to try: only the one that was asked for, or the last one used and then the free ones of the range."""
    if port is not None:
        if not port_is_free(port):
            raise EmbeddedError(f"Port {port} on 127.0.0.1, wanted by the server in {home}, is in use.")
        return [port]
    last = stored_number(home / "port")
    candidates = ([last] if last else []) + [number for number in choices if number != last]
    free = [number for number in candidates if port_is_free(number)]
    if not free:
        raise EmbeddedError(f"No free port for the server in {home} among {choices.start}-{choices.stop - 1}.")
    return free


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def claimed_ports(candidates: Iterable[int], number: int) -> Iterator[list[int]]:
    """`number` free ports, which no other launcher on this machine is given before the block ends.

    That a port is free now says nothing of the minutes until a process listens there; and granian shares its port with
    whoever else does (SO_REUSEPORT): two cities on one port would answer each other's requests, and nobody would know.

    Raises EmbeddedError when there are not so many.
    """
    with ExitStack() as claims:
        ports: list[int] = []
        for port in candidates:
            if len(ports) == number:
                break
            claim = _claim(port)
            if claim is not None:
                claims.enter_context(claim)
                ports += [port] if port_is_free(port) else []
        if len(ports) < number:
            raise EmbeddedError(f"No {number} ports of this machine are free for the processes of the city.")
        yield ports


def _claim(port: int) -> IO[str] | None:
    """A locked file; the kernel lets go of it when this process dies, however it dies. None: it is another's."""
    try:
        lock = (Path(tempfile.gettempdir()) / f"megacity-port-{port}.lock").open("a")
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Only one process at a time starts the server of a home folder; the next one finds it running."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("w")
    except PermissionError as error:
        raise EmbeddedError(
            f"{error.filename} is closed to user {user_name(os.geteuid())}. "
            "Run as its owner, or set MEGACITY_VAR to a folder of your own."
        ) from error
    except OSError as error:
        raise EmbeddedError(f"{home}: {error.strerror}.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_room(home: Path) -> None:
    data = home / "data"
    free = shutil.disk_usage(data.resolve() if data.exists() else home).free
    if free < MINIMUM_FREE_BYTES:
        raise EmbeddedError(
            f"Not enough room for a database in {home}: {free:,} bytes free, {MINIMUM_FREE_BYTES:,} needed. "
            "Free some, or set MEGACITY_VAR to a folder on another disk."
        )


def password_of(home: Path) -> str:
    """The password of this home folder's server, made on first use; only its owner may read it."""
    path = home / "password"
    if not path.exists():
        if (home / "data/global/pg_control").exists():
            raise EmbeddedError(f"{path} is missing: the database beside it cannot be opened without it.")
        write_secret(path, secrets.token_urlsafe(24))
    try:
        return path.read_text().strip()
    except PermissionError as error:
        raise EmbeddedError(
            f"{path} belongs to {owner_of(path)}. Run as that user, or set MEGACITY_VAR to a folder of your own."
        ) from error


def write_secret(path: Path, text: str) -> None:
    """Write a file that its owner alone may read; complete or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def store(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    new.replace(path)


def stored_number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def tail(home: Path, lines: int = 15) -> str:
    log = home / "server.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log yet)"


def pid_exists(pid: int) -> bool:
    """Whether the process runs. A dead one whose parent never asked after it (a zombie) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return not Path("/proc/self/stat").exists()


def owner_of(path: Path) -> str:
    return user_name(path.stat().st_uid)


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
