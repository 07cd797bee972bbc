"""Policy at work: what it lets requests hold, and what it has the ledger hold and give back.

Every decision is a document that the ledger settles: safety stock is a request of its own kind, and
a request of Amazon is told to want no more than policy allows. So nothing but the ledger moves units,
and the same policy settled again changes nothing. What is kept from a request is named in `withheld`.

One posting under policy at a time for each shop: a ceiling spans documents, so nobody may look at it
while another is about to fill it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory import collisions, ledger
from app.inventory.asking import (
    LineKey,
    Place,
    Request,
    forget_withheld,
    load_cases,
    load_free,
    load_requests,
    note_asks,
    note_withheld,
)
from app.inventory.documents import Claim, Document, DocumentKey, Outcome, Verdict
from app.inventory.endings import keep_what_it_caused
from app.inventory.models import Collision, State
from app.inventory.policies import GroupedItem, PolicyChange, Rules, load_rules
from app.inventory.sharing import Granted, Kept, share_out
from app.shops import this_shop

SAFETY_STOCK = "safety_stock"
POLICY = "policy"
"""Who gave way by itself: as written beside movements and collisions."""
LINE = "1"
AT_ONCE = 500
"""Items in one transaction after a change of policy."""
LOCK = "SELECT pg_advisory_xact_lock(6927, :shop)"

# Items where somebody may be granted more, or where something has to give way.
RESTLESS = """
SELECT item_id FROM hold JOIN balance AS free USING (shop_id, item_id, location_id)
WHERE shop_id = :shop AND NOT hold.fact AND free.state = 'available'
  AND (hold.held > 0 OR hold.wanted > hold.fulfilled)
  AND (hold.expires_at IS NULL OR hold.expires_at > now())
  AND ((free.quantity > 0 AND hold.wanted > hold.fulfilled + hold.held)
       OR (free.quantity < 0 AND NOT hold.firm AND hold.held > 0))
UNION
SELECT item_id FROM withheld JOIN balance AS free USING (shop_id, item_id, location_id)
WHERE shop_id = :shop AND free.state = 'available' AND free.quantity > 0
"""
KEPT_BACK = """
SELECT free.item_id, free.location_id, coalesce(kept.wanted, 0) AS wanted, kept.version,
       item.tracked AND item.archived_at IS NULL AND location.active AS counts
FROM balance AS free
JOIN item USING (shop_id, item_id)
JOIN location ON location.shop_id = free.shop_id AND location.location_id = free.location_id
LEFT JOIN (
    SELECT hold.item_id, hold.location_id, hold.wanted, document.version
    FROM hold JOIN document USING (shop_id, document_id)
    WHERE hold.shop_id = :shop AND document.kind = 'safety_stock'
) AS kept ON kept.item_id = free.item_id AND kept.location_id = free.location_id
WHERE free.shop_id = :shop AND free.state = 'available'
  AND (CAST(:items AS int[]) IS NULL OR free.item_id = ANY(CAST(:items AS int[])))
