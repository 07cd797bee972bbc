"""The last step of the catalogue import: the newest levels, the open orders, and the books are open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlmodel import Session, col, select

from app import bell
from app.db import run, shop_of
from app.errors import GiveUp
from app.messages import Message
from app.shopify import (
    counts,
    exports,
    items,
    opening,
    order_books,
    past_orders,
    snapshots,
    transfers,
)
from app.shopify.client import Json, ShopClient
from app.shopify.payloads import identifier, when
from app.shopify.reading import gid
from app.shopify.tables import CatalogImport
from app.shops import this_shop

log = structlog.get_logger(__name__)

KEPT_ORDER = "orders/import"


def open_books(row: CatalogImport, client: ShopClient, sleep: Callable[[float], None]) -> None:
    """Reads the levels that changed since the export began, then opens the books in one go."""
    opened_at = _next_second(sleep)
    since = (row.asked_at or row.started_at).astimezone(UTC) - timedelta(seconds=5)
    query = f"updated_at:>='{since.strftime('%Y-%m-%dT%H:%M:%SZ')}'"
    for reference in run(_location_references, row.shop_id):
        levels = client.pages(
            "recent_levels",
            "location.inventoryLevels",
            location=gid("Location", reference),
            query=query,
        )
        for batch in exports.batches(levels):
            run(_keep_recent, row.shop_id, reference, batch)
    run(_open_books, row.shop_id, row.run, opened_at)


def _next_second(sleep: Callable[[float], None]) -> datetime:
    """Waits for it: Shopify's time stamps are whole seconds, and each paper is before or after."""
    now = datetime.now(UTC)
    moment = now.replace(microsecond=0) + timedelta(seconds=1)
    while (left := (moment - datetime.now(UTC)).total_seconds()) > 0:
        sleep(left)
    return moment


def _location_references(session: Session) -> list[str]:
    return sorted(exports.places(session))


def _keep_recent(session: Session, reference: str, levels: Sequence[Json]) -> None:
    numbers = [identifier(level["item"]["id"]) or "" for level in levels]
    item_ids = items.item_ids_of(session, items.ITEM, numbers)
    location_id = exports.places(session)[reference]
    counted = []
    for number, level in zip(numbers, levels, strict=True):
        moment = when(level["updatedAt"])
        if number in item_ids and moment is not None:
            counted += counts.of_level(level, item_ids[number], location_id, moment)
    counts.keep(session, counted)


def _open_books(session: Session, import_run: int, opened_at: datetime) -> None:
    """All in one transaction, so that nobody sees units free that an open order holds."""
    row = locked(session)
    shop = this_shop(session)
    shop.opened_at = opened_at
    session.flush()
    first = opening.is_first(session)
    if first:
        opening.state_stock(session, opened_at)
    for batch in exports.batches(_imported_orders(session, import_run)):
        order_books.settle_orders(session, [(one, message_id) for one, message_id in batch])
    _settle_what_waits(session)
    if not first:
        opening.state_stock(session, opened_at)
    opening.hold_what_others_hold(session, opened_at)
    transfers.begin_anew(session, f"opening {opened_at.isoformat()}")
    row.state, row.step, row.error, row.attempts = "done", "open", None, 0
    row.finished_at = datetime.now(UTC)
    past_orders.plan(session, row.finished_at)
    for job in ("webhooks_in", "ask_again", "shopify_out"):
        bell.ring_after_commit(session, job)
    log.info("books_opened", items=row.items, orders=row.orders, first=first)


def _imported_orders(session: Session, import_run: int) -> Iterator[tuple[snapshots.Order, int]]:
    rows = session.exec(
        select(Message)
        .where(
            Message.shop_id == shop_of(session),
            Message.direction == "in",
            Message.channel == "shopify",
            Message.topic == KEPT_ORDER,
            col(Message.key).startswith(f"import/{import_run}/", autoescape=True),
        )
        .order_by(col(Message.message_id))
    )
    for message in rows:
        order = snapshots.order_of(message.request)
        if order is not None:
            yield order, message.message_id


def _settle_what_waits(session: Session) -> None:
    """Orders that came in meanwhile explain what Shopify holds; the drain will see them again."""
    rows = session.exec(
        select(Message)
        .where(
            Message.shop_id == shop_of(session),
            Message.direction == "in",
            Message.channel == "shopify",
            Message.state == "waiting",
            col(Message.topic).in_(("orders/create", "orders/updated", "orders/cancelled")),
        )
        .order_by(col(Message.message_id))
    ).all()
    found = [(snapshots.order_of(message.request), message.message_id) for message in rows]
    for batch in exports.batches(iter(found)):
        order_books.settle_orders(
            session, [(order, message_id) for order, message_id in batch if order is not None]
        )


def locked(session: Session) -> CatalogImport:
    """This shop's import, locked until the transaction ends; raises GiveUp when it is gone."""
    row = session.get(CatalogImport, shop_of(session), with_for_update=True)
    if row is None:
        raise GiveUp("The catalogue import was taken away.")
    return row
