"""What Amazon has received and nobody has invoiced: money that will not come by itself.

Also of orders that were over before the books were opened: no invoice here covers them, and unless
Amazon's finance shows one that was sent elsewhere, none is known at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.config import settings
from app.db import database_time, shop_of
from app.http import Answer, Moment, Money

# What Amazon's finance shows of a line under a number that is none of ours was invoiced elsewhere.
NOT_INVOICED = """
WITH missing AS (
    SELECT kept.currency, line.last_received_at AS at,
           kept.received / nullif(kept.received_units, 0) AS cost,
           kept.received_units - kept.invoiced_units - coalesce((
               SELECT sum(told.units)::int FROM finance_invoice_line AS told
               JOIN finance_invoice AS paper USING (shop_id, region, payee_code, number)
               WHERE told.shop_id = :shop AND told.region = kept.region
                 AND told.purchase_order = kept.number AND told.asin = line.asin
                 AND paper.type = 'AP_INVENTORY' AND paper.status <> 'REJECTED'
                 AND NOT EXISTS (SELECT FROM invoice AS ours WHERE ours.shop_id = :shop
                     AND ours.region = paper.region AND ours.number = paper.number)), 0) AS units
    FROM reconciliation_line AS kept
    JOIN purchase_order_line AS line USING (shop_id, region, number, line)
    JOIN purchase_order AS ordered USING (shop_id, region, number)
    WHERE kept.shop_id = :shop AND kept.invoiced_units < kept.received_units
      AND NOT ordered.withdrawn
      AND coalesce(ordered.payment_method, '') <> 'Consignment'
      AND coalesce(ordered.type, '') <> 'ConsignedOrder'
      AND (CAST(:vendor_code AS text) IS NULL OR kept.vendor_code = :vendor_code)
      AND (CAST(:since AS timestamptz) IS NULL OR kept.ordered_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR kept.ordered_at < :until)
)
SELECT currency, count(*) AS lines, sum(units)::bigint AS units,
       round(sum(units * cost), 4) AS amount, min(at) AS since,
       count(*) FILTER (WHERE at <= :late) AS late_lines,
       coalesce(sum(units) FILTER (WHERE at <= :late), 0)::bigint AS late_units,
       round(sum(units * cost) FILTER (WHERE at <= :late), 4) AS late_amount
FROM missing WHERE units > 0 GROUP BY currency ORDER BY currency NULLS LAST
"""


class NotInvoiced(Answer):
    """Eaches received and not invoiced, of lines in one currency; at the order's cost, null where
    none is stated. `late` is the part whose receipt is longer ago than UNBILLED_DAYS; `since` is the
    oldest receipt."""

    currency: str | None
    lines: int
    units: int
    amount: Money | None
    since: Moment | None
    late_lines: int
    late_units: int
    late_amount: Money | None


def not_invoiced(
    session: Session, filters: Mapping[str, Any] | None = None, *, now: datetime | None = None
) -> list[NotInvoiced]:
    """What is received and not invoiced, currency by currency; empty when nothing is."""
    late = (now or database_time()) - timedelta(days=settings().unbilled_days)
    asked = {"vendor_code": None, "since": None, "until": None}
    asked |= dict(filters or {}) | {"shop": shop_of(session), "late": late}
    return [
        NotInvoiced(
            currency=row.currency,
            lines=row.lines,
            units=row.units,
            amount=_money(row.amount, row.currency),
            since=row.since,
            late_lines=row.late_lines,
            late_units=row.late_units,
            late_amount=_money(row.late_amount, row.currency),
        )
        for row in session.execute(text(NOT_INVOICED), asked)
    ]


def _money(amount: Any, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount=amount, currency=currency)
