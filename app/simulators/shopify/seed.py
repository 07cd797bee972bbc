"""What a new shop begins with: the sample brand and its ninety days, or three empty locations."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from app.simulators import catalog
from app.simulators.shopify import life, orders, stock, transfers
from app.simulators.shopify.orders import Edit, Returned
from app.simulators.shopify.records import Component, Location, Order, Product, Variant, now
from app.simulators.shopify.routing import Wanted
from app.simulators.shopify.stock import Step
from app.simulators.shopify.store import Changing
from app.simulators.shopify.world import ShopState, World

DEMO = "holdfast-demo.myshopify.com"
DAYS = 90
ORDERS_A_DAY = 25
AT_ONCE = 200
# Chances of what becomes of an order, as thresholds of one throw.
CANCELLED, EDITED, RETURNED, PARTLY = 0.04, 0.08, 0.94, 0.97
WEEK = 7
BEYOND_A_DOUBLE = 9_007_199_254_740_993
"""An id that a browser's number cannot hold, for one item."""
ADDRESSES = (
    {"address1": "4100 NW Yeon Avenue", "city": "Portland", "province": "Oregon", "zip": "97210"},
    {"address1": "88 Depot Street", "city": "Asheville", "province": "North Carolina", "zip": "28801"},
    {"address1": "12 Harbor Way", "city": "Oakland", "province": "California", "zip": "94607"},
)  # fmt: skip


def empty(world: World, domain: str, *, name: str = "", first_id: int | None = None) -> ShopState:
    """A shop with the three locations and nothing to sell."""
    state = world.create(domain, name=name, first_id=first_id)
    with world.changing(state, quiet=True) as change:
        _add_locations(change)
    return state


