"""What was received and never invoiced is work, also of orders from before our books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from app.db import run
from app.vendor.finance import stating
from app.vendor.reconciliation.unbilled import not_invoiced
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import NOW, Books, open_books

SHOPS = count(1)


@pytest.fixture
def domain() -> str:
    return f"unbilled-{next(SHOPS)}.myshopify.com"


@pytest.fixture
def books(database: str, domain: str) -> Books:
    """An order that was over before our books: a hundred eaches at ten dollars, received."""
    books = open_books(domain)
    books.order("OLD", (100, "10"), state="Closed", before_books=True)
    books.line("OLD", "1", received_units=100, units_before_books=100, last_received_at=at(40))
    return books


def at(days: int) -> Any:
    return NOW - timedelta(days=days)


def told(books: Books) -> list[tuple[Any, ...]]:
    books.match()
    return [
        (one.units, one.amount and one.amount.amount, one.late_lines, one.since)
        for one in run(not_invoiced, books.shop_id, now=NOW)
    ]


def shown_by_amazon(books: Books, number: str, units: int) -> None:
    """Amazon's finance has an invoice for the order's first product."""
    money = {"currencyCode": "USD", "currencyAmount": units * 10}
    header = {
        "invoiceNumber": number,
        "invoiceIdentifier": f"{number}~HLDFS",
        "invoiceStatus": "PAID",
        "invoiceType": "AP_INVENTORY",
        "issueDate": at(30).isoformat(),
        "lastUpdatedDate": at(20).isoformat(),
        "invoiceAmount": money,
        "relatedIdentifiers": [
            {"relatedIdentifierName": "PURCHASE_ORDER_IDS", "relatedIdentifierValue": ["OLD"]}
        ],
    }
    names = [{"itemIdentifierName": "ASIN", "itemIdentifierValue": "B000000001"}]
    item = {
        "lineItemId": "1",
        "quantity": units,
        "totalAmount": money,
        "lineItemContext": {"lineItemType": "GOODS", "itemIdentifiers": names},
    }
    run(stating.store, books.shop_id, "na", header, [item])


def test_an_order_from_before_our_books_without_an_invoice_is_named_and_turns_the_light(
    books: Books, domain: str, queue: str, set_settings: Callable[..., None]
) -> None:
    assert told(books) == [(100, Decimal(1000), 1, at(40))]
    screen: Screen = open_screen(books.shop_id, domain, set_settings)
    found = screen.ask("/reconciliation/waterfall")
    assert not found["agrees"]
    assert [one["late_units"] for one in found["not_invoiced"]] == [100]
    books.bill("NT-1", ("OLD", "1", 100, "10"))
    assert told(books) == []
    assert screen.ask("/reconciliation/waterfall")["agrees"]


def test_what_was_received_of_late_is_told_and_is_not_late(books: Books) -> None:
    books.line("OLD", "1", last_received_at=at(13))
    assert told(books) == [(100, Decimal(1000), 0, at(13))]
    books.line("OLD", "1", last_received_at=at(14))
    assert told(books) == [(100, Decimal(1000), 1, at(14))]


def test_what_amazons_finance_shows_as_invoiced_elsewhere_is_not_missing(books: Books) -> None:
    shown_by_amazon(books, "ELSEWHERE-1", 60)
    assert told(books) == [(40, Decimal(400), 1, at(40))]
    shown_by_amazon(books, "ELSEWHERE-2", 40)
    assert told(books) == []


def test_our_own_invoice_is_not_counted_again_when_amazons_finance_shows_it(books: Books) -> None:
    books.bill("NT-1", ("OLD", "1", 60, "10"))
    shown_by_amazon(books, "NT-1", 60)
    assert told(books) == [(40, Decimal(400), 1, at(40))]


def test_a_consignment_is_never_missing(books: Books) -> None:
    books.order("CONS", (5, "1"), payment_method="Consignment", type="ConsignedOrder")
    books.line("CONS", "1", received_units=5, last_received_at=at(50))
    assert told(books) == [(100, Decimal(1000), 1, at(40))]


def test_an_order_from_before_our_books_counts_as_shipped_what_amazon_received(
    books: Books, domain: str, queue: str, set_settings: Callable[..., None]
) -> None:
    screen = open_screen(books.shop_id, domain, set_settings)
    found = screen.ask("/purchase-orders/OLD")
    assert (found["units"]["shipped"], found["lines"][0]["shipped"]) == (100, 100)


def test_a_person_may_invoice_an_order_from_before_our_books(
    books: Books, domain: str, queue: str, set_settings: Callable[..., None]
) -> None:
    screen = open_screen(books.shop_id, domain, set_settings)
    made = screen.ask("/invoices", 201, "POST", {"region": "na", "numbers": ["OLD"]})
    assert [(one["number"], one["units"]) for one in made["lines"]] == [("OLD", 100)]
    rules = {one["rule"] for one in made["findings"]}
    assert not rules & {"more_than_acknowledged", "more_than_shipped", "more_than_received"}
