"""What lies behind the sample brand on the day it starts: half a year of orders, invoiced and paid.

One order a week, each with its own story: paid in full, short, claimed, given back, discounted, not
invoiced at all. Invoices are dated 8 days after the order, due 60 days later, and paid in weekly runs.
What the brand itself has of it (its lists of shipments and invoices, papers of carriers) stands in
`elsewhere`, as an operator would bring it.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from app.simulators.amazon import invoices, orders, remittances
from app.simulators.amazon.world import World
from app.simulators.catalog import CURRENCY

SHIPPED, RECEIVED, INVOICED, DUE = (timedelta(days=days) for days in (3, 6, 8, 60))
IN_TIME, TOO_LATE = 25, 46
QUICK_PAY = Decimal("0.02")
CENT = Decimal("0.01")
LOWER_COST = Decimal("0.75")
CHARGEBACK = Decimal("212.40")
PROVISION = Decimal("340.00")
CO_OP, CO_OP_TOO_MUCH = Decimal("150.00"), Decimal("186.00")


class Step(NamedTuple):
    """A line of a payment so many days after the invoice; a plain amount, or what is missing."""

    day: int
    reference: str
    amount: Decimal | None = None
    gives_back: bool = False


@dataclass(frozen=True)
class Story:
    """What became of one order: how it was received, invoiced, paid, and what was taken."""

    is_short: bool = False
    price_is_lower: bool = False
    is_invoiced: bool = True
    is_known_to_us: bool = True
    """Whether the brand's own list of invoices names it."""
    paid_on: int | None = 60
    part: Decimal = Decimal(1)
    has_discount: bool = False
    steps: tuple[Step, ...] = ()
    has_papers: bool = False

    @property
    def cause(self) -> dict[str, list[str]]:
        """Amazon's own words for why it paid less."""
        if self.is_short:
            return {"PQV": ["SHORTAGES_IN_TRANSIT"]}
        return {"PPV": ["PRODUCT_COST_NOT_ACTIVE"]} if self.price_is_lower else {}


SHORTAGE = Step(60, "{invoice}SC")
NOT_DUE = Story(paid_on=None)
STORIES: Mapping[int, Story] = {
    25: Story(is_short=True, steps=(SHORTAGE, Step(95, "{invoice}SCR", gives_back=True))),
    22: Story(is_short=True, steps=(SHORTAGE,), has_papers=True),
    20: Story(paid_on=IN_TIME, has_discount=True),
    19: Story(steps=(Step(60, "COOP-{month}01", CO_OP),)),
    18: Story(paid_on=TOO_LATE, has_discount=True),
    17: Story(
        steps=(
            Step(60, "{order} PROVISION FOR RECEIVABLES", PROVISION),
            Step(88, "{order} PROVISION FOR RECEIVABLESR", PROVISION, gives_back=True),
        )
    ),
    15: Story(is_short=True, steps=(SHORTAGE,), has_papers=True),
    14: Story(steps=(Step(60, "{order} PROVISION FOR RECEIVABLES", PROVISION),)),
    13: Story(
        price_is_lower=True,
        steps=(Step(60, "{invoice}PC"), Step(60, "COOP-{month}01", CO_OP_TOO_MUCH)),
    ),
    12: Story(part=Decimal("0.6"), steps=(Step(60, "{order}VCBSINV", CHARGEBACK),)),
    11: Story(paid_on=None),
    9: NOT_DUE,
    8: NOT_DUE,
    7: NOT_DUE,
    6: Story(paid_on=None, is_known_to_us=False),
    5: NOT_DUE,
    4: NOT_DUE,
    3: Story(is_invoiced=False),
    2: Story(is_invoiced=False),
}
"""By the order's age in weeks; every other one is received, invoiced and paid in full."""


