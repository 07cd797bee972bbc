"""Orders from before the books: read once from the simulator's bulk export, and only what counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import transaction
from app.inventory import past
from app.inventory.past import Past, PastCover
from app.shopify import exports, past_orders
from app.shopify.tables import PastOrdersRun
from tests.shopify.conftest import NOON, Store


def days_ago(days: int) -> str:
    return (NOON - timedelta(days=days)).isoformat()


def place(store: Store, units: int, days: int, sku: str = "TENT", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = store.control(
        "POST", "/orders", lines=[{"sku": sku, "quantity": units}], at=days_ago(days), **more
    )
    return found


def known(store: Store) -> tuple[PastCover, list[Past]]:
    with transaction(store.shop_id) as session:
        cover = past.cover(session)
        assert cover is not None
        end = datetime.now(UTC) + timedelta(days=1)
        return cover, past.between(session, NOON - timedelta(days=400), end, None)


def test_orders_of_the_last_sixty_days_are_known_when_the_books_open(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 1)
    place(store, 9, 61)
    shipped = place(store, 4, 20)
    store.control("POST", f"/orders/{shipped['id']}/fulfil")
    place(store, 3, 10, location=store.places[1])
    gone = place(store, 2, 5)
    store.control("POST", f"/orders/{gone['id']}/cancel", restock=True, at=days_ago(4))
    place(store, 1, 3, sku="LAMP")
    before = store.control("GET", "/stock?sku=TENT")
    store.connect()
    cover, lines = known(store)
    books = store.books()
    assert (cover.state, cover.is_limited, cover.unknown_lines) == ("whole", True, 0)
    assert cover.since is not None and cover.since >= NOON - timedelta(days=60)
    main, east = (books.locations[name] for name in store.places[:2])
    told = [(one.units, one.location_id, one.ended_at is not None) for one in lines]
    assert told == [(4, main, False), (3, east, False), (2, main, True), (1, main, False)]
    assert store.differences() == [], "the ledger has nothing of it but its opening"
    assert store.control("GET", "/stock?sku=TENT") == before


def test_an_app_that_sees_all_orders_reads_a_year_of_them(store: Store) -> None:
    place(store, 9, 200)
    shown = store.control("GET", "")
    store.control("POST", "/scopes", scopes=[*shown["scopes"], past_orders.ALL_ORDERS])
    store.connect()
    cover, lines = known(store)
    assert not cover.is_limited and [one.units for one in lines] == [9]


def test_when_goods_came_in_is_known_where_reports_may_be_read(store: Store) -> None:
    tent = {"sku": "TENT", "location": store.places[0]}
    place(store, 5, 9)
    store.control("POST", "/stock", **tent, delta=8, reason="received", at=days_ago(9))
    place(store, 2, 6)
    store.connect()
    cover, lines = known(store)
    assert cover.sees_deliveries
    assert [(one.kind, one.units) for one in lines] == [
        ("delivery", 8),
        ("order", 5),
        ("order", 2),
    ]


def test_deliveries_are_known_from_when_reports_are_granted_and_not_before(store: Store) -> None:
    shown = store.control("GET", "")
    scopes = [one for one in shown["scopes"] if one != "read_reports"]
    store.control("POST", "/scopes", scopes=scopes)
    place(store, 5, 9)
    tent = {"sku": "TENT", "location": store.places[0]}
    store.control("POST", "/stock", **tent, delta=8, reason="received", at=days_ago(9))
    store.connect()
    cover, lines = known(store)
    assert (cover.state, cover.sees_deliveries, len(lines)) == ("whole", False, 1)
    store.control("POST", "/scopes", scopes=shown["scopes"])
    store.settle()
    cover, lines = known(store)
    assert (cover.state, cover.sees_deliveries, len(lines)) == ("whole", True, 2)


def test_a_reading_that_dies_half_way_goes_on_and_counts_nothing_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 1)
    for units in (1, 2, 3):
        place(store, units, 10 - units)
    keep, calls = past.keep, []

    def dies_once(session: Any, lines: Any) -> None:
        keep(session, lines)
        calls.append(lines)
        if len(calls) == 2:
            raise RuntimeError("killed")

    monkeypatch.setattr(past, "keep", dies_once)
    with pytest.raises(RuntimeError, match="killed"):
        store.connect()
    with transaction(store.shop_id) as session:
        row = session.get_one(PastOrdersRun, store.shop_id)
        assert (row.step, row.result_rows) == ("load", 1)
        row.due_at = datetime.now(UTC)
    store.settle()
    cover, lines = known(store)
    assert (cover.state, [one.units for one in lines]) == ("whole", [1, 2, 3])
    assert len(calls) == 4, "the order that was not kept is read again, the first one is not"
