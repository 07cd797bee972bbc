"""What Amazon's inventory reports say it has received of a line's product, since the line left us.

The third voice beside an order's status and an invoice's match. It speaks of a product and of whole
weeks, net of what was returned to us, and of no order; so it is held against what the statuses of all
orders of that product say for the same days, and only the difference means something. Nothing is posted
by it: the books follow the orders' statuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, select

from app.connections import Connection
from app.db import database_time, shop_of
from app.inventory.arrays import integers, moments, texts
from app.vendor.receiving.sources import Compared
from app.vendor.reports.kinds import kinds_of
from app.vendor.reports.planning import marketplaces_of

TYPE = "GET_VENDOR_INVENTORY_REPORT"
NO_ASIN, NO_MARKETPLACE, NO_REPORT, NOT_NAMED = "no_asin", "marketplace", "no_report", "not_named"
MISSING = (NO_ASIN, NO_MARKETPLACE, NO_REPORT, NOT_NAMED)
"""Why no report speaks of a line: its order has no ASIN, it is not said in which marketplace its
vendor code is billed, no report reaches from its leaving on, or none of them names the ASIN."""

# Of each product asked about, the weeks whose report was read well, with what each says of it and what
# the totals of all its order lines grew by in the same week. Both are of the same connection and
# marketplace; a total that shrinks counts as what it took back.
TOLD = """
WITH asked AS (
    SELECT * FROM unnest(CAST(:connections AS int[]), CAST(:marketplaces AS text[]),
        CAST(:asins AS text[]), CAST(:since AS timestamptz[]))
        AS given (connection_id, marketplace, asin, since)
), week AS (
    SELECT asked.*, told.report_id, told.starts_at, told.ends_at, told.good_at,
        stood.net_received_units AS units
    FROM asked JOIN report AS told ON told.shop_id = :shop AND told.kind = ANY(:kinds)
        AND told.connection_id = asked.connection_id AND told.marketplace = asked.marketplace
        AND told.ends_at > asked.since AND told.good_at IS NOT NULL
    LEFT JOIN reported_inventory AS stood ON stood.shop_id = :shop
        AND stood.connection_id = asked.connection_id AND stood.marketplace = asked.marketplace
        AND stood.asin = asked.asin AND stood.report_id = told.report_id
), grown AS (
    SELECT product.*, step.at, step.units
    FROM (SELECT DISTINCT connection_id, marketplace, asin FROM week) AS product
    JOIN purchase_order_line AS line ON line.shop_id = :shop AND line.asin = product.asin
    JOIN purchase_order AS paper ON paper.shop_id = :shop AND paper.region = line.region
        AND paper.number = line.number AND paper.connection_id = product.connection_id
    LEFT JOIN vendor_code AS code ON code.shop_id = :shop AND code.region = paper.region
        AND code.code = paper.vendor_code
    CROSS JOIN LATERAL (
        SELECT moment.at, total - lag(total, 1, 0) OVER (ORDER BY moment.at, observed_at) AS units
        FROM receipt
        CROSS JOIN LATERAL (VALUES (coalesce(last_received_at, observed_at))) AS moment (at)
        WHERE receipt.shop_id = :shop AND receipt.region = line.region
            AND receipt.number = line.number AND receipt.line = line.line
    ) AS step
    WHERE code.marketplace = product.marketplace
        OR (code.marketplace IS NULL AND product.connection_id = ANY(:in_one_place))
)
SELECT connection_id, marketplace, asin, since, min(starts_at) AS starts_at, max(ends_at) AS ends_at,
    count(*)::int AS weeks, sum(week.units)::int AS units, count(week.units)::int AS named,
    sum(stated.units)::int AS by_status, max(good_at) AS read_at,
    (array_agg(report_id ORDER BY starts_at DESC))[1] AS report_id
FROM week CROSS JOIN LATERAL (
    SELECT coalesce(sum(grown.units), 0) AS units FROM grown
    WHERE grown.connection_id = week.connection_id AND grown.marketplace = week.marketplace
        AND grown.asin = week.asin AND grown.at >= week.starts_at AND grown.at < week.ends_at
) AS stated
GROUP BY 1, 2, 3, 4
"""
ORDERS = """
SELECT paper.region, paper.number, paper.connection_id, code.marketplace
FROM purchase_order AS paper
LEFT JOIN vendor_code AS code ON code.shop_id = paper.shop_id AND code.region = paper.region
    AND code.code = paper.vendor_code
