"""Stores incoming messages durably, many threads' messages in one commit.

A commit waits for the disk, so whoever comes first commits for all who came meanwhile: the others
only wait for that one commit. Nobody is answered before their row is on disk.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool

from app.config import settings
from app.db import APPLICATION_ROLE
from app.together import Together

CONNECTIONS = 2
MOST = 1_000
"""Rows in one commit."""
PATIENCE = 3.0
"""Seconds to wait for a connection; Shopify hangs up after 5 and comes again."""

ENTER_SHOP = "SELECT set_config('holdfast.shop_id', %s, true)"
STEP_DOWN = f"SELECT set_config('role', '{APPLICATION_ROLE}', true)"
BYPASSES = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
RETURNED = ("shop_id", "key", "message_id")
INSERT = (
    "INSERT INTO message (shop_id, direction, channel, topic, key, reference, state, attempts,"
    " received_at, occurred_at, due_at, finished_at, request, notes, history) VALUES …"
    " ON CONFLICT (shop_id, direction, channel, key) DO NOTHING"
    f" RETURNING {', '.join(RETURNED)}"
)
ROW = (
    "(%s, 'in', 'shopify', %s, %s, %s, %s, 0, now(), %s, now(),"
    " CASE WHEN %s THEN now() END, %s, '[]', '[]')"
)


class Incoming(NamedTuple):
    """One message to store; `request` is JSON text."""

    shop_id: int
    topic: str
    key: str
    reference: str | None
    known: bool
    occurred_at: datetime | None
    request: str


class Writer:
    """Puts messages into the database, grouped by commit. One for each process, used by its threads."""

    def __init__(self) -> None:
        self._together = Together(self._commit, most=MOST, hopeless=psycopg.OperationalError)
        self._opening = threading.Lock()
        self._pool: ConnectionPool[psycopg.Connection[Any]] | None = None
        self._steps_down = False

    def store(self, incoming: Incoming) -> int | None:
        """The new row's message id once it is durable; None when it was stored before.

        Raises psycopg.Error when the database does not take it.
        """
        return self._together(incoming)

    def find_shop_id(self, domain: str) -> int | None:
        """The shop of a domain, from the global table."""
        with self._connections().connection() as connection:
            row = connection.execute(
                "SELECT shop_id FROM shop_domain WHERE domain = %s", (domain,)
            ).fetchone()
        return int(row[0]) if row else None

    def close(self) -> None:
        """Closes its connections."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _commit(self, group: Sequence[Incoming]) -> list[int | None]:
        by_shop: dict[int, list[Incoming]] = {}
        for incoming in group:
            by_shop.setdefault(incoming.shop_id, []).append(incoming)
        statements, values = ([STEP_DOWN], []) if self._steps_down else ([], [])
        for shop_id, rows in by_shop.items():
            statements += [ENTER_SHOP, INSERT.replace("…", ", ".join([ROW] * len(rows)))]
            values += [str(shop_id), *(value for row in rows for value in _values(row))]
        stored: dict[tuple[int, str], int] = {}
        with self._connections().connection() as connection:
            # All statements go as one text: one round trip, and one transaction by the protocol.
            cursor = connection.execute("; ".join(statements).encode(), values)
            for result in cursor.results():
                if result.description and len(result.description) == len(RETURNED):
                    stored |= {(row[0], row[1]): row[2] for row in result}
        # The first to ask has stored it, a twin in the same group has not.
        return [stored.pop((one.shop_id, one.key), None) for one in group]

    def _connections(self) -> ConnectionPool[psycopg.Connection[Any]]:
        # Opened on first use, as connections do not survive the fork of a web worker.
        if self._pool is None:
            with self._opening:
                if self._pool is None:
                    pool = _open_pool()
                    with pool.connection() as connection:
                        row = connection.execute(BYPASSES).fetchone()
                    self._steps_down = bool(row and row[0])
                    self._pool = pool
        return self._pool


def _values(row: Incoming) -> tuple[Any, ...]:
    state = "waiting" if row.known else "ignored"
    kept = (row.shop_id, row.topic, row.key, row.reference, state)
    return (*kept, row.occurred_at, not row.known, row.request)


def _open_pool() -> ConnectionPool[psycopg.Connection[Any]]:
    return ConnectionPool(
        settings().database_url,
        min_size=1,
        max_size=CONNECTIONS,
        timeout=PATIENCE,
        # PgBouncer in transaction mode hands each transaction another connection.
        kwargs={
            "prepare_threshold": None,
            "connect_timeout": 3,
            "autocommit": True,
            "cursor_factory": psycopg.ClientCursor,
        },
        name="webhooks",
        open=True,
    )
