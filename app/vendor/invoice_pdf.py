"""The PDF copy of an invoice, made from the document as it was sent: the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from app.vendor.invoice_amounts import written
from app.vendor.invoice_tables import CREDIT_NOTE, Invoice, InvoiceLine

LATIN, CHINESE = "Vera", "STSong-Light"
BEYOND_LATIN = 0x2E80  # from here on stand the characters of East Asia
WIDTHS = (10, 24, 30, 44, 18, 26, 28)


def made_of(invoice: Invoice, lines: Sequence[InvoiceLine]) -> bytes:
    """The copy of a sent invoice. Its amounts are those kept with it; its parties those sent."""
    _register_fonts()
    sent = invoice.document or {}
    buffer = io.BytesIO()
    page = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        leftMargin=15 * mm,
        rightMargin=15 * mm,
        title=f"{_title(invoice)} {invoice.number}",
        invariant=1,
    )
    page.build(
        [
            _text(f"{_title(invoice)} {invoice.number}", size=16),
            Spacer(1, 4 * mm),
            _text(f"Date {str(sent.get('date', ''))[:10]} · Currency {invoice.currency}"),
            *_reference(invoice, sent),
            Spacer(1, 6 * mm),
            _parties(sent),
            Spacer(1, 8 * mm),
            _lines(sent, lines, invoice.currency),
            Spacer(1, 6 * mm),
            _totals(invoice, sent),
            Spacer(1, 6 * mm),
            *_terms(sent.get("paymentTerms")),
        ]
    )
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont(LATIN, str(folder / "Vera.ttf")))
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def _text(words: str, *, size: int = 9, right: bool = False) -> Paragraph:
    font = CHINESE if any(ord(one) >= BEYOND_LATIN for one in words) else LATIN
    style = ParagraphStyle(
        "own", fontName=font, fontSize=size, leading=size * 1.35, alignment=2 if right else 0
    )
    return Paragraph(escape(words).replace("\n", "<br/>"), style)


def _title(invoice: Invoice) -> str:
    return "Credit note" if invoice.type == CREDIT_NOTE else "Invoice"


def _reference(invoice: Invoice, sent: Mapping[str, Any]) -> list[Paragraph]:
    if invoice.type != CREDIT_NOTE:
        return []
    details = next((one.get("creditNoteDetails") for one in sent.get("items", ())), None) or {}
    return [_text(f"For invoice {details.get('referenceInvoiceNumber', '')}")]


def _parties(sent: Mapping[str, Any]) -> Table:
    cells = [
        [_text(f"{heading}\n{_address(sent.get(party) or {})}")]
        for heading, party in (("From", "remitToParty"), ("To", "billToParty"))
    ]
    return Table([[cell for each in cells for cell in each]], colWidths=[90 * mm, 90 * mm])


def _address(party: Mapping[str, Any]) -> str:
    said = party.get("address") or {}
    place = " ".join(
        str(said[name]) for name in ("postalOrZipCode", "city", "stateOrRegion") if said.get(name)
    )
    numbers = [
        f"{one['taxRegistrationType']} {one['taxRegistrationNumber']}"
        for one in party.get("taxRegistrationDetails", ())
    ]
    parts = [
        said.get("name"),
        said.get("addressLine1"),
        said.get("addressLine2"),
        place,
        said.get("countryCode"),
        *numbers,
    ]
    return "\n".join(str(part) for part in parts if part)


def _lines(sent: Mapping[str, Any], lines: Sequence[InvoiceLine], currency: str) -> Table:
    headings = ("", "Order", "ASIN", "Item", "Units", "Cost", "Amount")
    rows = [[_text(one, right=index > 3) for index, one in enumerate(headings)]]
    for item, line in zip(sent.get("items", ()), lines, strict=True):
        quantity = item["invoicedQuantity"]
        cases = (
            f"\n({quantity['amount']} × {quantity['unitSize']})" if "unitSize" in quantity else ""
        )
        rows.append(
            [
                _text(str(item["itemSequenceNumber"])),
                _text(line.number),
                _text(line.asin or ""),
                _text(line.vendor_sku or ""),
                _text(f"{line.units}{cases}", right=True),
                _text(item["netCost"]["amount"], right=True),
                _text(written(line.amount or Decimal(), currency), right=True),
            ]
        )
    table = Table(rows, colWidths=[width * mm for width in WIDTHS], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
                ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.grey),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _totals(invoice: Invoice, sent: Mapping[str, Any]) -> Table:
    currency = invoice.currency
    rows = [("Items", written(invoice.items_total or Decimal(), currency))]
    for name, amount_name, sign in (
        ("chargeDetails", "chargeAmount", ""),
        ("allowanceDetails", "allowanceAmount", "-"),
    ):
        for one in sent.get(name, ()):
            said = f" ({one['description']})" if one.get("description") else ""
            rows.append((f"{one['type']}{said}", f"{sign}{one[amount_name]['amount']}"))
    for tax in sent.get("taxDetails", ()):
        rows.append(
            (f"{tax['taxType']} {tax.get('taxRate', '')} %", str(tax["taxAmount"]["amount"]))
        )
    rows.append(("Total", str(sent["invoiceTotal"]["amount"])))
    return Table(
        [
            [_text(name, right=True), _text(f"{amount} {currency}", right=True)]
            for name, amount in rows
        ],
        colWidths=[140 * mm, 40 * mm],
    )


def _terms(said: Mapping[str, Any] | None) -> list[Paragraph]:
    if not said:
        return []
    words = f"Payment within {said.get('netDueDays', '')} days"
    if said.get("discountPercent"):
        words += f", {said['discountPercent']} % within {said.get('discountDueDays', '')} days"
    return [_text(words)]
