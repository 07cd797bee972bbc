"""Costs agreed with Amazon: which one counts on a day, by hand and by file, and where they are used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from app import bell
from app.db import run, transaction
from app.errors import Refused
from app.vendor.costs import agreeing
from app.vendor.costs.agreeing import Said
from app.vendor.deductions.restating import restate
from app.vendor.disputes.classifying import classified
from app.vendor.files import working as files
from app.vendor.files.paper import Preview
from app.vendor.files.tables import FileImport
from tests.support.screen import open_screen
from tests.vendor.brand import STOVE, VendorBrand
from tests.vendor.matched import CODE, open_books

HEADINGS = "Vendor code,ASIN,Agreed cost,Currency,Effective date,Valid until\n"
TODAY = datetime.now(UTC).date()
LONG_AGO = date(2025, 1, 1)


def said(cost: str, starts_on: date = LONG_AGO, ends_on: date | None = None) -> Said:
    return Said("na", "HLDFS", STOVE["asin"], "USD", Decimal(cost), starts_on, ends_on)


def agree(brand: VendorBrand, *costs: Said) -> None:
    run(lambda session: agreeing.agree(session, costs, by="user:7"), brand.shop_id)


def counts(brand: VendorBrand, number: str) -> str | None:
    """The agreed cost of the only line of an order."""
    with transaction(brand.shop_id) as session:
        found = agreeing.agreed_for(session, [number])
    return f"{found['na', number, '1'].cost.normalize():f}" if found else None


def bring(brand: VendorBrand, rows: str) -> tuple[FileImport, Preview]:
    with transaction(brand.shop_id) as session:
        return files.bring(
            session,
            "agreed_costs",
            "costs.csv",
            (HEADINGS + rows).encode(),
            region="na",
            actor="user:7",
        )


def take(brand: VendorBrand, rows: str) -> int:
    kept, found = bring(brand, rows)
    assert found.faults == []
    run(lambda session: files.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    files.work(brand.shop_id)
    return kept.import_id


def undo(brand: VendorBrand, import_id: int) -> None:
    run(lambda session: files.undo(session, import_id, actor="user:7"), brand.shop_id)
    files.work(brand.shop_id)


@pytest.fixture
def ordered(brand: VendorBrand) -> str:
    """An order of today."""
    number = brand.amazon.place(STOVE | {"amount": 4})
    brand.poll()
    return number


def test_of_all_that_cover_the_orders_day_the_one_that_starts_last_counts(
    brand: VendorBrand, ordered: str
) -> None:
    assert counts(brand, ordered) is None
    agree(brand, said("12.00"), said("12.50", date(2026, 1, 1)))
    agree(brand, said("99.00", date(2100, 1, 1)), said("11.00", date(2026, 2, 1), date(2026, 2, 9)))
    assert counts(brand, ordered) == "12.5"


def test_the_day_of_an_order_is_that_of_the_shops_own_zone(database: str) -> None:
    books = open_books("zoned.myshopify.com")
    with transaction(books.shop_id) as session:
        session.execute(text("UPDATE shop SET time_zone = 'America/Los_Angeles'"))
    # The last evening of June where the shop is; in UTC it is July already.
    books.order("4EVE", (10, "2.50"), ordered_at=datetime(2026, 7, 1, 3, tzinfo=UTC))
    books.move("4EVE", "1", 10, 10)
    books.bill("NT-1", ("4EVE", "1", 10, "3.00"))
    july = Said("na", CODE, "B000000001", "USD", Decimal("3.00"), date(2026, 7, 1))
    run(lambda session: agreeing.agree(session, [july], by="user:7"), books.shop_id)
    books.match()
    assert "price_variance" in books.of("4EVE", "1").places
    june = Said("na", CODE, "B000000001", "USD", Decimal("3.00"), date(2026, 6, 30))
    run(lambda session: agreeing.agree(session, [june], by="user:7"), books.shop_id)
    books.match()
    assert "price_variance" not in books.of("4EVE", "1").places


def test_a_cost_that_is_agreed_or_withdrawn_wakes_the_match_at_once(
    brand: VendorBrand, ordered: str
) -> None:
    def is_asked_for() -> bool:
        asked = bool(bell.connection().exists(bell.flag("reconcile", brand.shop_id)))
        bell.answer("reconcile", brand.shop_id)
        return asked

    is_asked_for()
    agree(brand, said("12.00"))
    assert is_asked_for()
    one = brand.value("SELECT agreed_cost_id FROM agreed_cost WHERE withdrawn_at IS NULL")
    run(lambda session: agreeing.withdraw(session, one, by="user:7"), brand.shop_id)
    assert is_asked_for()


def test_the_same_first_day_again_replaces_and_stays_to_be_seen(
    brand: VendorBrand, ordered: str
) -> None:
    agree(brand, said("12.00"))
    agree(brand, said("12.00"))
    agree(brand, said("12.75"))
    assert counts(brand, ordered) == "12.75"
    rows = brand.rows("SELECT cost, replaced_by FROM agreed_cost ORDER BY agreed_cost_id")
    assert [row.cost for row in rows] == [Decimal("12.00"), Decimal("12.75")]
    assert rows[0].replaced_by is not None
    one = brand.value("SELECT agreed_cost_id FROM agreed_cost WHERE withdrawn_at IS NULL")
    run(lambda session: agreeing.withdraw(session, one, by="user:7"), brand.shop_id)
    assert counts(brand, ordered) is None
    with pytest.raises(Refused, match="not in force"):
        run(lambda session: agreeing.withdraw(session, one, by="user:7"), brand.shop_id)


def test_a_price_claim_is_judged_by_the_agreed_cost_and_by_the_orders_where_none_is(
    database: str,
) -> None:
    books = open_books("agreed.myshopify.com")
    books.order("4AAA", (10, "2.50"))
    books.move("4AAA", "1", 10, 10)
    books.bill("NT-1", ("4AAA", "1", 10, "3.00"))
    books.pay("P1", ("NT-1", "30.00"), ("NT-1PC", "-5.00"))

    def judged(agreed: str | None) -> tuple[str, str | None, bool]:
        if agreed:
            cost = Said("na", CODE, "B000000001", "USD", Decimal(agreed), LONG_AGO)
            run(lambda session: agreeing.agree(session, [cost], by="user:7"), books.shop_id)
        books.match()
        run(restate, books.shop_id)
        [claim] = run(classified, books.shop_id)
        return claim.verdict, claim.cause, "price_variance" in books.of("4AAA", "1").places

    assert judged(None) == ("overbilled", "billed_above_order", True)
    assert judged("3.00") == ("price", "billed_as_ordered", False)
    assert judged("2.80") == ("price", "billed_as_ordered", True)
    assert judged("2.40") == ("overbilled", "billed_above_order", True)


def test_a_list_by_file_is_taken_once_and_undone_to_what_stood_before(
    brand: VendorBrand, ordered: str
) -> None:
    agree(brand, said("12.00"))
    first = take(brand, "HLDFS,B0STOVE001,12.50,USD,2025-01-01,\n")
    assert counts(brand, ordered) == "12.5"
    _, again = bring(brand, "HLDFS,B0STOVE001,12.50,USD,2025-01-01,\n")
    assert [one.became for one in again.papers] == ["same"]
    second = take(brand, "HLDFS,B0STOVE001,13.00,USD,2025-01-01,2100-12-31\n")
    undo(brand, first)
    assert counts(brand, ordered) == "13"
    undo(brand, second)
    assert counts(brand, ordered) == "12"


def test_a_wrong_row_is_named_by_row_and_column_and_nothing_is_taken(brand: VendorBrand) -> None:
    kept, found = bring(
        brand,
        "HLDFS,B0STOVE001,0,USD,2025-01-01,\n"
        "HLDFS,B0TENT0001,40.00,USD,2025-02-01,2025-01-01\n"
        "HLDFS,B0TENT0001,41.00,USD,2025-02-01,\n"
        "HLDFS,B0MUG00001,cheap,USD,2025-02-01,\n",
    )
    assert [(one.row, one.column, one.code) for one in found.faults] == [
        (2, "C", "not_above_zero"),
        (3, "F", "ends_before"),
        (4, "B", "cost_twice"),
        (5, "C", "not_an_amount"),
    ]
    with pytest.raises(Refused, match="faults"):
        run(lambda session: files.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    assert brand.value("SELECT count(*) FROM agreed_cost") == 0


def test_a_person_sees_where_amazon_orders_at_another_cost(
    brand: VendorBrand, ordered: str, set_settings: Callable[..., None]
) -> None:
    domain = brand.value("SELECT domain FROM shop")
    screen = open_screen(brand.shop_id, domain, set_settings)
    body = {
        "region": "na",
        "vendor_code": "hldfs",
        "asin": STOVE["asin"],
        "cost": "13.25",
        "currency": "USD",
        "starts_on": "2025-01-01",
    }
    made = screen.ask("/agreed-costs", 201, "POST", body)
    assert made["vendor_code"] == "HLDFS"
    wrong = screen.ask("/agreed-costs", 422, "POST", body | {"ends_on": "2024-01-01"})
    assert wrong["code"] == "invalid_input"
    [row] = screen.all("/agreed-costs", search="STOVE")
    assert (row["order_number"], row["order_cost"]["amount"], row["differs"]) == (
        ordered,
        "12.5",
        True,
    )
    [line] = screen.ask(f"/purchase-orders/{ordered}")["lines"]
    assert line["agreed_cost"]["cost"] == {"amount": "13.25", "currency": "USD"}
    screen.ask(f"/agreed-costs/{made['agreed_cost_id']}", method="DELETE")
    assert screen.all("/agreed-costs") == []
    [row] = screen.all("/agreed-costs", ended="true")
    assert row["withdrawn_by"] is not None
