"""A payment that comes by file agrees with Amazon's API to the cent, and is counted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.db import run, transaction
from app.inventory.discrepancies import Finding
from app.shops import this_shop
from app.vendor.deductions import restating
from app.vendor.files import working
from app.vendor.files.paper import Preview
from app.vendor.files.tables import FileImport
from app.vendor.invoice_tables import Invoice, VendorCode
from app.vendor.payments import findings, reading, views
from tests.support.screen import open_screen
from tests.vendor.billed import keep_billing
from tests.vendor.brand import TENT, VendorBrand
from tests.vendor.remittance_files import HEADS, newer, older, workbook

LINES: Any = (
    ("NT-1", "Invoice", "Payments", "", "$1,490.00", "$0.00", "$29.80", "$1,460.20"),
    ("NT-1SC", "Others", "Quantity shortage", "NT-1", "-$40.00", "$0.00", "$0.00", "-$40.00"),
)
BY_API = (
    {"reference": "NT-1", "paid": "1460.20", "total": "1490.00", "discount": "29.80"},
    {"reference": "NT-1SC", "paid": "-40.00", "description": "Quantity shortage"},
)
PAID_AT = "2026-09-15T17:30:00Z"


@pytest.fixture
def billed(brand: VendorBrand) -> VendorBrand:
    """A brand whose vendor code is known to sell to the United States."""
    brand.amazon.place(TENT | {"amount": 1})
    brand.poll()
    keep_billing(brand)
    return brand


def bring(brand: VendorBrand, content: bytes, region: str = "na") -> tuple[FileImport, Preview]:
    with transaction(brand.shop_id) as session:
        return working.bring(
            session, "remittances", "Payments.xlsx", content, region=region, actor="user:7"
        )


def take(brand: VendorBrand, content: bytes, region: str = "na") -> int:
    kept, found = bring(brand, content, region)
    assert found.faults == []
    run(lambda session: working.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)
    return kept.import_id


def undo(brand: VendorBrand, import_id: int) -> None:
    run(lambda session: working.undo(session, import_id, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)


def pay(brand: VendorBrand, number: str, *lines: dict[str, Any], **how: Any) -> None:
    brand.amazon.pay(number, *lines, **{"paid_at": PAID_AT} | how)
    brand.execute("UPDATE remittance_reading SET tried_at = tried_at - interval '2 hours'")
    brand.execute("UPDATE remittance_reading SET read_to = read_to - interval '80 days'")
    reading.read(brand.shop_id)


def counted(brand: VendorBrand) -> list[tuple[str, Decimal]]:
    return [
        (row.source, row.paid)
        for row in brand.rows(
            "SELECT source, sum(paid) AS paid FROM remittance"
            " JOIN remittance_line USING (shop_id, region, payment_id) GROUP BY source"
        )
    ]


def disagreements(brand: VendorBrand) -> list[Finding]:
    with transaction(brand.shop_id) as session:
        return [one for one in findings.differences(session) if one.kind == findings.SOURCES]


def test_the_newer_layout_is_read_to_the_cent(brand: VendorBrand) -> None:
    take(brand, newer("P1", *LINES, amount="$1,420.20"))
    with transaction(brand.shop_id) as session:
        found = views.whole(session, "na", "file:P1")
    assert (found.number, found.amount.amount, found.amount.currency) == (
        "P1",
        Decimal("1420.20"),
        "USD",
    )
    assert found.paid_at == datetime(2026, 9, 15, 12, tzinfo=UTC)
    assert found.adds_up and found.source == "file"
    first, claim = found.data
    assert (first.paid.amount, first.discount and first.discount.amount) == (
        Decimal("1460.20"),
        Decimal("29.80"),
    )
    assert (claim.kind, claim.invoice_number, claim.paid.amount) == (
        "shortage_claim",
        "NT-1",
        Decimal("-40"),
    )


def test_the_older_layout_is_read_with_its_own_habits(brand: VendorBrand) -> None:
    lines = (
        ("NT-1", "Payments", "1.490,00 €", "29,80 €", "1.460,20 €"),
        ("NT-1SC", "Quantity shortage", "-40,00 €", "0,00 €", "-40,00 €"),
    )
    kept, found = bring(brand, older("P1", *lines, amount="1.420,20 €"), "eu")
    assert found.faults == []
    assert (found.habits.date_order, found.habits.decimal_mark) == ("day_first", ",")
    take(brand, older("P1", *lines, amount="1.420,20 €"), "eu")
    with transaction(brand.shop_id) as session:
        view = views.whole(session, "eu", "file:P1")
    assert [(one.paid.amount, one.paid.currency) for one in view.data] == [
        (Decimal("1460.20"), "EUR"),
        (Decimal("-40"), "EUR"),
    ]
    assert view.paid_at.day == 15


def test_days_that_can_be_read_both_ways_are_asked(brand: VendorBrand) -> None:
    line = ("NT-1", "Payments", "10,00 €", "0,00 €", "10,00 €")
    content = older("P1", line, amount="10,00 €", on="05/09/2026")
    kept, found = bring(brand, content, "eu")
    assert [(one.row, one.code) for one in found.faults] == [(0, "date_order_unknown")]
    with transaction(brand.shop_id) as session:
        _, found = working.choose(session, kept.import_id, {"date_order": "day_first"})
    assert found.faults == [] and found.papers[0].amount == Decimal("10")


def test_a_file_after_the_api_is_a_witness_and_counts_for_nothing(billed: VendorBrand) -> None:
    number = f"PAY{billed.shop_id}"
    pay(billed, number, *BY_API)
    content = newer(number, *LINES, amount="$1,420.20")
    assert bring(billed, content)[1].outcome == {"witness": 1}
    import_id = take(billed, content)
    assert counted(billed) == [("api", Decimal("1420.20"))]
    assert disagreements(billed) == []
    with transaction(billed.shop_id) as session:
        [witness] = views.whole(session, "na", f"UP-{number}").witnesses
    assert (witness.source, witness.import_id, witness.file) == ("file", import_id, "Payments.xlsx")
    assert bring(billed, content)[1].outcome == {"same": 1}
    undo(billed, import_id)
    assert counted(billed) == [("api", Decimal("1420.20"))]
    assert billed.value("SELECT count(*) FROM remittance_witness") == 0


def test_the_api_after_a_file_counts_in_its_place(billed: VendorBrand) -> None:
    number = f"PAY{billed.shop_id}"
    take(billed, newer(number, *LINES, amount="$1,420.20"))
    assert counted(billed) == [("file", Decimal("1420.20"))]
    restating.fold(billed.shop_id)
    assert billed.value("SELECT sum(taken) FROM deduction WHERE kind = 'shortage_claim'") == 40
    pay(billed, number, *BY_API)
    assert counted(billed) == [("api", Decimal("1420.20"))]
    restating.fold(billed.shop_id)
    assert billed.value("SELECT sum(taken) FROM deduction WHERE kind = 'shortage_claim'") == 40


def test_a_cent_of_disagreement_is_named_with_both_figures_and_closes_again(
    billed: VendorBrand,
) -> None:
    number = f"PAY{billed.shop_id}"
    pay(billed, number, *BY_API)
    wrong = (LINES[0][:-1] + ("$1,460.19",), LINES[1])
    content = newer(number, *wrong, amount="$1,420.20")
    [paper] = bring(billed, content)[1].papers
    assert paper.became == "disagrees"
    assert [tuple(one) for one in paper.differences] == [
        ("NT-1", "paid", "1460.20 USD", "1460.19 USD")
    ]
    import_id = take(billed, content)
    [found] = disagreements(billed)
    assert (found.subject["field"], found.amount, found.currency) == (
        "paid",
        Decimal("0.01"),
        "USD",
    )
    assert (found.subject["counted"], found.subject["witness"]) == ("1460.20 USD", "1460.19 USD")
    assert billed.value("SELECT status FROM discrepancy WHERE cause = 'paid'") == "open"
    assert counted(billed) == [("api", Decimal("1420.20"))]
    undo(billed, import_id)
    assert billed.value("SELECT status FROM discrepancy WHERE cause = 'paid'") == "closed"


def test_a_line_that_only_one_of_them_has_is_a_disagreement(billed: VendorBrand) -> None:
    number = f"PAY{billed.shop_id}"
    take(billed, newer(number, LINES[0], amount="$1,420.20"))
    pay(billed, number, *BY_API)
    with transaction(billed.shop_id) as session:
        findings.state(session)
    [found] = disagreements(billed)
    assert (found.subject["field"], found.subject["paper_line"]) == ("line", "NT-1SC")
    assert (found.subject["counted"], found.subject["witness"]) == ("-40.00 USD", None)
    assert found.amount == Decimal("-40")


def test_a_payment_undone_is_gone_and_the_earlier_file_counts_again(brand: VendorBrand) -> None:
    first = take(brand, newer("P1", *LINES, amount="$1,420.20"))
    second = take(brand, newer("P1", LINES[0], amount="$1,460.20"))
    assert counted(brand) == [("file", Decimal("1460.20"))]
    undo(brand, second)
    assert counted(brand) == [("file", Decimal("1420.20"))]
    undo(brand, first)
    assert counted(brand) == []
    restating.fold(brand.shop_id)
    assert brand.value("SELECT count(*) FROM deduction") == 0


def test_a_line_without_its_payment_and_a_wrong_amount_are_named_by_cell(
    brand: VendorBrand,
) -> None:
    good = newer("P1", LINES[0][:-1] + ("soon",), amount="$1,420.20")
    _, found = bring(brand, good)
    assert [(one.row, one.column, one.code, one.field) for one in found.faults] == [
        (5, "L", "not_an_amount", "paid")
    ]
    lost = workbook(
        HEADS,
        ("P1", "09/15/2026", "USD", "$1.00", "USD", "$1.00", "", "ACH", "Successful"),
        ("Invoices",),
        ("Payment Number", "Invoice Number", "Amount Paid"),
        ("P2", "NT-1", "$1.00"),
    )
    _, found = bring(brand, lost)
    assert [(one.row, one.code, one.value) for one in found.faults] == [
        (5, "no_such_payment", "P2")
    ]


def test_one_table_and_a_column_of_another_name_are_read_and_remembered(brand: VendorBrand) -> None:
    table = (
        b"Payment Number,Payment Date,Payment Currency,Payment Amount,Invoice Number,Bezahlt\n"
        b"P1,2026-09-15,USD,100.00,NT-1,60.00\nP1,2026-09-15,USD,100.00,NT-2,40.00\n"
    )
    kept, found = bring(brand, table)
    assert [(one.code, one.field) for one in found.faults] == [("column_missing", "paid")]
    with transaction(brand.shop_id) as session:
        columns = {**found.columns, "paid": "Bezahlt"}
        working.choose(session, kept.import_id, {"columns": columns})
        working.apply(session, kept.import_id, actor="user:7")
    working.work(brand.shop_id)
    assert counted(brand) == [("file", Decimal("100"))]
    assert bring(brand, table)[1].outcome == {"same": 1}


def test_a_payment_of_another_region_is_not_tied_to_our_invoice(brand: VendorBrand) -> None:
    with transaction(brand.shop_id) as session:
        own: Any = {"shop_id": brand.shop_id, "region": "na"}
        session.add(VendorCode(**own, code="OTHER"))
        session.flush()
        session.add(
            Invoice(
                **own,
                vendor_code="OTHER",
                state="accepted",
                number="NT-1",
                currency="USD",
                source="file",
                made_by="user:1",
            )
        )
    line = ("NT-1", "Payments", "10,00 €", "0,00 €", "10,00 €")
    take(brand, older("P1", line, amount="10,00 €"), "eu")
    take(brand, newer("P2", LINES[0], amount="$1,460.20"))
    with transaction(brand.shop_id) as session:
        [elsewhere] = views.whole(session, "eu", "file:P1").data
        [ours] = views.whole(session, "na", "file:P2").data
    assert (elsewhere.invoice_id, elsewhere.kind) == (None, "unknown")
    assert ours.invoice_id is not None and ours.kind == "invoice"


def test_the_screen_names_the_source_and_what_disagrees(
    billed: VendorBrand, set_settings: Callable[..., None]
) -> None:
    number = f"PAY{billed.shop_id}"
    pay(billed, number, *BY_API)
    take(billed, newer(number, LINES[0], amount="$1,420.20"))
    with transaction(billed.shop_id) as session:
        domain = this_shop(session).domain
    screen = open_screen(billed.shop_id, domain, set_settings)
    [row] = screen.ask("/remittances")["data"]
    assert (row["source"], row["disagrees"]) == ("api", True)
    [witness] = screen.ask(f"/remittances/na/UP-{number}")["witnesses"]
    assert [one["field"] for one in witness["differences"]] == ["line"]
