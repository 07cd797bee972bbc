"""Deductions over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlmodel import col, select

from app.db import shop_of
from app.http import (
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    shop_transaction,
)
from app.vendor.deductions import views
from app.vendor.deductions.tables import Deduction
from app.vendor.lookups import moment_of_cursor

TAG = Tag(name="deductions", description="What Amazon has taken off, and given back.")
api = APIBlueprint("deductions", __name__, url_prefix="/api", abp_tags=[TAG])

Kind = Literal[
    "shortage_claim",
    "price_claim",
    "chargeback",
    "co_op",
    "return",
    "price_protection",
    "provision",
    "quick_pay",
    "withholding",
    "unknown",
]


class DeductionsQuery(PageQuery):
    """Which deductions to list."""

    kind: Kind | None = None
    state: Literal["open", "settled"] | None = None
    cause: str | None = Field(default=None, max_length=64, description="Amazon's defect code.")
    invoice: str | None = Field(default=None, max_length=64, description="The number of ours.")
    order: str | None = Field(default=None, max_length=64, description="A purchase order.")
    search: str | None = Field(default=None, max_length=64, description="Start of a number.")


class DeductionPath(BaseModel):
    """One deduction; its reference may hold slashes and spaces."""

    region: Literal["na", "eu", "fe"]
    deduction: Kind
    currency: str = Field(pattern="^[A-Z]{3}$")
    reference: str = Field(min_length=1, max_length=200)

    @property
    def key(self) -> views.Key:
        return views.Key(self.region, self.deduction, self.reference, self.currency)


class Deductions(Page[views.DeductionSummary]):
    """Deductions, the newest first, and what each kind comes to."""

    totals: list[views.KindTotal]


@api.get("/deductions", responses={200: Deductions})
def list_deductions(query: DeductionsQuery) -> Any:
    """What Amazon has taken off, the newest first; totals are of all of them."""
    keys = decode_cursor(query.cursor, 5)
    with shop_transaction() as session:
        wanted = select(Deduction).where(Deduction.shop_id == shop_of(session))
        for column, value in (
            (Deduction.kind, query.kind),
            (Deduction.cause, query.cause),
            (Deduction.invoice_number, query.invoice),
            (Deduction.purchase_order, query.order),
        ):
            if value:
                wanted = wanted.where(col(column) == value)
        if query.state == "open":
            wanted = wanted.where(col(Deduction.taken) > col(Deduction.recovered))
        elif query.state == "settled":
            wanted = wanted.where(col(Deduction.taken) <= col(Deduction.recovered))
        if query.search and query.search.strip():
            wanted = wanted.where(
                col(Deduction.reference).istartswith(query.search.strip(), autoescape=True)
            )
        if keys:
            wanted = wanted.where(
                text(
                    "(last_at, region, kind, reference, currency)"
                    " < (:at, :region, :named, :reference, :currency)"
                ).bindparams(
                    at=moment_of_cursor(keys[0]),
                    region=str(keys[1]),
                    named=str(keys[2]),
                    reference=str(keys[3]),
                    currency=str(keys[4]),
                )
            )
        rows = session.exec(
            wanted.order_by(
                col(Deduction.last_at).desc(),
                col(Deduction.region).desc(),
                col(Deduction.kind).desc(),
                col(Deduction.reference).desc(),
                col(Deduction.currency).desc(),
            ).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, _keys)
        found = Deductions(
            data=views.summaries(session, page),
            next_cursor=following,
            totals=views.totals(session),
        )
    return answer(found)


@api.get(
    "/deductions/<region>/<deduction>/<currency>/<path:reference>",
    responses={200: views.DeductionView},
)
def read_deduction(path: DeductionPath) -> Any:
    """One deduction with its steps, each with its payment."""
    with shop_transaction() as session:
        found = views.whole(session, path.key)
    return answer(found)


def _keys(row: Deduction) -> tuple[object, ...]:
    return row.last_at, row.region, row.kind, row.reference, row.currency
