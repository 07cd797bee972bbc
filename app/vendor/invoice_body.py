"""An invoice as Amazon takes it: SubmitInvoicesRequest of vendorInvoices, November 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.vendor import indian_tax
from app.vendor.acknowledgements import case_size
from app.vendor.invoice_amounts import Costing, written
from app.vendor.invoice_charges import Charge, charges_of
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
    if invoice.reference_number:
        made["referenceNumber"] = invoice.reference_number
    charges = charges_of(invoice.charges)
    for name, amount_name, is_allowance in (
        ("chargeDetails", "chargeAmount", False),
        ("allowanceDetails", "allowanceAmount", True),
    ):
        said = [one for one in charges if one.is_allowance == is_allowance]
        if said:
            made[name] = [_charge(subject, one, amount_name) for one in said]
    if billing.tax_treatment != "none":
        made["taxDetails"] = _header_taxes(subject, charges)
    return made


def _header_taxes(subject: Subject, charges: Sequence[Charge]) -> list[dict[str, Any]]:
    """The taxes of all lines and charges together, one for each type and rate."""
    found: dict[Decimal, tuple[Decimal, Decimal]] = {}
    each = [
        (side.own.tax_rate or Decimal(), side.own.amount or Decimal(), side.own.tax or Decimal())
        for side in subject.sides
    ]
    each += [(one.tax_rate, *one.signed) for one in charges]
    for rate, taxable, tax in each:
        before = found.get(rate, (Decimal(), Decimal()))
        found[rate] = (before[0] + taxable, before[1] + tax)
    return [
        one for rate, (taxable, tax) in found.items() for one in _taxes(subject, rate, taxable, tax)
    ]


def _charge(subject: Subject, one: Charge, amount_name: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": one.type,
        amount_name: _money(one.amount, subject.invoice.currency),
    }
    if one.description:
        made["description"] = one.description
    if subject.billing.tax_treatment != "none":
        made["taxDetails"] = _taxes(subject, one.tax_rate, one.amount, one.tax)
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
        "hsnCode": own.hsn_code,
    }
    if subject.billing.tax_treatment != "none":
        rate, tax = own.tax_rate or Decimal(), own.tax or Decimal()
        item["taxDetails"] = _taxes(subject, rate, own.amount or Decimal(), tax)
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


def _taxes(subject: Subject, rate: Decimal, taxable: Decimal, tax: Decimal) -> list[dict[str, Any]]:
    currency, billing = subject.invoice.currency, subject.billing
    parts = [indian_tax.Part(subject.tax.type if subject.tax else "VAT", rate, tax)]
    if billing.marketplace == "IN":
        buyer = (billing.bill_to or {}).get("tax_registration_number")
        parts = indian_tax.parts(billing.tax_registration_number, buyer, rate, tax)
    return [
        {
            "taxType": part.type,
            "taxRate": f"{(part.rate * 100).normalize():f}",
            "taxAmount": _money(part.tax, currency),
            "taxableAmount": _money(taxable, currency),
        }
        for part in parts
    ]


def _party(party_id: str, said: Mapping[str, Any], tax_number: str | None) -> dict[str, Any]:
    party: dict[str, Any] = {
        "partyId": party_id,
        "address": {theirs: str(said[ours]) for ours, theirs in ADDRESS.items() if said.get(ours)},
    }
    if tax_number:
        party["taxRegistrationDetails"] = [
            {
                "taxRegistrationType": "GST"
                if said.get("country") in ("AU", "IN", "SG")
                else "VAT",
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
