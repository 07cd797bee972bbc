"""What a shop is made of: plain records, each with the key under which the store keeps it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, Field

UNAVAILABLE = ("reserved", "damaged", "safety_stock", "quality_control")
ON_HAND = ("available", "committed", *UNAVAILABLE)
STATES = (*ON_HAND, "incoming")


class Record(BaseModel):
    """Something the store keeps. Never changed in place: a change works on a copy."""

    INDEXES: ClassVar[tuple[str, ...]] = ()

    @property
    def key(self) -> str:
        """Unique among the records of its kind in one shop."""
        return str(self.id)  # type: ignore[attr-defined]


class Shop(Record):
    """The shop itself; one record, whose key is its domain."""

    id: int
    domain: str
    name: str
    email: str
    currency: str = "USD"
    time_zone: str = "America/Los_Angeles"
    created_at: datetime
    installed_at: datetime | None = None
    scopes: list[str]
    last_order_number: int = 1000

    @property
    def key(self) -> str:
        return "shop"


class Location(Record):
    id: int
    name: str
    active: bool = True
    fulfils_online: bool = True
    priority: int
    address: dict[str, str] = Field(default_factory=dict)
    created_at: datetime
    updated_at: datetime


class Product(Record):
    id: int
    title: str
    handle: str
    vendor: str
    status: str = "ACTIVE"
    kind: str = ""
    created_at: datetime
    updated_at: datetime


class Component(BaseModel):
    variant_id: int
    quantity: int


class Variant(Record):
    INDEXES = ("product_id", "item_id", "sku")

    id: int
    product_id: int
    item_id: int
    title: str
    sku: str | None
    barcode: str | None
    price: str
    position: int
    components: list[Component] = Field(default_factory=list)
    metafields: dict[str, str] = Field(default_factory=dict)
    """`namespace.key` → value."""
    created_at: datetime
    updated_at: datetime


class Item(Record):
    """An inventory item."""

    id: int
    sku: str | None
    tracked: bool = True
    unit_cost: str | None = None
    created_at: datetime
    updated_at: datetime


class Level(Record):
    """One item's quantities at one location, in eaches."""

    INDEXES = ("item_id", "location_id")

    id: int
    item_id: int
    location_id: int
    active: bool = True
    quantities: dict[str, int] = Field(default_factory=lambda: dict.fromkeys(STATES, 0))
    changed: dict[str, datetime] = Field(default_factory=dict)
    ledgers: dict[str, dict[str, int]] = Field(default_factory=dict)
    """State → ledger document URI → units, as far as they were written with one."""
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> str:
        return level_key(self.item_id, self.location_id)

    def quantity(self, name: str) -> int:
        """Units in a state; `on_hand` is the sum of its parts, as Shopify defines it."""
        if name == "on_hand":
            return sum(self.quantities[state] for state in ON_HAND)
        return self.quantities[name]


def level_key(item_id: int, location_id: int) -> str:
    return f"{item_id}:{location_id}"


class Change(BaseModel):
    """One line of an adjustment: what became of one state of one level."""

    item_id: int
    location_id: int
    name: str
    delta: int
    after: int
    ledger: str | None = None


class Adjustment(Record):
    """One entry of the inventory history."""

    id: int
    created_at: datetime
    reason: str
    reference: str | None
    actor: str
    """The app's title, `Online store` or a member of staff."""
    changes: list[Change]


class Line(BaseModel):
    id: int
    variant_id: int | None
    product_id: int | None
    item_id: int | None
    sku: str | None
    title: str
    variant_title: str | None
    price: str
    quantity: int
    """As ordered; an edit can raise it, nothing lowers it."""
    current: int
    """After edits and refunds."""
    requires_shipping: bool = True
    group_id: int | None = None


class RoutedLine(BaseModel):
    id: int
    line_id: int
    item_id: int | None
    total: int
    remaining: int


class Route(BaseModel):
    """A fulfilment order: what of an order is to be shipped from where."""

    id: int
    location_id: int
    status: str = "OPEN"
    created_at: datetime
    updated_at: datetime
    lines: list[RoutedLine]


class ShippedLine(BaseModel):
    id: int
    line_id: int
    route_id: int
    quantity: int


class Fulfillment(BaseModel):
    id: int
    name: str
    location_id: int
    status: str = "success"
    tracking_number: str
    created_at: datetime
    updated_at: datetime
    lines: list[ShippedLine]


class RefundedLine(BaseModel):
    id: int
    line_id: int
    quantity: int
    restock_type: str
    location_id: int | None


class Refund(BaseModel):
    id: int
    created_at: datetime
    note: str | None
    lines: list[RefundedLine]


