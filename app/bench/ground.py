"""What every measurement stands on: servers of its own, a migrated database, a shop with stock."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlmodel import Session

from app import bell
from app.config import settings
from app.db import engine, run, shop_of, transaction
from app.inventory import audit, ledger
from app.inventory.documents import Document
from app.inventory.flows import adjusted
from app.inventory.models import Location
from app.migrations import migrate
from app.shops import open_shop
from app.supervisor import Servers
from app.supervisor.postgresql import SUPERUSER

SHOP = "bench.myshopify.com"
SECRET = "bench-secret"
PLENTY = 1_000_000

MAKE_ITEMS = """
INSERT INTO item (shop_id, sku, title, units_per_case, tracked, created_at, updated_at)
SELECT :shop, 'BENCH-' || n, 'Item ' || n, 1, true, now(), now() FROM generate_series(1, :count) AS n
RETURNING item_id
"""
NAME_VARIANTS = """
INSERT INTO alias (shop_id, kind, value, item_id)
SELECT shop_id, 'shopify_variant', substr(sku, 7), item_id FROM item WHERE shop_id = :shop
"""


class BooksAreWrong(Exception):
    """A measurement that broke the books is worth nothing."""


@dataclass(frozen=True)
class Ground:
    """A folder of its own, and the address at which its database's superuser gets in."""

    folder: Path
    superuser_url: str


@contextmanager
def ground(database_url: str | None, redis_url: str | None) -> Iterator[Ground]:
    """A folder and, in the settings, the addresses of durable servers; embedded ones unless given.

    The database must be one for measuring: it is migrated and filled.
    """
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = Path(name)
        servers = Servers(
            folder / "servers", durable=True, postgresql=not database_url, valkey=not redis_url
        )
        with servers:
            os.environ.update(
                DATABASE_URL=database_url or servers.database_url,
                REDIS_URL=redis_url or servers.redis_url,
                ENCRYPTION_KEYS=Fernet.generate_key().decode(),
                SHOPIFY_API_KEY="bench",
                SHOPIFY_API_SECRET=SECRET,
                LOG_LEVEL="WARNING",
            )
            _forget()
            migrate(settings().database_url)
            try:
                yield Ground(folder, database_url or servers.postgresql.url(role=SUPERUSER))
            finally:
                engine().dispose()
                _forget()


def make_shop(domain: str, items: int) -> tuple[int, int, list[int]]:
    """A shop with this many items, a million of each at one location: its id, the location, the items."""
    with transaction() as session:
        shop = open_shop(session, domain)
        shop.opened_at = shop.created_at
        location = Location(shop_id=shop.shop_id, reference="1", name="Warehouse")
        session.add(location)
        session.flush()
        values = {"shop": shop.shop_id, "count": items}
        item_ids = list(session.execute(text(MAKE_ITEMS), values).scalars())
        session.execute(text(NAME_VARIANTS), values)
        shop_id, location_id = shop.shop_id, location.location_id
    for start in range(0, items, 1_000):
        flows = [
            adjusted(str(item_id), item_id, location_id, PLENTY)
            for item_id in item_ids[start : start + 1_000]
        ]
        run(ledger.settle, shop_id, [Document("adjustment", f"stock {start}", 1, flows=flows)])
    return shop_id, location_id, item_ids


def check_books(shop_id: int, committed: int) -> None:
    """Raises BooksAreWrong unless the audit is silent and so many units are committed."""
    run(_check, shop_id, committed)


def database_version() -> str:
    """What answers at DATABASE_URL, and whether its commits are durable."""
    with engine().connect() as connection:
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
        durable = [
            connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("fsync", "synchronous_commit")
        ]
    return f"PostgreSQL {version}, fsync {durable[0]}, synchronous_commit {durable[1]}"


def _check(session: Session, committed: int) -> None:
    found = audit.findings(session)
    if found:
        raise BooksAreWrong(f"the audit finds {len(found)} faults, first {found[0]}")
    held = session.execute(
        text(
            "SELECT coalesce(sum(quantity), 0) FROM balance"
            " WHERE shop_id = :shop AND state = 'committed'"
        ),
        {"shop": shop_of(session)},
    ).scalar_one()
    if held != committed:
        raise BooksAreWrong(f"{committed} units were ordered, {held} are committed")


def _forget() -> None:
    settings.cache_clear()
    engine.cache_clear()
    bell.connection.cache_clear()
