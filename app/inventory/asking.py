"""What requests ask for, and what policy keeps from them: read from the books and noted beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, cast

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory.documents import Document, DocumentKey
from app.inventory.models import State
from app.inventory.policies import Because
from app.inventory.sharing import Asking, Kept

REQUESTS = """
SELECT hold.document_id, document.kind, document.reference, document.version, document.digest,
       hold.line, hold.item_id, hold.location_id, hold.state::text AS state, hold.wanted,
       hold.fulfilled, hold.held, hold.firm, hold.expires_at, hold.due_at,
       coalesce(withheld.units, 0) AS withheld, withheld.because, withheld.value
FROM hold JOIN document USING (shop_id, document_id)
LEFT JOIN withheld USING (shop_id, document_id, line, item_id, location_id)
WHERE hold.shop_id = :shop AND NOT hold.fact AND (hold.document_id = ANY(:documents)
   OR (hold.item_id = ANY(:items) AND (hold.held > 0 OR hold.wanted > hold.fulfilled))
   OR (withheld.item_id = ANY(:items) AND withheld.units > 0))
UNION ALL
SELECT withheld.document_id, document.kind, document.reference, document.version, document.digest,
       withheld.line, withheld.item_id, withheld.location_id, 'reserved', 0, 0, 0, false, NULL, NULL,
       withheld.units, withheld.because, withheld.value
FROM withheld JOIN document USING (shop_id, document_id)
WHERE withheld.shop_id = :shop
  AND (withheld.item_id = ANY(:items) OR withheld.document_id = ANY(:documents))
  AND NOT EXISTS (
      SELECT FROM hold WHERE hold.shop_id = :shop AND hold.document_id = withheld.document_id
      AND hold.line = withheld.line AND hold.item_id = withheld.item_id
      AND hold.location_id = withheld.location_id)
"""
FREE = """
SELECT item_id, location_id, quantity FROM balance
WHERE shop_id = :shop AND state = 'available' AND item_id = ANY(:items)
"""
CASES = "SELECT item_id, units_per_case FROM item WHERE shop_id = :shop AND item_id = ANY(:items)"

NOTE_ASKS = """
WITH said AS (
    SELECT * FROM unnest(CAST(:documents AS bigint[]), CAST(:lines AS text[]),
        CAST(:items AS int[]), CAST(:locations AS int[]), CAST(:units AS int[]),
        CAST(:firm AS boolean[]), CAST(:due AS timestamptz[]))
        AS said (document_id, line, item_id, location_id, units, firm, due_at)
), last AS (
    SELECT DISTINCT ON (document_id, line, item_id, location_id)
           document_id, line, item_id, location_id, units, firm, due_at
    FROM ask WHERE shop_id = :shop AND document_id = ANY(CAST(:all AS bigint[]))
    ORDER BY document_id, line, item_id, location_id, asked_at DESC
)
INSERT INTO ask (shop_id, document_id, line, item_id, location_id, asked_at, units, firm, due_at)
SELECT :shop, document_id, line, item_id, location_id, :now, coalesce(said.units, 0),
       coalesce(said.firm, true), coalesce(said.due_at, last.due_at)
FROM said FULL JOIN last USING (document_id, line, item_id, location_id)
WHERE (coalesce(said.units, 0), coalesce(said.firm, true))
      IS DISTINCT FROM (last.units, last.firm)
  AND (said.units IS NOT NULL OR last.units > 0)
"""
FORGET_WITHHELD = """
DELETE FROM withheld
USING unnest(CAST(:documents AS bigint[]), CAST(:lines AS text[]), CAST(:items AS int[]),
    CAST(:locations AS int[])) AS old (document_id, line, item_id, location_id)
WHERE shop_id = :shop AND withheld.document_id = old.document_id AND withheld.line = old.line
  AND withheld.item_id = old.item_id AND withheld.location_id = old.location_id
"""
FORGET_ALL_WITHHELD = "DELETE FROM withheld WHERE shop_id = :shop AND document_id = ANY(:documents)"
KEEP_NOTHING = """
DELETE FROM withheld USING document
WHERE withheld.shop_id = :shop AND document.shop_id = :shop
  AND withheld.document_id = document.document_id AND document.kind = :kind
  AND document.reference = :reference AND line = :line AND item_id = :item
  AND location_id = :location
"""
NOTE_WITHHELD = """
INSERT INTO withheld (shop_id, document_id, line, item_id, location_id, units, because, value)
SELECT :shop, kept.* FROM unnest(CAST(:documents AS bigint[]), CAST(:lines AS text[]),
    CAST(:items AS int[]), CAST(:locations AS int[]), CAST(:units AS int[]),
    CAST(:because AS text[]), CAST(:value AS int[]))
    AS kept (document_id, line, item_id, location_id, units, because, value)
WHERE kept.units IS NOT NULL
"""
WITHHELD = """
SELECT document.reference, line, item_id, sum(units)::int AS units,
       (array_agg(because ORDER BY units DESC))[1] AS because,
       (array_agg(value ORDER BY units DESC))[1] AS value
