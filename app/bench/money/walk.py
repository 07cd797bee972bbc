"""Walking the cases through the product: ordered, shipped, received, invoiced, paid.

Orders are placed 100 days ago and invoices are dated 70 days ago, so that every payment run lies in
the past by now. What the product does is done by its own jobs and by what an operator would say.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlmodel import Session

from app.bench.money.cases import AGREED, CASES, LOST_IN_EXCHANGE, Case, CoOp
from app.bench.money.papers import Fault, Line, Paid, Paper
from app.bench.year.amazon import Amazon, token_of
from app.bench.year.product import ASIN, Product
from app.db import database_time, run, shop_of
from app.vendor import invoices
from app.vendor.co_op.tables import CoOpAgreement
from app.vendor.files import working as files
from app.vendor.files.kinds import REMITTANCES
from app.vendor.invoices import Billed

REGION = "na"
CODES = ("YEARA", "YEARB")
ORDERED, INVOICED = timedelta(days=100), timedelta(days=70)
RUNS = {"A": 25, "B": 45, "C": 60, "D": 66, "E": 68, "F": 60, "G": 60, "H": 60}
RATE = Decimal("0.9")
AS_IF_TIME_HAD_PASSED = """
UPDATE remittance_reading SET tried_at = tried_at - interval '2 hours',
    read_to = read_to - interval '70 days'
