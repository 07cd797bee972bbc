"""The rows one posting works on: locked in one order, changed in memory, written back set by set.

Private to the ledger. The order of locks is told in `filing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import shop_of
from app.errors import Refused
from app.inventory.arrays import booleans, integers, moments, texts
from app.inventory.documents import Account, Document, DocumentKey, Flow
from app.inventory.filing import SPOKEN_OF, file_documents, lock_accounts
from app.inventory.models import MAY_BE_NEGATIVE, Reason, State


class HoldKey(NamedTuple):
    """One hold row."""

    document_id: int
    line: str
    item_id: int
    location_id: int


class TallyKey(NamedTuple):
    """One tally row."""

    document_id: int
    line: str
    item_id: int
    from_location_id: int
    from_state: State
    to_location_id: int
    to_state: State


@dataclass(slots=True)
class HoldRow:
    """A hold as it stands in this posting."""

    state: State
    wanted: int
    fulfilled: int
    held: int
    fact: bool
    firm: bool
    expires_at: datetime | None
    due_at: datetime | None
    changed: bool = False


class MovementRow(NamedTuple):
    """A movement to be written."""

    document: Document
    line: str
    quantity: int
    source: Account
    source_left: int
    target: Account
    target_left: int
    reason: Reason


class Books:
    """The working set of one posting in one shop."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.shop_id = shop_of(session)
        self.document_ids: dict[DocumentKey, int] = {}
        self.new: set[DocumentKey] = set()
        self.accepted: set[DocumentKey] = set()
        self.versions: dict[DocumentKey, int] = {}
        self.holds: dict[HoldKey, HoldRow] = {}
        self.lines: dict[tuple[int, str, int], list[HoldKey]] = {}
        self.by_document: dict[int, list[HoldKey]] = {}
        self.tallies: dict[TallyKey, int] = {}
        self.tally_holds: dict[TallyKey, tuple[int, str]] = {}
        self.changed_tallies: set[TallyKey] = set()
        self.account_ids: dict[Account, int] = {}
        self.balances: dict[Account, int] = {}
        self.touched: set[Account] = set()
        self.movements: list[MovementRow] = []

    def _rows(self, statement: str, **parameters: Any) -> Sequence[Any]:
        parameters["shop"] = self.shop_id
        return self.session.connection().exec_driver_sql(statement, parameters).fetchall()

    def _run(self, statement: str, **parameters: Any) -> None:
        parameters["shop"] = self.shop_id
        self.session.connection().exec_driver_sql(statement, parameters)

    def file(self, documents: Sequence[Document]) -> bool:
        """Stores what is new and locks what is known, newer versions of it stored.

        Afterwards `accepted` are the documents to be settled. True if they are settled already, as
        all were new and plain facts.
        """
        named = {document.key for document in documents}
        spoken_of = {
            flow.hold for document in documents for flow in document.flows if flow.hold is not None
        } - named
        filed = file_documents(self.session, documents, list(spoken_of))
        self.document_ids = filed.new
        if filed.posted:
            self.accepted = named
            return True
        self.new = set(filed.new)
        self.accepted = named & self.new
        known = sorted((named | spoken_of) - self.new)
        if known:
            self._lock_known(known, {document.key: document for document in documents})
        return False

    def _lock_known(
        self, keys: Sequence[DocumentKey], stated: Mapping[DocumentKey, Document]
    ) -> None:
        rows = self._rows(
            LOCK_DOCUMENTS,
            kinds=texts([key.kind for key in keys]),
            references=texts([key.reference for key in keys]),
        )
        newer: list[tuple[int, Document]] = []
        for document_id, kind, reference, version, digest in rows:
            key = DocumentKey(kind, reference)
            self.document_ids[key] = document_id
            self.versions[key] = version
            document = stated.get(key)
            if document is None or not _replaces(document, version, digest):
                continue
            self.accepted.add(key)
            if (version, digest) != (document.version, document.digest) or document.title:
                newer.append((document_id, document))
        if newer:
            self._run(
                UPDATE_DOCUMENTS,
                documents=integers([document_id for document_id, _ in newer]),
                versions=integers([document.version for _, document in newer]),
                titles=texts([document.title for _, document in newer]),
                digests=texts([document.digest for _, document in newer]),
            )
        self._load([row[0] for row in rows])

    def _load(self, known: Sequence[int]) -> None:
        for row in self._rows(SELECT_HOLDS, documents=integers(list(known))):
            key = HoldKey(*row[:4])
            self._add_hold(key, HoldRow(State(row[4]), *row[5:]))
        for row in self._rows(SELECT_TALLIES, documents=integers(list(known))):
            tally = TallyKey(row[0], row[1], row[2], row[3], State(row[4]), row[5], State(row[6]))
            self.tallies[tally] = row[7]
            if row[8] is not None:
                self.tally_holds[tally] = (row[8], row[9])

    def _add_hold(self, key: HoldKey, row: HoldRow) -> None:
        self.holds[key] = row
        self.lines.setdefault((key.document_id, key.line, key.item_id), []).append(key)
        self.by_document.setdefault(key.document_id, []).append(key)

    def hold(self, key: HoldKey, state: State, document: Document) -> HoldRow:
        """The hold row of this key, made empty when it is new."""
        row = self.holds.get(key)
        if row is None:
            row = HoldRow(state, 0, 0, 0, document.fact, document.firm, None, None)
            self._add_hold(key, row)
        return row

    def lock_accounts(self, accounts: Iterable[Account]) -> None:
        """Locks all accounts of these items at these locations, and reads what they have."""
        for account, account_id, units in lock_accounts(self.session, accounts):
            self.account_ids[account] = account_id
            self.balances[account] = units

    def move(
        self,
        document: Document,
        line: str,
        quantity: int,
        source: Account,
        target: Account,
        reason: Reason,
    ) -> None:
        """Moves units between two locked accounts; an inside state gives only what it has."""
        if quantity == 0 or source == target:
            return
        left = self.balances[source] - quantity
        if left < 0 and source.state not in MAY_BE_NEGATIVE:
            raise Refused(
                "not_enough_units",
                f"Only {self.balances[source]} units are {source.state.value} there; "
                f"{quantity} were to be taken.",
                status=409,
            )
        self.balances[source] = left
        self.balances[target] += quantity
        self.touched.update((source, target))
        self.movements.append(
            MovementRow(
                document, line, quantity, source, left, target, self.balances[target], reason
            )
        )

    def set_tally(self, key: TallyKey, total: int, flow: Flow) -> None:
        """Notes what this document line has moved so far."""
        self.tallies[key] = total
        self.changed_tallies.add(key)
        if flow.hold is not None:
            self.tally_holds[key] = (self.document_ids[flow.hold], flow.hold_line or flow.line)

    def write(self) -> None:
        """Writes all that changed: movements, balances, holds, tallies; a few statements in all."""
        self._write_movements()
        self._write_balances()
        self._write_holds()
        self._write_tallies()

    def _write_movements(self) -> None:
        rows = self.movements
        if rows:
            self._run(
                INSERT_MOVEMENTS,
                occurred=moments([row.document.occurred_at for row in rows]),
                quantities=integers([row.quantity for row in rows]),
                sources=integers([self.account_ids[row.source] for row in rows]),
                sources_left=integers([row.source_left for row in rows]),
                targets=integers([self.account_ids[row.target] for row in rows]),
                targets_left=integers([row.target_left for row in rows]),
                reasons=texts([row.reason for row in rows]),
                documents=integers([self.document_ids[row.document.key] for row in rows]),
                lines=texts([row.line for row in rows]),
                messages=integers([row.document.message_id for row in rows]),
                actors=texts([row.document.actor for row in rows]),
                echoes=booleans([row.document.echo for row in rows]),
            )

    def _write_balances(self) -> None:
        if self.touched:
            self._run(
                WRITE_BALANCES,
                accounts=integers([self.account_ids[account] for account in self.touched]),
                quantities=integers([self.balances[account] for account in self.touched]),
            )

    def _write_holds(self) -> None:
        keys = [key for key, row in self.holds.items() if row.changed]
        rows = [self.holds[key] for key in keys]
        if rows:
            self._run(
                UPSERT_HOLDS,
                documents=integers([key.document_id for key in keys]),
                lines=texts([key.line for key in keys]),
                items=integers([key.item_id for key in keys]),
                locations=integers([key.location_id for key in keys]),
                states=texts([row.state for row in rows]),
                wanted=integers([row.wanted for row in rows]),
                fulfilled=integers([row.fulfilled for row in rows]),
                held=integers([row.held for row in rows]),
                facts=booleans([row.fact for row in rows]),
                firm=booleans([row.firm for row in rows]),
                expires=moments([row.expires_at for row in rows]),
                due=moments([row.due_at for row in rows]),
            )

    def _write_tallies(self) -> None:
        keys = list(self.changed_tallies)
        if keys:
            holds = [self.tally_holds.get(key, (None, None)) for key in keys]
            self._run(
                UPSERT_TALLIES,
                documents=integers([key.document_id for key in keys]),
                lines=texts([key.line for key in keys]),
                items=integers([key.item_id for key in keys]),
                from_locations=integers([key.from_location_id for key in keys]),
                from_states=texts([key.from_state for key in keys]),
                to_locations=integers([key.to_location_id for key in keys]),
                to_states=texts([key.to_state for key in keys]),
                totals=integers([self.tallies[key] for key in keys]),
                hold_documents=integers([hold[0] for hold in holds]),
                hold_lines=texts([hold[1] for hold in holds]),
            )


