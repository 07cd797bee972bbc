"""Counts: what an outside system says a balance is, compared with the books and never copied over.

A difference is noticed by any count, and reported only when it has stood for a while, was read anew
in that time, and nothing was on its way that would explain it. A person or the shop's policy then
adopts it, as a document that says who counted, or leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.errors import Refused
from app.inventory import collisions, kinds, ledger, working
from app.inventory.documents import Claim, Document
from app.inventory.flows import adjusted
from app.inventory.models import HELD, INSIDE, Discrepancy, State

KIND = kinds.COUNT
STANDING = ("noticed", "open", "in_progress", "left")
REPORTED = ("open", "in_progress", "left")
OTHERS = ("opening", KIND)
"""Kinds of document that hold what outside systems hold and none of our papers explains."""

LATE_NEWS = timedelta(hours=4)
"""As long as Shopify tries to deliver a webhook; what is older was not just late."""
ADOPTED = {"person": ("person",), "all": ("person", "app", "unknown")}

LOCK = "SELECT pg_advisory_xact_lock(6931, :shop)"
"""Two comparisons of one shop would each note what the other is just noting."""

RECORD = """
INSERT INTO count AS known
    (shop_id, item_id, location_id, state, source, quantity, observed_at, read_at)
SELECT :shop, item_id, location_id, state, CAST(:source AS text), quantity, observed_at, read_at
FROM unnest(CAST(:items AS int[]), CAST(:locations AS int[]),
    CAST(CAST(:states AS text[]) AS stock_state[]), CAST(:quantities AS int[]),
    CAST(:moments AS timestamptz[]), CAST(:read AS timestamptz[]))
    AS given (item_id, location_id, state, quantity, observed_at, read_at)
WHERE NOT :sparse OR quantity <> 0 OR state = 'available' OR EXISTS (
    SELECT FROM count AS old
    WHERE old.shop_id = :shop AND old.item_id = given.item_id
      AND old.location_id = given.location_id AND old.state = given.state
      AND old.source = CAST(:source AS text))
ORDER BY item_id, location_id, state
ON CONFLICT (shop_id, item_id, location_id, state, source) DO UPDATE SET
    quantity = excluded.quantity, observed_at = excluded.observed_at,
    read_at = greatest(known.read_at, excluded.read_at)
WHERE known.read_at <= excluded.read_at OR known.observed_at < excluded.observed_at
"""
# A place is compared when its `available` was ever counted; a state without a count counts as none.
DIFFERENT = """
WITH theirs AS (
    SELECT item_id, location_id, state, quantity, read_at FROM count
    WHERE shop_id = :shop AND source = :source
      AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
), ours AS (
    SELECT item_id, location_id, state, quantity FROM balance
    WHERE shop_id = :shop AND state = ANY(CAST(:inside AS stock_state[]))
      AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
)
SELECT item_id, location_id, state::text, coalesce(ours.quantity, 0) AS ours,
       coalesce(theirs.quantity, 0) AS theirs, theirs.read_at
FROM ours FULL JOIN theirs USING (item_id, location_id, state)
JOIN (SELECT item_id, location_id FROM theirs WHERE state = 'available') AS place
    USING (item_id, location_id)
JOIN (SELECT item_id FROM item WHERE shop_id = :shop AND tracked) AS tracked USING (item_id)
WHERE coalesce(ours.quantity, 0) <> coalesce(theirs.quantity, 0)
ORDER BY item_id, location_id, state
"""
RECENT = """
SELECT DISTINCT item_id FROM count
WHERE shop_id = :shop AND source = :source AND read_at >= :since
UNION SELECT item_id FROM discrepancy
WHERE shop_id = :shop AND source = :source AND status IN ('noticed', 'open', 'in_progress', 'left')
"""
UNTOLD = """
SELECT DISTINCT item_id FROM mirror_due JOIN movement USING (shop_id, movement_id)
WHERE shop_id = :shop
"""
MOVED_SINCE = """
SELECT EXISTS (
    SELECT FROM balance JOIN posting ON posting.shop_id = :shop AND posting.recorded_at > :moment
      AND account_id IN (posting.from_account_id, posting.to_account_id)
    WHERE balance.shop_id = :shop AND item_id = :item AND location_id = :location)
