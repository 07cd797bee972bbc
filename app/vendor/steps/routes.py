"""The eight steps over HTTP: of one order with owners and papers, and of all orders in numbers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Literal

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlmodel import Session, select

from app.db import database_time, shop_of
from app.http import (
    Answer,
    Moment,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor.lookups import order_named
from app.vendor.steps.judging import (
    STEPS,
    Standing,
    State,
    StepName,
    standing_of,
    standings,
)
from app.vendor.steps.tables import OrderStepOwner

TAG = Tag(name="steps", description="How far each purchase order is, from ordered to paid.")
api = APIBlueprint("order_steps", __name__, url_prefix="/api", abp_tags=[TAG])

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# Every paper behind a step of one order.
PAPERS = """
WITH own AS (
    SELECT DISTINCT paper.invoice_id, paper.number, paper.state, paper.region
    FROM invoice_line AS line JOIN invoice AS paper USING (shop_id, invoice_id)
    WHERE line.shop_id = :shop AND line.region = :region AND line.number = :number
      AND paper.state <> 'cancelled'
), taken AS (
    SELECT region, kind, reference, currency FROM deduction
    WHERE shop_id = :shop AND region = :region
      AND (purchase_order = :number OR reference = :number)
)
SELECT 'ordered' AS step, 'acknowledgement' AS kind, acknowledgement_id::text AS reference,
       NULL AS about, made_at AS at
FROM acknowledgement WHERE shop_id = :shop AND region = :region AND number = :number
UNION ALL
SELECT CASE WHEN paper.state IN ('sent', 'accepted') THEN 'announced' ELSE 'prepared' END,
       'shipment', identifier, NULL, coalesce(paper.shipped_at, paper.made_at)
FROM shipment AS paper JOIN shipment_line AS line USING (shop_id, region, identifier)
WHERE paper.shop_id = :shop AND region = :region AND line.number = :number
  AND paper.state <> 'cancelled'
GROUP BY paper.state, identifier, paper.shipped_at, paper.made_at
UNION ALL
SELECT 'invoiced', 'invoice', coalesce(number, ''), invoice_id::text, NULL FROM own
UNION ALL
SELECT 'reviewed', 'invoice', number, invoice_id::text, NULL FROM own WHERE state = 'landed'
UNION ALL
SELECT 'disputed', 'deduction', reference, concat_ws('/', region, kind, currency), NULL FROM taken
UNION ALL
SELECT 'disputed', 'dispute', coalesce(dispute.case_number, dispute.reference),
       dispute_id::text, dispute.filed_at
FROM dispute JOIN taken USING (region, kind, reference, currency) WHERE dispute.shop_id = :shop
UNION ALL
SELECT 'paid', 'remittance', coalesce(paid.number, paid.payment_id),
       paid.region || '/' || paid.payment_id, paid.paid_at
FROM remittance AS paid JOIN remittance_line AS line USING (shop_id, region, payment_id)
JOIN own ON own.region = line.region AND own.number = line.reference
WHERE paid.shop_id = :shop
GROUP BY paid.region, paid.payment_id, paid.number, paid.paid_at
UNION ALL
SELECT CASE type WHEN 'purchase_order' THEN 'ordered' WHEN 'acknowledgement' THEN 'ordered'
                 WHEN 'packing_list' THEN 'prepared' WHEN 'label' THEN 'prepared'
                 WHEN 'photo' THEN 'prepared' WHEN 'asn' THEN 'announced'
                 WHEN 'appointment' THEN 'announced' WHEN 'invoice' THEN 'invoiced'
                 WHEN 'other' THEN 'disputed' ELSE 'received' END,
       'evidence', name, type, NULL
FROM evidence WHERE shop_id = :shop AND purchase_order = :number AND region = :region
ORDER BY at NULLS LAST, reference
"""


class StepPath(BaseModel):
    """One step of one order."""

    number: str = Field(min_length=1, max_length=64)
    step: StepName


class OrderPath(BaseModel):
    """One order."""

    number: str = Field(min_length=1, max_length=64)


class RegionQuery(BaseModel):
    """Needed only where two regions share a number."""

    region: Literal["na", "eu", "fe"] | None = None


class OwnerBody(BaseModel):
    """Whose it is; null: nobody's."""

    owner: str | None = Field(default=None, max_length=200)


class StepsQuery(PageQuery):
    """Which orders to list: by the step that they stand at, its state, or its owner."""

    step: StepName | None = None
    state: Literal["act", "wait", "late", "ahead"] | None = None
    owner: str | None = Field(default=None, max_length=200)


class StepPaper(Answer):
    """A paper behind a step. `about` opens it where its name is not enough: an invoice's or a
    dispute's id, a payment's region and id, a deduction's region, kind and currency, a type of
    evidence."""

    kind: str
    reference: str
    about: str | None
    at: Moment | None


class StepView(Answer):
    """One step: `done`, waiting for you (`act`) or for Amazon (`wait`), `late`, `ahead` of its time,
    or `none`, not needed. `by` is its clock where it has one."""

    step: StepName
    state: State
    by: Moment | None
    owner: str | None
    papers: list[StepPaper]


