"""What can be alerted of: each kind finds what is so now, under a rule's thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.overview.alerts.tables import AlertRule
from app.vendor import windows
from app.vendor.cash import standing
from app.vendor.views import to_acknowledge

MOST = 2_000
"""Of one rule at a time; what is beyond is noticed once some of it is over."""
FAILING_FOR = timedelta(hours=1)

DISCREPANCIES = """
SELECT discrepancy_id, kind, reference, subject, units, amount, currency, deadline, opened_at
FROM discrepancy
WHERE shop_id = :shop AND status IN ('open', 'in_progress') AND opened_at >= :since
  AND (CAST(:at_least AS numeric) IS NULL OR (currency = :currency AND abs(amount) >= :at_least))
ORDER BY discrepancy_id LIMIT :most
"""
# What is asked back already is Amazon's to answer.
DEADLINES = """
SELECT discrepancy_id, kind, reference, subject, units, amount, currency, deadline, opened_at
FROM discrepancy
WHERE shop_id = :shop AND status IN ('open', 'in_progress')
  AND deadline BETWEEN :now AND :until
  AND (CAST(:at_least AS numeric) IS NULL OR (currency = :currency AND abs(amount) >= :at_least))
  AND NOT EXISTS (
      SELECT FROM dispute WHERE dispute.shop_id = :shop AND dispute.state = 'filed'
        AND dispute.region = discrepancy.subject ->> 'region'
        AND dispute.reference = discrepancy.subject ->> 'reference')
ORDER BY deadline, discrepancy_id LIMIT :most
"""
COLLISIONS = """
SELECT collision_id, collision.kind, sku, name AS location, units, opened_at FROM collision
JOIN item USING (shop_id, item_id) JOIN location USING (shop_id, location_id)
WHERE shop_id = :shop AND ended_at IS NULL ORDER BY collision_id LIMIT :most
"""
CONNECTIONS = """
SELECT connection_id, channel, coalesce(nullif(name, ''), reference) AS name, state, error,
       last_good_at
FROM connection
WHERE shop_id = :shop AND (state IN ('reopen_needed', 'reauthorise')
    OR (state = 'connected' AND error IS NOT NULL
        AND coalesce(last_good_at, connected_at) < :failing))
ORDER BY connection_id LIMIT :most
"""
OVERDUE = f"""
SELECT * FROM ({standing.OPEN}) AS open_now
WHERE days > coalesce(:days, 0)
  AND (CAST(:at_least AS numeric) IS NULL OR (currency = :currency AND open >= :at_least))
ORDER BY due_at, invoice_id LIMIT :most
"""
# A message that tells of alerts would tell of itself for ever.
DEAD = """
SELECT message_id, channel, topic, reference, finished_at FROM message
WHERE shop_id = :shop AND state = 'dead' AND finished_at >= :since
  AND channel <> 'alert' AND topic <> 'alerts'
ORDER BY message_id LIMIT :most
"""


class Noticed(NamedTuple):
    """One thing that is so now: its key, the screen it opens into, and what is said of it."""

    key: str
    path: str
    about: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of alert and which thresholds it takes; `days` is how many it begins with."""

    name: str
    find: Callable[[Session, AlertRule, datetime], Iterator[Noticed]]
    takes_amount: bool = False
    days: int | None = field(default=None)


def _asked(session: Session, rule: AlertRule, now: datetime) -> dict[str, Any]:
    return {
        "shop": shop_of(session),
        "now": now,
        "since": rule.made_at,
        "until": now + timedelta(days=rule.days or 0),
        "failing": now - FAILING_FOR,
        "at_least": rule.at_least,
        "currency": rule.currency,
        "most": MOST,
    }


def _discrepancies(session: Session, rule: AlertRule, now: datetime) -> Iterator[Noticed]:
    """Those opened since the rule was made; opened again, it is a new one."""
    for row in session.execute(text(DISCREPANCIES), _asked(session, rule, now)):
        yield _discrepancy(row, f"discrepancy:{row.discrepancy_id}:{row.opened_at.isoformat()}")


