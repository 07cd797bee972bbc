"""The ledger: the one way in which units move. A document states, the ledger posts the difference.

Every verb is the same `settle`: a claim holds, and the flows of `flows.py` move. So a duplicate, a
late, an out-of-order or an edited paper is one and the same call, and every job may run twice. What
a line holds follows from two statements alone, whatever order they came in: all it ever wanted, and
all that has left for good.

    order of 5 placed     available −5                committed +5
    2 of them fulfilled   committed −2                customer  +2
    1 cancelled           committed −1                available +1

Facts cannot be refused: an order that happened is recorded even if `available` falls below zero.
Requests can: they are granted what is free, and the answer says how much that was.
The caller opens the transaction; nothing here commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, groupby
from operator import attrgetter

from sqlalchemy import text
from sqlmodel import Session

from app.db import database_time, shop_of
from app.errors import Refused
from app.inventory.books import Books, HoldKey, HoldRow, TallyKey
from app.inventory.documents import (
    Account,
    Claim,
    Document,
    DocumentKey,
    Flow,
    Grant,
    Outcome,
    Verdict,
)
from app.inventory.filing import SPOKEN_OF, is_plain_fact, lock_accounts, post_facts
from app.inventory.models import Reason, State

OPEN_REQUESTS = """
WITH asking AS (
    SELECT document_id, min(due_at) AS due
    FROM hold JOIN balance AS free USING (shop_id, item_id, location_id)
    WHERE shop_id = :shop AND NOT hold.fact AND hold.wanted > hold.fulfilled + hold.held
      AND (hold.expires_at IS NULL OR hold.expires_at > now())
      AND free.state = 'available' AND free.quantity > 0
      AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
    GROUP BY document_id
)
SELECT asking.due, document_id, document.kind, document.reference, document.version,
       document.digest, line, item_id, location_id, state::text, wanted, firm, expires_at, due_at
