"""Customers and a busy merchant: orders placed, edited, shipped, cancelled and refunded by themselves."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from app.simulators.catalog import BY_SKU
from app.simulators.shopify import orders, seed
from app.simulators.shopify.orders import Edit, Returned
from app.simulators.shopify.records import Order
from app.simulators.shopify.routing import Impossible, Wanted
from app.simulators.shopify.world import ShopState, Unknown, World

LONGEST_NAP = 5.0
OPEN_KEPT = 25
"""Orders that are left open for people to play with before the merchant starts shipping."""


@dataclass
class Pace:
    """How busy the shop is; shares are chances, from 0 to 1, for each order placed."""

    orders_per_minute: float = 6.0
    fulfil: float = 0.85
    edit: float = 0.06
    cancel: float = 0.05
    refund: float = 0.05
    skus: list[str] = field(default_factory=list)
    """Only these, if any are named."""


class Traffic:
    """One shop's thread of customers."""

    def __init__(self, world: World, state: ShopState, pace: Pace) -> None:
        self.world = world
        self.state = state
        self.pace = pace
        self.placed = 0
        self.chance = random.Random()
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.ending.wait(self._nap()):
            for step in (self._place, self._fulfil, self._edit, self._cancel, self._refund):
                try:
                    step()
                except Impossible:
                    continue

    def _nap(self) -> float:
        per_second = max(0.001, self.pace.orders_per_minute / 60)
        return min(LONGEST_NAP * 12, self.chance.expovariate(per_second))

    def _place(self) -> None:
        variants = seed.variants_for_sale(self.state)
        if self.pace.skus:
            variants = {sku: one for sku, one in variants.items() if sku in self.pace.skus}
        if not variants:
            return
        known = all(sku in BY_SKU for sku in variants)
        one = self.chance.choice(list(variants.values()))
        wanted = seed.basket(self.chance, variants) if known else [Wanted(1, one.id)]
        with self.world.changing(self.state) as change:
            orders.place(change, wanted)
        self.placed += 1

    def _fulfil(self) -> None:
        found = self._open()
        if len(found) > OPEN_KEPT and self.chance.random() < self.pace.fulfil:
            with self.world.changing(self.state) as change:
                orders.fulfil(change, found[0].id)

    def _edit(self) -> None:
        found = self._open()
        if found and self.chance.random() < self.pace.edit:
            order = self.chance.choice(found)
            delta = self.chance.choice((1, -1))
            with self.world.changing(self.state) as change:
                orders.edit(change, order.id, Edit({order.lines[0].id: delta}))

    def _cancel(self) -> None:
        found = self._open()
        if found and self.chance.random() < self.pace.cancel:
            with self.world.changing(self.state) as change:
                orders.cancel(change, self.chance.choice(found).id)

    def _refund(self) -> None:
        if self.chance.random() >= self.pace.refund:
            return
        shipped = [
            order
            for order in self.state.store.all(Order)[-400:]
            if order.fulfillments and not order.cancelled_at and order.lines[0].current
        ]
        if shipped:
            order = self.chance.choice(shipped)
            wanted = [Returned(order.lines[0].id, 1, "return")]
            with self.world.changing(self.state) as change:
                orders.refund(change, order.id, wanted)

    def _open(self) -> list[Order]:
        return [
            order
            for order in self.state.store.all(Order)[-1000:]
            if not order.closed_at and not order.cancelled_at
        ]


RUNNING: dict[str, Traffic] = {}


def start(world: World, state: ShopState, wanted: dict[str, Any]) -> dict[str, Any]:
    """Begins traffic, or changes its pace. Raises Unknown for a setting that there is not."""
    unknown = set(wanted) - set(asdict(Pace()))
    if unknown:
        raise Unknown(f"Live traffic has no {', '.join(sorted(unknown))}.")
    running = RUNNING.get(state.domain)
    if running is not None:
        running.pace = Pace(**{**asdict(running.pace), **wanted})
        return status(state)
    RUNNING[state.domain] = traffic = Traffic(world, state, Pace(**wanted))
    traffic.thread.start()
    return status(state)


def stop(state: ShopState) -> dict[str, Any]:
    """Ends traffic after the step under way."""
    traffic = RUNNING.pop(state.domain, None)
    if traffic is not None:
        traffic.ending.set()
        traffic.thread.join(timeout=5)
    return status(state)


def status(state: ShopState) -> dict[str, Any]:
    traffic = RUNNING.get(state.domain)
    if traffic is None:
        return {"running": False}
    return {"running": True, "placed": traffic.placed, **asdict(traffic.pace)}
