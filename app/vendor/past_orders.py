"""Purchase orders that were over before the books were opened, as the preview of a policy wants them.

They hold nothing and are no part of the ledger; what they asked for, and what Amazon took of it in
the end, is what a policy would have had to share out.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from app.db import database_time, shop_of
from app.inventory import past
from app.inventory.past import Past
from app.vendor import terms

AT_ONCE = 5_000
# The ledger has never heard of an order whose revision is 0.
OVER_BEFORE = """
SELECT region, number, line, line.item_id, paper.location_id, ordered_units, ordered_at,
       received_units, coalesce(last_received_at, ship_end, delivery_end) AS ended_at,
       coalesce(ship_end, delivery_end) AS due_at
FROM purchase_order AS paper JOIN purchase_order_line AS line USING (shop_id, region, number)
WHERE shop_id = :shop AND revision = 0 AND NOT withdrawn AND NOT removed AND ordered_units > 0
  AND ordered_at < :opened_at AND line.item_id IS NOT NULL AND paper.location_id IS NOT NULL
  AND (CAST(:since AS timestamptz) IS NULL OR read_at >= :since OR status_read_at >= :since)
ORDER BY region, number, line
"""


def keep(session: Session) -> None:
    """Keeps what was read of such orders since the last time; the same again changes nothing.

    When they were answered Amazon does not say, so they count as promised when its clock for the
    first answer ended. Nothing is kept before somebody has begun to read the shop's past.
    """
    cover = past.cover(session)
    if cover is None:
        return
    now = database_time()
    rows = session.execute(
        text(OVER_BEFORE),
        {
            "shop": shop_of(session),
            "opened_at": cover.opened_at,
            "since": cover.purchase_orders_at,
        },
    ).all()
    lines = [
        Past(
            "purchase_order",
            f"{row.region}:{row.number}",
            row.line,
            row.item_id,
            row.location_id,
            row.ordered_units,
            row.ordered_at,
            ended_at=row.ended_at,
            taken=row.received_units,
            firm_at=row.ordered_at + terms.hours("first_acknowledgement_hours", row.region),
            due_at=row.due_at,
        )
        for row in rows
    ]
    for start in range(0, len(lines), AT_ONCE):
        past.keep(session, lines[start : start + AT_ONCE])
    cover.purchase_orders_at = now