def demo(world: World, domain: str = DEMO, number: int = 1) -> ShopState:
    """The sample brand with ninety days of orders; the same for the same number, but for the dates."""
    chance = random.Random(number)
    today = now().replace(microsecond=0)
    began = today - timedelta(days=DAYS)
    state = world.create(domain, name=catalog.BRAND, at=began)
    with world.changing(state, at=began, quiet=True) as change:
        places = _add_locations(change)
        variants = _add_items(change)
        _stock(change, variants, places)
    days = _Days(chance, today, variants, [place.id for place in places])
    for day in range(DAYS):
        days.plan(began + timedelta(days=day))
    for week in range(DAYS // WEEK):
        days.at(
            began + timedelta(days=WEEK * (week + 1), hours=3),
            lambda change: _top_up(change, variants, places, "received"),
        )
    days.live_through(world, state)
    with world.changing(state, at=today, quiet=True) as change:
        _top_up(change, variants, places, "cycle_count_available")
        _announce(change, variants, places[0], today)
    world.install(state)
    return state


def _add_locations(change: Changing) -> list[Location]:
    return [
        life.add_location(change, name, address=dict(address))
        for name, address in zip(catalog.LOCATIONS, ADDRESSES, strict=True)
    ]


def _add_items(change: Changing) -> dict[str, Variant]:
    products: dict[str, Product] = {}
    variants: dict[str, Variant] = {}
    for item in catalog.CATALOG:
        if item.product not in products:
            products[item.product] = life.add_product(change, item.product, catalog.BRAND)
        variants[item.sku] = life.add_variant(
            change,
            products[item.product],
            sku=item.sku_in_store,
            title=item.variant or "Default Title",
            price=f"{item.price:.2f}",
            unit_cost=f"{item.unit_cost:.2f}",
            barcode=item.barcode,
            tracked=item.tracked,
            metafields=_metafields(item),
            components=[
                Component(variant_id=variants[sku].id, quantity=units)
                for sku, units in item.components
            ],
            item_id=BEYOND_A_DOUBLE if item.sku == "PILLOW-INF" else None,
        )
    return variants


def _metafields(item: catalog.Item) -> dict[str, str]:
    found = {"holdfast.units_per_case": str(item.units_per_case)}
    if item.asin:
        found["holdfast.asin"] = item.asin
    return found


def _stock(change: Changing, variants: dict[str, Variant], places: list[Location]) -> None:
    steps = [
        Step(variants[item.sku].item_id, place.id, "available", units)
        for item in catalog.CATALOG
        for place, units in zip(places, item.stock, strict=True)
    ]
    stock.apply(change, steps, reason="received", actor=life.STAFF)


Event = Callable[[Changing], None]


class _Days:
    """What happened, in the order of time."""

    def __init__(
        self,
        chance: random.Random,
        today: datetime,
        variants: dict[str, Variant],
        places: list[int],
    ) -> None:
        self.chance = chance
        self.places = places
        self.today = today
        self.variants = variants
        self._events: list[tuple[datetime, int, Event]] = []
        self._count = 0

    def at(self, moment: datetime, event: Event) -> None:
        """Something to happen then; not at all if that is still to come."""
        if moment < self.today:
            self._count += 1
            heapq.heappush(self._events, (moment, self._count, event))

    def plan(self, day: datetime) -> None:
        """A day's orders; those of the last day mostly stay open."""
        for _ in range(max(8, round(self.chance.gauss(ORDERS_A_DAY, 5)))):
            moment = day + timedelta(seconds=self.chance.randrange(86_400))
            wanted = basket(self.chance, self.variants)
            self.at(moment, partial(self._place, moment=moment, wanted=wanted))

    def live_through(self, world: World, state: ShopState) -> None:
        """Lets all of it happen, a few hundred events to a change."""
        while self._events:
            with world.changing(state, at=self._events[0][0], quiet=True) as change:
                for _ in range(min(AT_ONCE, len(self._events))):
                    moment, _, event = heapq.heappop(self._events)
                    change.at, change.second = moment, moment.replace(microsecond=0)
                    event(change)

    def _place(self, change: Changing, *, moment: datetime, wanted: list[Wanted]) -> None:
        place_id = self.chance.choices(self.places, (70, 24, 6))[0]
        has_all = all(
            stock.available(change, item_id, place_id) >= 3
            for one in wanted
            for item_id in _items(change, one)
        )
        number = orders.place(change, wanted, location_id=place_id if has_all else None).id
        luck = self.chance.random()
        later = moment + timedelta(hours=self.chance.uniform(6, 44))
        if luck < CANCELLED:
            self.at(later, lambda change: _cancel(change, number, restock=luck > 0.005))
            return
        if luck < EDITED:
            self.at(later - timedelta(hours=5.5), lambda change: _edit(change, number))
        if luck > PARTLY:
            self.at(later - timedelta(hours=5), lambda change: _ship_part(change, number))
        self.at(later, lambda change: _ship(change, number))
        if luck > RETURNED:
            kind = "return" if luck < 0.95 else "no_restock"
            back = later + timedelta(days=self.chance.uniform(3, 12))
            self.at(back, lambda change: _take_back(change, number, kind))


def _items(change: Changing, wanted: Wanted) -> list[int]:
    """The items that a line takes stock of."""
    variant = change.get(Variant, wanted.variant_id)
    assert variant is not None
    parts = [change.get(Variant, part.variant_id) for part in variant.components]
    return [part.item_id for part in parts if part] or [variant.item_id]


def _cancel(change: Changing, number: int, *, restock: bool) -> None:
    orders.cancel(change, number, restock=restock)


def _edit(change: Changing, number: int) -> None:
    order = change.edit(Order, number)
    orders.edit(change, number, Edit(deltas={order.lines[0].id: 1}))


def _ship(change: Changing, number: int) -> None:
    orders.fulfil(change, number)


def _ship_part(change: Changing, number: int) -> None:
    order = change.edit(Order, number)
    if len(order.lines) > 1:
        line = order.lines[0]
        orders.fulfil(change, number, {line.id: line.quantity})


def _take_back(change: Changing, number: int, kind: str) -> None:
    line = change.edit(Order, number).lines[0]
    orders.refund(change, number, [Returned(line.id, 1, kind)], "Came back")


def basket(chance: random.Random, variants: dict[str, Variant]) -> list[Wanted]:
    """What one customer buys: cheap things often, in small numbers, scarce ones seldom."""
    skus = chance.choices(
        list(variants), [_popularity(sku) for sku in variants], k=chance.choice((1, 1, 1, 2, 2, 3))
    )
    return [
        Wanted(chance.choices((1, 2, 3), (78, 17, 5))[0], variants[sku].id)
        for sku in dict.fromkeys(skus)
    ]


def _popularity(sku: str) -> float:
    item = catalog.BY_SKU[sku]
    if item.is_scarce:
        return 0.15
    return 12 / (6 + math.sqrt(item.price))


def _top_up(
    change: Changing, variants: dict[str, Variant], places: list[Location], reason: str
) -> None:
    """Goods come in (or a count puts things right), up to what the catalogue says."""
    steps = []
    for item in catalog.CATALOG:
        item_id = variants[item.sku].item_id
        for place, units in zip(places, item.stock, strict=True):
            missing = units - stock.available(change, item_id, place.id)
            steps.append(Step(item_id, place.id, "available", missing))
    stock.apply(change, steps, reason=reason, actor=life.STAFF)


def _announce(
    change: Changing, variants: dict[str, Variant], place: Location, today: datetime
) -> None:
    """One container is under way and has a day; another is ordered and has none yet."""
    skus = [item.sku for item in catalog.CATALOG if item.tracked and not item.components]
    for number, (sku, units) in enumerate(zip(skus[:2], (240, 120), strict=True), start=1):
        made = transfers.create(
            change,
            {variants[sku].item_id: units},
            origin_id=None,
            destination_id=place.id,
            reference_name=f"Harbour {number}",
        )
        transfers.make_ready(change, made.id)
        if number == 1:
            transfers.pack(change, made.id, None, arrives_at=today + timedelta(days=6))


def variants_for_sale(state: ShopState) -> dict[str, Variant]:
    """The catalogue's variants by SKU, as far as the shop has them; else all it has."""
    found = {one.sku: one for one in state.store.all(Variant) if one.sku in catalog.BY_SKU}
    if found:
        return {sku: one for sku, one in found.items() if sku is not None}
    return {one.sku: one for one in state.store.all(Variant) if one.sku is not None}
