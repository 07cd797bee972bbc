"""Questions to Shopify: read one thing outside a transaction, then bring the answer to the books."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, select

from app import bell
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.inventory.models import Location
from app.messages import Message
from app.shopify import (
    counting,
    counts,
    history,
    items,
    opening,
    order_books,
    requests,
    snapshots,
    transfers,
)
from app.shopify.client import Denied, Json, ShopClient
from app.shopify.levels import read_levels
from app.shopify.notes import Note
from app.shopify.payloads import identifier, when
from app.shopify.reading import gid, order_of_route, read_order
from app.shopify.transfer_reading import read_transfer
from app.shops import this_shop

Apply = Callable[[Session, Message], tuple[Any, Sequence[Note]]]
"""Brings an answer to the books; returns what to keep as the response, and the odd lines."""
NOT_FOUND: Json = {"found": False}
NOT_GRANTED: Json = {"granted": False}
TOKEN_LIFE = timedelta(hours=1)
"""An access token lives no longer, and only the next one may carry what was just granted."""
MOST_TOKENS = 3


def ask(client: ShopClient, message: Message) -> Apply:
    """Puts the question of a message; what it returns is to be run in a transaction."""
    number = str(message.request["id"])
    if message.topic == requests.READ_ORDER:
        return _order(read_order(client, number))
    if message.topic == requests.READ_ROUTE:
        order_id = order_of_route(client, number)
        return _order(read_order(client, order_id) if order_id else None)
    if message.topic == requests.READ_PRODUCT:
        return _product(client, number)
    if message.topic == requests.READ_LEVELS:
        asked_at = database_time()
        return _levels(_read_all(client, [gid("InventoryItem", number)]), asked_at)
    if message.topic == requests.READ_LOCATIONS:
        return _locations(list(client.pages("locations", "locations")))
    if message.topic == requests.READ_TRANSFERS:
        return _transfers(client, message)
    if message.topic == requests.READ_TRANSFER:
        return _transfer(client, number)
    if message.topic == requests.READ_HISTORY:
        return _history(client, int(number))
    raise GiveUp(f"Nobody knows how to ask {message.topic}.")


def _order(kept: Json | None) -> Apply:
    order = snapshots.order_of(kept) if kept else None

    def apply(session: Session, message: Message) -> tuple[Any, Sequence[Note]]:
        # Not found: it is deleted, or the message was another shop's, which its headers do not prove.
        if order is None:
            return NOT_FOUND, ()
        notes = order_books.settle_orders(session, [(order, message.message_id)])
        return kept, notes.get(message.message_id, ())

    return apply


def _product(client: ShopClient, number: str) -> Apply:
    product = client.ask("product", id=gid("Product", number))["product"]
    if product is None:
        return lambda session, message: (NOT_FOUND, ())
    page = product["variants"]["pageInfo"]
    if page["hasNextPage"]:
        product["variants"]["nodes"] += client.pages(
            "product", "product.variants", id=product["id"], after=page["endCursor"]
        )
    facts = items.facts_of_product(product)
    asked_at = database_time()
    found = _read_all(client, [gid("InventoryItem", one.inventory_item_id) for one in facts])
    bring = _levels(found, asked_at)

    def apply(session: Session, message: Message) -> tuple[Any, Sequence[Note]]:
        kept = items.upsert(session, facts)
        bring(session, message)
        return {"items": len(facts), "new": len(kept.new)}, ()

    return apply


def _levels(found: Sequence[tuple[str, str, Json]], asked_at: datetime) -> Apply:
    def apply(session: Session, message: Message) -> tuple[Any, Sequence[Note]]:
        numbers = {identifier(item) or "" for _, item, _ in found}
        item_ids = items.item_ids_of(session, items.ITEM, numbers)
        places = _places(session)
        counted = []
        for location, item, level in found:
            item_id = item_ids.get(identifier(item) or "")
            if item_id is not None and location in places:
                moment = when(level["updatedAt"]) or asked_at
                counted += counts.of_level(
                    level, item_id, places[location], moment, read_at=asked_at
                )
        counts.keep(session, counted)
        _open_unopened(session, list(item_ids.values()), datetime.now(UTC))
        counting.compare_items(session, list(item_ids.values()))
        return {"counts": len(counted)}, ()

    return apply


def _transfers(client: ShopClient, message: Message) -> Apply:
    try:
        found = list(client.pages("transfers", "inventoryTransfers"))
    except Denied as refusal:
        if message.attempts < MOST_TOKENS:
            raise RetryLater(refusal.detail, after=TOKEN_LIFE) from refusal
        return lambda session, message: (NOT_GRANTED, ())
    by_number = {identifier(one["id"]) or "": one["status"] for one in found}

    def apply(session: Session, message: Message) -> tuple[Any, Sequence[Note]]:
        asked = transfers.listed(session, by_number, message.message_id)
        return {"transfers": len(by_number), "asked": asked}, ()

    return apply


def _transfer(client: ShopClient, number: str) -> Apply:
    asked_at = database_time()
    try:
        kept = read_transfer(client, number)
    except Denied:
        return lambda session, message: (NOT_GRANTED, ())

    def apply(session: Session, message: Message) -> tuple[Any, Sequence[Note]]:
        if kept is None:
            transfers.gone(session, number, asked_at)
            return NOT_FOUND, ()
        return kept, transfers.settle(session, kept, asked_at, message.message_id)

    return apply


def _history(client: ShopClient, discrepancy_id: int) -> Apply:
    entries = history.read(client, discrepancy_id)

    def apply(session: Session, message: Message) -> tuple[Any, Sequence[Note]]:
        history.conclude(session, discrepancy_id, entries)
        return {"entries": None if entries is None else len(entries)}, ()

    return apply


def _locations(nodes: Sequence[Json]) -> Apply:
    def apply(session: Session, message: Message) -> tuple[Any, Sequence[Note]]:
        items.keep_locations(session, nodes, all_of_them=True)
        return {"locations": len(nodes)}, ()

    return apply


def _read_all(client: ShopClient, item_gids: Sequence[str]) -> list[tuple[str, str, Json]]:
    """Location, inventory item and level, for every location that has one."""
    places = run(_places, client.shop_id)
    return [
        (location, item, level)
        for location in sorted(places)
        for item, level in read_levels(client, location, item_gids)
    ]


def _places(session: Session) -> Mapping[str, int]:
    rows = session.exec(select(Location).where(Location.shop_id == shop_of(session)))
    return {row.reference: row.location_id for row in rows}


def _open_unopened(session: Session, item_ids: Sequence[int], now: datetime) -> None:
    """Stock of items that came after the opening enters the books when it is first read."""
    if this_shop(session).opened_at is None:
        return
    unopened = session.execute(
        text(
            "SELECT item_id FROM item WHERE shop_id = :shop AND item_id = ANY(:items) AND tracked"
            " AND NOT EXISTS (SELECT FROM balance WHERE balance.shop_id = :shop"
            " AND balance.item_id = item.item_id)"
        ),
        {"shop": shop_of(session), "items": list(item_ids)},
    ).scalars()
    found = list(unopened)
    if found:
        opening.open_late(session, found, now)
        bell.ring_after_commit(session, "ask_again")