WHERE paper.shop_id = :shop AND paper.number = ANY(:numbers)
"""


class Reported(NamedTuple):
    """Eaches of one product by the reports and by the statuses of all its orders, in the same days.

    `starts_on` to `ends_on` are the days, both included; `weeks` of these are told of and counted on
    both sides, and `gaps` between them on neither. `units` are net of returns to us. `report_id` is the
    newest report, `read_at` its age.
    """

    marketplace: str
    starts_on: date
    ends_on: date
    weeks: int
    gaps: int
    units: int
    by_status: int
    read_at: datetime
    report_id: int

    @property
    def says(self) -> str:
        """`more` or `fewer` than the statuses, or `same`."""
        if self.units == self.by_status:
            return "same"
        return "more" if self.units > self.by_status else "fewer"


Key = tuple[str, str, str]
Asked = tuple[int, str, str, datetime]


def reported(session: Session, rows: Sequence[Compared]) -> dict[Key, Reported | str]:
    """What the reports say of each of these lines, or why they do not (one of `MISSING`).

    A few queries however many lines. Days are Amazon's calendar days, taken as UTC's: a receipt of a
    late evening may count in the week before or after, which evens out from week to week.
    """
    if not rows:
        return {}
    places, in_one_place = _places(session, rows)
    found: dict[Key, Reported | str] = {}
    asked: dict[Key, Asked] = {}
    for row in rows:
        connection_id, marketplace = places[row.region, row.number]
        if row.asin is None:
            found[_key(row)] = NO_ASIN
        elif marketplace is None:
            found[_key(row)] = NO_MARKETPLACE
        else:
            asked[_key(row)] = (connection_id, marketplace, row.asin, row.left_at)
    told = _told(session, sorted(set(asked.values())), in_one_place)
    return found | {key: told.get(one, NO_REPORT) for key, one in asked.items()}


def _key(row: Compared) -> Key:
    return row.region, row.number, row.line


def _places(
    session: Session, rows: Sequence[Compared]
) -> tuple[dict[tuple[str, str], tuple[int, str | None]], list[int]]:
    """Of each order its connection and marketplace, and the connections that sell in one only."""
    asked = {"shop": shop_of(session), "numbers": sorted({row.number for row in rows})}
    orders = session.execute(text(ORDERS), asked).all()
    only: dict[int, str | None] = {}
    for connection_id in {order.connection_id for order in orders}:
        connection = session.exec(
            select(Connection).where(
                Connection.shop_id == asked["shop"], Connection.connection_id == connection_id
            )
        ).one()
        there = marketplaces_of(session, connection)
        only[connection_id] = there[0] if len(there) == 1 else None
    places = {
        (order.region, order.number): (
            order.connection_id,
            order.marketplace or only[order.connection_id],
        )
        for order in orders
    }
    return places, sorted(one for one, place in only.items() if place is not None)


def _told(
    session: Session, asked: Sequence[Asked], in_one_place: Sequence[int]
) -> Mapping[Asked, Reported | str]:
    if not asked:
        return {}
    kinds = kinds_of(database_time().date()).values()
    given = {
        "shop": shop_of(session),
        "kinds": [one.name for one in kinds if (one.type, one.period) == (TYPE, "WEEK")],
        "connections": integers([one[0] for one in asked]),
        "marketplaces": texts([one[1] for one in asked]),
        "asins": texts([one[2] for one in asked]),
        "since": moments([one[3] for one in asked]),
        "in_one_place": list(in_one_place),
    }
    return {
        (row["connection_id"], row["marketplace"], row["asin"], row["since"]): _read(row)
        for row in session.execute(text(TOLD), given).mappings()
    }


def _read(row: Mapping[Any, Any]) -> Reported | str:
    if not row["named"]:
        return NOT_NAMED
    first, after = row["starts_at"].astimezone(UTC).date(), row["ends_at"].astimezone(UTC).date()
    return Reported(
        row["marketplace"],
        first,
        date.fromordinal(after.toordinal() - 1),
        row["weeks"],
        (after - first).days // 7 - row["weeks"],
        row["units"],
        row["by_status"],
        row["read_at"],
        row["report_id"],
    )
