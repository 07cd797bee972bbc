"""One shop's memory: records by kind and key, and a journal that a kill -9 cannot shorten.

Every change is one line of the journal, handed to the operating system before the change becomes
visible, so whatever was answered is there after a restart. Starting reads the journal again; a last
line cut short by a kill was never answered and is dropped.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from app.simulators.shopify.records import KINDS, Record, now

R = TypeVar("R", bound=Record)
BY_NAME = {kind.__name__: kind for kind in KINDS}
JOURNAL = "journal.jsonl"
TIDY_AFTER = 64 * 1024 * 1024


class Store:
    """The records of one shop. Read under `lock`; write in a `changing` block."""

    def __init__(self, folder: Path | None, first_id: int) -> None:
        """Without a folder nothing outlives the process."""
        self.folder = folder
        self.lock = threading.RLock()
        self.next_id = first_id
        self.public_url = ""
        self.tables: dict[str, dict[str, Record]] = {kind.__name__: {} for kind in KINDS}
        self.indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = {
            (kind.__name__, name): defaultdict(dict) for kind in KINDS for name in kind.INDEXES
        }
        self._journal: int | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._claim = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read(folder / JOURNAL)
            self._open(folder / JOURNAL)

    def get(self, kind: type[R], key: object) -> R | None:
        """The record, or None."""
        return self.tables[kind.__name__].get(str(key))  # type: ignore[return-value]

    def all(self, kind: type[R]) -> list[R]:
        """Every record of a kind, oldest first."""
        return list(self.tables[kind.__name__].values())  # type: ignore[arg-type]

    def by(self, kind: type[R], name: str, value: object) -> list[R]:
        """The records whose indexed field has this value."""
        table = self.tables[kind.__name__]
        keys = self.indexes[kind.__name__, name].get(value, {})
        return [table[key] for key in keys]  # type: ignore[misc]

    @contextmanager
    def changing(self, at: datetime | None = None) -> Iterator[Changing]:
        """One change, alone: kept whole when the block ends, forgotten whole when it raises."""
        with self.lock:
            change = Changing(self, at or now())
            yield change
            for finish in change.at_end:
                finish()
            self._commit(change)
        for tell in change.afterwards:
            tell()

    def tidy(self) -> None:
        """Rewrites the journal as the records that there are."""
        with self.lock:
            if self.folder is None or self._journal is None:
                return
            beside = self.folder / f"{JOURNAL}.new"
            with beside.open("wb") as file:
                for name, table in self.tables.items():
                    for record in table.values():
                        file.write(self._line([(name, record)], []))
                file.write(self._line([], []))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.folder / JOURNAL)
            os.close(self._journal)
            self._open(self.folder / JOURNAL)
            self._size = 0

    def close(self) -> None:
        """Gives the folder back; the store is not to be used afterwards."""
        with self.lock:
            if self._journal is not None:
                os.close(self._journal)
                os.close(self._claim)
                self._journal = None

    def _commit(self, change: Changing) -> None:
        puts = [(key[0], record) for key, record in change.pending.items() if record is not None]
        deletes = [key for key, record in change.pending.items() if record is None]
        if not puts and not deletes:
            return
        if self._journal is not None:
            line = self._line(puts, deletes)
            _write_all(self._journal, line)
            self._size += len(line)
        for name, record in puts:
            self._put(name, record)
        for name, key in deletes:
            self._delete(name, key)
        if self._journal is not None and self._size > TIDY_AFTER:
            self.tidy()

    def _line(self, puts: list[tuple[str, Record]], deletes: list[tuple[str, str]]) -> bytes:
        texts = ",".join(f'["{name}",{record.model_dump_json()}]' for name, record in puts)
        return (
            f'{{"next":{self.next_id},"put":[{texts}],"delete":{json.dumps(deletes)}}}\n'.encode()
        )

    def _open(self, path: Path) -> None:
        self._journal = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._size = os.fstat(self._journal).st_size

    def _read(self, path: Path) -> None:
        if not path.exists():
            return
        whole = 0
        with path.open("rb") as file:
            for line in file:
                try:
                    content = json.loads(line)
                except ValueError:
                    break
                whole += len(line)
                self.next_id = max(self.next_id, content["next"])
                for name, fields in content["put"]:
                    self._put(name, BY_NAME[name].model_validate(fields))
                for name, key in content["delete"]:
                    self._delete(name, key)
        os.truncate(path, whole)

    def _put(self, name: str, record: Record) -> None:
        self._delete_from_indexes(name, record.key)
        self.tables[name][record.key] = record
        for field in record.INDEXES:
            self.indexes[name, field][getattr(record, field)][record.key] = None

    def _delete(self, name: str, key: str) -> None:
        self._delete_from_indexes(name, key)
        self.tables[name].pop(key, None)

    def _delete_from_indexes(self, name: str, key: str) -> None:
        old = self.tables[name].get(key)
        if old is not None:
            for field in old.INDEXES:
                self.indexes[name, field][getattr(old, field)].pop(key, None)


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


class Changing:
    """A change under way: reads see what it has written so far."""

    def __init__(self, store: Store, at: datetime) -> None:
        self.store = store
        self.at = at
        self.second = at.replace(microsecond=0)
        """Shopify's resources are stamped to the second."""
        self.event_id = str(uuid.uuid4())
        self.pending: dict[tuple[str, str], Record | None] = {}
        self.announced: list[tuple[Any, ...]] = []
        """Webhook topic and what it is about; made into deliveries when the change is whole."""
        self.at_end: list[Callable[[], None]] = []
        self.afterwards: list[Callable[[], None]] = []

    def new_id(self) -> int:
        """An id that no other thing of this shop has."""
        self.store.next_id += 1
        return self.store.next_id - 1

    def get(self, kind: type[R], key: object) -> R | None:
        """The record as it would be after this change; not to be altered."""
        name = (kind.__name__, str(key))
        if name in self.pending:
            return self.pending[name]  # type: ignore[return-value]
        return self.store.get(kind, key)

    def edit(self, kind: type[R], key: object) -> R:
        """A copy to be altered, which replaces the record. Raises KeyError if there is none."""
        name = (kind.__name__, str(key))
        if name in self.pending:
            found = self.pending[name]
        else:
            old = self.store.get(kind, key)
            found = old.model_copy(deep=True) if old is not None else None
            if found is not None:
                self.pending[name] = found
        if found is None:
            raise KeyError(f"{kind.__name__} {key}")
        return found  # type: ignore[return-value]

    def add(self, record: R) -> R:
        """Keeps a new record, or replaces one."""
        self.pending[type(record).__name__, record.key] = record
        return record

    def remove(self, kind: type[Record], key: object) -> None:
        self.pending[kind.__name__, str(key)] = None

    def all(self, kind: type[R]) -> list[R]:
        """Every record of a kind as it would be after this change."""
        found: dict[str, Any] = dict(self.store.tables[kind.__name__])
        for (name, key), record in self.pending.items():
            if name == kind.__name__:
                if record is None:
                    found.pop(key, None)
                else:
                    found[key] = record
        return list(found.values())
