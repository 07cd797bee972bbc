"""The opening balances: what stood in Shopify when Holdfast began to count, as one kind of document.

Shopify's states become balances. Units that Shopify holds for orders we know are held by those
orders; whatever else it holds (older orders, draft orders, transfers, other apps) is held by the
opening document itself, so that holds always equal held states. When an order from before turns up
later, the opening's hold gives way to it.

Opening again, after the app was away, states new totals: the difference since then moves, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import collisions, ledger
from app.inventory.documents import Claim, Document, DocumentKey, Flow, version_of
from app.inventory.flows import adjusted
from app.inventory.models import HELD, Reason, State
from app.shopify.snapshots import ORDER, Order
from app.shops import this_shop

KIND = "opening"
TITLE = "Opening balances"
CHUNK = 1_000
"""Items in one opening document, so that a large catalogue's can still be settled again."""
THROUGH_AVAILABLE = (State.AVAILABLE, *HELD)
ON_THEIR_OWN = (State.DAMAGED, State.QUALITY_CONTROL, State.INCOMING)
LATE_LEFT_OUT = (State.RESERVED, State.SAFETY_STOCK)
Place = tuple[int, int]

COUNTS = """
SELECT item_id, location_id, state::text, quantity FROM count JOIN item USING (shop_id, item_id)
WHERE shop_id = :shop AND source = 'shopify' AND tracked AND item_id BETWEEN :first AND :last
"""
BALANCES = """
SELECT item_id, location_id, state::text, quantity FROM balance JOIN item USING (shop_id, item_id)
WHERE shop_id = :shop AND tracked AND item_id BETWEEN :first AND :last
  AND state = ANY(CAST(:states AS stock_state[]))
"""
OPENED = """
SELECT item_id, to_location_id, to_state::text, total FROM tally
JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND kind = 'opening' AND item_id BETWEEN :first AND :last
"""
HELD_BY_OTHERS = """
SELECT item_id, location_id, hold.state::text, sum(held)::int
FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND kind <> 'opening' AND held > 0 AND item_id BETWEEN :first AND :last
GROUP BY 1, 2, 3
"""
OWN_HOLDS = """
SELECT document.reference, document.version, hold.line, hold.item_id, hold.location_id,
       hold.state::text, hold.wanted
FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND document.kind = 'opening' AND document.reference = ANY(:references)
  AND hold.wanted > 0
ORDER BY hold.item_id, hold.location_id
"""
HELD_BY = """
SELECT item_id, sum(held)::int AS held FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND kind = :kind AND reference = :reference AND location_id = :place
  AND state = 'reserved'
GROUP BY item_id
"""


def is_first(session: Session) -> bool:
    """Whether this shop has never been opened."""
    return not session.execute(
        text("SELECT EXISTS (SELECT FROM document WHERE shop_id = :shop AND kind = :kind)"),
        {"shop": shop_of(session), "kind": KIND},
    ).scalar_one()


def state_stock(session: Session, opened_at: datetime) -> None:
    """Brings every tracked item's units to what Shopify counts, held ones as available for now."""
    for chunk in _chunks(session):
        counted = _by_account(session, COUNTS, chunk)
        balances = _by_account(session, BALANCES, chunk)
        opened = _by_account(session, OPENED, chunk)
        flows: list[Flow] = []
        for place in sorted({key[:2] for key in (*counted, *balances)}):
            flows += _flows(place, counted, balances, opened)
        if flows:
            ledger.settle(session, [_document(session, chunk, opened_at, flows=flows)])


def hold_what_others_hold(session: Session, opened_at: datetime) -> None:
    """Holds, in the opening's name, what Shopify holds and none of our documents explains."""
    for chunk in _chunks(session):
        counted = _by_account(session, COUNTS, chunk)
        explained = _by_account(session, HELD_BY_OTHERS, chunk)
        claims = [
            Claim(state.value, item_id, location_id, state, unexplained)
            for (item_id, location_id, state), quantity in sorted(counted.items())
            if state in HELD
            and (unexplained := quantity - explained.get((item_id, location_id, state), 0)) > 0
        ]
        document = _document(session, chunk, opened_at, claims=claims)
        collisions.refresh_documents(session, ledger.settle(session, [document]))


