"""Agreed costs: entered, replaced, withdrawn, and found for the lines of orders.

Of several that cover a day the one that starts last counts, so a new cost needs no end of the old.
The day of an order is that of the shop's own time zone, as every screen shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import database_time, shop_of
from app.errors import Refused
from app.vendor.costs.tables import AgreedCost

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('agreed costs', :shop))"
MATCH = "reconcile"
# The zone is read once in a statement, however many lines it looks at.
ORDERED_ON = """
    (paper.ordered_at AT TIME ZONE (SELECT time_zone FROM shop WHERE shop_id = :shop))::date
""".strip()


def of_line(line: str) -> str:
    """The query of the cost in force of an order's line, as one row or none.

    For a statement that knows the line by this name, its order as `paper`, and `:shop`.
    """
    return f"""
    SELECT known.* FROM agreed_cost AS known
    WHERE known.shop_id = {line}.shop_id AND known.region = {line}.region
      AND known.vendor_code = paper.vendor_code AND known.asin = {line}.asin
      AND known.withdrawn_at IS NULL
      AND known.currency = coalesce({line}.cost_currency, known.currency)
      AND known.starts_on <= {ORDERED_ON}
      AND (known.ends_on IS NULL OR known.ends_on >= {ORDERED_ON})
    ORDER BY known.starts_on DESC, known.agreed_cost_id DESC LIMIT 1
"""


FOR_LINES = f"""
SELECT line.region, line.number, line.line, agreed.agreed_cost_id, agreed.cost, agreed.currency,
       agreed.starts_on
FROM purchase_order_line AS line
JOIN purchase_order AS paper USING (shop_id, region, number)
JOIN LATERAL ({of_line("line")}) AS agreed ON true
WHERE line.shop_id = :shop AND line.number = ANY(:numbers)
"""

LineKey = tuple[str, str, str]


@dataclass(frozen=True)
class Said:
    """One agreed cost as a person or a file says it; `cost` is above zero."""

    region: str
    vendor_code: str
    asin: str
    currency: str
    cost: Decimal
    starts_on: date
    ends_on: date | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What only one row in force may say."""
        return (self.region, self.vendor_code, self.asin, self.currency, self.starts_on)


class Agreed(NamedTuple):
    """What was agreed for a line of an order on the day of the order."""

    agreed_cost_id: int
    cost: Decimal
    currency: str
    starts_on: date


def in_force(session: Session, said: Sequence[Said]) -> dict[tuple[object, ...], AgreedCost]:
    """By key, the rows in force that these would replace."""
    rows = session.exec(
        select(AgreedCost)
        .where(
            AgreedCost.shop_id == shop_of(session),
            col(AgreedCost.withdrawn_at).is_(None),
            col(AgreedCost.asin).in_({one.asin for one in said}),
        )
        .execution_options(populate_existing=True)
    )
    keyed = {
        (row.region, row.vendor_code, row.asin, row.currency, row.starts_on): row for row in rows
    }
    return {one.key: keyed[one.key] for one in said if one.key in keyed}


def agree(
    session: Session, said: Sequence[Said], *, by: str, import_id: int | None = None
) -> list[AgreedCost]:
    """Puts these costs in force; each replaces the one of the same product and first day.

    What stands as said already is left as it is, so the same again changes nothing.
    """
    _alone(session)
    before = in_force(session, said)
    made = []
    for one in said:
        old = before.get(one.key)
        if old is not None and (old.cost, old.ends_on) == (one.cost, one.ends_on):
            made.append(old)
            continue
        if old is not None:
            old.withdrawn_at, old.withdrawn_by = database_time(), by
            session.add(old)
            session.flush()
        new = AgreedCost(
            shop_id=shop_of(session),
            made_by=by,
            import_id=import_id,
            **vars(one),
        )
        session.add(new)
        session.flush()
        if old is not None:
            old.replaced_by = new.agreed_cost_id
            session.add(old)
        before[one.key] = new
        made.append(new)
    session.flush()
    ring_after_commit(session, MATCH)
    return made


def withdraw(session: Session, agreed_cost_id: int, *, by: str) -> AgreedCost:
    """Ends a cost as never agreed. Raises Refused: 404, or 409 when it is in force no more."""
    _alone(session)
    row = session.get(AgreedCost, (shop_of(session), agreed_cost_id), populate_existing=True)
    if row is None:
        raise Refused("not_found", "There is no such agreed cost in this shop.", status=404)
    if row.withdrawn_at is not None:
        raise Refused("wrong_state", "This cost is not in force any more.", status=409)
    row.withdrawn_at, row.withdrawn_by = database_time(), by
    session.add(row)
    session.flush()
    ring_after_commit(session, MATCH)
    return row


def take_back(session: Session, import_id: int, *, by: str, most: int) -> int:
    """Takes back up to so many rows of a file; what they had replaced is in force again.

    A row that a newer one has replaced since leaves the newer one in force.
    """
    _alone(session)
    rows = session.exec(
        select(AgreedCost)
        .where(AgreedCost.shop_id == shop_of(session), AgreedCost.import_id == import_id)
        .order_by(col(AgreedCost.agreed_cost_id))
        .limit(most)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        replaced = session.exec(
            select(AgreedCost).where(
                AgreedCost.shop_id == row.shop_id,
                AgreedCost.replaced_by == row.agreed_cost_id,
            )
        ).all()
        was_in_force, newer = row.withdrawn_at is None, row.replaced_by
        session.delete(row)
        session.flush()
        for old in replaced:
            old.replaced_by = newer
            if was_in_force:
                old.withdrawn_at = old.withdrawn_by = None
            session.add(old)
        session.flush()
    ring_after_commit(session, MATCH)
    return len(rows)


def agreed_for(session: Session, numbers: Sequence[str]) -> dict[LineKey, Agreed]:
    """For each line of these orders, by region, number and line: the cost agreed on its day."""
    asked = {"shop": shop_of(session), "numbers": list(numbers)}
    return {
        (row[0], row[1], row[2]): Agreed(*row[3:])
        for row in session.execute(text(FOR_LINES), asked)
    }


def _alone(session: Session) -> None:
    """Two that replace the same cost at once would both find it in force."""
    session.execute(text(ONE_AT_A_TIME), {"shop": shop_of(session)})
