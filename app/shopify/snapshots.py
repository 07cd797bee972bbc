"""Orders at one moment, as a webhook's kept payload or a fresh reading shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.inventory.documents import DocumentKey
from app.shopify.payloads import when

ORDER, FULFILLMENT, REFUND = "shopify_order", "shopify_fulfillment", "shopify_refund"
VOID = {"cancelled", "error", "failure"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order, in eaches. `routes` is None when it is not known where they are kept."""

    line: str
    variant_id: str | None
    product_id: str | None
    quantity: int | None
    open_units: int | None
    routes: tuple[tuple[str | None, int], ...] | None


@dataclass(frozen=True, slots=True)
class Fulfillment:
    """Units of some lines that left one location; none any more when it was cancelled."""

    reference: str
    created_at: datetime
    updated_at: datetime
    cancelled: bool
    location: str | None
    lines: tuple[tuple[str, int, str | None], ...]
    """Line, eaches, variant."""


@dataclass(frozen=True, slots=True)
class Refunded:
    """Units of one line that a refund speaks of, and what became of them."""

    line: str
    quantity: int
    restock: str
    location: str | None


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund's lines; the money is none of our business."""

    reference: str
    created_at: datetime
    lines: tuple[Refunded, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order at one moment, from a webhook or (`read`) just now from its source."""

    reference: str
    name: str
    created_at: datetime
    updated_at: datetime
    cancelled: bool
    location: str | None
    read: bool
    lines: tuple[Line, ...]
    fulfillments: tuple[Fulfillment, ...]
    refunds: tuple[Refund, ...]

    @property
    def key(self) -> DocumentKey:
        return DocumentKey(ORDER, self.reference)


def order_of(kept: Mapping[str, Any]) -> Order | None:
    """The snapshot in a kept payload; None when it lacks an id or its time stamps."""
    created, updated = when(kept.get("created_at")), when(kept.get("updated_at"))
    if not kept.get("id") or updated is None:
        return None
    return Order(
        reference=kept["id"],
        name=kept.get("name") or "",
        created_at=created or updated,
        updated_at=updated,
        cancelled=bool(kept.get("cancelled_at")),
        location=kept.get("location_id"),
        read=bool(kept.get("read")),
        lines=tuple(_line(line) for line in kept.get("line_items") or () if line.get("id")),
        fulfillments=tuple(_each(fulfillment_of, kept.get("fulfillments"))),
        refunds=tuple(_each(_refund_of, kept.get("refunds"))),
    )


def fulfillment_of(kept: Mapping[str, Any]) -> Fulfillment | None:
    """The fulfilment in a kept payload; None when it lacks an id or its time stamps."""
    created = when(kept.get("created_at"))
    updated = when(kept.get("updated_at")) or created
    if not kept.get("id") or updated is None:
        return None
    totals: dict[str, int] = defaultdict(int)
    variants: dict[str, str | None] = {}
    for line in kept.get("line_items") or ():
        if line.get("id") and (line.get("quantity") or 0) > 0:
            totals[line["id"]] += line["quantity"]
            variants[line["id"]] = line.get("variant_id")
    return Fulfillment(
        reference=kept["id"],
        created_at=created or updated,
        updated_at=updated,
        cancelled=kept.get("status") in VOID,
        location=kept.get("location_id"),
        lines=tuple((line, total, variants[line]) for line, total in totals.items()),
    )


def _line(kept: Mapping[str, Any]) -> Line:
    routes = kept.get("routes")
    return Line(
        line=kept["id"],
        variant_id=kept.get("variant_id"),
        product_id=kept.get("product_id"),
        quantity=kept.get("quantity"),
        open_units=kept.get("fulfillable_quantity"),
        routes=None
        if routes is None
        else tuple((route["location_id"], route["quantity"]) for route in routes),
    )


def _refund_of(kept: Mapping[str, Any]) -> Refund | None:
    created = when(kept.get("created_at")) or when(kept.get("processed_at"))
    if not kept.get("id") or created is None:
        return None
    return Refund(
        reference=kept["id"],
        created_at=created,
        lines=tuple(
            Refunded(
                one["line_item_id"],
                one["quantity"],
                one.get("restock_type") or "",
                one.get("location_id"),
            )
            for one in kept.get("refund_line_items") or ()
            if one.get("line_item_id") and (one.get("quantity") or 0) > 0
        ),
    )


def _each(read: Any, entries: Any) -> list[Any]:
    return [found for entry in entries or () if (found := read(entry)) is not None]
