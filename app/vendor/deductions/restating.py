"""Deductions written anew from the payments: for the numbers that a paper touched, or for all.

A row is what all papers together say, whatever the order in which they came, so writing it anew is
always right and twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from app.db import run, shop_of

STATEMENT = Path(__file__).with_name("restate.sql").read_text(encoding="utf-8")
ALL = STATEMENT.format(scope="", bases="", gone="")
SOME = STATEMENT.format(
    # What was read before an invoice was ours stands under another number than it is about now.
    scope="AND (line.invoice_number = ANY(:numbers) OR line.reference = ANY(:numbers))",
    bases="AND judged.base = ANY(:numbers)",
    gone="AND kept.reference = ANY(:numbers)",
)
AT_ONCE = 200
"""Payments folded in one transaction."""

DUE = """
SELECT region, payment_id, remittance.read_at
FROM remittance LEFT JOIN folded_remittance AS folded USING (shop_id, region, payment_id)
WHERE shop_id = :shop AND folded.read_at IS DISTINCT FROM remittance.read_at
ORDER BY region, payment_id LIMIT :most
"""
GONE = """
SELECT region, payment_id FROM folded_remittance
WHERE shop_id = :shop AND NOT EXISTS (
    SELECT FROM remittance WHERE remittance.shop_id = folded_remittance.shop_id
      AND remittance.region = folded_remittance.region
      AND remittance.payment_id = folded_remittance.payment_id)
ORDER BY region, payment_id LIMIT :most
"""
TOUCHED = """
SELECT invoice_number FROM remittance_line
WHERE shop_id = :shop AND payment_id = ANY(:ids)
UNION SELECT btrim(reference) FROM remittance_line
WHERE shop_id = :shop AND payment_id = ANY(:ids)
UNION SELECT reference FROM deduction, unnest(CAST(:ids AS text[])) AS id
WHERE shop_id = :shop AND steps @> jsonb_build_array(jsonb_build_object('payment_id', id))
"""
NOW_OURS = """
SELECT DISTINCT reference FROM deduction
WHERE shop_id = :shop AND invoice_number IS NULL AND EXISTS (
    SELECT FROM invoice WHERE invoice.shop_id = deduction.shop_id
      AND invoice.region = deduction.region AND invoice.number = deduction.reference)
"""
NOTED = """
INSERT INTO folded_remittance (shop_id, region, payment_id, read_at)
SELECT shop_id, region, payment_id, read_at FROM remittance
WHERE shop_id = :shop AND payment_id = ANY(:ids)
ON CONFLICT (shop_id, region, payment_id) DO UPDATE SET read_at = excluded.read_at
"""
FORGOTTEN = """
DELETE FROM folded_remittance AS folded WHERE shop_id = :shop AND payment_id = ANY(:ids)
  AND NOT EXISTS (SELECT FROM remittance WHERE remittance.shop_id = folded.shop_id
    AND remittance.region = folded.region AND remittance.payment_id = folded.payment_id)
"""
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('deductions', :shop))"


def restate(session: Session, numbers: Sequence[str] | None = None) -> int:
    """Writes the deductions of these numbers (Amazon's, without suffixes) anew; None: all.

    Returns how many rows are other than before. One shop's run waits for another of the same shop.
    """
    shop_id = shop_of(session)
    session.flush()
    session.execute(text(ONE_AT_A_TIME), {"shop": shop_id})
    asked = {"shop": shop_id}
    if numbers is None:
        return int(session.execute(text(ALL), asked).scalar_one())
    some = asked | {"numbers": sorted(set(numbers))}
    return int(session.execute(text(SOME), some).scalar_one()) if some["numbers"] else 0


def fold(shop_id: int, then: Callable[[Session, list[str]], None] | None = None) -> None:
    """Folds every payment that has come, changed or gone since it was last folded, in parts.

    `then` is told the numbers of each part, in its transaction. May run twice, and may die half-way:
    what was folded is noted in the same transaction.
    """
    while run(_fold_some, shop_id, then):
        pass


def _fold_some(session: Session, then: Callable[[Session, list[str]], None] | None) -> bool:
    shop_id = shop_of(session)
    session.execute(text(ONE_AT_A_TIME), {"shop": shop_id})
    some = {"shop": shop_id, "most": AT_ONCE}
    ids = [row.payment_id for row in session.execute(text(DUE), some)]
    gone = [row.payment_id for row in session.execute(text(GONE), some)]
    touched = {"shop": shop_id, "ids": sorted({*ids, *gone})}
    numbers = set(session.execute(text(NOW_OURS), {"shop": shop_id}).scalars())
    if touched["ids"]:
        numbers |= set(session.execute(text(TOUCHED), touched).scalars())
        session.execute(text(NOTED), touched)
        session.execute(text(FORGOTTEN), touched)
    restate(session, sorted(numbers))
    if then is not None and numbers:
        then(session, sorted(numbers))
    return len(ids) == AT_ONCE or len(gone) == AT_ONCE
