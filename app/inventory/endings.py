"""How collisions ended: what a way out moved, as it was offered then, and whether it held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from app.db import shop_of
from app.inventory.models import Collision
from app.inventory.queries import MOVEMENT_COLUMNS
from app.inventory.ways import Stake, Way

# Row versions of this very transaction; others may be posting movements of the same item.
CAUSED = """
INSERT INTO collision_movement (shop_id, collision_id, movement_id, document_id, recorded_at)
SELECT posting.shop_id, :collision, movement_id, document_id, recorded_at
FROM posting JOIN balance AS source
  ON source.shop_id = posting.shop_id AND source.account_id = posting.from_account_id
WHERE posting.shop_id = :shop AND source.item_id = :item AND recorded_at >= now()
  AND posting.xmin = pg_current_xact_id()::xid
ON CONFLICT DO NOTHING
"""

LED_TO = f"""
SELECT caused.collision_id, {MOVEMENT_COLUMNS}
FROM collision_movement AS caused
JOIN movement ON movement.shop_id = :shop AND movement.document_id = caused.document_id
 AND movement.movement_id = caused.movement_id AND movement.recorded_at = caused.recorded_at
JOIN document ON document.shop_id = :shop AND document.document_id = caused.document_id
WHERE caused.shop_id = :shop AND caused.collision_id = ANY(:collisions)
ORDER BY movement.recorded_at, movement.movement_id
"""

OPENED_AGAIN = """
SELECT DISTINCT ON (ended.collision_id) ended.collision_id, later.collision_id AS again_id,
       later.opened_at
FROM collision AS ended JOIN collision AS later
  ON later.shop_id = ended.shop_id AND later.item_id = ended.item_id
 AND later.location_id = ended.location_id AND later.collision_id > ended.collision_id
WHERE ended.shop_id = :shop AND ended.collision_id = ANY(:collisions) AND ended.ended_at IS NOT NULL
ORDER BY ended.collision_id, later.collision_id
"""


@dataclass
class Ending:
    """What became of one collision that has ended."""

    movements: list[Row[Any]] = field(default_factory=list)
    opened_again: tuple[int, datetime] | None = None


def keep_what_it_caused(session: Session, collision: Collision) -> None:
    """Notes every movement of the item that this transaction has posted as this collision's."""
    session.execute(
        text(CAUSED),
        {
            "shop": shop_of(session),
            "collision": collision.collision_id,
            "item": collision.item_id,
        },
    )


def endings(session: Session, collision_ids: Sequence[int]) -> dict[int, Ending]:
    """What these collisions led to; two statements however many they are."""
    found = {collision_id: Ending() for collision_id in collision_ids}
    asked = {"shop": shop_of(session), "collisions": list(collision_ids)}
    for row in session.execute(text(LED_TO), asked):
        found[row.collision_id].movements.append(row)
    for row in session.execute(text(OPENED_AGAIN), asked):
        found[row.collision_id].opened_again = (row.again_id, row.opened_at)
    return found


def as_offered(way: Way) -> dict[str, Any]:
    """A way as a person saw it when they chose it; amounts are decimal strings."""
    return {
        "way": way.way,
        "units": way.units,
        "parameters": way.parameters,
        "recommended": way.recommended,
        "because": way.because,
        "until": way.until.isoformat() if way.until else None,
        "effects": [
            {
                "rail": effect.rail,
                "units": effect.units,
                "document": effect.document and effect.document._asdict() | {"title": effect.title},
            }
            for effect in way.effects
        ],
        "stakes": [_stake(stake) for stake in way.stakes],
    }


def _stake(stake: Stake) -> dict[str, Any]:
    return {
        "rail": stake.rail,
        "reason": stake.reason,
        "amount": None if stake.amount is None else f"{stake.amount:f}",
        "currency": stake.currency,
        "missing": stake.missing,
        "verified": stake.verified,
    }
