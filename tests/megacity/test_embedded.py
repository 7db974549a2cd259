"""PostgreSQL and Valkey out of their wheels: the ways in which starting them goes wrong on a person's machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from megacity import daemon, embedded
from megacity.daemon import EmbeddedError, Server


class Starter:
    """Starts servers below a folder with a space in its name and stops them after the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Server] = []

    def postgres(self, port: int | None = None, durable: bool = False) -> Server:
        return self._keep(embedded.start_postgres(self.folder / "postgres", port=port, durable=durable))

    def valkey(self) -> Server:
        return self._keep(embedded.start_valkey(self.folder / "valkey"))

    def _keep(self, server: Server) -> Server:
        self.started.append(server)
        return server


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[Starter]:
    # As root the server runs as another user, who may not enter pytest's own temporary folders.
    if os.geteuid() == 0:
        for folder in (tmp_path, *tmp_path.parents):
            if "pytest" in str(folder):
                folder.chmod(0o755)
    starter = Starter(tmp_path / "a folder")
    yield starter
    for server in reversed(starter.started):
        server.stop(force=True)


def test_a_database_outlives_its_server_and_keeps_its_port(starter: Starter) -> None:
    first = starter.postgres()
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    first.stop()
    assert not first.alive()

    second = starter.postgres()

    assert second.port == first.port
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_the_application_is_no_superuser_but_may_make_databases_and_roles(starter: Starter) -> None:
    with psycopg.connect(starter.postgres().url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, True, True)
        connection.execute("CREATE ROLE zone_univ")
        connection.execute("SET ROLE zone_univ")
        assert connection.execute("SELECT current_user").fetchone() == ("zone_univ",)


def test_nobody_gets_in_without_the_password(starter: Starter) -> None:
    postgres, valkey = starter.postgres(), starter.valkey()

    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host="127.0.0.1", port=postgres.port, user="postgres", dbname="postgres")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 0)).ping()
    for server in (postgres, valkey):
        secret = server.log.with_name("password")
        assert secret.stat().st_mode & 0o077 == 0
        assert secret.read_text() not in Path(f"/proc/{server.pid}/cmdline").read_text()


def test_a_running_server_is_found_and_left_to_whoever_started_it(starter: Starter) -> None:
    postgres, valkey = starter.postgres(), starter.valkey()

    again = [starter.postgres(), starter.valkey()]

    assert [server.pid for server in again] == [postgres.pid, valkey.pid]
    for server in again:
        server.stop()
    assert postgres.alive()
    assert valkey.alive()


def test_two_starts_at_once_give_one_server(starter: Starter) -> None:
    program = "import sys; from megacity import embedded; print(embedded.start_valkey(sys.argv[1]).pid)"
    command = [sys.executable, "-c", program, str(starter.folder / "valkey")]

    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    pids = {process.communicate(timeout=60)[0].strip() for process in both}

    assert pids == {str(starter.valkey().pid)}


