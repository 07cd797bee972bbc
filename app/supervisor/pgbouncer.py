"""PgBouncer in transaction mode before an embedded PostgreSQL, as large installations have one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.supervisor.children import end, end_leftover, spawn
from app.supervisor.failures import SupervisorFailed, last_lines
from app.supervisor.identity import Identity
from app.supervisor.postgresql import ROLE, SUPERUSER

START_SECONDS = 30
PORT = 6432
DEBIANS_FOLDER = "/usr/sbin"
SETTINGS = {
    "listen_port": str(PORT),
    "auth_type": "trust",
    "pool_mode": "transaction",
    "max_client_conn": "1000",
    "unix_socket_mode": "0700",
    "server_connect_timeout": "5",
    "log_connections": "0",
    "log_disconnections": "0",
}


def find_pgbouncer() -> str | None:
    """Path of the installed program, None when there is none."""
    # An ordinary user's PATH lacks the folder that Debian puts it into.
    path = os.pathsep.join((os.environ.get("PATH", ""), DEBIANS_FOLDER))
    return shutil.which("pgbouncer", path=path)


class PgBouncer:
    """One pooler on `data`/pgbouncer, before the PostgreSQL that listens in `sockets`.

    `pool_size` server connections for each database are shared by all clients, a transaction each.
    """

    def __init__(self, data: Path, sockets: Path, identity: Identity, *, pool_size: int):
        self.folder = data / "pgbouncer"
        self.log = data / "pgbouncer.log"
        self.sockets = sockets
        self.identity = identity
        self.pool_size = pool_size
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = ROLE, role: str = ROLE) -> str:
        """Address of a database of that PostgreSQL, through the pooler."""
        folder = quote(str(self.sockets), safe="/")
        return f"postgresql://{role}@/{database}?host={folder}&port={PORT}"

    @property
    def pid(self) -> int | None:
        """The pooler's process, None when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Starts the pooler; raises SupervisorFailed when the program is not installed."""
        program = find_pgbouncer()
        if program is None:
            raise SupervisorFailed("PgBouncer was not found: install Debian's package pgbouncer.")
        self.folder.mkdir(mode=0o700, exist_ok=True)
        pid_file = self.folder / "pgbouncer.pid"
        configuration = self.folder / "pgbouncer.ini"
        end_leftover(pid_file, configuration, signal.SIGTERM, 10)
        configuration.write_text(self._configuration(pid_file))
        (self.folder / "users.txt").write_text(f'"{ROLE}" ""\n"{SUPERUSER}" ""\n')
        self.identity.give(self.folder)
        with self.log.open("ab") as output:
            self._process = spawn(
                [program, str(configuration)],
                parting_signal=signal.SIGTERM,
                output=output,
                prefix=self.identity.prefix,
            )

    def wait_until_ready(self) -> None:
        """Returns when a client reaches PostgreSQL through it."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres", SUPERUSER)).close()
                return
            except psycopg.OperationalError as error:
                if self.pid is None or time.monotonic() > deadline:
                    raise SupervisorFailed(
                        f"PgBouncer did not start on {self.folder}: {error}\n"
                        f"The end of {self.log}:\n{last_lines(self.log)}"
                    ) from error
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops it at once and breaks its connections."""
        if self._process:
            end(self._process, (signal.SIGTERM, 5))
            self._process = None

    def _configuration(self, pid_file: Path) -> str:
        own = {
            "unix_socket_dir": str(self.sockets),
            "auth_file": str(self.folder / "users.txt"),
            "pidfile": str(pid_file),
            "default_pool_size": str(self.pool_size),
        }
        lines = ["[databases]", f"* = host={self.sockets}", "[pgbouncer]"]
        return "\n".join([*lines, *(f"{key} = {value}" for key, value in (SETTINGS | own).items())])
