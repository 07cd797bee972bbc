"""Invoices that Amazon's finance has and we have not, over HTTP."""

from __future__ import annotations

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy import text
from sqlmodel import col, select

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
from app.vendor.finance.tables import FinanceInvoice
from app.vendor.lookups import moment_of_cursor

TAG = Tag(name="finance invoices", description="What Amazon's finance shows and we have not.")
api = APIBlueprint("finance_invoices", __name__, url_prefix="/api", abp_tags=[TAG])

NOT_OURS = """
NOT EXISTS (SELECT FROM invoice AS ours WHERE ours.shop_id = finance_invoice.shop_id
    AND ours.region = finance_invoice.region AND ours.number = finance_invoice.number)
"""


class FinanceInvoiceView(Answer):
    """An invoice for goods as Amazon's finance shows it, under a number that is none of ours."""

    region: str
    payee_code: str
    number: str
    status: str
    purchase_orders: list[str]
    issued_at: Moment
    due_at: Moment | None
    total: Money
    read_at: Moment
    message_id: int | None


@api.get("/finance-invoices", responses={200: Page[FinanceInvoiceView]})
def list_finance_invoices(query: PageQuery) -> Any:
    """Invoices for goods that Amazon has and we have not, the newest first.

    They were sent by another door; until they are brought here, their orders count as not invoiced
    by us. Debits of Amazon's own are deductions and not among them.
    """
    keys = decode_cursor(query.cursor, 4)
    with shop_transaction() as session:
        wanted = select(FinanceInvoice).where(
            FinanceInvoice.shop_id == shop_of(session),
            FinanceInvoice.type == "AP_INVENTORY",
            FinanceInvoice.kind == "invoice",
            FinanceInvoice.status != "REJECTED",
            text(NOT_OURS),
        )
        if keys:
            wanted = wanted.where(
                text(
                    "(issued_at, region, payee_code, number) < (:at, :region, :payee, :number)"
                ).bindparams(
                    at=moment_of_cursor(keys[0]),
                    region=str(keys[1]),
                    payee=str(keys[2]),
                    number=str(keys[3]),
                )
            )
        rows = session.exec(
            wanted.order_by(
                col(FinanceInvoice.issued_at).desc(),
                col(FinanceInvoice.region).desc(),
                col(FinanceInvoice.payee_code).desc(),
                col(FinanceInvoice.number).desc(),
            ).limit(query.limit + 1)
        ).all()
        page, following = cut_page(
            rows, query.limit, lambda row: (row.issued_at, row.region, row.payee_code, row.number)
        )
        data = [_view(row) for row in page]
    return answer(Page[FinanceInvoiceView](data=data, next_cursor=following))


def _view(row: FinanceInvoice) -> FinanceInvoiceView:
    said = {name: getattr(row, name) for name in FinanceInvoiceView.model_fields if name != "total"}
    return FinanceInvoiceView(**said, total=Money(amount=row.total, currency=row.currency))
