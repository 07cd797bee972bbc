"""Payments that name no invoice of ours: suggested by rule, decided by a person, never by guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from app.db import run, transaction
from app.vendor.payments import witnesses
from app.vendor.payments.stated import Line, Payment
from app.vendor.reconciliation import conservation, matching, restating, rules, standing
from app.vendor.reconciliation.rules import Found, Open, Unmatched
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import NOW, Books, open_books

DOMAIN = "matching.myshopify.com"
WINDOW = timedelta(days=30)


def line(
    position: int, reference: str, paid: str, *, days: int = 0, currency: str = "USD"
) -> Unmatched:
    at = NOW + timedelta(days=days)
    amount = Decimal(paid)
    return Unmatched("na", "P1", position, reference, amount, Decimal(), Decimal(), currency, at)


def invoice(number: int, left: str, *, code: str = "A", currency: str = "USD") -> Open:
    due = NOW + timedelta(days=10)
    dated = NOW - timedelta(days=50)
    return Open(number, "na", f"INV-{number:03}", code, currency, Decimal(left), dated, due)


def said(found: list[Found]) -> list[tuple[str, list[str], list[int]]]:
    return [
        (one.rule, [part.reference for part in one.lines], [own.invoice_id for own in one.invoices])
        for one in found
    ]


@pytest.mark.parametrize(
    ("lines", "invoices", "expected"),
    [
        pytest.param(
            [line(1, "inv 1", "60")], [invoice(1, "100"), invoice(2, "60")],
            [("same_number", ["inv 1"], [1])], id="the number written otherwise goes before the sum",
        ),
        pytest.param(
            [line(1, "X", "60")], [invoice(1, "100"), invoice(2, "60")],
            [("exact", ["X"], [2])], id="to the cent",
        ),
        pytest.param(
            [line(1, "X", "59.60")], [invoice(2, "60")],
            [("tolerance", ["X"], [2])], id="within what is tolerated",
        ),
        pytest.param([line(1, "X", "59.40")], [invoice(2, "60")], [], id="beyond it"),
        pytest.param(
            [line(1, "X", "59.60", currency="EUR")], [invoice(2, "60", currency="EUR")], [],
            id="nothing is tolerated in a currency that is not named",
        ),
        pytest.param(
            [line(1, "X", "60")], [invoice(1, "60"), invoice(2, "60")], [],
            id="two that fit are none",
        ),
        pytest.param(
            [line(1, "X", "60"), line(2, "Y", "60")], [invoice(1, "60")], [],
            id="two payments that fit are none",
        ),
        pytest.param(
            [line(1, "X", "90")], [invoice(1, "60"), invoice(2, "30"), invoice(3, "5")],
            [("one_to_many", ["X"], [1, 2])], id="one payment of several invoices",
        ),
        pytest.param(
            [line(1, "X", "90")], [invoice(1, "60"), invoice(2, "30", code="B")], [],
            id="never of several vendor codes",
        ),
        pytest.param(
            [line(1, "X", "40"), line(2, "Y", "20")], [invoice(1, "60")],
            [("many_to_one", ["X", "Y"], [1])], id="several payments of one invoice",
        ),
        pytest.param(
            [line(1, "X", "60", days=41)], [invoice(1, "60")], [], id="after the window"
        ),
        pytest.param([line(1, "X", "60", days=-51)], [invoice(1, "60")], [], id="before its day"),
    ],
)  # fmt: skip
def test_a_rule_suggests_only_what_fits_alone(
    lines: list[Unmatched],
    invoices: list[Open],
    expected: list[tuple[str, list[str], list[int]]],
) -> None:
    tolerances = {"USD": Decimal("0.50")}
    for some in permutations(lines):
        for ours in permutations(invoices):
            found = rules.found(some, ours, tolerances=tolerances, window=WINDOW)
            assert said(found) == expected


@pytest.fixture
def books(database: str) -> Books:
    """Two open invoices, and one payment of both that names neither."""
    made = open_books(DOMAIN)
    made.order("PO1", (100, "10"), (10, "5"))
    made.bill("NT-1", ("PO1", "1", 100, "10"))
    made.bill("NT-2", ("PO1", "2", 10, "5"))
    made.pay("P1", ("LUMP", "1050"))
    made.match()
    return made


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    run(matching.suggest, books.shop_id)
    return open_screen(books.shop_id, DOMAIN, set_settings)


def test_a_suggestion_counts_for_nothing_until_a_person_confirms_it(
    books: Books, screen: Screen
) -> None:
    [found] = screen.all("/reconciliation/matches", state="suggested")
    assert (found["rule"], found["stands"]) == ("one_to_many", True)
    assert [(one["invoice"], one["amount"]["amount"]) for one in found["parts"]] == [
        ("NT-1", "1000.0000"),
        ("NT-2", "50.0000"),
    ]
    books.match()
    assert books.of_invoice("NT-1").state == "unpaid"
    decided = screen.ask(f"/reconciliation/matches/{found['id']}/confirm", method="POST")
    assert decided["state"] == "confirmed" and decided["decided_by"].startswith("user:")
    books.match()
    assert {books.of_invoice(name).state for name in ("NT-1", "NT-2")} == {"settled"}
    assert books.of("PO1", "1").paid == 1000
    assert run(conservation.findings, books.shop_id) == []
    before = books.rows()
    books.match(full=True)
    assert books.rows() == before
    papers = screen.ask("/reconciliation/na/PO1/2")["papers"]
    assert ("paid", "LUMP") in {(one["figure"], one["reference"]) for one in papers}
    again = screen.ask(f"/reconciliation/matches/{found['id']}/confirm", 409, method="POST")
    assert again["code"] == "already_decided"


def test_a_confirmed_match_never_changes_by_itself(books: Books, screen: Screen) -> None:
    [found] = screen.all("/reconciliation/matches")
    screen.ask(f"/reconciliation/matches/{found['id']}/confirm", method="POST")
    # The payment is read again and says less: it does not count, and the match says so.
    books.pay("P1", ("LUMP", "1049"))
    books.match()
    run(matching.suggest, books.shop_id)
    [after] = screen.all("/reconciliation/matches")
    assert (after["state"], after["stands"]) == ("confirmed", False)
    assert books.of_invoice("NT-1").state == "unpaid"
    assert changed(books) == [("open", "payment_changed", Decimal("1050"))]
    assert run(conservation.findings, books.shop_id) == []
    # It says the same again, and it counts again.
    books.pay("P1", ("LUMP", "1050"))
    books.match()
    assert books.of_invoice("NT-1").state == "settled"
    assert changed(books) == [("closed", "payment_changed", Decimal("1050"))]
    # A person takes it back, and it is not suggested again.
    screen.ask(f"/reconciliation/matches/{found['id']}/refuse", method="POST")
    books.match()
    run(matching.suggest, books.shop_id)
    assert [one["state"] for one in screen.all("/reconciliation/matches")] == ["refused"]
    assert books.of_invoice("NT-1").state == "unpaid"


def changed(books: Books) -> list[tuple[Any, ...]]:
    run(standing.state, books.shop_id)
    with transaction(books.shop_id) as session:
        wanted = "SELECT status, cause, amount FROM discrepancy WHERE kind = 'match_changed'"
        return [tuple(row) for row in session.execute(text(wanted))]


def test_a_confirmed_match_follows_its_payment_from_the_file_to_amazons_own_key(
    books: Books, screen: Screen
) -> None:
    books.pay("P1", ("LUMP", "0"))
    said = Payment("N7", NOW, Decimal("1050"), "USD", lines=(Line("LUMP", Decimal("1050"), "USD"),))
    run(lambda session: witnesses.keep(session, "na", "file", 1, said), books.shop_id)
    restating.reconcile(books.shop_id)
    [found] = screen.all("/reconciliation/matches", state="suggested")
    screen.ask(f"/reconciliation/matches/{found['id']}/confirm", method="POST")
    restating.reconcile(books.shop_id)
    assert books.of_invoice("NT-1").state == "settled"
    # Amazon shows the payment, under its own key and with the line at another place.
    books.pay("API-7", ("OTHER", "-5"), ("LUMP", "1050"), number="N7")
    restating.reconcile(books.shop_id)
    [after] = screen.all("/reconciliation/matches", state="confirmed")
    part = after["parts"][0]
    assert (after["stands"], part["payment_id"], part["position"]) == (True, "API-7", 2)
    assert books.of_invoice("NT-1").state == "settled"
    assert changed(books) == []
    # It turns out to have failed: it does not count, and stands in the queue.
    books.pay("API-7", ("OTHER", "-5"), ("LUMP", "1050"), number="N7", status="FAILED")
    restating.reconcile(books.shop_id)
    assert changed(books) == [("open", "payment_failed", Decimal("1050"))]
    assert books.of_invoice("NT-1").state == "unpaid"
    assert run(conservation.findings, books.shop_id) == []


def test_what_has_changed_since_cannot_be_confirmed(books: Books, screen: Screen) -> None:
    [found] = screen.all("/reconciliation/matches")
    books.pay("P2", ("NT-1", "1000"))
    books.match()
    path = f"/reconciliation/matches/{found['id']}"
    assert screen.ask(f"{path}/confirm", 409, method="POST")["code"] == "changed_since"
    run(matching.suggest, books.shop_id)
    assert screen.all("/reconciliation/matches") == []
    assert screen.ask(f"{path}/refuse", 404, method="POST")["code"] == "not_found"


def test_a_person_says_which_invoice_a_line_pays_where_no_rule_finds_it(
    books: Books, screen: Screen
) -> None:
    books.pay("P1", ("LUMP", "0"))
    books.pay("P2", ("DEPOSIT", "300"), ("NT-2", "50"))
    books.match()
    run(matching.suggest, books.shop_id)
    assert screen.all("/reconciliation/matches") == []
    invoice = books.invoices["NT-1"]
    line = {"region": "na", "payment_id": "P2", "position": 1, "invoice_id": invoice}
    said = screen.ask("/reconciliation/matches", method="POST", body=line)
    assert (said["rule"], said["state"]) == ("by_hand", "confirmed")
    assert said["difference"] == {"amount": "700.0000", "currency": "USD"}
    assert screen.all("/reconciliation/matches", region="na", payment_id="P1") == []
    assert len(screen.all("/reconciliation/matches", region="na", payment_id="P2")) == 1
    books.match()
    assert (books.of_invoice("NT-1").paid, books.of_invoice("NT-1").state) == (300, "partly_paid")
    assert run(conservation.findings, books.shop_id) == []
    again = screen.ask("/reconciliation/matches", 409, method="POST", body=line)
    assert again["code"] == "already_tied"

    screen.ask(f"/reconciliation/matches/{said['id']}/refuse", method="POST")
    books.match()
    assert books.of_invoice("NT-1").state == "unpaid"
    screen.ask("/reconciliation/matches", method="POST", body=line)
    books.match()
    assert books.of_invoice("NT-1").paid == 300


def test_a_line_is_not_said_to_pay_an_invoice_that_is_settled_or_of_another_currency(
    books: Books, screen: Screen
) -> None:
    books.pay("P2", ("DEPOSIT", "300"), ("NT-2", "50"))
    books.match()
    line = {"region": "na", "payment_id": "P2", "position": 1}
    for wrong in (books.invoices["NT-2"], 99_999):
        body = line | {"invoice_id": wrong}
        refused = screen.ask("/reconciliation/matches", 422, method="POST", body=body)
        assert refused["code"] == "does_not_fit"
        assert "USD" in refused["errors"][0]["message"]
    for place in (2, 7):  # it names an invoice of ours; it is not there
        body = {**line, "position": place, "invoice_id": books.invoices["NT-1"]}
        refused = screen.ask("/reconciliation/matches", 409, method="POST", body=body)
        assert refused["code"] == "already_tied"


def test_an_invoice_of_which_something_is_to_come_is_found_by_the_start_of_its_number(
    books: Books, screen: Screen
) -> None:
    books.pay("P2", ("NT-2", "50"))
    books.match()

    def found(**asked: object) -> list[str]:
        return [one["number"] for one in screen.all("/reconciliation/invoices", **asked)]

    assert sorted(found(search="nt-")) == ["NT-1", "NT-2"]
    assert found(search="NT-", open="true", currency="USD") == ["NT-1"]
    assert found(search="T-1") == found(currency="EUR") == []
