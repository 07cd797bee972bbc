"""How far each order is: eight steps read from its papers, with clocks and owners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import text

from app.db import run, transaction
from app.vendor.disputes import working as disputes
from app.vendor.steps.judging import STEPS, Facts, judge, standing_of, standings
from tests.support.screen import open_screen
from tests.vendor.matched import NOW, Books, open_books

SHOPS = count(1)


@pytest.fixture
def domain() -> str:
    return f"steps-{next(SHOPS)}.myshopify.com"


@pytest.fixture
def books(database: str, domain: str) -> Books:
    return open_books(domain)


def states(books: Books, number: str, now: datetime = NOW) -> dict[str, str]:
    books.match(now=now)
    run(disputes.restate_all, books.shop_id)
    found = run(standing_of, books.shop_id, "na", number, now)
    assert [one.step for one in found.steps] == list(STEPS)
    return {one.step: one.state for one in found.steps}


def after(**changed: str) -> dict[str, str]:
    return {name: "ahead" for name in STEPS} | {"disputed": "none"} | changed


def test_a_new_order_waits_for_our_answer_until_amazons_clock_has_run_out(books: Books) -> None:
    books.order("PO", (10, "2"), state="New", accepted=False, ordered_at=NOW - timedelta(hours=5))
    assert states(books, "PO") == after(ordered="act")
    assert states(books, "PO", NOW + timedelta(days=2))["ordered"] == "late"


def test_a_confirmed_order_is_to_be_prepared_and_is_late_when_its_window_has_ended(
    books: Books,
) -> None:
    books.order("PO", (10, "2"), delivery_end=NOW + timedelta(days=3))
    assert states(books, "PO") == after(ordered="done", prepared="act")
    assert states(books, "PO", NOW + timedelta(days=4))["prepared"] == "late"


def test_an_order_that_amazon_cancelled_needs_nothing_more(books: Books) -> None:
    books.order("PO", (10, "2"), state="Closed")
    assert states(books, "PO") == dict.fromkeys(STEPS, "none") | {"ordered": "done"}


def test_goods_on_their_way_wait_for_amazon_and_are_late_when_the_search_should_be_over(
    books: Books,
) -> None:
    books.order("PO", (10, "2"))
    books.move("PO", "1", 10, 0)  # left 32 days ago
    assert states(books, "PO", NOW - timedelta(days=25))["received"] == "wait"
    found = states(books, "PO")
    assert found == after(ordered="done", prepared="done", announced="done", received="late")


def test_received_units_wait_for_their_invoice_and_then_for_amazons_review_and_money(
    books: Books,
) -> None:
    books.order("PO", (10, "2"))
    books.move("PO", "1", 10, 10)  # received 30 days ago
    done = {"ordered": "done", "prepared": "done", "announced": "done", "received": "done"}
    assert states(books, "PO", NOW - timedelta(days=20)) == after(**done, invoiced="act")
    assert states(books, "PO") == after(**done, invoiced="late")
    books.bill("NT-1", ("PO", "1", 10, "2"), state="accepted")
    done["invoiced"] = "done"
    assert states(books, "PO") == after(**done, reviewed="wait", paid="wait")
    assert states(books, "PO", NOW + timedelta(days=60))["paid"] == "late"
    books.pay("P1", ("NT-1", "20"))
    assert states(books, "PO") == after(**done, reviewed="done", paid="done")
    assert run(standing_of, books.shop_id, "na", "PO", NOW).now is None


def test_a_claim_waits_for_a_dispute_and_then_for_amazons_answer(books: Books) -> None:
    books.order("PO", (10, "2"))
    books.move("PO", "1", 10, 9)
    books.bill("NT-1", ("PO", "1", 10, "2"), due_at=NOW - timedelta(days=36))
    books.pay("P1", ("NT-1", "20"), ("NT-1SC", "-2"))
    assert states(books, "PO")["disputed"] in ("act", "late")
    with transaction(books.shop_id) as session:
        key = disputes.Key("na", "shortage_claim", "NT-1", "USD")
        made = disputes.draft(session, key, amount=None, note="", by="user:1")
        disputes.file(session, made.dispute_id, case_number="1", filed_at=None, by="user:1")
    assert states(books, "PO")["disputed"] == "wait"
    books.pay("P2", ("NT-1SCR", "2"))
    assert states(books, "PO")["disputed"] == "done"


def test_orders_are_counted_at_the_first_step_that_is_not_over(
    books: Books, domain: str, queue: str, set_settings: Callable[..., None]
) -> None:
    books.order("NEW", (10, "2"), state="New", accepted=False)
    books.order("OPEN", (10, "2"))
    books.order("GONE", (10, "2"), state="Closed")
    books.match()
    screen = open_screen(books.shop_id, domain, set_settings)
    found = screen.ask("/order-steps")
    counts = {one["step"]: (one["orders"], one["act"], one["late"]) for one in found["counts"]}
    assert counts["ordered"] == (1, 0, 1)
    assert counts["prepared"] == (1, 1, 0)
    assert sum(one["orders"] for one in found["counts"]) == len(found["data"]) == 2
    assert found["settled"] == 1
    assert [one["number"] for one in screen.all("/order-steps", step="prepared")] == ["OPEN"]
    assert [one["number"] for one in screen.all("/order-steps", limit=1)] == ["NEW", "OPEN"]


def test_a_step_is_given_to_somebody_and_taken_back(
    books: Books, domain: str, queue: str, set_settings: Callable[..., None]
) -> None:
    books.order("PO", (10, "2"))
    books.match()
    screen = open_screen(books.shop_id, domain, set_settings)
    path = "/purchase-orders/PO/steps/prepared/owner"
    owners = {
        one["step"]: one["owner"]
        for one in screen.ask(path, 200, "PUT", {"owner": " Ana "})["steps"]
    }
    assert owners == dict.fromkeys(STEPS) | {"prepared": "Ana"}
    assert [one["number"] for one in screen.all("/order-steps", owner="Ana")] == ["PO"]
    screen.ask(path, 200, "PUT", {"owner": None})
    assert screen.all("/order-steps", owner="Ana") == []
    assert screen.ask("/purchase-orders/PO/steps/posted/owner", 422, "PUT", {"owner": "Ana"})


def test_each_step_opens_into_its_papers(
    books: Books, domain: str, queue: str, set_settings: Callable[..., None]
) -> None:
    books.order("PO", (10, "2"))
    books.move("PO", "1", 10, 9)
    invoice = books.bill("NT-1", ("PO", "1", 10, "2"))
    books.pay("P1", ("NT-1", "20"), ("NT-1SC", "-2"))
    states(books, "PO")
    screen = open_screen(books.shop_id, domain, set_settings)
    found = {
        one["step"]: [
            (paper["kind"], paper["reference"], paper["about"]) for paper in one["papers"]
        ]
        for one in screen.ask("/purchase-orders/PO/steps")["steps"]
    }
    assert found["announced"] == [("shipment", "SPO", None)]
    assert found["invoiced"] == [("invoice", "NT-1", str(invoice))]
    assert found["disputed"] == [("deduction", "NT-1", "na/shortage_claim/USD")]
    assert found["paid"] == [("remittance", "P1", "na/P1")]


def test_the_whole_list_judges_as_one_order_does(books: Books) -> None:
    books.order("A", (10, "2"))
    books.order("B", (10, "2"), state="New", accepted=False)
    books.move("A", "1", 10, 10)
    books.match()
    for one in run(standings, books.shop_id, NOW):
        alone = run(standing_of, books.shop_id, "na", one.facts.number, NOW)
        assert alone == one
        assert judge(one.facts, None, NOW) == judge(Facts(**vars(one.facts)), None, NOW)


def test_no_order_is_older_than_the_list_reaches(books: Books) -> None:
    books.order("A", (10, "2"), ordered_at=NOW - timedelta(days=500))
    assert run(standings, books.shop_id, NOW) == []
    with transaction(books.shop_id) as session:
        session.execute(text("UPDATE purchase_order SET ordered_at = now()"))
    assert len(run(standings, books.shop_id, NOW)) == 1
