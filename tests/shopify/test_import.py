"""Connecting a shop: access, catalogue, open orders and opening balances, from the simulator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from app.db import database_time, transaction
from app.inventory.models import Alias, Hold, Item
from app.preferences import prefer
from app.shopify import catalog, exports, tokens
from app.shopify.tables import CatalogImport
from app.shops import this_shop
from app.simulators.shopify.people import person
from tests.shopify.conftest import Store
from tests.shopify.simulated import Simulator


def test_a_new_shop_is_connected_read_and_opened(store: Store) -> None:
    store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 4}])
    store.connect()
    books = store.books()
    with books.transaction() as session:
        state = session.exec(select(CatalogImport)).one()
        tent = session.exec(select(Item).where(Item.sku == "TENT")).one()
        aliases = {
            (row.kind, row.value)
            for row in session.exec(select(Alias).where(Alias.item_id == tent.item_id))
        }
        shop = this_shop(session)
    assert (state.state, state.items, state.total, state.orders) == ("done", 2, 2, 1)
    assert (tent.title, tent.units_per_case, str(tent.unit_cost)) == ("Tent", 6, "12.5000")
    assert (str(tent.price), tent.price_currency) == ("10.0000", shop.currency)
    assert ("asin", "B0D1234567") in aliases
    assert shop.opened_at is not None and shop.name
    main, east = store.places[:2]
    assert books.standing("TENT", main) == {"available": 46, "committed": 4, "adjustment": -50}
    assert books.standing("TENT", east) == {"available": 20, "adjustment": -20}


def steps_until(store: Store, wanted: str) -> None:
    """Runs the import a turn at a time until it is about to take the wanted step."""
    for _ in range(100):
        with store.books().transaction() as session:
            row = session.exec(select(CatalogImport)).one()
            row.due_at = database_time()
            if row.step == wanted:
                return
        catalog.step(store.shop_id)
    raise AssertionError(f"never came to {wanted}")


@pytest.fixture
def one_step_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "TURN", 0.0)
    monkeypatch.setattr(exports, "BATCH", 1)


@pytest.mark.parametrize("step", ["wait", "load", "orders", "open"])
@pytest.mark.usefixtures("one_step_a_turn")
def test_an_import_that_is_interrupted_goes_on_where_it_was(store: Store, step: str) -> None:
    store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 4}])
    assert store.open_app().status_code == 200
    steps_until(store, step)
    # What happens meanwhile waits, and is in the books in the end.
    store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 2}])
    store.control("POST", "/stock", sku="LAMP", location=store.places[0], delta=5)
    store.knobs(error_next=1)
    catalog.step(store.shop_id)
    make_due(store)
    store.settle()
    books = store.books()
    assert books.balance("TENT", "committed", store.places[0]) == 6
    assert books.balance("LAMP", "available", store.places[0]) == 15
    assert store.differences() == []


def make_due(store: Store) -> None:
    with store.books().transaction() as session:
        session.exec(select(CatalogImport)).one().due_at = database_time()


def test_a_shop_with_nothing_in_it_is_opened_too(simulator: Simulator, store: Store) -> None:
    bare = Store(simulator, "bare-" + store.domain)
    for sku in ("TENT", "LAMP"):
        bare.control("DELETE", "/items", sku=sku)
    bare.connect()
    with bare.books().transaction() as session:
        row = session.exec(select(CatalogImport)).one()
        assert (row.state, row.items) == ("done", 0)
    bare.leave()


def test_what_shopify_holds_for_others_is_held_by_the_opening(store: Store) -> None:
    place = store.places[0]
    store.control("POST", "/stock", sku="TENT", location=place, name="reserved", delta=7)
    store.control("POST", "/stock", sku="TENT", location=place, name="damaged", delta=2)
    store.control("POST", "/stock", sku="TENT", location=place, name="safety_stock", delta=3)
    store.connect()
    assert store.differences() == []
    with store.books().transaction() as session:
        holds = session.exec(select(Hold)).all()
    assert {(hold.line, hold.held) for hold in holds} == {("reserved", 7), ("safety_stock", 3)}


def test_a_shop_that_left_and_came_back_is_opened_again(store: Store) -> None:
    store.connect()
    number = store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 4}])["id"]
    gone = store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 3}])["id"]
    store.settle()
    store.control("POST", "/uninstall")
    store.settle()
    with store.books().transaction() as session:
        found = tokens.find(session)
        assert found is not None and found.state == "disconnected"
    # All this happens with nobody told.
    store.control("POST", f"/orders/{number}/fulfil", lines=[{"sku": "TENT", "quantity": 1}])
    store.control("POST", f"/orders/{gone}/cancel", restock=True)
    store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 2}])
    store.control("POST", "/stock", sku="LAMP", location=store.places[0], delta=-4)
    store.connect()
    assert store.differences() == []
    store.control("POST", f"/orders/{number}/fulfil")
    store.settle()
    assert store.differences() == []
    assert store.books().balance("TENT", "committed", store.places[0]) == 2


def test_an_expired_id_token_is_refused_with_the_header_to_ask_again(store: Store) -> None:
    token = store.control("GET", "/id-token?seconds=-60")["id_token"]
    answer = store.simulator.http.get(
        f"http://127.0.0.1:{store.simulator.app_port}/api/session",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 401
    assert answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"


def test_two_first_requests_at_once_connect_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: store.open_app().status_code, range(4)))
    assert answers == [200] * 4
    with store.books().transaction() as session:
        assert session.exec(select(CatalogImport)).one().run == 1
    store.settle()
    assert store.differences() == []


def test_whoever_opens_the_app_is_called_by_the_name_that_shopify_gives(store: Store) -> None:
    said = store.open_app().json()
    assert said["staff"] == {}
    named = person(int(said["user_id"]))
    name = f"{named.first_name} {named.last_name}"
    assert store.ask("POST", "/api/session/name").json() == {"name": name}
    assert store.open_app().json()["staff"] == {said["user_id"]: name}


def test_choosing_a_language_keeps_the_name(store: Store) -> None:
    store.ask("POST", "/api/session/name")
    user_id, staff = (store.open_app().json()[key] for key in ("user_id", "staff"))
    with transaction(store.shop_id) as session:
        prefer(session, user_id, locale="zh-CN")
    said = store.open_app().json()
    assert (said["locale"], said["staff"]) == ("zh-CN", staff)
    assert staff


def test_tokens_that_end_are_renewed_on_the_way(store: Store) -> None:
    store.connect()
    for _ in range(3):
        store.control("POST", "/tokens/expire")
        store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 1}])
        store.settle()
    assert store.differences() == []
    with store.books().transaction() as session:
        found = tokens.find(session)
        assert found is not None and found.state == "connected"
