"""All shops of one simulator, how they are to misbehave, and the one way to change them."""

from __future__ import annotations

import json
import os
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from app.simulators.shopify import events
from app.simulators.shopify.deliverer import Deliverer, Route
from app.simulators.shopify.events import Manners
from app.simulators.shopify.records import Delivery, Location, Shop, now
from app.simulators.shopify.store import Changing, Store
from app.simulators.shopify.throttle import Bucket

DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
VERSION = "2026-10"
SCOPES = (
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_orders",
    "read_fulfillments",
    "read_merchant_managed_fulfillment_orders",
    "read_assigned_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    "read_returns",
    "read_reports",
    "read_inventory_transfers",
    "read_inventory_shipments",
    "read_inventory_shipments_received_items",
)
FIRST_IDS = 6_400_000_000_000
SHOP_APART = 10_000_000_000


class Unknown(Exception):
    """There is no such shop, item, location or order here."""


@dataclass
class Settings:
    """How the simulator was started."""

    data: Path
    public_url: str
    app_url: str
    api_key: str
    api_secret: str
    app_title: str = "Holdfast"
    speed: float = 1.0
    access_token_seconds: int = 3600


@dataclass
class Trouble:
    """What the Admin API does wrong on purpose; the knobs of the control API."""

    throttle_next: int = 0
    error_next: int = 0
    error_status: int = 503
    lose_reply_next: int = 0
    """Carried out, but answered with a 502."""
    crash_mutation_next: int = 0
    """An idempotent mutation fails inside: nothing carried out, its key used up."""
    concurrent_next: int = 0
    """An idempotent mutation is told that another request with its key is under way."""
    unauthorized_next: int = 0
    answer_delay_seconds: float = 0.0
    serve_version: str | None = None
    """The version the answer claims, as when one has fallen forward."""


@dataclass
class ShopState:
    """One shop while the simulator runs."""

    domain: str
    store: Store
    manners: Manners = field(default_factory=Manners)
    trouble: Trouble = field(default_factory=Trouble)
    bucket: Bucket = field(default_factory=Bucket)
    chance: random.Random = field(default_factory=random.Random)
    statistics: dict[str, int] = field(default_factory=dict)

    @property
    def route(self) -> Route:
        return Route(self.store, self.manners, self.domain)

    @property
    def shop(self) -> Shop:
        found = self.store.get(Shop, "shop")
        assert found is not None
        return found

    def count(self, what: str) -> None:
        """One more of something, for the statistics."""
        with self.store.lock:
            self.statistics[what] = self.statistics.get(what, 0) + 1


