"""The months that movements lie in: what there is, and taking old ones out of the ledger's way.

A month that is moved away becomes a table of its own, `moved_movement_2026_01`, guarded like before, to
be dumped, put on other disks or dropped. Balances stay as they are; the audit goes on from the first
month that is left.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.errors import Refused
from app.inventory import audit

FRESH = timedelta(days=1)
PATIENCE = "SET LOCAL lock_timeout = '5s'"
"""The whole table is locked for a moment; writers must not queue behind a reader for longer."""

MONTHS = """
SELECT to_date(right(relname, 7), 'YYYY_MM') AS month,
       pg_total_relation_size(pg_class.oid) AS bytes, greatest(reltuples, 0)::bigint AS movements
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'posting'::regclass AND relname ~ '^movement_[0-9]{4}_[0-9]{2}$'
ORDER BY month
"""
STILL_TO_TELL = """
SELECT EXISTS (
    SELECT FROM mirror_due JOIN posting USING (shop_id, movement_id)
    WHERE mirror_due.shop_id = :shop AND recorded_at < :before)
"""
MOVE = """
ALTER TABLE posting DETACH PARTITION movement_{month};
ALTER TABLE movement_{month} RENAME TO moved_movement_{month};
CREATE TRIGGER movements_are_for_ever BEFORE UPDATE OR DELETE ON moved_movement_{month}
    FOR EACH ROW EXECUTE FUNCTION movements_are_for_ever();
"""


class Month(NamedTuple):
    """One month of movements: its first day, its size with indexes, about how many there are."""

    month: date
    bytes: int
    movements: int


def months(session: Session) -> list[Month]:
    """The months that are here, oldest first, those made ahead of time included."""
    return [Month(*row) for row in session.execute(text(MONTHS))]


def require_movable(session: Session, before: date) -> None:
    """Raises Refused unless this shop can do without its movements before that day.

    Its books were audited within a day and nothing was found, and the outside has been told of all
    those movements.
    """
    last = audit.latest(session)
    if last is None or last.ran_at < datetime.now(UTC) - FRESH or last.findings:
        raise Refused(
            "not_audited",
            f"The books of shop {shop_of(session)} have not been found right within a day:"
            " run `holdfast audit` and look into what it finds.",
        )
    moment = datetime(before.year, before.month, before.day, tzinfo=UTC)
    waiting = session.execute(
        text(STILL_TO_TELL), {"shop": shop_of(session), "before": moment}
    ).scalar_one()
    if waiting:
        raise Refused(
            "not_told_yet",
            f"Shopify has not been told of all those movements of shop {shop_of(session)}.",
        )


def move_away(session: Session, month: date) -> str:
    """Takes the oldest month out of the ledger; returns the name of the table it now is.

    Raises Refused when it is not the oldest, not over yet, or not here. The caller has asked
    `require_movable` of every shop; the session's role owns the tables.
    """
    here = [one.month for one in months(session)]
    if month not in here or month != here[0]:
        raise Refused("not_the_oldest", f"{month:%Y-%m} is not the oldest month that is here.")
    if month >= datetime.now(UTC).date().replace(day=1):
        raise Refused("not_over_yet", f"{month:%Y-%m} is not over yet.")
    session.execute(text(PATIENCE))
    for statement in MOVE.format(month=f"{month:%Y_%m}").strip().split(";\n"):
        session.execute(text(statement))
    return f"moved_movement_{month:%Y_%m}"
