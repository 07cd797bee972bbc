"""Counts: what Shopify says stands where. Kept beside the balances and compared, never copied over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory.models import INSIDE, State
from app.shopify.client import Json
from app.shopify.payloads import whole

SOURCE = "shopify"


@dataclass(frozen=True, slots=True)
class Counted:
    """One balance as Shopify states it."""

    item_id: int
    location_id: int
    state: State
    quantity: int
    observed_at: datetime


def keep(session: Session, counted: Iterable[Counted]) -> None:
    """Keeps counts; an older one never replaces a newer one."""
    newest: dict[tuple[int, int, State], Counted] = {}
    for one in counted:
        key = (one.item_id, one.location_id, one.state)
        if key not in newest or newest[key].observed_at <= one.observed_at:
            newest[key] = one
    rows = list(newest.values())
    if not rows:
        return
    session.execute(
        text(
            "INSERT INTO count AS known"
            " (shop_id, item_id, location_id, state, source, quantity, observed_at)"
            " SELECT :shop, item_id, location_id, state, :source, quantity, observed_at"
            " FROM unnest(CAST(:items AS int[]), CAST(:locations AS int[]),"
            " CAST(CAST(:states AS text[]) AS stock_state[]), CAST(:quantities AS int[]),"
            " CAST(:moments AS timestamptz[]))"
            " AS given (item_id, location_id, state, quantity, observed_at)"
            " ORDER BY item_id, location_id, state"
            " ON CONFLICT (shop_id, item_id, location_id, state, source) DO UPDATE SET"
            " quantity = excluded.quantity, observed_at = excluded.observed_at"
            " WHERE known.observed_at <= excluded.observed_at"
        ),
        {
            "shop": shop_of(session),
            "source": SOURCE,
            "items": [row.item_id for row in rows],
            "locations": [row.location_id for row in rows],
            "states": [row.state.value for row in rows],
            "quantities": [row.quantity for row in rows],
            "moments": [row.observed_at for row in rows],
        },
    )


def forget(session: Session) -> None:
    """Drops all of Shopify's counts of this shop, before they are all read anew."""
    session.execute(
        text("DELETE FROM count WHERE shop_id = :shop AND source = :source"),
        {"shop": shop_of(session), "source": SOURCE},
    )


def of_level(
    level: Json, item_id: int, location_id: int, observed_at: datetime, *, sparse: bool = False
) -> list[Counted]:
    """Every state of one inventory level; with `sparse` zeros are left out, but for `available`."""
    found = []
    for one in level.get("quantities") or ():
        name, quantity = one.get("name"), whole(one.get("quantity"))
        if quantity is None or name not in INSIDE:
            continue
        if quantity or not sparse or name == State.AVAILABLE:
            found.append(Counted(item_id, location_id, State(name), quantity, observed_at))
    return found
