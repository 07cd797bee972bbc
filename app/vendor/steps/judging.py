"""How far an order is: each of the eight steps judged from what its papers say.

Nothing here is stored. A step is `done`; it waits for us (`act`) or for Amazon (`wait`); its time is
over (`late`); an earlier one comes first (`ahead`); or it is not needed (`none`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.config import settings
from app.db import shop_of
from app.vendor import terms
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import clocks
from app.vendor.disputes.classifying import classify
from app.vendor.disputes.tables import Dispute

Key = tuple[str, str]
StepName = Literal[
    "ordered", "prepared", "announced", "received", "invoiced", "reviewed", "disputed", "paid"
]
State = Literal["done", "act", "wait", "late", "ahead", "none"]
STEPS: tuple[StepName, ...] = (
    "ordered",
    "prepared",
    "announced",
    "received",
    "invoiced",
    "reviewed",
    "disputed",
    "paid",
)
OVER = ("done", "none")
REACH = timedelta(days=400)
FACTS = Path(__file__).with_name("facts.sql").read_text(encoding="utf-8")
OF_ALL = FACTS.format(narrowed="AND paper.ordered_at > :since")
OF_ONE = FACTS.format(narrowed="AND paper.region = :region AND paper.number = :number")


@dataclass(frozen=True)
class Facts:
    """What the papers of one order say. Units are eaches; `invoiced` also by other doors.

    `answer`: Amazon shows it, it is on its way there, it is stuck until a person acts, or none.
    """

    region: str
    number: str
    vendor_code: str
    ship_to: str
    ordered_at: datetime
    before_books: bool
    is_closed: bool
    is_answered: bool
    answer: Literal["none", "under_way", "stuck", "shown"]
    is_consigned: bool
    window_end: datetime | None
    ordered: int
    acknowledged: int
    shipped: int
    received: int
    received_at: datetime | None
    planned: int
    announced: int
    departs_at: datetime | None
    left_at: datetime | None
    invoiced: int
    is_billed: bool
    is_open: bool
    invoices: int
    reviewed: int
    is_wrong: bool
    due_at: datetime | None
    elsewhere: int

    @property
    def promised(self) -> int:
        """What is to leave: what was acknowledged, until then all."""
        return self.acknowledged if self.is_answered else self.ordered

    @property
    def has_left(self) -> bool:
        """Whether no more is to be sent of it."""
        return self.shipped > 0 and (self.is_closed or self.shipped >= self.promised)

    @property
    def came_to_nothing(self) -> bool:
        """Over without a single unit: cancelled, by closing it or line by line, or rejected in full."""
        is_over = self.is_closed or self.ordered == 0 or (self.is_answered and not self.promised)
        return self.shipped == 0 and is_over


class Claim(NamedTuple):
    """An open deduction about an order that is worth asking back, and its clock."""

    is_filed: bool
    opens_at: datetime | None
    by: datetime | None


class Step(NamedTuple):
    """One step of one order; `by` is its clock where it has one."""

    step: StepName
    state: State
    by: datetime | None = None


class Standing(NamedTuple):
    """One order with its eight steps, in their order."""

    facts: Facts
    steps: list[Step]

    @property
    def now(self) -> Step | None:
        """The first step that is not over; None when all are."""
        return next((one for one in self.steps if one.state not in OVER), None)


def standing_of(session: Session, region: str, number: str, now: datetime) -> Standing:
    """One order. It must be known."""
    asked = {"shop": shop_of(session), "region": region, "number": number}
    [row] = session.execute(text(OF_ONE), asked).mappings()
    facts = Facts(**row)
    return Standing(facts, judge(facts, claims(session, now, [facts]).get((region, number)), now))


def standings(session: Session, now: datetime) -> list[Standing]:
    """Every order of the last 400 days, the newest first."""
    asked = {"shop": shop_of(session), "since": now - REACH}
    found = [Facts(**row) for row in session.execute(text(OF_ALL), asked).mappings()]
    open_claims = claims(session, now, None)
    return [
        Standing(one, judge(one, open_claims.get((one.region, one.number)), now)) for one in found
    ]


def claims(
    session: Session, now: datetime, orders: Sequence[Facts] | None
) -> dict[Key, list[Claim]]:
    """Deductions worth asking back, by the order they are about; also those that came back whole,
    as an empty list. None: of all orders."""
    wanted = select(Deduction).where(Deduction.shop_id == shop_of(session))
    if orders is not None:
        numbers = [one.number for one in orders]
        wanted = wanted.where(
            col(Deduction.purchase_order).in_(numbers) | col(Deduction.reference).in_(numbers)
        )
    rows = session.exec(wanted).all()
    dates = clocks.dates_of(session, rows)
    filed = {
        (one.region, one.kind, one.reference, one.currency)
        for one in session.exec(
            select(Dispute).where(Dispute.shop_id == shop_of(session), Dispute.state == "filed")
        )
    }
    found: dict[Key, list[Claim]] = defaultdict(list)
    for row, judged in zip(rows, classify(session, rows), strict=True):
        own = found[row.region, row.purchase_order or row.reference]
        window = clocks.window_of(row, dates.get((row.region, row.invoice_number or "")))
        if judged.in_question <= 0 or window is None:
            continue
        is_filed = (row.region, row.kind, row.reference, row.currency) in filed
        ends = [one for one in (window.advised_by, window.closes_at) if one and one >= now]
        own.append(Claim(is_filed, window.opens_at, min(ends, default=window.closes_at)))
    return found


def judge(facts: Facts, claimed: Sequence[Claim] | None, now: datetime) -> list[Step]:
    """The eight steps of one order at a moment. Pure: the same facts give the same steps."""
    if facts.came_to_nothing and (facts.is_answered or facts.ordered == 0):
        return [_ordered(facts, now), *(Step(name, "none") for name in STEPS[1:])]
    judges: Mapping[StepName, Callable[[Facts, datetime], Step]] = {
        "ordered": _ordered,
        "prepared": _prepared,
        "announced": _announced,
        "received": _received,
        "invoiced": _invoiced,
        "reviewed": _reviewed,
        "paid": _paid,
    }
    return [
        _disputed(claimed, now) if name == "disputed" else judges[name](facts, now)
        for name in STEPS
    ]


def _due(name: StepName, by: datetime | None, now: datetime, state: State) -> Step:
    return Step(name, "late" if by is not None and by < now else state, by)


def _ordered(facts: Facts, now: datetime) -> Step:
    is_over = facts.is_closed or facts.before_books or facts.ordered == 0
    if facts.answer == "shown" or is_over:
        return Step("ordered", "done")
    by = facts.ordered_at + terms.hours("first_acknowledgement_hours", facts.region)
    return _due("ordered", by, now, "wait" if facts.answer == "under_way" else "act")


def _prepared(facts: Facts, now: datetime) -> Step:
    if facts.has_left or facts.before_books or facts.planned >= facts.promised:
        return Step("prepared", "done")
    if not facts.is_answered:
        return Step("prepared", "ahead", facts.window_end)
    return _due("prepared", facts.window_end, now, "act")


def _announced(facts: Facts, now: datetime) -> Step:
    if facts.has_left or facts.before_books or 0 < facts.promised <= facts.announced:
        return Step("announced", "done")
    by = facts.departs_at or facts.window_end
    if facts.planned == 0:
        return Step("announced", "ahead", by)
    return _due("announced", by, now, "act")


def _received(facts: Facts, now: datetime) -> Step:
    if facts.shipped == 0:
        return Step("received", "ahead")
    if facts.received >= facts.shipped:
        return Step("received", "done" if facts.has_left else "wait")
    settled = terms.days("receipt_settles_days", facts.region)
    by = facts.left_at + settled if facts.left_at else None
    return _due("received", now - settled if facts.is_closed and by is None else by, now, "wait")


def _invoiced(facts: Facts, now: datetime) -> Step:
    if facts.is_consigned:
        return Step("invoiced", "none")
    if facts.received == 0:
        return Step("invoiced", "done" if facts.invoiced >= facts.promised > 0 else "ahead")
    if facts.invoiced >= facts.received:
        return Step("invoiced", "done")
    by = facts.received_at + timedelta(days=settings().unbilled_days) if facts.received_at else None
    return _due("invoiced", by, now, "act")


def _reviewed(facts: Facts, _now: datetime) -> Step:
    if facts.is_consigned:
        return Step("reviewed", "none")
    if facts.is_wrong:
        return Step("reviewed", "act")
    if facts.invoices == 0:
        return Step("reviewed", "done" if facts.elsewhere else "ahead")
    return Step("reviewed", "done" if facts.reviewed >= facts.invoices else "wait")


def _disputed(claimed: Sequence[Claim] | None, now: datetime) -> Step:
    if claimed is None:
        return Step("disputed", "none")
    waiting = [one for one in claimed if not one.is_filed]
    if not claimed:
        return Step("disputed", "done")
    if not waiting:
        return Step("disputed", "wait")
    ready = [one for one in waiting if one.opens_at is None or one.opens_at <= now]
    if not ready:
        return Step("disputed", "wait", _first(one.opens_at for one in waiting))
    return _due("disputed", _first(one.by for one in ready), now, "act")


def _paid(facts: Facts, now: datetime) -> Step:
    if facts.is_consigned:
        return Step("paid", "none")
    if not facts.is_billed:
        return Step("paid", "ahead")
    if not facts.is_open:
        return Step("paid", "done")
    late_at = facts.due_at + timedelta(days=settings().payment_grace_days) if facts.due_at else None
    state: State = "late" if late_at is not None and late_at < now else "wait"
    return Step("paid", state, facts.due_at)


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)