class Order(Record):
    id: int
    number: int
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    edited: bool = False
    test: bool = False
    currency: str
    source_name: str = "web"
    source_identifier: str | None = None
    tags: list[str] = Field(default_factory=list)
    lines: list[Line]
    routes: list[Route]
    fulfillments: list[Fulfillment] = Field(default_factory=list)
    refunds: list[Refund] = Field(default_factory=list)

    @property
    def name(self) -> str:
        return f"#{self.number}"

    def line(self, line_id: int) -> Line:
        return next(line for line in self.lines if line.id == line_id)

    def remaining(self, line_id: int) -> int:
        """Units of a line still to be shipped."""
        return sum(
            routed.remaining
            for route in self.routes
            for routed in route.lines
            if routed.line_id == line_id
        )

    def shipped(self, line_id: int) -> int:
        return sum(
            line.quantity
            for fulfillment in self.fulfillments
            if fulfillment.status == "success"
            for line in fulfillment.lines
            if line.line_id == line_id
        )

    def fulfillment_status(self) -> str | None:
        """As the REST body says it: null, partial or fulfilled."""
        shipped = sum(self.shipped(line.id) for line in self.lines)
        if not shipped:
            return None
        return "partial" if any(self.remaining(line.id) for line in self.lines) else "fulfilled"

    def financial_status(self) -> str:
        refunded = sum(line.quantity for refund in self.refunds for line in refund.lines)
        if not refunded:
            return "paid"
        return "refunded" if refunded >= self.units() else "partially_refunded"

    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


class TransferLine(BaseModel):
    id: int
    item_id: int
    quantity: int


class InboundLine(BaseModel):
    """Units of one transfer line in one shipment, and what became of them on arrival."""

    id: int
    line_id: int
    item_id: int
    quantity: int
    accepted: int = 0
    rejected: int = 0

    @property
    def unreceived(self) -> int:
        return self.quantity - self.accepted - self.rejected


class Inbound(BaseModel):
    """A shipment of a transfer."""

    id: int
    name: str
    status: str = "DRAFT"
    created_at: datetime
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    arrives_at: datetime | None = None
    company: str | None = None
    tracking_number: str | None = None
    lines: list[InboundLine]


class Transfer(Record):
    """An inventory transfer: units on their way to a location, from another one or a supplier."""

    id: int
    number: int
    reference_name: str | None
    status: str = "DRAFT"
    origin_id: int | None
    destination_id: int | None
    created_at: datetime
    lines: list[TransferLine]
    shipments: list[Inbound] = Field(default_factory=list)

    @property
    def name(self) -> str:
        return f"#T{self.number:04}"

    def shipped(self, line_id: int) -> int:
        """Units of a line in shipments that have left."""
        return self._in_shipments(line_id, draft=False)

    def picked(self, line_id: int) -> int:
        """Units of a line in shipments that have not left yet."""
        return self._in_shipments(line_id, draft=True)

    def _in_shipments(self, line_id: int, *, draft: bool) -> int:
        return sum(
            line.quantity
            for shipment in self.shipments
            if (shipment.status == "DRAFT") == draft
            for line in shipment.lines
            if line.line_id == line_id
        )


class AccessToken(Record):
    value: str
    online: bool
    user_id: int | None
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    """None: a token that never expires, which the Admin API refuses."""

    @property
    def key(self) -> str:
        return self.value


class RefreshToken(Record):
    value: str
    parent: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked: bool = False

    @property
    def key(self) -> str:
        return self.value


class Remembered(Record):
    """What an idempotency key was first used for and what came of it."""

    idempotency_key: str
    operation: str
    fingerprint: str
    first_used_at: datetime
    answer: dict[str, Any] | None
    """None: the attempt failed on our side, and nothing was carried out."""

    @property
    def key(self) -> str:
        return self.idempotency_key


class Subscription(Record):
    """A webhook subscription made by API; those of the app's own configuration are not listed."""

    id: int
    topic: str
    uri: str
    name: str | None
    filter: str | None
    include_fields: list[str]
    created_at: datetime
    updated_at: datetime


class BulkOperation(Record):
    id: int
    status: str = "CREATED"
    query: str
    error_code: str | None = None
    created_at: datetime
    completed_at: datetime | None = None
    object_count: int = 0
    root_object_count: int = 0
    file_size: int | None = None
    file: str | None = None
    """Name of the result file, which is also the secret part of its address."""


class Try(BaseModel):
    at: datetime
    status: int | None
    error: str | None
    milliseconds: int


class Delivery(Record):
    """One webhook on its way to the app."""

    webhook_id: str
    event_id: str
    number: int
    topic: str
    address: str
    subscription: str
    triggered_at: datetime
    state: str = "pending"
    """pending, held, delivered, failed (given up) or dropped."""
    due_at: datetime
    failures: int = 0
    tries: list[Try] = Field(default_factory=list)
    again: int = 0
    """Further sendings asked for on purpose, with the same webhook id."""

    @property
    def key(self) -> str:
        return self.webhook_id


class Body(Record):
    """A webhook's body, kept apart as it never changes."""

    webhook_id: str
    text: str

    @property
    def key(self) -> str:
        return self.webhook_id


KINDS: tuple[type[Record], ...] = (
    Shop, Location, Product, Variant, Item, Level, Adjustment, Order, Transfer, AccessToken,
    RefreshToken, Remembered, Subscription, BulkOperation, Delivery, Body,
)  # fmt: skip


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
