"""Discrepancies over HTTP: listed page by page, adopted or left by one click, refused when stale."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.db import transaction
from app.inventory import counts, working
from app.inventory.counts import Counted
from app.inventory.models import Discrepancy, State
from tests.inventory.brand import Brand
from tests.support.screen import Screen, open_screen

warnings.filterwarnings("ignore", category=UserWarning, module="joserfc")


@pytest.fixture
def screen(brand: Brand, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(brand.shop_id, "brand.myshopify.com", set_settings)


def differ(brand: Brand, item: str, at: str, *, ours: int, theirs: int) -> int:
    """An open difference between what is booked and what is counted."""
    brand.stock(item, at, ours)
    now = datetime.now(UTC)
    account = (brand.item(item), brand.at(at), State.AVAILABLE)
    with transaction(brand.shop_id) as session:
        counts.record(session, "shopify", [Counted(*account, theirs, now)])
        session.execute(text("UPDATE item SET unit_cost = 12.5, unit_cost_currency = 'USD'"))
        found = Discrepancy(
            shop_id=brand.shop_id,
            source="shopify",
            item_id=account[0],
            location_id=account[1],
            state=account[2],
            ours=ours,
            theirs=theirs,
            status="open",
            explanation="app",
            explained_by="Stock Pilot",
        )
        session.add(found)
        session.flush()
        return found.discrepancy_id


def test_a_difference_is_shown_with_its_numbers_its_cost_and_its_writer(
    brand: Brand, screen: Screen
) -> None:
    differ(brand, "tent", "main", ours=10, theirs=7)
    (row,) = screen.ask("/discrepancies")["data"]
    assert (row["ours"], row["theirs"], row["difference"]) == (10, 7, -3)
    assert row["value"] == {"amount": "-37.5000", "currency": "USD"}
    assert (row["explanation"], row["explained_by"]) == ("app", "Stock Pilot")
    assert (row["item"]["sku"], row["location"]["name"]) == ("TENT", "main")


def test_differences_page_without_gap_and_filter(brand: Brand, screen: Screen) -> None:
    made = [
        differ(brand, item, at, ours=4, theirs=2)
        for item in ("tent", "stove")
        for at in ("main", "east")
    ]
    rows = screen.all("/discrepancies", limit=1)
    assert [row["id"] for row in rows] == sorted(made, reverse=True)
    assert screen.ask("/discrepancies?status=left")["data"] == []
    assert screen.ask("/discrepancies?explanation=person")["data"] == []
    tents = screen.ask(f"/discrepancies?item_id={brand.item('tent')}")["data"]
    assert {row["item"]["sku"] for row in tents} == {"TENT"}


def test_adopting_by_one_click_changes_the_books_once(brand: Brand, screen: Screen) -> None:
    number = differ(brand, "tent", "main", ours=10, theirs=7)
    row = screen.ask(f"/discrepancies/{number}/adopt", method="POST")
    assert (row["status"], row["history"][-1]["event"]) == ("adopted", "adopted")
    assert brand.quantity("tent", "main", State.AVAILABLE) == 7
    refusal = screen.ask(f"/discrepancies/{number}/adopt", 409, "POST")
    assert (refusal["code"], refusal["discrepancy"]["status"]) == ("not_open", "adopted")
    assert brand.quantity("tent", "main", State.AVAILABLE) == 7


def test_adopting_what_has_moved_is_refused_with_the_fresh_one(
    brand: Brand, screen: Screen
) -> None:
    number = differ(brand, "tent", "main", ours=10, theirs=7)
    brand.stock("tent", "main", 5)
    refusal = screen.ask(f"/discrepancies/{number}/adopt", 409, "POST")
    assert refusal["code"] == "discrepancy_changed"
    assert refusal["discrepancy"]["id"] == number
    assert brand.quantity("tent", "main", State.AVAILABLE) == 15


def test_leaving_keeps_the_note_and_the_books(brand: Brand, screen: Screen) -> None:
    number = differ(brand, "tent", "main", ours=10, theirs=7)
    row = screen.ask(f"/discrepancies/{number}/leave", 200, "POST", {"note": "on the shelf"})
    assert (row["status"], row["note"]) == ("left", "on the shelf")
    assert brand.quantity("tent", "main", State.AVAILABLE) == 10
    assert screen.ask("/discrepancies?status=left")["data"][0]["id"] == number


def test_a_difference_has_an_owner_and_a_note(brand: Brand, screen: Screen) -> None:
    number = differ(brand, "tent", "main", ours=10, theirs=7)
    body = {"owner": "Ana", "note": "asks the warehouse"}
    row = screen.ask(f"/discrepancies/{number}", 200, "PUT", body)
    assert (row["owner"], row["note"]) == ("Ana", "asks the warehouse")


def test_what_is_not_reported_yet_is_not_shown(brand: Brand, screen: Screen) -> None:
    number = differ(brand, "tent", "main", ours=10, theirs=7)
    with transaction(brand.shop_id) as session:
        found = working.locked(session, number)
        assert found is not None
        found.status = "noticed"
    assert screen.ask("/discrepancies")["data"] == []
    screen.ask(f"/discrepancies/{number}/adopt", 404, "POST")


def test_the_shop_chooses_what_is_adopted_by_itself(screen: Screen) -> None:
    assert screen.ask("/shop-preferences") == {"adopt_differences": "never", "exit_email": None}
    chosen = {"adopt_differences": "person", "exit_email": "stock@brand.example"}
    assert screen.ask("/shop-preferences", 200, "PUT", chosen) == chosen
    assert screen.ask("/shop-preferences") == chosen
    refusal = screen.ask("/shop-preferences", 422, "PUT", {"exit_email": "nobody"})
    assert refusal["errors"][0]["field"].endswith("exit_email")
    screen.ask("/shop-preferences", 422, "PUT", {"adopt_differences": "some"})


def test_a_reading_of_all_quantities_can_be_asked_for(screen: Screen) -> None:
    assert screen.ask("/counts")["finished_at"] is None
    assert screen.ask("/counts", 200, "POST")["under_way"] is True
