"""Payments that name no invoice of ours: what they may pay is suggested by rule, and a person decides.

A suggestion counts for nothing. A confirmed match is money of its invoices (`invoices.sql`) until a
person takes it back; where the payment says otherwise by now it does not count and is shown so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.config import settings
from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.vendor.papers import digest_of
from app.vendor.payments import payees
from app.vendor.reconciliation import rules
from app.vendor.reconciliation.rules import Found, Open, Unmatched
from app.vendor.reconciliation.tables import PaymentMatch, PaymentMatchPart

MOST_LINES = 1_000
"""Unmatched lines looked at, the newest first."""
# Of a payment that was made; nothing was taken under the number, which would be a deduction.
UNMATCHED_OF = """
SELECT line.region, line.payment_id, line.position, line.reference, line.paid,
       coalesce(line.discount, 0) AS discount, coalesce(line.withheld, 0) AS withheld,
       line.currency, paper.paid_at, paper.number AS payment_number,
       ARRAY(SELECT jsonb_array_elements_text(paper.payees)) AS payees
FROM remittance_line AS line JOIN remittance AS paper USING (shop_id, region, payment_id)
WHERE line.shop_id = :shop AND line.kind IN ('unknown', 'invoice') AND line.paid > 0
  AND paper.status = 'SUCCESSFUL' AND {of}
  AND NOT EXISTS (SELECT FROM invoice AS own WHERE own.shop_id = :shop
      AND own.region = line.region AND own.number = line.reference)
  AND NOT EXISTS (SELECT FROM remittance_line AS taken WHERE taken.shop_id = :shop
      AND taken.region = line.region AND taken.reference = line.reference AND taken.paid < 0)
  AND NOT EXISTS (SELECT FROM payment_match_part AS part JOIN payment_match AS said
      USING (shop_id, match_id)
      WHERE part.shop_id = :shop AND part.region = line.region
        AND part.payment_id = line.payment_id AND part.position = line.position
        AND (part.reference, part.paid, part.currency)
            = (line.reference, line.paid, line.currency)
        AND said.state = 'confirmed')
ORDER BY paper.paid_at DESC, line.region, line.payment_id, line.position LIMIT :most
"""
UNMATCHED = UNMATCHED_OF.format(of="paper.payee_how IS NOT NULL")
# A person may know whose a payment is where nothing else says it.
ONE_UNMATCHED = UNMATCHED_OF.format(
    of="(line.region, line.payment_id, line.position) = (:region, :payment_id, :position)"
)
OPEN = """
SELECT kept.invoice_id, kept.region, kept.number, kept.vendor_code, kept.currency, kept.open,
       kept.dated_at, kept.due_at, coalesce(code.payee_code, code.code) AS payee
FROM reconciliation_invoice AS kept
JOIN vendor_code AS code ON code.shop_id = kept.shop_id AND code.region = kept.region
    AND code.code = kept.vendor_code
WHERE kept.shop_id = :shop AND kept.open > 0
"""
# Parts whose line no longer says what it said, or is taken by another confirmed match.
CHANGED = """
SELECT EXISTS (
    SELECT FROM payment_match_part AS part
    LEFT JOIN remittance_line AS line ON line.shop_id = part.shop_id AND line.region = part.region
        AND line.payment_id = part.payment_id AND line.position = part.position
        AND line.reference = part.reference AND line.paid = part.paid
        AND line.currency = part.currency
    WHERE part.shop_id = :shop AND part.match_id = :id AND (line.shop_id IS NULL OR EXISTS (
        SELECT FROM payment_match_part AS other JOIN payment_match AS said USING (shop_id, match_id)
        WHERE other.shop_id = :shop AND said.state = 'confirmed' AND said.match_id <> :id
          AND other.region = part.region AND other.payment_id = part.payment_id
          AND other.position = part.position
          AND (other.reference, other.paid, other.currency)
              = (part.reference, part.paid, part.currency)))
) OR EXISTS (
    SELECT FROM payment_match_part AS part LEFT JOIN reconciliation_invoice AS money
        USING (shop_id, invoice_id)
    WHERE part.shop_id = :shop AND part.match_id = :id AND coalesce(money.open, 0) <= 0)
