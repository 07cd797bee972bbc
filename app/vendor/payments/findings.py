"""Payments that do not come to what they say: against their lines, and across currencies by their rate."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import discrepancies
from app.inventory.discrepancies import EVERYTHING, Finding
from app.inventory.kinds import Kind, register

LINES, EXCHANGE = "payment_difference", "exchange_difference"

register(
    Kind(
        LINES,
        {"en": "Payment does not add up", "zh-CN": "付款与明细不符"},
        {
            "en": "A payment is not the sum of its own lines.",
            "zh-CN": "付款金额不等于其各行明细之和。",
        },
        group="cash",
    ),
    Kind(
        EXCHANGE,
        {"en": "Exchange does not add up", "zh-CN": "汇兑金额不符"},
        {
            "en": "A payment in another currency is not what its own rate makes of it.",
            "zh-CN": "外币付款金额与其自身汇率折算的结果不符。",
        },
        group="cash",
    ),
)

# Lines stand in the invoices' currency, which is the payment's own where no other is stated.
WRONG_LINES = """
SELECT paper.region, paper.payment_id, paper.number, line.currency,
       sum(line.paid) - CASE WHEN line.currency = paper.invoice_currency THEN paper.invoice_amount
                             WHEN line.currency = paper.currency THEN paper.amount ELSE 0 END
           AS missing
FROM remittance AS paper JOIN remittance_line AS line USING (shop_id, region, payment_id)
WHERE paper.shop_id = :shop AND paper.status <> 'FAILED'
GROUP BY paper.region, paper.payment_id, paper.number, line.currency, paper.invoice_currency,
         paper.invoice_amount, paper.currency, paper.amount
HAVING sum(line.paid) <> CASE WHEN line.currency = paper.invoice_currency
                              THEN paper.invoice_amount
                              WHEN line.currency = paper.currency THEN paper.amount ELSE 0 END
"""
# Amazon does not say which way round its rate is, so the way that comes nearer is taken; one
# hundredth is rounding.
WRONG_EXCHANGE = """
SELECT region, payment_id, number, currency,
       CASE WHEN abs(times - amount) <= abs(divided - amount) THEN times ELSE divided END - amount
           AS missing
FROM (
    SELECT region, payment_id, number, currency, amount,
           round(invoice_amount * exchange_rate, 2) AS times,
           round(invoice_amount / exchange_rate, 2) AS divided
    FROM remittance
    WHERE shop_id = :shop AND status <> 'FAILED' AND exchange_rate > 0
      AND invoice_currency <> currency AND invoice_amount IS NOT NULL
) AS made
WHERE least(abs(times - amount), abs(divided - amount)) > 0.01
"""


def state(session: Session) -> None:
    """States what does not add up, so that it opens and closes by itself."""
    discrepancies.restate(session, {LINES, EXCHANGE}, EVERYTHING, differences(session))


def differences(session: Session) -> list[Finding]:
    """Every payment that is not what it says; amounts are what the shop lacks."""
    asked = {"shop": shop_of(session)}
    return [
        Finding(
            kind,
            f"{row.region}:{row.payment_id}:{row.currency}",
            {"region": row.region, "payment": row.payment_id, "payment_number": row.number},
            amount=row.missing,
            currency=row.currency,
        )
        for kind, statement in ((LINES, WRONG_LINES), (EXCHANGE, WRONG_EXCHANGE))
        for row in session.execute(text(statement), asked)
    ]
