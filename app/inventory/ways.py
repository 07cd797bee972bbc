"""Ways out of a collision: who wants the same units, what could be done, and what it costs whom.

The core knows the ways that need nothing but stock. A rail that has ways of its own, and knows what
a broken promise costs there, is handed in from above (`Rail`). Money is what a way loses against
serving everybody: below zero a loss, zero none, null not known; currencies are never added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import futures
from app.inventory.documents import DocumentKey
from app.inventory.models import Collision, Item, State

RAILS = {State.COMMITTED: "dtc", State.SAFETY_STOCK: "dtc", State.RESERVED: "amazon"}

CLAIMANTS = """
SELECT hold.document_id, document.kind, document.reference, document.title, hold.line,
       hold.state::text, hold.wanted - hold.fulfilled AS wanted, hold.held, hold.due_at,
       hold.fact, hold.firm
FROM hold JOIN document USING (shop_id, document_id)
WHERE hold.shop_id = :shop AND hold.item_id = :item AND hold.location_id = :location
  AND (hold.held > 0 OR hold.wanted > hold.fulfilled)
ORDER BY hold.fact DESC, hold.firm DESC, hold.due_at NULLS LAST, hold.document_id, hold.line
"""


@dataclass(frozen=True)
class Claimant:
    """One document line that wants these units."""

    rail: str
    document: DocumentKey
    title: str
    line: str
    wanted: int
    held: int
    by: datetime | None
    fact: bool
    firm: bool

    @property
    def short(self) -> int:
        return max(0, self.wanted - self.held)

    @property
    def may_give_way(self) -> bool:
        """A request that is not firm yet; what has happened or was confirmed never gives way."""
        return not self.fact and not self.firm


@dataclass(frozen=True)
class Effect:
    """What a way out does to one rail: units it gains or loses."""

    rail: str
    units: int
    document: DocumentKey | None = None
    title: str | None = None

    @classmethod
    def on(cls, claimant: Claimant, units: int) -> Effect:
        """Units that this claimant's paper, called by its number where it has no title, gains or loses."""
        key = claimant.document
        return cls(claimant.rail, units, key, claimant.title or key.reference)


@dataclass(frozen=True)
class Stake:
    """What one way costs one rail, and why. Without an amount `missing` says what is not known."""

    rail: str
    reason: str
    amount: Decimal | None
    currency: str | None = None
    missing: str | None = None
    verified: bool = True
    document: DocumentKey | None = None


@dataclass(frozen=True)
class Way:
    """One way to end a collision, as far as it goes."""

    way: str
    units: int
    ends_it: bool
    parameters: dict[str, Any] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    until: datetime | None = None
    stakes: tuple[Stake, ...] = ()
    recommended: bool = False
    because: str | None = None

    @property
    def total(self) -> tuple[Decimal, str | None] | None:
        """All that is lost, when every part of it is known and in one currency; else None."""
        amounts = [stake.amount for stake in self.stakes]
        currencies = {stake.currency for stake in self.stakes if stake.amount and stake.currency}
        if len(currencies) > 1 or any(amount is None for amount in amounts):
            return None
        lost = sum((amount or Decimal() for amount in amounts), Decimal())
        return lost, next(iter(currencies), None)


@dataclass(frozen=True)
class Barred:
    """A way that a paper does not allow now, and why: a stable word that the screens put in words."""

    way: str
    document: DocumentKey
    title: str
    line: str
    because: str
    since: datetime | None = None


@dataclass(frozen=True)
class Weighed:
    """What one way costs on a rail, and until when that rail still lets it happen."""

    stakes: tuple[Stake, ...]
    until: datetime | None = None


class Rail(Protocol):
    """A rail with ways and charges of its own. Calls happen inside the caller's transaction."""

    def ways(
        self,
        session: Session,
        collision: Collision,
        wanting: Sequence[Claimant],
        changes: Sequence[futures.Change],
    ) -> list[Way]:
        """What this rail's own papers allow now, given what is promised and expected there."""

    def barred(
        self,
        session: Session,
        collision: Collision,
        wanting: Sequence[Claimant],
        changes: Sequence[futures.Change],
    ) -> list[Barred]:
        """What this rail's own papers would offer, but do not allow now."""

    def weigh(
        self, session: Session, collision: Collision, way: Way, wanting: Sequence[Claimant]
    ) -> Weighed:
        """What any way, its own or not, costs on this rail."""

    def take(self, session: Session, collision: Collision, way: Way, actor: str) -> bool:
        """Carries out one of its own ways whole; False when that way is not its own."""


