"""Connecting a shop: access, catalogue, open orders and opening balances, from the simulator."""

from __future__ import annotations

from sqlmodel import select

from app.inventory.models import Alias, Item
from app.shopify.tables import CatalogImport
from app.shops import this_shop
from tests.shopify.conftest import Store


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
    assert ("asin", "B0D1234567") in aliases
    assert shop.opened_at is not None and shop.name
    main, east = store.places[:2]
    assert books.standing("TENT", main) == {"available": 46, "committed": 4, "adjustment": -50}
    assert books.standing("TENT", east) == {"available": 20, "adjustment": -20}
