"""Matches that a person confirmed, while payments change behind them: followed, else named.

A line that says the same under another key or place is the same line: a payment that came by file has
another key once Amazon's API shows it. What says otherwise, failed or is gone does not count, and
stands in the queue of discrepancies until it says the same again or a person takes the match back.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import discrepancies
from app.inventory.discrepancies import EVERYTHING, Finding
from app.vendor.reconciliation import kinds

CHANGED = kinds.CHANGED.name

STANDS = """
EXISTS (SELECT FROM remittance_line AS line JOIN remittance AS paper
    USING (shop_id, region, payment_id)
    WHERE line.shop_id = part.shop_id AND line.region = part.region
      AND line.payment_id = part.payment_id AND line.position = part.position
      AND line.reference = part.reference AND line.paid = part.paid
      AND line.currency = part.currency AND paper.status = 'SUCCESSFUL')
"""
"""That the payment still says what it said when it was matched, and was made."""

# Of several lines that say the same, the first goes to the first: they are as good as each other.
FOLLOW = f"""
WITH stale AS (
    SELECT region, payment_number, reference, paid, currency, payment_id, position,
           row_number() OVER (PARTITION BY region, payment_number, reference, paid, currency
                              ORDER BY payment_id, position) AS place
    FROM (
        SELECT DISTINCT part.region, part.payment_number, part.reference, part.paid, part.currency,
               part.payment_id, part.position
        FROM payment_match AS said JOIN payment_match_part AS part USING (shop_id, match_id)
        WHERE said.shop_id = :shop AND said.state = 'confirmed'
          AND part.payment_number IS NOT NULL AND NOT {STANDS}
    ) AS each_one
),
free AS (
    SELECT line.region, paper.number, line.reference, line.paid, line.currency, line.payment_id,
           line.position,
           row_number() OVER (PARTITION BY line.region, paper.number, line.reference, line.paid,
                              line.currency ORDER BY line.payment_id, line.position) AS place
    FROM remittance AS paper JOIN remittance_line AS line USING (shop_id, region, payment_id)
    WHERE paper.shop_id = :shop AND paper.status = 'SUCCESSFUL'
      AND (paper.region, paper.number) IN (SELECT region, payment_number FROM stale)
      AND NOT EXISTS (
          SELECT FROM payment_match_part AS part JOIN payment_match AS said
              USING (shop_id, match_id)
          WHERE part.shop_id = :shop AND said.state = 'confirmed' AND part.region = line.region
            AND part.payment_id = line.payment_id AND part.position = line.position
            AND (part.reference, part.paid, part.currency)
                = (line.reference, line.paid, line.currency))
),
moved AS (
    UPDATE payment_match_part AS part SET payment_id = free.payment_id, position = free.position
    FROM stale JOIN free ON free.region = stale.region AND free.number = stale.payment_number
        AND free.reference = stale.reference AND free.paid = stale.paid
        AND free.currency = stale.currency AND free.place = stale.place,
        payment_match AS said
    WHERE part.shop_id = :shop AND said.shop_id = :shop AND said.match_id = part.match_id
      AND said.state = 'confirmed' AND part.region = stale.region
      AND part.payment_id = stale.payment_id AND part.position = stale.position
      AND (part.reference, part.paid, part.currency)
          = (stale.reference, stale.paid, stale.currency)
    RETURNING part.invoice_id
)
INSERT INTO reconciliation_due (shop_id, invoice_number)
SELECT DISTINCT :shop, invoice.number
FROM moved JOIN invoice ON invoice.shop_id = :shop AND invoice.invoice_id = moved.invoice_id
WHERE invoice.number IS NOT NULL
"""
FALLEN = f"""
SELECT said.match_id, said.currency, sum(part.amount) AS amount, min(part.region) AS region,
       min(part.payment_id) AS payment_id, min(part.payment_number) AS payment_number,
       min(invoice.number) AS invoice, min(invoice.vendor_code) AS vendor_code,
       CASE WHEN bool_or(paper.status = 'FAILED') THEN 'payment_failed'
            WHEN bool_or(paper.shop_id IS NOT NULL) THEN 'payment_changed'
            ELSE 'payment_gone' END AS cause
FROM payment_match AS said
JOIN payment_match_part AS part USING (shop_id, match_id)
JOIN invoice ON invoice.shop_id = said.shop_id AND invoice.invoice_id = part.invoice_id
LEFT JOIN LATERAL (
    SELECT kept.status, kept.shop_id FROM remittance AS kept
    WHERE kept.shop_id = part.shop_id AND kept.region = part.region
      AND (kept.payment_id = part.payment_id OR kept.number = part.payment_number)
    ORDER BY kept.payment_id = part.payment_id DESC, kept.payment_id LIMIT 1
) AS paper ON true
WHERE said.shop_id = :shop AND said.state = 'confirmed' AND NOT {STANDS}
GROUP BY said.match_id, said.currency
ORDER BY said.match_id
"""


def follow(session: Session) -> None:
    """Lays confirmed matches on the lines that say now what theirs said. Twice is as once."""
    session.execute(text(FOLLOW), {"shop": shop_of(session)})


def state(session: Session) -> None:
    """States every confirmed match that no longer holds, so that it opens and closes by itself."""
    discrepancies.restate(session, {CHANGED}, EVERYTHING, fallen(session))


def fallen(session: Session) -> list[Finding]:
    """Confirmed matches that do not hold; amounts are what of them counts no longer."""
    return [
        Finding(
            CHANGED,
            str(row.match_id),
            {
                "match": row.match_id,
                "region": row.region,
                "payment": row.payment_id,
                "payment_number": row.payment_number,
                "invoice": row.invoice,
                "vendor_code": row.vendor_code,
            },
            amount=row.amount,
            currency=row.currency,
            cause=row.cause,
        )
        for row in session.execute(text(FALLEN), {"shop": shop_of(session)})
    ]
