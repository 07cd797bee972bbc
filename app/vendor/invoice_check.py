"""The check before sending: every rule of Amazon's for an invoice, with what is wrong where.

Nothing is read here. The facts come in as a `Subject`; each rule is a function that yields what
breaks it; whether that blocks or warns stands in `invoice_rules.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from app.vendor.acknowledgements import case_size
from app.vendor.billing import RESERVED_ENDINGS, missing
from app.vendor.indian_tax import GSTIN, HSN_CODE, IRN
from app.vendor.invoice_amounts import Costing
from app.vendor.invoice_charges import charges_of
from app.vendor.invoice_rules import Rule
from app.vendor.invoice_tables import CREDIT_NOTE, Invoice, InvoiceLine, VendorCode
from app.vendor.marketplaces import MARKETPLACES, WITH_CREDIT_NOTES
from app.vendor.promises import promised_units
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine
from app.vendor.taxes import TaxRate

CLOCKS_APART = timedelta(minutes=5)
ADDRESS_NEEDS = ("name", "line1", "city", "postal_code", "country")
# vendorInvoices, CreditNoteDetails, November 2026: what each kind of credit note must name.
CREDIT_NEEDS = {
    "invoice": (),
    "return": ("returns_reference", "goods_returned_on"),
    "coop": ("coop_reference",),
    "debit_note": ("debit_note",),
}


@dataclass(frozen=True)
class Side:
    """One line with all that it is compared to. Units are eaches."""

    own: InvoiceLine
    order: PurchaseOrder
    ordered: PurchaseOrderLine
    invoiced_before: int = 0
    acknowledged_cost: Decimal | None = None
    agreed_cost: Decimal | None = None
    shipped_at: datetime | None = None
    shipment_count: int = 0
    other_invoices: tuple[str, ...] = ()
    creditable: int = 0

    @property
    def shipped(self) -> int:
        """What was shipped by our notices or by others: what Amazon received had been shipped."""
        return max(self.ordered.shipped_units, self.received)

    @property
    def received(self) -> int:
        """What Amazon has received, less what had left before our books and was billed then."""
        return max(0, self.ordered.received_units - self._billed_then)

    @property
    def promised(self) -> int:
        """What we had promised to send and bill now."""
        return promised_units(self.ordered) + self.ordered.units_before_books - self._billed_then

    @property
    def _billed_then(self) -> int:
        """Of an order that was over before our books, none: whoever drafts it says so."""
        return 0 if self.order.before_books else self.ordered.units_before_books

    @property
    def in_all(self) -> int:
        """What would be invoiced of the line with this invoice."""
        return self.invoiced_before + self.own.units


@dataclass(frozen=True)
class Subject:
    """An invoice as it would be sent at `now`, and what is known around it."""

    invoice: Invoice
    billing: VendorCode
    sides: Sequence[Side]
    now: datetime
    tax: TaxRate | None = None
    number: str | None = None
    number_is_used: bool = False
    applied_terms: str | None = None
    original: Invoice | None = None

    @property
    def dated_at(self) -> datetime:
        """The invoice date, that of sending if none is set."""
        return self.invoice.dated_at or self.now

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note."""
        return self.invoice.type == CREDIT_NOTE


class Broken(NamedTuple):
    """Where a rule is broken, by what, and what it should be."""

    field: str
    value: str | None
    expected: str | None


@dataclass(frozen=True)
class Finding:
    """A broken rule, for a person."""

    rule: Rule
    broken: Broken = field(default=Broken("", None, None))


Check = Callable[[Subject], Iterator[Broken]]
CHECKS: dict[str, Check] = {}


def check(subject: Subject, rules: Mapping[str, Rule]) -> list[Finding]:
    """Everything that is wrong by these rules, what blocks first."""
    found = [
        Finding(rule, broken) for name, rule in rules.items() for broken in CHECKS[name](subject)
    ]
    return sorted(found, key=lambda one: one.rule.severity != "block")


def _rule(one: Check) -> Check:
    CHECKS[one.__name__.removeprefix("_")] = one
    return one


