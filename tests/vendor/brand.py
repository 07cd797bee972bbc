"""A brand that sells to Amazon: its shop, items, stock and connection, and what it looks like now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import text

from app import jobs, secrets
from app.connections import Connection
from app.db import run, transaction
from app.inventory import ledger
from app.inventory.documents import Claim, Document
from app.inventory.flows import adjusted
from app.inventory.models import Alias, Item, Location, State
from app.messages import Message
from app.shops import open_shop
from app.vendor import outbox
from app.vendor.polling import coverage
from app.vendor.polling.windows import POLL
from tests.vendor.amazon import Amazon

SHOPS = count(1)
PAPERS = count(1)
TENT = {"asin": "B0TENT0001", "vendor_sku": "810000000011", "cost": "40.00"}
STOVE = {"asin": "B0STOVE001", "vendor_sku": "STOVE-1", "cost": "12.50"}
MUG = {"asin": "B0MUG00001", "vendor_sku": "MUG-12", "cost": "3.10"}


@dataclass(frozen=True)
class VendorBrand:
    """One shop, connected to one vendor group."""

    shop_id: int
    connection_id: int
    items: dict[str, int]
    locations: dict[str, int]
    amazon: Amazon

    def stock(self, item: str, quantity: int, at: str = "main") -> None:
        flow = adjusted("1", self.items[item], self.locations[at], quantity)
        run(
            ledger.settle,
            self.shop_id,
            [Document("adjustment", f"stock {next(PAPERS)}", 1, flows=[flow])],
        )

    def shop_order(self, item: str, quantity: int, at: str = "main") -> None:
        claim = Claim("1", self.items[item], self.locations[at], State.COMMITTED, quantity)
        run(
            ledger.settle,
            self.shop_id,
            [Document("shopify_order", f"order {next(PAPERS)}", 1, claims=[claim], echo=True)],
        )

    def poll(self) -> None:
        """Asks Amazon what is new, and does what that rings for."""
        jobs.do(POLL, self.shop_id)
        jobs.do("reconcile", self.shop_id)

    def send(self, *, later: timedelta | None = None) -> None:
        """Works on what is due; with `later`, as if that much time had passed since."""
        if later is not None:
            self.let_pass(later)
        outbox.send(self.shop_id)

    def send_and_follow(self) -> None:
        """Sends what waits, gives Amazon the time to act, and looks at what became of it."""
        self.send()
        time.sleep(0.3)
        self.send(later=timedelta(seconds=6))

    def let_pass(self, span: timedelta) -> None:
        """Moves everything that waits into the past by this span."""
        with transaction(self.shop_id) as session:
            session.execute(
                text(
                    "UPDATE message SET due_at = due_at - :span, response = CASE"
                    " WHEN response ? 'since' THEN jsonb_set(response, '{since}', to_jsonb("
                    "  ((response->>'since')::timestamptz - :span)::text)) ELSE response END"
                    " WHERE state = 'waiting' AND direction = 'out' AND channel = 'amazon'"
                ),
                {"span": span},
            )

    def balance(self, item: str, state: State, at: str = "main") -> int:
        return int(
            self.value(
                "SELECT coalesce(sum(quantity), 0) FROM balance WHERE item_id = :item"
                " AND location_id = :location AND state::text = :state",
                item=self.items[item],
                location=self.locations[at],
                state=state.value,
            )
        )

    def value(self, statement: str, **parameters: Any) -> Any:
        with transaction(self.shop_id) as session:
            return session.execute(text(statement), parameters).scalar()

    def execute(self, statement: str, **parameters: Any) -> None:
        with transaction(self.shop_id) as session:
            session.execute(text(statement), parameters)

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        with transaction(self.shop_id) as session:
            return list(session.execute(text(statement), parameters))

    def messages(self, topic: str) -> list[Message]:
        with transaction(self.shop_id) as session:
            return [
                session.get_one(Message, (self.shop_id, row[0]))
                for row in session.execute(
                    text("SELECT message_id FROM message WHERE topic = :topic ORDER BY 1"),
                    {"topic": topic},
                )
            ]

    def coverage(self) -> coverage.Coverage | None:
        return run(coverage.stated, self.shop_id, self.connection_id)

    def connection(self) -> Connection:
        with transaction(self.shop_id) as session:
            return session.get_one(Connection, (self.shop_id, self.connection_id))


def make_vendor_brand(
    amazon: Amazon, *, connected_at: datetime | None = None, locations: int = 2
) -> VendorBrand:
    """A fresh shop; items are known to Amazon by ASIN, by barcode or by nothing but their SKU."""
    with transaction() as session:
        shop = open_shop(session, f"vendor-{next(SHOPS)}.myshopify.com")
        items = {
            "tent": Item(shop_id=shop.shop_id, sku="TENT-2P", title="Tent", units_per_case=6),
            "stove": Item(shop_id=shop.shop_id, sku="STOVE-1", title="Stove"),
            "mug": Item(shop_id=shop.shop_id, sku="MUG", title="Mug"),
        }
        places = [
            Location(shop_id=shop.shop_id, reference=str(n), name=name, priority=n)
            for n, name in enumerate(("main", "second")[:locations], start=1)
        ]
        session.add_all([*items.values(), *places])
        session.flush()
        session.add(
            Alias(
                shop_id=shop.shop_id,
                kind="barcode",
                value="810000000011",
                item_id=items["tent"].item_id,
            )
        )
        connection = Connection(
            shop_id=shop.shop_id,
            channel="amazon",
            reference="na:tests",
            name="US",
            region="na",
            refresh_token=secrets.encrypt(amazon.refresh_token),
            connected_at=connected_at or datetime.now(UTC) - timedelta(days=400),
        )
        session.add(connection)
        session.flush()
        return VendorBrand(
            shop_id=shop.shop_id,
            connection_id=connection.connection_id,
            items={name: item.item_id for name, item in items.items()},
            locations={place.name: place.location_id for place in places},
            amazon=amazon,
        )