def test_a_taken_port_is_avoided_unless_it_was_asked_for(starter: Starter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        (starter.folder / "valkey").mkdir(parents=True)
        (starter.folder / "valkey" / "port").write_text(str(number))
        assert starter.valkey().port in embedded.VALKEY_PORTS
        with pytest.raises(EmbeddedError, match=f"Port {number} on 127.0.0.1"):
            starter.postgres(port=number)


def test_what_was_committed_survives_a_kill(starter: Starter) -> None:
    first = starter.postgres(durable=True)
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(first.pid, signal.SIGKILL)

    second = starter.postgres(port=first.port, durable=True)

    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_pid_file_of_before_the_reboot_is_no_obstacle(starter: Starter) -> None:
    first = starter.postgres()
    pid_file = first.log.with_name("data") / "postmaster.pid"
    text = pid_file.read_text()
    owner = pid_file.stat()
    first.stop()
    # The number now belongs to some other process, which must neither be taken for the server nor be stopped.
    with subprocess.Popen(["sleep", "300"], user=owner.st_uid if os.geteuid() == 0 else None) as stranger:
        pid_file.write_text(text.replace(str(first.pid), str(stranger.pid), 1))
        os.chown(pid_file, owner.st_uid, owner.st_gid)

        second = starter.postgres()

        assert second.alive()
        assert second.pid != stranger.pid
        assert stranger.poll() is None
        stranger.kill()


def test_valkey_keeps_what_was_written_before_a_kill(starter: Starter) -> None:
    first = starter.valkey()
    client = redis.Redis.from_url(first.url)
    client.set("kept", "7")
    client.execute_command("WAITAOF", 1, 0, 5000)
    os.kill(first.pid, signal.SIGKILL)

    assert redis.Redis.from_url(starter.valkey().url).get("kept") == b"7"


def test_an_interrupted_first_start_is_begun_anew(starter: Starter) -> None:
    unfinished = starter.folder / "postgres" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    assert starter.postgres().alive()
    assert not unfinished.exists()


def test_a_half_made_data_folder_is_moved_aside_and_never_deleted(starter: Starter, capsys) -> None:
    data = starter.folder / "postgres" / "data"
    (data / "base").mkdir(parents=True)
    (data / "base" / "precious").write_text("somebody's")

    assert starter.postgres().alive()

    (aside,) = data.parent.glob("data.unfinished-*")
    assert (aside / "base" / "precious").read_text() == "somebody's"
    assert str(aside) in capsys.readouterr().out


def test_a_database_whose_password_is_gone_is_left_alone(starter: Starter) -> None:
    server = starter.postgres()
    server.stop()
    server.log.with_name("password").unlink()

    with pytest.raises(EmbeddedError, match="password is missing"):
        starter.postgres()
    assert (server.log.with_name("data") / "global" / "pg_control").exists()


def test_another_version_s_data_are_refused_by_name(starter: Starter) -> None:
    server = starter.postgres()
    server.stop()
    (server.log.with_name("data") / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match="made by PostgreSQL 17, this is 18"):
        starter.postgres()


def test_a_full_disk_is_refused_with_the_path_and_the_bytes(starter: Starter, monkeypatch) -> None:
    free = shutil.disk_usage("/").total
    monkeypatch.setattr(daemon, "MINIMUM_FREE_BYTES", free * 2)

    with pytest.raises(EmbeddedError, match=r"a folder/postgres: [\d,]+ bytes free, [\d,]+ needed"):
        starter.postgres()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(starter: Starter) -> None:
    server = starter.postgres()
    server.stop()
    control = server.log.with_name("data") / "global" / "pg_control"
    control.write_bytes(b"\0" * 8192)

    with pytest.raises(EmbeddedError, match=r"(?s)PostgreSQL did not start.*server\.log.*(FATAL|PANIC)"):
        starter.postgres()
    assert control.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are closed to the user who runs PostgreSQL")
def test_a_database_below_a_closed_folder_finds_a_shelter(starter: Starter, capsys) -> None:
    starter.folder.mkdir(mode=0o700)
    server = starter.postgres()
    data = starter.folder / "postgres" / "data"

    assert data.is_symlink()
    assert data.resolve().parent.name.startswith(embedded.SHELTER_PREFIX)
    assert str(data.resolve().parent) in capsys.readouterr().out
    assert starter.folder.stat().st_mode & 0o777 == 0o700
    server.stop()
    assert starter.postgres().alive()
    starter.started[-1].stop(force=True)

    assert embedded.delete(starter.folder) == []
    assert not data.resolve().parent.exists()


def test_two_launchers_are_never_given_the_same_port_though_nobody_listens_there_yet():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        candidates = range(busy, busy + 40)
        with daemon.claimed_ports(candidates, 2) as ours, daemon.claimed_ports(candidates, 2) as theirs:
            assert len({*ours, *theirs, busy}) == 5
        with daemon.claimed_ports(candidates, 2) as again:
            assert again == ours
        with pytest.raises(EmbeddedError), daemon.claimed_ports([busy], 1):
            pass