class World:
    """The shops by domain. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.shops: dict[str, ShopState] = {}
        self.deliverer = Deliverer(lambda: settings.api_secret, VERSION, settings.speed)
        self._lock = threading.Lock()
        settings.data.mkdir(parents=True, exist_ok=True)
        for folder in sorted(settings.data.iterdir()):
            if DOMAIN.fullmatch(folder.name):
                self._open(folder.name, FIRST_IDS)

    def start(self) -> None:
        """Begins to deliver webhooks, those left from the last run first."""
        self.deliverer.start()
        for state in self.shops.values():
            self.deliverer.resume(state.route)

    def stop(self) -> None:
        """Ends deliveries, tidies the journals and gives the folders back."""
        self.deliverer.stop()
        for state in self.shops.values():
            state.store.tidy()
            state.store.close()

    def state(self, domain: str) -> ShopState:
        """The shop. Raises Unknown."""
        if domain not in self.shops:
            raise Unknown(f"There is no shop {domain}.")
        return self.shops[domain]

    def create(
        self,
        domain: str,
        *,
        name: str = "",
        first_id: int | None = None,
        at: datetime | None = None,
    ) -> ShopState:
        """A new shop without items or locations, the app not installed. Raises Unknown for a bad name."""
        if not DOMAIN.fullmatch(domain):
            raise Unknown(f"{domain!r} is not a myshopify.com domain.")
        with self._lock:
            if domain in self.shops:
                raise Unknown(f"{domain} exists already.")
            start = first_id or FIRST_IDS + len(self.shops) * SHOP_APART
            state = self._open(domain, start)
        with state.store.changing(at) as change:
            change.add(
                Shop(
                    id=change.new_id(),
                    domain=domain,
                    name=name or domain.partition(".")[0].replace("-", " ").title(),
                    email=f"owner@{domain.partition('.')[0]}.example",
                    created_at=change.second,
                    scopes=list(SCOPES),
                )
            )
        return state

    @contextmanager
    def changing(
        self, state: ShopState, *, at: datetime | None = None, quiet: bool = False
    ) -> Iterator[Changing]:
        """A change of one shop; when it is whole, the app is told of it (unless `quiet`)."""
        made: list[str] = []
        with state.store.changing(at) as change:
            told = not quiet and state.shop.installed_at is not None

            def finish() -> None:
                if told:
                    made.extend(
                        events.record(change, state.manners, self.settings.app_url, state.chance)
                    )
                    events.forget_old(change)

            change.at_end.append(finish)
            yield change
        for webhook_id in made:
            self._send(state, webhook_id)

    def send_raw(self, state: ShopState, topic: str, body: str) -> str:
        """Delivers a body of the caller's making; its webhook id."""
        with state.store.changing() as change:
            webhook_id = events.raw(change, state.manners, self.settings.app_url, topic, body)
        self._send(state, webhook_id)
        return webhook_id

    def install(self, state: ShopState) -> None:
        """The merchant opens the app: Shopify installs it by itself, if it is not."""
        if state.shop.installed_at is None:
            with self.changing(state, quiet=True) as change:
                change.edit(Shop, "shop").installed_at = change.at

    def set_knobs(self, state: ShopState, wanted: dict[str, Any]) -> dict[str, Any]:
        """Sets knobs by name; all of them as they are then. Raises Unknown for a name we lack."""
        names = {one.name: target for target in self._knobs(state) for one in fields(target)}
        for name, value in wanted.items():
            if name not in names:
                raise Unknown(f"There is no knob {name}; there are {', '.join(sorted(names))}.")
            setattr(names[name], name, value)
        if wanted.get("hold") is False:
            self.deliverer.release(state.route)
        return self.knobs(state)

    def knobs(self, state: ShopState) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for target in self._knobs(state):
            found |= asdict(target)
        return found

    def reset_knobs(self, state: ShopState) -> None:
        """Good behaviour again; what was held is released."""
        # In place: webhooks on their way hold on to these objects.
        pairs: list[tuple[Any, Any]] = [(state.manners, Manners()), (state.trouble, Trouble())]
        for target, good in pairs:
            vars(target).update(vars(good))
        self.deliverer.release(state.route)

    def _knobs(self, state: ShopState) -> tuple[Any, ...]:
        return (state.manners, state.trouble)

    def _open(self, domain: str, first_id: int) -> ShopState:
        store = Store(self.settings.data / domain, first_id)
        store.public_url = self.settings.public_url
        state = ShopState(domain, store)
        self.shops[domain] = state
        return state

    def _send(self, state: ShopState, webhook_id: str) -> None:
        delivery = state.store.get(Delivery, webhook_id)
        if delivery is not None and delivery.state == "pending":
            self.deliverer.add(state.route, delivery)


def first_location(state: ShopState) -> Location:
    """The location preferred for shipping. Raises Unknown in a shop without any."""
    found = sorted(state.store.all(Location), key=lambda one: one.priority)
    if not found:
        raise Unknown("The shop has no location.")
    return found[0]


def remember_settings(settings: Settings, path: Path) -> None:
    """Notes where this server is reached, for whoever started it."""
    content = {"public_url": settings.public_url, "pid": os.getpid(), "at": now().isoformat()}
    path.write_text(json.dumps(content))
