"""What a dispute is worth and what it still lacks: readiness, the chase list, expected value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.vendor.disputes.rulebook import holder_of, odds_of, papers_for

NEEDED, HELPFUL = 3, 1
"""What a paper counts towards readiness."""
CENT = Decimal("0.01")

ENDED = """
SELECT kind, count(*), sum(least(recovered / amount, 1)) FROM dispute
WHERE shop_id = :shop AND state IN ('repaid', 'repaid_in_part', 'denied') GROUP BY kind
"""
FREIGHT = """
SELECT DISTINCT shipment.freight_term FROM shipment
JOIN shipment_line USING (shop_id, region, identifier)
WHERE shop_id = :shop AND region = :region AND number = ANY(:orders)
  AND shipment.state NOT IN ('draft', 'cancelled')
"""
OWN_PAPERS = """
SELECT EXISTS (SELECT FROM purchase_order_version WHERE shop_id = :shop AND region = :region
                   AND number = ANY(:orders)) AS purchase_order,
       EXISTS (SELECT FROM invoice WHERE shop_id = :shop AND region = :region
                   AND number = :invoice AND jsonb_typeof(document) = 'object') AS invoice
"""


@dataclass(frozen=True)
class Wanted:
    """One paper of a dispute: whether it is needed or only helps, is here, and who has it."""

    type: str
    needed: bool
    present: bool
    holder: str


@dataclass(frozen=True)
class Readiness:
    """How far the papers go: 0 to 100. `verified`: whether the list itself is."""

    score: int
    papers: tuple[Wanted, ...]
    freight: str | None
    source: str
    verified: bool

    @property
    def missing(self) -> list[Wanted]:
        """The chase list: what is not here, needed ones first."""
        return [one for one in self.papers if not one.present]

    @property
    def is_complete(self) -> bool:
        """Whether every needed paper is here."""
        return all(one.present for one in self.papers if one.needed)


def readiness(
    kind: str, cause: str | None, freight: str | None, present: set[str], day: datetime
) -> Readiness:
    """What a dispute of this kind and cause has and lacks, by the rules in force that day."""
    rule = papers_for(kind, cause, freight, day.date())
    if rule is None:
        return Readiness(0, (), freight, "", False)
    papers = tuple(
        Wanted(paper, needed, paper in present, holder_of(paper))
        for needed, listed in ((True, rule.needs), (False, rule.helps))
        for paper in listed
    )
    weights = [(NEEDED if one.needed else HELPFUL, one.present) for one in papers]
    whole = sum(weight for weight, _ in weights)
    have = sum(weight for weight, here in weights if here)
    score = have * 100 // whole if whole else 0
    return Readiness(score, papers, freight, rule.source, rule.verified)


@dataclass(frozen=True)
class Expected:
    """What probably comes back: `share` of the amount, learned from `ended` disputes of one's own."""

    share: Decimal
    amount: Decimal
    ended: int
    verified: bool


def outcomes(session: Session) -> dict[str, tuple[int, Decimal]]:
    """Own disputes that have ended, by kind: how many, and the sum of the parts that came back."""
    asked = {"shop": shop_of(session)}
    return {kind: (count, part) for kind, count, part in session.execute(text(ENDED), asked)}


def expected(
    kind: str, amount: Decimal, score: int, ended: Mapping[str, tuple[int, Decimal]]
) -> Expected:
    """The part that usually comes back at this readiness, mixed with one's own outcomes so far."""
    usual = odds_of(kind)
    start = usual.without + (usual.with_all - usual.without) * score / 100
    count, parts = ended.get(kind, (0, Decimal(0)))
    share = (start * usual.weight + parts) / (usual.weight + count)
    value = (amount * share).quantize(CENT, ROUND_HALF_EVEN)
    return Expected(share.quantize(Decimal("0.001")), value, count, usual.verified or count > 0)


def freight_of(session: Session, region: str, orders: Sequence[str]) -> str | None:
    """Who paid the freight of these orders' shipments; None where none has left, or both did."""
    asked = {"shop": shop_of(session), "region": region, "orders": list(orders)}
    terms = list(session.execute(text(FREIGHT), asked).scalars())
    return terms[0] if len(terms) == 1 else None


def own_papers(
    session: Session, region: str, orders: Sequence[str], invoice: str | None
) -> set[str]:
    """Types of papers that we hold outside the vault and put into every pack."""
    asked = {
        "shop": shop_of(session),
        "region": region,
        "orders": list(orders),
        "invoice": invoice,
    }
    row = session.execute(text(OWN_PAPERS), asked).mappings().one()
    return {name for name, here in row.items() if here}
