"""The inventory mutations: their rules, their error codes, and nothing applied unless all is well.

Sources: Shopify, "Manage inventory quantities and states"; the enums of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLError

from app.simulators.shopify import stock
from app.simulators.shopify.admin_api.context import number_of
from app.simulators.shopify.records import Item, Level, Location, Variant, level_key
from app.simulators.shopify.stock import Step
from app.simulators.shopify.store import Changing

Input = Mapping[str, Any]
REASONS = frozenset(
    {
        "correction", "cycle_count_available", "damaged", "movement_created", "movement_updated",
        "movement_received", "movement_canceled", "other", "promotion", "quality_control",
        "received", "reservation_created", "reservation_updated", "reservation_deleted", "restock",
        "safety_stock", "shrinkage",
    }
)  # fmt: skip
WRITABLE = ("available", "reserved", "damaged", "safety_stock", "quality_control", "incoming")
"""`committed` is Shopify's own and `on_hand` is a sum."""
SET_LIMIT = 1_000_000_000
MOVE_LIMIT = 2_000_000_000
MOST_CHANGES = 250
MOST_LEDGERS = 2
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
OURS = "gid://shopify/"


class Wrong(Exception):
    """One user error."""

    def __init__(self, code: str, message: str, *field: str | int) -> None:
        super().__init__(message)
        self.error = {
            "code": code,
            "message": message,
            "field": [str(part) for part in ("input", *field)],
        }


def move(change: Changing, given: Input, actor: str) -> int | None:
    """inventoryMoveQuantities; the id of the adjustment group. Raises Wrong."""
    changes = given["changes"]
    _limit(changes)
    for each in changes:
        for side in ("from", "to"):
            _present(each[side], "InventoryMoveQuantityTerminalInput")
    _reason(given)
    _reference(given)
    uris = {each[side].get("ledgerDocumentUri") for each in changes for side in ("from", "to")} - {
        None
    }
    if len(uris) > MOST_LEDGERS:
        raise Wrong(
            "MAXIMUM_LEDGER_DOCUMENT_URIS",
            "You can't have more than two different ledger document URIs.",
            "changes",
        )
    steps: list[Step] = []
    for index, each in enumerate(changes):
        steps += _moved(change, index, each)
    _once(changes, lambda each: each["inventoryItemId"], "MOVE_QUANTITIES_FAILED", "changes")
    _no_debt(change, steps, "MOVE_QUANTITIES_FAILED")
    return _apply(change, steps, given, actor)


def adjust(change: Changing, given: Input, actor: str) -> int | None:
    """inventoryAdjustQuantities; the id of the adjustment group. Raises Wrong."""
    changes = given["changes"]
    _limit(changes)
    for each in changes:
        _present(each, "InventoryChangeInput")
    _reason(given)
    _reference(given)
    name = _name(given["name"], "name")
    if len({each.get("ledgerDocumentUri") for each in changes}) > 1:
        raise Wrong(
            "MAX_ONE_LEDGER_DOCUMENT", "All changes must have the same ledger document.", "changes"
        )
    steps = []
    for index, each in enumerate(changes):
        field = ("changes", index)
        item_id = _item(change, each["inventoryItemId"], *field, "inventoryItemId")
        place_id = _location(change, each["locationId"], *field, "locationId")
        _within(each["delta"], MOVE_LIMIT, *field, "delta")
        ledger = _ledger(name, each, *field)
        _compare(change, item_id, place_id, name, each, *field)
        steps.append(Step(item_id, place_id, name, each["delta"], ledger))
    _once(changes, _pair, "ADJUST_QUANTITIES_FAILED", "changes")
    _no_debt(change, steps, "ADJUST_QUANTITIES_FAILED")
    return _apply(change, steps, given, actor)


def set_(change: Changing, given: Input, actor: str) -> int | None:
    """inventorySetQuantities; the id of the adjustment group. Raises Wrong."""
    quantities = given["quantities"]
    _limit(quantities)
    for each in quantities:
        _present(each, "InventoryQuantityInput")
    name = given["name"]
    if name not in ("available", "on_hand"):
        raise Wrong("INVALID_NAME", "The quantity name must be available or on_hand.", "name")
    _reason(given)
    _reference(given)
    _once(quantities, _pair, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "quantities")
    steps = []
    for index, each in enumerate(quantities):
        field = ("quantities", index)
        item_id = _item(change, each["inventoryItemId"], *field, "inventoryItemId")
        place_id = _location(change, each["locationId"], *field, "locationId")
        _within(each["quantity"], SET_LIMIT, *field, "quantity")
        if each["quantity"] < 0 and name == "on_hand":
            raise Wrong(
                "INVALID_QUANTITY_NEGATIVE", "The quantity can't be negative.", *field, "quantity"
            )
        _compare(change, item_id, place_id, name, each, *field)
        delta = each["quantity"] - _quantity(change, item_id, place_id, name)
        steps.append(Step(item_id, place_id, "available", delta))
    return _apply(change, steps, given, actor)


