"""Deductions are what the payments say together, whatever the order in which they came."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.db import run, transaction
from app.shops import open_shop
from app.vendor.deductions import restating
from app.vendor.invoice_tables import InvoiceLine
from app.vendor.payments.references import reference
from tests.vendor.folded import Amounts, Key, Line, Payment, bill, fold, keep

FOLDED = """
SELECT kind, reference, currency, taken, recovered, jsonb_array_length(steps) FROM deduction
"""
EMPTIED = "DELETE FROM {} WHERE shop_id = :shop"


def folded(shop_id: int) -> dict[Key, Amounts]:
    with transaction(shop_id) as session:
        rows = list(session.execute(text(FOLDED)))
    return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in rows}


def rows(shop_id: int, columns: str) -> list[Any]:
    with transaction(shop_id) as session:
        return list(session.execute(text(f"SELECT {columns} FROM deduction")))


def one(shop_id: int, kind: str) -> Any:
    with transaction(shop_id) as session:
        asked = {"kind": kind}
        return session.execute(text("SELECT * FROM deduction WHERE kind = :kind"), asked).one()


@pytest.fixture
def shop_id(database: str) -> int:
    """A shop with two invoices of its own, one of them with a number that looks like a claim."""
    with transaction() as session:
        made = open_shop(session, "folding.myshopify.com").shop_id
    for number in ("NT-1", "DISC"):
        run(bill, made, number)
    return made


def pay(shop_id: int, *lines: Line, number: str = "P1", **how: Any) -> None:
    run(keep, shop_id, Payment(number, lines, **how))
    restating.fold(shop_id)


def test_a_claim_its_repayment_and_the_claim_again_are_one_deduction(shop_id: int) -> None:
    pay(shop_id, Line("NT-1SC", -4000))
    pay(shop_id, Line("NT-1SCR", 4000), number="P2", day=30)
    pay(shop_id, Line("NT-1SCRSC", -2500), number="P3", day=60)
    found = one(shop_id, "shortage_claim")
    assert (found.reference, found.invoice_number) == ("NT-1", "NT-1")
    assert (found.taken, found.recovered) == (Decimal(65), Decimal(40))
    assert [step["reference"] for step in found.steps] == ["NT-1SC", "NT-1SCR", "NT-1SCRSC"]
    assert [step["payment"] for step in found.steps] == ["P1", "P2", "P3"]
    assert all(step["message_id"] for step in found.steps)


def test_a_provision_and_its_reversal_are_one_row_and_no_claim(shop_id: int) -> None:
    pay(shop_id, Line("NT-1 PROVISION FOR RECEIVABLES", -900))
    pay(shop_id, Line("NT-1 PROVISION FOR RECEIVABLESR", 900), number="P2", day=14)
    assert folded(shop_id) == {("provision", "NT-1", "USD"): (Decimal(9), Decimal(9), 2)}


def test_paying_an_invoice_deducts_its_discount_and_what_is_withheld_and_nothing_else(
    shop_id: int,
) -> None:
    pay(shop_id, Line("NT-1", 9700, discount=200, withheld=100))
    assert folded(shop_id) == {
        ("quick_pay", "NT-1", "USD"): (Decimal(2), Decimal(0), 1),
        ("withholding", "NT-1", "USD"): (Decimal(1), Decimal(0), 1),
    }


def test_an_invoice_of_ours_is_never_a_claim_however_its_number_ends(shop_id: int) -> None:
    pay(shop_id, Line("DISC", 5000))
    assert folded(shop_id) == {}


def test_a_line_is_judged_anew_when_its_invoice_becomes_ours(shop_id: int) -> None:
    pay(shop_id, Line("MOSC", 5000), Line("NT-2SC", -700))
    claims = {("shortage_claim", "MO", "USD"), ("shortage_claim", "NT-2", "USD")}
    assert set(folded(shop_id)) == claims
    for number in ("MOSC", "NT-2"):
        run(bill, shop_id, number)
    restating.fold(shop_id)
    assert {row[0]: row[1] for row in rows(shop_id, "reference, invoice_number")}["NT-2"] == "NT-2"
    run(restating.restate, shop_id)
    assert set(folded(shop_id)) == {("shortage_claim", "NT-2", "USD")}
    assert one(shop_id, "shortage_claim").invoice_number == "NT-2"


def test_a_failed_payment_takes_nothing(shop_id: int) -> None:
    pay(shop_id, Line("NT-1SC", -4000), status="FAILED")
    assert folded(shop_id) == {}


def test_a_payment_that_fails_later_takes_back_what_it_took(shop_id: int) -> None:
    pay(shop_id, Line("NT-1SC", -4000))
    assert folded(shop_id)
    pay(shop_id, Line("NT-1SC", -4000), status="FAILED")
    assert folded(shop_id) == {}


def test_currencies_are_never_folded_together(shop_id: int) -> None:
    pay(shop_id, Line("NT-1SC", -4000), Line("NT-1SC", -4000, currency="CAD"))
    assert {key[2] for key in folded(shop_id)} == {"USD", "CAD"}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Product returns", "return"),
        ("COOP - Service agreement", "co_op"),
        ("Allowance - Discounts received", "co_op"),
        ("Provision for aged receivable", "provision"),
        ("Quantity shortage", "shortage_claim"),
        ("Price variance", "price_claim"),
        ("Something new", "unknown"),
    ],
)
def test_where_the_number_says_nothing_amazons_words_may(
    shop_id: int, words: str, kind: str
) -> None:
    pay(shop_id, Line("8812345", -1234, description=words))
    assert folded(shop_id) == {(kind, "8812345", "USD"): (Decimal("12.34"), Decimal(0), 1)}


def test_a_payment_of_an_invoice_from_elsewhere_is_no_deduction(shop_id: int) -> None:
    pay(shop_id, Line("ELSEWHERE-1", 5000, description="Payments"), Line("ELSEWHERE-1", -200))
    assert folded(shop_id) == {}


def test_the_cause_and_the_line_are_amazons_own_where_it_names_only_one(shop_id: int) -> None:
    with transaction(shop_id) as session:
        made = bill(session, "NT-3", total="480", order="PO3")
        session.flush()
        line = session.get_one(InvoiceLine, (shop_id, made.invoice_id, 1))
        line.amazon_units, line.matched_units = 12, 9
        line.variances = [{"varianceType": "PQV", "defectTypes": ["SHORTAGES_IN_TRANSIT"]}]
    pay(shop_id, Line("NT-3SC", -12000))
    found = one(shop_id, "shortage_claim")
    assert (found.purchase_order, found.line) == ("PO3", "1")
    assert (found.cause, found.units) == ("SHORTAGES_IN_TRANSIT", 3)


def test_a_line_that_amazon_matches_short_without_a_cause_is_named_all_the_same(
    shop_id: int,
) -> None:
    with transaction(shop_id) as session:
        made = bill(session, "NT-3", total="480", order="PO3")
        session.flush()
        line = session.get_one(InvoiceLine, (shop_id, made.invoice_id, 1))
        line.amazon_units, line.matched_units, line.variances = 12, 10, []
        line.price_variance = Decimal("1.20")
    pay(shop_id, Line("NT-3SC", -8000), Line("NT-3PC", -120))
    short, price = one(shop_id, "shortage_claim"), one(shop_id, "price_claim")
    assert (short.purchase_order, short.line, short.cause, short.units) == ("PO3", "1", None, 2)
    assert (price.purchase_order, price.line, price.cause, price.units) == ("PO3", "1", None, 12)


REFERENCES = st.builds(
    "{}{}".format,
    st.sampled_from(["NT-1", "DISC", "NT-2", "X", "AB12-CD34EF56", "IPAPUS1"]),
    st.sampled_from(
        ["", "SC", "-SC", "SCR", "SCRSC", "PC", "-PC", "VCBSINV", "XYZ"]
        + [" PROVISION FOR RECEIVABLES", " PROVISION FOR RECEIVABLESR"]
    ),
)
LINES = st.builds(
    Line,
    REFERENCES,
    st.integers(-5000, 5000),
    st.integers(-100, 100),
    st.integers(-100, 100),
    st.sampled_from(["USD", "CAD"]),
)
PAYMENTS = st.lists(
    st.builds(
        Payment,
        st.sampled_from(["P1", "P2", "P3", "P4"]),
        st.lists(LINES, max_size=5).map(tuple),
        st.sampled_from(["SUCCESSFUL", "IN_PROGRESS", "FAILED"]),
        st.integers(0, 90),
    ),
    max_size=7,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(payments=PAYMENTS, data=st.data())
def test_any_order_of_payments_and_corrections_folds_to_what_stands_at_the_end(
    shop_id: int, payments: list[Payment], data: st.DataObject
) -> None:
    with transaction(shop_id) as session:
        for table in ("deduction", "folded_remittance", "remittance"):
            session.execute(text(EMPTIED.format(table)), {"shop": shop_id})
    for payment in payments:
        run(keep, shop_id, payment)
        if data.draw(st.booleans()):
            restating.fold(shop_id)
    standing = list({payment.number: payment for payment in payments}.values())
    restating.fold(shop_id)
    piecewise = folded(shop_id)
    assert piecewise == fold(standing, frozenset({"NT-1", "DISC"}))
    with transaction(shop_id) as session:
        assert restating.restate(session) == 0
    for payment in data.draw(st.permutations(standing)):
        run(keep, shop_id, payment)
    restating.fold(shop_id)
    assert folded(shop_id) == piecewise


NUMBERS = st.lists(
    st.one_of(
        st.sampled_from(["SC", "SCR", "PC", "-", " ", "VCBSINV", "R", "IPAPUS"])
        | st.just("PROVISION FOR RECEIVABLES"),
        st.text("ABCSRP12-", min_size=1, max_size=5),
    ),
    min_size=1,
    max_size=5,
).map(lambda parts: "".join(parts).strip() or "X")


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(written=st.lists(NUMBERS, min_size=1, max_size=25))
def test_the_statement_reads_numbers_by_the_same_grammar_as_the_reader(
    shop_id: int, written: list[str]
) -> None:
    run(keep, shop_id, Payment("P1", tuple(Line(number, -100) for number in written)))
    restating.fold(shop_id)
    ours = frozenset({"NT-1", "DISC"})
    told = {reference(number, is_ours=number in ours) for number in written}
    same = {"shortage_repaid": "shortage_claim", "provision_reversed": "provision"}
    assert {(key[0], key[1]) for key in folded(shop_id)} == {
        (same.get(kind, kind), number) for kind, number in told if kind != "invoice"
    }