class OrderSteps(Answer):
    """The eight steps of one order, in their order."""

    number: str
    region: str
    steps: list[StepView]


class OrderAtStep(Answer):
    """An order and the first of its steps that is not over."""

    number: str
    region: str
    vendor_code: str
    ship_to: str
    ordered_at: Moment
    step: StepName
    state: State
    by: Moment | None
    owner: str | None


class StepCount(Answer):
    """How many orders stand at a step, and how many of them wait for you or are late."""

    step: StepName
    orders: int
    act: int
    late: int


class OrdersAtSteps(Page[OrderAtStep]):
    """Orders of the last 400 days that are not settled, the earliest clock first, and how many stand
    at each step; `settled` are through all eight."""

    counts: list[StepCount]
    settled: int


@api.get("/order-steps", responses={200: OrdersAtSteps})
def list_orders_at_steps(query: StepsQuery) -> Any:
    """Where the purchase orders are: counts by step, and the orders themselves."""
    keys = decode_cursor(query.cursor, 3)
    with shop_transaction() as session:
        found = standings(session, database_time())
        owners = _owners(session)
    placed = sorted((_placed(one, owners) for one in found if one.now), key=_key)
    wanted = [
        one
        for one in placed
        if query.step in (None, one.step)
        and query.state in (None, one.state)
        and query.owner in (None, one.owner)
        and (not keys or _key(one) > (str(keys[0]), str(keys[1]), str(keys[2])))
    ]
    page, following = cut_page(wanted[: query.limit + 1], query.limit, _key)
    return answer(
        OrdersAtSteps(
            data=list(page),
            next_cursor=following,
            counts=_counts(placed),
            settled=len(found) - len(placed),
        )
    )


@api.get("/purchase-orders/<string:number>/steps", responses={200: OrderSteps})
def read_order_steps(path: OrderPath, query: RegionQuery) -> Any:
    """One order's eight steps, each with its state, clock, owner and papers."""
    with shop_transaction() as session:
        order = order_named(session, path.number, query.region)
        view = _view(session, order.region, order.number)
    return answer(view)


@api.put("/purchase-orders/<string:number>/steps/<string:step>/owner", responses={200: OrderSteps})
def give_order_step(path: StepPath, query: RegionQuery, body: OwnerBody) -> Any:
    """Says whose a step is."""
    with shop_transaction() as session:
        order = order_named(session, path.number, query.region)
        key = (order.shop_id, order.region, order.number, path.step)
        known = session.get(OrderStepOwner, key)
        owner = (body.owner or "").strip()
        if not owner:
            if known is not None:
                session.delete(known)
        elif known is None or known.owner != owner:
            session.merge(
                OrderStepOwner(
                    shop_id=order.shop_id,
                    region=order.region,
                    number=order.number,
                    step=path.step,
                    owner=owner,
                    given_by=principal().actor,
                )
            )
        session.flush()
        view = _view(session, order.region, order.number)
    return answer(view)


def _view(session: Session, region: str, number: str) -> OrderSteps:
    found = standing_of(session, region, number, database_time())
    owners = _owners(session, number)
    asked = {"shop": shop_of(session), "region": region, "number": number}
    papers: dict[str, list[StepPaper]] = {name: [] for name in STEPS}
    for row in session.execute(text(PAPERS), asked):
        papers[row.step].append(
            StepPaper(kind=row.kind, reference=row.reference, about=row.about, at=row.at)
        )
    return OrderSteps(
        number=number,
        region=region,
        steps=[
            StepView(
                step=one.step,
                state=one.state,
                by=one.by,
                owner=owners.get((region, number, one.step)),
                papers=papers[one.step],
            )
            for one in found.steps
        ],
    )


def _owners(session: Session, number: str | None = None) -> dict[tuple[str, str, str], str]:
    wanted = select(OrderStepOwner).where(OrderStepOwner.shop_id == shop_of(session))
    if number is not None:
        wanted = wanted.where(OrderStepOwner.number == number)
    return {(one.region, one.number, one.step): one.owner for one in session.exec(wanted)}


def _placed(one: Standing, owners: dict[tuple[str, str, str], str]) -> OrderAtStep:
    facts, step = one.facts, one.now
    assert step is not None
    return OrderAtStep(
        number=facts.number,
        region=facts.region,
        vendor_code=facts.vendor_code,
        ship_to=facts.ship_to,
        ordered_at=facts.ordered_at,
        step=step.step,
        state=step.state,
        by=step.by,
        owner=owners.get((facts.region, facts.number, step.step)),
    )


def _counts(placed: list[OrderAtStep]) -> list[StepCount]:
    orders = Counter(one.step for one in placed)
    states = Counter((one.step, one.state) for one in placed)
    return [
        StepCount(
            step=name, orders=orders[name], act=states[name, "act"], late=states[name, "late"]
        )
        for name in STEPS
    ]


def _key(one: OrderAtStep) -> tuple[str, str, str]:
    return (one.by or NEVER).astimezone(UTC).isoformat(), one.region, one.number
