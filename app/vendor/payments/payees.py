"""Whose a payment is: by the payee that it states, else by the invoices that it pays, else by a person.

A payee is what `vendor_code.payee_code` names, or a vendor code for which none is said. Only where a
region has one payee does the region alone decide. Nothing is guessed: a payment of which neither its
codes nor its lines nor the region say whose it is, and that has lines that name no invoice of ours,
stands in the queue of discrepancies, and is not suggested for any invoice until a person has said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.inventory.discrepancies import Finding
from app.inventory.kinds import Kind, register
from app.vendor.payments.stated import Payment
from app.vendor.payments.tables import Remittance, RemittancePayee

UNKNOWN = "payment_without_payee"

register(
    Kind(
        UNKNOWN,
        {"en": "Whose payment is not known", "zh-CN": "付款归属不明"},
        {
            "en": "A payment pays something that is no invoice of yours, and nothing says which of"
            " your payees it is for. Say it on the payment; until then it is suggested for nothing.",
            "zh-CN": "该笔付款中有款项不对应您的任何发票，且无法判断属于您的哪个收款方。"
            "请在付款页面指定；在此之前系统不会建议匹配。",
        },
        group="cash",
    )
)


CODES = """
codes AS (
    SELECT region, code, coalesce(payee_code, code) AS payee FROM vendor_code WHERE shop_id = :shop
)
"""
# A payee code goes before vendor codes, and both before what the lines pay.
DECIDE = f"""
WITH {CODES},
due AS (
    SELECT region, payment_id, number, vendor_codes, payee_codes FROM remittance
    WHERE shop_id = :shop AND payee_how IS NULL
),
said AS (
    SELECT due.region, due.payment_id, jsonb_build_array(kept.payee) AS payees, 'said' AS how
    FROM due JOIN remittance_payee AS kept ON kept.shop_id = :shop AND kept.region = due.region
        AND kept.number = coalesce(due.number, due.payment_id)
    WHERE kept.payee IN (SELECT payee FROM codes WHERE codes.region = due.region)
),
stated AS (
    SELECT due.region, due.payment_id, jsonb_agg(DISTINCT codes.payee) AS payees, 'stated' AS how
    FROM due JOIN codes ON codes.region = due.region AND CASE
        WHEN EXISTS (SELECT FROM codes AS known WHERE known.region = due.region
                     AND jsonb_exists(due.payee_codes, known.payee))
        THEN jsonb_exists(due.payee_codes, codes.payee)
        ELSE jsonb_exists(due.payee_codes, codes.code)
            OR jsonb_exists(due.vendor_codes, codes.code) END
    GROUP BY due.region, due.payment_id
),
paid AS (
    SELECT due.region, due.payment_id, jsonb_agg(DISTINCT codes.payee) AS payees, 'invoices' AS how
    FROM due JOIN remittance_line AS line ON line.shop_id = :shop AND line.region = due.region
        AND line.payment_id = due.payment_id
    JOIN invoice ON invoice.shop_id = :shop AND invoice.region = due.region
        AND invoice.number IN (line.reference, line.invoice_number)
    JOIN codes ON codes.region = invoice.region AND codes.code = invoice.vendor_code
    GROUP BY due.region, due.payment_id
),
lone AS (
    SELECT due.region, due.payment_id, single.payees, 'only_one' AS how
    FROM due JOIN (SELECT region, jsonb_agg(DISTINCT payee) AS payees FROM codes GROUP BY region
                   HAVING count(DISTINCT payee) = 1) AS single USING (region)
),
decided AS (
    SELECT DISTINCT ON (region, payment_id) region, payment_id, payees, how
    FROM (SELECT 1 AS place, * FROM said UNION ALL SELECT 2, * FROM stated
          UNION ALL SELECT 3, * FROM paid UNION ALL SELECT 4, * FROM lone) AS each_one
    ORDER BY region, payment_id, place
)
UPDATE remittance AS paper SET payees = decided.payees, payee_how = decided.how
FROM decided
WHERE paper.shop_id = :shop AND paper.region = decided.region
  AND paper.payment_id = decided.payment_id
