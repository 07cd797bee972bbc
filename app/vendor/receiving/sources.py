"""Who says what of a shipped line: what we shipped, Amazon's status of the order, its invoice matching
(and, of its product, Amazon's inventory report: `reported`).

Amazon gives no receipt, only running totals, and these come late or differ from each other; so they
stand side by side with their age, and a shortage is called one only when the time is over in which
Amazon still finds receipts by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import database_time, shop_of
from app.vendor import terms
from app.vendor.each_cost import COST_UNKNOWN, EACH_COST

STATES = ("on_its_way", "searched", "short", "over", "disagree")
MATCHED = """
LEFT JOIN LATERAL (
    SELECT sum(own.matched_units)::int AS matched,
        sum(own.units) FILTER (WHERE own.matched_units IS NOT NULL)::int AS looked_at,
        max(invoice.amazon_updated_at) AS matched_at, min(invoice.due_at) AS due_at
    FROM invoice_line AS own JOIN invoice USING (shop_id, invoice_id)
    WHERE own.shop_id = line.shop_id AND own.region = line.region
      AND own.number = line.number AND own.line = line.line
      AND invoice.state = 'landed' AND invoice.type = 'Invoice'
) AS billed ON true
"""
"""What Amazon's finance has matched of an order's `line`, as `billed`: none while it shows no invoice."""
MATCH_DIFFERS = "billed.matched <> least(line.received_units, billed.looked_at)"
"""That finance has matched another number than the status says was received. It cannot match more than
was invoiced: what has no invoice yet is not a difference of sources."""
LINES = """
WITH known AS (
    SELECT line.region, line.number, line.line, line.item_id, line.asin, line.vendor_sku,
        paper.vendor_code, {each_cost} AS cost, {cost_unknown} AS cost_unknown, line.cost_currency,
        paper.state AS order_state, paper.status_read_at,
        line.shipped_units + line.units_before_books AS shipped,
        line.received_units AS received, line.last_received_at,
        coalesce(notice.left_at, paper.ordered_at) AS left_at,
        billed.matched, billed.matched_at, billed.due_at,
        CASE line.region {settles} END AS settles, CASE line.region {searches} END AS searches
    FROM purchase_order_line AS line
    JOIN purchase_order AS paper USING (shop_id, region, number)
    LEFT JOIN vendor_code AS code ON code.shop_id = line.shop_id AND code.region = line.region
        AND code.code = paper.vendor_code
    LEFT JOIN LATERAL (
        SELECT max(shipment.shipped_at) AS left_at
        FROM shipment_line AS sent JOIN shipment USING (shop_id, region, identifier)
        WHERE sent.shop_id = line.shop_id AND sent.region = line.region
          AND sent.number = line.number AND sent.line = line.line AND sent.booked_units > 0
    ) AS notice ON true
    {matched}
    WHERE line.shop_id = :shop AND NOT paper.before_books
      AND (line.shipped_units > 0 OR line.received_units > line.units_before_books)
      AND (line.shipped_units + line.units_before_books <> line.received_units
           OR {match_differs})
), judged AS (
    SELECT *, CASE
        WHEN received > shipped THEN 'over'
        WHEN received = shipped THEN 'disagree'
        WHEN left_at + settles > :now THEN 'on_its_way'
        WHEN coalesce(due_at, left_at) + searches > :now THEN 'searched'
        ELSE 'short' END AS state,
        coalesce(due_at, left_at) + searches AS searched_until
    FROM known
)
SELECT * FROM judged
WHERE (CAST(:state AS text) IS NULL OR state = :state)
  AND (CAST(:like AS text) IS NULL OR number ILIKE :like OR asin ILIKE :like
       OR vendor_sku ILIKE :like)
  AND (CAST(:at AS timestamptz) IS NULL
       OR (left_at, region, number, line) > (:at, :region, :number, :line))
ORDER BY left_at, region, number, line
LIMIT :limit
"""
REGIONS = ("na", "eu", "fe")


class Compared(NamedTuple):
    """A shipped line whose sources do not agree (yet). Units are eaches, `cost` is Amazon's of one;
    `cost_unknown` says why there is none (`app.vendor.each_cost`)."""

    region: str
    number: str
    line: str
    vendor_code: str
    item_id: int | None
    asin: str | None
    vendor_sku: str | None
    order_state: str
    state: str
    left_at: datetime
    searched_until: datetime
    shipped: int
    received: int
    status_read_at: datetime | None
    matched: int | None
    matched_at: datetime | None
    cost: Decimal | None
    cost_unknown: str | None
    cost_currency: str | None


def compared(
    session: Session,
    *,
    state: str | None,
    like: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Compared]:
    """Lines whose sources differ, the longest under way first."""
    at, region, number, line = after or (None, None, None, None)
    asked = {
        "shop": shop_of(session),
        "now": database_time(),
        "state": state,
        "like": like,
        "at": at,
        "region": region,
        "number": number,
        "line": line,
        "limit": limit,
    }
    statement = LINES.format(
        settles=_days("receipt_settles_days"),
        searches=_days("receipt_search_days"),
        matched=MATCHED,
        match_differs=MATCH_DIFFERS,
        each_cost=EACH_COST.format(line="line", code="code"),
        cost_unknown=COST_UNKNOWN.format(line="line", code="code"),
    )
    rows = session.execute(text(statement), asked).mappings()
    return [Compared(**{name: row[name] for name in Compared._fields}) for row in rows]


def _days(term: str) -> str:
    """What a dated term is in each region, as branches of a CASE over whole numbers of our own."""
    return " ".join(
        f"WHEN '{region}' THEN interval '{terms.days(term, region).days:d} days'"
        for region in REGIONS
    )