def _replaces(document: Document, version: int, digest: str) -> bool:
    """Whether it is newer than what is known, or as new and known to say the same."""
    if document.version != version:
        return document.version > version
    return version > SPOKEN_OF and (digest in ("", document.digest) or document.authoritative)


LOCK_DOCUMENTS = """
SELECT document_id, document.kind, document.reference, version, digest
FROM document
JOIN unnest(%(kinds)s::text[], %(references)s::text[]) AS given (kind, reference)
  ON document.kind = given.kind AND document.reference = given.reference
WHERE shop_id = %(shop)s
ORDER BY document.kind, document.reference
FOR NO KEY UPDATE OF document
"""

UPDATE_DOCUMENTS = """
UPDATE document SET version = newer.version, digest = newer.digest,
    title = CASE WHEN newer.title = '' THEN document.title ELSE newer.title END
FROM unnest(%(documents)s::bigint[], %(versions)s::bigint[], %(titles)s::text[],
            %(digests)s::text[]) AS newer (document_id, version, title, digest)
WHERE document.shop_id = %(shop)s AND document.document_id = newer.document_id
"""

SELECT_HOLDS = """
SELECT document_id, line, item_id, location_id, state::text, wanted, fulfilled, held, fact, firm,
       expires_at, due_at
FROM hold WHERE shop_id = %(shop)s AND document_id = ANY(%(documents)s::bigint[])
"""

