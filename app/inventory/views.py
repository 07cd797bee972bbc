"""The core's answers on the wire, and how they are made from rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
from app.http import Answer, Moment, Money
from app.inventory import queries, ways
from app.inventory.documents import DocumentKey
from app.inventory.endings import Ending
from app.inventory.futures import Projection
from app.inventory.models import ON_HAND, Alias, Collision, Item, Location, State


class LocationBrief(Answer):
    id: int
    name: str


class BalanceView(Answer):
    location: LocationBrief
    state: State
    quantity: int


class ItemView(Answer):
    id: int
    sku: str
    title: str
    image_url: str | None
    asin: str | None
    barcode: str | None
    units_per_case: int
    unit_cost: Money | None
    price: Money | None
    tracked: bool
    totals: dict[State, int]
    on_hand: int
    in_collision: bool
    balances: list[BalanceView]


class AliasView(Answer):
    kind: str
    value: str


class CountView(Answer):
    location: LocationBrief
    state: State
    quantity: int
    observed_at: Moment
    source: str


class ItemDetail(ItemView):
    as_of: Moment | None
    aliases: list[AliasView]
    counts: list[CountView]


class DocumentView(Answer):
    kind: str
    reference: str
    title: str


class MovementSide(Answer):
    location: LocationBrief
    state: State
    balance_after: int


class MovementView(Answer):
    id: str
    quantity: int
    reason: str
    occurred_at: Moment
    recorded_at: Moment
    line: str | None
    echo: bool
    actor: str
    source: MovementSide = Field(serialization_alias="from")
    target: MovementSide = Field(serialization_alias="to")
    document: DocumentView
    message_id: int | None


class ItemBrief(Answer):
    id: int
    sku: str
    title: str
    image_url: str | None = None


class HoldView(Answer):
    document: DocumentView
    line: str
    item: ItemBrief
    location: LocationBrief
    state: State
    wanted: int
    held: int
    fulfilled: int
    short: int
    fact: bool
    firm: bool
    expires_at: Moment | None
    due_at: Moment | None
    updated_at: Moment


class ClaimantView(Answer):
    rail: str
    document: DocumentView
    line: str
    wanted: int
    held: int
    short: int
    by: Moment | None
    fact: bool
    firm: bool


class EffectView(Answer):
    rail: str
    units: int
    document: DocumentView | None


class StakeView(Answer):
    """What a way costs one rail; without money, `missing` says what is not known."""

    rail: str
    reason: str
    money: Money | None
    missing: str | None
    verified: bool
    document: DocumentView | None


class WayView(Answer):
    """A way out; `loses` is its whole cost, null where a part is unknown or currencies differ."""

    way: str
    units: int
    ends_it: bool
    recommended: bool
    because: str | None
    until: Moment | None
    parameters: dict[str, Any]
    effects: list[EffectView]
    stakes: list[StakeView]
    loses: Money | None


class BarredView(Answer):
    """A way that somebody may look for and that is not open now, with the reason as a stable word."""

    way: str
    document: DocumentView
    line: str
    because: str
    since: Moment | None


class ChangeView(Answer):
    day: date
    kind: Literal["promise", "arrival"]
    units: int
    free_after: int
    document: DocumentView
    line: str


class ProjectionView(Answer):
    """What is free at a location now, and after each dated promise and expected arrival."""

    location: LocationBrief
    free: int
    changes: list[ChangeView]


class IncomingView(Answer):
    location: LocationBrief
    quantity: int


class ProjectionsView(Answer):
    """`incoming` is what Shopify says is on its way without a day; nothing is built on it."""

    data: list[ProjectionView]
    incoming: list[IncomingView]


class StatedView(Answer):
    stated: int


class OpenedAgain(Answer):
    id: int
    opened_at: Moment


class OutcomeView(Answer):
    """What became of it: the way as it was offered then, what moved, whether it opened again."""

    offered: dict[str, Any] | None
    movements: list[MovementView]
    opened_again: OpenedAgain | None


class CollisionView(Answer):
    id: int
    kind: str
    status: Literal["open", "ended"]
    item: ItemBrief
    location: LocationBrief
    units: int
    due_on: date | None
    opened_at: Moment
    ended_at: Moment | None
    claimants: list[ClaimantView]
    ways: list[WayView]
    barred: list[BarredView]
    projection: ProjectionView | None
    outcome: OutcomeView | None
    ended_by: str | None
    way_taken: str | None
    note: str | None


class AuditView(Answer):
    ran_at: Moment | None
    findings: list[dict[str, Any]]
    checks: list[str]


def find_item(session: Session, item_id: int) -> Item:
    item = session.get(Item, (shop_of(session), item_id))
    if item is None:
        raise Refused("not_found", "There is no such item in this shop.", status=404)
    return item


def locations(session: Session) -> dict[int, LocationBrief]:
    rows = session.exec(select(Location).where(Location.shop_id == shop_of(session)))
    return {row.location_id: LocationBrief(id=row.location_id, name=row.name) for row in rows}


def aliases_of(session: Session, item_ids: Sequence[int]) -> Sequence[Alias]:
    return session.exec(
        select(Alias)
        .where(Alias.shop_id == shop_of(session), col(Alias.item_id).in_(item_ids))
        .order_by(col(Alias.kind), col(Alias.value))
    ).all()


def item_views(
    session: Session, rows: Sequence[Any], as_of: datetime | None = None
) -> list[ItemView]:
    ids = [row.item_id for row in rows]
    places = locations(session)
    balances: dict[int, list[queries.BalanceRow]] = {item_id: [] for item_id in ids}
    for balance in queries.balances(session, ids, as_of and as_of.astimezone(UTC)):
        balances[balance.item_id].append(balance)
    aliases: dict[tuple[int, str], str] = {}
    for alias in aliases_of(session, ids):
        aliases.setdefault((alias.item_id, alias.kind), alias.value)
    colliding = set(
        session.execute(
            text(
                "SELECT item_id FROM collision"
                " WHERE shop_id = :shop AND item_id = ANY(:items) AND ended_at IS NULL"
            ),
            {"shop": shop_of(session), "items": ids},
        ).scalars()
    )
    return [
        _item_view(row, balances[row.item_id], places, aliases, row.item_id in colliding)
        for row in rows
    ]


def _item_view(
    row: Any,
    balances: Sequence[queries.BalanceRow],
    places: dict[int, LocationBrief],
    aliases: dict[tuple[int, str], str],
    in_collision: bool,
) -> ItemView:
    totals = dict.fromkeys(State, 0)
    for balance in balances:
        totals[balance.state] += balance.quantity
    order = {state: place for place, state in enumerate(State)}
    return ItemView(
        id=row.item_id,
        sku=row.sku,
        title=row.title,
        image_url=row.image_url,
        asin=aliases.get((row.item_id, "asin")),
        barcode=aliases.get((row.item_id, "barcode")),
        units_per_case=row.units_per_case,
        unit_cost=_money(row.unit_cost, row.unit_cost_currency),
        price=_money(row.price, row.price_currency),
        tracked=row.tracked,
        totals=totals,
        on_hand=sum(totals[state] for state in ON_HAND),
        in_collision=in_collision,
        balances=[
            BalanceView(
                location=places[balance.location_id], state=balance.state, quantity=balance.quantity
            )
            for balance in sorted(balances, key=lambda one: (one.location_id, order[one.state]))
        ],
    )


def movement_view(row: Any, places: dict[int, LocationBrief]) -> MovementView:
    return MovementView(
        id=str(row.movement_id),
        quantity=row.quantity,
        reason=row.reason,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        line=row.line,
        echo=row.echo,
        actor=row.actor,
        source=MovementSide(
            location=places[row.from_location_id],
            state=row.from_state,
            balance_after=row.from_balance,
        ),
        target=MovementSide(
            location=places[row.to_location_id], state=row.to_state, balance_after=row.to_balance
        ),
        document=DocumentView(
            kind=row.document_kind, reference=row.document_reference, title=row.document_title
        ),
        message_id=row.message_id,
    )


def hold_view(row: Any) -> HoldView:
    return HoldView(
        document=DocumentView(kind=row.kind, reference=row.reference, title=row.title),
        line=row.line,
        item=ItemBrief(id=row.item_id, sku=row.sku, title=row.item_title, image_url=row.image_url),
        location=LocationBrief(id=row.location_id, name=row.location),
        state=row.state,
        wanted=row.wanted,
        held=row.held,
        fulfilled=row.fulfilled,
        short=max(0, row.wanted - row.fulfilled - row.held),
        fact=row.fact,
        firm=row.firm,
        expires_at=row.expires_at,
        due_at=row.due_at,
        updated_at=row.updated_at,
    )


def collision_view(
    session: Session,
    collision: Collision,
    *,
    places: dict[int, LocationBrief],
    rails: Sequence[ways.Rail] = (),
    projection: Projection | None = None,
    ending: Ending | None = None,
) -> CollisionView:
    item = find_item(session, collision.item_id)
    is_open = collision.ended_at is None
    wanting = ways.claimants(session, collision.item_id, collision.location_id) if is_open else []
    changes = projection.changes if projection else ()
    offered = ways.ways_out(session, collision, rails, changes)
    return CollisionView(
        id=collision.collision_id,
        kind=collision.kind,
        status="open" if is_open else "ended",
        item=item_brief(item),
        location=places[collision.location_id],
        units=collision.units,
        due_on=collision.due_on,
        opened_at=collision.opened_at,
        ended_at=collision.ended_at,
        claimants=[_claimant_view(one) for one in wanting],
        ways=[_way_view(way) for way in offered],
        barred=[
            BarredView(
                way=one.way,
                document=DocumentView(
                    kind=one.document.kind, reference=one.document.reference, title=one.title
                ),
                line=one.line,
                because=one.because,
                since=one.since,
            )
            for one in ways.barred_ways(session, collision, rails, changes, wanting)
        ],
        projection=projection_view(projection, places) if projection else None,
        outcome=_outcome_view(collision, ending, places) if ending else None,
        ended_by=collision.ended_by,
        way_taken=collision.way_taken,
        note=collision.note,
    )


def item_brief(item: Item) -> ItemBrief:
    return ItemBrief(id=item.item_id, sku=item.sku, title=item.title, image_url=item.image_url)


def projection_view(projection: Projection, places: dict[int, LocationBrief]) -> ProjectionView:
    free, changes = projection.free, []
    for one in projection.changes:
        free += one.units
        changes.append(
            ChangeView(
                day=one.day,
                kind=one.kind,
                units=one.units,
                free_after=free,
                document=DocumentView(
                    kind=one.paper.kind, reference=one.paper.reference, title=one.title
                ),
                line=one.line,
            )
        )
    return ProjectionView(
        location=places[projection.location_id], free=projection.free, changes=changes
    )


def _claimant_view(one: ways.Claimant) -> ClaimantView:
    return ClaimantView(
        rail=one.rail,
        document=DocumentView(
            kind=one.document.kind, reference=one.document.reference, title=one.title
        ),
        line=one.line,
        wanted=one.wanted,
        held=one.held,
        short=one.short,
        by=one.by,
        fact=one.fact,
        firm=one.firm,
    )


def _outcome_view(
    collision: Collision, ending: Ending, places: dict[int, LocationBrief]
) -> OutcomeView:
    again = ending.opened_again
    return OutcomeView(
        offered=collision.offered,
        movements=[movement_view(row, places) for row in ending.movements],
        opened_again=OpenedAgain(id=again[0], opened_at=again[1]) if again else None,
    )


def _way_view(way: ways.Way) -> WayView:
    total = way.total
    return WayView(
        way=way.way,
        units=way.units,
        ends_it=way.ends_it,
        recommended=way.recommended,
        because=way.because,
        until=way.until,
        parameters=way.parameters,
        effects=[
            EffectView(
                rail=one.rail, units=one.units, document=_document_view(one.document, one.title)
            )
            for one in way.effects
        ],
        stakes=[
            StakeView(
                rail=one.rail,
                reason=one.reason,
                money=_money(one.amount, one.currency),
                missing=one.missing,
                verified=one.verified,
                document=_document_view(one.document),
            )
            for one in way.stakes
        ],
        loses=_money(*total) if total else None,
    )


def _document_view(key: DocumentKey | None, title: str | None = None) -> DocumentView | None:
    return key and DocumentView(
        kind=key.kind, reference=key.reference, title=title or key.reference
    )


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    """An amount with its currency; nothing lost has none, and is said by its reason."""
    if amount is None or currency is None:
        return None
    return Money(amount=amount, currency=currency)
