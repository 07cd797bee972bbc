"""Quantities by state, and the history of what changed them. One function writes both.

`on_hand` is never stored: it is the sum of its parts, so Shopify's identity cannot be broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.simulators.shopify.records import (
    ON_HAND,
    Adjustment,
    Change,
    Item,
    Level,
    Location,
    level_key,
)
from app.simulators.shopify.store import Changing

STORE = "Online store"
"""Who stands in the history for what orders do to stock."""


@dataclass(frozen=True)
class Step:
    """So many units more (or fewer) of one state of one item at one location."""

    item_id: int
    location_id: int
    name: str
    delta: int
    ledger: str | None = None


def apply(
    change: Changing, steps: list[Step], *, reason: str, actor: str, reference: str | None = None
) -> Adjustment | None:
    """Carries out the steps and writes one entry of history; None if nothing changed.

    Steps of items that are not tracked change nothing.
    """
    lines: list[Change] = []
    before: dict[tuple[int, int], int] = {}
    for step in steps:
        item = change.get(Item, step.item_id)
        if item is None or not item.tracked or not step.delta:
            continue
        level = level_of(change, step.item_id, step.location_id)
        before.setdefault((step.item_id, step.location_id), level.quantity("on_hand"))
        lines.append(_one(change, level, step))
    for (item_id, location_id), quantity in before.items():
        level = level_of(change, item_id, location_id)
        delta = level.quantity("on_hand") - quantity
        if delta:
            level.changed["on_hand"] = change.second
            lines.append(
                Change(
                    item_id=item_id,
                    location_id=location_id,
                    name="on_hand",
                    delta=delta,
                    after=level.quantity("on_hand"),
                )
            )
    if not lines:
        return None
    return change.add(
        Adjustment(
            id=change.new_id(),
            created_at=change.at,
            reason=reason,
            reference=reference,
            actor=actor,
            changes=lines,
        )
    )


def level_of(change: Changing, item_id: int, location_id: int) -> Level:
    """The level, to be altered; a new one, all zero, where the item was never stocked."""
    key = level_key(item_id, location_id)
    if change.get(Level, key) is not None:
        return change.edit(Level, key)
    return change.add(
        Level(
            id=change.new_id(),
            item_id=item_id,
            location_id=location_id,
            created_at=change.second,
            updated_at=change.second,
        )
    )


def locations_by_preference(change: Changing) -> list[Location]:
    """Where online orders may be shipped from, the preferred one first."""
    found = [
        location for location in change.all(Location) if location.active and location.fulfils_online
    ]
    return sorted(found, key=lambda location: location.priority)


def available(change: Changing, item_id: int, location_id: int) -> int:
    level = change.get(Level, level_key(item_id, location_id))
    return level.quantity("available") if level else 0


def _one(change: Changing, level: Level, step: Step) -> Change:
    level.quantities[step.name] += step.delta
    level.changed[step.name] = change.second
    level.updated_at = _later(level.updated_at, change.second)
    if step.ledger:
        ledger = level.ledgers.setdefault(step.name, {})
        ledger[step.ledger] = ledger.get(step.ledger, 0) + step.delta
        if not ledger[step.ledger]:
            del ledger[step.ledger]
    return Change(
        item_id=step.item_id,
        location_id=step.location_id,
        name=step.name,
        delta=step.delta,
        after=level.quantities[step.name],
        ledger=step.ledger,
    )


def _later(one: datetime, other: datetime) -> datetime:
    return max(one, other)


def identities_broken(levels: list[Level]) -> list[str]:
    """Levels that break a rule of Shopify's states; a healthy shop has none."""
    wrong = []
    for level in levels:
        parts = sum(level.quantities[name] for name in ON_HAND)
        if level.quantity("on_hand") != parts:
            wrong.append(f"{level.key}: on_hand")
        wrong.extend(
            f"{level.key}: {name} below zero"
            for name, quantity in level.quantities.items()
            if name != "available" and quantity < 0
        )
    return wrong