"""


@dataclass
class Shared:
    """What came of sharing out: for each line what it may want and what is kept from it."""

    wanted: dict[LineKey, int] = field(default_factory=dict)
    kept: dict[LineKey, Kept | None] = field(default_factory=dict)
    held: dict[LineKey, int] = field(default_factory=dict)
    gave_way: dict[Place, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, request: Request, granted: Granted) -> None:
        """Keeps one answer."""
        kept = granted.kept.units if granted.kept else 0
        self.wanted[request.key] = request.asked - kept
        self.held[request.key] = granted.held
        self.kept[request.key] = granted.kept
        if granted.gave_way:
            # The ledger frees what is no longer wanted; a safety stock's rule asks for it again.
            self.wanted[request.key] = request.fulfilled + granted.held
            ways = self.gave_way[request.key.place]
            amazon = request.state is State.RESERVED
            way = "take_back" if amazon else "release_safety_stock"
            ways[way] = ways.get(way, 0) + granted.gave_way


def settle(session: Session, documents: Sequence[Document]) -> list[Outcome]:
    """`ledger.settle`, but requests of Amazon want no more than policy allows them.

    Guarantees what `ledger.settle` does. Keeps what they asked for, and names what is kept from
    those that are not acknowledged yet. Call it before anything else that locks stock.
    """
    asking = [one for one in documents if not one.fact and one.claims is not None]
    if not asking:
        return ledger.settle(session, documents)
    _lock(session)
    shared = _shared_with(session, [one for one in asking if not one.firm])
    outcomes = ledger.settle(session, [_within(one, shared) for one in documents])
    ids = {one.key: one.document_id for one in outcomes if one.verdict is Verdict.SETTLED}
    answered = [one for one in asking if one.key in ids]
    note_asks(session, answered, ids)
    forget_withheld(session, [ids[one.key] for one in answered])
    kept = {key: one for key, one in shared.kept.items() if key.document in ids}
    note_withheld(session, kept, ids)
    return outcomes


def obey(
    session: Session,
    items: Sequence[int] | None = None,
    *,
    trim: bool = False,
    actor: str = POLICY,
    version: int = 0,
) -> list[Outcome]:
    """Brings holds to what policy says now; without `items` wherever there is something to do.

    Open requests are granted what has become free, in the order of precedence; safety stock is made
    up, lowered and begun at new places; what may give way to an oversell does. With `trim` requests
    also give up what they hold beyond their share, as after a change. Refreshes the collisions. A
    shop that is leaving us is granted nothing.
    """
    if this_shop(session).leaving_at is not None:
        return []
    _lock(session)
    rules = load_rules(session)
    safety = _safety_wanted(session, rules, items)
    touched = set(items) if items is not None else _restless(session)
    touched |= {item_id for item_id, _ in safety}
    if not touched:
        return []
    requests = load_requests(session, touched)
    _state_safety(requests, safety, version)
    shared = _share_places(session, rules, requests, touched, trim)
    restated = _restated(session, requests, shared, rules, actor)
    outcomes = ledger.settle(session, restated) if restated else []
    ids = {key.document: one.document_id for key, one in requests.items() if one.document_id}
    changed = {
        key: kept
        for key, kept in shared.kept.items()
        if key.document in ids and kept != requests[key].kept
    }
    note_withheld(session, changed, ids)
    _refresh(session, restated, shared)
    return outcomes


def settle_change(session: Session) -> bool:
    """Has holds follow the oldest change of policy that they do not follow yet, some items at once.

    False when there was nothing left to do. May run twice and die half-way.
    """
    change = session.exec(
        select(PolicyChange)
        .where(
            PolicyChange.shop_id == shop_of(session),
            col(PolicyChange.settled_at).is_(None),
        )
        .order_by(col(PolicyChange.policy_change_id))
        .limit(1)
        .with_for_update()
    ).first()
    if change is None:
        return False
    items = _affected(session, change)
    if items:
        obey(session, items, trim=True, actor=change.by, version=change.policy_change_id)
        change.settled_to = items[-1]
    if len(items) < AT_ONCE:
        change.settled_at = datetime.now(UTC)
    session.add(change)
    session.flush()
    return True


def _lock(session: Session) -> None:
    session.execute(text(LOCK), {"shop": shop_of(session)})


def _restless(session: Session) -> set[int]:
    return set(session.execute(text(RESTLESS), {"shop": shop_of(session)}).scalars())


def _shared_with(session: Session, documents: Sequence[Document]) -> Shared:
    """What these unacknowledged requests may want, everybody else keeping what they hold."""
    shared = Shared()
    rules = load_rules(session)
    mine = {
        LineKey(one.key, claim.line, claim.item_id, claim.location_id): claim
        for one in documents
        for claim in one.claims or ()
        if claim.state is State.RESERVED
    }
    if rules.says_nothing or not mine:
        return shared
    items = {key.item_id for key in mine}
    known = load_requests(session, items)
    cases, free = load_cases(session, items), load_free(session, items)
    own = {one.key for one in documents}
    by_place: dict[Place, list[Request]] = defaultdict(list)
    for key, request in known.items():
        # What these documents held on lines that they no longer name is given back.
        by_place[key.place].append(replace(request, asked=0) if key.document in own else request)
    for key, claim in mine.items():
        request = known.get(key) or Request(key, None, State.RESERVED, 0)
        stated = replace(request, asked=claim.wanted, firm=False, due_at=claim.due_at)
        others = [one for one in by_place[key.place] if one.key != key]
        by_place[key.place] = [*others, stated]
    for place, wanting in by_place.items():
        granted = share_out(
            free.get(place, 0),
            [one.asking(settled=one.key.document not in own) for one in wanting],
            rules.of(*place),
            cases[place[0]],
        )
        for request, answer in zip(wanting, granted, strict=True):
            if request.key in mine:
                shared.note(request, answer)
    return shared


def _within(document: Document, shared: Shared) -> Document:
    """The document, each of its lines wanting no more than policy allows."""
    if document.fact or document.firm or document.claims is None:
        return document
    claims = [
        replace(claim, wanted=shared.wanted.get(key, claim.wanted))
        for claim in document.claims
        for key in (LineKey(document.key, claim.line, claim.item_id, claim.location_id),)
    ]
    return replace(document, claims=claims)


def _share_places(
    session: Session,
    rules: Rules,
    requests: Mapping[LineKey, Request],
    items: Iterable[int],
    trim: bool,
) -> Shared:
    shared = Shared()
    by_place: dict[Place, list[Request]] = defaultdict(list)
    for key, request in requests.items():
        by_place[key.place].append(request)
    now = datetime.now(UTC)
    cases, free = load_cases(session, items), load_free(session, items)
    for place in {*free, *by_place}:
        wanting = [one for one in by_place[place] if not _has_expired(one, now)]
        granted = share_out(
            free.get(place, 0),
            [one.asking() for one in wanting],
            rules.of(*place),
            cases[place[0]],
            trim=trim,
        )
        for request, answer in zip(wanting, granted, strict=True):
            shared.note(request, answer)
    return shared


def _has_expired(request: Request, now: datetime) -> bool:
    """About to be released: it neither asks nor gives way."""
    return request.expires_at is not None and request.expires_at <= now


def _safety_wanted(session: Session, rules: Rules, items: Sequence[int] | None) -> dict[Place, int]:
    """Places whose safety stock is to be another one than it is, and which; none when leaving."""
    if items is None and not any(one.safety_stock for one in rules.policies.values()):
        return {}
    rows = session.execute(
        text(KEPT_BACK), {"shop": shop_of(session), "items": None if items is None else list(items)}
    )
    leaving = this_shop(session).leaving_at is not None
    found: dict[Place, int] = {}
    for row in rows:
        kept = row.counts and not leaving
        wanted = rules.of(row.item_id, row.location_id).safety_stock if kept else 0
        if wanted != row.wanted:
            found[row.item_id, row.location_id] = wanted
    return found


def _state_safety(
    requests: dict[LineKey, Request], safety: Mapping[Place, int], version: int
) -> None:
    """Has the safety stocks ask for what policy wants of them now."""
    for (item_id, location_id), wanted in safety.items():
        document = DocumentKey(SAFETY_STOCK, f"{item_id}/{location_id}")
        key = LineKey(document, LINE, item_id, location_id)
        request = requests.get(key)
        if request is None:
            request = requests[key] = Request(key, None, State.SAFETY_STOCK, wanted)
        request.asked = wanted
        request.version = max(request.version, version)


def _restated(
    session: Session,
    requests: dict[LineKey, Request],
    shared: Shared,
    rules: Rules,
    actor: str,
) -> list[Document]:
    """Every document that is to want or to hold something else, whole, in the order of precedence."""
    changed = {
        key.document
        for key, request in requests.items()
        if key in shared.wanted
        and (shared.wanted[key] != request.wanted or shared.held[key] != request.held)
    }
    ids = {
        request.document_id
        for key, request in requests.items()
        if key.document in changed and request.document_id is not None
    }
    if not changed:
        return []
    # A document is stated whole: its lines elsewhere want what they wanted.
    for key, request in load_requests(session, documents=ids).items():
        requests.setdefault(key, request)
    by_document: dict[DocumentKey, list[Request]] = defaultdict(list)
    for key, request in sorted(requests.items()):
        if key.document in changed:
            by_document[key.document].append(request)
    ranked = sorted(by_document.items(), key=lambda entry: _rank(entry[1], rules))
    return [_restate(key, lines, shared, actor) for key, lines in ranked]


def _rank(lines: Sequence[Request], rules: Rules) -> tuple[object, ...]:
    first = lines[0]
    if first.state is not State.SAFETY_STOCK:
        due = min((one.due_at for one in lines if one.due_at), default=None)
        moment = due.timestamp() if due else float("inf")
        return 1, not first.firm, moment, first.document_id or 0, first.key
    before = rules.of(*first.key.place).precedence == "dtc"
    return 0 if before else 2, False, 0.0, first.document_id or 0, first.key


def _restate(key: DocumentKey, lines: Sequence[Request], shared: Shared, actor: str) -> Document:
    first = lines[0]
    return Document(
        kind=key.kind,
        reference=key.reference,
        version=first.version,
        digest=first.digest,
        title="Safety stock" if key.kind == SAFETY_STOCK else "",
        fact=False,
        firm=first.firm,
        expires_at=first.expires_at,
        actor=actor,
        claims=[
            Claim(
                one.key.line,
                one.key.item_id,
                one.key.location_id,
                one.state,
                shared.wanted.get(one.key, one.wanted),
                one.due_at,
            )
            for one in lines
        ],
    )


def _refresh(session: Session, documents: Sequence[Document], shared: Shared) -> None:
    """Refreshes the collisions; one that ended because something gave way says so."""
    places = {(claim.item_id, claim.location_id) for one in documents for claim in one.claims or ()}
    shop = shop_of(session)
    gave_way = {place: ways for place, ways in shared.gave_way.items() if ways}
    before = {
        (row.item_id, row.location_id): row
        for row in session.exec(
            select(Collision)
            .where(
                Collision.shop_id == shop,
                col(Collision.ended_at).is_(None),
                Collision.kind == "oversold",
                col(Collision.item_id).in_({item_id for item_id, _ in gave_way}),
            )
            .with_for_update()
        )
    }
    collisions.refresh(session, places)
    for place, ways in gave_way.items():
        collision = before.get(place)
        if collision is None:
            # It was over before anybody saw it; that it was there is part of its history.
            collision = Collision(
                shop_id=shop,
                item_id=place[0],
                location_id=place[1],
                kind="oversold",
                units=sum(ways.values()),
                ended_at=datetime.now(UTC),
            )
        if collision.ended_at is not None:
            collision.ended_by, collision.way_taken = POLICY, max(ways, key=lambda way: ways[way])
        session.add(collision)
        session.flush()
        keep_what_it_caused(session, collision)


def _affected(session: Session, change: PolicyChange) -> list[int]:
    """The next items that a change is about, in order, those that have stock anywhere."""
    only: set[int] | None = None
    if change.item_id is not None:
        only = {change.item_id}
    elif change.group_id is not None:
        only = set(
            session.exec(
                select(GroupedItem.item_id).where(
                    GroupedItem.shop_id == change.shop_id,
                    GroupedItem.group_id == change.group_id,
                )
            )
        )
        for said in (change.before, change.after):
            only |= {int(one) for one in _ids_in(said)}
    rows = session.execute(
        text(
            "SELECT DISTINCT item_id FROM balance WHERE shop_id = :shop AND state = 'available'"
            " AND item_id > :after AND (CAST(:only AS int[]) IS NULL"
            " OR item_id = ANY(CAST(:only AS int[]))) ORDER BY item_id LIMIT :limit"
        ),
        {
            "shop": change.shop_id,
            "after": change.settled_to,
            "only": None if only is None else sorted(only),
            "limit": AT_ONCE,
        },
    )
    return list(rows.scalars())


def _ids_in(said: Mapping[str, Any] | None) -> list[Any]:
    return list((said or {}).get("item_ids", ()))