FROM asking JOIN document USING (document_id) JOIN hold USING (shop_id, document_id)
WHERE shop_id = :shop
ORDER BY asking.due NULLS LAST, document_id, line, item_id, location_id
"""

LineKey = tuple[int, str, int]
"""Document, line, item: the holds of one line, at however many locations."""


def settle(session: Session, documents: Sequence[Document]) -> list[Outcome]:
    """Makes the books agree with these documents, and answers each in the order given.

    Guarantees: all or nothing in the caller's transaction; the same documents again change nothing;
    the order of arrival does not change the balances; facts are booked in full; requests are
    granted at most what is free after the facts of the call, never out of a negative balance.
    Raises Refused("not_enough_units") if a flow takes from an inside state more than is there.
    """
    books = Books(session)
    chosen, verdicts = _newest(documents)
    if books.file(chosen):
        if len(chosen) < len(documents):
            return _outcomes(books, documents, chosen, verdicts, {}, chosen)
        return [
            Outcome(one.key, books.document_ids[one.key], Verdict.SETTLED, (), one.claims or ())
            for one in documents
        ]
    for document in chosen:
        if document.key not in books.accepted:
            older = books.versions[document.key] > document.version
            verdicts[document.key] = Verdict.STALE if older else Verdict.AMBIGUOUS
    settled = [document for document in chosen if document.key in books.accepted]
    first, others = _new_facts(books, settled)
    claimed = {document.key: _state_claims(books, document) for document in others}
    books.lock_accounts(chain(_accounts(books, others), _claimed(first)))
    if first:
        post_facts(session, first, books.document_ids)
        _note_facts(books, first)
    _settle_others(books, others, claimed)
    books.write()
    grants = {key: _grants(books, lines) for key, lines in claimed.items()}
    return _outcomes(books, documents, chosen, verdicts, grants, first)


def _settle_others(
    books: Books, documents: Sequence[Document], claimed: Mapping[DocumentKey, Iterable[LineKey]]
) -> None:
    """Facts first, then what has moved, then requests out of what is left."""
    by_line = {line: document for document in documents for line in claimed[document.key]}
    for line, document in by_line.items():
        if document.fact:
            _rebalance(books, line, document)
    for document in documents:
        for flow in document.flows:
            by_line.update(_apply_flow(books, document, flow))
    for line, document in by_line.items():
        _rebalance(books, line, document, grow=_is_fact(books, line))
    for line, document in by_line.items():
        if not _is_fact(books, line):
            _rebalance(books, line, document)


def _new_facts(
    books: Books, documents: Sequence[Document]
) -> tuple[list[Document], list[Document]]:
    """Those that one statement can post, as nothing else in this call touches their holds; the rest."""
    spoken_of = {flow.hold for document in documents for flow in document.flows}
    first: list[Document] = []
    others: list[Document] = []
    for document in documents:
        new = document.key in books.new and document.key not in spoken_of
        (first if new and is_plain_fact(document) else others).append(document)
    return first, others


def expire(session: Session, now: datetime | None = None, limit: int = 500) -> list[Outcome]:
    """Gives back what holds past their expiry still hold; returns what was released."""
    rows = session.execute(
        text(
            "SELECT DISTINCT d.kind, d.reference, d.version, d.digest FROM hold h"
            " JOIN document d ON d.shop_id = h.shop_id AND d.document_id = h.document_id"
            " WHERE h.shop_id = :shop AND h.expires_at <= :now AND h.held > 0 LIMIT :limit"
        ),
        {"shop": shop_of(session), "now": now or database_time(), "limit": limit},
    ).all()
    return settle(
        session,
        [
            Document(
                kind=row.kind,
                reference=row.reference,
                version=row.version,
                digest=row.digest,
                claims=(),
                fact=False,
                reason_released=Reason.EXPIRED,
            )
            for row in rows
        ],
    )


def ask_again(session: Session, items: Sequence[int] | None = None) -> list[Outcome]:
    """Grants open requests what has become free since, those wanted soonest first."""
    rows = session.execute(
        text(OPEN_REQUESTS), {"shop": shop_of(session), "items": items and list(items)}
    ).all()
    documents = []
    for _document_id, lines in groupby(rows, key=attrgetter("document_id")):
        claims = list(lines)
        first = claims[0]
        documents.append(
            Document(
                kind=first.kind,
                reference=first.reference,
                version=first.version,
                digest=first.digest,
                fact=False,
                firm=first.firm,
                expires_at=first.expires_at,
                claims=[
                    Claim(
                        row.line,
                        row.item_id,
                        row.location_id,
                        State(row.state),
                        row.wanted,
                        row.due_at,
                    )
                    for row in claims
                ],
            )
        )
    return settle(session, documents) if documents else []


def stand_still(session: Session, item_id: int, location_id: int) -> None:
    """Nothing of this item moves at this place until the transaction ends, but by its own doing.

    Whoever is to lock what depends on a balance (a collision) does this first, as postings do.
    """
    lock_accounts(session, [Account(item_id, location_id, State.AVAILABLE)])


def take_back(
    session: Session,
    key: DocumentKey,
    line: str,
    item_id: int,
    location_id: int,
    *,
    units: int,
    actor: str,
    even_firm: bool = False,
) -> None:
    """Frees units that a request holds. It may ask for them again once units are free.

    Raises Refused("not_held") unless that line holds this many, as a request that is not firm.
    `even_firm` is for a caller that tells whoever was promised in the same transaction.
    """
    document = Document(key.kind, key.reference, SPOKEN_OF, actor=actor)
    books, row = _request(session, document, line, item_id, location_id, even_firm=even_firm)
    if row.held < units:
        raise _not_held()
    held = Account(item_id, location_id, row.state)
    books.move(document, line, units, held, held._replace(state=State.AVAILABLE), Reason.RELEASED)
    row.held, row.changed = row.held - units, True
    books.write()


def ask_no_more(
    session: Session, key: DocumentKey, line: str, item_id: int, location_id: int
) -> None:
    """A request asks for no more than it holds, until its paper states anew what it wants.

    Raises Refused("not_held") if that line is not a request that may still give way.
    """
    document = Document(key.kind, key.reference, SPOKEN_OF)
    books, row = _request(session, document, line, item_id, location_id)
    hold = HoldKey(books.document_ids[key], line, item_id, location_id)
    # What has left for this line from elsewhere counts already, so it is not taken off once more.
    row.wanted -= max(0, _open_units(books, hold[:3])[hold] - row.held)
    row.changed = True
    books.write()


def _request(
    session: Session,
    document: Document,
    line: str,
    item_id: int,
    location_id: int,
    *,
    even_firm: bool = False,
) -> tuple[Books, HoldRow]:
    """The locked hold of a request, as a rule of one that is not firm."""
    books = Books(session)
    books.file([document])
    books.lock_accounts(_accounts(books, ()))
    row = books.holds.get(HoldKey(books.document_ids[document.key], line, item_id, location_id))
    if row is None or row.fact or (row.firm and not even_firm):
        raise _not_held()
    return books, row


def _not_held() -> Refused:
    return Refused("not_held", "These units are not held by a request any more.", status=409)


def _newest(
    documents: Sequence[Document],
) -> tuple[Sequence[Document], dict[DocumentKey, Verdict]]:
    """One document for each key: the newest, and of equally new ones the authoritative.

    And the verdicts on those keys that are named more than once.
    """
    if len({document.key for document in documents}) == len(documents):
        return documents, {}
    best: dict[DocumentKey, Document] = {}
    verdicts: dict[DocumentKey, Verdict] = {}
    for document in documents:
        other = best.get(document.key)
        if other is None or _rank(document) > _rank(other):
            best[document.key] = document
            verdicts[document.key] = Verdict.SETTLED
        elif _rank(document) == _rank(other) and document.digest != other.digest:
            verdicts[document.key] = Verdict.AMBIGUOUS
    unclear = {key for key, verdict in verdicts.items() if verdict is Verdict.AMBIGUOUS}
    return [document for key, document in best.items() if key not in unclear], verdicts


def _rank(document: Document) -> tuple[int, bool]:
    return document.version, document.authoritative


def _state_claims(books: Books, document: Document) -> dict[LineKey, None]:
    """Notes what each line wants now; a line no longer named wants only what has left already."""
    if document.claims is None:
        return {}
    document_id = books.document_ids[document.key]
    stated = {
        HoldKey(document_id, claim.line, claim.item_id, claim.location_id): claim
        for claim in document.claims
    }
    touched: dict[LineKey, None] = {}
    for key, claim in stated.items():
        row = books.hold(key, claim.state, document)
        _state_claim(row, claim, document)
        touched[key[:3]] = None
    for key in books.by_document.get(document_id, ()):
        if key not in stated:
            row = books.holds[key]
            if row.wanted:
                row.wanted, row.changed = 0, True
            touched[key[:3]] = None
    return touched


def _state_claim(row: HoldRow, claim: Claim, document: Document) -> None:
    stated = (claim.wanted, document.fact, document.firm, document.expires_at, claim.due_at)
    if stated != (row.wanted, row.fact, row.firm, row.expires_at, row.due_at):
        row.wanted, row.fact, row.firm, row.expires_at, row.due_at = stated
        row.changed = True


def _accounts(books: Books, documents: Iterable[Document]) -> Iterable[Account]:
    for key, row in books.holds.items():
        yield Account(key.item_id, key.location_id, State.AVAILABLE)
        yield Account(key.item_id, key.location_id, row.state)
    for document in documents:
        for flow in document.flows:
            yield Account(flow.item_id, flow.from_location_id, flow.from_state)
            yield Account(flow.item_id, flow.to_location_id, flow.to_state)
            if flow.hold is not None:
                yield Account(flow.item_id, flow.from_location_id, State.AVAILABLE)


def _is_fact(books: Books, line: LineKey) -> bool:
    return any(books.holds[key].fact for key in books.lines.get(line, ()))


def _apply_flow(books: Books, document: Document, flow: Flow) -> dict[LineKey, Document]:
    """Moves the difference to the flow's last stated total; returns the hold line it touched."""
    key = TallyKey(
        books.document_ids[document.key],
        flow.line,
        flow.item_id,
        flow.from_location_id,
        flow.from_state,
        flow.to_location_id,
        flow.to_state,
    )
    change = flow.total - books.tallies.get(key, 0)
    if change == 0:
        return {}
    books.set_tally(key, flow.total, flow)
    source = Account(flow.item_id, flow.from_location_id, flow.from_state)
    target = Account(flow.item_id, flow.to_location_id, flow.to_state)
    if flow.hold is None:
        if change > 0:
            books.move(document, flow.line, change, source, target, flow.reason)
        else:
            books.move(document, flow.line, -change, target, source, flow.reason_back)
        return {}
    return _ship_change(books, document, flow, change, target)