def _by_line(test: Callable[[Subject, Side], Broken | None]) -> Check:
    """A rule about each line; the field it names is below that line."""

    def each(subject: Subject) -> Iterator[Broken]:
        for index, side in enumerate(subject.sides):
            broken = test(subject, side)
            if broken is not None:
                yield broken._replace(field=f"lines[{index}].{broken.field}")

    CHECKS[test.__name__.removeprefix("_")] = each
    return each


@_rule
def _billing_incomplete(subject: Subject) -> Iterator[Broken]:
    for name in missing(subject.billing):
        if name != "tax_registration_number":
            yield Broken(f"billing.{name}", None, None)


@_by_line
def _line_unknown(_subject: Subject, side: Side) -> Broken | None:
    return Broken("line", side.own.line, None) if side.ordered.removed else None


@_by_line
def _order_cancelled(_subject: Subject, side: Side) -> Broken | None:
    # Closed is rejected, cancelled or received in full; with nothing shipped it is not the last.
    is_over = side.order.is_closed and not side.shipped
    return Broken("number", side.order.number, None) if is_over else None


@_by_line
def _consignment(_subject: Subject, side: Side) -> Broken | None:
    kinds = (side.order.type, side.order.payment_method)
    return Broken("number", side.order.number, None) if _is_consigned(kinds) else None


def _is_consigned(kinds: Sequence[str | None]) -> bool:
    return "ConsignedOrder" in kinds or "Consignment" in kinds


@_by_line
def _other_currency(subject: Subject, side: Side) -> Broken | None:
    theirs = side.ordered.cost_currency
    if theirs is None or theirs == subject.invoice.currency:
        return None
    return Broken("number", theirs, subject.invoice.currency)


@_rule
def _several_orders(subject: Subject) -> Iterator[Broken]:
    numbers = {side.order.number for side in subject.sides}
    if subject.billing.marketplace == "IN" and len(numbers) > 1:
        yield Broken("lines", str(len(numbers)), "1")


@_by_line
def _quantity(_subject: Subject, side: Side) -> Broken | None:
    return Broken("units", str(side.own.units), "1") if side.own.units <= 0 else None


@_by_line
def _more_than_acknowledged(subject: Subject, side: Side) -> Broken | None:
    return _above(subject, side, side.promised)


@_by_line
def _more_than_shipped(subject: Subject, side: Side) -> Broken | None:
    return _above(subject, side, side.shipped)


@_by_line
def _more_than_received(subject: Subject, side: Side) -> Broken | None:
    return _above(subject, side, side.received)


def _above(subject: Subject, side: Side, most: int) -> Broken | None:
    if subject.is_credit or side.in_all <= most:
        return None
    return Broken("units", str(side.own.units), str(max(0, most - side.invoiced_before)))


@_by_line
def _identifier(_subject: Subject, side: Side) -> Broken | None:
    own = (side.own.asin, side.own.vendor_sku)
    theirs = (side.ordered.asin, side.ordered.vendor_sku)
    if own == theirs and any(own):
        return None
    return Broken("asin", " ".join(filter(None, own)), " ".join(filter(None, theirs)) or None)


@_by_line
def _cost_missing(_subject: Subject, side: Side) -> Broken | None:
    cost = side.own.cost
    return Broken("cost", _written(cost), None) if cost is None or cost <= 0 else None


@_by_line
def _list_price(_subject: Subject, side: Side) -> Broken | None:
    is_unchanged = side.own.cost == side.ordered.cost
    if not side.ordered.cost_is_list_price or not is_unchanged:
        return None
    return Broken("cost", _written(side.own.cost), None)


@_by_line
def _sold_by_weight(_subject: Subject, side: Side) -> Broken | None:
    unit = side.ordered.cost_weight_unit
    return Broken("cost", unit, None) if unit else None


@_rule
def _number_used(subject: Subject) -> Iterator[Broken]:
    if subject.number_is_used:
        yield Broken("number", subject.number, None)


@_rule
def _number_ending(subject: Subject) -> Iterator[Broken]:
    if subject.number and subject.number.upper().endswith(RESERVED_ENDINGS):
        yield Broken("number", subject.number, None)


@_rule
def _date(subject: Subject) -> Iterator[Broken]:
    earliest = max((side.order.ordered_at for side in subject.sides), default=subject.now)
    if not earliest <= subject.dated_at <= subject.now + CLOCKS_APART:
        yield Broken(
            "dated_at",
            subject.dated_at.isoformat(),
            f"{earliest.isoformat()} – {subject.now.isoformat()}",
        )