def _deadlines(session: Session, rule: AlertRule, now: datetime) -> Iterator[Noticed]:
    for row in session.execute(text(DEADLINES), _asked(session, rule, now)):
        yield _discrepancy(row, f"deadline:{row.discrepancy_id}:{row.deadline.isoformat()}")


def _discrepancy(row: Any, key: str) -> Noticed:
    about = {
        "kind": row.kind,
        "reference": row.subject.get("reference") or row.subject.get("number") or row.reference,
        "units": row.units,
        "amount": None if row.amount is None else f"{row.amount:f}",
        "currency": row.currency,
        "by": row.deadline and row.deadline.isoformat(),
    }
    return Noticed(key, f"/discrepancies/{row.discrepancy_id}", about)


def _collisions(session: Session, rule: AlertRule, now: datetime) -> Iterator[Noticed]:
    for row in session.execute(text(COLLISIONS), _asked(session, rule, now)):
        about = {"reference": row.sku, "location": row.location, "units": row.units}
        yield Noticed(f"collision:{row.collision_id}", "/collisions", about)


def _connections(session: Session, rule: AlertRule, now: datetime) -> Iterator[Noticed]:
    """Access that is lost, or calls that have failed for an hour; once for each time it breaks."""
    for row in session.execute(text(CONNECTIONS), _asked(session, rule, now)):
        since = row.last_good_at.isoformat() if row.last_good_at else "never"
        path = "/settings"
        if row.channel == "amazon":
            path = f"/settings/connections/{row.connection_id}"
        yield Noticed(
            f"connection:{row.connection_id}:{since}",
            path,
            {"reference": row.name, "error": row.error},
        )


def _windows(session: Session, rule: AlertRule, now: datetime) -> Iterator[Noticed]:
    until = now + timedelta(days=rule.days or 0)
    for one in windows.windows(session, now):
        if now <= one.end <= until:
            yield Noticed(
                f"window:{one.region}:{one.number}:{one.end.isoformat()}",
                f"/purchase-orders/{quote(one.number)}?region={one.region}",
                {"reference": one.number, "units": one.left, "by": one.end.isoformat()},
            )


def _unanswered(session: Session, _rule: AlertRule, _now: datetime) -> Iterator[Noticed]:
    for one in to_acknowledge(session, MOST):
        yield Noticed(
            f"answer:{one.region}:{one.number}",
            f"/purchase-orders/{quote(one.number)}?region={one.region}",
            {
                "reference": one.number,
                "units": one.units.ordered,
                "by": one.acknowledge_by and one.acknowledge_by.isoformat(),
            },
        )


def _overdue(session: Session, rule: AlertRule, now: datetime) -> Iterator[Noticed]:
    asked = standing.asked_at(session, now) | {
        "days": rule.days,
        "at_least": rule.at_least,
        "currency": rule.currency,
        "most": MOST,
    }
    for row in session.execute(text(OVERDUE), asked):
        yield Noticed(
            f"overdue:{row.invoice_id}:{row.due_at.isoformat()}",
            f"/invoices/{row.invoice_id}",
            {
                "reference": row.number,
                "amount": f"{row.open:f}",
                "currency": row.currency,
                "by": row.due_at.isoformat(),
            },
        )


def _dead(session: Session, rule: AlertRule, now: datetime) -> Iterator[Noticed]:
    for row in session.execute(text(DEAD), _asked(session, rule, now)):
        yield Noticed(
            f"message:{row.message_id}:{row.finished_at.isoformat()}",
            f"/activity/{row.message_id}",
            {"reference": row.reference or row.topic, "channel": row.channel},
        )


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("discrepancy_opened", _discrepancies, takes_amount=True),
        Kind("deadline_near", _deadlines, takes_amount=True, days=7),
        Kind("collision_open", _collisions),
        Kind("connection_failing", _connections),
        Kind("window_ends", _windows, days=3),
        Kind("order_unanswered", _unanswered),
        Kind("cash_overdue", _overdue, takes_amount=True, days=0),
        Kind("message_dead", _dead),
    )
}
