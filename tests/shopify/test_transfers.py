"""Inventory transfers of Shopify as papers: what is to come, what has come, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from app import jobs
from app.db import run, transaction
from app.inventory import arrivals, audit, releasing
from app.inventory.models import INSIDE, Arrival, Discrepancy
from app.preferences import ShopPreference
from app.shopify import counting, transfers
from tests.shopify.conftest import NOON, Store


def at(days: int) -> str:
    return (NOON + timedelta(days=days)).isoformat()


def day(days: int) -> date:
    return (NOON + timedelta(days=days)).date()


@pytest.fixture
def shop(store: Store, set_settings: Callable[..., None]) -> Store:
    """A connected shop whose differences need stand no time."""
    set_settings(COUNT_GRACE_SECONDS="0")
    store.connect()
    return store


def announce(store: Store, units: int = 40, **more: Any) -> dict[str, Any]:
    """A transfer from a supplier that is ready to ship."""
    lines = [{"sku": "TENT", "quantity": units}]
    found: dict[str, Any] = store.control(
        "POST", "/transfers", destination=store.places[0], lines=lines, **more
    )
    return found


def ship(store: Store, transfer: dict[str, Any], **more: Any) -> int:
    shown = store.control("POST", f"/transfers/{transfer['id']}/shipments", **more)
    number: int = shown["shipments"][-1]["id"]
    return number


def receive(store: Store, transfer: dict[str, Any], shipment: int, **more: Any) -> None:
    path = f"/transfers/{transfer['id']}/shipments/{shipment}/receive"
    store.control("POST", path, **more)


def expected(store: Store) -> list[tuple[str, int, date | None]]:
    with transaction(store.shop_id) as session:
        rows = session.exec(
            select(Arrival).where(col(Arrival.ended_at).is_(None)).order_by(col(Arrival.arrival_id))
        )
        return [(row.title or "", row.units, row.expected_on) for row in rows]


def standing(store: Store, sku: str = "TENT", place: int = 0) -> dict[str, int]:
    found = store.books().standing(sku, store.places[place])
    return {state: units for state, units in found.items() if state in INSIDE}


def read_all(store: Store) -> None:
    """The scheduled reading of everything, and what the clock rings for after it."""
    run(counting.begin, store.shop_id)
    for _ in range(3):
        jobs.do("count", store.shop_id)
        store.settle()


def differences(store: Store) -> list[tuple[str, int, int]]:
    with transaction(store.shop_id) as session:
        rows = session.exec(select(Discrepancy).where(Discrepancy.status != "closed"))
        return [(str(row.state), row.ours, row.theirs) for row in rows]


def test_a_transfer_is_expected_on_the_day_of_its_shipment_and_follows_what_changes(
    shop: Store,
) -> None:
    transfer = announce(shop, reference="PO 77")
    shop.settle()
    before = datetime.now(UTC)
    assert expected(shop) == [("#T0001 (PO 77)", 40, None)]
    number = ship(shop, transfer, lines=[{"sku": "TENT", "quantity": 30}], arrives_at=at(4))
    shop.settle()
    packed = "#T0001 (PO 77) / #T0001-1"
    assert expected(shop) == [("#T0001 (PO 77)", 10, None), (packed, 30, day(4))]
    shop.control("PATCH", f"/transfers/{transfer['id']}/shipments/{number}", arrives_at=at(9))
    lines = [{"sku": "TENT", "quantity": 34}]
    shop.control("PATCH", f"/transfers/{transfer['id']}", lines=lines)
    shop.settle()
    assert expected(shop) == [("#T0001 (PO 77)", 4, None), (packed, 30, day(9))]
    # An answer that comes late, from before all this, changes nothing.
    old = {
        "id": str(transfer["id"]), "name": "#T0001", "reference_name": None,
        "status": "CANCELED", "origin_id": None, "destination_id": None,
        "lines": [], "shipments": [],
    }  # fmt: skip
    run(transfers.settle, shop.shop_id, old, before, 1)
    assert expected(shop) == [("#T0001 (PO 77)", 4, None), (packed, 30, day(9))]


def test_what_has_come_is_free_in_the_books_and_expected_no_more(shop: Store) -> None:
    transfer = announce(shop)
    number = ship(shop, transfer, arrives_at=at(4))
    shop.settle()
    assert standing(shop) == {"available": 50, "incoming": 40}
    lines = [{"sku": "TENT", "accepted": 25, "rejected": 5}]
    receive(shop, transfer, number, lines=lines)
    shop.settle()
    assert standing(shop) == {"available": 75, "incoming": 10}
    assert expected(shop) == [("#T0001 / #T0001-1", 10, day(4))]
    receive(shop, transfer, number)
    shop.settle()
    assert standing(shop) == {"available": 85}
    assert expected(shop) == []
    assert shop.differences() == []
    read_all(shop)
    assert differences(shop) == []
    # Shopify made these moves itself and is told nothing of them.
    assert shop.stock("TENT")[shop.places[0]] == {"available": 85, "on_hand": 85}


def test_a_draft_announces_nothing_and_a_cancelled_transfer_no_more(shop: Store) -> None:
    transfer = announce(shop, draft=True)
    with transaction(shop.shop_id) as session:
        transfers.ask_for_all(session, "a test")
    shop.settle()
    assert expected(shop) == []
    shop.control("PATCH", f"/transfers/{transfer['id']}", ready=True)
    shop.settle()
    assert expected(shop) == [("#T0001", 40, None)]
    shop.control("POST", f"/transfers/{transfer['id']}/cancel")
    shop.settle()
    assert expected(shop) == []


def test_lost_webhooks_lose_nothing(shop: Store) -> None:
    shop.knobs(drop_next=50)
    transfer = announce(shop)
    number = ship(shop, transfer, arrives_at=at(4))
    shop.settle()
    assert expected(shop) == []
    shop.knobs(drop_next=0)
    read_all(shop)
    assert expected(shop) == [("#T0001 / #T0001-1", 40, day(4))]
    shop.knobs(drop_next=50)
    receive(shop, transfer, number)
    shop.settle()
    read_all(shop)
    assert expected(shop) == []
    assert standing(shop)["available"] == 90
    assert ("available", 50, 90) not in differences(shop)


def test_a_level_that_rises_without_the_transfers_webhook_is_not_adopted_beside_it(
    shop: Store,
) -> None:
    """The count alone would bring the units in, and the transfer once more when it is read."""
    with transaction(shop.shop_id) as session:
        session.merge(ShopPreference(shop_id=shop.shop_id, adopt_differences="all"))
    transfer = announce(shop)
    number = ship(shop, transfer, arrives_at=at(4))
    shop.settle()
    shop.knobs(topics=["inventory_levels/update"])
    receive(shop, transfer, number)
    for _ in range(4):
        shop.settle()
        jobs.do("count", shop.shop_id)
    assert standing(shop) == {"available": 90}
    assert expected(shop) == []
    assert differences(shop) == []


def test_what_had_come_before_the_transfer_was_known_is_left_to_the_opening(store: Store) -> None:
    store.control("POST", "/install")
    transfer = announce(store)
    number = ship(store, transfer, arrives_at=at(4))
    receive(store, transfer, number, lines=[{"sku": "TENT", "accepted": 15}])
    store.connect()
    assert standing(store) == {"available": 65, "incoming": 25}
    assert expected(store) == [("#T0001 / #T0001-1", 25, day(4))]
    receive(store, transfer, number)
    store.settle()
    assert standing(store) == {"available": 90}
    assert store.differences() == []


def test_without_leave_to_read_transfers_nothing_fails_and_with_it_they_are_read(
    store: Store,
) -> None:
    granted = store.control("GET", "")["scopes"]
    store.control("POST", "/scopes", scopes=[one for one in granted if one not in transfers.SCOPES])
    store.connect()
    transfer = announce(store)
    ship(store, transfer, arrives_at=at(4))
    store.settle()
    read_all(store)
    assert expected(store) == []
    with transaction(store.shop_id) as session:
        assert transfers.missing_scopes(session) == list(transfers.SCOPES)
        dead = text("SELECT count(*) FROM message WHERE state = 'dead'")
        assert session.execute(dead).scalar() == 0
    store.control("POST", "/scopes", scopes=granted)
    store.settle()
    assert expected(store) == [("#T0001 / #T0001-1", 40, day(4))]


def test_what_a_person_has_ended_stays_ended_until_the_transfer_says_something_else(
    shop: Store,
) -> None:
    transfer = announce(shop)
    number = ship(shop, transfer, arrives_at=at(4))
    shop.settle()
    with transaction(shop.shop_id) as session:
        (row,) = session.exec(select(Arrival).where(col(Arrival.ended_at).is_(None)))
        arrivals.end(session, row.arrival_id, actor="user:1")
    read_all(shop)
    assert expected(shop) == []
    shop.control("PATCH", f"/transfers/{transfer['id']}/shipments/{number}", arrives_at=at(9))
    shop.settle()
    assert expected(shop) == [("#T0001 / #T0001-1", 40, day(9))]


def between(store: Store, units: int = 8) -> dict[str, Any]:
    """A transfer between two places of the shop that is ready to ship."""
    found: dict[str, Any] = store.control(
        "POST",
        "/transfers",
        origin=store.places[0],
        destination=store.places[1],
        lines=[{"sku": "TENT", "quantity": units}],
    )
    return found


def agrees(store: Store) -> bool:
    """Whether Shopify, a count of all of it, and the audit find nothing."""
    read_all(store)
    kept = run(audit.run, store.shop_id)
    return not store.differences() and not differences(store) and not kept.findings


def test_a_transfer_between_own_locations_leaves_one_and_arrives_at_the_other(shop: Store) -> None:
    transfer = between(shop)
    shop.settle()
    assert standing(shop) == {"available": 42, "reserved": 8}
    number = ship(shop, transfer, arrives_at=at(2), lines=[{"sku": "TENT", "quantity": 5}])
    shop.settle()
    assert standing(shop) == {"available": 42, "reserved": 3}
    assert standing(shop, place=1) == {"available": 20, "incoming": 5}
    assert agrees(shop)
    receive(shop, transfer, number, lines=[{"sku": "TENT", "accepted": 3, "rejected": 1}])
    for _ in range(2):
        run(transfers.ask_for_all, shop.shop_id, f"again {_}")
        shop.settle()
    assert standing(shop, place=1) == {"available": 23, "incoming": 1}
    assert agrees(shop)
    with transaction(shop.shop_id) as session:
        assert releasing.standing(session)[0] == 0, "it is not ours to give back"


def test_a_transfer_that_is_cancelled_gives_back_what_it_reserved(shop: Store) -> None:
    transfer = between(shop)
    shop.settle()
    assert standing(shop) == {"available": 42, "reserved": 8}
    shop.control("POST", f"/transfers/{transfer['id']}/cancel")
    shop.settle()
    assert standing(shop) == {"available": 50}
    assert agrees(shop)


def test_what_a_transfer_had_reserved_before_the_books_is_not_reserved_twice(store: Store) -> None:
    store.control("POST", "/install")
    transfer = between(store)
    store.connect()
    assert standing(store) == {"available": 42, "reserved": 8}
    number = ship(store, transfer, arrives_at=at(2))
    store.settle()
    receive(store, transfer, number)
    store.settle()
    assert (standing(store), standing(store, place=1)) == ({"available": 42}, {"available": 28})
    assert store.differences() == []


def screen(store: Store, path: str, status: int = 200, body: Any = None) -> Any:
    """What the merchant's screen asks: a POST where there is a body."""
    token = store.control("GET", "/id-token")["id_token"]
    answer = store.simulator.http.request(
        "GET" if body is None else "POST",
        f"http://127.0.0.1:{store.simulator.app_port}/api{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_typed_arrival_is_tied_to_the_transfer_that_announces_it_and_counts_once(
    shop: Store,
) -> None:
    ship(shop, announce(shop), arrives_at=at(4))
    shop.settle()
    typed = {
        "reference": "PO 77", "sku": "TENT", "location": shop.places[0], "units": "40",
        "expected_on": day(5).isoformat(),
    }  # fmt: skip
    screen(shop, "/arrivals", 200, {"rows": [typed]})
    assert sum(units for _, units, _ in expected(shop)) == 80
    (row,) = [one for one in screen(shop, "/arrivals")["data"] if one["source"] == "operator"]
    (match,) = row["matches"]
    assert match["fits"] and match["document"]["title"] == "#T0001 / #T0001-1"
    refused = screen(shop, f"/arrivals/{match['id']}/replace", 422, {"by": row["id"]})
    assert refused["code"] == "not_the_same_arrival"
    for _ in range(2):
        screen(shop, f"/arrivals/{row['id']}/replace", 200, {"by": match["id"]})
        screen(shop, "/arrivals", 200, {"rows": [typed]})
    assert expected(shop) == [("#T0001 / #T0001-1", 40, day(4))]
    (ended,) = screen(shop, "/arrivals?status=ended")["data"]
    assert ended["replaced_by"] == "#T0001 / #T0001-1"
    screen(shop, "/arrivals", 200, {"rows": [typed | {"units": "50"}]})
    assert sum(units for _, units, _ in expected(shop)) == 90, "said anew, it is expected anew"
