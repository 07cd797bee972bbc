"""Payments that do not come to what they say: against their lines, and across currencies by their rate."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session, select

from app.db import shop_of
from app.inventory import discrepancies
from app.inventory.discrepancies import EVERYTHING, Finding
from app.inventory.kinds import Kind, register
from app.vendor.payments import payees, witnesses
from app.vendor.payments.tables import RemittanceWitness

LINES, EXCHANGE = "payment_difference", "exchange_difference"
SOURCES = "remittance_disagreement"

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
    Kind(
        SOURCES,
        {"en": "Sources of a payment disagree", "zh-CN": "付款来源不一致"},
        {
            "en": "A file or an X12 820 says another figure of a payment than the source that counts.",
            "zh-CN": "文件或 X12 820 中的付款数字与计入账册的来源不同。",
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
    payees.decide(session)
    found = differences(session) + payees.standing(session)
    discrepancies.restate(session, {LINES, EXCHANGE, SOURCES, payees.UNKNOWN}, EVERYTHING, found)


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
    ] + _disagreements(session)


def _disagreements(session: Session) -> list[Finding]:
    """Every field in which a witness of a payment is other than what counts, with both figures."""
    rows = session.exec(
        select(RemittanceWitness).where(
            RemittanceWitness.shop_id == shop_of(session), text("differences <> '[]'")
        )
    )
    return [
        Finding(
            SOURCES,
            f"{row.region}:{row.payment_id}:{row.source}:{one.line}:{one.currency}:{one.field}",
            {
                "region": row.region,
                "payment": row.payment_id,
                "payment_number": row.number,
                "source": row.source,
                "import_id": row.import_id,
                "paper_line": one.line,
                "field": one.field,
                "counted": one.counted,
                "witness": one.witness,
            },
            amount=one.amount,
            currency=one.currency,
            cause=one.field,
        )
        for row in rows
        for one in map(witnesses.told, row.differences)
    ]
