"""What happened to the goods and the money of a deduction, day by day, each from its paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes.tables import Dispute

PAPERS = """
SELECT ordered_at AS at, 'ordered' AS event, number AS reference,
       (SELECT sum(ordered_units) FROM purchase_order_line AS line
        WHERE line.shop_id = :shop AND line.region = paper.region AND line.number = paper.number
          AND NOT removed) AS units,
       NULL AS detail
FROM purchase_order AS paper
WHERE shop_id = :shop AND region = :region AND number = ANY(:orders)
UNION ALL
SELECT coalesce(sent_at, made_at), 'acknowledged', number,
       (SELECT sum(accept + backorder) FROM acknowledgement_line AS line
        WHERE line.shop_id = :shop AND line.acknowledgement_id = said.acknowledgement_id),
       transaction_id
FROM acknowledgement AS said
WHERE shop_id = :shop AND region = :region AND number = ANY(:orders) AND state = 'accepted'
UNION ALL
SELECT shipped_at, 'shipped', identifier,
       (SELECT sum(booked_units) FROM shipment_line AS line
        WHERE line.shop_id = :shop AND line.region = :region
          AND line.identifier = truck.identifier AND line.number = ANY(:orders)),
       concat_ws(' · ', carrier_code, carrier_reference, bill_of_lading)
FROM shipment AS truck
WHERE shop_id = :shop AND region = :region AND shipped_at IS NOT NULL AND identifier IN (
    SELECT identifier FROM shipment_line
    WHERE shop_id = :shop AND region = :region AND number = ANY(:orders) AND booked_units > 0)
UNION ALL
SELECT accepted_at, 'notified', identifier, NULL, transaction_id
FROM shipment
WHERE shop_id = :shop AND region = :region AND accepted_at IS NOT NULL AND identifier IN (
    SELECT identifier FROM shipment_line
    WHERE shop_id = :shop AND region = :region AND number = ANY(:orders) AND booked_units > 0)
UNION ALL
SELECT max(last_received_at), 'received', number, sum(received_units), NULL
FROM purchase_order_line
WHERE shop_id = :shop AND region = :region AND number = ANY(:orders) AND NOT removed
GROUP BY number HAVING max(last_received_at) IS NOT NULL
UNION ALL
SELECT coalesce(dated_at, sent_at), 'invoiced', number,
       (SELECT sum(units) FROM invoice_line AS line
        WHERE line.shop_id = :shop AND line.invoice_id = own.invoice_id),
       NULL
FROM invoice AS own
WHERE shop_id = :shop AND region = :region AND number = :invoice
  AND coalesce(dated_at, sent_at) IS NOT NULL
UNION ALL
SELECT due_at, 'due', number, NULL, amazon_terms
FROM invoice
WHERE shop_id = :shop AND region = :region AND number = :invoice AND due_at IS NOT NULL
"""


class Event(NamedTuple):
    """One thing that happened. `amount` is below zero where money was taken."""

    at: datetime
    event: str
    reference: str
    units: int | None = None
    amount: Decimal | None = None
    detail: str | None = None


def timeline(
    session: Session, row: Deduction, orders: Sequence[str], attempts: Sequence[Dispute]
) -> list[Event]:
    """Everything that our papers say happened, the oldest first."""
    asked = {
        "shop": shop_of(session),
        "region": row.region,
        "orders": list(orders),
        "invoice": row.invoice_number,
    }
    found = [
        Event(at, event, reference, None if units is None else int(units), None, detail or None)
        for at, event, reference, units, detail in session.execute(text(PAPERS), asked)
    ]
    for step in row.steps:
        amount = -Decimal(step["taken"])
        found.append(
            Event(
                datetime.fromisoformat(step["at"]),
                "deducted" if amount < 0 else "given_back",
                str(step["reference"]),
                amount=amount,
                detail=step["payment"] or step["payment_id"],
            )
        )
    found += [
        Event(one.filed_at, "disputed", one.case_number or "", amount=one.amount)
        for one in attempts
        if one.filed_at is not None
    ]
    return sorted(found, key=lambda one: (one.at, one.event, one.reference))