WHERE shop_id = :shop
"""
COSTS = ("10.00", "7.35", "12.49", "3.99")


@dataclass
class Told:
    """A case as it was walked."""

    case: Case
    papers: list[Paper]


@dataclass
class Walk:
    """The cases of several rounds, and all that is truly wrong in them."""

    amazon: Amazon
    product: Product
    chance: random.Random
    items: int
    rounds: int
    cases: list[Told] = field(default_factory=list)
    payments: dict[str, list[Paid]] = field(default_factory=dict)
    placed: int = 0

    def go(self) -> None:
        """Walks every case to its payment."""
        self._place_all()
        self.product.do("amazon_poll")
        self.product.say_how_billed()
        run(_agree, self.product.shop_id)
        self.product.follow()
        self.product.do("amazon_poll")
        self._ship_all()
        self._receive_all()
        self._bill_all()
        self._pay_all()
        self.product.execute(AS_IF_TIME_HAD_PASSED, shop=self.product.shop_id)
        self.product.do("amazon_poll")
        run(self._bring_file, self.product.shop_id)
        self.product.do("files")
        self.product.do("reconcile")

    def truth(self) -> list[Fault]:
        """All that is truly wrong."""
        return [fault for one in self.cases for fault in one.case.truth(one.papers)]

    def _place_all(self) -> None:
        at = database_time() - ORDERED
        for _ in range(self.rounds):
            for kind in CASES:
                case, code = kind(), self.chance.choice(CODES)
                lines = [
                    Line(item, self.chance.randint(8, 20), Decimal(self.chance.choice(COSTS)))
                    for item in self.chance.sample(range(1, self.items + 1), 2)
                ]
                papers = [self._placed(code, lines, at) for _ in range(case.orders)]
                self.cases.append(Told(case, papers))

    def _placed(self, code: str, lines: list[Line], at: datetime) -> Paper:
        self.placed += 1
        paper = Paper(f"M{self.placed:07}", code, lines)
        given = [
            {"asin": ASIN.format(line.item), "amount": line.units, "cost": str(line.cost)}
            for line in lines
        ]
        self.amazon.tell(
            "purchase-orders",
            number=paper.number,
            lines=given,
            vendor_code=code,
            refresh_token=token_of(REGION),
            ordered_at=at.isoformat(),
        )
        return paper

    def _ship_all(self) -> None:
        for one in self.cases:
            numbers = [paper.number for paper in one.papers]
            shipment = self.product.ship(REGION, *numbers)
            for paper in one.papers:
                paper.shipment = shipment
        self.product.follow()

    def _receive_all(self) -> None:
        for one in self.cases:
            for place, paper in enumerate(one.papers):
                for line, units in enumerate(one.case.received(place, paper), start=1):
                    path = f"purchase-orders/{paper.number}/receipts"
                    self.amazon.tell(path, line=str(line), total=units)
        self.product.do("amazon_poll")

    def _bill_all(self) -> None:
        at = database_time() - INVOICED
        for one in self.cases:
            for paper in one.papers:
                paper.billed = one.case.billed(paper)
                billed = [
                    Billed(paper.number, str(line), said.units, said.cost)
                    for line, said in enumerate(paper.billed, start=1)
                ]
                paper.invoice = run(_bill, self.product.shop_id, paper.number, billed, at)
        self.product.follow()
        for one in self.cases:
            for paper in one.papers:
                lines = one.case.told(paper)
                self.amazon.tell(f"invoices/{paper.invoice}", lines=lines, status="PAID")

    def _pay_all(self) -> None:
        for one in self.cases:
            for paid in one.case.paid(one.papers):
                # What is wrong with a payment itself is one for each case, so that it can be named.
                name = f"{paid.run}{one.papers[0].number}" if paid.run in "GH" else paid.run
                self.payments.setdefault(name, []).append(paid)
        invoiced = database_time() - INVOICED
        for name, lines in sorted(self.payments.items()):
            at = invoiced + timedelta(days=RUNS[name[0]])
            self.amazon.tell(
                "remittances",
                number=f"RUN{name}",
                lines=[line.as_told() for line in lines],
                refresh_token=token_of(REGION),
                paid_at=at.isoformat(),
                **_exchanged(name, lines),
            )

    def _bring_file(self, session: Session) -> None:
        """An operator brings the payments that come by file too, all in one."""
        day = database_time() - INVOICED + timedelta(days=RUNS["H"])
        rows = [
            "Payment Number,Payment Date,Payment Currency,Payment Amount,Invoice Number,Amount Paid"
        ]
        for one in self.cases:
            lines = [paid for paid in one.case.paid(one.papers) if paid.run == "H"]
            whole = sum((paid.paid for paid in lines), Decimal())
            head = f"RUNH{one.papers[0].number},{day:%Y-%m-%d},USD,{whole}"
            rows += [f"{head},{paid.reference},{one.case.by_file(paid)}" for paid in lines]
        content = "\n".join(rows).encode()
        kept, found = files.bring(
            session, REMITTANCES, "payments.csv", content, region=REGION, actor="user:1"
        )
        assert found.faults == []
        files.apply(session, kept.import_id, actor="user:1")


def _exchanged(name: str, lines: list[Paid]) -> dict[str, Any]:
    """Payments F and G come in another currency; G is less than its rate gives."""
    if name[0] not in ("F", "G"):
        return {}
    given = {"currency": "CAD", "invoice_currency": "USD", "rate": str(RATE)}
    if name[0] == "G":
        whole = sum((line.paid for line in lines), Decimal()) * RATE
        whole = whole.quantize(Decimal("0.01"), ROUND_HALF_UP)
        given["amount"] = str(whole - LOST_IN_EXCHANGE)
    return given


def _agree(session: Session) -> None:
    """An operator keeps the agreement that the charges are held against."""
    session.add(
        CoOpAgreement(
            shop_id=shop_of(session),
            region=REGION,
            number=CoOp.agreement,
            name="Marketing",
            purpose="marketing",
            base="fixed",
            amount=AGREED,
            currency="USD",
            starts_on=(database_time() - timedelta(days=365)).date(),
            changed_by="user:1",
        )
    )


def _bill(session: Session, number: str, billed: list[Billed], at: datetime) -> str:
    draft = invoices.draft(session, REGION, [number], "shipments", actor="user:1")
    invoices.edit(session, draft.invoice_id, billed, at)
    made = invoices.issue(session, draft.invoice_id, None)
    assert made.number is not None
    return made.number