def claimants(session: Session, item_id: int, location_id: int) -> list[Claimant]:
    """Everyone who wants this item here, facts first, then by the day they want it."""
    rows = session.execute(
        text(CLAIMANTS), {"shop": shop_of(session), "item": item_id, "location": location_id}
    )
    return [
        Claimant(
            # What the outside has reserved itself (a transfer, another app) is on no rail of ours.
            rail="other" if row.fact and row.state == "reserved" else RAILS[State(row.state)],
            document=DocumentKey(row.kind, row.reference),
            title=row.title,
            line=row.line,
            wanted=max(0, row.wanted),
            held=row.held,
            by=row.due_at,
            fact=row.fact,
            firm=row.firm,
        )
        for row in rows
    ]


def ways_out(
    session: Session,
    collision: Collision,
    rails: Sequence[Rail] = (),
    changes: Sequence[futures.Change] | None = None,
) -> list[Way]:
    """The ways to end an open collision with what each costs, the recommended one first.

    Recommended is the one of those that end it which loses the least, where that is known of at
    least one of them; else the first that ends it, in the order in which they disturb the least.
    `changes` spares the question for them where a caller has asked it for many collisions at once.
    """
    if collision.ended_at is not None:
        return []
    wanting = claimants(session, collision.item_id, collision.location_id)
    if changes is None:
        changes = futures.changes_at(session, collision.item_id, collision.location_id)
    ways = [
        *_relocations(session, collision),
        *_take_backs(collision, wanting),
        *_waits(session, collision, changes),
        *_reductions(collision, wanting),
        *(way for rail in rails for way in rail.ways(session, collision, wanting, changes)),
        *_safety_releases(collision, wanting),
        _acceptance(collision),
    ]
    margin = _margin(session, collision.item_id)
    weighed = []
    for way in ways:
        own = [rail.weigh(session, collision, way, wanting) for rail in rails]
        clocks = [until for until in (way.until, *(one.until for one in own)) if until]
        weighed.append(
            replace(
                way,
                stakes=(
                    _shop_stake(collision, way, margin),
                    *(stake for one in own for stake in one.stakes),
                ),
                until=min(clocks, default=None),
            )
        )
    return _recommended_first(weighed)


def barred_ways(
    session: Session,
    collision: Collision,
    rails: Sequence[Rail],
    changes: Sequence[futures.Change],
    wanting: Sequence[Claimant],
) -> list[Barred]:
    """The ways that somebody may look for and that are not open now, with the reason."""
    if collision.ended_at is not None:
        return []
    return [one for rail in rails for one in rail.barred(session, collision, wanting, changes)]


def _recommended_first(ways: Sequence[Way]) -> list[Way]:
    ending = [way for way in ways if way.ends_it]
    known = [(way.total, way) for way in ending if way.total is not None]
    currencies = {total[1] for total, _ in known if total and total[1]}
    if known and len(currencies) <= 1:
        # Equal losses keep their order, which is from the least disturbing way to the last resort.
        best = max(known, key=lambda one: one[0][0] if one[0] else Decimal())[1]
        because = "loses_least" if any(way.stakes for way in ending) else "ends_it"
    else:
        helping = [way for way in ways if way.way != "accept"]
        best = next((way for way in helping if way.ends_it), (helping or list(ways))[0])
        because = "ends_it" if best.ends_it else "helps_most"
    return [
        replace(best, recommended=True, because=because),
        *(way for way in ways if way is not best),
    ]


def _margin(session: Session, item_id: int) -> Stake:
    """What the shop earns on one unit of an item, as far as price and cost are known."""
    item = session.get_one(Item, (shop_of(session), item_id))
    if item.price is None:
        return Stake("dtc", "margin", None, missing="price")
    if item.unit_cost is None:
        return Stake("dtc", "margin", None, missing="unit_cost")
    if item.price_currency != item.unit_cost_currency:
        return Stake("dtc", "margin", None, missing="one_currency")
    return Stake("dtc", "margin", item.price - item.unit_cost, item.price_currency)


