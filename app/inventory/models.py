"""The core's tables: items and their aliases, locations, balances, documents, holds, movements."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


class State(StrEnum):
    """Where in its life a unit stands. Inside ones are Shopify's own inventory states."""

    AVAILABLE = "available"
    COMMITTED = "committed"
    RESERVED = "reserved"
    SAFETY_STOCK = "safety_stock"
    DAMAGED = "damaged"
    QUALITY_CONTROL = "quality_control"
    INCOMING = "incoming"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    AMAZON_TRANSIT = "amazon_transit"
    AMAZON = "amazon"
    ADJUSTMENT = "adjustment"


ON_HAND = (
    State.AVAILABLE,
    State.COMMITTED,
    State.RESERVED,
    State.SAFETY_STOCK,
    State.DAMAGED,
    State.QUALITY_CONTROL,
)
INSIDE = (*ON_HAND, State.INCOMING)
OUTSIDE = tuple(state for state in State if state not in INSIDE)
HELD = (State.COMMITTED, State.RESERVED, State.SAFETY_STOCK)
MAY_BE_NEGATIVE = (State.AVAILABLE, *OUTSIDE)
STANDS = "status IN ('noticed', 'open', 'in_progress', 'left')"
"""Of a discrepancy: that it is not over."""


class Reason(StrEnum):
    """Why units moved."""

    HELD = "held"
    RELEASED = "released"
    EXPIRED = "expired"
    SHIPPED = "shipped"
    SHIPMENT_CORRECTED = "shipment_corrected"
    RECEIVED = "received"
    RECEIPT_CORRECTED = "receipt_corrected"
    RETURNED = "returned"
    REMOVED = "removed"
    RELOCATED = "relocated"
    ADJUSTED = "adjusted"
    OPENING = "opening"


def _enum(kind: type[StrEnum], name: str) -> sa.Enum:
    return sa.Enum(kind, name=name, values_callable=lambda members: [m.value for m in members])


STATE = _enum(State, "stock_state")
REASON = _enum(Reason, "movement_reason")


def _identity() -> dict[str, Any]:
    return {"server_default": Identity(always=True)}


def _now() -> datetime:
    return datetime.now(UTC)


