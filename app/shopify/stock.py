"""Webhooks of the catalogue: items, places and levels kept up to date after the import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory.models import Item, Location, State
from app.messages import Message
from app.shopify import counts, items, requests
from app.shopify.counts import Counted
from app.shopify.notes import Note
from app.shopify.payloads import when

Notes = dict[int, list[Note]]


def locations_changed(session: Session, taken: Sequence[Message]) -> None:
    """locations/*: the newest word on each place; a deleted one stays, inactive."""
    newest = _newest(taken)
    nodes = []
    for reference, message in newest.items():
        active = message.request.get("active")
        if message.topic in ("locations/delete", "locations/deactivate"):
            active = False
        elif message.topic == "locations/activate":
            active = True
        nodes.append({"id": reference, "name": message.request.get("name"), "isActive": active})
    known = {row.reference for row in session.exec(_all_locations(session))}
    gone = {ref for ref, message in newest.items() if message.topic == "locations/delete"}
    items.keep_locations(
        session, [node for node in nodes if node["id"] in known or node["id"] not in gone]
    )


def products_changed(session: Session, taken: Sequence[Message]) -> dict[int, list[Note]]:
    """products/*: known items get their new names; a product with new ones is read whole."""
    facts: dict[str, items.ItemFacts] = {}
    unknown: dict[str, int] = {}
    for product_id, message in _newest(taken).items():
        found = items.facts_of_payload(message.request)
        known = items.item_ids_of(session, items.ITEM, [one.inventory_item_id for one in found])
        facts |= {one.inventory_item_id: one for one in found if one.inventory_item_id in known}
        if len(known) < len(found):
            unknown[product_id] = message.message_id
    items.upsert(session, list(facts.values()))
    for product_id, because in unknown.items():
        requests.ask_for(
            session, requests.READ_PRODUCT, [(f"product:{product_id}", product_id)], because
        )
    return {}


def products_deleted(session: Session, taken: Sequence[Message]) -> None:
    """Which items a deleted product had is told by inventory_items/delete; nothing to do here."""


def items_changed(session: Session, taken: Sequence[Message]) -> Notes:
    """inventory_items/*: SKU, cost and whether stock is counted; new ones come with their product."""
    newest = _newest(taken)
    known = items.item_ids_of(session, items.ITEM, newest)
    rows = {row.item_id: row for row in _items(session, list(known.values()))}
    counted_again = []
    facts = []
    for number, message in newest.items():
        if number not in known:
            continue
        body, item = message.request, rows[known[number]]
        cost = items.money(body.get("cost"))
        if body.get("tracked") is True and not item.tracked:
            counted_again.append(number)
        facts.append(
            items.ItemFacts(
                inventory_item_id=number,
                sku=body.get("sku") if body.get("sku") is not None else item.sku,
                tracked=body.get("tracked"),
                unit_cost=cost,
                unit_cost_currency=item.unit_cost_currency or items.currency_of(session),
            )
        )
    items.upsert(session, facts)
    # Stock that was not counted until now has to be read before anything can be held of it.
    for number in counted_again:
        requests.ask_for(
            session, requests.READ_LEVELS, [(number, number)], newest[number].message_id
        )
    return {}


def items_deleted(session: Session, taken: Sequence[Message]) -> None:
    """inventory_items/delete: nothing is held of it any more, and its numbers stay readable."""
    newest = _newest(taken)
    known = items.item_ids_of(session, items.ITEM, newest)
    now = datetime.now(UTC)
    for item in _items(session, list(known.values())):
        items.release_untracked(session, [item.item_id])
        item.tracked, item.archived_at = False, item.archived_at or now


def levels_changed(session: Session, taken: Sequence[Message]) -> Notes:
    """inventory_levels/*: what Shopify counts as available; read again where it does not say."""
    numbers = {message.request.get("inventory_item_id") or "" for message in taken}
    item_ids = items.item_ids_of(session, items.ITEM, numbers)
    untracked = {row.item_id for row in _items(session, list(item_ids.values())) if not row.tracked}
    places = {row.reference: row.location_id for row in session.exec(_all_locations(session))}
    notes: Notes = defaultdict(list)
    counted: list[Counted] = []
    unclear: dict[str, int] = {}
    unplaced: list[tuple[str, int]] = []
    for message in taken:
        body = message.request
        number, reference = body.get("inventory_item_id") or "", body.get("location_id") or ""
        item_id, location_id = item_ids.get(number), places.get(reference)
        if item_id is None:
            notes[message.message_id].append(_note("item_unknown", f"Inventory item {number}"))
        elif location_id is None:
            notes[message.message_id].append(_note("location_unknown", f"Location {reference}"))
            unplaced.append((reference, message.message_id))
        elif item_id in untracked:
            continue
        elif message.topic == "inventory_levels/update" and body.get("available") is not None:
            moment = when(body.get("updated_at")) or message.occurred_at or message.received_at
            counted.append(
                Counted(item_id, location_id, State.AVAILABLE, body["available"], moment)
            )
        else:
            unclear.setdefault(number, message.message_id)
    counts.keep(session, counted)
    for number, because in unclear.items():
        requests.ask_for(session, requests.READ_LEVELS, [(number, number)], because)
    if unplaced:
        requests.ask_for(session, requests.READ_LOCATIONS, [("all", "all")], unplaced[0][1])
    return notes


def _newest(taken: Sequence[Message]) -> dict[str, Message]:
    """The newest message about each thing, by the thing's id."""
    found: dict[str, Message] = {}
    for message in taken:
        number = message.request.get("id")
        if number and (number not in found or _age(found[number]) <= _age(message)):
            found[number] = message
    return found


def _age(message: Message) -> datetime:
    moment = when(message.request.get("updated_at"))
    return moment or message.occurred_at or message.received_at


def _items(session: Session, item_ids: Sequence[int]) -> list[Item]:
    query = select(Item).where(Item.shop_id == shop_of(session), col(Item.item_id).in_(item_ids))
    return list(session.exec(query))


def _all_locations(session: Session) -> Any:
    return select(Location).where(Location.shop_id == shop_of(session))


def _note(code: Any, what: str) -> Note:
    return Note(code=code, line=None, detail=f"{what} is not known to Holdfast.")