def open_late(session: Session, item_ids: Sequence[int], moment: datetime) -> None:
    """Brings items that came into the catalogue later to what Shopify counts of them now.

    Units that Shopify has committed come in as available, since the orders that hold them follow.
    """
    wanted = set(item_ids)
    for chunk in sorted({item_id // CHUNK for item_id in wanted}):
        counted = _by_account(session, COUNTS, chunk)
        own = {key: units for key, units in counted.items() if key[0] in wanted}
        own = {key: units for key, units in own.items() if key[2] not in LATE_LEFT_OUT}
        balances = _by_account(session, BALANCES, chunk)
        opened = _by_account(session, OPENED, chunk)
        flows: list[Flow] = []
        for place in sorted({key[:2] for key in own}):
            flows += _flows(place, own, balances, opened)
        if flows:
            document = _document(session, chunk, moment, flows=flows)
            collisions.refresh_documents(session, ledger.settle(session, [document]))


def give_way(session: Session, first_seen: Iterable[Order], documents: Sequence[Document]) -> None:
    """Frees what the opening holds for orders from before it that now come in by themselves.

    `documents` are about to be settled; those of `first_seen` orders have not been settled before.
    """
    opened_at = this_shop(session).opened_at
    if opened_at is None:
        return
    old = {order.key for order in first_seen if order.created_at < opened_at}
    needed: dict[Place, int] = defaultdict(int)
    for document in documents:
        if document.kind == ORDER and document.key in old:
            for claim in document.claims or ():
                # All of it stood in `committed` then, also what has been shipped since.
                needed[claim.item_id, claim.location_id] += claim.wanted
    needed = {place: units for place, units in needed.items() if units}
    if needed:
        _shrink(session, needed)


def give_way_to(
    session: Session, document: DocumentKey, location_id: int, reserved: Mapping[int, int]
) -> None:
    """Frees what the opening holds as `reserved` for a paper from before it that now says so itself.

    `reserved` is item → eaches; what that paper holds already needs no room.
    """
    held = {
        row.item_id: row.held
        for row in session.execute(
            text(HELD_BY), {"shop": shop_of(session), **document._asdict(), "place": location_id}
        )
    }
    needed = {
        (item_id, location_id): more
        for item_id, units in reserved.items()
        if (more := units - held.get(item_id, 0)) > 0
    }
    if needed:
        _shrink(session, needed, State.RESERVED, elsewhere=False)


def _shrink(
    session: Session,
    needed: Mapping[Place, int],
    state: State = State.COMMITTED,
    *,
    elsewhere: bool = True,
) -> None:
    domain = this_shop(session).domain
    references = sorted({_reference(domain, item_id // CHUNK) for item_id, _ in needed})
    rows = session.execute(
        text(OWN_HOLDS), {"shop": shop_of(session), "references": references}
    ).all()
    left = {index: row.wanted for index, row in enumerate(rows)}
    for (item_id, location_id), units in needed.items():
        # An order may be kept elsewhere than where Shopify had it, so any place will do at last.
        candidates = [
            index for index, row in enumerate(rows)
            if row.item_id == item_id and row.line == state.value
            and (elsewhere or row.location_id == location_id)
        ]  # fmt: skip
        candidates.sort(key=lambda index: rows[index].location_id != location_id)
        missing = units
        for index in candidates:
            less = min(missing, left[index])
            left[index] -= less
            missing -= less
    changed = {
        rows[index].reference for index, units in left.items() if units != rows[index].wanted
    }
    ledger.settle(
        session,
        [
            Document(
                kind=KIND,
                reference=reference,
                version=next(row.version for row in rows if row.reference == reference),
                claims=[
                    Claim(row.line, row.item_id, row.location_id, State(row.state), left[index])
                    for index, row in enumerate(rows)
                    if row.reference == reference
                ],
                echo=True,
                actor="shopify",
            )
            for reference in sorted(changed)
        ],
    )


def _flows(
    place: Place,
    counted: Mapping[tuple[int, int, State], int],
    balances: Mapping[tuple[int, int, State], int],
    opened: Mapping[tuple[int, int, State], int],
) -> list[Flow]:
    flows = []
    for state in (State.AVAILABLE, *ON_THEIR_OWN):
        group = THROUGH_AVAILABLE if state is State.AVAILABLE else (state,)
        there = sum(counted.get((*place, one), 0) for one in group)
        here = sum(balances.get((*place, one), 0) for one in group)
        before = opened.get((*place, state), 0)
        total = before + there - here
        if total != before:
            flows.append(adjusted(state.value, *place, total, state=state, reason=Reason.OPENING))
    return flows


def _document(
    session: Session,
    chunk: int,
    opened_at: datetime,
    *,
    flows: Sequence[Flow] = (),
    claims: Sequence[Claim] | None = None,
) -> Document:
    return Document(
        kind=KIND,
        reference=_reference(this_shop(session).domain, chunk),
        version=version_of(opened_at),
        title=TITLE,
        flows=flows,
        claims=claims,
        echo=True,
        actor="shopify",
        occurred_at=opened_at,
    )


def _reference(domain: str, chunk: int) -> str:
    return domain if chunk == 0 else f"{domain}/{chunk}"


def _chunks(session: Session) -> list[int]:
    rows = session.execute(
        text(
            "SELECT DISTINCT item_id / :size FROM item WHERE shop_id = :shop AND tracked ORDER BY 1"
        ),
        {"shop": shop_of(session), "size": CHUNK},
    )
    return list(rows.scalars())


def _by_account(session: Session, query: str, chunk: int) -> dict[tuple[int, int, State], int]:
    parameters: dict[str, Any] = {
        "shop": shop_of(session),
        "first": chunk * CHUNK,
        "last": chunk * CHUNK + CHUNK - 1,
    }
    if ":states" in query:
        parameters["states"] = [state.value for state in (*THROUGH_AVAILABLE, *ON_THEIR_OWN)]
    rows = session.execute(text(query), parameters)
    return {(row[0], row[1], State(row[2])): row[3] for row in rows}
