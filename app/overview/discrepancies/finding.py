"""Finding discrepancies: the filters that the list, its sums and its export share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select
from sqlmodel import Session

from app.db import shop_of
from app.http import Money
from app.inventory import kinds
from app.inventory.models import Discrepancy, Item
from app.vendor.lookups import whole_of_cursor

Status = Literal["open", "in_progress", "left", "adopted", "written_off", "closed"]
Explanation = Literal["ours", "order", "app", "person", "unknown"]
Order = Literal["newest", "deadline", "amount"]
AnySelect = Select[*tuple[Any, ...]]
STANDING = ("open", "in_progress")
SOON = timedelta(days=7)
NOBODY = "-"
"""As the filter for an owner, says: of those that are nobody's."""

KNOWN = Discrepancy.__table__.c  # type: ignore[attr-defined]
ITEM = Item.__table__.c  # type: ignore[attr-defined]
VALUE = sa.func.coalesce(KNOWN.amount, ITEM.unit_cost * (KNOWN.theirs - KNOWN.ours))
CURRENCY = sa.func.coalesce(
    KNOWN.currency, sa.case((KNOWN.kind == kinds.COUNT, ITEM.unit_cost_currency))
)
FOREVER = sa.cast(sa.literal("infinity"), KNOWN.deadline.type)


class Filters(BaseModel):
    """Which discrepancies are meant; a filter that is left out says nothing."""

    kind: str | None = Field(default=None, max_length=100)
    owner: str | None = Field(
        default=None, max_length=200, description="By name; `-` for those that are nobody's."
    )
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    deadline: Literal["overdue", "soon", "any", "none"] | None = Field(
        default=None, description="`soon`: within seven days."
    )
    number: str | None = Field(default=None, max_length=100, description="Of a purchase order.")
    invoice: str | None = Field(default=None, max_length=100)
    vendor_code: str | None = Field(default=None, max_length=100)
    search: str | None = Field(default=None, max_length=100)
    explanation: Explanation | None = None
    item_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    location_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


def narrowed(query: AnySelect, session: Session, filters: Filters) -> AnySelect:
    """A query on discrepancies joined to their items, narrowed to the shop and the filters."""
    joined = query.select_from(Discrepancy).outerjoin(
        Item, (ITEM.shop_id == KNOWN.shop_id) & (ITEM.item_id == KNOWN.item_id)
    )
    return joined.where(
        KNOWN.shop_id == shop_of(session), KNOWN.status != "noticed", *_conditions(filters)
    )


def of_status(status: str) -> ColumnElement[bool]:
    """That it is of this status; `standing` is open or in progress, `all` is any."""
    if status == "all":
        return sa.true()
    wanted = STANDING if status == "standing" else (status,)
    return KNOWN.status.in_(wanted)  # type: ignore[no-any-return]


def in_order(query: AnySelect, order: Order, keys: Sequence[Any] | None) -> AnySelect:
    """The query in this order, from behind these keys on (see `keys_of`)."""
    deadline = sa.func.coalesce(KNOWN.deadline, FOREVER)
    if order == "deadline":
        if keys:
            moment = sa.cast(sa.literal(str(keys[0])), KNOWN.deadline.type)
            behind = sa.tuple_(deadline, KNOWN.discrepancy_id)
            query = query.where(behind > sa.tuple_(moment, whole_of_cursor(keys[1])))
        return query.order_by(deadline, KNOWN.discrepancy_id)
    if order == "amount":
        currency, size = sa.func.coalesce(CURRENCY, "~"), sa.func.abs(sa.func.coalesce(VALUE, 0))
        if keys:
            at, least, number = str(keys[0]), Decimal(str(keys[1])), whole_of_cursor(keys[2])
            same = (size < least) | ((size == least) & (KNOWN.discrepancy_id > number))
            query = query.where((currency > at) | ((currency == at) & same))
        return query.order_by(currency, size.desc(), KNOWN.discrepancy_id)
    if keys:
        query = query.where(KNOWN.discrepancy_id < whole_of_cursor(keys[0]))
    return query.order_by(KNOWN.discrepancy_id.desc())


KEYS: dict[Order, int] = {"newest": 1, "deadline": 2, "amount": 3}
"""How many keys a cursor of each order has."""


def keys_of(order: Order, row: Discrepancy, value: Money | None) -> tuple[object, ...]:
    """What the next page is asked for by."""
    if order == "deadline":
        moment = row.deadline.isoformat() if row.deadline else "infinity"
        return moment, row.discrepancy_id
    if order == "amount":
        if value is None:
            return "~", "0", row.discrepancy_id
        return value.currency, str(abs(value.amount)), row.discrepancy_id
    return (row.discrepancy_id,)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, wanted in (
        (KNOWN.kind, filters.kind),
        (KNOWN.explanation, filters.explanation),
        (KNOWN.item_id, filters.item_id),
        (KNOWN.location_id, filters.location_id),
        (CURRENCY, filters.currency),
        (KNOWN.subject["number"].astext, filters.number),
        (KNOWN.subject["invoice"].astext, filters.invoice),
        (KNOWN.subject["vendor_code"].astext, filters.vendor_code),
    ):
        if wanted is not None:
            found.append(column == wanted)
    if filters.owner is not None:
        found.append(
            KNOWN.owner.is_(None) if filters.owner == NOBODY else KNOWN.owner == filters.owner
        )
    if filters.search:
        found.append(_contains(filters.search))
    return [*found, *_deadline(filters.deadline)]


def _contains(typed: str) -> ColumnElement[bool]:
    wanted = typed.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return sa.or_(
        *(
            column.ilike(f"%{wanted}%")
            for column in (
                KNOWN.reference,
                KNOWN.owner,
                KNOWN.cause,
                ITEM.sku,
                *(KNOWN.subject[name].astext for name in ("number", "invoice", "payment")),
            )
        )
    )


def _deadline(wanted: str | None) -> list[ColumnElement[bool]]:
    now = datetime.now(UTC)
    if wanted == "overdue":
        return [KNOWN.deadline < now]
    if wanted == "soon":
        return [KNOWN.deadline >= now, KNOWN.deadline < now + SOON]
    if wanted == "any":
        return [KNOWN.deadline.is_not(None)]
    if wanted == "none":
        return [KNOWN.deadline.is_(None)]
    return []