FROM withheld JOIN document USING (shop_id, document_id)
WHERE withheld.shop_id = :shop AND document.kind = :kind AND document.reference = ANY(:references)
GROUP BY 1, 2, 3
"""

Place = tuple[int, int]
"""Item and location."""


class LineKey(NamedTuple):
    """One line of one document at one place."""

    document: DocumentKey
    line: str
    item_id: int
    location_id: int

    @property
    def place(self) -> Place:
        return self.item_id, self.location_id


@dataclass(slots=True)
class Request:
    """A request that the books know, or that is about to be made."""

    key: LineKey
    document_id: int | None
    state: State
    asked: int
    """Eaches in all: what its hold wants and what policy keeps from it."""
    fulfilled: int = 0
    held: int = 0
    firm: bool = False
    wanted: int = 0
    version: int = 0
    digest: str = ""
    expires_at: datetime | None = None
    due_at: datetime | None = None
    kept: Kept | None = None

    def asking(self, *, settled: bool = False) -> Asking:
        """As the sharing sees it; of DTC only safety stock ever gives way."""
        amazon = self.state is State.RESERVED
        return Asking(
            rail="amazon" if amazon else "dtc",
            open=max(0, self.asked - self.fulfilled),
            held=self.held,
            firm=self.firm if amazon else self.state is not State.SAFETY_STOCK,
            due_at=self.due_at,
            order=(self.document_id or 0, self.key.line),
            kept_back=self.kept.units if self.kept and self.kept.because == "take_back" else 0,
            settled=settled,
        )


class WithheldLine(NamedTuple):
    """Eaches that policy keeps from one line, and the rule that keeps the most of them."""

    units: int
    because: str
    value: int | None


def withheld(
    session: Session, kind: str, references: Sequence[str]
) -> dict[tuple[str, str], dict[int, WithheldLine]]:
    """What policy keeps from these documents, by reference and line, and there by item."""
    rows = session.execute(
        text(WITHHELD),
        {"shop": shop_of(session), "kind": kind, "references": list(references)},
    )
    found: dict[tuple[str, str], dict[int, WithheldLine]] = {}
    for row in rows:
        of_line = found.setdefault((row.reference, row.line), {})
        of_line[row.item_id] = WithheldLine(row.units, row.because, row.value)
    return found


def load_requests(
    session: Session, items: Iterable[int] = (), documents: Iterable[int] = ()
) -> dict[LineKey, Request]:
    """Every request for these items, and every one in these documents."""
    rows = session.execute(
        text(REQUESTS),
        {"shop": shop_of(session), "items": list(items), "documents": list(documents)},
    )
    found: dict[LineKey, Request] = {}
    for row in rows:
        key = LineKey(DocumentKey(row.kind, row.reference), row.line, row.item_id, row.location_id)
        found[key] = Request(
            key=key,
            document_id=row.document_id,
            state=State(row.state),
            asked=row.wanted + row.withheld,
            fulfilled=row.fulfilled,
            held=row.held,
            firm=row.firm,
            wanted=row.wanted,
            version=row.version,
            digest=row.digest,
            expires_at=row.expires_at,
            due_at=row.due_at,
            kept=Kept(row.withheld, cast("Because", row.because), row.value)
            if row.because
            else None,
        )
    return found


def load_free(session: Session, items: Iterable[int]) -> dict[Place, int]:
    """Free eaches at each place where these items have ever had stock."""
    rows = session.execute(text(FREE), {"shop": shop_of(session), "items": list(items)})
    return {(row[0], row[1]): row[2] for row in rows}


def load_cases(session: Session, items: Iterable[int]) -> dict[int, int]:
    """Units per case of these items."""
    rows = session.execute(text(CASES), {"shop": shop_of(session), "items": list(items)})
    return {row[0]: row[1] for row in rows}


def note_asks(
    session: Session, documents: Sequence[Document], ids: Mapping[DocumentKey, int]
) -> None:
    """Keeps what these requests ask for, where it is something new; also what they no longer name."""
    rows = [
        (ids[one.key], claim, one.firm)
        for one in documents
        for claim in one.claims or ()
        if claim.state is State.RESERVED
    ]
    session.execute(
        text(NOTE_ASKS),
        {
            "shop": shop_of(session),
            "now": datetime.now(UTC),
            "all": [ids[one.key] for one in documents],
            "documents": [document_id for document_id, _, _ in rows],
            "lines": [claim.line for _, claim, _ in rows],
            "items": [claim.item_id for _, claim, _ in rows],
            "locations": [claim.location_id for _, claim, _ in rows],
            "units": [claim.wanted for _, claim, _ in rows],
            "firm": [firm for _, _, firm in rows],
            "due": [claim.due_at for _, claim, _ in rows],
        },
    )


def keep_nothing(session: Session, key: LineKey) -> None:
    """Nothing is kept from this line any more, as it asks for no more than it holds."""
    session.execute(
        text(KEEP_NOTHING),
        {
            "shop": shop_of(session),
            "kind": key.document.kind,
            "reference": key.document.reference,
            "line": key.line,
            "item": key.item_id,
            "location": key.location_id,
        },
    )


def forget_withheld(session: Session, documents: Sequence[int]) -> None:
    """Nothing is kept from these documents any more, until it is noted anew."""
    session.execute(
        text(FORGET_ALL_WITHHELD), {"shop": shop_of(session), "documents": list(documents)}
    )


def note_withheld(
    session: Session, kept: Mapping[LineKey, Kept | None], ids: Mapping[DocumentKey, int]
) -> None:
    """Keeps what is kept from each of these lines now, and nothing where that is None."""
    rows = [(key, one) for key, one in sorted(kept.items(), key=lambda entry: entry[0])]
    if not rows:
        return
    columns = {
        "shop": shop_of(session),
        "documents": [ids[key.document] for key, _ in rows],
        "lines": [key.line for key, _ in rows],
        "items": [key.item_id for key, _ in rows],
        "locations": [key.location_id for key, _ in rows],
    }
    session.execute(text(FORGET_WITHHELD), columns)
    session.execute(
        text(NOTE_WITHHELD),
        columns
        | {
            "units": [one and one.units for _, one in rows],
            "because": [one and one.because for _, one in rows],
            "value": [one and one.value for _, one in rows],
        },
    )