@_rule
def _total_zero(subject: Subject) -> Iterator[Broken]:
    if subject.invoice.total is not None and subject.invoice.total <= 0:
        yield Broken("total", _written(subject.invoice.total), None)


@_rule
def _total(subject: Subject) -> Iterator[Broken]:
    made = sum((side.own.amount or Decimal() for side in subject.sides), Decimal())
    made += subject.invoice.charges_total
    if subject.billing.tax_in_total:
        made += _taxes(subject)
    if subject.invoice.total is not None and subject.invoice.total != made:
        yield Broken("total", _written(subject.invoice.total), _written(made))
    for index, side in enumerate(subject.sides):
        worth = _worth(subject, side)
        if worth is not None and side.own.amount != worth:
            yield Broken(f"lines[{index}].amount", _written(side.own.amount), _written(worth))


def _worth(subject: Subject, side: Side) -> Decimal | None:
    """What a line comes to by the very numbers that would be sent."""
    if side.own.cost is None or subject.billing.cost_basis is None or side.own.amount is None:
        return None
    costing = Costing(case_size(side.ordered), subject.billing.cost_basis, subject.invoice.currency)
    return costing.amount(side.own.cost, side.own.units)


@_rule
def _tax_sum(subject: Subject) -> Iterator[Broken]:
    made = _taxes(subject)
    if subject.invoice.tax_total is not None and subject.invoice.tax_total != made:
        yield Broken("tax_total", _written(subject.invoice.tax_total), _written(made))


def _taxes(subject: Subject) -> Decimal:
    of_lines = sum((side.own.tax or Decimal() for side in subject.sides), Decimal())
    of_charges = (one.signed[1] for one in charges_of(subject.invoice.charges))
    return of_lines + sum(of_charges, Decimal())


def _takes_standard_rate(subject: Subject) -> bool:
    """Whether anything of it is taxed at the country's standard rate."""
    said_all = all(side.own.said_tax_rate is not None for side in subject.sides)
    return subject.billing.tax_treatment == "standard" and not said_all


@_rule
def _tax_rate_unknown(subject: Subject) -> Iterator[Broken]:
    if _takes_standard_rate(subject) and subject.tax is None:
        yield Broken("tax_rate", _country(subject), None)


@_rule
def _tax_rate_unverified(subject: Subject) -> Iterator[Broken]:
    tax = subject.tax
    if _takes_standard_rate(subject) and tax is not None and not tax.verified:
        yield Broken("tax_rate", f"{tax.country} {tax.rate * 100:f} %", tax.source)


@_rule
def _address(subject: Subject) -> Iterator[Broken]:
    for party in ("remit_to", "bill_to"):
        said: Mapping[str, Any] = getattr(subject.billing, party) or {}
        if not said:
            continue  # named by another rule
        for name in (*ADDRESS_NEEDS, *(("party_id",) if party == "bill_to" else ())):
            if not str(said.get(name) or "").strip():
                yield Broken(f"billing.{party}.{name}", None, None)
        if said.get("country") and not re.fullmatch("[A-Z]{2}", str(said["country"])):
            yield Broken(f"billing.{party}.country", str(said["country"]), "ISO 3166, two letters")


@_rule
def _tax_registration(subject: Subject) -> Iterator[Broken]:
    billing = subject.billing
    if "tax_registration_number" in missing(billing):
        yield Broken("billing.tax_registration_number", None, None)
    is_taxed = billing.tax_treatment in ("standard", "reverse_charge")
    if is_taxed and billing.bill_to and not billing.bill_to.get("tax_registration_number"):
        yield Broken("billing.bill_to.tax_registration_number", None, None)


@_rule
def _india_papers(subject: Subject) -> Iterator[Broken]:
    if subject.billing.marketplace != "IN":
        return
    theirs = (subject.billing.bill_to or {}).get("tax_registration_number")
    for name, number in (
        ("billing.tax_registration_number", subject.billing.tax_registration_number),
        ("billing.bill_to.tax_registration_number", theirs),
    ):
        if not GSTIN.fullmatch(number or ""):
            yield Broken(name, number, "GSTIN, 29ABCDE1234F1Z5")
    if not IRN.fullmatch(subject.invoice.reference_number or ""):
        yield Broken("reference_number", subject.invoice.reference_number, "IRN")
    for index, side in enumerate(subject.sides):
        if not HSN_CODE.fullmatch(side.own.hsn_code or ""):
            yield Broken(f"lines[{index}].hsn_code", side.own.hsn_code, "4, 6, 8")