SELECT_TALLIES = """
SELECT document_id, line, item_id, from_location_id, from_state::text, to_location_id,
       to_state::text, total, hold_document_id, hold_line
FROM tally WHERE shop_id = %(shop)s AND document_id = ANY(%(documents)s::bigint[])
"""

WRITE_BALANCES = """
UPDATE balance SET quantity = changed.quantity
FROM unnest(%(accounts)s::int[], %(quantities)s::int[]) AS changed (account_id, quantity)
WHERE balance.shop_id = %(shop)s AND balance.account_id = changed.account_id
"""

INSERT_MOVEMENTS = """
WITH moved AS (
    INSERT INTO posting (shop_id, occurred_at, quantity, from_account_id, to_account_id,
        from_balance, to_balance, reason, document_id, line, message_id, actor, echo)
    SELECT %(shop)s, occurred_at, quantity, source, target, source_left, target_left, reason,
           document_id, line, message_id, actor, echo
    FROM unnest(%(occurred)s::timestamptz[], %(quantities)s::int[], %(sources)s::int[],
                %(targets)s::int[], %(sources_left)s::int[], %(targets_left)s::int[],
                %(reasons)s::text[]::movement_reason[], %(documents)s::bigint[], %(lines)s::text[],
                %(messages)s::bigint[], %(actors)s::text[], %(echoes)s::boolean[])
         WITH ORDINALITY AS given (occurred_at, quantity, source, target, source_left, target_left,
                reason, document_id, line, message_id, actor, echo, place)
    ORDER BY place
    RETURNING movement_id, echo, from_account_id, to_account_id
)
INSERT INTO mirror_due (shop_id, movement_id)
SELECT %(shop)s, movement_id
FROM moved
WHERE NOT echo AND EXISTS (
    SELECT FROM balance WHERE shop_id = %(shop)s
    AND account_id IN (from_account_id, to_account_id)
    AND state NOT IN ('supplier', 'customer', 'amazon_transit', 'amazon', 'adjustment'))
"""

UPSERT_HOLDS = """
INSERT INTO hold (shop_id, document_id, line, item_id, location_id, state, wanted, fulfilled, held,
                  fact, firm, expires_at, due_at, updated_at)
SELECT %(shop)s, given.*, now()
FROM unnest(%(documents)s::bigint[], %(lines)s::text[], %(items)s::int[], %(locations)s::int[],
            %(states)s::text[]::stock_state[], %(wanted)s::int[], %(fulfilled)s::int[],
            %(held)s::int[], %(facts)s::boolean[], %(firm)s::boolean[],
            %(expires)s::timestamptz[], %(due)s::timestamptz[]) AS given
ON CONFLICT (shop_id, document_id, line, item_id, location_id) DO UPDATE SET
    wanted = excluded.wanted, fulfilled = excluded.fulfilled, held = excluded.held,
    fact = excluded.fact, firm = excluded.firm, expires_at = excluded.expires_at,
    due_at = excluded.due_at, updated_at = excluded.updated_at
"""

UPSERT_TALLIES = """
INSERT INTO tally (shop_id, document_id, line, item_id, from_location_id, from_state,
                   to_location_id, to_state, total, hold_document_id, hold_line)
SELECT %(shop)s, given.*
FROM unnest(%(documents)s::bigint[], %(lines)s::text[], %(items)s::int[],
            %(from_locations)s::int[], %(from_states)s::text[]::stock_state[],
            %(to_locations)s::int[], %(to_states)s::text[]::stock_state[], %(totals)s::int[],
            %(hold_documents)s::bigint[], %(hold_lines)s::text[]) AS given
ON CONFLICT (shop_id, document_id, line, item_id, from_location_id, from_state, to_location_id,
             to_state)
DO UPDATE SET total = excluded.total
"""
