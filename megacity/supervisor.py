"""Keeps processes running: one that dies is started again, after a pause that grows while it keeps dying.

honcho reads the Procfile and prints the lines; its manager is not used, because it ends all when one ends.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import psutil
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from megacity.daemon import EmbeddedError, Server

LOOK_SECONDS = 0.2
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 15.0
# A process that lived so long was well: its next death is a new story.
WELL_SECONDS = 30.0
STOP_SECONDS = 10.0
COLOURS = ("36", "33", "35", "32", "34", "31")


@dataclass
class Child:
    """A process of the Procfile, or a server of this machine."""

    name: str
    start: Callable[[], subprocess.Popen[bytes] | Server]
    running: subprocess.Popen[bytes] | Server | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    @property
    def pid(self) -> int:
        return self.running.pid if self.running else 0

    def alive(self) -> bool:
        if isinstance(self.running, Server):
            return self.running.alive()
        return self.running is not None and self.running.poll() is None


@dataclass
class Supervisor:
    """Starts children in order, restarts the dead, stops all in the opposite order."""

    record: Path
    children: list[Child] = field(default_factory=list)
    hurry: bool = False

    def __post_init__(self) -> None:
        self.printer = Printer(sys.stdout, width=8)
        self.printing = threading.Lock()

    def add_procfile(self, procfile: Path, environment: Mapping[str, str]) -> None:
        processes = parse_procfile(procfile.read_text()).processes
        for position, (name, command) in enumerate(processes.items()):
            colour = COLOURS[position % len(COLOURS)]
            start = partial(self._spawn, name, command, colour, environment, procfile.parent)
            self.children.append(Child(name, start))

    def add_running(self, name: str, server: Server, start: Callable[[], Server]) -> None:
        self.children.append(Child(name, start, server, time.monotonic()))
        self._write_record()

    def look(self) -> None:
        """Start what is due and notice what died; call it again and again."""
        for child in self.children:
            if child.running is not None and not child.alive():
                self._bury(child)
            if child.running is None and time.monotonic() >= child.due:
                self._begin(child)

    def _begin(self, child: Child) -> None:
        try:
            child.running = child.start()
        except (EmbeddedError, OSError) as error:
            self._postpone(child, str(error))
            return
        child.started = time.monotonic()
        self._write_record()

    def _bury(self, child: Child) -> None:
        code = child.running.returncode if isinstance(child.running, subprocess.Popen) else None
        if isinstance(child.running, subprocess.Popen):
            # What a killed process leaves behind in its group would hold its port.
            _signal_group(child.running.pid, signal.SIGKILL)
        if time.monotonic() - child.started > WELL_SECONDS:
            child.failures = 0
        child.running = None
        self._postpone(child, "ended" if code is None else f"ended ({_in_words(code)})")

    def _postpone(self, child: Child, why: str) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**child.failures)
        child.failures += 1
        child.due = time.monotonic() + pause
        self.say(child.name, f"{why}; starting it again in {pause:g} s")

    def _spawn(
        self, name: str, command: str, colour: str, environment: Mapping[str, str], folder: Path
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._copy_lines, args=(process, name, colour), daemon=True).start()
        return process

    def _copy_lines(self, process: subprocess.Popen[bytes], name: str, colour: str) -> None:
        for line in process.stdout or ():
            self.say(name, line.decode(errors="replace").rstrip(), colour)

    def say(self, name: str, text: str, colour: str = "37") -> None:
        # A terminal that was closed must not stop the processes from being stopped.
        with self.printing, suppress(OSError, ValueError):
            self.printer.write(Message("line", text + "\n", datetime.now(), name, colour))
            sys.stdout.flush()

    def stop(self, *, stop_servers: bool = True) -> None:
        """First the processes, all at once and kindly, then the servers that they use, the last started first."""
        processes = [child.running for child in self.children if isinstance(child.running, subprocess.Popen)]
        for process in processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline and not self.hurry:
            time.sleep(0.05)
        for process in processes:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        if stop_servers:
            for child in reversed(self.children):
                if isinstance(child.running, Server):
                    child.running.stop(force=True, seconds=2 if self.hurry else 30)
        self.record.unlink(missing_ok=True)

    def _write_record(self) -> None:
        """Who runs for us, so that the next start can clear up after a launcher that was killed."""
        rows = []
        for child in self.children:
            with suppress(psutil.NoSuchProcess):
                if child.pid:
                    created = psutil.Process(child.pid).create_time()
                    rows.append([child.name, child.pid, created, isinstance(child.running, Server)])
        self.record.write_text(json.dumps(rows))


def orphans(record: Path) -> Iterator[tuple[str, int, bool]]:
    """Name and process id of what a killed launcher left running, and whether it is a server."""
    try:
        rows = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return
    for name, pid, created, is_server in rows:
        with suppress(psutil.NoSuchProcess):
            # The clock may have been set since; a number is hardly given to another process within seconds.
            if abs(psutil.Process(pid).create_time() - created) < 5:
                yield name, pid, is_server


def stop_orphan(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        psutil.Process(pid).wait(STOP_SECONDS)
    _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> None:
    # Each process leads a session of its own, so its id is also its group's.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"
