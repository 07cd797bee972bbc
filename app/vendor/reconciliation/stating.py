"""What disagrees now, as findings: stated to the one queue of discrepancies after every match."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.config import settings
from app.db import database_time, shop_of
from app.inventory import discrepancies
from app.inventory.discrepancies import Finding
from app.vendor.costs.agreeing import of_line
from app.vendor.receiving.sources import MATCH_DIFFERS, MATCHED
from app.vendor.reconciliation.kinds import INVOICE_KINDS, LINE_KINDS

OrderKey = tuple[str, str]
AT_ONCE = 1_000
"""Orders, or invoices, whose discrepancies are stated in one transaction."""

# Money of a line is at the order's cost, but what was invoiced: that is at the invoice's. A price is
# held against the agreed cost where there is one, which is of the same unit as the order's.
LINES = """
SELECT named.kind, kept.region, kept.number, kept.line, kept.vendor_code, kept.currency,
    CASE named.kind
        WHEN 'over_shipped' THEN shipped_units - greatest(acknowledged_units, ordered_units)
        WHEN 'short_received' THEN shipped_units - received_units
        WHEN 'over_received' THEN received_units - shipped_units
        WHEN 'duplicate_invoice' THEN invoiced_units - greatest(shipped_units, received_units)
        WHEN 'overbilled' THEN invoiced_units - greatest(shipped_units, received_units)
        WHEN 'unbilled' THEN received_units - invoiced_units END AS units,
    round(CASE named.kind
        WHEN 'over_shipped' THEN cost.each
            * (shipped_units - greatest(acknowledged_units, ordered_units))
        WHEN 'short_received' THEN shipped - received
        WHEN 'over_received' THEN received - shipped
        WHEN 'price_variance' THEN cost.each * invoiced_units * coalesce((
            SELECT (SELECT agreed.cost FROM ({agreed}) AS agreed) / nullif(line.cost, 0)
            FROM purchase_order_line AS line JOIN purchase_order AS paper
                USING (shop_id, region, number)
            WHERE line.shop_id = :shop AND line.region = kept.region
              AND line.number = kept.number AND line.line = kept.line), 1) - (invoiced - tax)
        WHEN 'unbilled' THEN cost.each * (received_units - invoiced_units)
        ELSE (invoiced - tax) / nullif(invoiced_units, 0)
            * (greatest(shipped_units, received_units) - invoiced_units) END, 4) AS amount,
    (SELECT min(defect #>> '{{}}')
     FROM invoice_line AS own, jsonb_path_query(own.variances,
         '$[*] ? (@.varianceType == $type).defectTypes[*]', jsonb_build_object('type',
         CASE WHEN named.kind = 'price_variance' THEN 'PPV' ELSE 'PQV' END)) AS defect
     WHERE own.shop_id = :shop AND own.region = kept.region AND own.number = kept.number
       AND own.line = kept.line) AS cause
FROM reconciliation_line AS kept
CROSS JOIN LATERAL unnest(kept.places) AS named (kind)
CROSS JOIN LATERAL (VALUES (coalesce(ordered / nullif(ordered_units, 0),
    received / nullif(received_units, 0), shipped / nullif(shipped_units, 0)))) AS cost (each)
WHERE kept.shop_id = :shop AND named.kind = ANY(CAST(:kinds AS text[])) {narrowed}
ORDER BY kept.region, kept.number, kept.line, named.kind
"""
# Received as it was shipped, so no other kind speaks of these lines.
RECEIPTS = f"""
SELECT 'receipts_disagree' AS kind, kept.region, kept.number, kept.line, kept.vendor_code,
    kept.currency, abs(missing.units) AS units, round(cost.each * missing.units, 4) AS amount,
    NULL AS cause
FROM reconciliation_line AS kept
JOIN purchase_order_line AS line USING (shop_id, region, number, line)
JOIN purchase_order AS paper USING (shop_id, region, number)
{MATCHED}
CROSS JOIN LATERAL (VALUES (least(line.received_units, billed.looked_at) - billed.matched))
    AS missing (units)
CROSS JOIN LATERAL (VALUES (coalesce(ordered / nullif(kept.ordered_units, 0),
    received / nullif(kept.received_units, 0)))) AS cost (each)
WHERE kept.shop_id = :shop AND NOT paper.before_books AND line.shipped_units > 0
  AND line.received_units = line.shipped_units + line.units_before_books
  AND {MATCH_DIFFERS} {{narrowed}}
ORDER BY kept.region, kept.number, kept.line
"""
THESE_ORDERS = """AND (kept.region, kept.number) IN (
    SELECT * FROM unnest(CAST(:regions AS text[]), CAST(:numbers AS text[])))"""
SOME_LINES = LINES.format(agreed=of_line("line"), narrowed=THESE_ORDERS)
ALL_LINES = LINES.format(agreed=of_line("line"), narrowed="")
INVOICES = """
SELECT named.kind, kept.region, kept.number, kept.vendor_code, kept.currency, named.amount
FROM reconciliation_invoice AS kept
CROSS JOIN LATERAL (VALUES
    ('unexplained', CASE WHEN unexplained <> 0 THEN unexplained END),
    (CASE WHEN state = 'unpaid' THEN 'unpaid_overdue' ELSE 'underpaid' END,
     CASE WHEN open > 0 AND due_at + CAST(:grace AS interval) <= :now THEN open END))
    AS named (kind, amount)
WHERE kept.shop_id = :shop AND named.amount IS NOT NULL {narrowed}
ORDER BY kept.number, named.kind
"""
SOME_INVOICES = INVOICES.format(narrowed="AND kept.number = ANY(CAST(:numbers AS text[]))")
ALL_INVOICES = INVOICES.format(narrowed="")


def disagreements(
    session: Session,
    orders: Collection[OrderKey] | None = None,
    invoices: Collection[str] | None = None,
    *,
    now: datetime | None = None,
) -> list[Finding]:
    """Everything that disagrees in this shop, of these orders (region, number) and these invoices;
    None: of all. Amounts are what the shop is owed, below zero where it has billed too much.

    Reads the match as it stands: papers that wait to be matched are not in it.
    """
    shop: dict[str, Any] = {"shop": shop_of(session), "kinds": sorted(LINE_KINDS)}
    if orders is None:
        narrowed = shop
        statements = (ALL_LINES, RECEIPTS.format(narrowed=""))
    else:
        named = sorted(orders)
        narrowed = shop | {
            "regions": [one[0] for one in named],
            "numbers": [one[1] for one in named],
        }
        statements = (SOME_LINES, RECEIPTS.format(narrowed=THESE_ORDERS))
    found = [
        Finding(
            row.kind,
            f"{row.region}:{row.number}:{row.line}",
            {
                "region": row.region,
                "number": row.number,
                "line": row.line,
                "vendor_code": row.vendor_code,
            },
            row.units,
            row.amount if row.currency else None,
            row.currency if row.amount is not None else None,
            row.cause,
        )
        for statement in statements
        for row in session.execute(text(statement), narrowed)
    ]
    asked = shop | {
        "now": now or database_time(),
        "grace": timedelta(days=settings().payment_grace_days),
    }
    if invoices is None:
        rows = session.execute(text(ALL_INVOICES), asked)
    else:
        rows = session.execute(text(SOME_INVOICES), asked | {"numbers": sorted(invoices)})
    return found + [
        Finding(
            row.kind,
            f"{row.region}:{row.number}",
            {"region": row.region, "invoice": row.number, "vendor_code": row.vendor_code},
            None,
            row.amount,
            row.currency,
        )
        for row in rows
    ]


def state(
    session: Session,
    orders: Collection[OrderKey],
    invoices: Collection[str],
    *,
    now: datetime | None = None,
) -> None:
    """Tells the queue what disagrees of these orders and invoices; what no longer does closes."""
    found = disagreements(session, orders, invoices, now=now)
    if orders:
        discrepancies.restate(
            session,
            LINE_KINDS,
            discrepancies.of_purchase_orders(orders),
            [one for one in found if one.kind in LINE_KINDS],
            now=now,
        )
    if invoices:
        discrepancies.restate(
            session,
            INVOICE_KINDS,
            discrepancies.of_invoices(invoices),
            [one for one in found if one.kind in INVOICE_KINDS],
            now=now,
        )