class Told(NamedTuple):
    """An invoice with what it is about. Units are eaches, amounts CURRENCY."""

    number: str
    order: dict[str, Any]
    dated_at: datetime
    lines: list[tuple[dict[str, Any], int, Decimal]]
    missing: int
    """Eaches of the first line that Amazon did not count."""

    @property
    def total(self) -> Decimal:
        """What was invoiced."""
        return sum((units * cost for _, units, cost in self.lines), Decimal())

    def taken(self, story: Story) -> Decimal:
        """What Amazon takes off for what it misses."""
        _, units, cost = self.lines[0]
        return LOWER_COST * units if story.price_is_lower else self.missing * cost


def live_through(world: World, order: dict[str, Any], weeks: int) -> None:
    """Receives, invoices and pays an order of so many weeks ago as its story says."""
    story = STORIES.get(weeks, Story())
    missing = _receive(order, story)
    ordered_at = orders.moment(order["ordered_at"])
    number = f"LK-{2_000 - weeks}"
    told = Told(
        number,
        order,
        ordered_at + INVOICED,
        [
            (line, line["amount"] * line["unit_size"], Decimal(line["cost"]))
            for line in order["lines"]
        ],
        missing,
    )
    _note_shipped(world, told, ordered_at + SHIPPED, f"LKSHIP{2_000 - weeks}")
    if story.has_papers:
        _note_papers(world, told, ordered_at + SHIPPED)
    if story.is_invoiced:
        _bill(world, told, story)
    if story.is_invoiced and story.is_known_to_us:
        _note_invoiced(world, told)


def pay_all(world: World) -> None:
    """Makes the payments of all weekly runs that are past."""
    runs: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
    for at, line in world.state["elsewhere"].pop("to_pay"):
        runs[orders.moment(at)].append(line)
    for number, (at, lines) in enumerate(sorted(runs.items()), start=1):
        if at < orders.now():
            given = {"number": f"98{number:07}", "paid_at": orders.stamp(at), "lines": lines}
            remittances.pay(world, given | {"currency": CURRENCY})


def table(world: World, name: str) -> str:
    """One of the brand's own lists as CSV, headed as its owner's workbook has it."""
    rows: list[dict[str, Any]] = world.state["elsewhere"][name]
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def paper(given: Mapping[str, Any]) -> bytes:
    """A carrier's paper as a PDF of one page; the same content is the same file."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=letter, invariant=1)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(72, 720, given["title"])
    canvas.setFont("Helvetica", 11)
    for place, line in enumerate(given["lines"]):
        canvas.drawString(72, 690 - 18 * place, line)
    canvas.save()
    return written.getvalue()


def _receive(order: dict[str, Any], story: Story) -> int:
    first = order["lines"][0]
    if story.is_short:
        first["amount"] = max(first["amount"], 3)
    orders.acknowledge(order, accept_all(order))
    for line in order["lines"]:
        short = 1 if story.is_short and line is first else 0
        orders.receive(order, line["sequence"], line["amount"] - short)
    orders.set_state(order, "Closed")
    past = orders.stamp(orders.moment(order["ordered_at"]) + RECEIVED)
    order["state_changed_at"] = order["updated_at"] = past
    for line in order["lines"]:
        line["received_at"] = line["acknowledged_at"] = past
    return int(first["unit_size"]) if story.is_short else 0


def accept_all(order: dict[str, Any]) -> dict[str, Any]:
    """An acknowledgement that takes the whole order."""
    return {
        "purchaseOrderNumber": order["number"],
        "items": [
            {
                "itemSequenceNumber": line["sequence"],
                "itemAcknowledgements": [
                    {
                        "acknowledgementCode": "Accepted",
                        "acknowledgedQuantity": {"amount": line["amount"]},
                    }
                ],
            }
            for line in order["lines"]
        ],
    }


def _bill(world: World, told: Told, story: Story) -> None:
    """Amazon's finance has it, matched by what was received; and what is to be paid of it."""
    lines = []
    for line, units, cost in told.lines:
        is_first = line is told.lines[0][0]
        lines.append(
            {
                "amount": str(units * cost),
                "type": "GOODS",
                "asin": line["asin"],
                "units": units,
                "cost": str(cost),
                "matched": units - (told.missing if is_first else 0),
                "defects": story.cause if is_first else {},
            }
        )
    due_at = told.dated_at + DUE
    is_over = due_at < orders.now() and story.paid_on is not None and story.part == 1
    invoices.bill(
        world,
        {
            "number": told.number,
            "total": str(told.total),
            "type": "AP_INVENTORY",
            "status": "PAID" if is_over else "IN_PROGRESS",
            "issued_at": orders.stamp(told.dated_at),
            "due_at": orders.stamp(due_at),
            "terms": "2% 30 NET 60",
            "related": {"PURCHASE_ORDER_IDS": [told.order["number"]]},
            "lines": lines,
        },
    )
    to_pay: list[tuple[str, dict[str, Any]]] = world.state["elsewhere"].setdefault("to_pay", [])
    if story.paid_on is not None:
        discount = (told.total * QUICK_PAY).quantize(CENT) if story.has_discount else Decimal()
        paid = (told.total * story.part).quantize(CENT) - discount
        line = {"reference": told.number, "paid": str(paid), "total": str(told.total)}
        line["issued_at"] = orders.stamp(told.dated_at)
        if discount:
            line["discount"] = str(discount)
        to_pay.append((orders.stamp(told.dated_at + timedelta(days=story.paid_on)), line))
    for step in story.steps:
        at = told.dated_at + timedelta(days=step.day)
        reference = step.reference.format(
            invoice=told.number, order=told.order["number"], month=f"{at:%Y%m}"
        )
        amount = step.amount or told.taken(story)
        taken = {"reference": reference, "paid": str(amount if step.gives_back else -amount)}
        to_pay.append((orders.stamp(at), taken))


