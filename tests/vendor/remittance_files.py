"""Remittances as Vendor Central's Payments.xlsx shows them: two blocks, in the older and newer layout."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook

HEADS = (
    "Payment Number",
    "Payment Date",
    "Invoice Currency",
    "Amount in Invoice Currency",
    "Payment Currency",
    "Amount in Payment Currency",
    "Exchange Rate",
    "Payment Type",
    "Payment Status",
    "Payment Voided Reason",
)
OLDER = (
    "Payment Number",
    "Invoice Number",
    "Invoice Date",
    "Description",
    "Invoice Amount",
    "Invoice Currency",
    "Terms Discount Taken",
    "Net Amount Paid",
    "Remaining Amount",
)
NEWER = (
    "Payment Number",
    "Invoice Number",
    "Invoice Date",
    "Transaction type",
    "Transaction Description",
    "Reference Details",
    "Original Invoice Number",
    "Invoice Amount",
    "Invoice Currency",
    "Withholding Amount",
    "Terms Discount Taken",
    "Amount Paid",
    "Remaining Amount",
)


def workbook(*rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet, every cell a text as in the export."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Payments"
    for row in rows:
        sheet.append(["" if one is None else str(one) for one in row])
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def older(number: str, *lines: Sequence[str], amount: str, on: str = "15/09/2026") -> bytes:
    """Day first, decimals behind a comma. Lines: invoice, description, invoiced, discount, paid."""
    return workbook(
        ("Remittances",),
        HEADS,
        (number, on, "EUR", amount, "EUR", amount, "1", "ACH", "Successful", ""),
        (),
        ("Invoices",),
        OLDER,
        *(
            (number, invoice, "01/08/2026", what, invoiced, "EUR", discount, paid, "€0,00")
            for invoice, what, invoiced, discount, paid in lines
        ),
    )


def newer(number: str, *lines: Sequence[str], amount: str, on: str = "09/15/2026") -> bytes:
    """Month first, dollars. Lines: invoice, type, description, original, invoiced, withheld,
    discount, paid."""
    return workbook(
        HEADS,
        (number, on, "USD", amount, "USD", amount, "", "ACH", "Successful", ""),
        ("Invoices",),
        NEWER,
        *(
            (number, invoice, "08/01/2026", kind, what, "", original, *amounts, "$0.00")[:8]
            + ("USD", withheld, discount, paid, "$0.00")
            for invoice, kind, what, original, *amounts in lines
            for _invoiced, withheld, discount, paid in [amounts]
        ),
    )