"""
# Read after the ledger has locked and changed the account, so nobody can move it in between.
AGREED = """
SELECT coalesce((SELECT quantity FROM balance WHERE shop_id = :shop AND item_id = :item
                 AND location_id = :location AND state = CAST(:state AS stock_state)), 0) AS ours,
       coalesce((SELECT quantity FROM count WHERE shop_id = :shop AND item_id = :item
                 AND location_id = :location AND state = CAST(:state AS stock_state)
                 AND source = :source), 0) AS theirs
"""
HELD_BY_OTHERS = """
SELECT document.kind, document.reference, document.version, document.digest, hold.line,
       hold.item_id, hold.location_id, hold.state::text, hold.wanted, hold.held
FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND document_id IN (
    SELECT document_id FROM hold JOIN document USING (shop_id, document_id)
    WHERE shop_id = :shop AND kind = ANY(:kinds) AND item_id = :item
      AND location_id = :location AND state = CAST(:state AS stock_state) AND held > 0)
ORDER BY document_id DESC, hold.line
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """One balance as an outside system states it, in eaches.

    `observed_at` is when it last changed there; `read_at` up to when it is known to have been so
    (by default the same moment).
    """

    item_id: int
    location_id: int
    state: State
    quantity: int
    observed_at: datetime
    read_at: datetime | None = None


class Compared(NamedTuple):
    """What a comparison came to."""

    opened: tuple[int, ...]
    """Discrepancies that are reported from now on."""
    doubtful: frozenset[int]
    """Items that have to be counted anew before anything can be said of them."""


def record(
    session: Session, source: str, counted: Iterable[Counted], *, sparse: bool = False
) -> None:
    """Keeps counts; an older one never replaces a newer one.

    With `sparse` a zero is kept only where something else was counted before, but for `available`.
    """
    newest: dict[tuple[int, int, State], Counted] = {}
    for one in counted:
        key = (one.item_id, one.location_id, one.state)
        if key not in newest or newest[key].observed_at <= one.observed_at:
            newest[key] = one
    rows = list(newest.values())
    if not rows:
        return
    session.execute(
        text(RECORD),
        {
            "shop": shop_of(session),
            "source": source,
            "sparse": sparse,
            "items": [row.item_id for row in rows],
            "locations": [row.location_id for row in rows],
            "states": [row.state.value for row in rows],
            "quantities": [row.quantity for row in rows],
            "moments": [row.observed_at for row in rows],
            "read": [row.read_at or row.observed_at for row in rows],
        },
    )


def forget(session: Session, source: str) -> None:
    """Drops all of a source's counts of this shop, before they are all read anew."""
    session.execute(
        text("DELETE FROM count WHERE shop_id = :shop AND source = :source"),
        {"shop": shop_of(session), "source": source},
    )


def recently_counted(session: Session, source: str, since: datetime) -> list[int]:
    """Items counted since then, and those that have a standing discrepancy."""
    rows = session.execute(
        text(RECENT), {"shop": shop_of(session), "source": source, "since": since}
    )
    return sorted(rows.scalars())


def compare(
    session: Session,
    source: str,
    *,
    items: Sequence[int] | None = None,
    busy: Collection[int] = (),
    grace: timedelta,
    now: datetime | None = None,
) -> Compared:
    """Compares a source's counts with the books; all items, or these.

    Guarantees: nothing is said of `busy` items, nor of those with movements that the outside has not
    been told of; a difference opens only when it has stood unchanged for `grace`, was read since it
    was first seen, and nothing has moved there since that reading; one that is over is closed.
    """
    now = now or database_time()
    session.execute(text(LOCK), {"shop": shop_of(session)})
    silent = set(busy) | set(session.execute(text(UNTOLD), {"shop": shop_of(session)}).scalars())
    standing = _standing(session, source, items)
    opened: list[Discrepancy] = []
    doubtful: set[int] = set()
    for row in session.execute(
        text(DIFFERENT),
        {
            "shop": shop_of(session),
            "source": source,
            "items": items if items is None else list(items),
            "inside": [state.value for state in INSIDE],
        },
    ).all():
        known = standing.pop((row.item_id, row.location_id, State(row.state)), None)
        if row.item_id in silent:
            continue
        if known is None:
            session.add(_notice(session, source, row, now))
            continue
        _follow(known, row, now)
        if known.status != "noticed" or known.first_seen_at > now - grace:
            continue
        if _is_certain(session, known, row.read_at):
            _open(known, now)
            opened.append(known)
        else:
            doubtful.add(row.item_id)
    for over in standing.values():
        if over.account[0] not in silent:
            _close(session, over, now)
    session.flush()
    return Compared(tuple(one.discrepancy_id for one in opened), frozenset(doubtful))


