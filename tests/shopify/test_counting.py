"""Counting in a real exchange with Shopify: who wrote the stock, what is reported, what is adopted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from app import jobs
from app.db import database_time, transaction
from app.inventory import counts, working
from app.inventory.documents import Claim, Document
from app.inventory.ledger import settle
from app.inventory.models import Discrepancy, State
from app.preferences import ShopPreference
from app.shopify import counting
from app.shopify.tables import CountRun
from tests.shopify.conftest import Store

WITHOUT_REPORTS = [
    *("read_products", "read_inventory", "write_inventory", "read_locations", "read_orders"),
    *("read_fulfillments", "read_merchant_managed_fulfillment_orders"),
    *("read_assigned_fulfillment_orders", "read_third_party_fulfillment_orders"),
]


@pytest.fixture
def counted(store: Store, set_settings: Callable[..., None]) -> Store:
    """A connected shop whose differences need stand no time."""
    set_settings(COUNT_GRACE_SECONDS="0")
    store.control("POST", "/scopes", scopes=WITHOUT_REPORTS)
    store.connect()
    return store


@pytest.fixture
def open_book(store: Store, set_settings: Callable[..., None]) -> Store:
    """The same, and the merchant lets us read the inventory history."""
    set_settings(COUNT_GRACE_SECONDS="0")
    store.connect()
    return store


def rounds(store: Store, times: int = 3) -> None:
    """What the clock rings for, and what comes of it."""
    for _ in range(times):
        jobs.do("count", store.shop_id)
        store.settle()


def found(store: Store) -> list[Discrepancy]:
    with transaction(store.shop_id) as session:
        return list(session.exec(select(Discrepancy).order_by(Discrepancy.discrepancy_id)))


def read_all(store: Store) -> None:
    with transaction(store.shop_id) as session:
        counting.begin(session)
    rounds(store)


def prefer(store: Store, choice: str) -> None:
    with transaction(store.shop_id) as session:
        session.merge(ShopPreference(shop_id=store.shop_id, adopt_differences=choice))


def write(store: Store, **what: Any) -> None:
    store.control("POST", "/stock", location=store.places[0], **what)
    store.settle()


def test_what_a_person_changed_in_the_admin_is_reported_and_never_overwritten(
    open_book: Store,
) -> None:
    write(open_book, sku="TENT", delta=-3)
    rounds(open_book)
    (one,) = found(open_book)
    assert (one.status, one.state, one.ours, one.theirs) == ("open", State.AVAILABLE, 50, 47)
    assert (one.explanation, one.explained_by) == ("person", "Robin Larkfield")
    assert one.evidence[0]["units"] == -3
    # The shop's clock is hours behind UTC, in which the moment is kept.
    written = datetime.fromisoformat(one.evidence[0]["at"])
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=5)
    assert open_book.books().balance("TENT", "available", open_book.places[0]) == 50
    assert open_book.stock("TENT")[open_book.places[0]]["available"] == 47


def test_another_app_is_named(open_book: Store) -> None:
    write(open_book, sku="TENT", delta=5, app="Stock Pilot")
    rounds(open_book)
    (one,) = found(open_book)
    assert (one.explanation, one.explained_by) == ("app", "Stock Pilot")


def test_without_leave_to_read_the_history_nobody_is_accused(counted: Store) -> None:
    write(counted, sku="TENT", delta=5, app="Stock Pilot")
    rounds(counted)
    (one,) = found(counted)
    assert (one.status, one.explanation, one.explained_by) == ("open", "unknown", None)


def test_a_history_that_cannot_be_read_leaves_the_writer_unknown(
    open_book: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.shopify.history.COLUMNS", ("second", "a_column_that_is_gone"))
    write(open_book, sku="TENT", delta=5)
    rounds(open_book)
    (one,) = found(open_book)
    assert (one.status, one.explanation) == ("open", "unknown")


def test_a_persons_count_is_adopted_where_the_shop_has_chosen_so(open_book: Store) -> None:
    prefer(open_book, "person")
    write(open_book, sku="TENT", delta=-3)
    write(open_book, sku="LAMP", delta=-1, app="Stock Pilot")
    rounds(open_book)
    books = open_book.books()
    place = open_book.places[0]
    assert books.balance("TENT", "available", place) == 47
    assert books.balance("LAMP", "available", place) == 10
    by_status = {one.status: one.explained_by for one in found(open_book)}
    assert by_status == {"adopted": "Robin Larkfield", "open": "Stock Pilot"}
    # Adopting tells Shopify nothing: it has the units already.
    assert open_book.stock("TENT")[place]["available"] == 47


def test_orders_of_ours_and_our_own_moves_are_no_differences(counted: Store) -> None:
    place = counted.places[0]
    counted.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 4}])
    hold(counted, 6)
    counted.settle()
    rounds(counted)
    read_all(counted)
    assert found(counted) == []
    assert counted.stock("TENT")[place] == counted.stock("TENT")[place] | {"reserved": 6}
    assert counted.differences() == []


def test_a_state_that_no_webhook_tells_of_is_found_by_the_reading_of_all(counted: Store) -> None:
    write(counted, sku="TENT", name="damaged", delta=2)
    rounds(counted)
    read_all(counted)
    (one,) = found(counted)
    assert (one.state, one.ours, one.theirs, one.status) == (State.DAMAGED, 0, 2, "open")


def test_levels_at_a_place_that_is_not_active_are_counted_too(counted: Store) -> None:
    place = counted.places[1]
    counted.control("PATCH", "/locations", location=place, active=False)
    counted.settle()
    counted.knobs(drop_next=10)
    counted.control("POST", "/stock", sku="TENT", location=place, delta=-7)
    counted.settle()
    read_all(counted)
    (one,) = found(counted)
    assert (one.ours, one.theirs, one.status) == (20, 13, "open")


def test_webhooks_that_never_came_are_found_by_the_reading_of_all(counted: Store) -> None:
    counted.knobs(drop_next=10)
    counted.control("POST", "/stock", sku="TENT", location=counted.places[0], delta=-3)
    counted.settle()
    rounds(counted)
    assert found(counted) == []
    read_all(counted)
    (one,) = found(counted)
    assert (one.ours, one.theirs) == (50, 47)
    with transaction(counted.shop_id) as session:
        row = session.exec(select(CountRun)).one()
    assert row.step == "ask" and row.finished_at is not None
    assert row.due_at > datetime.now(UTC) + timedelta(hours=23)


def test_an_order_whose_webhook_is_lost_is_told_from_a_foreign_write(open_book: Store) -> None:
    open_book.knobs(drop_next=50)
    order = open_book.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 4}])["id"]
    open_book.control("GET", "/settled")
    prefer(open_book, "all")
    read_all(open_book)
    explained = {(one.state, one.explanation, one.explained_by) for one in found(open_book)}
    assert explained == {
        (State.AVAILABLE, "order", str(order)),
        (State.COMMITTED, "order", str(order)),
    }
    assert open_book.books().balance("TENT", "available", open_book.places[0]) == 50


def test_a_movement_that_shopify_refused_is_named_as_ours(counted: Store) -> None:
    hold(counted, 6)
    counted.knobs(error_next=1, error_status=400)
    counted.settle()
    with transaction(counted.shop_id) as session:
        dead = (
            session.execute(
                text("SELECT message_id FROM message WHERE state = 'dead' AND direction = 'out'")
            )
            .scalars()
            .all()
        )
    assert len(dead) == 1
    read_all(counted)
    assert {(one.state, one.explanation, one.explained_by) for one in found(counted)} == {
        (State.AVAILABLE, "ours", str(dead[0])),
        (State.RESERVED, "ours", str(dead[0])),
    }


def test_a_reading_that_fails_at_shopifys_end_goes_on_later(counted: Store) -> None:
    with transaction(counted.shop_id) as session:
        counting.begin(session)
    counted.knobs(error_next=1)
    jobs.do("count", counted.shop_id)
    with transaction(counted.shop_id) as session:
        row = session.exec(select(CountRun)).one()
        assert row.attempts == 1 and row.error
        row.due_at = database_time()
    rounds(counted)
    with transaction(counted.shop_id) as session:
        row = session.exec(select(CountRun)).one()
    assert row.finished_at is not None and row.attempts == 0


def test_a_person_may_adopt_what_was_found(counted: Store) -> None:
    write(counted, sku="TENT", delta=-3)
    rounds(counted)
    (one,) = found(counted)
    with transaction(counted.shop_id) as session:
        row = working.locked(session, one.discrepancy_id)
        assert row is not None
        counts.adopt(session, row, actor="user:1")
    counted.settle()
    rounds(counted)
    assert counted.differences() == []
    assert [row.status for row in found(counted)] == ["adopted"]


def hold(store: Store, units: int) -> None:
    """A paper of ours reserves tents at the first place."""
    books = store.books()
    with transaction(store.shop_id) as session:
        claim = Claim(
            "1",
            books.item_ids["TENT"],
            books.locations[store.places[0]],
            State.RESERVED,
            units,
        )
        settle(session, [Document("purchase_order", "na:77", 1, claims=[claim], fact=False)])