def _note_shipped(world: World, told: Told, left_at: datetime, shipment: str) -> None:
    rows = world.state["elsewhere"].setdefault("shipments", [])
    for line, units, _cost in told.lines:
        rows.append(
            {
                "Shipment ID": shipment,
                "PO": told.order["number"],
                "ASIN": line["asin"],
                "Quantity shipped": units,
                "Ship date": f"{left_at:%Y-%m-%d}",
                "SCAC": "SAIA",
                "PRO number": f"PRO{told.number[3:]}",
                "BOL": f"BOL{told.number[3:]}",
                "Cartons": sum(one["amount"] for one, _, _ in told.lines),
            }
        )


def _note_invoiced(world: World, told: Told) -> None:
    rows = world.state["elsewhere"].setdefault("invoices", [])
    for line, units, cost in told.lines:
        rows.append(
            {
                "Invoice number": told.number,
                "Invoice date": f"{told.dated_at:%Y-%m-%d}",
                "PO": told.order["number"],
                "ASIN": line["asin"],
                "Quantity invoiced": units,
                "Unit cost": str(cost),
                "Currency": CURRENCY,
                "Invoice total": str(told.total),
            }
        )


def _note_papers(world: World, told: Told, left_at: datetime) -> None:
    number, cartons = told.number[3:], sum(line["amount"] for line, _, _ in told.lines)
    said = [
        f"Purchase order {told.order['number']} to {told.order['ship_to']}",
        f"PRO{number}   BOL{number}   {cartons} cartons",
    ]
    signed = f"Received {left_at + timedelta(days=2):%Y-%m-%d}, {cartons} cartons, no exceptions"
    papers = (
        ("bol", "Bill of lading", f"Picked up {left_at:%Y-%m-%d}, {cartons} cartons"),
        ("pod", "Proof of delivery", signed),
        ("weight_ticket", "Weight ticket", f"Weighed {left_at:%Y-%m-%d}: {cartons * 11} lb"),
    )
    for type_, title, last in papers:
        world.state["elsewhere"].setdefault("papers", []).append(
            {
                "name": f"{type_}-{number}.pdf",
                "type": type_,
                "order": told.order["number"],
                "invoice": told.number,
                "carrier_reference": f"PRO{number}",
                "title": title,
                "lines": [*said, last],
            }
        )
