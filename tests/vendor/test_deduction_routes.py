"""Deductions over HTTP: found by what they are, and each opened into its steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.db import run, transaction
from app.shops import open_shop
from app.vendor.deductions import restating
from tests.support.screen import Screen, open_screen
from tests.vendor.folded import Line, Payment, bill, keep

DOMAIN = "deductions.myshopify.com"


@pytest.fixture
def screen(database: str, queue: str, set_settings: Callable[..., None]) -> Screen:
    """A shop of which Amazon has taken off something of every sort."""
    with transaction() as session:
        shop_id = open_shop(session, DOMAIN).shop_id
    with transaction(shop_id) as session:
        bill(session, "NT/1", total="480", order="PO1")
    lines = (
        Line("NT/1", 43100, discount=900),
        Line("NT/1SC", -4000),
        Line("NT/1 PROVISION FOR RECEIVABLES", -1000),
        Line("AB12-CD34EF56", -2345, description="COOP"),
        Line("AB12-CD34EF56", -100, currency="CAD"),
        Line("7712", -5),
    )
    run(keep, shop_id, Payment("P1", lines))
    run(keep, shop_id, Payment("P2", (Line("NT/1SCR", 4000),), day=20))
    restating.fold(shop_id)
    return open_screen(shop_id, DOMAIN, set_settings)


def test_deductions_are_found_by_kind_state_order_and_number(screen: Screen) -> None:
    every = screen.ask("/deductions")
    assert [one["kind"] for one in every["data"]][0] == "shortage_claim"
    assert len(every["data"]) == 6
    for query, kinds in (
        ("kind=co_op", ["co_op", "co_op"]),
        ("state=settled", ["shortage_claim"]),
        ("kind=shortage_claim&state=open", []),
        ("order=PO1", ["shortage_claim", "quick_pay", "provision"]),
        ("search=77", ["unknown"]),
    ):
        found = screen.ask(f"/deductions?{query}")["data"]
        assert [one["kind"] for one in found] == kinds, query


def test_pages_follow_one_another_without_a_gap(screen: Screen) -> None:
    seen, cursor = [], ""
    while True:
        page = screen.ask(f"/deductions?limit=1{cursor}")
        seen += [(one["kind"], one["reference"], one["taken"]["currency"]) for one in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 6


def test_totals_never_mix_currencies_and_mark_what_is_timing(screen: Screen) -> None:
    totals = {
        (one["kind"], one["open"]["currency"]): one for one in screen.ask("/deductions")["totals"]
    }
    assert totals["co_op", "USD"]["open"]["amount"] == "23.4500"
    assert totals["co_op", "CAD"]["open"]["amount"] == "1.0000"
    assert totals["shortage_claim", "USD"]["still_open"] == 0
    assert [key[0] for key, one in totals.items() if one["is_timing"]] == ["provision"]


def test_a_deduction_opens_into_its_steps_and_what_else_the_invoice_lost(screen: Screen) -> None:
    found = screen.ask("/deductions/na/shortage_claim/USD/NT/1")
    assert (found["state"], found["purchase_order"]) == ("recovered", "PO1")
    assert [(one["payment"], one["amount"]["amount"]) for one in found["steps"]] == [
        ("P1", "-40.0000"),
        ("P2", "40.0000"),
    ]
    assert {one["kind"] for one in found["others"]} == {"provision", "quick_pay"}
    for step in found["steps"]:
        assert screen.ask(f"/messages/{step['message_id']}")["topic"] == "remittance"


def test_a_deduction_that_is_not_there_is_not_found(screen: Screen) -> None:
    screen.ask("/deductions/na/shortage_claim/USD/NT-9", 404)
    screen.ask("/deductions/na/rumour/USD/NT-9", 422)
