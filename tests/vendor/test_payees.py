"""Whose a payment is: its payee says it, then its invoices, then a person; never the region by guess."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session

from app.db import run, shop_of, transaction
from app.vendor.invoice_tables import Invoice, VendorCode
from app.vendor.payments import findings, payees, witnesses
from app.vendor.payments.stated import Line, Payment
from app.vendor.reconciliation import restating
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import CODE, NOW, Books, open_books

DOMAIN = "payees.myshopify.com"


@pytest.fixture
def books(database: str) -> Books:
    """Two payees in one region; the invoice that is open is of the first."""
    made = open_books(DOMAIN)
    made.order("PO1", (100, "10"))
    made.bill("NT-1", ("PO1", "1", 100, "10"))
    run(_two_payees, made.shop_id)
    made.match()
    return made


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(books.shop_id, DOMAIN, set_settings)


def _two_payees(session: Session) -> None:
    own = {"shop_id": shop_of(session), "cost_basis": "each"}
    session.get_one(VendorCode, (shop_of(session), "na", CODE)).payee_code = "NORTH"
    session.add(VendorCode(**own, region="na", code="OTHER", payee_code="SOUTH"))
    session.add(VendorCode(**own, region="eu", code="EUROP", payee_code="EAST"))


def said(
    books: Books,
    number: str,
    *lines: tuple[str, str],
    payee: str | None = None,
    region: str = "na",
    currency: str = "USD",
) -> None:
    """A payment of a file."""
    total = sum((Decimal(paid) for _, paid in lines), Decimal())
    stated = tuple(Line(reference, Decimal(paid), currency) for reference, paid in lines)
    made = Payment(number, NOW, total, currency, lines=stated, payee=payee)
    with transaction(books.shop_id) as session:
        witnesses.keep(session, payees.region_of(session, made, region), "file", 1, made)
        findings.state(session)
    restating.reconcile(books.shop_id)


def whose(books: Books) -> dict[str, tuple[str, list[str], str | None]]:
    with transaction(books.shop_id) as session:
        rows = session.execute(text("SELECT number, region, payees, payee_how FROM remittance"))
        return {row[0]: (row[1], row[2], row[3]) for row in rows}


def unknown(books: Books) -> list[tuple[str, str]]:
    wanted = "SELECT subject ->> 'payment_number', status FROM discrepancy WHERE kind = :kind"
    with transaction(books.shop_id) as session:
        rows = session.execute(text(wanted), {"kind": payees.UNKNOWN})
        return [(row[0], row[1]) for row in rows]


def test_the_payee_that_a_payment_states_decides_and_suggestions_never_cross_payees(
    books: Books, screen: Screen
) -> None:
    said(books, "N1", ("LUMP", "1000"), payee="SOUTH")
    assert whose(books)["N1"] == ("na", ["SOUTH"], "stated")
    assert screen.all("/reconciliation/matches") == []
    # A vendor code says it as well as a payee code.
    said(books, "N2", ("SUM", "1000"), payee=CODE)
    assert whose(books)["N2"] == ("na", ["NORTH"], "stated")
    [found] = screen.all("/reconciliation/matches")
    assert found["parts"][0]["reference"] == "SUM"
    assert unknown(books) == []


def test_what_nothing_tells_waits_in_the_queue_until_a_person_says_it(
    books: Books, screen: Screen
) -> None:
    said(books, "N1", ("LUMP", "1000"))
    assert whose(books)["N1"] == ("na", [], None)
    assert screen.all("/reconciliation/matches") == []
    assert unknown(books) == [("N1", "open")]
    path = "/remittances/na/file:N1"
    assert screen.ask(path)["known_payees"] == ["NORTH", "SOUTH"]
    wrong = screen.ask(f"{path}/payee", 422, "PUT", {"payee": "EAST"})
    assert wrong["code"] == "no_such_payee"
    found = screen.ask(f"{path}/payee", 200, "PUT", {"payee": "NORTH"})
    assert (found["payees"], found["payee_how"]) == (["NORTH"], "said")
    restating.reconcile(books.shop_id)
    assert unknown(books) == [("N1", "closed")]
    assert len(screen.all("/reconciliation/matches")) == 1
    # Amazon shows it under a key of its own: what the person said stands.
    books.pay("API-1", ("LUMP", "1000"), number="N1")
    restating.reconcile(books.shop_id)
    assert whose(books) == {"N1": ("na", ["NORTH"], "said")}


def test_the_invoices_that_a_payment_pays_say_whose_it_is_and_its_region(books: Books) -> None:
    said(books, "N1", ("NT-1", "900"), ("NT-1SC", "-10"))
    assert whose(books)["N1"] == ("na", ["NORTH"], "invoices")
    # Brought with the wrong region chosen for its file.
    with transaction(books.shop_id) as session:
        session.add(
            Invoice(
                shop_id=books.shop_id,
                region="eu",
                vendor_code="EUROP",
                source="hand",
                state="landed",
                number="EU-1",
                currency="EUR",
                made_by="user:1",
                dated_at=NOW,
                total=Decimal(100),
            )
        )
    said(books, "N2", ("EU-1", "100"), currency="EUR")
    assert whose(books)["N2"] == ("eu", ["EAST"], "invoices")
    # Of a region with one payee the region is enough.
    said(books, "N3", ("WHAT", "5"), region="eu")
    assert whose(books)["N3"] == ("eu", ["EAST"], "only_one")
    assert unknown(books) == []
