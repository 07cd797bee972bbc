"""Claims of exports over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field
from sqlalchemy import text

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
    shop_transaction,
)
from app.vendor.claims.applying import NEWEST

TAG = Tag(name="claims", description="Chargebacks, returns and disputes by file.")
api = APIBlueprint("claims", __name__, url_prefix="/api", abp_tags=[TAG])

FOUND = f"""
SELECT paper.*, own.kind AS deduction_kind, own.reference AS deduction,
       case_of.dispute_id
FROM ({NEWEST}) AS paper
LEFT JOIN LATERAL (
    SELECT row.kind, row.reference FROM deduction AS row
    WHERE row.shop_id = :shop AND row.region = paper.region AND row.currency = paper.currency
      AND row.reference IN (paper.base, paper.invoice_number)
      AND (row.kind = paper.kind OR paper.kind = 'dispute')
    ORDER BY row.kind, row.reference LIMIT 1) AS own ON true
LEFT JOIN LATERAL (
    SELECT known.dispute_id FROM dispute AS known
    WHERE known.shop_id = :shop AND known.region = paper.region AND paper.kind = 'dispute'
      AND known.case_number = paper.number ORDER BY known.dispute_id LIMIT 1) AS case_of ON true
WHERE (CAST(:kind AS text) IS NULL OR paper.kind = CAST(:kind AS text))
  AND (CAST(:reference AS text) IS NULL
       OR (paper.region = CAST(:region AS text)
           AND CAST(:reference AS text) IN (paper.base, paper.invoice_number)))
  AND (CAST(:key AS text[]) IS NULL
       OR (paper.region, paper.kind, paper.number, paper.part)
           < ((CAST(:key AS text[]))[1], (CAST(:key AS text[]))[2], (CAST(:key AS text[]))[3],
              (CAST(:key AS text[]))[4]))
ORDER BY paper.region DESC, paper.kind DESC, paper.number DESC, paper.part DESC LIMIT :most
"""


class ClaimsQuery(PageQuery):
    kind: Literal["chargeback", "return", "dispute"] | None = None
    region: Literal["na", "eu", "fe"] | None = None
    reference: str | None = Field(
        default=None, max_length=200, description="Only those of this deduction of the region."
    )


class ClaimView(Answer):
    """One claim as the newest export says it, and the deduction or dispute that it is of."""

    region: str
    kind: str
    number: str
    part: str
    import_id: int
    invoice_number: str | None
    purchase_order: str | None
    asin: str | None
    vendor_code: str | None
    type: str | None
    subtype: str | None
    status: str | None
    is_resolved: bool
    units: int | None
    amount: Money | None
    approved: Money | None
    currency: str
    notified_at: Moment | None
    dispute_by: Moment | None
    deduction_kind: str | None
    deduction: str | None
    dispute_id: int | None


@api.get("/claims", responses={200: Page[ClaimView]})
def list_claims(query: ClaimsQuery) -> Any:
    """Chargebacks, returns and disputes as exports of Vendor Central say them."""
    keys = decode_cursor(query.cursor, 4)
    asked: dict[str, Any] = {
        "kind": query.kind,
        "region": query.region,
        "reference": query.reference,
        "key": [str(one) for one in keys] if keys else None,
        "most": query.limit + 1,
    }
    with shop_transaction() as session:
        asked["shop"] = shop_of(session)
        rows = session.execute(text(FOUND), asked).all()
        page, following = cut_page(rows, query.limit, _keys)
        found = Page[ClaimView](data=[_view(row) for row in page], next_cursor=following)
    return answer(found)


def _view(row: Any) -> ClaimView:
    def money(amount: Decimal | None) -> Money | None:
        return None if amount is None else Money(amount=amount, currency=row.currency)

    plain = {name: getattr(row, name) for name in ClaimView.model_fields}
    return ClaimView(**plain | {"amount": money(row.amount), "approved": money(row.approved)})


def _keys(row: Any) -> tuple[str, str, str, str]:
    return row.region, row.kind, row.number, row.part
