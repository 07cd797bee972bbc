"""Amazon's finance invoices as typed rows, stored with the message that they came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, delete

from app import messages
from app.db import shop_of
from app.errors import RetryLater
from app.vendor.finance.tables import FinanceInvoice, FinanceInvoiceLine
from app.vendor.papers import digest_of, plain
from app.vendor.payments.references import reference

TOPIC = "finance_invoice"
# Finance model 2026-06-25: breakdown types by the column that keeps them.
OF_THE_AMOUNT = {
    "InvoiceAmountWithoutTax": "without_tax",
    "TaxAmount": "tax",
    "MiscCharges": "misc_charges",
    "Other": "other",
}
OF_THE_SETTLEMENT = {
    "AmountPaid": "paid",
    "QueuedForPayment": "queued",
    "QuickPayDiscount": "quick_pay_discount",
    "QuantityVarianceAmount": "quantity_variance",
    "PriceVariance": "price_variance",
    "Other": "other_settlement",
}
OURS = """
SELECT EXISTS (SELECT FROM invoice
               WHERE shop_id = :shop AND region = :region AND number = :number)
"""


def is_news(session: Session, region: str, header: Mapping[str, Any]) -> bool:
    """Whether a header says something that is not kept yet."""
    key = (shop_of(session), region, payee_of(header), str(header.get("invoiceNumber") or ""))
    known = session.get(FinanceInvoice, key)
    return known is None or known.digest != digest_of(plain(header))


def payee_of(header: Mapping[str, Any]) -> str:
    """The payee code, from the related identifiers or from Amazon's identifier `number~payee`."""
    said = _related(header).get("PAYEE_CODE") or []
    if said:
        return str(said[0])
    _number, _tilde, payee = str(header.get("invoiceIdentifier") or "").rpartition("~")
    return payee if _tilde else ""