def explain(
    session: Session,
    discrepancy_id: int,
    explanation: str,
    *,
    by: str | None = None,
    evidence: Sequence[dict[str, Any]] = (),
) -> Discrepancy | None:
    """Notes what is known of how an open difference came about; None when it is over."""
    found = working.locked(session, discrepancy_id)
    if found is None or found.kind != KIND or found.status not in REPORTED:
        return None
    found.explanation, found.explained_by = explanation, by
    found.evidence = list(evidence)
    working.remember(found, "explained", by=by)
    session.flush()
    return found


def adopt(session: Session, discrepancy: Discrepancy, *, actor: str) -> Discrepancy:
    """Brings one balance to what was counted, as a document that says who counted.

    Only that account changes, by exactly the difference; the outside is not told, as it has it.
    Raises Refused: "not_open" when it is over, "discrepancy_changed" (409) when either number has
    moved, "held_by_papers" when fewer units are counted as held than our papers hold.
    """
    if discrepancy.kind != KIND:
        raise Refused("not_a_count", "Only what was counted can be adopted into the books.")
    if discrepancy.status not in REPORTED:
        raise Refused("not_open", "This difference is over.", status=409)
    item_id, location_id, state = discrepancy.account
    more = discrepancy.difference
    documents: list[Document] = []
    if state in HELD and more < 0:
        documents += _less_held_by_others(session, discrepancy, -more)
    document = Document(
        kind=KIND,
        reference=str(discrepancy.discrepancy_id),
        version=1,
        title=discrepancy.explained_by or discrepancy.source or "",
        # What is held passes through `available`, as every hold does.
        flows=[
            adjusted(
                state.value,
                item_id,
                location_id,
                more,
                state=State.AVAILABLE if state in HELD else state,
            )
        ],
        claims=[Claim(state.value, item_id, location_id, state, more)]
        if state in HELD and more > 0
        else None,
        echo=True,
        actor=actor,
    )
    outcomes = ledger.settle(session, [*documents, document])
    _must_agree(session, discrepancy)
    collisions.refresh_documents(session, outcomes)
    discrepancy.status = "adopted"
    discrepancy.ended_at, discrepancy.ended_by = datetime.now(UTC), actor
    working.remember(discrepancy, "adopted", by=actor)
    session.flush()
    return discrepancy


def adopt_by_policy(
    session: Session, source: str, choice: str, *, now: datetime | None = None
) -> list[int]:
    """Adopts what a shop's choice ("never", "person", "all") lets through; returns what it was.

    Never what our own movements or a paper that is still to come explain. What nobody can explain
    is adopted only once late news of it would have come.
    """
    if choice == "never":
        return []
    late = (now or database_time()) - LATE_NEWS
    rows = session.exec(
        select(Discrepancy)
        .where(
            Discrepancy.shop_id == shop_of(session),
            Discrepancy.source == source,
            Discrepancy.status == "open",
            col(Discrepancy.explanation).in_(ADOPTED[choice]),
        )
        .order_by(col(Discrepancy.discrepancy_id))
        .with_for_update()
    ).all()
    adopted = []
    for row in rows:
        if row.explanation == "unknown" and row.first_seen_at > late:
            continue
        try:
            with session.begin_nested():
                adopt(session, row, actor=f"policy:{choice}")
        except Refused as refusal:
            session.refresh(row)
            row.note = refusal.detail
        else:
            adopted.append(row.discrepancy_id)
    session.flush()
    return adopted


