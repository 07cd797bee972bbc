"""Clean exit: everything that Holdfast holds is given back, Shopify hears of it, and a file stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlmodel import Session

from app.bell import ring_after_commit
from app.connections import connections
from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory import policy, releasing
from app.shops import this_shop
from app.vendor.promises import restate_open

TELL_SHOPIFY = "shopify_out"
LEFT_TO_TELL = """
SELECT count(*) FILTER (WHERE state = 'waiting') + (
           SELECT count(*) FROM mirror_due WHERE shop_id = :shop) AS waiting,
       count(*) FILTER (WHERE state = 'dead') AS dead
FROM message
WHERE shop_id = :shop AND direction = 'out' AND channel = 'shopify' AND request ? 'changes'
  AND state IN ('waiting', 'dead')
"""
NEWEST_CHOICE = "SELECT coalesce(max(policy_change_id), 0) FROM policy_change WHERE shop_id = :shop"


@dataclass(frozen=True)
class Leaving:
    """How far the exit has come. `done`: nothing of ours is held, and Shopify has heard of it all."""

    leaving_at: datetime | None
    leaving_by: str | None
    held_units: int
    holds: int
    held_for_others: int
    waiting: int
    dead: int
    connected: bool

    @property
    def done(self) -> bool:
        """Whether the app may be taken away now."""
        return self.leaving_at is not None and not (self.held_units or self.waiting or self.dead)


def begin(session: Session, *, actor: str, confirm: str) -> Leaving:
    """Gives back every hold, and takes no new ones until the shop thinks better of it.

    `confirm` must be the shop's domain. May be asked for again: it gives back what is held since.
    Raises Refused("not_confirmed").
    """
    shop = this_shop(session)
    if confirm.strip().lower() != shop.domain:
        raise Refused(
            "not_confirmed",
            "This gives back everything that is held for Amazon; confirm it with the shop's name.",
            errors=[FieldError("confirm", f"type {shop.domain}")],
        )
    if shop.leaving_at is None:
        shop.leaving_at, shop.leaving_by = datetime.now(UTC), actor
        session.flush()
    restate_open(session)
    policy.obey(session, trim=True, actor=actor)
    releasing.release_all(session, actor=actor)
    ring_after_commit(session, TELL_SHOPIFY)
    return progress(session)


def stay(session: Session) -> Leaving:
    """The shop thinks better of it: open purchase orders and safety stocks ask for their units again."""
    shop = this_shop(session)
    shop.leaving_at = shop.leaving_by = None
    session.flush()
    restate_open(session)
    # As new as the newest choice, or the safety stocks would take it for an older one.
    newest = session.execute(text(NEWEST_CHOICE), {"shop": shop_of(session)}).scalar_one()
    policy.obey(session, version=newest)
    ring_after_commit(session, TELL_SHOPIFY)
    return progress(session)


def progress(session: Session) -> Leaving:
    """How far it has come."""
    session.flush()
    shop = this_shop(session)
    held, others, holds = releasing.standing(session)
    left = session.execute(text(LEFT_TO_TELL), {"shop": shop_of(session)}).one()
    return Leaving(
        leaving_at=shop.leaving_at,
        leaving_by=shop.leaving_by,
        held_units=held,
        holds=holds,
        held_for_others=others,
        waiting=left.waiting,
        dead=left.dead,
        connected=any(one.state == "connected" for one in connections(session, "shopify")),
    )