def store(
    session: Session, region: str, header: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> FinanceInvoice:
    """Keeps an invoice with all its lines in place of what was kept; the same again changes nothing.

    Raises RetryLater when it cannot be what it says, so that it is asked for again and shown.
    """
    try:
        made = _invoice(session, region, header)
        lines = [_line(made, place, one) for place, one in enumerate(items, start=1)]
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise RetryLater(f"Amazon's finance invoice cannot be read: {error!r}") from error
    made.message_id = messages.record(
        session,
        direction="in",
        channel="amazon",
        topic=TOPIC,
        key=f"{region}:{made.payee_code}:{made.number}:{made.digest}",
        reference=made.number[:64],
        request={"invoiceHeader": plain(header), "invoiceItems": plain(list(items))},
        occurred_at=made.amazon_updated_at,
        state="done",
    )
    session.exec(
        delete(FinanceInvoice).where(
            FinanceInvoice.shop_id == made.shop_id,  # type: ignore[arg-type]
            FinanceInvoice.region == region,  # type: ignore[arg-type]
            FinanceInvoice.payee_code == made.payee_code,  # type: ignore[arg-type]
            FinanceInvoice.number == made.number,  # type: ignore[arg-type]
        )
    )
    session.add(made)
    session.flush()
    session.add_all(lines)
    session.flush()
    return made


def _invoice(session: Session, region: str, header: Mapping[str, Any]) -> FinanceInvoice:
    number = str(header["invoiceNumber"]).strip()
    asked = {"shop": shop_of(session), "region": region, "number": number}
    is_ours = bool(session.execute(text(OURS), asked).scalar_one())
    about = reference(number, is_ours=is_ours)
    total, currency = _money(header["invoiceAmount"])
    related = _related(header)
    codes = related.get("VENDOR_CODE") or []
    type_ = str(header["invoiceType"])
    made = FinanceInvoice(
        shop_id=shop_of(session),
        region=region,
        payee_code=payee_of(header),
        number=number,
        type=type_,
        # What AP takes as goods is an invoice of the vendor's, by whatever door it was sent.
        kind="invoice" if about.kind == "unknown" and type_ == "AP_INVENTORY" else about.kind,
        base_number=about.number,
        status=str(header["invoiceStatus"]),
        vendor_code=str(codes[0]) if codes else None,
        purchase_orders=[str(one) for one in related.get("PURCHASE_ORDER_IDS") or []],
        issued_at=_must(header["issueDate"]),
        due_at=_moment(header.get("dueDate")),
        terms=header.get("paymentTerms"),
        currency=currency,
        total=total,
        related=related,
        amazon_updated_at=_must(header["lastUpdatedDate"]),
        digest=digest_of(plain(header)),
    )
    parts = _parts(header.get("invoiceAmountBreakdowns"), OF_THE_AMOUNT, currency)
    parts |= _parts(header.get("invoiceSettlementBreakdowns"), OF_THE_SETTLEMENT, currency)
    for column, amount in parts.items():
        setattr(made, column, amount)
    return made


def _line(made: FinanceInvoice, position: int, item: Mapping[str, Any]) -> FinanceInvoiceLine:
    context = item.get("lineItemContext") or {}
    names = {
        one.get("itemIdentifierName"): one.get("itemIdentifierValue")
        for one in context.get("itemIdentifiers") or ()
    }
    orders = {
        one["relatedIdentifierName"]: one["relatedIdentifierValue"]
        for one in item.get("relatedItemIdentifiers") or ()
    }.get("PURCHASE_ORDER_IDS") or []
    if not orders and len(made.purchase_orders) == 1:
        orders = made.purchase_orders
    matching = context.get("matchingContext") or {}
    return FinanceInvoiceLine(
        shop_id=made.shop_id,
        region=made.region,
        payee_code=made.payee_code,
        number=made.number,
        position=position,
        amazon_line=str(item.get("lineItemId") or ""),
        purchase_order=str(orders[0]) if len(orders) == 1 else None,
        asin=names.get("ASIN"),
        vendor_sku=names.get("SKU") or names.get("UPC") or names.get("EAN") or names.get("ISBN"),
        type=str(context.get("lineItemType") or "OTHERS"),
        service_charge=context.get("serviceChargeType"),
        units=item.get("quantity"),
        cost=_in(made.currency, item.get("unitCost")),
        amount=_must_be(made.currency, item["totalAmount"]),
        matched_units=matching.get("matchedQuantity"),
        matched_amount=_in(made.currency, matching.get("matchedAmount")),
        quantity_variance=matching.get("quantityVariance"),
        price_variance=_in(made.currency, matching.get("priceVariance")),
        paid_units=matching.get("paidQuantity"),
        paid_amount=_in(made.currency, matching.get("paidAmount")),
        variances=plain(matching.get("varianceReasons") or []),
    )


def _parts(given: Any, columns: Mapping[str, str], currency: str) -> dict[str, Decimal]:
    """Breakdowns by their columns; of a type that is said twice the sum, what has no column is not
    dropped: it stands in the message."""
    found: dict[str, Decimal] = {}
    for one in given or ():
        column = columns.get(one["breakdownType"])
        if column:
            found[column] = found.get(column, Decimal()) + _must_be(
                currency, one["breakdownAmount"]
            )
    return found


def _in(currency: str, raw: Any) -> Decimal | None:
    return None if raw is None else _must_be(currency, raw)


def _must_be(currency: str, raw: Mapping[str, Any]) -> Decimal:
    amount, said = _money(raw)
    if said != currency:
        raise ValueError(f"an amount in {said} on an invoice in {currency}")
    return amount


def _money(raw: Mapping[str, Any]) -> tuple[Decimal, str]:
    return Decimal(str(raw["currencyAmount"])), str(raw["currencyCode"])[:3]


def _related(header: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(one["relatedIdentifierName"]): [str(each) for each in one["relatedIdentifierValue"]]
        for one in header.get("relatedIdentifiers") or ()
    }


def _must(raw: Any) -> datetime:
    found = _moment(raw)
    if found is None:
        raise ValueError("a date is missing")
    return found


def _moment(raw: Any) -> datetime | None:
    if not raw:
        return None
    found = datetime.fromisoformat(str(raw))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
