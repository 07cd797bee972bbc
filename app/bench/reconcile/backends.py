"""What a database's own processes took, where they run on this machine: time of processors, and memory."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
LOOKS_EVERY = 0.1
"""Seconds."""
KIB = 1_024


class Backends:
    """The processes that answer for a database; `connection` is a superuser's, in autocommit mode.

    A database on another machine is not seen: nothing is found then.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def seconds(self) -> float:
        """Time on processors of all that are connected now, since each began."""
        return sum(
            int(said.split()[0]) / 1_000_000_000
            for pid in self._pids()
            if (said := _read(pid, "schedstat"))
        )

    def memory(self) -> int:
        """Bytes of their own, all together: without what they share, which is set once for all."""
        return sum(_own_memory(str(pid)) for pid in self._pids())

    def _pids(self) -> list[int]:
        return [row[0] for row in self._connection.execute(BACKENDS)]


class Peak:
    """The most that `memory` was inside a `with` block, looked at every tenth of a second."""

    def __init__(self, memory: Backends | None = None) -> None:
        self.bytes = 0
        self._of = memory
        self._ends = threading.Event()
        self._looks = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        self._looks.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ends.set()
        self._looks.join()

    def _look(self) -> None:
        while True:
            now = self._of.memory() if self._of else _own_memory("self")
            self.bytes = max(self.bytes, now)
            if self._ends.wait(LOOKS_EVERY):
                return


def _own_memory(pid: str) -> int:
    for line in (_read(pid, "status") or "").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * KIB
    return 0


def _read(pid: int | str, name: str) -> str | None:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return None
