"""Co-op agreements over HTTP, each charge against its agreement, and the audit of discounts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
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
from app.vendor.co_op import recomputing
from app.vendor.co_op.tables import CoOpAgreement, CoOpCharge
from app.vendor.deductions import quick_pay
from app.vendor.deductions.tables import Deduction
from app.vendor.deductions.views import DeductionSummary, Key, named, summaries
from app.vendor.disputes import findings
from app.vendor.lookups import moment_of_cursor

TAG = Tag(name="co-op", description="Agreements and discounts, recomputed.")
api = APIBlueprint("co_op", __name__, url_prefix="/api", abp_tags=[TAG])

Region = Literal["na", "eu", "fe"]
WRONG = """
SELECT kind, currency, count(*), sum(amount) FROM discrepancy
WHERE shop_id = :shop AND kind = ANY(:kinds) AND status IN ('open', 'in_progress')
GROUP BY 1, 2 ORDER BY 1, 2
"""


class AgreementBody(BaseModel):
    """One agreement as Vendor Central shows it; a fixed one has an amount and no rate."""

    region: Region
    vendor_code: str | None = Field(default=None, max_length=64)
    number: str = Field(
        default="", max_length=64, description="Amazon's, as the numbers of its charges begin."
    )
    name: str = Field(min_length=1, max_length=120)
    purpose: Literal["damage_allowance", "freight_allowance", "marketing", "volume", "other"]
    base: Literal["receipts", "net_receipts", "invoiced", "net_sales", "fixed"]
    rate: Decimal | None = Field(default=None, ge=0, le=1, max_digits=9, decimal_places=6)
    amount: Decimal | None = Field(default=None, ge=0, max_digits=15, decimal_places=4)
    currency: str = Field(pattern="^[A-Z]{3}$")
    period: Literal["month", "quarter", "year"] = "month"
    funding: Literal["deducted", "paid"] = "deducted"
    starts_on: date
    ends_on: date | None = None

    @model_validator(mode="after")
    def _must_be_priced(self) -> AgreementBody:
        if self.base == "fixed" and (self.amount is None or self.rate is not None):
            raise ValueError("a fixed agreement has an amount and no rate")
        if self.base != "fixed" and (self.rate is None or self.amount is not None):
            raise ValueError("an agreement over a base has a rate and no amount")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("it ends before it starts")
        return self


class AgreementPath(BaseModel):
    agreement_id: int = Field(ge=1, le=2**31 - 1)


class ChargeBody(BaseModel):
    """Which agreement and days a charge is about; both days are included."""

    region: Region
    reference: str = Field(min_length=1, max_length=200)
    currency: str = Field(pattern="^[A-Z]{3}$")
    agreement_id: int = Field(ge=1, le=2**31 - 1)
    from_day: date
    to_day: date

    @model_validator(mode="after")
    def _must_be_in_order(self) -> ChargeBody:
        if self.to_day < self.from_day:
            raise ValueError("the last day is before the first")
        return self


class AgreementView(Answer):
    """One agreement; `rate` is a part, 0.02 being two per cent."""

    agreement_id: int
    region: str
    vendor_code: str | None
    number: str
    name: str
    purpose: str
    base: str
    rate: str | None
    amount: Money | None
    currency: str
    period: str
    funding: str
    starts_on: date
    ends_on: date | None
    changed_at: Moment
    changed_by: str


class ChargeView(Answer):
    """One charge against its agreement. `confirmed`: a person has said which; else it is suggested."""

    deduction: DeductionSummary
    verdict: str
    agreement_id: int | None
    agreement: str | None
    confirmed: bool
    from_day: date | None
    to_day: date | None
    units: int | None
    base: Money | None
    expected: Money | None
    charged: Money
    over: Money | None


class DiscountView(Answer):
    """One discount against its terms."""

    deduction: DeductionSummary
    verdict: str
    percent: str | None
    days: int | None
    told_by: str | None
    invoiced_at: Moment | None
    last_day: Moment | None
    paid_at: Moment
    gross: Money
    claimed: Money
    earned: Money
    taken: Money
    wrong: Money


class Wrong(Answer):
    """What is in the queue of one kind, in one currency."""

    kind: str
    deductions: int
    amount: Money


class Charges(Page[ChargeView]):
    """Co-op charges, the newest first, and what is in the queue."""

    wrong: list[Wrong]


class Discounts(Page[DiscountView]):
    """Quick-pay discounts, the newest first, and what is in the queue."""

    wrong: list[Wrong]


@api.get("/co-op-agreements", responses={200: Page[AgreementView]})
def list_agreements() -> Any:
    """Every agreement."""
    with shop_transaction() as session:
        rows = session.exec(
            select(CoOpAgreement)
            .where(CoOpAgreement.shop_id == shop_of(session))
            .order_by(col(CoOpAgreement.starts_on).desc(), col(CoOpAgreement.agreement_id))
        ).all()
        data = [_agreement(row) for row in rows]
    return answer(Page[AgreementView](data=data))


@api.post("/co-op-agreements", responses={201: AgreementView})
def add_agreement(body: AgreementBody) -> Any:
    """Enters an agreement; its charges are recomputed at once."""
    with shop_transaction() as session:
        row = CoOpAgreement(
            shop_id=shop_of(session), changed_by=principal().actor, **body.model_dump()
        )
        session.add(row)
        session.flush()
        findings.state_all(session, "co_op")
        view = _agreement(row)
    return answer(view, 201)


@api.put("/co-op-agreements/<int:agreement_id>", responses={200: AgreementView})
def change_agreement(path: AgreementPath, body: AgreementBody) -> Any:
    """Says an agreement anew."""
    with shop_transaction() as session:
        row = _named(session, path.agreement_id)
        for name, value in body.model_dump().items():
            setattr(row, name, value)
        row.changed_at, row.changed_by = datetime.now(UTC), principal().actor
        session.flush()
        findings.state_all(session, "co_op")
        view = _agreement(row)
    return answer(view)


@api.delete("/co-op-agreements/<int:agreement_id>", responses={200: Page[AgreementView]})
def remove_agreement(path: AgreementPath) -> Any:
    """Takes an agreement away, and what was confirmed of it."""
    with shop_transaction() as session:
        session.delete(_named(session, path.agreement_id))
        session.flush()
        findings.state_all(session, "co_op")
    return answer(Page[AgreementView](data=[]))


@api.get("/co-op-charges", responses={200: Charges})
def list_charges(query: PageQuery) -> Any:
    """Co-op charges, each recomputed from its agreement."""
    with shop_transaction() as session:
        page, following = _page(session, query, "co_op")
        shown = summaries(session, page)
        data = [
            _charge(one, summary)
            for one, summary in zip(recomputing.recompute(session, page), shown, strict=True)
        ]
        wrong = _wrong(session, ["coop_overcharge", "coop_unagreed"])
    return answer(Charges(data=data, next_cursor=following, wrong=wrong))


@api.put("/co-op-charges", responses={200: ChargeView})
def confirm_charge(body: ChargeBody) -> Any:
    """Says which agreement and days a charge is about."""
    with shop_transaction() as session:
        row = named(session, Key(body.region, "co_op", body.reference, body.currency))
        agreement = _named(session, body.agreement_id)
        if (agreement.region, agreement.currency) != (row.region, row.currency):
            raise Refused(
                "other_currency",
                "The agreement is of another region or currency than the charge.",
                status=422,
            )
        session.merge(
            CoOpCharge(shop_id=row.shop_id, confirmed_by=principal().actor, **body.model_dump())
        )
        session.flush()
        findings.state(session, [row.reference])
        [one] = recomputing.recompute(session, [row])
        [summary] = summaries(session, [row])
        view = _charge(one, summary)
    return answer(view)


@api.get("/quick-pay", responses={200: Discounts})
def list_discounts(query: PageQuery) -> Any:
    """Quick-pay discounts, each judged by the terms it was taken under."""
    with shop_transaction() as session:
        page, following = _page(session, query, "quick_pay")
        shown = summaries(session, page)
        data = [
            _discount(one, summary)
            for one, summary in zip(quick_pay.audit(session, page), shown, strict=True)
        ]
        wrong = _wrong(session, ["late_quick_pay", "quick_pay_excess"])
    return answer(Discounts(data=data, next_cursor=following, wrong=wrong))


def _page(session: Session, query: PageQuery, kind: str) -> tuple[list[Deduction], str | None]:
    keys = decode_cursor(query.cursor, 4)
    wanted = select(Deduction).where(Deduction.shop_id == shop_of(session), Deduction.kind == kind)
    if keys:
        wanted = wanted.where(
            text(
                "(last_at, region, reference, currency) < (:at, :region, :reference, :currency)"
            ).bindparams(
                at=moment_of_cursor(keys[0]),
                region=str(keys[1]),
                reference=str(keys[2]),
                currency=str(keys[3]),
            )
        )
    rows = session.exec(
        wanted.order_by(
            col(Deduction.last_at).desc(),
            col(Deduction.region).desc(),
            col(Deduction.reference).desc(),
            col(Deduction.currency).desc(),
        ).limit(query.limit + 1)
    ).all()
    page, following = cut_page(
        rows, query.limit, lambda row: (row.last_at, row.region, row.reference, row.currency)
    )
    return list(page), following


def _wrong(session: Session, kinds: list[str]) -> list[Wrong]:
    asked = {"shop": shop_of(session), "kinds": kinds}
    return [
        Wrong(kind=kind, deductions=count, amount=Money(amount=amount, currency=currency))
        for kind, currency, count, amount in session.execute(text(WRONG), asked)
    ]


def _named(session: Session, agreement_id: int) -> CoOpAgreement:
    found = session.get(CoOpAgreement, (shop_of(session), agreement_id))
    if found is None:
        raise Refused("not_found", "There is no such agreement in this shop.", status=404)
    return found


def _agreement(row: CoOpAgreement) -> AgreementView:
    said = {
        name: getattr(row, name)
        for name in AgreementView.model_fields
        if name not in ("rate", "amount")
    }
    return AgreementView(
        **said,
        rate=None if row.rate is None else f"{row.rate.normalize():f}",
        amount=_money(row.amount, row.currency),
    )


def _charge(one: recomputing.Recomputed, summary: DeductionSummary) -> ChargeView:
    currency = one.row.currency
    return ChargeView(
        deduction=summary,
        verdict=one.verdict,
        agreement_id=one.agreement.agreement_id if one.agreement else None,
        agreement=one.agreement.name if one.agreement else None,
        confirmed=one.confirmed,
        from_day=one.from_day,
        to_day=one.to_day,
        units=one.units,
        base=_money(one.base, currency),
        expected=_money(one.expected, currency),
        charged=Money(amount=one.charged, currency=currency),
        over=_money(one.over, currency),
    )


def _discount(one: quick_pay.Audited, summary: DeductionSummary) -> DiscountView:
    currency = summary.taken.currency

    def money(amount: Decimal) -> Money:
        return Money(amount=amount, currency=currency)

    return DiscountView(
        deduction=summary,
        verdict=one.verdict,
        percent=None if one.agreed is None else f"{one.agreed.percent.normalize():f}",
        days=None if one.agreed is None else one.agreed.days,
        told_by=one.told_by,
        invoiced_at=one.invoiced_at,
        last_day=one.last_day,
        paid_at=one.paid_at,
        gross=money(one.gross),
        claimed=money(one.claimed),
        earned=money(one.earned),
        taken=money(one.taken),
        wrong=money(one.wrong),
    )


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount=amount, currency=currency)