class Item(Table, table=True):
    """What a brand keeps stock of. Aliases tie it to the outside's own identifiers."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("units_per_case > 0", name="units_per_case"),
        CheckConstraint("(unit_cost IS NULL) = (unit_cost_currency IS NULL)", name="unit_cost"),
        CheckConstraint("(price IS NULL) = (price_currency IS NULL)", name="price"),
        Index("ix_item_sku", "shop_id", "sku", "item_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    item_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    sku: str = Field(default="", description="As written in Shopify; neither unique nor required.")
    title: str = ""
    image_url: str | None = None
    units_per_case: int = 1
    unit_cost: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    unit_cost_currency: str | None = Field(default=None, max_length=3)
    price: Decimal | None = Field(
        default=None, max_digits=19, decimal_places=4, description="What the shop sells one for."
    )
    price_currency: str | None = Field(default=None, max_length=3)
    tracked: bool = Field(
        default=True, description="Whether stock is counted; if not, nothing is held."
    )
    archived_at: datetime | None = None
    created_at: datetime = Field(default_factory=_now)
    updated_at: datetime = Field(default_factory=_now)


class Alias(Table, table=True):
    """One outside identifier of an item. Several may point at the same item."""

    __tablename__ = "alias"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        Index("ix_alias_item", "shop_id", "item_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    item_id: int = Field(sa_type=Integer)


class Location(Table, table=True):
    """Where stock can be. The lowest priority number is asked first."""

    __tablename__ = "location"
    __table_args__ = (sa.UniqueConstraint("shop_id", "reference"),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    location_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    reference: str = Field(description="The outside's own identifier of this place.")
    name: str
    active: bool = True
    priority: int = 100


class Balance(Table, table=True):
    """How many units stand in one account (item × location × state)."""

    __tablename__ = "balance"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        CheckConstraint(
            "quantity >= 0 OR state NOT IN ('committed', 'reserved', 'safety_stock', 'damaged',"
            " 'quality_control', 'incoming')",
            name="not_negative_inside",
        ),
        sa.UniqueConstraint("shop_id", "account_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    location_id: int = Field(primary_key=True, sa_type=Integer)
    state: State = Field(primary_key=True, sa_type=STATE)
    quantity: int = Field(sa_type=Integer)
    account_id: int = Field(
        default=None,
        nullable=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": sa.text("nextval('balance_account_id_seq')")},
        description="A trigger numbers an account that was opened without: it always has one.",
    )


class DocumentRow(Table, table=True):
    """A paper that the ledger has heard of, and the newest version it has settled."""

    __tablename__ = "document"
    __table_args__ = (sa.UniqueConstraint("shop_id", "kind", "reference"),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    document_id: int = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_kwargs=_identity()
    )
    kind: str
    reference: str
    title: str = ""
    version: int = Field(
        default=-1, sa_type=BigInteger, description="-1: only spoken of by another paper so far."
    )
    digest: str = ""


class Hold(Table, table=True):
    """The outstanding promise of one document line at one location.

    `wanted` is all that the line asks for, `fulfilled` what has left for good, `held` what is set
    aside now. A fact holds all that is open; a request holds at most that.
    """

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("wanted >= 0 AND fulfilled >= 0 AND held >= 0", name="not_negative"),
        CheckConstraint("state IN ('committed', 'reserved', 'safety_stock')", name="state"),
        Index(
            "ix_hold_open",
            "shop_id",
            "item_id",
            "location_id",
            postgresql_where=sa.text("held > 0 OR wanted > fulfilled"),
        ),
        Index(
            "ix_hold_expiry",
            "shop_id",
            "expires_at",
            postgresql_where=sa.text("expires_at IS NOT NULL AND held > 0"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    document_id: int = Field(primary_key=True, sa_type=BigInteger)
    line: str = Field(primary_key=True)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    location_id: int = Field(primary_key=True, sa_type=Integer)
    state: State = Field(sa_type=STATE)
    wanted: int
    fulfilled: int = 0
    held: int = 0
    fact: bool
    firm: bool = Field(default=True, description="Whether it may no longer be taken back.")
    expires_at: datetime | None = None
    due_at: datetime | None = Field(default=None, description="By when its owner wants the units.")
    updated_at: datetime = Field(default_factory=_now)


class Tally(Table, table=True):
    """How many units one document line has moved so far, as last stated by that document.

    Papers state totals, so a repeated or corrected paper moves only the difference.
    """

    __tablename__ = "tally"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "document_id"], ["document.shop_id", "document.document_id"]
        ),
        ForeignKeyConstraint(
            ["shop_id", "hold_document_id"], ["document.shop_id", "document.document_id"]
        ),
        Index(
            "ix_tally_hold",
            "shop_id",
            "hold_document_id",
            postgresql_where=sa.text("hold_document_id IS NOT NULL"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    document_id: int = Field(primary_key=True, sa_type=BigInteger)
    line: str = Field(primary_key=True)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    from_location_id: int = Field(primary_key=True, sa_type=Integer)
    from_state: State = Field(primary_key=True, sa_type=STATE)
    to_location_id: int = Field(primary_key=True, sa_type=Integer)
    to_state: State = Field(primary_key=True, sa_type=STATE)
    total: int
    hold_document_id: int | None = Field(default=None, sa_type=BigInteger)
    hold_line: str | None = None


class Posting(Table, table=True):
    """A movement as it is stored: units from one account to another, once, for ever.

    It keeps the balances that it left behind. The view `movement` reads it by the accounts' names.
    """

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("from_account_id <> to_account_id", name="from_is_not_to"),
        Index("ix_posting_from", "shop_id", "from_account_id", "recorded_at"),
        Index("ix_posting_to", "shop_id", "to_account_id", "recorded_at"),
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    document_id: int = Field(sa_type=BigInteger)
    movement_id: int = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_kwargs=_identity()
    )
    recorded_at: datetime = Field(
        primary_key=True, sa_column_kwargs={"server_default": sa.text("clock_timestamp()")}
    )
    occurred_at: datetime
    from_account_id: int = Field(sa_type=Integer)
    to_account_id: int = Field(sa_type=Integer)
    quantity: int
    from_balance: int
    to_balance: int
    reason: Reason = Field(sa_type=REASON)
    line: str
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    actor: str
    echo: bool = Field(
        description="The outside system made this move itself; it is not told again."
    )


class MirrorDue(Table, table=True):
    """A movement that the outside has not been told of yet; gone once a message carries it."""

    __tablename__ = "mirror_due"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    movement_id: int = Field(primary_key=True, sa_type=BigInteger)


class Count(Table, table=True):
    """What an outside system last said a balance is; compared, never copied over."""

    __tablename__ = "count"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        Index("ix_count_read_at", "shop_id", "read_at"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    location_id: int = Field(primary_key=True, sa_type=Integer)
    state: State = Field(primary_key=True, sa_type=STATE)
    source: str = Field(primary_key=True)
    quantity: int
    observed_at: datetime = Field(description="When the outside last changed it, by its own word.")
    read_at: datetime = Field(description="Up to when it is known to have been so.")


class Collision(Table, table=True):
    """More was promised of an item at a location than is there or will be; open until it is over.

    An ended one is history: who ended it, by which way as it was offered, and what moved then.
    """

    __tablename__ = "collision"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        CheckConstraint("kind IN ('oversold', 'short', 'coming')", name="kind"),
        CheckConstraint("units > 0", name="units"),
        Index(
            "uq_collision_open",
            "shop_id",
            "item_id",
            "location_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    collision_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    item_id: int = Field(sa_type=Integer)
    location_id: int = Field(sa_type=Integer)
    kind: str
    units: int
    due_on: date | None = Field(
        default=None, description="First day, in the shop's zone, that ends with too little."
    )
    opened_at: datetime = Field(default_factory=_now)
    ended_at: datetime | None = None
    ended_by: str | None = None
    way_taken: str | None = None
    offered: dict[str, Any] | None = Field(
        default=None,
        sa_type=JSONB,
        description="The way taken as it was offered: units, effects, money.",
    )
    note: str | None = None
    accepted_oversold: int = Field(
        default=0, description="Units a person agreed to owe; it opens again beyond them."
    )
    accepted_short: int = Field(
        default=0, description="Units a person agreed not to grant; it opens again beyond them."
    )
    accepted_coming: int = Field(
        default=0, description="Units a person agreed to miss on their day; likewise."
    )
    accepted_until: datetime | None = Field(
        default=None, description="When an agreement to wait ends; null: when it is over."
    )


class CollisionMovement(Table, table=True):
    """A movement that a way out of a collision caused."""

    __tablename__ = "collision_movement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "collision_id"], ["collision.shop_id", "collision.collision_id"]
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    collision_id: int = Field(primary_key=True, sa_type=Integer)
    movement_id: int = Field(primary_key=True, sa_type=BigInteger)
    document_id: int = Field(sa_type=BigInteger)
    recorded_at: datetime


class Arrival(Table, table=True):
    """Units that are expected at a location on a day, from whoever said so."""

    __tablename__ = "arrival"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        ForeignKeyConstraint(
            ["shop_id", "replaced_by_id"], ["arrival.shop_id", "arrival.arrival_id"]
        ),
        sa.UniqueConstraint("shop_id", "source", "reference", "item_id", "location_id"),
        CheckConstraint("units > 0", name="units"),
        Index(
            "ix_arrival_expected",
            "shop_id",
            "item_id",
            "location_id",
            "expected_on",
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    arrival_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    source: str = Field(description="operator, or the outside system that said so")
    reference: str = Field(description="The paper that announces it, by its sender's number.")
    title: str | None = Field(default=None, description="What people call that paper.")
    item_id: int = Field(sa_type=Integer)
    location_id: int = Field(sa_type=Integer)
    units: int
    expected_on: date | None = Field(
        description="In the shop's time zone; nothing is built on one without a day."
    )
    stated_by: str
    stated_at: datetime = Field(default_factory=_now)
    ended_at: datetime | None = Field(default=None, description="No longer expected from then.")
    ended_by: str | None = None
    replaced_by_id: int | None = Field(
        default=None,
        sa_type=Integer,
        description="The arrival of an outside paper that a person said is this one.",
    )


class AuditRun(Table, table=True):
    """What the audit queries found, and when."""

    __tablename__ = "audit_run"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    audit_run_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    ran_at: datetime = Field(default_factory=_now)
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


class Discrepancy(Table, table=True):
    """A named disagreement that people work on: of a count with the books, or of papers about money.

    A count's is `noticed` first, and becomes `open` when it has stood long enough with nothing on
    its way. One of the papers is open from the start, and one row for good: its `reference` says what
    it is about, and it opens again when it is stated again. A person may leave either as it is; it
    opens again when it is no longer the same.
    """

    __tablename__ = "discrepancy"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        UniqueConstraint("shop_id", "kind", "reference"),
        CheckConstraint(
            "(kind = 'count') = (reference IS NULL) AND (kind <> 'count' OR (source IS NOT NULL"
            " AND item_id IS NOT NULL AND location_id IS NOT NULL AND state IS NOT NULL"
            " AND ours IS NOT NULL AND theirs IS NOT NULL))",
            name="kind",
        ),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount"),
        CheckConstraint(
            "status IN ('noticed', 'open', 'in_progress', 'left', 'adopted', 'written_off',"
            " 'closed')",
            name="status",
        ),
        CheckConstraint(
            "explanation IN ('ours', 'order', 'app', 'person', 'unknown')", name="explanation"
        ),
        Index(
            "uq_discrepancy_standing",
            "shop_id",
            "item_id",
            "location_id",
            "state",
            "source",
            unique=True,
            postgresql_where=sa.text(
                "kind = 'count' AND status IN ('noticed', 'open', 'in_progress', 'left')"
            ),
        ),
        Index("ix_discrepancy_status", "shop_id", "status", "discrepancy_id"),
        Index(
            "ix_discrepancy_deadline",
            "shop_id",
            "deadline",
            postgresql_where=sa.text(STANDS),
        ),
        Index("ix_discrepancy_number", "shop_id", sa.text("(subject ->> 'number')")),
        Index("ix_discrepancy_invoice", "shop_id", sa.text("(subject ->> 'invoice')")),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    discrepancy_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    kind: str = Field(default="count", description="One of app.inventory.kinds.")
    reference: str | None = Field(
        default=None, description="What a discrepancy of papers is about; null of a count."
    )
    subject: dict[str, Any] = Field(
        default_factory=dict,
        sa_type=JSONB,
        sa_column_kwargs={"server_default": sa.text("'{}'::jsonb")},
        description="What screens link to: region, number, line, invoice, payment, item, …",
    )
    units: int | None = Field(
        default=None, sa_type=Integer, description="Eaches in question; null when none are."
    )
    amount: Decimal | None = Field(
        default=None,
        max_digits=19,
        decimal_places=4,
        description="Money in question; negative when it is in the shop's favour.",
    )
    currency: str | None = Field(default=None, min_length=3, max_length=3)
    cause: str | None = Field(default=None, description="Amazon's code where it gives one.")
    deadline: datetime | None = Field(default=None, description="When nothing can be done any more")
    source: str | None = Field(default=None, description="Who counts otherwise than the books.")
    item_id: int | None = Field(default=None, sa_type=Integer)
    location_id: int | None = Field(default=None, sa_type=Integer)
    state: State | None = Field(default=None, sa_type=STATE)
    ours: int | None = Field(default=None, sa_type=Integer)
    theirs: int | None = Field(default=None, sa_type=Integer)
    status: str = "noticed"
    first_seen_at: datetime = Field(default_factory=_now)
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    explanation: str | None = Field(default=None, description="Null while nobody has looked.")
    explained_by: str | None = Field(default=None, description="The app or the person, by name.")
    evidence: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=JSONB,
        sa_column_kwargs={"server_default": sa.text("'[]'::jsonb")},
        description="What the outside's own history says: at, who, reason, units, reference.",
    )
    owner: str | None = None
    note: str | None = None
    history: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=JSONB,
        sa_column_kwargs={"server_default": sa.text("'[]'::jsonb")},
        description="at, event, by, and the numbers then",
    )

    @property
    def account(self) -> tuple[int, int, State]:
        """The item, location and state that a count is of. Only of a count."""
        assert self.item_id is not None and self.location_id is not None
        assert self.state is not None
        return self.item_id, self.location_id, self.state

    @property
    def numbers(self) -> tuple[int, int]:
        """Eaches in the books, and as counted outside. Only of a count."""
        assert self.ours is not None and self.theirs is not None
        return self.ours, self.theirs

    @property
    def difference(self) -> int:
        """Eaches that the outside counts more than the books have; negative when fewer."""
        ours, theirs = self.numbers
        return theirs - ours


class AssignmentRule(Table, table=True):
    """Whose a new discrepancy is: the first rule that fits it, by position, gives it an owner."""

    __tablename__ = "assignment_rule"
    __table_args__ = (CheckConstraint("(at_least IS NULL) = (currency IS NULL)", name="amount"),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    position: int = Field(primary_key=True, sa_type=Integer)
    kind: str | None = Field(default=None, description="Null: of any kind.")
    vendor_code: str | None = Field(default=None, description="Null: of any.")
    at_least: Decimal | None = Field(
        default=None, max_digits=19, decimal_places=4, description="Null: of any amount."
    )
    currency: str | None = Field(default=None, min_length=3, max_length=3)
    owner: str


class KitPart(Table, table=True):
    """So many eaches of an item in one unit of a kit. Of a kit its parts are held, never itself."""

    __tablename__ = "kit_part"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "kit_item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        CheckConstraint("units > 0", name="units"),
        CheckConstraint("kit_item_id <> item_id", name="not_itself"),
        Index("ix_kit_part_item", "shop_id", "item_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    kit_item_id: int = Field(primary_key=True, sa_type=Integer)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    units: int
