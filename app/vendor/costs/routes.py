"""Agreed costs over HTTP: listed, entered, withdrawn."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import text

from app.db import shop_of
from app.http import (
    Answer,
    APIBlueprint,
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
from app.vendor.costs import agreeing
from app.vendor.costs.tables import AgreedCost
from app.vendor.lookups import starts_with

TAG = Tag(name="agreed costs", description="What was agreed with Amazon that each product costs.")
api = APIBlueprint("agreed_costs", __name__, url_prefix="/api", abp_tags=[TAG])

Region = Literal["na", "eu", "fe"]
# The newest order of each shows whether Amazon orders at what was agreed.
FOUND = f"""
SELECT agreed.*, item.item_id, item.sku, item.title, newest.number AS order_number,
       newest.cost AS order_cost
FROM agreed_cost AS agreed
LEFT JOIN LATERAL (
    SELECT line.number, line.cost, line.item_id FROM purchase_order_line AS line
    JOIN purchase_order AS paper USING (shop_id, region, number)
    WHERE line.shop_id = agreed.shop_id AND line.region = agreed.region AND line.asin = agreed.asin
      AND paper.vendor_code = agreed.vendor_code AND line.cost_currency = agreed.currency
      AND NOT line.removed AND NOT paper.withdrawn
      AND {agreeing.ORDERED_ON} >= agreed.starts_on
      AND (agreed.ends_on IS NULL OR {agreeing.ORDERED_ON} <= agreed.ends_on)
    ORDER BY paper.ordered_at DESC, line.number DESC LIMIT 1) AS newest ON true
LEFT JOIN item ON item.shop_id = agreed.shop_id AND item.item_id = newest.item_id
WHERE agreed.shop_id = :shop
  AND (:ended OR agreed.withdrawn_at IS NULL)
  AND (CAST(:region AS text) IS NULL OR agreed.region = CAST(:region AS text))
  AND (CAST(:vendor_code AS text) IS NULL OR agreed.vendor_code = CAST(:vendor_code AS text))
  AND (CAST(:like AS text) IS NULL OR agreed.asin ILIKE CAST(:like AS text)
       OR item.sku ILIKE CAST(:like AS text))
  AND (CAST(:key AS text[]) IS NULL OR (agreed.asin, agreed.agreed_cost_id)
       > ((CAST(:key AS text[]))[1], CAST((CAST(:key AS text[]))[2] AS integer)))
ORDER BY agreed.asin, agreed.agreed_cost_id LIMIT :most
"""


class CostsQuery(PageQuery):
    region: Region | None = None
    vendor_code: str | None = Field(default=None, max_length=64)
    search: str | None = Field(default=None, max_length=100, description="Start of an ASIN or SKU.")
    ended: bool = Field(default=False, description="Those that were replaced or withdrawn, too.")


class CostBody(BaseModel):
    """One agreed cost: of the unit that the vendor code's orders state their costs for."""

    region: Region
    vendor_code: str = Field(min_length=1, max_length=64, pattern=r"^\S+$")
    asin: str = Field(min_length=1, max_length=20, pattern=r"^\S+$")
    cost: Decimal = Field(gt=0, max_digits=15, decimal_places=4)
    currency: str = Field(pattern="^[A-Z]{3}$")
    starts_on: date
    ends_on: date | None = None

    @model_validator(mode="after")
    def _must_be_in_order(self) -> CostBody:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("it ends before it starts")
        return self


class CostPath(BaseModel):
    agreed_cost_id: int = Field(ge=1, le=2**31 - 1)


class AgreedCostView(Answer):
    """One agreed cost, and what the newest order it covers says."""

    agreed_cost_id: int
    region: str
    vendor_code: str
    asin: str
    item_id: int | None
    sku: str | None
    title: str | None
    cost: Money
    starts_on: date
    ends_on: date | None
    made_at: Moment
    made_by: str
    import_id: int | None
    withdrawn_at: Moment | None
    withdrawn_by: str | None
    replaced_by: int | None
    order_number: str | None
    order_cost: Money | None
    differs: bool


@api.get("/agreed-costs", responses={200: Page[AgreedCostView]})
def list_agreed_costs(query: CostsQuery) -> Any:
    """What was agreed that each product costs, by ASIN."""
    keys = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        rows = session.execute(
            text(FOUND),
            {
                "shop": shop_of(session),
                "ended": query.ended,
                "region": query.region,
                "vendor_code": query.vendor_code,
                "like": starts_with(query.search) if query.search else None,
                "key": [str(one) for one in keys] if keys else None,
                "most": query.limit + 1,
            },
        ).all()
        page, following = cut_page(rows, query.limit, _keys)
        found = Page[AgreedCostView](data=[_view(row) for row in page], next_cursor=following)
    return answer(found)


@api.post("/agreed-costs", responses={201: AgreedCostView})
def add_agreed_cost(body: CostBody) -> Any:
    """Puts a cost in force; it replaces the one of the same product and first day."""
    said = agreeing.Said(
        body.region,
        body.vendor_code.upper(),
        body.asin.upper(),
        body.currency,
        body.cost,
        body.starts_on,
        body.ends_on,
    )
    with shop_transaction() as session:
        [row] = agreeing.agree(session, [said], by=principal().actor)
        view = _alone(row)
    return answer(view, 201)


@api.delete("/agreed-costs/<int:agreed_cost_id>", responses={200: AgreedCostView})
def withdraw_agreed_cost(path: CostPath) -> Any:
    """Ends a cost as never agreed; it stays to be seen."""
    with shop_transaction() as session:
        view = _alone(agreeing.withdraw(session, path.agreed_cost_id, by=principal().actor))
    return answer(view)


def _alone(row: AgreedCost) -> AgreedCostView:
    """A row without what the orders say."""
    none = dict.fromkeys(("item_id", "sku", "title", "order_number", "order_cost"))
    cost = Money(amount=row.cost.normalize(), currency=row.currency)
    return AgreedCostView(**row.model_dump() | none | {"cost": cost, "differs": False})


def _view(row: Any) -> AgreedCostView:
    plain = {name: getattr(row, name, None) for name in AgreedCostView.model_fields}
    ordered = None
    if row.order_cost is not None:
        ordered = Money(amount=row.order_cost.normalize(), currency=row.currency)
    cost = Money(amount=row.cost.normalize(), currency=row.currency)
    differs = row.order_cost is not None and row.order_cost != row.cost
    return AgreedCostView(**plain | {"cost": cost, "order_cost": ordered, "differs": differs})


def _keys(row: Any) -> tuple[str, int]:
    return row.asin, row.agreed_cost_id