def _moved(change: Changing, index: int, each: Input) -> Iterator[Step]:
    field = ("changes", index)
    item_id = _item(change, each["inventoryItemId"], *field, "inventoryItemId")
    source, target = each["from"], each["to"]
    place_id = _location(change, source["locationId"], *field, "from", "locationId")
    other_id = _location(change, target["locationId"], *field, "to", "locationId")
    if place_id != other_id:
        raise Wrong(
            "DIFFERENT_LOCATIONS", "The quantities can't be moved between locations.", *field
        )
    names = [
        _name(terminal["name"], *field, side, "name")
        for side, terminal in (("from", source), ("to", target))
    ]
    if names[0] == names[1]:
        raise Wrong(
            "SAME_QUANTITY_NAME", "The quantity names for each change can't be the same.", *field
        )
    if each["quantity"] < 0:
        raise Wrong(
            "INVALID_QUANTITY_NEGATIVE", "The quantity can't be negative.", *field, "quantity"
        )
    _within(each["quantity"], MOVE_LIMIT, *field, "quantity")
    ledgers = [
        _ledger(name, terminal, *field, side)
        for name, side, terminal in (
            (names[0], "from", source),
            (names[1], "to", target),
        )
    ]
    for name, side, terminal in ((names[0], "from", source), (names[1], "to", target)):
        _compare(change, item_id, place_id, name, terminal, *field, side)
    yield Step(item_id, place_id, names[0], -each["quantity"], ledgers[0])
    yield Step(item_id, place_id, names[1], each["quantity"], ledgers[1])


def _apply(change: Changing, steps: list[Step], given: Input, actor: str) -> int | None:
    made = stock.apply(
        change,
        steps,
        reason=given["reason"],
        actor=actor,
        reference=given.get("referenceDocumentUri"),
    )
    return made.id if made else None


def _limit(changes: list[Input]) -> None:
    if len(changes) > MOST_CHANGES:
        raise GraphQLError(
            f"The input array size of {len(changes)} is greater than the maximum allowed of"
            f" {MOST_CHANGES}.",
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )


def _present(given: Input, kind: str) -> None:
    if "changeFromQuantity" not in given:
        raise GraphQLError(
            f"{kind} must include the following argument: changeFromQuantity.",
            extensions={"code": "INVALID_FIELD_ARGUMENTS"},
        )


def _reason(given: Input) -> None:
    if given["reason"] not in REASONS:
        raise Wrong("INVALID_REASON", "The specified reason is invalid.", "reason")


def _reference(given: Input) -> None:
    uri = given.get("referenceDocumentUri")
    if uri is not None and not URI.fullmatch(uri):
        raise Wrong(
            "INVALID_REFERENCE_DOCUMENT",
            "The specified reference document is invalid.",
            "referenceDocumentUri",
        )


def _item(change: Changing, text: str, *field: str | int) -> int:
    number = number_of("InventoryItem", text)
    if number is None or change.get(Item, number) is None:
        raise Wrong(
            "INVALID_INVENTORY_ITEM", "The specified inventory item could not be found.", *field
        )
    if any(variant.components for variant in change.store.by(Variant, "item_id", number)):
        raise Wrong(
            "NON_MUTABLE_INVENTORY_ITEM",
            "The specified inventory item is not allowed to be adjusted via API.",
            *field,
        )
    return number


def _location(change: Changing, text: str, *field: str | int) -> int:
    number = number_of("Location", text)
    if number is None or change.get(Location, number) is None:
        raise Wrong("INVALID_LOCATION", "The specified location could not be found.", *field)
    return number


def _name(name: str, *field: str | int) -> str:
    if name not in WRITABLE:
        raise Wrong(
            "INVALID_QUANTITY_NAME",
            f"The specified quantity name is invalid; valid are {', '.join(WRITABLE)}.",
            *field,
        )
    return name


def _ledger(name: str, given: Input, *field: str | int) -> str | None:
    uri: str | None = given.get("ledgerDocumentUri")
    if name == "available":
        if uri is not None:
            raise Wrong(
                "INVALID_AVAILABLE_DOCUMENT",
                "The ledger document URI is not allowed when adjusting available.",
                *field,
                "ledgerDocumentUri",
            )
        return None
    if uri is None:
        raise Wrong(
            "INVALID_QUANTITY_DOCUMENT",
            "The ledger document URI is required except when adjusting available.",
            *field,
            "ledgerDocumentUri",
        )
    if uri.startswith(OURS):
        raise Wrong(
            "INTERNAL_LEDGER_DOCUMENT",
            "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API.",
            *field,
            "ledgerDocumentUri",
        )
    if not URI.fullmatch(uri):
        raise Wrong(
            "INVALID_LEDGER_DOCUMENT",
            "The specified ledger document is invalid.",
            *field,
            "ledgerDocumentUri",
        )
    return uri


def _within(quantity: int, limit: int, *field: str | int) -> None:
    if quantity > limit:
        raise Wrong("INVALID_QUANTITY_TOO_HIGH", f"The quantity can't exceed {limit}.", *field)
    if quantity < -limit:
        raise Wrong("INVALID_QUANTITY_TOO_LOW", f"The quantity can't be below -{limit}.", *field)


def _compare(
    change: Changing, item_id: int, place_id: int, name: str, given: Input, *field: str | int
) -> None:
    wanted = given["changeFromQuantity"]
    if wanted is not None and wanted != _quantity(change, item_id, place_id, name):
        raise Wrong(
            "CHANGE_FROM_QUANTITY_STALE",
            "The changeFromQuantity argument no longer matches the persisted quantity.",
            *field,
            "changeFromQuantity",
        )


def _quantity(change: Changing, item_id: int, place_id: int, name: str) -> int:
    level = change.get(Level, level_key(item_id, place_id))
    return level.quantity(name) if level else 0


def _pair(each: Input) -> tuple[str, str]:
    return each["inventoryItemId"], each["locationId"]


def _once(changes: list[Input], key: Any, code: str, *field: str) -> None:
    if len({key(each) for each in changes}) < len(changes):
        raise Wrong(
            code, "The combination of item and location must be unique within one call.", *field
        )


def _no_debt(change: Changing, steps: list[Step], code: str) -> None:
    """No state but available may be brought below zero."""
    for step in steps:
        if step.name == "available" or step.delta >= 0:
            continue
        if _quantity(change, step.item_id, step.location_id, step.name) + step.delta < 0:
            raise Wrong(code, f"There are not that many units {step.name}.", "changes")
