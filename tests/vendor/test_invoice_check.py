"""Each rule of the check before sending: what breaks it, where, and what it should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.config import PROJECT
from app.vendor import invoice_rules, taxes
from app.vendor.dated import TableWrong
from app.vendor.invoice_check import CHECKS, Finding, Side, Subject, check
from app.vendor.invoice_rules import rules_of
from app.vendor.invoice_tables import CREDIT_NOTE, Invoice, InvoiceLine, VendorCode
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine
from app.vendor.taxes import TaxRate
from tests.vendor.billed import ADDRESS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CODE = {"shop_id": 1, "region": "eu", "code": "NORTH"}
SPAN = "2026-11-13T12:00:00+00:00 – 2026-11-23T12:00:00+00:00"
GST_NUMBER = "GSTIN, 29ABCDE1234F1Z5"
GERMAN = taxes.TABLE.rows()[0]


@dataclass
class Case:
    """A good German invoice of 12 tents in cases of 6; a test spoils one thing of it."""

    invoice: Invoice
    billing: VendorCode
    order: PurchaseOrder
    ordered: PurchaseOrderLine
    own: InvoiceLine

    def subject(self, **changed: Any) -> Subject:
        """As the check gets it."""
        side = Side(
            own=self.own,
            order=self.order,
            ordered=self.ordered,
            acknowledged_cost=Decimal("40.00"),
            shipped_at=NOW - timedelta(days=2),
            shipment_count=1,
            creditable=12,
        )
        side = replace(side, **changed.pop("side", {}))
        given: dict[str, Any] = {
            "invoice": self.invoice,
            "billing": self.billing,
            "sides": [side],
            "now": NOW,
            "tax": GERMAN.model_copy(update={"verified": True}),
        }
        return Subject(**(given | changed))


@pytest.fixture
def case() -> Case:
    party = ADDRESS | {"country": "DE"}
    line = {"shop_id": 1, "region": "eu", "number": "4RZ8K2PQ", "line": "1", "asin": "B0TENT0001"}
    return Case(
        Invoice(
            shop_id=1,
            invoice_id=1,
            region="eu",
            vendor_code="NORTH",
            source="receipts",
            made_by="user:1",
            currency="EUR",
            items_total=Decimal("480.00"),
            tax_total=Decimal("91.20"),
            total=Decimal("571.20"),
        ),
        VendorCode(
            **CODE,
            marketplace="DE",
            payee_code="NORTH",
            cost_basis="each",
            tax_in_total=True,
            tax_treatment="standard",
            tax_registration_number="DE123456789",
            remit_to=party,
            bill_to=party | {"party_id": "AMZN", "tax_registration_number": "DE987654321"},
            terms={"type": "Basic", "net_days": 60},
        ),
        PurchaseOrder(
            shop_id=1,
            region="eu",
            number="4RZ8K2PQ",
            connection_id=1,
            vendor_code="NORTH",
            state="Acknowledged",
            type="RegularOrder",
            payment_method="Invoice",
            ordered_at=NOW - timedelta(days=10),
        ),
        PurchaseOrderLine(
            **line,
            ordered_unit="Cases",
            unit_size=6,
            ordered_units=12,
            accepted_units=12,
            shipped_units=12,
            received_units=12,
            cost=Decimal("40.00"),
            cost_currency="EUR",
        ),
        InvoiceLine(
            **line,
            invoice_id=1,
            position=1,
            units=12,
            cost=Decimal("40.00"),
            amount=Decimal("480.00"),
            tax_rate=Decimal("0.19"),
            tax=Decimal("91.20"),
        ),
    )


def findings(case: Case, **changed: Any) -> list[Finding]:
    return check(case.subject(**changed), rules_of(NOW.date()))


def credit(case: Case, **said: Any) -> dict[str, Any]:
    case.invoice.type = CREDIT_NOTE
    case.invoice.credit = {"reason": "invoice", **said}
    return {"original": Invoice(**case.invoice.model_dump() | {"number": "A-1", "type": "Invoice"})}


def put(part: str, **values: Any) -> Callable[[Case], dict[str, Any]]:
    """Spoils some fields of one part of the case."""

    def spoil(case: Case) -> dict[str, Any]:
        for name, value in values.items():
            setattr(getattr(case, part), name, value)
        return {}

    return spoil


def side(**values: Any) -> Callable[[Case], dict[str, Any]]:
    return lambda _case: {"side": values}


def given(**values: Any) -> Callable[[Case], dict[str, Any]]:
    return lambda _case: values


def two_orders_in_india(case: Case) -> dict[str, Any]:
    case.billing.marketplace = "IN"
    other = replace(case.subject().sides[0], order=PurchaseOrder(number="OTHER", ordered_at=NOW))
    return {"sides": [case.subject().sides[0], other]}


def in_india(hsn_code: str = "4202") -> Callable[[Case], dict[str, Any]]:
    def spoil(case: Case) -> dict[str, Any]:
        case.billing.marketplace = "IN"
        case.billing.tax_registration_number = "29ABCDE1234F1Z5"
        case.own.hsn_code = hsn_code
        return {}

    return spoil


def credit_in_the_states(case: Case) -> dict[str, Any]:
    case.billing.marketplace = "US"
    return credit(case)


BROKEN: list[tuple[str, str, Callable[[Case], dict[str, Any]], str | None]] = [
    ("billing_incomplete", "billing.cost_basis", put("billing", cost_basis=None), None),
    ("billing_incomplete", "billing.tax_in_total", put("billing", tax_in_total=None), None),
    ("line_unknown", "lines[0].line", put("ordered", removed=True), None),
    (
        "order_cancelled",
        "lines[0].number",
        lambda case: (
            put("order", state="Closed")(case)
            | put("ordered", accepted_units=0, shipped_units=0, received_units=0)(case)
        ),
        None,
    ),
    ("consignment", "lines[0].number", put("order", type="ConsignedOrder"), None),
    ("consignment", "lines[0].number", put("order", payment_method="Consignment"), None),
    ("other_currency", "lines[0].number", put("ordered", cost_currency="GBP"), "EUR"),
    ("several_orders", "lines", two_orders_in_india, "1"),
    ("quantity", "lines[0].units", put("own", units=0), "1"),
    ("more_than_acknowledged", "lines[0].units", put("ordered", accepted_units=6), "6"),
    ("more_than_acknowledged", "lines[0].units", side(invoiced_before=6), "6"),
    (
        "more_than_shipped",
        "lines[0].units",
        put("ordered", shipped_units=6, received_units=0),
        "6",
    ),
    ("identifier", "lines[0].asin", put("ordered", asin="B0OTHER001"), "B0OTHER001"),
    ("cost_missing", "lines[0].cost", put("own", cost=None), None),
    ("cost_missing", "lines[0].cost", put("own", cost=Decimal(0)), None),
    ("list_price", "lines[0].cost", put("ordered", cost_is_list_price=True), None),
    ("sold_by_weight", "lines[0].cost", put("ordered", cost_weight_unit="POUNDS"), None),
    ("number_used", "number", given(number="A-1", number_is_used=True), None),
    ("number_ending", "number", given(number="A-1SC"), None),
    ("number_ending", "number", given(number="A-1scr"), None),
    ("number_ending", "number", given(number="A-1PC"), None),
    ("date", "dated_at", put("invoice", dated_at=NOW + timedelta(days=1)), SPAN),
    ("date", "dated_at", put("invoice", dated_at=NOW - timedelta(days=11)), SPAN),
    ("total_zero", "total", put("invoice", total=Decimal("0.00")), None),
    ("total_zero", "total", put("invoice", total=Decimal("-5.00")), None),
    ("total", "total", put("invoice", total=Decimal("571.21")), "571.2"),
    ("total", "lines[0].amount", put("own", amount=Decimal("480.01")), "480"),
    ("tax_sum", "tax_total", put("invoice", tax_total=Decimal("91.19")), "91.2"),
    ("tax_rate_unknown", "tax_rate", given(tax=None), None),
    ("tax_rate_unverified", "tax_rate", given(tax=GERMAN), "UStG section 12 (1)"),
    (
        "address",
        "billing.bill_to.city",
        lambda case: put("billing", bill_to={**(case.billing.bill_to or {}), "city": ""})(case),
        None,
    ),
    (
        "address",
        "billing.remit_to.country",
        put("billing", remit_to=ADDRESS | {"country": "GER"}),
        "ISO 3166, two letters",
    ),
    (
        "tax_registration",
        "billing.tax_registration_number",
        put("billing", tax_registration_number=None),
        None,
    ),
    (
        "tax_registration",
        "billing.bill_to.tax_registration_number",
        put("billing", bill_to=ADDRESS | {"party_id": "AMZN"}),
        None,
    ),
    ("india_papers", "billing.bill_to.tax_registration_number", in_india(), GST_NUMBER),
    ("india_papers", "reference_number", in_india(), "IRN"),
    ("india_papers", "lines[0].hsn_code", in_india(hsn_code="8A"), "4, 6, 8"),
    (
        "charges_agreed",
        "charges[0].amount",
        put("invoice", charges=[{"type": "Freight", "amount": "25.00"}]),
        None,
    ),
    ("credit_note_country", "type", credit_in_the_states, "BE DE ES FR IE IT NL PL SE UK"),
    ("credit_reference", "credit.invoice", lambda case: credit(case) | {"original": None}, None),
    (
        "credit_reference",
        "credit.returns_reference",
        lambda case: credit(case, reason="return"),
        None,
    ),
    (
        "credit_too_much",
        "lines[0].units",
        lambda case: credit(case) | {"side": {"creditable": 6}},
        "6",
    ),
    ("cost_not_ordered", "lines[0].cost", put("ordered", cost=Decimal("39.00")), "39"),
    (
        "cost_not_acknowledged",
        "lines[0].cost",
        side(acknowledged_cost=Decimal("39.00")),
        "39",
    ),
    ("cost_not_agreed", "lines[0].cost", side(agreed_cost=Decimal("41.00")), "41"),
    ("more_than_received", "lines[0].units", put("ordered", received_units=6), "6"),
    ("shipment_missing", "lines", side(shipment_count=0), None),
    ("order_changed", "lines", put("order", changed_at=NOW - timedelta(days=1)), None),
    ("several_invoices", "lines", side(other_invoices=("A-1",)), None),
    ("terms_differ", "billing.terms.net_days", given(applied_terms="2% 30 NET 90"), "2% 30 NET 90"),
    ("terms_missing", "billing.terms.net_days", put("billing", terms=None), None),
    ("unit_differs", "lines[0].units", put("own", units=11), "6"),
]


def test_a_good_invoice_breaks_no_rule(case: Case) -> None:
    assert findings(case) == []


@pytest.mark.parametrize(
    ("rule", "field", "spoil", "expected"),
    BROKEN,
    ids=[f"{one[0]}-{number}" for number, one in enumerate(BROKEN)],
)
def test_what_is_wrong_is_named_with_its_field_and_what_it_should_be(
    case: Case,
    rule: str,
    field: str,
    spoil: Callable[[Case], dict[str, Any]],
    expected: str | None,
) -> None:
    found = [one for one in findings(case, **spoil(case)) if one.rule.name == rule]
    assert (field, expected) in [(one.broken.field, one.broken.expected) for one in found]
    assert all(one.rule.fix and one.rule.source for one in found)


def test_every_rule_is_checked_and_every_check_is_a_rule() -> None:
    names = {one.name for one in invoice_rules.TABLE.rows()}
    assert names == set(CHECKS) == {one[0] for one in BROKEN}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_rule_has_its_words_in_both_languages(language: str) -> None:
    written = PROJECT / f"frontend/src/i18n/{language}/screens.json"
    words = json.loads(written.read_text())["invoices"]
    names = {one.name for one in invoice_rules.TABLE.rows()}
    assert set(words["rules"]) == set(words["fixes"]) == names


def test_what_blocks_comes_first_and_what_amazon_received_had_been_shipped(case: Case) -> None:
    put("ordered", shipped_units=0)(case)
    assert [one for one in findings(case) if one.rule.name == "more_than_shipped"] == []
    spoiled = put("own", units=13)(case)
    severities = [one.rule.severity for one in findings(case, **spoiled)]
    assert severities == sorted(severities)


def test_an_installation_may_weigh_a_rule_otherwise(
    tmp_path: Path, set_settings: Callable[..., None]
) -> None:
    own = tmp_path / "rules.toml"
    own.write_text(
        '[[rule]]\nname = "terms_missing"\nseverity = "block"\nfrom = 2026-01-01\n'
        'source = "our contract"\nsays = "No terms."\nfix = "State them."\n'
    )
    set_settings(INVOICE_RULES=str(own))
    assert rules_of(NOW.date())["terms_missing"].severity == "block"
    own_wrong = tmp_path / "wrong.toml"
    own_wrong.write_text(own.read_text().replace("terms_missing", "no_such_rule"))
    set_settings(INVOICE_RULES=str(own_wrong))
    with pytest.raises(TableWrong, match="no_such_rule"):
        invoice_rules.TABLE.rows()


def test_rates_are_dated_and_an_own_table_replaces_a_country(
    tmp_path: Path, set_settings: Callable[..., None]
) -> None:
    assert taxes.rate_of("SG", NOW.date()) is not None
    assert taxes.rate_of("US", NOW.date()) is None
    own = tmp_path / "taxes.toml"
    own.write_text(
        '[[rate]]\ncountry = "DE"\ntype = "MwSt."\nrate = "0.20"\nfrom = 2026-07-01\n'
        'source = "our adviser"\nverified = true\n'
    )
    set_settings(TAX_RATES=str(own))
    found = taxes.rate_of("DE", NOW.date())
    assert isinstance(found, TaxRate) and found.rate == Decimal("0.20") and found.verified
    assert taxes.rate_of("DE", NOW.date() - timedelta(days=365)) is None
    assert taxes.rate_of("FR", NOW.date()) is not None
    own.write_text(own.read_text().replace('"0.20"', "0.20"))
    with pytest.raises(TableWrong, match="quotes"):
        taxes.TABLE.read(own)
