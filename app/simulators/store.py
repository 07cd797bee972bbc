"""A simulator's memory: one dictionary, written whole and flushed before anybody is answered."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Store:
    """State that outlives a kill -9: a change is on disk before the call that made it returns."""

    def __init__(self, path: Path | None, fresh: dict[str, Any]) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.state: dict[str, Any] = fresh
        if path is not None and path.exists():
            self.state = fresh | json.loads(path.read_text())

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """The state, alone; saved when the block ends, also when it raises."""
        with self.lock:
            try:
                yield self.state
            finally:
                self.save()

    @contextmanager
    def reading(self) -> Iterator[dict[str, Any]]:
        """The state, alone, not to be changed."""
        with self.lock:
            yield self.state

    def save(self) -> None:
        """Writes beside the old file and swaps them, so that there is always a whole one."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        with beside.open("w") as file:
            json.dump(self.state, file, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
