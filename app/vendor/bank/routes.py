"""Bank lines over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlmodel import Session, col, select

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
from app.vendor.bank import matching
from app.vendor.bank.tables import BankLine
from app.vendor.lookups import whole_of_cursor

TAG = Tag(name="bank", description="Lines of bank statements, tied to Amazon's payments.")
api = APIBlueprint("bank", __name__, url_prefix="/api", abp_tags=[TAG])


class BankLineQuery(PageQuery):
    state: Literal["all", "open", "tied", "set_aside"] = "all"
    region: Literal["na", "eu", "fe"] | None = None
    payment_id: str | None = Field(
        default=None, max_length=200, description="Only lines of this payment of the region."
    )


class BankLinePath(BaseModel):
    bank_line_id: int = Field(ge=1, le=2**31 - 1)


class ConfirmBody(BaseModel):
    """The payment that the line is the money of."""

    region: Literal["na", "eu", "fe"]
    payment_id: str = Field(min_length=1, max_length=200)


class BankRuleBody(BaseModel):
    not_in_bank_after_days: int | None = Field(
        description="Name payments that no line shows so many days after them; null: never."
    )


class BankRule(Answer):
    """After how many days a payment that no line shows is named; null: never."""

    not_in_bank_after_days: int | None


class TiedPayment(Answer):
    """A payment that a line is the money of, or may be: `why` is `reference` or `amount`."""

    region: str
    payment_id: str
    number: str | None
    paid_at: Moment | None
    amount: Money | None
    why: str


class BankLineView(Answer):
    """One line. `state`: open, reference, confirmed or set_aside; `import_id` is its file.

    `named_numbers`: what of its text may be the number of a paper.
    """

    bank_line_id: int
    booked_on: date
    valued_on: date | None
    amount: Money
    bank_reference: str | None
    end_to_end: str | None
    named_numbers: list[str]
    import_id: int
    state: str
    payment: TiedPayment | None
    suggestions: list[TiedPayment]
    by: str | None
    at: Moment | None


class BankLines(Page[BankLineView]):
    """Bank lines, the newest first, and the rule for payments that none of them shows."""

    not_in_bank_after_days: int | None


STATES = {
    "all": "true",
    "open": "bank_line.payment_id IS NULL AND bank_line.set_aside_at IS NULL",
    "tied": "bank_line.payment_id IS NOT NULL",
    "set_aside": "bank_line.set_aside_at IS NOT NULL",
}


@api.get("/bank-lines", responses={200: BankLines})
def list_bank_lines(query: BankLineQuery) -> Any:
    """Lines of bank statements that are from Amazon, the newest first."""
    keys = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        wanted = select(BankLine).where(
            BankLine.shop_id == shop_of(session), text(STATES[query.state])
        )
        if query.payment_id is not None:
            wanted = wanted.where(
                BankLine.payment_id == query.payment_id, BankLine.region == query.region
            )
        if keys:
            wanted = wanted.where(
                text("(booked_on, bank_line_id) < (CAST(:at AS date), :id)").bindparams(
                    at=str(keys[0])[:10], id=whole_of_cursor(keys[1])
                )
            )
        rows = session.exec(
            wanted.order_by(
                col(BankLine.booked_on).desc(), col(BankLine.bank_line_id).desc()
            ).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, _keys)
        found = matching.suggestions(session, page)
        lines = BankLines(
            data=[_view(row, found.get(row.bank_line_id, [])) for row in page],
            next_cursor=following,
            not_in_bank_after_days=matching.days_of(session),
        )
    return answer(lines)


@api.post("/bank-lines/<int:bank_line_id>/confirm", responses={200: BankLineView})
def confirm_bank_line(path: BankLinePath, body: ConfirmBody) -> Any:
    """Says which payment a line is the money of."""
    with shop_transaction() as session:
        matching.confirm(
            session, path.bank_line_id, body.region, body.payment_id, by=principal().actor
        )
        view = _one(session, path.bank_line_id)
    return answer(view)


@api.post("/bank-lines/<int:bank_line_id>/let-go", responses={200: BankLineView})
def let_bank_line_go(path: BankLinePath) -> Any:
    """Takes back what a person said of a line."""
    with shop_transaction() as session:
        matching.let_go(session, path.bank_line_id)
        view = _one(session, path.bank_line_id)
    return answer(view)


@api.post("/bank-lines/<int:bank_line_id>/set-aside", responses={200: BankLineView})
def set_bank_line_aside(path: BankLinePath) -> Any:
    """Says that a line is of none of the payments here."""
    with shop_transaction() as session:
        matching.set_aside(session, path.bank_line_id, by=principal().actor)
        view = _one(session, path.bank_line_id)
    return answer(view)


@api.put("/bank-lines/rules", responses={200: BankRule})
def set_bank_rules(body: BankRuleBody) -> Any:
    """Says when a payment that no line shows is named."""
    with shop_transaction() as session:
        matching.set_days(session, body.not_in_bank_after_days)
        found = BankRule(not_in_bank_after_days=matching.days_of(session))
    return answer(found)


def _one(session: Session, bank_line_id: int) -> BankLineView:
    session.flush()
    row = session.get_one(BankLine, (shop_of(session), bank_line_id))
    return _view(row, matching.suggestions(session, [row]).get(bank_line_id, []))


def _view(row: BankLine, found: list[matching.Suggestion]) -> BankLineView:
    payment = None
    if row.region is not None and row.payment_id is not None:
        payment = TiedPayment(
            region=row.region,
            payment_id=row.payment_id,
            number=row.payment_number,
            paid_at=None,
            amount=None,
            why=str(row.matched_how),
        )
    state = row.matched_how or ("set_aside" if row.set_aside_at else "open")
    return BankLineView(
        bank_line_id=row.bank_line_id,
        booked_on=row.booked_on,
        valued_on=row.valued_on,
        amount=Money(amount=row.amount, currency=row.currency),
        bank_reference=row.bank_reference,
        end_to_end=row.end_to_end,
        named_numbers=row.named_numbers,
        import_id=row.import_id,
        state=state,
        payment=payment,
        suggestions=[
            TiedPayment(
                region=one.region,
                payment_id=one.payment_id,
                number=one.number,
                paid_at=one.paid_at,
                amount=Money(amount=one.amount, currency=one.currency),
                why="reference" if one.by_reference else "amount",
            )
            for one in found
        ],
        by=row.matched_by or row.set_aside_by,
        at=row.matched_at or row.set_aside_at,
    )


def _keys(row: BankLine) -> tuple[str, int]:
    return row.booked_on.isoformat(), row.bank_line_id
