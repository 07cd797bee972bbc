"""A shop whose books are open, for tests that need no Shopify: webhooks go in, balances come out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app import messages
from app.db import transaction
from app.inventory.models import Alias, Item, Location, State
from app.messages import Message
from app.shopify import items, opening, payloads
from app.shopify.counts import Counted, keep
from app.shopify.items import ItemFacts
from app.shops import open_shop
from app.webhooks import inbox

DOMAIN = "acme.myshopify.com"
OPENED = datetime(2026, 11, 1, tzinfo=UTC)
NODES = [
    {"id": "100", "name": "Main", "isActive": True, "fulfillsOnlineOrders": True},
    {"id": "200", "name": "East", "isActive": True, "fulfillsOnlineOrders": True},
]


@dataclass
class OpenShop:
    """Item TENT has 50 units at Main and 20 at East; LAMP has 10 at Main; FREE is not tracked."""

    shop_id: int
    item_ids: dict[str, int]
    locations: dict[str, int]
    keys: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def of(cls, session: Session, shop_id: int) -> OpenShop:
        """An existing shop's books: items by SKU and by inventory item, locations by name."""
        found = {row.sku: row.item_id for row in session.exec(select(Item))}
        aliases = select(Alias).where(Alias.kind == items.ITEM)
        found |= {row.value: row.item_id for row in session.exec(aliases)}
        return cls(shop_id, found, {row.name: row.location_id for row in _rows(session)})

    def transaction(self) -> Any:
        return transaction(self.shop_id)

    def deliver(self, topic: str, body: Any, *, drain: bool = True) -> int:
        """Puts a webhook in as the door does; returns its message's id."""
        kept = payloads.kept(topic, body)
        with transaction(self.shop_id) as session:
            message_id = messages.record(
                session,
                direction="in",
                channel="shopify",
                topic=topic,
                key=f"webhook-{next(self.keys)}",
                reference=payloads.reference(topic, kept),
                occurred_at=payloads.occurred_at(topic, kept),
                request=kept,
            )
        assert message_id is not None
        if drain:
            # A drain whose turn is over hands on what is left; on a busy machine that takes a few.
            for _turn in range(20):
                inbox.drain(self.shop_id)
                if self.message(message_id).state != "waiting":
                    break
            assert self.message(message_id).state == "done", self.message(message_id).error
        return message_id

    def message(self, message_id: int) -> Message:
        with transaction(self.shop_id) as session:
            found = session.get(Message, (self.shop_id, message_id))
            assert found is not None
            return found

    def out(self, *topics: str) -> list[Message]:
        """What waits for Shopify."""
        with transaction(self.shop_id) as session:
            query = select(Message).where(
                Message.shop_id == self.shop_id, Message.direction == "out"
            )
            if topics:
                query = query.where(col(Message.topic).in_(topics))
            return list(session.exec(query.order_by(col(Message.message_id))))

    def balance(self, sku: str, state: str, location: str = "100") -> int:
        with transaction(self.shop_id) as session:
            return (
                session.execute(
                    text(
                        "SELECT quantity FROM balance WHERE item_id = :item"
                        " AND location_id = :location AND state = CAST(:state AS stock_state)"
                    ),
                    {
                        "item": self.item_ids[sku],
                        "location": self.locations[location],
                        "state": state,
                    },
                ).scalar()
                or 0
            )

    def standing(self, sku: str, location: str = "100") -> dict[str, int]:
        """Every state with units."""
        with transaction(self.shop_id) as session:
            rows = session.execute(
                text(
                    "SELECT state::text, quantity FROM balance WHERE item_id = :item"
                    " AND location_id = :location AND quantity <> 0"
                ),
                {"item": self.item_ids[sku], "location": self.locations[location]},
            )
            return {row[0]: row[1] for row in rows}

    def everything(self) -> list[Any]:
        """Every balance, for comparing two ways to the same end."""
        with transaction(self.shop_id) as session:
            return list(
                session.execute(
                    text(
                        "SELECT item_id, location_id, state::text, quantity FROM balance"
                        " WHERE quantity <> 0 ORDER BY 1, 2, 3"
                    )
                ).all()
            )


def open_test_shop(
    domain: str = DOMAIN, counted: Sequence[tuple[str, str, str, int]] | None = None
) -> OpenShop:
    """Opens the books of a small shop; `counted` is SKU, location, state, units."""
    with transaction() as session:
        shop = open_shop(session, domain)
        shop.opened_at = OPENED
        session.flush()
        items.keep_locations(session, NODES, all_of_them=True)
        kept = items.upsert(
            session,
            [
                ItemFacts("9001", "TENT", "Tent", tracked=True, variant_ids=("40",)),
                ItemFacts("9002", "LAMP", "Lamp", tracked=True, variant_ids=("41", "42")),
                ItemFacts("9003", "FREE", "Sticker", tracked=False, variant_ids=("43",)),
            ],
        )
        skus = {"TENT": "9001", "LAMP": "9002", "FREE": "9003"}
        made = OpenShop(
            shop.shop_id,
            {sku: kept.item_ids[number] for sku, number in skus.items()},
            _locations(session),
        )
        keep(
            session,
            [
                Counted(made.item_ids[sku], made.locations[place], State(state), units, OPENED)
                for sku, place, state, units in counted or DEFAULT
            ],
        )
        opening.state_stock(session, OPENED)
        opening.hold_what_others_hold(session, OPENED)
    return made


DEFAULT = (
    ("TENT", "100", "available", 50),
    ("TENT", "200", "available", 20),
    ("LAMP", "100", "available", 10),
)


def after(days: float) -> str:
    """A time stamp after the opening."""
    return (OPENED + timedelta(days=days)).isoformat()


def _locations(session: Session) -> dict[str, int]:
    return {row.reference: row.location_id for row in _rows(session)}


def _rows(session: Session) -> Sequence[Location]:
    return session.exec(select(Location)).all()
