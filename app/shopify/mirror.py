"""Our own stock moves, as Shopify shall make them: one outgoing mutation for each movement.

What Shopify moved itself (echoes) never comes here. A move inside one location is a move of
quantities, one across the border or between locations an adjustment; both say which paper caused it
and whose entry it is, so that a hold is given back under the name it was taken under.
Source: Shopify, "Manage inventory quantities and states" (2026-10).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import text
from sqlmodel import Session

from app import messages
from app.db import shop_of
from app.inventory.models import INSIDE, Reason, State
from app.shopify.reading import gid

MOVE, ADJUST = "inventory/move", "inventory/adjust"
BATCH = 500

# Lowest movement first, so that each item's moves are told in the order in which they happened.
DUE = """
SELECT movement.movement_id, movement.quantity, movement.reason::text AS reason,
       movement.item_id, movement.line, movement.document_id, item.tracked, item.sku,
       movement.from_location_id, movement.from_state::text AS from_state,
       movement.to_location_id, movement.to_state::text AS to_state,
       document.kind, document.reference, document.title,
       source.reference AS from_reference, target.reference AS to_reference,
       alias.value AS inventory_item,
       CASE WHEN own.document_id IS NOT NULL THEN movement.document_id
            ELSE coalesce(other.hold_document_id, movement.document_id) END AS holding
FROM mirror_due
JOIN movement USING (shop_id, movement_id)
JOIN document USING (shop_id, document_id)
JOIN item ON item.shop_id = movement.shop_id AND item.item_id = movement.item_id
JOIN location AS source
  ON source.shop_id = movement.shop_id AND source.location_id = movement.from_location_id
JOIN location AS target
  ON target.shop_id = movement.shop_id AND target.location_id = movement.to_location_id
LEFT JOIN alias ON alias.shop_id = movement.shop_id AND alias.item_id = movement.item_id
  AND alias.kind = 'shopify_inventory_item'