def _standing(
    session: Session, source: str, items: Sequence[int] | None
) -> dict[tuple[int, int, State], Discrepancy]:
    query = select(Discrepancy).where(
        Discrepancy.shop_id == shop_of(session),
        Discrepancy.kind == KIND,
        Discrepancy.source == source,
        col(Discrepancy.status).in_(STANDING),
    )
    if items is not None:
        query = query.where(col(Discrepancy.item_id).in_(items))
    rows = session.exec(query.order_by(col(Discrepancy.discrepancy_id)).with_for_update())
    return {row.account: row for row in rows}


def _notice(session: Session, source: str, row: Any, now: datetime) -> Discrepancy:
    return Discrepancy(
        shop_id=shop_of(session),
        source=source,
        item_id=row.item_id,
        location_id=row.location_id,
        state=State(row.state),
        ours=row.ours,
        theirs=row.theirs,
        first_seen_at=now,
    )


def _follow(known: Discrepancy, row: Any, now: datetime) -> None:
    """Takes over both numbers; another difference than before is another question."""
    changed = row.theirs - row.ours != known.difference
    known.ours, known.theirs = row.ours, row.theirs
    if not changed:
        return
    if known.status == "noticed":
        known.first_seen_at = now
        return
    if known.status == "left":
        known.status, known.ended_by = "open", None
    known.explanation, known.explained_by, known.evidence = None, None, []
    working.remember(known, "changed")


def _is_certain(session: Session, known: Discrepancy, read_at: datetime | None) -> bool:
    """Whether it was read after it was first seen, and nothing has moved there since."""
    if read_at is None or read_at <= known.first_seen_at:
        return False
    moved = session.execute(
        text(MOVED_SINCE),
        {
            "shop": shop_of(session),
            "item": known.item_id,
            "location": known.location_id,
            "moment": read_at,
        },
    ).scalar_one()
    return not moved


def _open(known: Discrepancy, now: datetime) -> None:
    known.status, known.opened_at = "open", now
    working.remember(known, "opened")


def _close(session: Session, over: Discrepancy, now: datetime) -> None:
    """It is no more; one that was never reported leaves no trace."""
    if over.status == "noticed":
        session.delete(over)
        return
    over.status, over.ended_at, over.ended_by = "closed", now, "system"
    working.remember(over, "closed", by="system")


def _must_agree(session: Session, known: Discrepancy) -> None:
    """Refuses when the adopted balance is not what is counted: a number was not what was seen."""
    item_id, location_id, state = known.account
    row = session.execute(
        text(AGREED),
        {
            "shop": shop_of(session),
            "item": item_id,
            "location": location_id,
            "state": state.value,
            "source": known.source,
        },
    ).one()
    if (row.ours, row.theirs) != (known.theirs, known.theirs):
        raise Refused(
            "discrepancy_changed",
            "The numbers have moved meanwhile; look at the difference again.",
            status=409,
        )


def _less_held_by_others(session: Session, known: Discrepancy, units: int) -> list[Document]:
    """The opening's and earlier counts' holds, less by so many eaches."""
    account = item_id, location_id, state = known.account
    rows = session.execute(
        text(HELD_BY_OTHERS),
        {
            "shop": shop_of(session),
            "kinds": list(OTHERS),
            "item": item_id,
            "location": location_id,
            "state": state.value,
        },
    ).all()
    left = {index: row.wanted for index, row in enumerate(rows)}
    missing = units
    for index, row in enumerate(rows):
        if (row.item_id, row.location_id, row.state) == account:
            less = min(missing, row.held)
            left[index] -= less
            missing -= less
    if missing:
        raise Refused(
            "held_by_papers",
            f"Our papers hold these units as {state.value}; end their holds, or put the units"
            " back where they were counted.",
            status=409,
        )
    changed = {
        (row.kind, row.reference) for index, row in enumerate(rows) if left[index] != row.wanted
    }
    return [
        Document(
            kind=kind,
            reference=reference,
            version=next(row.version for row in rows if _key(row) == (kind, reference)),
            digest=next(row.digest for row in rows if _key(row) == (kind, reference)),
            claims=[
                Claim(row.line, row.item_id, row.location_id, State(row.state), left[index])
                for index, row in enumerate(rows)
                if _key(row) == (kind, reference)
            ],
            echo=True,
            actor=known.source or "",
        )
        for kind, reference in sorted(changed)
    ]


def _key(row: Any) -> tuple[str, str]:
    return row.kind, row.reference
