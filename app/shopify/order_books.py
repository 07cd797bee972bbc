"""Brings orders to the ledger: loads what the books know, settles a batch at once, asks when unsure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import text
from sqlmodel import Session, col, select

from app import bell
from app.db import shop_of
from app.inventory import collisions, ledger
from app.inventory.documents import (
    Document,
    DocumentKey,
    Flow,
    Outcome,
    Verdict,
    version_of,
)
from app.inventory.models import Location, Reason, State
from app.messages import Message
from app.shopify import orders, requests
from app.shopify.notes import Note
from app.shopify.opening import give_way
from app.shopify.orders import HoldAt, Known, Plan
from app.shopify.snapshots import FULFILLMENT, ORDER, REFUND, Fulfillment, Order
from app.shops import this_shop

ITEMS = """
SELECT alias.value, item.item_id, item.tracked FROM alias JOIN item USING (shop_id, item_id)
WHERE shop_id = :shop AND kind = 'shopify_variant' AND value = ANY(:variants)
"""
HOLDS = """
SELECT document.reference, hold.line, hold.item_id, hold.location_id, hold.wanted, hold.fulfilled
FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND kind = 'shopify_order' AND reference = ANY(:orders)
ORDER BY hold.held > 0 DESC, hold.wanted > 0 DESC, hold.location_id
"""
PAPERS = """
SELECT kind, reference FROM document
JOIN unnest(CAST(:kinds AS text[]), CAST(:references AS text[])) AS asked (kind, reference)
  USING (kind, reference)
WHERE shop_id = :shop AND version > -1
"""
TALLIES = """
SELECT document.kind, document.reference, tally.line, tally.item_id, from_location_id,
       from_state::text, to_location_id, to_state::text, held.kind, held.reference, hold_line
FROM tally JOIN document USING (shop_id, document_id)
JOIN unnest(CAST(:kinds AS text[]), CAST(:references AS text[])) AS asked (kind, reference)
  ON asked.kind = document.kind AND asked.reference = document.reference
LEFT JOIN document AS held
  ON held.shop_id = tally.shop_id AND held.document_id = tally.hold_document_id
WHERE tally.shop_id = :shop AND total <> 0
"""


def settle_orders(
    session: Session,
    snapshots: Sequence[tuple[Order, int | None]],
) -> dict[int, list[Note]]:
    """Settles orders with their fulfilments and refunds; each comes with its message's id, or none.

    Returns the odd lines by message id. Orders whose content is unclear, or whose lines name
    products we do not know, are asked for again.
    """
    known = _known(session, [order for order, _ in snapshots])
    plans = [
        (order, message_id, orders.plan(order, known, message_id=message_id))
        for order, message_id in snapshots
    ]
    first_seen = [order for order, _ in snapshots if order.key not in known.papers]
    give_way(session, first_seen, [one for *_, made in plans for one in made.documents])
    outcomes = settle(session, [one for *_, made in plans for one in made.documents])
    unclear = {one.key.reference for one in outcomes if one.verdict is Verdict.AMBIGUOUS}
    for order, message_id, made in plans:
        _ask_further(session, order, made, order.reference in unclear, message_id)
    if any(order.cancelled or order.refunds or order.read for order, _ in snapshots):
        bell.ring_after_commit(session, "ask_again")
    return {message_id: made.notes for _, message_id, made in plans if message_id is not None}


def settle_fulfillments(
    session: Session, given: Sequence[tuple[Fulfillment, str, int]]
) -> dict[int, list[Note]]:
    """Settles fulfilments on their own, each with its order's id and its message's id."""
    known = _known(session, (), given)
    notes: dict[int, list[Note]] = {}
    documents: list[Document] = []
    for fulfillment, order_reference, message_id in given:
        notes[message_id] = []
        documents += orders.fulfillment_documents(
            fulfillment, order_reference, {}, known, notes[message_id], message_id=message_id
        )
    outcomes = settle(session, documents)
    order_of = {one.reference: (order, message) for one, order, message in given}
    again = [order_of[one.key.reference] for one in outcomes if one.verdict is Verdict.AMBIGUOUS]
    # A cancelled fulfilment's units are open again, at a place that only the order can tell.
    again += [(order, message) for one, order, message in given if one.cancelled]
    for order_reference, message_id in again:
        requests.ask_for(
            session, requests.READ_ORDER, [(order_reference, order_reference)], message_id
        )
    if again:
        bell.ring_after_commit(session, "ask_again")
    return notes


def settle(session: Session, documents: Sequence[Document]) -> list[Outcome]:
    """Settles echoes, taking back what an earlier version of a paper moved and this one does not."""
    if not documents:
        return []
    outcomes = ledger.settle(session, _restated(session, documents))
    standing = collisions.refresh_documents(session, outcomes)
    if any(one.kind == "oversold" for one in standing):
        bell.ring_after_commit(session, "ask_again")  # policy may let something give way
    return outcomes


def request_orders(session: Session, given: Iterable[tuple[str, Message]]) -> None:
    """Asks for these orders, each because of its message."""
    by_order: dict[str, Message] = {}
    for reference, message in given:
        by_order.setdefault(reference, message)
    for reference, message in by_order.items():
        requests.ask_for(session, requests.READ_ORDER, [(reference, reference)], message.message_id)


def forget_orders(session: Session, taken: Sequence[Message]) -> None:
    """A deleted order holds nothing any more; what was shipped of it stays shipped."""
    documents = [
        Document(
            kind=ORDER,
            reference=message.reference,
            version=version_of(message.occurred_at or message.received_at),
            claims=(),
            digest="deleted",
            echo=True,
            actor="shopify",
            message_id=message.message_id,
            occurred_at=message.occurred_at or message.received_at,
        )
        for message in taken
        if message.reference
    ]
    outcomes = ledger.settle(session, documents)
    collisions.refresh_documents(session, outcomes)
    bell.ring_after_commit(session, "ask_again")


def active_locations(session: Session) -> list[Location]:
    """The shop's active locations, the one that is asked first at the front."""
    return list(
        session.exec(
            select(Location)
            .where(Location.shop_id == shop_of(session), col(Location.active))
            .order_by(col(Location.priority), col(Location.location_id))
        )
    )


