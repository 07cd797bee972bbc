"""Payments that name no invoice of ours, over HTTP: what is suggested, and what people decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.http import (
    Answer,
    Moment,
    Money,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor.reconciliation import matching
from app.vendor.reconciliation.tables import PaymentMatch, PaymentMatchPart

TAG = Tag(name="reconciliation", description="Each purchase order line from ordered to paid.")
api = APIBlueprint("payment_matches", __name__, url_prefix="/api", abp_tags=[TAG])
PARTS = """
SELECT part.match_id, part.region, part.payment_id, part.position, part.reference, part.paid,
       part.currency, part.amount, part.invoice_id, invoice.number AS invoice, paper.paid_at,
       line.shop_id IS NOT NULL AND paper.status = 'SUCCESSFUL' AS stands
FROM payment_match_part AS part
JOIN invoice ON invoice.shop_id = part.shop_id AND invoice.invoice_id = part.invoice_id
LEFT JOIN remittance AS paper ON paper.shop_id = part.shop_id AND paper.region = part.region
    AND paper.payment_id = part.payment_id
LEFT JOIN remittance_line AS line ON line.shop_id = part.shop_id AND line.region = part.region
    AND line.payment_id = part.payment_id AND line.position = part.position
    AND line.reference = part.reference AND line.paid = part.paid AND line.currency = part.currency
WHERE part.shop_id = :shop AND part.match_id = ANY(:ids) ORDER BY part.match_id, part.part
"""


class MatchesQuery(PageQuery):
    """Which matches to list."""

    state: Literal["suggested", "confirmed", "refused"] | None = None
    region: Literal["na", "eu", "fe"] | None = None
    payment_id: str | None = Field(
        default=None, max_length=200, description="Only of this payment of the region."
    )


class SaidBody(BaseModel):
    """Which invoice a payment's line pays; both of one region and currency."""

    region: Literal["na", "eu", "fe"]
    payment_id: str = Field(min_length=1, max_length=200)
    position: int = Field(ge=0, le=2**31 - 1)
    invoice_id: int = Field(ge=1, le=2**31 - 1)


class MatchPath(BaseModel):
    match_id: int = Field(ge=1)


class MatchPart(Answer):
    """What of one payment's line pays one invoice. `stands`: the payment still says so."""

    region: str
    payment_id: str
    position: int
    reference: str
    paid_at: Moment | None
    paid: Money
    invoice_id: int
    invoice: str
    amount: Money
    stands: bool


class MatchView(Answer):
    """A suggestion, or what a person decided of it. `difference` is open of the invoices less what was
    paid. A confirmed match counts while it `stands`; nothing but a person ends it."""

    id: int
    rule: str
    state: str
    difference: Money
    stands: bool
    made_at: Moment
    decided_at: Moment | None
    decided_by: str | None
    parts: list[MatchPart]


class Matches(Page[MatchView]):
    """Matches, the newest first."""


@api.get("/reconciliation/matches", responses={200: Matches})
def list_matches(query: MatchesQuery) -> Any:
    """Payments that name no invoice of ours with the invoices they may pay, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(PaymentMatch).where(PaymentMatch.shop_id == shop_of(session))
        if query.state:
            wanted = wanted.where(PaymentMatch.state == query.state)
        if query.payment_id is not None:
            wanted = wanted.where(
                col(PaymentMatch.match_id).in_(
                    select(PaymentMatchPart.match_id).where(
                        PaymentMatchPart.shop_id == shop_of(session),
                        PaymentMatchPart.region == query.region,
                        PaymentMatchPart.payment_id == query.payment_id,
                    )
                )
            )
        if keys:
            wanted = wanted.where(col(PaymentMatch.match_id) < int(keys[0]))
        rows = session.exec(
            wanted.order_by(col(PaymentMatch.match_id).desc()).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.match_id,))
        found = Matches(data=_views(session, page), next_cursor=following)
    return answer(found)


@api.post("/reconciliation/matches", responses={200: MatchView})
def say_match(body: SaidBody) -> Any:
    """A person says which invoice a payment's line pays, where no rule has found it."""
    with shop_transaction() as session:
        made = matching.say(
            session,
            body.region,
            body.payment_id,
            body.position,
            body.invoice_id,
            by=principal().actor,
        )
        ring_after_commit(session, "reconcile")
        [found] = _views(session, [made])
    return answer(found)


@api.post("/reconciliation/matches/<int:match_id>/confirm", responses={200: MatchView})
def confirm_match(path: MatchPath) -> Any:
    """A person says that it is so: it counts from now on."""
    with shop_transaction() as session:
        made = matching.confirm(session, path.match_id, by=principal().actor)
        ring_after_commit(session, "reconcile")
        [found] = _views(session, [made])
    return answer(found)


@api.post("/reconciliation/matches/<int:match_id>/refuse", responses={200: MatchView})
def refuse_match(path: MatchPath) -> Any:
    """A person says that it is not so, or takes back what was confirmed."""
    with shop_transaction() as session:
        made = matching.refuse(session, path.match_id, by=principal().actor)
        ring_after_commit(session, "reconcile")
        [found] = _views(session, [made])
    return answer(found)


def _views(session: Session, rows: Sequence[PaymentMatch]) -> list[MatchView]:
    asked = {"shop": shop_of(session), "ids": [row.match_id for row in rows]}
    parts: dict[int, list[MatchPart]] = {}
    for one in session.execute(text(PARTS), asked).mappings():
        said = {
            **one,
            "paid": Money(amount=one["paid"], currency=one["currency"]),
            "amount": Money(amount=one["amount"], currency=one["currency"]),
        }
        known = {name: said[name] for name in MatchPart.model_fields}
        parts.setdefault(one["match_id"], []).append(MatchPart(**known))
    return [
        MatchView(
            id=row.match_id,
            rule=row.rule,
            state=row.state,
            difference=Money(amount=row.difference, currency=row.currency),
            stands=all(part.stands for part in parts.get(row.match_id, [])),
            made_at=row.made_at,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            parts=parts.get(row.match_id, []),
        )
        for row in rows
    ]
