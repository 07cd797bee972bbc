"""Drafts by rule: what a vendor code has said is drafted without a person; sending never is."""

from __future__ import annotations

import structlog
from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.errors import Refused
from app.vendor import invoices

log = structlog.get_logger(__name__)

AT_ONCE = 50
ACTOR = "rule"
# From shipments: as soon as something has left. From receipts: when the order is closed, when all of
# it has come, or when its totals have stood for two weeks, as Amazon's totals come in parts.
TO_DRAFT = """
SELECT DISTINCT o.region, o.number, billing.draft_from
FROM purchase_order AS o
JOIN vendor_code AS billing
    ON billing.shop_id = o.shop_id AND billing.region = o.region AND billing.code = o.vendor_code
JOIN purchase_order_line AS line
    ON line.shop_id = o.shop_id AND line.region = o.region AND line.number = o.number
WHERE o.shop_id = :shop AND billing.draft_from IN ('receipts', 'shipments')
    AND NOT o.before_books AND NOT line.removed AND line.cost IS NOT NULL
    AND coalesce(o.type, '') <> 'ConsignedOrder' AND coalesce(o.payment_method, '') <> 'Consignment'
    AND (billing.draft_from = 'shipments' OR o.state = 'Closed'
        OR line.received_units >= line.accepted_units + line.backordered_units
        OR line.last_received_at < now() - interval '14 days')
    AND CASE WHEN billing.draft_from = 'shipments' THEN line.shipped_units
        ELSE line.received_units END - line.units_before_books > coalesce((
            SELECT sum(own.units) FROM invoice_line AS own JOIN invoice USING (shop_id, invoice_id)
            WHERE own.shop_id = line.shop_id AND own.region = line.region
                AND own.number = line.number AND own.line = line.line
                AND invoice.state <> 'cancelled' AND invoice.type = 'Invoice'), 0)
ORDER BY 1, 2 LIMIT :most
"""


def draft_by_rule(session: Session) -> int:
    """Makes the drafts that are due by the vendor codes' rules, and says how many orders that was."""
    rows = session.execute(text(TO_DRAFT), {"shop": shop_of(session), "most": AT_ONCE}).all()
    for region, number, source in rows:
        try:
            with session.begin_nested():
                invoices.draft(session, region, [number], source, actor=ACTOR)
        except Refused as refused:
            log.info("not_drafted", number=number, reason=refused.detail)
    return len(rows)
