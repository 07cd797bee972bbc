"""A small brand for tests of the core: items, locations, papers in one line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from sqlalchemy import text

from app.db import run, transaction
from app.inventory import collisions, ledger
from app.inventory.documents import Claim, Document, DocumentKey, Outcome
from app.inventory.flows import adjusted, received, shipped
from app.inventory.models import Item, Location, State
from app.shops import open_shop

ORDER = "shopify_order"
FULFILLMENT = "shopify_fulfillment"
PURCHASE_ORDER = "purchase_order"
numbers = count(1)


@dataclass(frozen=True)
class Brand:
    """One shop with its items and locations by name."""

    shop_id: int
    items: dict[str, int]
    locations: dict[str, int]

    def item(self, name: str) -> int:
        return self.items[name]

    def at(self, name: str) -> int:
        return self.locations[name]

    def settle(self, *documents: Document) -> list[Outcome]:
        return run(ledger.settle, self.shop_id, documents)

    def ask_again(self) -> list[Outcome]:
        return run(ledger.ask_again, self.shop_id)

    def stock(self, item: str, location: str, quantity: int) -> None:
        flow = adjusted("1", self.item(item), self.at(location), quantity)
        self.settle(Document("adjustment", f"stock {next(numbers)}", 1, flows=[flow]))

    def quantity(self, item: str, location: str, state: State) -> int:
        with transaction(self.shop_id) as session:
            found = session.execute(
                text(
                    "SELECT quantity FROM balance WHERE item_id = :item"
                    " AND location_id = :location AND state = CAST(:state AS stock_state)"
                ),
                {"item": self.item(item), "location": self.at(location), "state": state.value},
            ).scalar()
        return found or 0

    def balances(self) -> dict[tuple[int, int, str], int]:
        with transaction(self.shop_id) as session:
            rows = session.execute(
                text(
                    "SELECT item_id, location_id, state::text, quantity FROM balance"
                    " WHERE quantity <> 0"
                )
            ).all()
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def movement_count(self) -> int:
        with transaction(self.shop_id) as session:
            return int(session.execute(text("SELECT count(*) FROM movement")).scalar_one())

    def order(
        self, reference: str, wanted: int, *, item: str, at: str, version: int = 1, digest: str = ""
    ) -> Document:
        claim = Claim("1", self.item(item), self.at(at), State.COMMITTED, wanted)
        return Document(
            ORDER, reference, version, claims=[claim], echo=True, digest=digest or str(wanted)
        )

    def fulfillment(
        self, reference: str, order: str, total: int, *, item: str, at: str, version: int = 1
    ) -> Document:
        flow = shipped(
            "1",
            self.item(item),
            self.at(at),
            total,
            to=State.CUSTOMER,
            hold=DocumentKey(ORDER, order),
            state=State.COMMITTED,
        )
        return Document(FULFILLMENT, reference, version, flows=[flow], echo=True, digest=str(total))

    def purchase_order(
        self,
        reference: str,
        wanted: int,
        *,
        item: str,
        at: str,
        version: int = 1,
        firm: bool = False,
    ) -> Document:
        claim = Claim("1", self.item(item), self.at(at), State.RESERVED, wanted)
        return Document(PURCHASE_ORDER, reference, version, claims=[claim], fact=False, firm=firm)

    def shipment(
        self, reference: str, purchase_order: str, total: int, *, item: str, at: str
    ) -> Document:
        flow = shipped(
            "1",
            self.item(item),
            self.at(at),
            total,
            to=State.AMAZON_TRANSIT,
            hold=DocumentKey(PURCHASE_ORDER, purchase_order),
            state=State.RESERVED,
        )
        return Document("shipment", reference, 1, flows=[flow])

    def receipt(
        self, purchase_order: str, total: int, *, item: str, at: str, version: int
    ) -> Document:
        flow = received("1", self.item(item), self.at(at), total)
        return Document("receipt", purchase_order, version, flows=[flow])

    def refresh_collisions(self) -> int:
        places = [
            (item, location) for item in self.items.values() for location in self.locations.values()
        ]
        with transaction(self.shop_id) as session:
            return len(collisions.refresh(session, places))


def make_brand(
    domain: str = "brand.myshopify.com",
    items: tuple[str, ...] = ("tent", "stove"),
    locations: tuple[str, ...] = ("main", "east"),
) -> Brand:
    """A new shop with these items and locations and no stock."""
    with transaction() as session:
        shop_id = open_shop(session, domain).shop_id
        made = {name: Item(shop_id=shop_id, sku=name.upper(), title=name) for name in items}
        places = {
            name: Location(shop_id=shop_id, reference=name, name=name, priority=number)
            for number, name in enumerate(locations, start=1)
        }
        session.add_all([*made.values(), *places.values()])
        session.flush()
        return Brand(
            shop_id,
            {name: item.item_id for name, item in made.items()},
            {name: place.location_id for name, place in places.items()},
        )
