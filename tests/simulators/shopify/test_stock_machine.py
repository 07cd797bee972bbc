"""Whatever happens to orders and stock, in whatever order, Shopify's identities hold."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.simulators.shopify import life, orders, shown
from app.simulators.shopify.orders import Edit, Returned
from app.simulators.shopify.records import Location, Order, Shop, Variant
from app.simulators.shopify.routing import Impossible, Wanted
from app.simulators.shopify.store import Changing, Store


class OrdersAndStock(RuleBasedStateMachine):
    """Whatever happens to orders and stock, the states add up and committed is what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(None, first_id=1)
        with self.store.changing() as change:
            _furnish(change)

    def act(self, step: Any) -> None:
        try:
            with self.store.changing() as change:
                step(change)
        except Impossible:
            pass

    def orders(self) -> list[Order]:
        return self.store.all(Order)

    @rule(quantities=st.lists(st.integers(1, 6), min_size=1, max_size=3))
    def place(self, quantities: list[int]) -> None:
        ids = [variant.id for variant in self.store.all(Variant)]
        wanted = [Wanted(quantity, ids[i]) for i, quantity in enumerate(quantities)]
        self.act(lambda change: orders.place(change, wanted))

    @rule(pick=st.integers(0, 30), units=st.integers(1, 4), place=st.sampled_from([None, 0, 1]))
    def fulfil(self, pick: int, units: int, place: int | None) -> None:
        order = self._order(pick)
        where = None if place is None else self.store.all(Location)[place].id
        if order:
            some = {order.lines[0].id: units}
            self.act(lambda change: orders.fulfil(change, order.id, some, where))

    @rule(pick=st.integers(0, 30), delta=st.integers(-3, 3))
    def edit(self, pick: int, delta: int) -> None:
        order = self._order(pick)
        if order:
            wanted = Edit({order.lines[0].id: delta})
            self.act(lambda change: orders.edit(change, order.id, wanted))

    @rule(
        pick=st.integers(0, 30),
        units=st.integers(1, 3),
        kind=st.sampled_from(["cancel", "return", "no_restock"]),
    )
    def refund(self, pick: int, units: int, kind: str) -> None:
        order = self._order(pick)
        if order:
            wanted = [Returned(order.lines[-1].id, units, kind)]
            self.act(lambda change: orders.refund(change, order.id, wanted))

    @rule(pick=st.integers(0, 30), restock=st.booleans())
    def cancel(self, pick: int, restock: bool) -> None:
        order = self._order(pick)
        if order:
            self.act(lambda change: orders.cancel(change, order.id, restock=restock))

    @rule(pick=st.integers(0, 30))
    def cancel_fulfillment(self, pick: int) -> None:
        order = self._order(pick)
        if order and order.fulfillments:
            number = order.fulfillments[-1].id
            self.act(lambda change: orders.cancel_fulfillment(change, order.id, number))

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert shown.wrong(self.store) == []

    def _order(self, pick: int) -> Order | None:
        found = self.orders()
        return found[pick % len(found)] if found else None


def _furnish(change: Changing) -> None:
    change.add(Shop(id=1, domain="x", name="x", email="x", created_at=change.second, scopes=[]))
    places = [life.add_location(change, name) for name in ("One", "Two")]
    product = life.add_product(change, "Thing", "Vendor")
    for number in range(3):
        variant = life.add_variant(change, product, sku=f"SKU-{number}")
        for place in places:
            life.set_stock(change, variant.item_id, place.id, quantity=5)


TestOrdersAndStock = OrdersAndStock.TestCase
TestOrdersAndStock.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