def _known(
    session: Session,
    snapshots: Sequence[Order],
    fulfillments: Sequence[tuple[Fulfillment, str, int]] = (),
) -> Known:
    places = session.exec(select(Location).where(Location.shop_id == shop_of(session))).all()
    first = next(iter(active_locations(session)), None)
    variants = {line.variant_id for order in snapshots for line in order.lines}
    variants |= {variant for one, *_ in fulfillments for *_, variant in one.lines}
    references = {order.reference for order in snapshots} | {order for _, order, _ in fulfillments}
    keys = {order.key for order in snapshots}
    keys |= {
        DocumentKey(FULFILLMENT, one.reference) for order in snapshots for one in order.fulfillments
    }
    keys |= {DocumentKey(REFUND, one.reference) for order in snapshots for one in order.refunds}
    keys |= {DocumentKey(FULFILLMENT, one.reference) for one, *_ in fulfillments}
    return Known(
        items=_items(session, [variant for variant in variants if variant]),
        locations={place.reference: place.location_id for place in places},
        default_location=first.location_id if first else None,
        holds=_holds(session, sorted(references)),
        papers=_papers(session, keys),
        opened_at=this_shop(session).opened_at,
    )


def _items(session: Session, variants: Sequence[str]) -> dict[str, tuple[int, bool]]:
    rows = session.execute(text(ITEMS), {"shop": shop_of(session), "variants": list(variants)})
    return {row[0]: (row[1], row[2]) for row in rows}


def _holds(session: Session, references: Sequence[str]) -> Mapping[tuple[str, str], list[HoldAt]]:
    found: dict[tuple[str, str], list[HoldAt]] = defaultdict(list)
    rows = session.execute(text(HOLDS), {"shop": shop_of(session), "orders": list(references)})
    for row in rows:
        found[row[0], row[1]].append(HoldAt(*row[2:]))
    return found


def _papers(session: Session, keys: Iterable[DocumentKey]) -> frozenset[DocumentKey]:
    asked = list(keys)
    rows = session.execute(
        text(PAPERS),
        {
            "shop": shop_of(session),
            "kinds": [key.kind for key in asked],
            "references": [key.reference for key in asked],
        },
    )
    return frozenset(DocumentKey(*row) for row in rows)


def _restated(session: Session, documents: Sequence[Document]) -> list[Document]:
    rows = session.execute(
        text(TALLIES),
        {
            "shop": shop_of(session),
            "kinds": [document.kind for document in documents],
            "references": [document.reference for document in documents],
        },
    ).all()
    moved: dict[DocumentKey, list[Flow]] = defaultdict(list)
    for row in rows:
        moved[DocumentKey(row[0], row[1])].append(
            Flow(
                line=row[2],
                item_id=row[3],
                total=0,
                from_location_id=row[4],
                from_state=State(row[5]),
                to_location_id=row[6],
                to_state=State(row[7]),
                reason=Reason.SHIPMENT_CORRECTED,
                reason_back=Reason.SHIPMENT_CORRECTED,
                hold=DocumentKey(row[8], row[9]) if row[8] else None,
                hold_line=row[10],
            )
        )
    return [_with_returns(document, moved.get(document.key, ())) for document in documents]


def _with_returns(document: Document, moved: Sequence[Flow]) -> Document:
    stated = {_account(flow) for flow in document.flows}
    gone = [flow for flow in moved if _account(flow) not in stated]
    return replace(document, flows=[*gone, *document.flows]) if gone else document


def _account(flow: Flow) -> tuple[object, ...]:
    return (
        flow.line, flow.item_id, flow.from_location_id, flow.from_state, flow.to_location_id,
        flow.to_state,
    )  # fmt: skip


def _ask_further(
    session: Session, order: Order, made: Plan, unclear: bool, message_id: int | None
) -> None:
    # A read just now cannot be bettered by another one.
    if order.read or not (unclear or made.read_again or made.unknown_products):
        return
    because = message_id if message_id is not None else f"v{order.updated_at.isoformat()}"
    requests.ask_for(
        session,
        requests.READ_PRODUCT,
        [(f"product:{number}", number) for number in sorted(made.unknown_products)],
        because,
    )
    requests.ask_for(session, requests.READ_ORDER, [(order.reference, order.reference)], because)
