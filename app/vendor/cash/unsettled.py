"""The alarm that every vendor asks for first: orders that left long ago and are still not settled.

It knows no terms, so it is one rule among others and off until a person sets its days; an invoice
that is past its due date is named by the match whatever this rule says.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session

from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.inventory import discrepancies
from app.inventory.discrepancies import EVERYTHING, Finding
from app.inventory.kinds import Kind, register
from app.preferences import ShopPreference, shop_preference

KIND = "purchase_order_unsettled"
LONGEST = 730

register(
    Kind(
        KIND,
        {"en": "Order not settled", "zh-CN": "采购订单未结清"},
        {
            "en": "The goods left longer ago than your rule allows, and not all is invoiced and paid.",
            "zh-CN": "货物发出已超过您设定的天数,仍有未开票或未付款部分。",
        },
        group="revenue",
    )
)

UNSETTLED = """
SELECT line.region, line.number, min(line.vendor_code) AS vendor_code, line.currency,
       min(notice.left_at) AS left_at, sum(line.outstanding) AS outstanding,
       sum(greatest(coalesce(line.received, 0) - line.invoiced + line.tax, 0)) AS not_invoiced
FROM reconciliation_line AS line
JOIN (
    SELECT cargo.region, cargo.number, min(shipment.shipped_at) AS left_at
    FROM shipment_line AS cargo JOIN shipment USING (shop_id, region, identifier)
    WHERE cargo.shop_id = :shop AND shipment.shipped_at IS NOT NULL
    GROUP BY cargo.region, cargo.number
) AS notice USING (region, number)
WHERE line.shop_id = :shop AND notice.left_at < :before
  AND (line.outstanding > 0 OR line.received_units > line.invoiced_units)
GROUP BY line.region, line.number, line.currency
ORDER BY left_at, line.region, line.number
"""


def set_days(session: Session, days: int | None) -> None:
    """Says after how many days since it left an order is alarming; None: never. Raises Refused."""
    if days is not None and not 1 <= days <= LONGEST:
        wrong = FieldError("unsettled_after_days", f"give 1 to {LONGEST} days, or none")
        raise Refused("rule_refused", "The alarm cannot be set so.", errors=[wrong])
    chosen = shop_preference(session)
    chosen.unsettled_after_days = days
    session.add(chosen)
    session.flush()
    state(session)


def state(session: Session) -> None:
    """States the orders that the rule names, so that they open and close by themselves."""
    days = shop_preference(session).unsettled_after_days
    found = _findings(session, days) if days is not None else []
    discrepancies.restate(session, {KIND}, EVERYTHING, found)


def days_of(session: Session) -> int | None:
    """The rule as it is set."""
    preference: ShopPreference = shop_preference(session)
    return preference.unsettled_after_days


def _findings(session: Session, days: int) -> list[Finding]:
    asked = {"shop": shop_of(session), "before": database_time() - timedelta(days=days)}
    return [
        Finding(
            KIND,
            f"{row.region}:{row.number}:{row.currency or ''}",
            {"region": row.region, "number": row.number, "vendor_code": row.vendor_code},
            amount=row.outstanding + row.not_invoiced,
            currency=row.currency,
            deadline=row.left_at + timedelta(days=days),
        )
        for row in session.execute(text(UNSETTLED), asked)
        if row.currency
    ]