def _shop_stake(collision: Collision, way: Way, margin: Stake) -> Stake:
    """Orders that are not served lose their margin; what waiting customers do is not known."""
    if collision.kind == "oversold" and way.way == "wait":
        return Stake("dtc", "waiting", None, missing="waiting")
    if collision.kind != "oversold" or way.way != "accept":
        return Stake("dtc", "none", Decimal())
    if margin.amount is None:
        return margin
    lost = -max(Decimal(), margin.amount) * way.units
    return replace(margin, amount=lost.quantize(Decimal("0.01")))


def _waits(session: Session, collision: Collision, changes: Sequence[futures.Change]) -> list[Way]:
    """Units that are expected here anyway, on the day by which enough of them have come."""
    expected = futures.enough_by(changes, collision.units)
    if expected is None:
        return []
    units = min(expected.units, collision.units)
    rail = "dtc" if collision.kind == "oversold" else "amazon"
    return [
        Way(
            "wait",
            units,
            ends_it=units >= collision.units,
            parameters={
                "on": expected.day.isoformat(),
                "arrivals": ", ".join(expected.references),
            },
            effects=(Effect(rail, units),),
            until=futures.end_of(session, expected.day),
        )
    ]


def _relocations(session: Session, collision: Collision) -> list[Way]:
    rows = session.execute(
        text(
            "SELECT location_id, name, quantity FROM balance JOIN location"
            " USING (shop_id, location_id) WHERE shop_id = :shop AND item_id = :item"
            " AND location_id <> :here AND state = 'available' AND quantity > 0 AND active"
            " ORDER BY quantity >= :units DESC, priority, location_id"
        ),
        {
            "shop": shop_of(session),
            "item": collision.item_id,
            "here": collision.location_id,
            "units": collision.units,
        },
    )
    rail = "dtc" if collision.kind == "oversold" else "amazon"
    ways = []
    for row in rows:
        units = min(row.quantity, collision.units)
        ways.append(
            Way(
                "relocate",
                units,
                ends_it=units >= collision.units,
                parameters={"from_location_id": row.location_id, "from_location": row.name},
                effects=(Effect(rail, units),),
            )
        )
    return ways


def _take_backs(collision: Collision, wanting: Sequence[Claimant]) -> list[Way]:
    """Amazon's unacknowledged holds may give units back to orders that have happened."""
    if collision.kind != "oversold":
        return []
    return [
        _give_back("take_back", collision, one)
        for one in wanting
        if one.may_give_way and one.rail == "amazon" and one.held > 0
    ]


def _safety_releases(collision: Collision, wanting: Sequence[Claimant]) -> list[Way]:
    return [
        _give_back("release_safety_stock", collision, one)
        for one in wanting
        if one.document.kind == "safety_stock" and one.held > 0
    ]


def _give_back(way: str, collision: Collision, one: Claimant) -> Way:
    units = min(one.held, collision.units)
    return Way(
        way,
        units,
        ends_it=units >= collision.units,
        parameters={
            "document_kind": one.document.kind,
            "document_reference": one.document.reference,
            "line": one.line,
        },
        effects=(Effect.on(one, -units), Effect("dtc", units)),
    )


def _reductions(collision: Collision, wanting: Sequence[Claimant]) -> list[Way]:
    """Requests ask only for what is held; what becomes free later is not kept for them."""
    giving = [one for one in wanting if one.rail == "amazon" and one.may_give_way and one.short]
    units = sum(one.short for one in giving)
    if collision.kind == "oversold" or not units:
        return []
    effects = tuple(Effect.on(one, -one.short) for one in giving)
    return [Way("reduce_request", units, ends_it=units >= collision.units, effects=effects)]


def _acceptance(collision: Collision) -> Way:
    """The shop owes the units, or the request goes on waiting for what becomes free."""
    losing = {"oversold": "dtc", "coming": "amazon"}.get(collision.kind)
    effects = (Effect(losing, -collision.units),) if losing else ()
    return Way("accept", collision.units, ends_it=True, effects=effects)