@_rule
def _charges_agreed(subject: Subject) -> Iterator[Broken]:
    for index, one in enumerate(charges_of(subject.invoice.charges)):
        if not one.is_allowance:
            yield Broken(f"charges[{index}].amount", f"{one.type} {_written(one.amount)}", None)


@_rule
def _credit_note_country(subject: Subject) -> Iterator[Broken]:
    if subject.is_credit and subject.billing.marketplace not in WITH_CREDIT_NOTES:
        yield Broken("type", subject.billing.marketplace, " ".join(sorted(WITH_CREDIT_NOTES)))


@_rule
def _credit_reference(subject: Subject) -> Iterator[Broken]:
    if not subject.is_credit:
        return
    said = subject.invoice.credit or {}
    if subject.original is None or subject.original.number is None:
        yield Broken("credit.invoice", None, None)
    for name in CREDIT_NEEDS.get(str(said.get("reason")), ("reason",)):
        if not said.get(name):
            yield Broken(f"credit.{name}", None, None)


@_by_line
def _credit_too_much(subject: Subject, side: Side) -> Broken | None:
    if not subject.is_credit or side.own.units <= side.creditable:
        return None
    return Broken("units", str(side.own.units), str(side.creditable))


@_by_line
def _cost_not_ordered(subject: Subject, side: Side) -> Broken | None:
    return _other_cost(subject, side, side.ordered.cost)


@_by_line
def _cost_not_acknowledged(subject: Subject, side: Side) -> Broken | None:
    return _other_cost(subject, side, side.acknowledged_cost)


@_by_line
def _cost_not_agreed(subject: Subject, side: Side) -> Broken | None:
    return _other_cost(subject, side, side.agreed_cost)


def _other_cost(subject: Subject, side: Side, theirs: Decimal | None) -> Broken | None:
    if subject.is_credit or theirs is None or side.own.cost is None or side.own.cost == theirs:
        return None
    return Broken("cost", _written(side.own.cost), _written(theirs))


@_rule
def _shipment_missing(subject: Subject) -> Iterator[Broken]:
    without = {side.order.number for side in subject.sides if not side.shipment_count}
    if not subject.is_credit:
        for number in sorted(without):
            yield Broken("lines", number, None)


@_rule
def _order_changed(subject: Subject) -> Iterator[Broken]:
    changed = {
        side.order.number: side.order.changed_at
        for side in subject.sides
        if side.order.changed_at and side.shipped_at and side.order.changed_at > side.shipped_at
    }
    for number, moment in sorted(changed.items()):
        yield Broken("lines", f"{number} {moment.isoformat()}", None)


@_rule
def _several_invoices(subject: Subject) -> Iterator[Broken]:
    others = {
        (side.order.number, one)
        for side in subject.sides
        if side.shipment_count == 1
        for one in side.other_invoices
    }
    if not subject.is_credit:
        for number, other in sorted(others):
            yield Broken("lines", f"{number}: {other}", None)


@_rule
def _terms_missing(subject: Subject) -> Iterator[Broken]:
    if not (subject.billing.terms or {}).get("net_days"):
        yield Broken("billing.terms.net_days", None, None)


@_rule
def _terms_differ(subject: Subject) -> Iterator[Broken]:
    ours = (subject.billing.terms or {}).get("net_days")
    theirs = [int(one) for one in re.findall(r"\d+", subject.applied_terms or "")]
    if ours and theirs and ours not in theirs:
        yield Broken("billing.terms.net_days", str(ours), subject.applied_terms)


@_by_line
def _unit_differs(_subject: Subject, side: Side) -> Broken | None:
    size = case_size(side.ordered)
    return Broken("units", str(side.own.units), str(size)) if side.own.units % size else None


def _country(subject: Subject) -> str | None:
    place = MARKETPLACES.get(subject.billing.marketplace or "")
    return place.country if place else None


def _written(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
