"""Disputes on the wire: the clock, the papers, the worth, the words, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from app.http import Answer, Moment, Money
from app.inventory.futures import zone_of
from app.vendor.deductions import views as deductions
from app.vendor.deductions.views import DeductionSummary, Key, VarianceView
from app.vendor.disputes import netting, wording
from app.vendor.disputes.clock_views import ClockView, clock_view
from app.vendor.disputes.standing import Standing, stand
from app.vendor.disputes.tables import Dispute
from app.vendor.evidence.views import EvidenceView, view_of


class WantedView(Answer):
    """A paper of a dispute: needed or only helpful, here or not, and who has it."""

    type: str
    needed: bool
    present: bool
    holder: str


class ReadinessView(Answer):
    """How far the papers go, 0 to 100, and by which list."""

    score: int
    is_complete: bool
    freight: str | None
    papers: list[WantedView]
    source: str
    verified: bool


class ExpectedView(Answer):
    """What probably comes back: a share of what is open, learned from `ended` disputes."""

    share: str
    amount: Money
    ended: int
    verified: bool


class AttemptView(Answer):
    """One attempt, as lists show it."""

    dispute_id: int
    attempt: int
    state: str
    amount: Money
    recovered: Money
    case_number: str | None
    made_at: Moment
    filed_at: Moment | None
    answer_by: Moment | None
    ended_at: Moment | None
    outcome_by: str | None


class CandidateView(Answer):
    """An open deduction, weighed. `in_question`: open, less what agreement or terms give to Amazon."""

    deduction: DeductionSummary
    clock: ClockView | None
    attempts_left: int
    readiness: ReadinessView
    in_question: Money
    expected: ExpectedView
    next_action: str
    attempts: list[AttemptView]


class CarriedView(Answer):
    """One order line that travelled on the same truck; units are eaches."""

    shipments: list[str]
    number: str
    line: str
    asin: str | None
    vendor_sku: str | None
    shipped: int
    received: int
    difference: int
    billed: int


class NettingView(Answer):
    """A shortage over its truck; `to_claim` is what may be asked for without asking twice."""

    lines: list[CarriedView]
    short: int
    explained: int
    paid_elsewhere: int
    to_claim: int


class HistoryView(Answer):
    at: str
    by: str
    event: str
    case: str | None = None
    recovered: str | None = None


class DisputeSummary(AttemptView):
    """One dispute in the list."""

    region: str
    kind: str
    reference: str
    currency: str
    closes_at: Moment | None


class DisputeView(DisputeSummary):
    """One dispute, with all that is needed to file it."""

    note: str
    rule: str
    can: list[str]
    standing: CandidateView
    netting: NettingView | None
    variances: list[VarianceView]
    evidence: list[EvidenceView]
    case_text: dict[str, str]
    history: list[HistoryView]
    pack_sha256: str | None


def summary(row: Dispute) -> DisputeSummary:
    """A dispute as lists show it."""
    return DisputeSummary(**_said(row), **{name: getattr(row, name) for name in _OWN})


_OWN = ("region", "kind", "reference", "currency", "closes_at")


def _said(row: Dispute) -> dict[str, Any]:
    said = {
        name: getattr(row, name)
        for name in AttemptView.model_fields
        if name not in ("amount", "recovered")
    }
    return said | {
        "amount": Money(amount=row.amount, currency=row.currency),
        "recovered": Money(amount=row.recovered, currency=row.currency),
    }


def candidate(session: Session, found: Standing) -> CandidateView:
    """An open deduction as the work list shows it."""
    [shown] = deductions.summaries(session, [found.row])
    return _candidate(found, shown)


def candidates(session: Session, found: Sequence[Standing]) -> list[CandidateView]:
    """Open deductions as the work list shows them."""
    shown = deductions.summaries(session, [one.row for one in found])
    return [_candidate(one, summary) for one, summary in zip(found, shown, strict=True)]


def _candidate(found: Standing, shown: DeductionSummary) -> CandidateView:
    ready, expected = found.readiness, found.expected
    return CandidateView(
        deduction=shown,
        clock=clock_view(found.window, found.now),
        attempts_left=found.attempts_left,
        readiness=ReadinessView(
            score=ready.score,
            is_complete=ready.is_complete,
            freight=ready.freight,
            papers=[WantedView.model_validate(one) for one in ready.papers],
            source=ready.source,
            verified=ready.verified,
        ),
        in_question=Money(amount=found.in_question, currency=found.row.currency),
        expected=ExpectedView(
            share=f"{expected.share:f}",
            amount=Money(amount=expected.amount, currency=found.row.currency),
            ended=expected.ended,
            verified=expected.verified,
        ),
        next_action=found.next_action,
        attempts=[AttemptView(**_said(one)) for one in found.attempts],
    )


def netting_of(session: Session, found: Standing) -> netting.Netting | None:
    """A shortage claim netted over its truck; None for other kinds, or where nothing is short."""
    if found.row.kind != "shortage_claim" or not found.orders:
        return None
    line = found.row.line if found.row.purchase_order else None
    done = netting.over_truck(session, found.row.region, found.orders, line)
    return done if done.short else None


def whole(session: Session, row: Dispute) -> DisputeView:
    """One dispute with all behind it. Raises Refused 404 when its deduction is gone."""
    deduction = deductions.named(session, Key(*row.key))
    [found] = stand(session, [deduction])
    netted = netting_of(session, found)
    standing = candidate(session, found)
    causes = deductions.variances(session, standing.deduction.invoice_id)
    facts = wording.facts(row, found, netted, causes, zone_of(session))
    return DisputeView(
        **summary(row).model_dump(),
        note=row.note,
        rule=row.rule,
        can=_can(row),
        standing=standing,
        netting=_netting(netted),
        variances=causes,
        evidence=[view_of(paper) for paper in found.evidence],
        case_text={language: wording.case_text(facts, language) for language in wording.LANGUAGES},
        history=[HistoryView.model_validate(one) for one in row.history],
        pack_sha256=row.pack_sha256,
    )


def _can(row: Dispute) -> list[str]:
    return {
        "draft": ["change", "file", "withdraw"],
        "filed": ["deny", "withdraw"],
        "repaid_in_part": ["deny"],
    }.get(row.state, [])


def _netting(done: netting.Netting | None) -> NettingView | None:
    if done is None:
        return None
    return NettingView(
        lines=[
            CarriedView(
                **{
                    name: getattr(one, name)
                    for name in CarriedView.model_fields
                    if name != "shipments"
                },
                shipments=list(one.shipments),
            )
            for one in done.lines
        ],
        short=done.short,
        explained=done.explained,
        paid_elsewhere=done.paid_elsewhere,
        to_claim=done.to_claim,
    )
