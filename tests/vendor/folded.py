"""Deductions folded by plain Python, line by line: what the product's statement is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from app.db import shop_of
from app.vendor.invoice_tables import Invoice, InvoiceLine, VendorCode
from app.vendor.payments import reading
from app.vendor.payments.references import reference
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=100)
SAME = {"shortage_repaid": "shortage_claim", "provision_reversed": "provision"}
Key = tuple[str, str, str]
Amounts = tuple[Decimal, Decimal, int]


@dataclass(frozen=True)
class Line:
    """One line of a payment; amounts in hundredths."""

    reference: str
    paid: int
    discount: int = 0
    withheld: int = 0
    currency: str = "USD"
    description: str | None = None


@dataclass(frozen=True)
class Payment:
    """A payment as Amazon would show it."""

    number: str
    lines: tuple[Line, ...]
    status: str = "SUCCESSFUL"
    day: int = 0


def amount(hundredths: int, currency: str) -> dict[str, Any]:
    return {"currencyAmount": hundredths / 100, "currencyCode": currency}


def keep(session: Session, payment: Payment, region: str = "na") -> None:
    """Stores a payment through the reader's own door."""
    header = {
        "uniquePaymentId": payment.number,
        "paymentNumber": payment.number,
        "paymentDate": (START + timedelta(days=payment.day)).isoformat(),
        "paymentAmount": amount(sum(line.paid for line in payment.lines), "USD"),
        "remittanceStatus": payment.status,
    }
    items = [
        {
            "invoiceNumber": line.reference,
            "description": line.description,
            "netAmountPaid": amount(line.paid, line.currency),
            "netAmountPaidBreakdown": [
                {
                    "breakdownType": "TermsDiscountTaken",
                    "breakdownAmount": amount(line.discount, line.currency),
                }
            ],
            "withholdingAmount": amount(line.withheld, line.currency),
        }
        for line in payment.lines
    ]
    assert shop_of(session)
    reading.store(session, region, header, items)


def fold(payments: Sequence[Payment], ours: frozenset[str]) -> dict[Key, Amounts]:
    """(kind, reference, currency) to taken, recovered and the number of steps."""
    steps: dict[Key, list[Decimal]] = {}
    for payment in payments:
        if payment.status == "FAILED":
            continue
        for line in payment.lines:
            about = reference(line.reference, is_ours=line.reference in ours)
            kind = SAME.get(about.kind, about.kind)
            for part, hundredths in (
                (kind, -line.paid if kind != "invoice" else 0),
                ("quick_pay", line.discount),
                ("withholding", line.withheld),
            ):
                if hundredths:
                    key = (part, about.number, line.currency)
                    steps.setdefault(key, []).append(Decimal(hundredths) / 100)
    return {
        key: (
            sum((one for one in amounts if one > 0), Decimal(0)),
            -sum((one for one in amounts if one < 0), Decimal(0)),
            len(amounts),
        )
        for key, amounts in steps.items()
        if key[0] != "unknown" or sum(amounts) >= 0
    }


def bill(session: Session, number: str, *, total: str = "0", order: str | None = None) -> Invoice:
    """An invoice that Amazon has; with `order`, of 12 units at 40.00 on its line 1."""
    shop_id = shop_of(session)
    session.merge(VendorCode(shop_id=shop_id, region="na", code="HLDFS"))
    session.flush()
    made = Invoice(
        shop_id=shop_id,
        region="na",
        vendor_code="HLDFS",
        source="hand",
        state="landed",
        number=number,
        currency="USD",
        made_by="user:1",
        dated_at=START,
        total=Decimal(total),
    )
    session.add(made)
    session.flush()
    if order is not None:
        own = {"shop_id": shop_id, "region": "na", "number": order}
        session.merge(PurchaseOrder(**own, connection_id=1, state="Closed", ordered_at=START))
        session.flush()
        session.merge(
            PurchaseOrderLine(
                **own,
                line="1",
                asin="B0TENT0001",
                ordered_units=12,
                accepted_units=12,
                cost=Decimal(40),
                cost_currency="USD",
            )
        )
        session.flush()
        session.add(
            InvoiceLine(
                **own,
                line="1",
                invoice_id=made.invoice_id,
                position=1,
                asin="B0TENT0001",
                units=12,
                cost=Decimal(40),
                amount=Decimal(480),
            )
        )
    return made
