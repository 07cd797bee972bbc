"""A person asks for a report: now, or once more."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from app.bell import ring_after_commit
from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.vendor.reports.kinds import Period
from app.vendor.reports.planning import Subject, subjects
from app.vendor.reports.states import UNDER_WAY
from app.vendor.reports.tables import HANGING, WAITING, Report

JOB = "reports"


def request(
    session: Session,
    *,
    connection_id: int,
    marketplace: str,
    kind: str,
    starts_at: datetime | None,
    by: str,
) -> Report:
    """Has one period's report asked for now; the newest when none is named.

    One that is under way is not asked for twice. One that hangs is taken back at Amazon first. What
    was read before stays until the new document replaces it. Raises Refused.
    """
    subject = _subject(session, connection_id, marketplace, kind)
    now = database_time()
    newest = subject.kind.latest(now)
    period = newest if starts_at is None else Period(starts_at, starts_at + subject.kind.length)
    if not subject.kind.can_be_asked(period, now):
        raise Refused(
            "wrong_period",
            "Amazon makes no report of this period.",
            errors=[FieldError("starts_at", f"for example {newest.starts_at:%Y-%m-%dT%H:%M:%SZ}")],
        )
    row = _row(session, subject, period)
    row.asked_by = by
    if row.state not in UNDER_WAY:
        if row.state != HANGING:
            row.amazon_id = None  # it has ended, so there is nothing to take back
        row.state, row.tries, row.times_asked = WAITING, 0, 0
        row.cause = row.cause_code = None
    if row.state == WAITING:
        row.due_at = now
    session.add(row)
    session.flush()
    ring_after_commit(session, JOB)
    return row


def _subject(session: Session, connection_id: int, marketplace: str, kind: str) -> Subject:
    found = [one for one in subjects(session) if one.connection.connection_id == connection_id]
    if not found:
        raise Refused("not_found", "There is no such connection to Amazon.", status=404)
    for field, wanted, known in (
        ("marketplace", marketplace, {one.marketplace for one in found}),
        ("kind", kind, {one.kind.name for one in found}),
    ):
        if wanted not in known:
            raise Refused(
                "unknown_report",
                f"No report is asked for of this {field}.",
                errors=[FieldError(field, "one of " + ", ".join(sorted(known)))],
            )
    return next(one for one in found if (one.marketplace, one.kind.name) == (marketplace, kind))


def _row(session: Session, subject: Subject, period: Period) -> Report:
    connection_id = subject.connection.connection_id
    found = session.exec(
        select(Report)
        .where(
            Report.shop_id == shop_of(session),
            Report.connection_id == connection_id,
            Report.marketplace == subject.marketplace,
            Report.kind == subject.kind.name,
            Report.starts_at == period.starts_at,
        )
        .with_for_update()
    ).first()
    return found or Report(
        shop_id=shop_of(session),
        connection_id=connection_id,
        marketplace=subject.marketplace,
        kind=subject.kind.name,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
    )