"""


def suggest(session: Session) -> int:
    """Suggests anew what the rules find now; returns how many suggestions are other than before.

    What a person has confirmed or refused is left alone, and what was refused is not suggested again.
    """
    shop = {"shop": shop_of(session)}
    payees.decide(session)
    lines = _unmatched(session, UNMATCHED, most=MOST_LINES)
    invoices = [Open(*row) for row in session.execute(text(OPEN), shop)] if lines else []
    found = rules.found(
        lines,
        invoices,
        tolerances=settings().match_tolerances,
        window=timedelta(days=settings().match_window_days),
    )
    wanted = {_digest(one): one for one in found}
    known = {
        one.digest: one
        for one in session.exec(select(PaymentMatch).where(PaymentMatch.shop_id == shop["shop"]))
    }
    stale = [
        one for digest, one in known.items() if one.state == "suggested" and digest not in wanted
    ]
    for one in stale:
        session.delete(one)
    fresh = [(digest, one) for digest, one in wanted.items() if digest not in known]
    for digest, made in fresh:
        _keep(session, digest, made)
    return len(stale) + len(fresh)


def say(
    session: Session, region: str, payment_id: str, position: int, invoice_id: int, *, by: str
) -> PaymentMatch:
    """A person says which invoice a line pays, where no rule has found it; it counts from now on.

    Raises Refused: 409 `already_tied` where the line is no payment, names an invoice of ours or is
    confirmed to pay one; 422 `does_not_fit` where the invoice is of another region or currency, or
    nothing of it is to come.
    """
    _one_at_a_time(session)
    line = {"region": region, "payment_id": payment_id, "position": position}
    lines = _unmatched(session, ONE_UNMATCHED, most=1, **line)
    if not lines:
        raise Refused(
            "already_tied",
            "This line of the payment waits for no invoice: it is no payment, or is tied already.",
            status=409,
        )
    rows = session.execute(text(OPEN), {"shop": shop_of(session)})
    invoice = next((one for row in rows if (one := Open(*row)).invoice_id == invoice_id), None)
    currency = lines[0].currency
    if invoice is None or (invoice.region, invoice.currency) != (region, currency):
        fix = f"choose an invoice in {currency} of this region, of which something is to come"
        raise Refused(
            "does_not_fit",
            "The line cannot be the payment of this invoice.",
            errors=[FieldError("invoice_id", fix)],
        )
    made = Found("by_hand", tuple(lines), (invoice,))
    digest = _digest(made)
    wanted = select(PaymentMatch).where(
        PaymentMatch.shop_id == shop_of(session), PaymentMatch.digest == digest
    )
    known = session.exec(wanted).first()
    if known is not None:  # suggested, or refused before: it stands on the lines as they were
        session.delete(known)
        session.flush()
    _keep(session, digest, made)
    return _decide(session, session.exec(wanted).one(), "confirmed", by)


def confirm(session: Session, match_id: int, *, by: str) -> PaymentMatch:
    """A person says that these lines pay these invoices; it counts from now on.

    Raises Refused: 404; 409 `already_decided`, or `changed_since` where a line says otherwise by now,
    is confirmed elsewhere, or an invoice is no longer open.
    """
    match = _locked(session, match_id)
    if match.state != "suggested":
        raise Refused("already_decided", f"This match was {match.state} before.", status=409)
    asked = {"shop": match.shop_id, "id": match_id}
    if session.execute(text(CHANGED), asked).scalar_one():
        raise Refused(
            "changed_since", "The payment or an invoice is not as it was. Look again.", status=409
        )
    return _decide(session, match, "confirmed", by)


def refuse(session: Session, match_id: int, *, by: str) -> PaymentMatch:
    """A person says that it is not so, or takes back what was confirmed; it is not suggested again.

    Raises Refused: 404; 409 `already_decided` when it was refused before.
    """
    match = _locked(session, match_id)
    if match.state == "refused":
        raise Refused("already_decided", "This match was refused before.", status=409)
    return _decide(session, match, "refused", by)


def _decide(session: Session, match: PaymentMatch, state: str, by: str) -> PaymentMatch:
    match.state, match.decided_at, match.decided_by = state, database_time(), by
    session.add(match)
    session.flush()
    return match


def _unmatched(session: Session, query: str, **asked: Any) -> list[Unmatched]:
    rows = session.execute(text(query), {"shop": shop_of(session)} | asked).mappings()
    return [Unmatched(**{**row, "payees": tuple(row["payees"])}) for row in rows]


def _one_at_a_time(session: Session) -> None:
    # One decision of a shop at a time: two matches may be over the same line.
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('payment_match', :shop))"),
        {"shop": shop_of(session)},
    )


def _locked(session: Session, match_id: int) -> PaymentMatch:
    _one_at_a_time(session)
    found = session.exec(
        select(PaymentMatch)
        .where(PaymentMatch.shop_id == shop_of(session), col(PaymentMatch.match_id) == match_id)
        .with_for_update()
    ).first()
    if found is None:
        raise Refused("not_found", "There is no such match in this shop.", status=404)
    return found


def _keep(session: Session, digest: str, made: Found) -> None:
    match = PaymentMatch(
        shop_id=shop_of(session),
        rule=made.rule,
        currency=made.lines[0].currency,
        difference=made.difference,
        digest=digest,
        made_at=database_time(),
    )
    session.add(match)
    session.flush()
    session.add_all(
        PaymentMatchPart(
            shop_id=match.shop_id,
            match_id=match.match_id,
            part=part,
            **{
                name: said
                for name, said in line._asdict().items()
                if name not in ("paid_at", "payees")
            },
            invoice_id=invoice.invoice_id,
            amount=amount,
        )
        for part, (line, invoice, amount) in enumerate(_parts(made), start=1)
    )
    session.flush()


def _parts(made: Found) -> list[tuple[Unmatched, Open, Decimal]]:
    """What of each line pays each invoice; the last invoice takes what is left of a line."""
    if len(made.invoices) == 1:
        return [(line, made.invoices[0], line.paid) for line in made.lines]
    [line] = made.lines
    parts = [(line, one, one.open) for one in made.invoices[:-1]]
    rest = line.paid - sum((amount for *_, amount in parts), Decimal())
    return [*parts, (line, made.invoices[-1], rest)]


def _digest(made: Found) -> str:
    said: Sequence[Any] = [
        [
            # Not by key and place: they are others once Amazon's API shows what a file said.
            [
                one.region,
                one.payment_number or one.payment_id,
                one.reference,
                str(one.paid.normalize()),
            ]
            for one in made.lines
        ],
        [one.invoice_id for one in made.invoices],
    ]
    return digest_of(said)
