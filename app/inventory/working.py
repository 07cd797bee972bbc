"""What a person does about a discrepancy: takes it on, gives it away, leaves it, or writes it off.

What the papers say of it is no person's to change; see `discrepancies` and `counts` for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory import kinds
from app.inventory.discrepancy_tables import DiscrepancyComment, DiscrepancyTask, WriteOff
from app.inventory.models import AssignmentRule, Discrepancy

KEPT_HISTORY = 50
UNDECIDED = ("open", "in_progress")
BEGUN_FROM = {
    "in_progress": ("open", "left"),
    "open": ("in_progress", "left", "written_off"),
    "left": UNDECIDED,
    "written_off": (*UNDECIDED, "left"),
}
"""From which statuses a person may bring a discrepancy to which."""

ASSIGN = """
WITH fitting AS (
    SELECT DISTINCT ON (discrepancy_id) discrepancy_id, rule.owner
    FROM discrepancy AS known JOIN assignment_rule AS rule USING (shop_id)
    WHERE shop_id = :shop AND known.owner IS NULL
      AND known.status IN ('noticed', 'open', 'in_progress', 'left')
      AND (CAST(:ids AS int[]) IS NULL OR discrepancy_id = ANY(CAST(:ids AS int[])))
      AND (rule.kind IS NULL OR rule.kind = known.kind)
      AND (rule.vendor_code IS NULL OR rule.vendor_code = known.subject ->> 'vendor_code')
      AND (rule.at_least IS NULL
           OR (abs(known.amount) >= rule.at_least AND known.currency = rule.currency))
    ORDER BY discrepancy_id, rule.position
)
UPDATE discrepancy AS known SET owner = fitting.owner FROM fitting
WHERE known.shop_id = :shop AND known.discrepancy_id = fitting.discrepancy_id
RETURNING known.discrepancy_id
"""


def locked(session: Session, discrepancy_id: int) -> Discrepancy | None:
    """One discrepancy of this session's shop, re-read and locked; None when there is none."""
    return session.exec(
        select(Discrepancy)
        .where(
            Discrepancy.shop_id == shop_of(session),
            Discrepancy.discrepancy_id == discrepancy_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def remember(known: Discrepancy, event: str, *, by: str | None = None, **more: Any) -> None:
    """Adds what happened to a discrepancy to its history, with its numbers as they are."""
    if known.kind == kinds.COUNT:
        numbers: dict[str, Any] = {"ours": known.ours, "theirs": known.theirs}
    else:
        amount = None if known.amount is None else f"{known.amount:.4f}"
        numbers = {"units": known.units, "amount": amount, "currency": known.currency}
    entry = {"at": datetime.now(UTC).isoformat(), "event": event, "by": by} | numbers | more
    known.history = [*known.history, entry][-KEPT_HISTORY:]


def give(session: Session, known: Discrepancy, owner: str | None, *, actor: str) -> None:
    """Says whose it is; nobody's when `owner` is None. The same again is no event."""
    if known.owner == owner:
        return
    known.owner = owner
    remember(known, "given", by=actor, owner=owner)
    session.flush()


def begin(session: Session, known: Discrepancy, *, actor: str) -> None:
    """Says that somebody works on it. Raises Refused("not_open") when it is over."""
    _move(known, "in_progress", "begun", actor)
    session.flush()


def leave(
    session: Session, known: Discrepancy, *, actor: str, note: str | None = None
) -> Discrepancy:
    """Leaves it as it is; it opens again when it is no longer the same.

    Raises Refused("not_open") when it is not open.
    """
    _move(known, "left", "left", actor)
    known.ended_by = actor
    known.note = note if note is not None else known.note
    session.flush()
    return known


def reopen(session: Session, known: Discrepancy, *, actor: str) -> None:
    """Takes back what was decided. Raises Refused("not_open") when it is over."""
    if known.status == "written_off":
        end_write_offs(session, [known.discrepancy_id], "reopened")
    _move(known, "open", "reopened", actor)
    known.ended_at, known.ended_by = None, None
    session.flush()


def write_off(session: Session, known: Discrepancy, reason: str, *, actor: str) -> WriteOff:
    """Gives up the amount in question, for a reason that the books keep.

    Raises Refused: "not_open" when it is over, "nothing_to_write_off" when no money is in question,
    or when it is in the shop's favour, "reason_missing" without a reason.
    """
    if not reason.strip():
        raise Refused(
            "reason_missing",
            "Say why this amount is given up; the reason stays in the books.",
            errors=[FieldError("reason", "write a reason")],
        )
    if known.kind == kinds.COUNT or known.amount is None or known.amount <= 0:
        raise Refused(
            "nothing_to_write_off",
            "No money is owed here. A count is adopted or left; what is in your favour is left.",
        )
    assert known.currency is not None
    _move(known, "written_off", "written_off", actor, reason=reason.strip())
    known.ended_at, known.ended_by = datetime.now(UTC), actor
    made = WriteOff(
        shop_id=known.shop_id,
        discrepancy_id=known.discrepancy_id,
        amount=known.amount,
        currency=known.currency,
        reason=reason.strip(),
        by=actor,
    )
    session.add(made)
    session.flush()
    return made


def end_write_offs(
    session: Session, discrepancy_ids: Iterable[int], because: str, *, now: datetime | None = None
) -> None:
    """Takes back the write-offs of these discrepancies, which were "reopened" or "closed"."""
    session.execute(
        text(
            "UPDATE write_off SET ended_at = :now, ended_because = :because"
            " WHERE shop_id = :shop AND ended_at IS NULL"
            " AND discrepancy_id = ANY(CAST(:ids AS int[]))"
        ),
        {
            "shop": shop_of(session),
            "now": now or datetime.now(UTC),
            "because": because,
            "ids": list(discrepancy_ids),
        },
    )


def must_be_as_seen(known: Discrepancy, amount: Decimal | None) -> None:
    """Raises Refused("discrepancy_changed", 409) when another amount is in question by now."""
    if amount is not None and known.amount != amount:
        raise Refused(
            "discrepancy_changed",
            "The numbers have moved meanwhile; look at the discrepancy again.",
            status=409,
        )


def comment(session: Session, known: Discrepancy, words: str, *, actor: str) -> DiscrepancyComment:
    """Keeps what somebody says of it."""
    made = DiscrepancyComment(
        shop_id=known.shop_id, discrepancy_id=known.discrepancy_id, text=words, by=actor
    )
    session.add(made)
    session.flush()
    return made


def add_task(
    session: Session,
    known: Discrepancy,
    title: str,
    *,
    owner: str | None,
    due_on: date | None,
    actor: str,
) -> DiscrepancyTask:
    """Notes one thing to do about it; who begins to plan has begun to work."""
    made = DiscrepancyTask(
        shop_id=known.shop_id,
        discrepancy_id=known.discrepancy_id,
        title=title,
        owner=owner,
        due_on=due_on,
        added_by=actor,
    )
    session.add(made)
    if known.status == "open":
        begin(session, known, actor=actor)
    session.flush()
    return made


def assign(session: Session, discrepancy_ids: list[int] | None = None) -> int:
    """Gives standing discrepancies without an owner to whom the rules say: these, or all.

    Returns how many have an owner now that had none.
    """
    session.flush()
    given = session.execute(text(ASSIGN), {"shop": shop_of(session), "ids": discrepancy_ids})
    return len(given.all())


def rules(session: Session) -> list[AssignmentRule]:
    """The rules of assignment, in the order in which they are asked."""
    return list(
        session.exec(
            select(AssignmentRule)
            .where(AssignmentRule.shop_id == shop_of(session))
            .order_by(col(AssignmentRule.position))
        )
    )


def replace_rules(session: Session, wanted: Iterable[AssignmentRule]) -> None:
    """Makes these the rules, in this order; what is given already stays where it is."""
    for former in rules(session):
        session.delete(former)
    session.flush()
    for position, rule in enumerate(wanted, start=1):
        rule.shop_id, rule.position = shop_of(session), position
        session.add(rule)
    session.flush()


def _move(known: Discrepancy, status: str, event: str, actor: str, **more: Any) -> None:
    if known.status not in BEGUN_FROM[status]:
        raise Refused("not_open", "This is over, or is so already.", status=409)
    known.status = status
    remember(known, event, by=actor, **more)
