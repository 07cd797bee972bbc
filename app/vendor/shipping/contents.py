"""One shipment with its orders, lines, cartons and pallets, read once and locked where it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlmodel import Session, SQLModel, col, select

from app.db import shop_of
from app.errors import Refused
from app.inventory.models import Item
from app.vendor.acknowledgements import case_size, held_units
from app.vendor.orders import locked_orders
from app.vendor.promises import lines_of, promised_units
from app.vendor.shipping.tables import Carton, CartonLine, DatedItem, Pallet, ShipFrom
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine, Shipment, ShipmentLine

Row = TypeVar("Row", bound=SQLModel)
LineKey = tuple[str, str]
"""Purchase order number and line."""


@dataclass(frozen=True)
class Contents:
    """A shipment as it is packed now. `held` are eaches held for each of its orders' lines."""

    shipment: Shipment
    orders: Mapping[str, PurchaseOrder]
    order_lines: Mapping[LineKey, PurchaseOrderLine]
    lines: Sequence[ShipmentLine]
    cartons: Sequence[Carton]
    carton_lines: Mapping[int, Sequence[CartonLine]]
    pallets: Sequence[Pallet]
    held: Mapping[LineKey, int]
    items: Mapping[int, Item]
    ship_from: ShipFrom | None
    dated_items: frozenset[int] = field(default_factory=frozenset)

    def packed_units(self, key: LineKey) -> int:
        """Eaches of a line that are in cartons."""
        return sum(
            one.units
            for carried in self.carton_lines.values()
            for one in carried
            if (one.number, one.line) == key
        )

    def open_units(self, key: LineKey) -> int:
        """Eaches of a line that may be in this shipment: promised, and not left by another one."""
        line = self.order_lines[key]
        booked = next((one.booked_units for one in self.lines if (one.number, one.line) == key), 0)
        return max(0, promised_units(line) - line.shipped_units + booked)

    def carton_size(self, key: LineKey) -> int | None:
        """Eaches that go into one carton: Amazon's case, else the item's own; None if unknown."""
        line = self.order_lines[key]
        item = self.items.get(line.item_id or 0)
        own = item.units_per_case if item else None
        return next((size for size in (self.case_of(key), own) if size and size > 1), None)

    def case_of(self, key: LineKey) -> int:
        """Eaches in one case of a line; 1 where Amazon orders eaches."""
        return case_size(self.order_lines[key])

    @property
    def carton_count(self) -> int:
        """Cartons packed here, or as many as were stated."""
        return len(self.cartons) or self.shipment.carton_count

    @property
    def units(self) -> int:
        """All eaches of the shipment."""
        return sum(one.units for one in self.lines)


def named(session: Session, region: str | None, identifier: str, *, lock: bool = False) -> Shipment:
    """A shipment. Raises Refused 404, or 409 where two regions have one of that name."""
    wanted = select(Shipment).where(
        Shipment.shop_id == shop_of(session), Shipment.identifier == identifier
    )
    if region is not None:
        wanted = wanted.where(Shipment.region == region)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    rows = session.exec(wanted).all()
    if not rows:
        raise Refused("not_found", "There is no such shipment in this shop.", status=404)
    if len(rows) > 1:
        raise Refused(
            "region_needed",
            "Two regions have a shipment of this name; name the region.",
            status=409,
        )
    return rows[0]


def locked(session: Session, region: str | None, identifier: str) -> Shipment:
    """The same, re-read and locked until the transaction ends."""
    return named(session, region, identifier, lock=True)


def changeable(session: Session, region: str | None, identifier: str) -> Shipment:
    """A locked shipment whose contents may be edited. Raises Refused 404, or 409 once it is sent."""
    shipment = locked(session, region, identifier)
    if not shipment.may_be_changed:
        raise Refused(
            "shipment_sent",
            "This shipment has been sent; correct it first, and send it again.",
            status=409,
        )
    return shipment


def read(session: Session, shipment: Shipment, *, lock: bool = False) -> Contents:
    """All of a shipment. With `lock` its orders stay as they are until the transaction ends."""
    session.flush()
    lines = rows_of(session, ShipmentLine, shipment, "number", "line")
    numbers = sorted({one.number for one in lines})
    orders = (
        locked_orders(session, shipment.region, numbers)
        if lock
        else _orders(session, shipment, numbers)
    )
    order_lines = {
        (line.number, line.line): line
        for own in lines_of(session, list(orders.values())).values()
        for line in own
    }
    held = held_units(session, [order.reference for order in orders.values()])
    carton_lines: dict[int, list[CartonLine]] = defaultdict(list)
    for one in rows_of(session, CartonLine, shipment, "carton", "number", "line", "lot_number"):
        carton_lines[one.carton].append(one)
    named = {line.item_id for line in order_lines.values() if line.item_id is not None}
    items = session.exec(
        select(Item).where(Item.shop_id == shipment.shop_id, col(Item.item_id).in_(named))
    )
    return Contents(
        shipment=shipment,
        orders=orders,
        order_lines=order_lines,
        lines=lines,
        cartons=rows_of(session, Carton, shipment, "carton"),
        carton_lines=carton_lines,
        pallets=rows_of(session, Pallet, shipment, "pallet"),
        held={
            (order.number, line): units
            for order in orders.values()
            for (reference, line), units in held.items()
            if reference == order.reference
        },
        items={item.item_id: item for item in items},
        ship_from=session.get(ShipFrom, (shipment.shop_id, shipment.location_id)),
        dated_items=frozenset(
            session.exec(
                select(DatedItem.item_id).where(
                    DatedItem.shop_id == shipment.shop_id, col(DatedItem.item_id).in_(named)
                )
            )
        ),
    )


def rows_of(session: Session, table: type[Row], shipment: Shipment, *order_by: str) -> list[Row]:
    """All rows of a table that belong to a shipment, in the order of these columns."""
    return list(
        session.exec(
            select(table)
            .filter_by(
                shop_id=shipment.shop_id, region=shipment.region, identifier=shipment.identifier
            )
            .order_by(*(getattr(table, name) for name in order_by))
        )
    )


def _orders(
    session: Session, shipment: Shipment, numbers: Sequence[str]
) -> dict[str, PurchaseOrder]:
    rows = session.exec(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.shop_id == shipment.shop_id,
            PurchaseOrder.region == shipment.region,
            col(PurchaseOrder.number).in_(numbers),
        )
        .order_by(col(PurchaseOrder.number))
    )
    return {row.number: row for row in rows}