def _ship_change(
    books: Books, document: Document, flow: Flow, change: int, target: Account
) -> dict[LineKey, Document]:
    assert flow.hold is not None
    line = (books.document_ids[flow.hold], flow.hold_line or flow.line, flow.item_id)
    row = books.hold(HoldKey(*line, flow.from_location_id), flow.from_state, document)
    held = Account(flow.item_id, flow.from_location_id, row.state)
    free = Account(flow.item_id, flow.from_location_id, State.AVAILABLE)
    if change > 0:
        from_hold = min(change, row.held)
        books.move(document, flow.line, from_hold, held, target, flow.reason)
        # More left than was held: the units are gone, so the rest was free ones.
        books.move(document, flow.line, change - from_hold, free, target, flow.reason)
        row.held -= from_hold
    else:
        books.move(document, flow.line, -change, target, free, flow.reason_back)
    row.fulfilled += change
    row.changed = True
    return {line: document}


def _rebalance(books: Books, line: LineKey, document: Document, *, grow: bool = True) -> None:
    """Holds for one line what is still open of it, at each of its locations."""
    for key, open_units in _open_units(books, line).items():
        row = books.holds[key]
        held = Account(key.item_id, key.location_id, row.state)
        free = Account(key.item_id, key.location_id, State.AVAILABLE)
        if row.held > open_units:
            released = row.held - open_units
            books.move(document, key.line, released, held, free, document.reason_released)
            row.held, row.changed = open_units, True
        elif grow and row.held < open_units:
            more = open_units - row.held
            if not row.fact:
                more = min(more, max(0, books.balances[free]))
            books.move(document, key.line, more, free, held, Reason.HELD)
            row.held, row.changed = row.held + more, row.changed or more > 0


