"""The match over HTTP: found by what disagrees, and each figure opened into its papers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.db import transaction
from app.shops import open_shop
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import open_books

DOMAIN = "matched.myshopify.com"


@pytest.fixture
def screen(database: str, queue: str, set_settings: Callable[..., None]) -> Screen:
    """A shop with an order that agrees, one received short and claimed, and one not shipped."""
    books = open_books(DOMAIN)
    books.order("AGREES", (10, "2.50"))
    books.move("AGREES", "1", 10, 10)
    books.bill("NT-1", ("AGREES", "1", 10, "2.50"))
    books.order("SHORT", (20, "3"))
    books.move("SHORT", "1", 20, 18)
    books.bill("NT-2", ("SHORT", "1", 20, "3"))
    books.order("WAITS", (5, "1"), accepted=False, state="New")
    books.pay("P1", ("NT-1", "25"), ("NT-2", "60"), ("NT-2SC", "-6"))
    books.match()
    return open_screen(books.shop_id, DOMAIN, set_settings)


def test_lines_are_found_by_what_disagrees_and_by_page(screen: Screen) -> None:
    assert [one["number"] for one in screen.all("/reconciliation", limit=1)] == [
        "WAITS",
        "SHORT",
        "AGREES",
    ]
    [short] = screen.all("/reconciliation", disagreement="any")
    assert (short["number"], short["places"]) == ("SHORT", ["short_received", "deducted"])
    assert short["deducted"] == {"units": 2, "amount": {"amount": "6.0000", "currency": "USD"}}
    assert screen.all("/reconciliation", disagreement="unbilled") == []
    assert [one["number"] for one in screen.all("/reconciliation", search="wai")] == ["WAITS"]


def test_lines_are_narrowed_by_the_days_of_the_shops_zone(screen: Screen) -> None:
    [waits] = screen.all("/reconciliation", search="WAITS")
    ordered_at = datetime.fromisoformat(waits["ordered_at"])
    name = "Pacific/Kiritimati" if ordered_at.hour >= 10 else "Pacific/Pago_Pago"
    own, other = ordered_at.astimezone(ZoneInfo(name)).date(), ordered_at.date()
    assert own != other
    with transaction() as session:
        shop_id = open_shop(session, DOMAIN).shop_id
    with transaction(shop_id) as session:
        session.execute(text("UPDATE shop SET time_zone = :zone"), {"zone": name})
    for day, found in ((own, [waits]), (other, [])):
        asked = {"search": "WAITS", "from_day": str(day), "to_day": str(day)}
        assert screen.all("/reconciliation", **asked) == found


def test_the_waterfall_adds_up_and_each_step_opens_into_its_lines(screen: Screen) -> None:
    found = screen.ask("/reconciliation/waterfall")
    assert not found["agrees"] and not found["waits"]
    assert found["disagreements"] == [{"disagreement": "short_received", "lines": 1}]
    [dollars] = found["data"]
    steps = {one["step"]: one for one in dollars["steps"]}
    units, cents = 0, 0
    for one in dollars["steps"]:
        amount = round(float(one["amount"]["amount"]) * 100)
        if one["is_total"] and one["step"] != "ordered":
            assert (one["units"], amount) == (units, cents), one["step"]
        else:
            units, cents = units + one["units"], cents + amount
    assert steps["ordered"]["units"] == 35 and steps["paid"]["units"] == 28
    for name, one in steps.items():
        assert len(screen.all("/reconciliation", step=name, currency="USD")) == one["lines"]


def test_each_figure_of_a_line_opens_into_its_papers(screen: Screen) -> None:
    found = screen.ask("/reconciliation/na/SHORT/1")
    told = {(one["figure"], one["kind"], one["reference"]) for one in found["papers"]}
    assert told == {
        ("shipped", "shipment", "SSHORT"),
        ("invoiced", "invoice", "NT-2"),
        ("paid", "remittance", "NT-2"),
        ("deducted", "remittance", "NT-2SC"),
    }
    assert screen.ask("/reconciliation/na/SHORT/9", 404)["code"] == "not_found"


def test_the_money_of_each_invoice_stands_in_one_place(screen: Screen) -> None:
    rows = {one["number"]: one for one in screen.all("/reconciliation/invoices", limit=1)}
    assert rows["NT-1"]["state"] == rows["NT-2"]["state"] == "settled"
    assert rows["NT-2"]["shortage"]["amount"] == "6.0000"
    assert rows["NT-2"]["paid"]["amount"] == "54.0000"
    assert screen.all("/reconciliation/invoices", unexplained="true") == []


def test_each_step_from_invoiced_to_paid_opens_into_its_invoices(screen: Screen) -> None:
    [dollars] = screen.ask("/cash/bridge")["data"]
    steps = {one["step"]: one["invoices"] for one in dollars["steps"]}
    for step, invoices in steps.items():
        assert len(screen.all("/reconciliation/invoices", step=step, currency="USD")) == invoices
    [claimed] = screen.all("/reconciliation/invoices", step="shortage")
    assert claimed["number"] == "NT-2"
