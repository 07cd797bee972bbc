"""How one deduction stands: its clock, its papers, its attempts, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from app.db import database_time
from app.vendor.deductions.tables import Deduction
from app.vendor.deductions.views import Key, orders_of
from app.vendor.disputes import classifying, clocks, weighing
from app.vendor.disputes.tables import Dispute
from app.vendor.disputes.working import attempts_of
from app.vendor.evidence import vault
from app.vendor.evidence.tables import Evidence

NEXT_ACTIONS = (
    "none",
    "agreed",
    "wait",
    "chase",
    "draft",
    "redispute",
    "file",
    "await",
    "escalate",
    "closed",
)


@dataclass(frozen=True)
class Standing:
    """Everything that is weighed before money is asked back."""

    row: Deduction
    orders: tuple[str, ...]
    window: clocks.Window | None
    evidence: tuple[Evidence, ...]
    own_papers: tuple[str, ...]
    """What we hold outside the vault and put into every pack."""
    readiness: weighing.Readiness
    expected: weighing.Expected
    attempts: tuple[Dispute, ...]
    now: datetime
    in_question: Decimal
    """Of what is open; nothing of it where the agreement or the terms give it to Amazon."""

    @property
    def open(self) -> Decimal:
        """What has not come back."""
        return max(self.row.taken - self.row.recovered, Decimal(0))

    @property
    def attached(self) -> tuple[tuple[str, str | None], ...]:
        """Kind and name of every paper that is attached, as the rules order them; ours have no name."""
        order = {one.type: at for at, one in enumerate(self.readiness.papers)}
        kept: list[tuple[str, str | None]] = [(one.type, one.name) for one in self.evidence]
        kept += [(kind, None) for kind in self.own_papers]
        return tuple(sorted(kept, key=lambda one: (order.get(one[0], len(order)), *map(str, one))))

    @property
    def counted(self) -> list[Dispute]:
        """Attempts that Amazon has seen or will."""
        return [one for one in self.attempts if one.state != "withdrawn"]

    @property
    def attempts_left(self) -> int:
        """How often it may still be disputed."""
        allowed = self.window.attempts if self.window else 0
        return max(0, allowed - len(self.counted))

    @property
    def next_action(self) -> str:
        """What a person should do now."""
        newest = self.counted[-1] if self.counted else None
        if newest is not None and newest.state == "filed":
            return "await"
        if self.open <= 0 or self.window is None:
            return "none"
        if self.window.state(self.now) == "closed":
            return "closed"
        if self.in_question <= 0:
            return "agreed"
        is_draft = newest is not None and newest.state == "draft"
        if not is_draft and self.attempts_left == 0:
            return "escalate"
        if self.window.state(self.now) == "early":
            return "wait"
        if not self.readiness.is_complete:
            return "chase"
        if is_draft:
            return "file"
        return "redispute" if newest is not None else "draft"


def stand(
    session: Session, rows: Sequence[Deduction], now: datetime | None = None
) -> list[Standing]:
    """How these deductions stand."""
    moment = now or database_time()
    dates = clocks.dates_of(session, rows)
    ended = weighing.outcomes(session)
    asked = zip(rows, classifying.in_question(session, rows), strict=True)
    return [_stand(session, row, amount, dates, ended, moment) for row, amount in asked]


def _stand(
    session: Session,
    row: Deduction,
    in_question: Decimal,
    dates: Mapping[tuple[str, str], clocks.Dates],
    ended: Mapping[str, tuple[int, Decimal]],
    now: datetime,
) -> Standing:
    orders = tuple(orders_of(session, row))
    evidence = vault.belonging_to(session, row.region, row.invoice_number, list(orders))
    present = {paper.type for paper in evidence}
    own = weighing.own_papers(session, row.region, orders, row.invoice_number)
    freight = weighing.freight_of(session, row.region, orders) or "Prepaid"
    ready = weighing.readiness(row.kind, row.cause, freight, present | own, now)
    return Standing(
        row=row,
        orders=orders,
        window=clocks.window_of(row, dates.get((row.region, row.invoice_number or ""))),
        evidence=tuple(evidence),
        own_papers=tuple(sorted(own - {"invoice"} if "invoice" in present else own)),
        readiness=ready,
        expected=weighing.expected(row.kind, in_question, ready.score, ended),
        attempts=tuple(
            attempts_of(session, Key(row.region, row.kind, row.reference, row.currency))
        ),
        now=now,
        in_question=in_question,
    )
