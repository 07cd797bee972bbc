"""The match on the wire: lines, invoices, and the papers behind each figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
from app.http import Answer, Moment, Money
from app.inventory.views import ItemBrief
from app.vendor import each_cost
from app.vendor.detail import items_of
from app.vendor.reconciliation.tables import ReconciliationInvoice, ReconciliationLine
from app.vendor.tables import PurchaseOrderLine

STEPS = ("ordered", "acknowledged", "shipped", "received", "invoiced")
MONEY = ("paid", "discounts", "deducted", "recovered", "provision", "outstanding")
WITH_UNITS = ("paid", "deducted", "recovered", "outstanding")

# Every paper behind a line, by the figure it is behind, in one question.
PAPERS = """
WITH billed AS (
    SELECT invoice.invoice_id, invoice.number, invoice.region, invoice.type, invoice.state,
           invoice.currency, invoice.dated_at, invoice.made_at, invoice.message_id,
           sum(own.units)::int AS units, sum(own.amount + coalesce(own.tax, 0) + own.charges) AS amount
    FROM invoice_line AS own JOIN invoice USING (shop_id, invoice_id)
    WHERE own.shop_id = :shop AND own.region = :region AND own.number = :number
      AND own.line = :line AND invoice.number IS NOT NULL
    GROUP BY invoice.shop_id, invoice.invoice_id
)
SELECT 'ordered' AS figure, 'version' AS kind, version::text AS reference, NULL AS about,
       seen_at AS at, NULL::int AS units, NULL::numeric AS amount, NULL AS currency, NULL AS state,
       message_id
FROM purchase_order_version
WHERE shop_id = :shop AND region = :region AND number = :number
UNION ALL
SELECT 'acknowledged', 'acknowledgement', acknowledgement_id::text, NULL, made_at,
       said.accept + said.backorder, NULL, NULL, paper.state, paper.message_id
FROM acknowledgement AS paper JOIN acknowledgement_line AS said USING (shop_id, acknowledgement_id)
WHERE paper.shop_id = :shop AND region = :region AND number = :number AND said.line = :line
UNION ALL
SELECT 'shipped', 'shipment', identifier, NULL, coalesce(paper.shipped_at, paper.made_at),
       sent.booked_units, NULL, NULL, paper.state, paper.message_id
FROM shipment AS paper JOIN shipment_line AS sent USING (shop_id, region, identifier)
WHERE sent.shop_id = :shop AND sent.region = :region AND sent.number = :number
  AND sent.line = :line AND sent.booked_units > 0
UNION ALL
SELECT 'received', 'receipt', total::text, NULL, observed_at, total, NULL, NULL, NULL, message_id
FROM receipt
WHERE shop_id = :shop AND region = :region AND number = :number AND line = :line
UNION ALL
SELECT 'invoiced', 'invoice', number, invoice_id::text, coalesce(dated_at, made_at),
       CASE WHEN type = 'CreditNote' THEN -units ELSE units END,
       CASE WHEN type = 'CreditNote' THEN -amount ELSE amount END, currency, state, message_id
FROM billed
UNION ALL
SELECT CASE WHEN own.invoice_id IS NOT NULL THEN 'paid'
            WHEN told.kind LIKE 'provision%' THEN 'provision'
            WHEN told.paid > 0 THEN 'recovered' ELSE 'deducted' END,
       'remittance', told.reference, told.region || '/' || told.payment_id, paper.paid_at, NULL,
       told.paid, told.currency, paper.status, paper.message_id
FROM remittance_line AS told
JOIN remittance AS paper USING (shop_id, region, payment_id)
LEFT JOIN invoice AS own ON own.shop_id = :shop AND own.region = told.region
    AND own.number = told.reference
WHERE told.shop_id = :shop AND (told.reference IN (SELECT number FROM billed)
    OR (told.invoice_number IN (SELECT number FROM billed) AND own.invoice_id IS NULL))
UNION ALL
SELECT 'paid', 'remittance', part.reference, part.region || '/' || part.payment_id, paper.paid_at,
       NULL, part.amount, part.currency, paper.status, paper.message_id
FROM payment_match AS said
JOIN payment_match_part AS part ON part.shop_id = said.shop_id AND part.match_id = said.match_id
JOIN remittance AS paper ON paper.shop_id = part.shop_id AND paper.region = part.region
    AND paper.payment_id = part.payment_id
WHERE said.shop_id = :shop AND said.state = 'confirmed'
  AND part.invoice_id IN (SELECT invoice_id FROM billed)
ORDER BY at, reference
"""


class Step(Answer):
    """Units (eaches) and money of one step; null where no paper or cost says it."""

    units: int | None
    amount: Money | None


class ReconciliationLineView(Answer):
    """One purchase order line from ordered to paid.

    `invoiced` has its tax; it is `paid + discounts + deducted - recovered + provision +
    outstanding`, for each line, to the cent. Claims are on the lines that Amazon's finance names.
    `is_shared`: some of its discounts, provisions or open money is a share of its invoices'.
    `cause` is Amazon's own of the first disagreement, where it names one. `cost_unknown` says why the
    steps before the invoice have no money: `cost_basis` is said of the vendor code, `not_stated` and
    `by_weight` are Amazon's.
    """

    region: str
    number: str
    line: str
    vendor_code: str
    ordered_at: Moment
    item: ItemBrief | None
    asin: str | None
    vendor_sku: str | None
    ordered: Step
    acknowledged: Step
    shipped: Step
    received: Step
    invoiced: Step
    tax: Money | None
    paid: Step
    discounts: Step
    deducted: Step
    recovered: Step
    provision: Step
    outstanding: Step
    is_shared: bool
    invoices: int
    disagreement: str | None
    cause: str | None
    places: list[str]
    cost_unknown: str | None
    looks_again_at: Moment | None
    restated_at: Moment


class PaperView(Answer):
    """A paper behind one figure. `about` opens it where its name is not enough: an invoice's id, a
    payment's region and id. `message_id` is how it crossed the border."""

    figure: str
    kind: str
    reference: str
    about: str | None
    at: Moment
    units: int | None
    amount: Money | None
    state: str | None
    message_id: int | None