"""
FORGET = """
UPDATE remittance SET payees = '[]', payee_how = NULL
WHERE shop_id = :shop AND region = :region AND payee_how IS NOT NULL
"""
OPEN = """
SELECT paper.region, paper.payment_id, paper.number, paper.amount, paper.currency
FROM remittance AS paper
WHERE paper.shop_id = :shop AND paper.payee_how IS NULL AND paper.status <> 'FAILED'
  AND EXISTS (SELECT FROM vendor_code WHERE vendor_code.shop_id = :shop
      AND vendor_code.region = paper.region)
  AND EXISTS (SELECT FROM remittance_line AS line WHERE line.shop_id = :shop
      AND line.region = paper.region AND line.payment_id = paper.payment_id
      AND line.kind IN ('unknown', 'invoice'))
ORDER BY paper.region, paper.payment_id
"""
OF_REGION = f"WITH {CODES} SELECT DISTINCT payee FROM codes WHERE region = :region ORDER BY payee"
# Numbers of invoices are one set over all vendor codes, so each names one region; in another
# currency it is another's invoice that has the same number.
REGIONS = f"""
WITH {CODES}
SELECT DISTINCT region FROM codes WHERE CAST(:payee AS text) IN (payee, code)
UNION SELECT DISTINCT region FROM invoice
WHERE shop_id = :shop AND (number, currency) IN (
    SELECT * FROM unnest(CAST(:numbers AS text[]), CAST(:currencies AS text[])))
"""


def decide(session: Session) -> None:
    """Says of each payment of which it is not said yet whose it is, where something says so."""
    session.flush()
    session.execute(text(DECIDE), {"shop": shop_of(session)})
    for row in list(session.identity_map.values()):
        if isinstance(row, Remittance):
            session.expire(row, ["payees", "payee_how"])


def decide_anew(session: Session, region: str) -> None:
    """The payees of a region are others by now: every payment of it is looked at again."""
    session.execute(text(FORGET), {"shop": shop_of(session), "region": region})
    decide(session)


def say(session: Session, region: str, payment_id: str, payee: str, *, by: str) -> None:
    """A person says whose a payment is.

    Raises Refused: 404 without such a payment; 422 where the region has no such payee.
    """
    paper = session.get(Remittance, (shop_of(session), region, payment_id))
    if paper is None:
        raise Refused("not_found", "There is no such payment in this shop.", status=404)
    known = of_region(session, region)
    if payee not in known:
        fix = "use one of " + (", ".join(known) or "none: no vendor code is known in this region")
        raise Refused(
            "no_such_payee", "There is no such payee here.", errors=[FieldError("payee", fix)]
        )
    session.merge(
        RemittancePayee(
            shop_id=paper.shop_id,
            region=region,
            number=paper.number or paper.payment_id,
            payee=payee,
            said_at=database_time(),
            said_by=by,
        )
    )
    paper.payees, paper.payee_how = [], None
    session.add(paper)
    decide(session)


def of_region(session: Session, region: str) -> list[str]:
    """The payees of a region: payee codes, and vendor codes for which none is said."""
    asked = {"shop": shop_of(session), "region": region}
    return list(session.execute(text(OF_REGION), asked).scalars())


def region_of(session: Session, said: Payment, chosen: str) -> str:
    """The region that a payment of a file is of: its payee's and its invoices', where they are one.

    Else what was chosen for the file.
    """
    named = {
        (number, line.currency)
        for line in said.lines
        for number in (line.reference.strip(), line.original)
        if number
    }
    asked: dict[str, Any] = {
        "shop": shop_of(session),
        "payee": said.payee,
        "numbers": [number for number, _ in sorted(named)],
        "currencies": [currency for _, currency in sorted(named)],
    }
    found: Sequence[str] = session.execute(text(REGIONS), asked).scalars().all()
    return found[0] if len(found) == 1 else chosen


def standing(session: Session) -> list[Finding]:
    """Every payment of which nothing says whose it is."""
    return [
        Finding(
            UNKNOWN,
            f"{row.region}:{row.payment_id}",
            {"region": row.region, "payment": row.payment_id, "payment_number": row.number},
            amount=row.amount,
            currency=row.currency,
        )
        for row in session.execute(text(OPEN), {"shop": shop_of(session)})
    ]