def _open_units(books: Books, line: LineKey) -> dict[HoldKey, int]:
    """What each location should still hold of a line.

    Units that left from a location where the line wanted none count against its other locations, so
    a shipment may come before or after the paper that says where the line is kept.
    """
    keys = sorted(books.lines.get(line, ()))
    surplus = sum(max(0, books.holds[k].fulfilled - books.holds[k].wanted) for k in keys)
    open_units = {}
    for key in keys:
        row = books.holds[key]
        here = max(0, row.wanted - row.fulfilled)
        less = min(here, surplus)
        surplus -= less
        open_units[key] = here - less
    return open_units


def _note_facts(books: Books, documents: Iterable[Document]) -> None:
    """Facts are held in full, so the books know what those posted already have left behind."""
    for document in documents:
        for claim in document.claims or ():
            free = Account(claim.item_id, claim.location_id, State.AVAILABLE)
            books.balances[free] -= claim.wanted
            books.balances[free._replace(state=claim.state)] += claim.wanted


def _claimed(documents: Iterable[Document]) -> Iterable[Account]:
    for document in documents:
        for claim in document.claims or ():
            yield Account(claim.item_id, claim.location_id, claim.state)
            yield Account(claim.item_id, claim.location_id, State.AVAILABLE)


def _grants(books: Books, lines: Iterable[LineKey]) -> tuple[Grant, ...]:
    return tuple(
        Grant(key.line, key.item_id, key.location_id, row.wanted, row.fulfilled, row.held)
        for line in lines
        for key in books.lines.get(line, ())
        for row in (books.holds[key],)
    )


def _outcomes(
    books: Books,
    documents: Sequence[Document],
    chosen: Sequence[Document],
    verdicts: Mapping[DocumentKey, Verdict],
    grants: Mapping[DocumentKey, tuple[Grant, ...]],
    held_in_full: Iterable[Document],
) -> list[Outcome]:
    picked = {document.key: document.version for document in chosen}
    in_full = {document.key: document.claims or () for document in held_in_full}
    ids = books.document_ids
    outcomes = []
    for document in documents:
        key = document.key
        verdict = verdicts.get(key, Verdict.SETTLED)
        if verdict is Verdict.SETTLED and picked[key] > document.version:
            verdict = Verdict.STALE
        outcomes.append(
            Outcome(key, ids.get(key, 0), verdict, grants.get(key, ()), in_full.get(key, ()))
        )
    return outcomes
