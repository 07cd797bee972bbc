"""Access tokens for Amazon: one store, kept apart by tenant, app and host; refreshed under a lock.

The kept library's own cache is not used: it mixes tenants up (reference: its key holds neither the
client nor the host) and keeps a revoked token.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from app import secrets
from app.connections import locked
from app.db import run

LEAST_LEFT = timedelta(minutes=5)


@dataclass(frozen=True)
class Grant:
    """What a client needs to act for one vendor group. `connection_id` is None before it is kept.

    While a rotation is under way there are two client secrets, the newest first.
    """

    shop_id: int
    connection_id: int | None
    region: str
    refresh_token: str
    client_id: str
    client_secrets: tuple[str, ...]
    lwa_origin: str
    sp_api_origin: str

    @property
    def key(self) -> tuple[int, int | None, str, str, str]:
        """What must be equal for a token to be shared."""
        digest = hashlib.sha256(self.refresh_token.encode()).hexdigest()
        return self.shop_id, self.connection_id, self.client_id, self.lwa_origin, digest


@dataclass(frozen=True)
class Token:
    """An access token and when it ends."""

    value: str
    expires_at: datetime

    def lasts(self) -> bool:
        """Whether it is good for a call that starts now."""
        return self.expires_at - datetime.now(UTC) > LEAST_LEFT


class Tokens:
    """Access tokens of this process, backed by the sealed ones on the connections' rows."""

    def __init__(self) -> None:
        self._tokens: dict[object, Token] = {}
        self._locks: dict[object, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, grant: Grant, fetch: Callable[[Grant], Token]) -> str:
        """A token that lasts five minutes or more, fetched once however many threads ask."""
        with self._lock(grant):
            token = self._tokens.get(grant.key)
            if token is None or not token.lasts():
                token = self._kept(grant)
            if token is None or not token.lasts():
                token = fetch(grant)
                if grant.connection_id is not None:
                    run(_keep, grant.shop_id, grant.connection_id, token)
            self._tokens[grant.key] = token
            return token.value

    def forget(self, grant: Grant, value: str) -> None:
        """Drops this token everywhere; a newer one that another thread has fetched stays."""
        with self._lock(grant):
            token = self._tokens.get(grant.key)
            if token is not None and token.value == value:
                del self._tokens[grant.key]
            if grant.connection_id is not None:
                run(_drop, grant.shop_id, grant.connection_id, value)

    def _lock(self, grant: Grant) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(grant.key, threading.Lock())

    def _kept(self, grant: Grant) -> Token | None:
        if grant.connection_id is None:
            return None
        return run(_read, grant.shop_id, grant.connection_id)


def _read(session: Session, connection_id: int) -> Token | None:
    row = locked(session, connection_id)
    if row.access_token is None or row.access_expires_at is None:
        return None
    return Token(secrets.decrypt(row.access_token), row.access_expires_at)


def _keep(session: Session, connection_id: int, token: Token) -> None:
    row = locked(session, connection_id)
    row.access_token = secrets.encrypt(token.value)
    row.access_expires_at = token.expires_at
    session.add(row)


def _drop(session: Session, connection_id: int, value: str) -> None:
    row = locked(session, connection_id)
    if row.access_token is not None and secrets.decrypt(row.access_token) == value:
        row.access_token = row.access_expires_at = None
        session.add(row)


tokens = Tokens()
