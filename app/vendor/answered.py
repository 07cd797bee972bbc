"""What was said of an order last, line by line: what a changed answer begins from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory.kits import Part
from app.inventory.models import Balance, State
from app.vendor.acknowledgements import Proposal, Said, case_size, propose
from app.vendor.promises import is_firm
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

REASONS_GIVEN = """
SELECT DISTINCT ON (said.line) said.line, said.rejection_reason
FROM acknowledgement_line AS said JOIN acknowledgement USING (shop_id, acknowledgement_id)
WHERE shop_id = :shop AND region = :region AND number = :number AND state <> 'failed'
  AND said.rejection_reason IS NOT NULL
ORDER BY said.line, acknowledgement_id DESC
"""


def is_answered(line: PurchaseOrderLine) -> bool:
    """Whether anything was said of this line, by us or elsewhere."""
    return bool(line.accepted_units or line.backordered_units or line.rejected_units)


def units_added(line: PurchaseOrderLine) -> int:
    """Eaches that Amazon has ordered of an answered line on top of what the answer speaks of."""
    said = line.accepted_units + line.backordered_units + line.rejected_units
    return max(0, line.ordered_units - said) if said and not line.removed else 0


def as_it_stands(
    order: PurchaseOrder,
    line: PurchaseOrderLine,
    held: int,
    reasons: Mapping[str, str],
    lines: Sequence[PurchaseOrderLine],
) -> Said:
    """What was said of a line, or what Holdfast would say of it now; always of all that is ordered.

    Of what Amazon has ordered less since, backordered units go first and rejected ones before them;
    what it has ordered more is rejected here, as nobody has said that it can be had.
    """
    if is_answered(line):
        accept = min(line.accepted_units, line.ordered_units)
        backorder = min(line.backordered_units, line.ordered_units - accept)
        reject = line.ordered_units - accept - backorder
        reason = reasons.get(line.line, "TemporarilyUnavailable") if reject else None
        day = line.backorder_on if backorder else None
        return Said(line.line, accept, backorder, reject, reason, day)
    if is_firm(order, lines):
        return Said(line.line, line.ordered_units, 0, 0, None)
    proposed = propose(line, held)
    return Said(
        line.line,
        proposed.accept,
        proposed.backorder,
        proposed.reject,
        proposed.rejection_reason,
    )


def reasons_given(session: Session, order: PurchaseOrder) -> dict[str, str]:
    """Line → the reason for which units of it were rejected last."""
    rows = session.execute(
        text(REASONS_GIVEN),
        {"shop": order.shop_id, "region": order.region, "number": order.number},
    )
    return {row.line: row.rejection_reason for row in rows}


def propose_again(
    session: Session,
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    parts: Mapping[int, Sequence[Part]],
) -> dict[str, Proposal]:
    """By answered line: what stands, and of units that Amazon has added what is free now.

    A line of which units were rejected gets no more accepted: Amazon takes none back.
    """
    if not any(map(is_answered, lines)):
        return {}
    reasons = reasons_given(session, order)
    free = _free_units(session, order, lines, parts)
    found: dict[str, Proposal] = {}
    for line in filter(is_answered, lines):
        said = as_it_stands(order, line, 0, reasons, lines)
        proposal = Proposal(
            said.accept,
            said.backorder,
            said.reject,
            said.rejection_reason,
            "answered",
            backorder_on=said.backorder_on,
        )
        if added := units_added(line):
            step = case_size(line)
            possible = 0 if line.rejected_units else min(added, free.get(line.line, 0))
            more = possible // step * step
            reject = proposal.reject - more
            proposal = replace(
                proposal,
                accept=proposal.accept + more,
                reject=reject,
                rejection_reason=proposal.rejection_reason if reject else None,
                because="added",
            )
        found[line.line] = proposal
    return found


def _free_units(
    session: Session,
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    parts: Mapping[int, Sequence[Part]],
) -> dict[str, int]:
    """Eaches that are free now at the order's location, by line that Amazon has added units to."""
    wanted = {
        line.line: parts[line.item_id]
        for line in lines
        if units_added(line) and line.item_id is not None and parts.get(line.item_id)
    }
    if not wanted or order.location_id is None:
        return {}
    rows = session.exec(
        select(Balance.item_id, Balance.quantity).where(
            Balance.shop_id == shop_of(session),
            Balance.location_id == order.location_id,
            Balance.state == State.AVAILABLE,
            col(Balance.item_id).in_({part.item_id for own in wanted.values() for part in own}),
        )
    )
    available = dict(rows.all())
    return {
        line: max(0, min(available.get(part.item_id, 0) // part.units for part in own))
        for line, own in wanted.items()
    }
