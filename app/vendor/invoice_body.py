"""An invoice as Amazon takes it: SubmitInvoicesRequest of vendorInvoices, November 2026."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.vendor.acknowledgements import case_size
from app.vendor.invoice_amounts import Costing, written
from app.vendor.invoice_check import Side, Subject

# Names of our address's parts in vendorInvoices; orders have others for the same.
ADDRESS = {
    "name": "name",
    "line1": "addressLine1",
    "line2": "addressLine2",
    "city": "city",
    "state": "stateOrRegion",
    "postal_code": "postalOrZipCode",
    "country": "countryCode",
    "phone": "phone",
}
CREDIT = {
    "returns_reference": "returnsReferenceNumber",
    "coop_reference": "coopReferenceNumber",
    "debit_note": "debitNoteNumber",
}


def body(subject: Subject) -> dict[str, Any]:
    """The whole request for one checked invoice; everything in it is as it will be kept."""
    return {"invoices": [document(subject)]}


def document(subject: Subject) -> dict[str, Any]:
    """The `Invoice` of the model. The subject must have passed the check."""
    invoice, billing = subject.invoice, subject.billing
    assert invoice.total is not None and invoice.tax_total is not None
    made: dict[str, Any] = {
        "invoiceType": invoice.type,
        "id": invoice.number,
        "date": _written(subject.dated_at),
        "remitToParty": _party(
            billing.payee_code or "", billing.remit_to or {}, billing.tax_registration_number
        ),
        "billToParty": _party(
            str((billing.bill_to or {}).get("party_id")),
            billing.bill_to or {},
            (billing.bill_to or {}).get("tax_registration_number"),
        ),
        "invoiceTotal": _money(invoice.total, invoice.currency),
        "items": [_item(subject, index, side) for index, side in enumerate(subject.sides, 1)],
    }
    centres = {side.order.ship_to for side in subject.sides}
    if len(centres) == 1:
        made["shipToParty"] = {"partyId": centres.pop()}
    if billing.terms:
        made["paymentTerms"] = _terms(billing.terms)
    if billing.tax_treatment != "none":
        made["taxDetails"] = [_tax(subject, invoice.items_total, invoice.tax_total)]
    return made


def _item(subject: Subject, index: int, side: Side) -> dict[str, Any]:
    invoice, own = subject.invoice, side.own
    assert own.cost is not None and subject.billing.cost_basis is not None
    size = case_size(side.ordered)
    costing = Costing(size, subject.billing.cost_basis, invoice.currency)
    if costing.in_cases(own.units):
        quantity = {"amount": own.units // size, "unitOfMeasure": "Cases", "unitSize": size}
    else:
        quantity = {"amount": own.units, "unitOfMeasure": "Eaches"}
    item: dict[str, Any] = {
        "itemSequenceNumber": index,
        "amazonProductIdentifier": own.asin,
        "vendorProductIdentifier": own.vendor_sku,
        "invoicedQuantity": quantity,
        "netCost": _money(costing.net_cost(own.cost, own.units), invoice.currency),
        "purchaseOrderNumber": own.number,
    }
    if subject.billing.tax_treatment != "none":
        item["taxDetails"] = [_tax(subject, own.amount, own.tax or Decimal())]
    if subject.is_credit:
        item["creditNoteDetails"] = _credit(subject)
    return {name: value for name, value in item.items() if value is not None}


def _credit(subject: Subject) -> dict[str, Any]:
    said = subject.invoice.credit or {}
    made: dict[str, Any] = {theirs: said[ours] for ours, theirs in CREDIT.items() if said.get(ours)}
    if subject.original is not None:
        made["referenceInvoiceNumber"] = subject.original.number
    if said.get("goods_returned_on"):
        made["goodsReturnDate"] = f"{said['goods_returned_on']}T12:00:00Z"
    return made


def _tax(subject: Subject, taxable: Decimal | None, tax: Decimal) -> dict[str, Any]:
    rate = subject.sides[0].own.tax_rate or Decimal()
    currency = subject.invoice.currency
    return {
        "taxType": subject.tax.type if subject.tax else "VAT",
        "taxRate": f"{(rate * 100).normalize():f}",
        "taxAmount": _money(tax, currency),
        "taxableAmount": _money(taxable or Decimal(), currency),
    }


def _party(party_id: str, said: Mapping[str, Any], tax_number: str | None) -> dict[str, Any]:
    party: dict[str, Any] = {
        "partyId": party_id,
        "address": {theirs: str(said[ours]) for ours, theirs in ADDRESS.items() if said.get(ours)},
    }
    if tax_number:
        party["taxRegistrationDetails"] = [
            {
                "taxRegistrationType": "GST" if said.get("country") in ("AU", "SG") else "VAT",
                "taxRegistrationNumber": tax_number,
            }
        ]
    return party


def _terms(said: Mapping[str, Any]) -> dict[str, Any]:
    terms = {
        "type": said.get("type") or "Basic",
        "discountPercent": said.get("discount_percent"),
        "discountDueDays": said.get("discount_days"),
        "netDueDays": said.get("net_days"),
    }
    return {name: value for name, value in terms.items() if value is not None}


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"currencyCode": currency, "amount": written(amount, currency)}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