class ReconciliationDetail(ReconciliationLineView):
    """One line with every paper behind its figures, the oldest first."""

    papers: list[PaperView]


class ReconciliationInvoiceView(Answer):
    """One invoice and where its money is: `total = paid + quick_pay + withheld + shortage + price +
    chargeback + other_deducted - recovered + provision + open + unexplained`, to the cent.

    `placed` says what of its claims is on lines; `unplaced_deducted` and `unplaced_recovered` are on
    none, as nobody names them."""

    invoice_id: int
    region: str
    number: str
    vendor_code: str
    dated_at: Moment
    due_at: Moment | None
    total: Money
    remitted: Money
    paid: Money
    quick_pay: Money
    withheld: Money
    shortage: Money
    price: Money
    chargeback: Money
    other_deducted: Money
    recovered: Money
    shortage_recovered: Money
    price_recovered: Money
    unplaced_deducted: Money
    unplaced_recovered: Money
    placed: list[str]
    provision: Money
    open: Money
    unexplained: Money
    other_currency: bool
    state: str
    last_paid_at: Moment | None
    restated_at: Moment


def line_views(
    session: Session, rows: Sequence[ReconciliationLine]
) -> list[ReconciliationLineView]:
    """These rows with the items they are of."""
    ordered = session.exec(
        select(PurchaseOrderLine).where(
            PurchaseOrderLine.shop_id == shop_of(session),
            col(PurchaseOrderLine.number).in_({row.number for row in rows}),
        )
    ).all()
    by_key = {(one.region, one.number, one.line): one for one in ordered}
    wanted = [by_key[row.region, row.number, row.line] for row in rows]
    items = items_of(session, wanted)
    bases = each_cost.bases_of_codes(session, {row.vendor_code for row in rows})
    return [
        _line(
            row,
            one,
            items.get(one.item_id or 0),
            each_cost.unknown(one, bases.get((row.region, row.vendor_code))),
        )
        for row, one in zip(rows, wanted, strict=True)
    ]


def whole(session: Session, region: str, number: str, line: str) -> ReconciliationDetail:
    """One line with its papers. Raises Refused 404 when this shop has none of that key."""
    row = session.get(ReconciliationLine, (shop_of(session), region, number, line))
    if row is None:
        raise Refused("not_found", "There is no such line in this shop.", status=404)
    [view] = line_views(session, [row])
    asked = {"shop": row.shop_id, "region": region, "number": number, "line": line}
    papers = [
        PaperView(
            figure=one.figure,
            kind=one.kind,
            reference=one.reference,
            about=one.about,
            at=one.at,
            units=one.units,
            amount=_money(one.amount, one.currency),
            state=one.state,
            message_id=one.message_id,
        )
        for one in session.execute(text(PAPERS), asked)
    ]
    return ReconciliationDetail(**dict(view), papers=papers)


def invoice_view(row: ReconciliationInvoice) -> ReconciliationInvoiceView:
    """One invoice's row."""
    told: dict[str, Any] = row.model_dump(exclude={"shop_id"})
    currency = told.pop("currency")
    return ReconciliationInvoiceView(
        **{
            name: Money(amount=value, currency=currency) if isinstance(value, Decimal) else value
            for name, value in told.items()
        }
    )


def after(keys: Sequence[Any], moment: datetime) -> dict[str, Any]:
    """The values of a cursor over lines."""
    return {"at": moment, "region": keys[1], "number": keys[2], "line": keys[3]}


def _line(
    row: ReconciliationLine,
    ordered: PurchaseOrderLine,
    item: ItemBrief | None,
    cost_unknown: str | None,
) -> ReconciliationLineView:
    steps = {
        name: Step(
            units=getattr(row, f"{name}_units", None),
            amount=_money(getattr(row, name), row.currency),
        )
        for name in (*STEPS, *MONEY)
    }
    return ReconciliationLineView(
        region=row.region,
        number=row.number,
        line=row.line,
        vendor_code=row.vendor_code,
        ordered_at=row.ordered_at,
        item=item,
        asin=ordered.asin,
        vendor_sku=ordered.vendor_sku,
        tax=_money(row.tax, row.currency),
        is_shared=row.is_shared,
        invoices=row.invoices,
        disagreement=row.disagreement,
        cause=row.cause,
        places=row.places,
        cost_unknown=cost_unknown,
        looks_again_at=row.looks_again_at,
        restated_at=row.restated_at,
        **steps,
    )


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    if amount is None or currency is None:
        return None
    return Money(amount=amount, currency=currency)