LEFT JOIN LATERAL (
    SELECT hold.document_id FROM hold
    WHERE hold.shop_id = movement.shop_id AND hold.document_id = movement.document_id
      AND hold.item_id = movement.item_id AND hold.line = movement.line LIMIT 1
) AS own ON true
LEFT JOIN LATERAL (
    SELECT tally.hold_document_id FROM tally
    WHERE tally.shop_id = movement.shop_id AND tally.document_id = movement.document_id
      AND tally.item_id = movement.item_id AND tally.hold_document_id IS NOT NULL
      AND movement.line IN (tally.line, tally.hold_line) LIMIT 1
) AS other ON true
WHERE mirror_due.shop_id = :shop
ORDER BY mirror_due.movement_id
LIMIT :limit
FOR UPDATE OF mirror_due
"""
REASONS = {
    Reason.HELD: "reservation_created",
    Reason.RELEASED: "reservation_deleted",
    Reason.EXPIRED: "reservation_deleted",
    Reason.SHIPPED: "movement_created",
    Reason.SHIPMENT_CORRECTED: "movement_canceled",
    Reason.RECEIVED: "received",
    Reason.RECEIPT_CORRECTED: "correction",
    Reason.RETURNED: "restock",
    Reason.REMOVED: "shrinkage",
    Reason.RELOCATED: "movement_created",
    Reason.ADJUSTED: "correction",
    Reason.OPENING: "correction",
}
REASONS_OF_STATES = {
    State.DAMAGED: "damaged",
    State.QUALITY_CONTROL: "quality_control",
    State.SAFETY_STOCK: "safety_stock",
}
PAPERS = {
    "purchase_order": "AmazonPurchaseOrder",
    "shipment": "AmazonShipment",
    "receipt": "AmazonReceipt",
}


@dataclass(frozen=True)
class Change:
    """One inside account that Shopify keeps as well, and by how many eaches it changes."""

    location: str
    state: State
    delta: int
    ledger: str | None


def plan(session: Session) -> int:
    """Turns movements that Shopify must hear of into outgoing messages; returns how many there were.

    Untracked items and items that Shopify does not know have nobody to tell.
    """
    rows = session.execute(text(DUE), {"shop": shop_of(session), "limit": BATCH}).all()
    for row in rows:
        changes = _changes(row)
        if changes and row.tracked and row.inventory_item:
            messages.record(
                session,
                direction="out",
                channel="shopify",
                topic=MOVE if _is_move(changes) else ADJUST,
                key=f"movement/{row.movement_id}",
                reference=row.reference,
                request=_request(row, changes),
            )
    session.execute(
        text("DELETE FROM mirror_due WHERE shop_id = :shop AND movement_id = ANY(:ids)"),
        {"shop": shop_of(session), "ids": [row.movement_id for row in rows]},
    )
    return len(rows)


def variables(request: dict[str, Any], standing: list[int | None]) -> dict[str, Any]:
    """The mutation's input; `standing` is what Shopify has now in each change's account, or None."""
    changes = request["changes"]
    if _is_move_of(changes):
        source, target = changes if changes[0]["delta"] < 0 else changes[::-1]
        values = standing if changes[0]["delta"] < 0 else standing[::-1]
        return {
            "reason": request["reason"],
            "referenceDocumentUri": request["document"],
            "changes": [
                {
                    "inventoryItemId": request["item"],
                    "quantity": target["delta"],
                    "from": _terminal(source, values[0]),
                    "to": _terminal(target, values[1]),
                }
            ],
        }
    return {
        "name": changes[0]["state"],
        "reason": request["reason"],
        "referenceDocumentUri": request["document"],
        "changes": [
            {
                "inventoryItemId": request["item"],
                "locationId": gid("Location", change["location"]),
                "delta": change["delta"],
                "changeFromQuantity": value,
                **({"ledgerDocumentUri": change["ledger"]} if change["ledger"] else {}),
            }
            for change, value in zip(changes, standing, strict=True)
        ],
    }


def _terminal(change: dict[str, Any], value: int | None) -> dict[str, Any]:
    made = {
        "locationId": gid("Location", change["location"]),
        "name": change["state"],
        "changeFromQuantity": value,
    }
    return made | ({"ledgerDocumentUri": change["ledger"]} if change["ledger"] else {})


def _changes(row: Any) -> list[Change]:
    made = []
    for side, sign in (("from", -1), ("to", 1)):
        state = State(getattr(row, f"{side}_state"))
        if state in INSIDE:
            made.append(
                Change(
                    getattr(row, f"{side}_reference"),
                    state,
                    sign * row.quantity,
                    _ledger(row, state, getattr(row, f"{side}_location_id")),
                )
            )
    return made


def _is_move(changes: list[Change]) -> bool:
    return len(changes) == 2 and changes[0].state is not changes[1].state


def _is_move_of(changes: list[dict[str, Any]]) -> bool:
    return len(changes) == 2 and changes[0]["state"] != changes[1]["state"]


def _ledger(row: Any, state: State, location_id: int) -> str | None:
    """Whose entry it is; Shopify wants none for `available`, and one for every other state."""
    if state is State.AVAILABLE:
        return None
    if state in (State.RESERVED, State.SAFETY_STOCK):
        return f"gid://holdfast/Hold/{row.holding}"
    # Units set aside by one paper may be let go by another, so the entry is the place's own.
    return f"gid://holdfast/{_camel(state.value)}/{row.item_id}-{location_id}"


def _request(row: Any, changes: list[Change]) -> dict[str, Any]:
    return {
        "movement_id": row.movement_id,
        "item_id": row.item_id,
        "sku": row.sku,
        "item": gid("InventoryItem", row.inventory_item),
        "reason": _reason(row, changes),
        "document": _document(row.kind, row.reference),
        "changes": [
            {
                "location": change.location,
                "state": change.state.value,
                "delta": change.delta,
                "ledger": change.ledger,
            }
            for change in changes
        ],
    }


def _reason(row: Any, changes: list[Change]) -> str:
    for change in changes:
        if change.state in REASONS_OF_STATES and row.reason != Reason.SHIPPED:
            return REASONS_OF_STATES[change.state]
    return REASONS[Reason(row.reason)]


def _document(kind: str, reference: str) -> str:
    """The paper behind it, under our app's name, which Shopify shows in the item's history."""
    name = PAPERS.get(kind, _camel(kind))
    number = re.sub(r"^(na|eu|fe):", "", reference) if kind in PAPERS else reference
    return f"gid://holdfast/{name}/{quote(number, safe='')}"


def _camel(words: str) -> str:
    return "".join(word.capitalize() for word in words.split("_"))
