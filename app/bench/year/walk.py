"""Walking the year month by month: Amazon orders, changes and receives; the product does its part.

Twelve steps stand for the months; the papers carry the time at which they are made. What the product
has to wait for is moved into the past, as if the time had gone by.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.bench.year.amazon import CODES, Amazon, token_of
from app.bench.year.product import ASIN, Product
from app.db import database_time

MONTHS = 12
COST = "10.00"
LOOK_UPS = 10
ORDERS = "getPurchaseOrders"
# What goes wrong while reading, by month: the kind and how many calls it lasts.
WHILE_READING = {
    1: ("html_503", 2),
    2: ("html_200", 2),
    3: ("empty", 2),
    4: ("no_rows", 1),
    5: ("throttle", 2),
}
NAMED = """
SELECT region, error FROM connection
WHERE shop_id = :shop AND channel = 'amazon' AND error IS NOT NULL
"""
UNCLEAR = "SELECT invoice_id, number FROM invoice WHERE shop_id = :shop AND state = 'unclear'"
SEEN = "SELECT FROM purchase_order WHERE shop_id = :shop AND number = :number"


@dataclass
class Seeded:
    """One fault as it was seeded: its kind and the paper it is about (or the month)."""

    kind: str
    about: str


@dataclass
class Walk:
    """One walk through the year, and what was seeded on the way."""

    amazon: Amazon
    product: Product
    orders: int
    lines: int
    items: int
    scarce: int
    chance: random.Random
    seeded: list[Seeded] = field(default_factory=list)
    named: dict[str, list[str]] = field(default_factory=dict)
    region_of: dict[str, str] = field(default_factory=dict)
    never_landed: list[str] = field(default_factory=list)
    placed: int = 0
    _unseen: set[str] = field(default_factory=set)
    _notices: list[dict[str, Any]] | None = None

    def go(self) -> None:
        """Walks all months."""
        for month in range(MONTHS):
            count = (self.orders * (month + 1)) // MONTHS - (self.orders * month) // MONTHS
            numbers = [self._place() for _ in range(count)]
            self._read(month)
            if month == 0:
                self.product.say_how_billed()
            if month == 6:
                numbers.append(self._place_late())
            self._answered(month)
            unseen = self.without_effect()
            self._change_minds(month, numbers)
            live = [one for one in numbers if one not in unseen and self._is_answered(one)]
            if month == MONTHS - 1:
                live = live[::2]  # the other half stays held
            shipped = self._ship(month, live)
            if month >= MONTHS - 2:
                continue  # shipped, and not received yet
            self._receive(month, shipped)
            self._bill(month, [one for one in shipped if self.region_of[one] == "na"])
        self.product.do("amazon_poll")
        self.product.follow()
        self._look_up_unclear()
        self.product.do("amazon_poll")
        self.product.do("reconcile")

    def amazon_notices(self) -> list[dict[str, Any]]:
        """The shipment notices that Amazon has, read once at the end."""
        if self._notices is None:
            self._notices = self.amazon.rows("shipments")
        return self._notices

    def _place(self, **further: Any) -> str:
        """Amazon orders: mostly items of which there is plenty, every fifth time one that is out."""
        index, self.placed = self.placed, self.placed + 1
        region, code = [(region, code) for region, codes in CODES.items() for code in codes][
            index % 3
        ]
        count = self.lines * (index + 1) // self.orders - self.lines * index // self.orders
        picked = self.chance.sample(range(1, self.items + 1), max(2, count))
        if index % 20 == 19:
            picked = list(range(self.items + 1, self.items + 1 + min(self.scarce, len(picked))))
        elif index % 5 == 2:
            picked[1] = self.items + 1
        lines = [
            {
                "asin": ASIN.format(number),
                "amount": self.chance.randint(4, 12),
                "cost": COST,
            }
            for number in picked
        ]
        number = str(
            self.amazon.tell(
                "purchase-orders",
                lines=lines,
                refresh_token=token_of(region),
                vendor_code=code,
                number=f"Y{index:07}",
                **further,
            )["number"]
        )
        self.region_of[number] = region
        return number

    def _place_late(self) -> str:
        """An order that turns up three days after its date, when its time has been read already."""
        at = database_time() - timedelta(days=3)
        number = self._place(ordered_at=at.isoformat())
        self.product.do("amazon_poll")
        if self.product.rows(SEEN, shop=self.product.shop_id, number=number):
            raise RuntimeError("the late order was seen at once, so it shows nothing")
        self.amazon.tell(f"purchase-orders/{number}/change")
        self.seeded.append(Seeded("late order", number))
        self.product.do("amazon_poll")
        return number

    def _read(self, month: int) -> None:
        kind, times = WHILE_READING.get(month, ("", 0))
        before = self.amazon.stats()["calls"].get("getPurchaseOrder", 0)
        if kind:
            self.product.submissions_are_faulty = True
            self.amazon.fail(ORDERS, kind, times)
            self.seeded.append(Seeded(kind, f"month {month + 1}"))
        self.product.do("amazon_poll")
        said = [str(row.error) for row in self.product.rows(NAMED, shop=self.product.shop_id)]
        after = self.amazon.stats()["calls"].get("getPurchaseOrder", 0)
        if kind == "no_rows" and after > before:
            said = ["asked for by name, its time read again"]
        if kind:
            self.named[kind] = said
        self.amazon.mend()
        self.product.submissions_are_faulty = False
        self.product.do("amazon_poll")

    def _answered(self, month: int) -> None:
        if month == 7:
            self._arm("acknowledgement", "never_shown")
        if month == 8:
            self._arm("submitAcknowledgement", "cut")
        self.product.follow()
        self._disarm()
        self.product.do("amazon_poll")

    def _change_minds(self, month: int, numbers: list[str]) -> None:
        """Amazon changes its mind on accepted orders."""
        if month not in (2, 9):
            return
        orders = self.amazon.orders()
        live = [one for one in numbers if orders[one]["state"] == "Acknowledged"]
        if len(live) < 2:
            return
        changed, taken_back = live[0], live[1]
        amount = orders[changed]["lines"][0]["amount"]
        was = orders[taken_back]["lines"][0]["amount"]
        self.amazon.tell(f"purchase-orders/{changed}/change", lines={"1": {"amount": amount - 2}})
        self.amazon.tell(f"purchase-orders/{taken_back}/change", lines={"1": {"amount": 0}})
        self.product.do("amazon_poll")
        self.amazon.tell(f"purchase-orders/{taken_back}/change", lines={"1": {"amount": was}})
        self.product.do("amazon_poll")
        self.seeded.append(Seeded("changed order", changed))
        self.seeded.append(Seeded("cancelled and taken back", taken_back))

    def _ship(self, month: int, numbers: Iterable[str]) -> list[str]:
        if month == 3:
            self._arm("SubmitShipmentConfirmations", "refuse")
        if month == 9:
            self._arm("SubmitShipmentConfirmations", "cut")
        shipped = {one: self.product.ship(self.region_of[one], one) for one in numbers}
        self.product.follow()
        self._disarm()
        for region, identifier in self.product.rows(
            "SELECT region, identifier FROM shipment WHERE shop_id = :shop AND state = 'failed'",
            shop=self.product.shop_id,
        ):
            self.named.setdefault("refuse", []).append(identifier)
            self.product.ship_again(region, identifier)
        self.product.follow()
        return list(shipped)

    def _receive(self, month: int, numbers: list[str]) -> None:
        orders = self.amazon.orders()
        for place, number in enumerate(numbers):
            lines = [one for one in orders[number]["lines"] if one["accepted"]]
            first = min(lines[0]["accepted"], lines[0]["amount"])
            if month in (4, 8) and place == 0:
                self._receipt(number, lines[0]["sequence"], first)
                self.product.do("amazon_poll")
                self._receipt(number, lines[0]["sequence"], first - 1)
                self.seeded.append(Seeded("shrinking receipt", number))
            elif month in (5, 7) and place == 0:
                self._receipt(number, lines[0]["sequence"], first - 2)
                self.seeded.append(Seeded("short receipt", number))
            else:
                self._receipt(number, lines[0]["sequence"], first)
            for line in lines[1:]:
                total = min(line["accepted"], line["amount"])
                self._receipt(number, line["sequence"], total)
            self.amazon.tell(f"purchase-orders/{number}/change", cancel=True)
        self.product.do("amazon_poll")

    def _bill(self, month: int, numbers: list[str]) -> None:
        if month == 3:
            self._arm("invoice", "never_land")
        if month == 8:
            self._arm("submitInvoices", "cut")
        for number in numbers:
            self.product.bill("na", number)
        self.product.follow()
        self._disarm()
        self.never_landed = self.amazon.stats()["never_landed"]

    def _look_up_unclear(self) -> None:
        """An operator looks up what is unclear and sends again what Amazon does not have.

        A job that dies while it sends leaves the invoice unclear once more: it is looked up again.
        """
        for _time in range(LOOK_UPS):
            theirs = {one["sent"]["id"] for one in self.amazon.rows("invoices")}
            lost = [
                invoice_id
                for invoice_id, number in self.product.rows(UNCLEAR, shop=self.product.shop_id)
                if number not in theirs
            ]
            if not lost:
                return
            for invoice_id in lost:
                self.product.send_invoice_again(invoice_id)
            self.product.follow()

    def _receipt(self, number: str, line: str, total: int) -> None:
        self.amazon.tell(f"purchase-orders/{number}/receipts", line=line, total=total)

    def _arm(self, operation: str, kind: str) -> None:
        self.product.submissions_are_faulty = True
        self.amazon.fail(operation, kind)

    def _disarm(self) -> None:
        self.amazon.mend()
        self.product.submissions_are_faulty = False

    def without_effect(self) -> set[str]:
        """Orders whose acknowledgement Amazon took and never shows."""
        if self._unseen and self._notices is not None:
            return self._unseen
        self._unseen = {
            sent["purchaseOrderNumber"]
            for one in self.amazon.rows("acknowledgements")
            if one["fault"] == "never_shown"
            for sent in one["sent"]
        }
        return self._unseen

    def _is_answered(self, number: str) -> bool:
        found = self.product.rows(
            "SELECT FROM purchase_order WHERE shop_id = :shop AND number = :number"
            " AND state = 'Acknowledged'",
            shop=self.product.shop_id,
            number=number,
        )
        return bool(found)
