"""Open money by age and week, the bridge from invoiced to paid, and rates that are always said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.db import run, transaction
from app.vendor.cash import rates, standing, unsettled, views
from app.vendor.finance.tables import FinanceInvoice
from app.vendor.invoice_tables import VendorCode
from app.vendor.payments import reading
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import CODE, NOW, Books, open_books

DOMAIN = "cash.myshopify.com"
# The one that is there, so often again, each due an hour after the one before.
COPY_OPEN = """
INSERT INTO reconciliation_invoice
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'invoice_id', one.invoice_id + n, 'number', 'COPY' || n,
    'due_at', one.due_at + n * interval '1 hour'))).*
FROM reconciliation_invoice AS one, generate_series(1, :count) AS n WHERE one.shop_id = :shop
"""


@pytest.fixture
def books(database: str) -> Books:
    return open_books(DOMAIN)


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(books.shop_id, DOMAIN, set_settings)


def open_invoice(books: Books, name: str, cost: str, due_at: datetime | None, **how: Any) -> None:
    """A received order and its invoice, one unit at this cost."""
    books.order(f"P{name}", (1, cost))
    books.move(f"P{name}", "1", 1, 1)
    books.bill(name, (f"P{name}", "1", 1, cost), due_at=due_at, **how)


def cash(books: Books, currency: str | None = None) -> views.CashView:
    return run(views.cash, books.shop_id, NOW, currency)


def test_open_money_stands_in_the_bucket_of_its_age(books: Books) -> None:
    for days, cost in (
        (-10, "1"),
        (0, "2"),
        (1, "4"),
        (30, "8"),
        (31, "16"),
        (61, "32"),
        (91, "64"),
    ):
        open_invoice(books, f"NT{days}", cost, NOW - timedelta(days=days))
    books.match()
    [dollars] = cash(books).data
    assert {one.bucket: one.open.amount for one in dollars.ageing if one.invoices} == {
        "not_due": Decimal(3),
        "days_1_30": Decimal(12),
        "days_31_60": Decimal(16),
        "days_61_90": Decimal(32),
        "over_90": Decimal(64),
    }
    assert (dollars.open.amount, dollars.overdue.amount) == (Decimal(127), Decimal(124))


def test_what_is_late_is_awaited_this_week_and_the_rest_in_the_week_it_is_due(books: Books) -> None:
    open_invoice(books, "LATE", "5", NOW - timedelta(days=20))
    open_invoice(books, "SOON", "7", NOW + timedelta(days=1))
    books.match()
    [dollars] = cash(books).data
    # 1 November 2026 is a Sunday: its week began on 26 October.
    assert [(one.begins_on, one.expected.amount) for one in dollars.weeks] == [
        (date(2026, 10, 26), Decimal(5)),
        (date(2026, 11, 2), Decimal(7)),
    ]


def test_what_amazon_says_it_will_hold_back_is_taken_off_what_is_expected(books: Books) -> None:
    open_invoice(books, "NT-1", "100", NOW + timedelta(days=3))
    with transaction(books.shop_id) as session:
        session.add(
            FinanceInvoice(
                shop_id=books.shop_id,
                region="na",
                payee_code=CODE,
                number="NT-1",
                type="AP_INVENTORY",
                kind="invoice",
                base_number="NT-1",
                status="IN_PROGRESS",
                issued_at=NOW,
                currency="USD",
                total=Decimal(100),
                quantity_variance=Decimal("-12.50"),
                related={},
                amazon_updated_at=NOW,
                digest="1",
            )
        )
    books.match()
    [dollars] = cash(books).data
    [week] = dollars.weeks
    assert (week.open.amount, week.held_back.amount, week.expected.amount) == (
        Decimal(100),
        Decimal("12.50"),
        Decimal("87.50"),
    )


def test_currencies_are_never_added_and_another_one_only_by_a_rate_that_is_shown(
    books: Books,
) -> None:
    open_invoice(books, "NT-1", "100", NOW + timedelta(days=3))
    open_invoice(books, "NT-2", "50", NOW + timedelta(days=3), currency="EUR")
    books.match()
    found = cash(books, "USD")
    assert [(one.currency, one.open.amount) for one in found.data] == [
        ("EUR", Decimal(50)),
        ("USD", Decimal(100)),
    ]
    assert found.in_all is None and found.without_rate == ["EUR"]
    day = NOW.date() - timedelta(days=2)
    run(rates.say, books.shop_id, "USD", "EUR", day, Decimal("0.8"), "the bank", by="user:1")
    found = cash(books, "USD")
    assert found.in_all is not None and found.in_all.amount == Decimal("162.50")
    [euros] = [one for one in found.data if one.currency == "EUR"]
    assert euros.rate is not None
    assert (euros.rate.rate, euros.rate.day, euros.rate.source) == ("1.25", day, "the bank")


def test_a_rate_that_amazon_paid_at_is_used_and_the_newest_day_goes_before(books: Books) -> None:
    def rate() -> Decimal:
        with transaction(books.shop_id) as session:
            return rates.newest(session, ["USD"], "CAD", NOW)["USD"].rate

    header = {
        "uniquePaymentId": "UP1",
        "paymentNumber": "P1",
        "paymentDate": (NOW - timedelta(days=5)).isoformat(),
        "paymentAmount": {"currencyAmount": "130", "currencyCode": "CAD"},
        "paymentAmountInInvoiceCurrency": {"currencyAmount": "100", "currencyCode": "USD"},
        "exchangeRate": "0.769",
        "remittanceStatus": "SUCCESSFUL",
    }
    run(reading.store, books.shop_id, "na", header, [])
    assert rate() == Decimal("1.3")
    for days, said, newest in ((9, "9", "1.3"), (4, "1.4", "1.4")):
        day = NOW.date() - timedelta(days=days)
        run(rates.say, books.shop_id, "USD", "CAD", day, Decimal(said), "us", by="user:1")
        assert rate() == Decimal(newest)


AMOUNTS = st.integers(min_value=-400, max_value=400)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "SC", "SCR", "PC", "VCBSINV"]), AMOUNTS, st.integers(0, 9)),
        max_size=6,
    )
)
def test_invoiced_plus_every_step_is_what_was_paid(books: Books, lines: list[Any]) -> None:
    name = f"NT{abs(hash(str(lines)))}"
    open_invoice(books, name, "400", NOW)
    for place, (suffix, cents, discount) in enumerate(lines):
        amount = str(Decimal(cents) / 100)
        said = str(Decimal(discount) / 100) if not suffix else "0"
        books.pay(f"{name}-{place}", (f"{name}{suffix}", amount, said))
    books.match()
    for one in run(standing.bridges, books.shop_id, None, None):
        assert one.invoiced + sum(amount for amount, _ in one.steps.values()) == one.paid


def test_an_end_of_month_counts_from_the_last_day_of_the_invoices_month(books: Books) -> None:
    with transaction(books.shop_id) as session:
        code = session.get_one(VendorCode, (books.shop_id, "na", CODE))
        code.terms = {"type": "EndOfMonth", "net_days": 60}
    open_invoice(books, "NT-1", "1", None)  # dated 7 October 2026
    books.match()
    assert books.of_invoice("NT-1").due_at == datetime(2026, 12, 30, tzinfo=UTC)


def test_an_order_long_gone_and_not_settled_is_named_once_a_person_wants_that(books: Books) -> None:
    def named() -> list[Any]:
        with transaction(books.shop_id) as session:
            rows = session.execute(
                text("SELECT subject ->> 'number', amount, status FROM discrepancy ORDER BY 1")
            )
            return [tuple(row) for row in rows]

    open_invoice(books, "NT-1", "9", NOW)
    books.match()
    run(unsettled.state, books.shop_id)
    assert named() == []
    run(unsettled.set_days, books.shop_id, 30)
    assert named() == [("PNT-1", Decimal(9), "open")]
    books.pay("P1", ("NT-1", "9"))
    books.match()
    run(unsettled.state, books.shop_id)
    assert named() == [("PNT-1", Decimal(9), "closed")]


def test_the_figures_open_into_their_invoices_page_by_page(books: Books, screen: Screen) -> None:
    for number in range(3):
        open_invoice(books, f"NT-{number}", "5", NOW - timedelta(days=200 + number))
    open_invoice(books, "NT-9", "6", None)
    books.match()
    found = screen.all("/cash/invoices", limit=2, currency="USD", bucket="over_90")
    assert [one["number"] for one in found] == ["NT-2", "NT-1", "NT-0"]
    assert all(one["days_late"] >= 200 for one in found)
    [dollars] = screen.ask("/cash/bridge")["data"]
    assert dollars["invoiced"]["amount"] == "21.0000"
    assert {one["step"]: one["invoices"] for one in dollars["steps"]}["open"] == 4


def test_a_page_of_open_invoices_reads_no_more_of_them_than_it_shows(books: Books) -> None:
    open_invoice(books, "ONE", "5", NOW)
    books.match()
    with transaction(books.shop_id) as session:
        session.execute(text(COPY_OPEN), {"shop": books.shop_id, "count": 3000})
    asked = {"bucket": None, "currency": "USD", "since": None, "until": None}
    asked |= {"at": NOW + timedelta(hours=1000), "id": 2**31 - 1, "most": 10}
    with transaction(books.shop_id) as session:
        session.execute(text("ANALYZE reconciliation_invoice"))
        asked |= standing.asked_at(session, NOW)
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {views.NEXT}"
        [[found]] = session.execute(text(explain), asked).scalars()
        page = views.open_invoices(session, NOW, asked)
    assert max(rows_read(found["Plan"], "reconciliation_invoice")) <= 10
    assert [row.number for row in page] == [f"COPY{1000 + n}" for n in range(1, 11)]


def rows_read(plan: dict[str, Any], table: str) -> list[float]:
    """What each node over this table has looked at."""
    found = [one for part in plan.get("Plans", ()) for one in rows_read(part, table)]
    if plan.get("Relation Name") == table:
        found.append(plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return found


def test_a_rate_is_said_corrected_and_taken_back(screen: Screen) -> None:
    said = {"base": "EUR", "quote": "USD", "day": "2026-11-01", "source": "the bank"}
    screen.ask("/cash/rates", method="POST", body={**said, "rate": "1.10"})
    [one] = screen.ask("/cash/rates", method="POST", body={**said, "rate": "1.12"})["data"]
    assert (one["rate"], one["day"]) == ("1.12", "2026-11-01")
    assert screen.ask("/cash/rates/EUR/USD/2026-11-01", method="DELETE")["data"] == []


def test_a_rate_that_cannot_be_one_is_refused_by_its_field(screen: Screen) -> None:
    wrong = {"base": "EUR", "quote": "EUR", "day": "2999-01-01", "rate": "0", "source": "the bank"}
    found = screen.ask("/cash/rates", status=422, method="POST", body=wrong)
    assert [one["field"] for one in found["errors"]] == ["quote", "day", "rate"]
