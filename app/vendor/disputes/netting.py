"""Netting over the truck: units short on one order that Amazon booked on another of the same shipment.

One truck serves several orders, and a receiver may book its units on the wrong one. Before a shortage
is claimed, each product is looked at over everything that travelled with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of

# Every order line that travelled with one of these orders, each once, by what it is a line of.
TRUCK = """
WITH truck AS (
    SELECT DISTINCT identifier FROM shipment_line
    WHERE shop_id = :shop AND region = :region AND number = ANY(:orders) AND booked_units > 0
), carried AS (
    SELECT number, line, array_agg(DISTINCT identifier ORDER BY identifier) AS shipments
    FROM shipment_line
    WHERE shop_id = :shop AND region = :region AND booked_units > 0
      AND identifier IN (SELECT identifier FROM truck)
    GROUP BY number, line
)
SELECT carried.shipments, number, line, own.asin, own.vendor_sku,
       coalesce('item ' || own.item_id, 'asin ' || own.asin, 'sku ' || own.vendor_sku) AS product,
       own.shipped_units + own.units_before_books AS shipped, own.received_units AS received,
       coalesce((
           SELECT sum(billed.units) FROM invoice_line AS billed
           JOIN invoice USING (shop_id, invoice_id)
           WHERE billed.shop_id = :shop AND billed.region = :region AND billed.number = own.number
             AND billed.line = own.line AND invoice.type = 'Invoice'
             AND invoice.state NOT IN ('draft', 'failed', 'cancelled')
       ), 0)::integer AS billed,
       own.cost, own.cost_currency
FROM carried JOIN purchase_order_line AS own USING (number, line)
WHERE own.shop_id = :shop AND own.region = :region AND NOT own.removed
ORDER BY number, line
"""


@dataclass(frozen=True)
class Carried:
    """One order line on the truck. Units are eaches; `difference` is received less shipped."""

    shipments: tuple[str, ...]
    number: str
    line: str
    asin: str | None
    vendor_sku: str | None
    product: str | None
    shipped: int
    received: int
    billed: int
    cost: Decimal | None = None
    cost_currency: str | None = None

    @property
    def difference(self) -> int:
        return self.received - self.shipped


@dataclass(frozen=True)
class Netting:
    """What a shortage comes to over the truck, in eaches.

    `short`: not received on the lines claimed. `explained`: of these, received too much on other lines
    of the same product. `paid_elsewhere`: of the explained, billed on those other lines beyond what was
    shipped, so that asking for them again would be asking twice. `to_claim` is short less these.
    """

    lines: tuple[Carried, ...]
    short: int
    explained: int
    paid_elsewhere: int

    @property
    def to_claim(self) -> int:
        return self.short - self.paid_elsewhere


def net(lines: Sequence[Carried], claimed: set[tuple[str, str]]) -> Netting:
    """Nets the claimed lines against all others, product by product; shown are lines that differ."""
    products: dict[str, list[Carried]] = defaultdict(list)
    for one in lines:
        products[one.product or f"{one.number} {one.line}"].append(one)
    short = explained = paid_elsewhere = 0
    shown: list[Carried] = []
    for same in products.values():
        missing = sum(max(0, -one.difference) for one in same if (one.number, one.line) in claimed)
        if not missing:
            continue
        over = [one for one in same if one.difference > 0]
        found = min(missing, sum(one.difference for one in over))
        twice = sum(min(one.difference, max(0, one.billed - one.shipped)) for one in over)
        short += missing
        explained += found
        paid_elsewhere += min(found, twice)
        shown += [one for one in same if one.difference or (one.number, one.line) in claimed]
    return Netting(tuple(shown), short, explained, paid_elsewhere)


def over_truck(
    session: Session, region: str, orders: Sequence[str], line: str | None = None
) -> Netting:
    """Nets these orders' lines (or the one named) over every shipment that carried them."""
    asked = {"shop": shop_of(session), "region": region, "orders": list(orders)}
    lines = [
        Carried(**{**row, "shipments": tuple(row["shipments"])})
        for row in session.execute(text(TRUCK), asked).mappings()
    ]
    claimed = {
        (one.number, one.line)
        for one in lines
        if one.number in set(orders) and (line is None or one.line == line)
    }
    return net(lines, claimed)
