"""What is reported held against what was seeded: each fault found, valued to the cent, and no other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from app.bench.money.papers import Fault
from app.bench.money.walk import Walk
from app.db import run
from app.vendor.disputes.classifying import classified
from app.vendor.payments import findings as payments
from app.vendor.reconciliation.stating import disagreements

CENT = Decimal("0.01")
# What the match says of a line that a claim has taken off is said by the deduction.
OF_THE_MATCH = ("underpaid", "unpaid_overdue", "over_received", "price_variance", "unexplained")


@dataclass(frozen=True)
class Verdict:
    """What was seeded, what of it was found, and what else was reported."""

    seeded: list[Fault]
    found: list[Fault]
    missed: list[Fault]
    wrongly: list[Fault]

    @property
    def recall(self) -> float:
        """Of what was seeded, the share that is reported by kind, paper and amount."""
        return len(self.found) / len(self.seeded) if self.seeded else 1.0

    @property
    def precision(self) -> float:
        """Of what is reported, the share that was seeded."""
        reported = len(self.found) + len(self.wrongly)
        return len(self.found) / reported if reported else 1.0


def verdict(walk: Walk) -> Verdict:
    """Compares by kind, paper, amount and currency."""
    truth = Counter(_plain(one) for one in walk.truth())
    reported = Counter(run(_reported, walk.product.shop_id))
    both = truth & reported
    return Verdict(
        sorted(truth.elements()),
        sorted(both.elements()),
        sorted((truth - both).elements()),
        sorted((reported - both).elements()),
    )


def _plain(fault: Fault) -> Fault:
    return Fault(fault.kind, fault.about, fault.amount.quantize(CENT), fault.currency)


def _reported(session: Session) -> list[Fault]:
    """Deductions in question by their verdict, and what the match finds in money beside them."""
    found = [
        Fault(
            one.verdict,
            one.invoice_number or one.reference,
            one.in_question.quantize(CENT),
            one.currency,
        )
        for one in classified(session)
        if one.in_question
    ]
    for finding in payments.differences(session):
        assert finding.amount is not None and finding.currency is not None
        about = str(finding.subject["payment"])
        found.append(Fault(finding.kind, about, finding.amount.quantize(CENT), finding.currency))
    for finding in disagreements(session):
        if finding.kind in OF_THE_MATCH and finding.amount is not None and finding.currency:
            about = str(finding.subject.get("invoice") or finding.subject.get("number"))
            amount = finding.amount.quantize(CENT)
            found.append(Fault(finding.kind, about, amount, finding.currency))
    return found
