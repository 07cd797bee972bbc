"""What is reported held against what was seeded: each fault found, valued to the cent, and no other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from app.bench.money.papers import USD, Fault
from app.bench.money.walk import Walk
from app.db import run
from app.inventory.discrepancies import Finding
from app.vendor.disputes.classifying import classified
from app.vendor.payments import findings as payments
from app.vendor.reconciliation.stating import disagreements

CENT = Decimal("0.01")
# What the match says of a line that a claim is on is said by the deduction.
SAID_BY_THE_CLAIM = ("short_received", "receipts_disagree", "duplicate_invoice", "overbilled")


@dataclass(frozen=True)
class Verdict:
    """What was seeded, what of it was found, and what else was reported."""

    seeded: list[Fault]
    found: list[Fault]
    missed: list[Fault]
    wrongly: list[Fault]

    @property
    def recall(self) -> float:
        """Of what was seeded, the share that is reported by kind, paper, amount, cause and units."""
        return len(self.found) / len(self.seeded) if self.seeded else 1.0

    @property
    def precision(self) -> float:
        """Of what is reported, the share that was seeded."""
        reported = len(self.found) + len(self.wrongly)
        return len(self.found) / reported if reported else 1.0


def verdict(walk: Walk) -> Verdict:
    """Compares by kind, paper, amount, currency, cause and units."""
    truth = Counter(_plain(one) for one in walk.truth())
    reported = Counter(run(_reported, walk.product.shop_id))
    both = truth & reported
    return Verdict(
        sorted(truth.elements(), key=str),
        sorted(both.elements(), key=str),
        sorted((truth - both).elements(), key=str),
        sorted((reported - both).elements(), key=str),
    )


def _plain(fault: Fault) -> Fault:
    return fault._replace(amount=fault.amount.quantize(CENT))


def _reported(session: Session) -> list[Fault]:
    """Deductions in question by their verdict, and what the match finds in money beside them."""
    judged = classified(session)
    found = [
        Fault(
            one.verdict,
            one.invoice_number or one.reference,
            one.in_question.quantize(CENT),
            one.currency,
            one.cause,
            one.units,
        )
        for one in judged
        if one.in_question
    ]
    claimed = {(one.purchase_order, one.line) for one in judged if one.kind == "shortage_claim"}
    for finding in payments.differences(session):
        found.append(_of(finding, str(finding.subject["payment"])))
    for finding in disagreements(session):
        place = (finding.subject.get("number"), finding.subject.get("line"))
        if finding.kind in SAID_BY_THE_CLAIM and place in claimed:
            continue
        about = str(finding.subject.get("invoice") or finding.subject.get("number"))
        found.append(_of(finding, about))
    return found


def _of(finding: Finding, about: str) -> Fault:
    """A finding of the queue; one without money is worth nothing."""
    amount = (finding.amount or Decimal(0)).quantize(CENT)
    currency = finding.currency or USD
    return Fault(finding.kind, about, amount, currency, finding.cause, finding.units)
