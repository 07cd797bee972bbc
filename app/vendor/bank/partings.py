"""Bank lines that a person had tied to a payment, and what parted them: named, and tied again.

What a person said of a line stands again as soon as line and payment are both there again; until
then it is in the queue of discrepancies, so that nothing a person decided goes silently.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, delete

from app.db import database_time, shop_of
from app.inventory.discrepancies import Finding
from app.inventory.kinds import Kind, register
from app.vendor.bank.tables import BankParting

PARTED = "bank_match_changed"

register(
    Kind(
        PARTED,
        {"en": "Bank line parted from its payment", "zh-CN": "银行明细与付款脱离"},
        {
            "en": "A bank line that a person tied to a payment is tied no longer: the payment failed"
            " or is gone, or the line's statement was taken back.",
            "zh-CN": "已由人工关联付款的银行明细不再关联：付款失败或不复存在，或该对账单已撤销。",
        },
        group="cash",
    )
)

KEEP = """
INSERT INTO bank_parting AS kept (shop_id, key, region, payment_id, payment_number, amount, currency,
    matched_by, matched_at, parted_at)
SELECT line.shop_id, line.key, line.region, line.payment_id, line.payment_number, line.amount,
       line.currency, line.matched_by, line.matched_at, :now
FROM bank_line AS line
WHERE line.shop_id = :shop AND line.matched_how = 'confirmed' AND {parted}
ON CONFLICT (shop_id, key) DO UPDATE SET region = excluded.region,
    payment_id = excluded.payment_id, payment_number = excluded.payment_number,
    amount = excluded.amount, currency = excluded.currency, matched_by = excluded.matched_by,
    matched_at = excluded.matched_at, parted_at = excluded.parted_at
"""
KEEP_GONE = KEEP.format(
    parted="""NOT EXISTS (SELECT FROM remittance AS paper WHERE paper.shop_id = :shop
    AND paper.region = line.region AND paper.payment_id = line.payment_id
    AND paper.status <> 'FAILED')"""
)
KEEP_LINES = KEEP.format(parted="line.bank_line_id = ANY(CAST(:ids AS integer[]))")
PAPER = """
SELECT paper.region, paper.payment_id, paper.number, paper.status FROM remittance AS paper
WHERE paper.shop_id = kept.shop_id AND paper.region = kept.region
  AND (paper.payment_id = kept.payment_id OR paper.number = kept.payment_number)
  AND paper.currency = kept.currency
ORDER BY paper.status = 'FAILED', paper.payment_id = kept.payment_id DESC, paper.payment_id LIMIT 1
"""
TIE_AGAIN = f"""
UPDATE bank_line AS line SET region = paper.region, payment_id = paper.payment_id,
    payment_number = paper.number, matched_how = 'confirmed', matched_by = kept.matched_by,
    matched_at = kept.matched_at
FROM bank_parting AS kept CROSS JOIN LATERAL ({PAPER}) AS paper
WHERE line.shop_id = :shop AND kept.shop_id = :shop AND line.key = kept.key
  AND line.amount = kept.amount AND line.currency = kept.currency AND paper.status <> 'FAILED'
  AND line.payment_id IS NULL AND line.set_aside_at IS NULL
"""
# A line that is something else by now, or a payment that another line shows, is parted no longer.
OVER = """
DELETE FROM bank_parting AS kept WHERE kept.shop_id = :shop AND (
    EXISTS (SELECT FROM bank_line AS line WHERE line.shop_id = :shop AND line.key = kept.key
        AND (line.payment_id IS NOT NULL OR line.set_aside_at IS NOT NULL))
    OR NOT EXISTS (SELECT FROM bank_line AS line WHERE line.shop_id = :shop
        AND line.key = kept.key)
    AND EXISTS (SELECT FROM bank_line AS other WHERE other.shop_id = :shop
        AND other.region = kept.region AND other.payment_number = kept.payment_number))
"""
# Where line and payment are both gone there is nothing left to disagree.
STANDING = f"""
SELECT kept.key, kept.region, kept.amount, kept.currency,
       coalesce(paper.payment_id, kept.payment_id) AS payment_id,
       coalesce(kept.payment_number, paper.number) AS payment_number,
       CASE WHEN line.shop_id IS NULL THEN 'line_gone'
            WHEN paper.status = 'FAILED' THEN 'payment_failed' ELSE 'payment_gone' END AS cause
FROM bank_parting AS kept
LEFT JOIN LATERAL ({PAPER}) AS paper ON true
LEFT JOIN bank_line AS line ON line.shop_id = kept.shop_id AND line.key = kept.key
WHERE kept.shop_id = :shop AND (line.shop_id IS NOT NULL OR paper.status <> 'FAILED')
ORDER BY kept.key
"""


def keep(session: Session, ids: Collection[int] | None = None) -> None:
    """Keeps which of these lines a person has tied, before they go; None: those whose payment is gone.

    The caller takes them apart in the same transaction.
    """
    asked: dict[str, Any] = {"shop": shop_of(session), "now": database_time()}
    if ids is None:
        session.execute(text(KEEP_GONE), asked)
    else:
        session.execute(text(KEEP_LINES), asked | {"ids": sorted(ids)})


def tie_again(session: Session) -> None:
    """Ties what stands together again as the person had said, and forgets what is over."""
    for statement in (TIE_AGAIN, OVER):
        session.execute(text(statement), {"shop": shop_of(session)})


def forget(session: Session, key: str) -> None:
    """A person has said anew what the line is."""
    session.exec(
        delete(BankParting).where(
            BankParting.shop_id == shop_of(session),  # type: ignore[arg-type]
            BankParting.key == key,  # type: ignore[arg-type]
        )
    )


def standing(session: Session) -> list[Finding]:
    """Every line that is parted from the payment that a person had tied it to."""
    return [
        Finding(
            PARTED,
            row.key,
            {
                "region": row.region,
                "payment": row.payment_id,
                "payment_number": row.payment_number,
            },
            amount=row.amount,
            currency=row.currency,
            cause=row.cause,
        )
        for row in session.execute(text(STANDING), {"shop": shop_of(session)})
    ]
