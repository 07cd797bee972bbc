"""Working a dispute: drafted, filed by a person, and its outcome read back from later payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.inventory.futures import zone_of
from app.vendor.claims import applying as claims
from app.vendor.deductions.restating import fold, restate
from app.vendor.deductions.tables import Deduction
from app.vendor.deductions.views import Key, named
from app.vendor.disputes import classifying, clocks, findings
from app.vendor.disputes.tables import AT_AMAZON, UNDER_WAY, Dispute

KEPT_HISTORY = 50


def follow(shop_id: int) -> None:
    """Folds new payments, states what stands open, and reads outcomes. May run twice."""
    fold(shop_id, then=_settle)


def restate_all(session: Session) -> None:
    """All deductions anew, what they leave open, and every outcome: what time alone changes too."""
    restate(session)
    _settle(session, None)


def _settle(session: Session, numbers: Sequence[str] | None) -> None:
    claims.apply(session)
    findings.state(session, numbers)
    read_outcomes(session, numbers)


def named_dispute(session: Session, dispute_id: int, *, lock: bool = False) -> Dispute:
    """One dispute. Raises Refused 404."""
    found = session.get(Dispute, (shop_of(session), dispute_id), with_for_update=lock or None)
    if found is None:
        raise Refused("not_found", "There is no such dispute in this shop.", status=404)
    return found


def attempts_of(session: Session, key: Key) -> list[Dispute]:
    """Every attempt at one deduction, the first first."""
    return list(
        session.exec(
            select(Dispute)
            .where(
                Dispute.shop_id == shop_of(session),
                Dispute.region == key.region,
                Dispute.kind == key.kind,
                Dispute.reference == key.reference,
                Dispute.currency == key.currency,
            )
            .order_by(col(Dispute.attempt))
        )
    )


def draft(session: Session, key: Key, *, amount: Decimal | None, note: str, by: str) -> Dispute:
    """Begins a dispute over what is in question of what stands open, or over a part of it.

    Raises Refused: 404; 409 where nothing is open, one is under way, the kind is not disputed, all
    attempts are used or the clock is closed; 422 for more than is open.
    """
    row = named(session, key)
    left = row.taken - row.recovered
    if left <= 0:
        raise Refused("nothing_open", "All of this deduction has come back.", status=409)
    window = window_of(session, row)
    if window is None:
        raise Refused("not_disputed", "Deductions of this kind are not disputed.", status=409)
    before = [one for one in attempts_of(session, key) if one.state != "withdrawn"]
    if any(one.state in UNDER_WAY for one in before):
        raise Refused("under_way", "A dispute of this deduction is under way.", status=409)
    if len(before) >= window.attempts:
        raise Refused(
            "attempts_used",
            f"Amazon takes {window.attempts} disputes of one deduction, and all were made;"
            " write to your vendor manager.",
            status=409,
        )
    now = database_time()
    if window.state(now) == "closed" and window.closes_at is not None:
        last = window.closes_at.astimezone(zone_of(session))
        raise Refused(
            "clock_closed",
            f"The last day to dispute this was {last:%Y-%m-%d}.",
            status=409,
        )
    [in_question] = classifying.in_question(session, [row])
    asked = (in_question or left) if amount is None else amount
    if not 0 < asked <= left:
        raise Refused(
            "too_much",
            f"At most {left.normalize():f} {row.currency} are open.",
            status=422,
            errors=[FieldError("amount", f"more than 0 and at most {left.normalize():f}")],
        )
    made = Dispute(
        shop_id=row.shop_id,
        **key._asdict(),
        attempt=1 + max((one.attempt for one in attempts_of(session, key)), default=0),
        amount=asked,
        units=row.units,
        note=note.strip(),
        made_at=now,
        made_by=by,
        closes_at=window.closes_at,
        rule=window.source,
    )
    _note(made, now, by, "drafted")
    session.add(made)
    session.flush()
    return made


def change(session: Session, dispute_id: int, *, amount: Decimal | None, note: str) -> Dispute:
    """Says anew what a draft asks. Raises Refused: 404, 409 once it is filed, 422 for too much."""
    found = _locked_draft(session, dispute_id)
    if amount is not None:
        row = named(session, Key(*found.key))
        left = row.taken - row.recovered
        if not 0 < amount <= left:
            raise Refused(
                "too_much",
                f"At most {left.normalize():f} {row.currency} are open.",
                status=422,
                errors=[FieldError("amount", f"more than 0 and at most {left.normalize():f}")],
            )
        found.amount = amount
    found.note = note.strip()
    session.flush()
    return found


def file(
    session: Session,
    dispute_id: int,
    *,
    case_number: str,
    filed_at: datetime | None,
    by: str,
) -> Dispute:
    """Notes that a person has filed it, under the case number that Amazon gave.

    A fact is not refused for its day. Raises Refused: 404; 409 once it is filed; 422 without a case
    number or with a day to come.
    """
    found = _locked_draft(session, dispute_id)
    now = database_time()
    at = (filed_at or now).astimezone(UTC)
    if not case_number.strip():
        raise Refused("no_case", "Type the case number that Amazon gave.", status=422)
    if at > now + timedelta(days=1):
        raise Refused("not_yet", "The day of filing is still to come.", status=422)
    window = window_of(session, named(session, Key(*found.key)))
    found.state, found.case_number = "filed", case_number.strip()
    found.filed_at, found.filed_by = at, by
    found.answer_by = at + timedelta(days=window.review_days if window else 40)
    _note(found, now, by, "filed", case=found.case_number)
    session.flush()
    read_outcomes(session, [found.reference])
    return found


def withdraw(session: Session, dispute_id: int, *, by: str) -> Dispute:
    """Gives up a draft or a filed dispute. Raises Refused: 404, 409 once it has ended."""
    found = named_dispute(session, dispute_id, lock=True)
    if found.state not in UNDER_WAY:
        raise Refused("ended", "This dispute has ended.", status=409)
    found.state, found.ended_at = "withdrawn", database_time()
    _note(found, found.ended_at, by, "withdrawn")
    session.flush()
    return found


def deny(session: Session, dispute_id: int, *, by: str) -> Dispute:
    """Notes that Amazon has said no. Money that comes later still ends it as repaid.

    Raises Refused: 404, 409 unless it is filed.
    """
    found = named_dispute(session, dispute_id, lock=True)
    if found.state not in ("filed", "repaid_in_part"):
        raise Refused("not_filed", "Only a filed dispute can be denied.", status=409)
    now = database_time()
    found.outcome_by = by
    found.ended_at = now
    if found.state == "filed":
        found.state = "denied"
    _note(found, now, by, "denied")
    session.flush()
    return found


def read_outcomes(session: Session, numbers: Sequence[str] | None) -> None:
    """What came of the disputes of these numbers (None: of all), by the payments that stand now.

    Repaid when all that was asked has come back since it was filed, in part when some of it has, and
    denied when nothing has and the time for an answer is over. A payment that fails later changes it
    back.
    """
    session.flush()
    now, zone = database_time(), zone_of(session)
    wanted = select(Dispute).where(
        Dispute.shop_id == shop_of(session), col(Dispute.state).in_(AT_AMAZON)
    )
    if numbers is not None:
        wanted = wanted.where(
            or_(
                col(Dispute.reference).in_(numbers),
                (col(Dispute.state) == "filed") & (col(Dispute.answer_by) < now),
            )
        )
    for one in session.exec(wanted.with_for_update()).all():
        row = session.get(Deduction, (one.shop_id, *one.key), populate_existing=True)
        later = [
            other.filed_at
            for other in attempts_of(session, Key(*one.key))
            if other.attempt > one.attempt and other.filed_at is not None
        ]
        steps = row.steps if row else []
        back = came_back(steps, one.filed_at or now, min(later, default=None), zone)
        _end(one, back, now)
    session.flush()


def came_back(
    steps: Sequence[dict[str, Any]], since: datetime, until: datetime | None, zone: ZoneInfo
) -> Decimal:
    """What was given back from the day of `since` on and before that of `until`, less what was taken
    again meanwhile; never below zero. Days are those of `zone`."""
    first = since.astimezone(zone).date()
    last = until.astimezone(zone).date() if until else None
    total = Decimal(0)
    for step in steps:
        day = datetime.fromisoformat(step["at"]).astimezone(zone).date()
        if day >= first and (last is None or day < last):
            total -= Decimal(step["taken"])
    return max(total, Decimal(0))


def _end(one: Dispute, back: Decimal, now: datetime) -> None:
    by_person = one.outcome_by not in (None, "payments", "silence")
    if back >= one.amount:
        state, by = "repaid", "payments"
    elif back > 0:
        state, by = "repaid_in_part", "payments"
    elif by_person:
        state, by = "denied", str(one.outcome_by)
    elif one.answer_by is not None and now > one.answer_by:
        state, by = "denied", "silence"
    else:
        state, by = "filed", ""
    if (state, back) == (one.state, one.recovered):
        return
    one.recovered = back
    if state != one.state:
        one.state = state
        one.ended_at = None if state == "filed" else now
        one.outcome_by = one.outcome_by if by_person else (by or None)
    _note(one, now, by or "payments", state, recovered=f"{back:f}")


def window_of(session: Session, row: Deduction) -> clocks.Window | None:
    """The clock of one deduction."""
    dates = clocks.dates_of(session, [row])
    return clocks.window_of(row, dates.get((row.region, row.invoice_number or "")))


def _locked_draft(session: Session, dispute_id: int) -> Dispute:
    found = named_dispute(session, dispute_id, lock=True)
    if found.state != "draft":
        raise Refused("filed", "This dispute has been filed; it is as it was sent.", status=409)
    return found


def _note(one: Dispute, at: datetime, by: str, event: str, **more: str) -> None:
    entry = {"at": at.isoformat(), "by": by, "event": event, **more}
    one.history = [*one.history[1 - KEPT_HISTORY :], entry]
