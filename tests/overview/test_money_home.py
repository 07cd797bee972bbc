"""Home says what to do about money next, each currency by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import run, transaction
from app.vendor.disputes import working as disputes
from app.vendor.disputes.closing import closing
from app.vendor.finance import stating
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import Books, open_books

DOMAIN = "money-home.myshopify.com"
NOW = datetime.now(UTC)


@pytest.fixture
def books(database: str) -> Books:
    return open_books(DOMAIN)


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(books.shop_id, DOMAIN, set_settings)


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def claimed(books: Books, number: str, due_at: datetime) -> None:
    """An order whose invoice was paid, and of which a shortage was claimed."""
    books.order(number, (10, "2"))
    books.move(number, "1", 10, 9)
    books.bill(f"NT-{number}", (number, "1", 10, "2"), due_at=due_at)
    books.pay(f"P-{number}", (f"NT-{number}", "20"), (f"NT-{number}SC", "-2"))


def test_nothing_is_asked_of_a_shop_without_money(screen: Screen) -> None:
    assert screen.ask("/money") == {"closing": [], "not_invoiced": [], "overdue": []}


def test_a_claim_is_told_while_its_days_for_filing_run_out_and_no_more_once_it_is_drafted(
    books: Books,
) -> None:
    claimed(books, "SOON", ago(36))
    claimed(books, "EARLY", ago(1))
    claimed(books, "LATE", ago(60))
    books.match(now=NOW)
    run(disputes.restate_all, books.shop_id)
    [found] = run(closing, books.shop_id, NOW)
    assert (found.currency, found.deductions, found.amount) == ("USD", 1, 2)
    assert found.by == ago(36) + timedelta(days=40)
    with transaction(books.shop_id) as session:
        key = disputes.Key("na", "shortage_claim", "NT-SOON", "USD")
        disputes.draft(session, key, amount=None, note="", by="user:1")
    assert run(closing, books.shop_id, NOW) == []


def test_what_was_not_invoiced_and_what_is_overdue_are_told_with_their_money(
    books: Books, screen: Screen
) -> None:
    books.order("BARE", (4, "5"))
    books.move("BARE", "1", 4, 4)
    books.order("DUE", (10, "3"))
    books.move("DUE", "1", 10, 10)
    books.bill("NT-1", ("DUE", "1", 10, "3"), due_at=ago(5))
    books.match(now=NOW)
    found = screen.ask("/money")
    assert [(one["count"], one["amount"]) for one in found["not_invoiced"]] == [
        (1, {"amount": "20.0000", "currency": "USD"})
    ]
    assert [(one["count"], one["amount"]) for one in found["overdue"]] == [
        (1, {"amount": "30.0000", "currency": "USD"})
    ]


def test_invoices_that_amazon_has_and_we_have_not_are_listed_until_they_are_ours(
    books: Books, screen: Screen
) -> None:
    books.order("PO", (10, "3"))
    for number, kind in (("ELSE-1", "AP_INVENTORY"), ("DEBIT-1", "OTHER")):
        run(stating.store, books.shop_id, "na", shown(number, kind), [])
    assert [one["number"] for one in screen.all("/finance-invoices", limit=1)] == ["ELSE-1"]
    books.bill("ELSE-1", ("PO", "1", 10, "3"))
    assert screen.all("/finance-invoices") == []


def shown(number: str, kind: str) -> dict[str, Any]:
    return {
        "invoiceNumber": number,
        "invoiceIdentifier": f"{number}~HLDFS",
        "invoiceStatus": "IN_PROGRESS",
        "invoiceType": kind,
        "issueDate": ago(9).isoformat(),
        "lastUpdatedDate": ago(8).isoformat(),
        "invoiceAmount": {"currencyCode": "USD", "currencyAmount": 30},
        "relatedIdentifiers": [
            {"relatedIdentifierName": "PURCHASE_ORDER_IDS", "relatedIdentifierValue": ["PO"]}
        ],
    }
