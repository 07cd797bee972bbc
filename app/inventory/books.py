"""The rows one posting works on: locked in one order, changed in memory, written back set by set.

Private to the ledger. Lock order, always: documents by kind and reference, then accounts by item,
location and state; so two postings may wait for one another but never in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import shop_of
from app.errors import Refused
from app.inventory.documents import Account, Document, DocumentKey, Flow
from app.inventory.models import MAY_BE_NEGATIVE, Reason, State

SPOKEN_OF = -1


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

    occurred_at: datetime
    item_id: int
    quantity: int
    from_location_id: int
    from_state: State
    to_location_id: int
    to_state: State
    from_balance: int
    to_balance: int
    reason: Reason
    document_id: int
    line: str
    message_id: int | None
    actor: str
    echo: bool


class Books:
    """The working set of one posting in one shop."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.shop_id = shop_of(session)
        self.document_ids: dict[DocumentKey, int] = {}
        self.known: dict[DocumentKey, tuple[int, str]] = {}
        self.holds: dict[HoldKey, HoldRow] = {}
        self.lines: dict[tuple[int, str, int], list[HoldKey]] = {}
        self.by_document: dict[int, list[HoldKey]] = {}
        self.tallies: dict[TallyKey, int] = {}
        self.tally_holds: dict[TallyKey, tuple[int, str]] = {}
        self.changed_tallies: set[TallyKey] = set()
        self.balances: dict[Account, int] = {}
        self.touched: set[Account] = set()
        self.movements: list[MovementRow] = []

    def _rows(self, statement: str, **parameters: Any) -> Sequence[Any]:
        parameters["shop"] = self.shop_id
        return self.session.connection().exec_driver_sql(statement, parameters).fetchall()

    def _run(self, statement: str, **parameters: Any) -> None:
        parameters["shop"] = self.shop_id
        self.session.connection().exec_driver_sql(statement, parameters)

    def lock_documents(self, documents: Sequence[Document]) -> set[DocumentKey]:
        """Stores newer versions and locks every document named; returns the accepted ones."""
        rows: dict[DocumentKey, tuple[int, str, str, bool]] = {
            document.key: (
                document.version, document.title, document.digest, document.authoritative
            )
            for document in documents
        }  # fmt: skip
        for document in documents:
            for flow in document.flows:
                if flow.hold is not None:
                    rows.setdefault(flow.hold, (SPOKEN_OF, "", "", False))
        keys = sorted(rows)
        accepted = self._rows(
            UPSERT_DOCUMENTS,
            kinds=[key.kind for key in keys],
            references=[key.reference for key in keys],
            versions=[rows[key][0] for key in keys],
            titles=[rows[key][1] for key in keys],
            digests=[rows[key][2] for key in keys],
            authoritative=[rows[key][3] for key in keys],
        )
        fresh: set[int] = set()
        for document_id, kind, reference, version, digest, inserted in accepted:
            key = DocumentKey(kind, reference)
            self.document_ids[key] = document_id
            self.known[key] = (version, digest)
            if inserted:
                fresh.add(document_id)
        missing = [key for key in keys if key not in self.document_ids]
        if missing:
            for document_id, kind, reference, version, digest in self._rows(
                SELECT_DOCUMENTS,
                kinds=[key.kind for key in missing],
                references=[key.reference for key in missing],
            ):
                key = DocumentKey(kind, reference)
                self.document_ids[key] = document_id
                self.known[key] = (version, digest)
        self._load(fresh)
        refused = set(missing)
        return {document.key for document in documents if document.key not in refused}

    def _load(self, fresh: set[int]) -> None:
        known = [
            document_id for document_id in self.document_ids.values() if document_id not in fresh
        ]
        if not known:
            return
        for row in self._rows(SELECT_HOLDS, documents=known):
            key = HoldKey(*row[:4])
            self._add_hold(key, HoldRow(State(row[4]), *row[5:]))
        for row in self._rows(SELECT_TALLIES, documents=known):
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
        """Locks these balances, opening the ones that do not exist yet."""
        wanted = sorted(set(accounts) - self.balances.keys())
        if not wanted:
            return
        columns: dict[str, Any] = {
            "items": [account.item_id for account in wanted],
            "locations": [account.location_id for account in wanted],
            "states": [account.state.value for account in wanted],
        }
        found = self._rows(LOCK_BALANCES, **columns)
        if len(found) < len(wanted):
            self._run(OPEN_BALANCES, **columns)
            found = self._rows(LOCK_BALANCES, **columns)
        for item_id, location_id, state, quantity in found:
            self.balances[Account(item_id, location_id, State(state))] = quantity

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
                document.occurred_at,
                source.item_id,
                quantity,
                source.location_id,
                source.state,
                target.location_id,
                target.state,
                left,
                self.balances[target],
                reason,
                self.document_ids[document.key],
                line,
                document.message_id,
                document.actor,
                document.echo,
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
        if not self.movements:
            return
        columns = list(zip(*self.movements, strict=True))
        names = MovementRow._fields
        self._run(
            INSERT_MOVEMENTS,
            **{name: list(column) for name, column in zip(names, columns, strict=True)},
        )

    def _write_balances(self) -> None:
        accounts = sorted(self.touched)
        if accounts:
            self._run(
                UPDATE_BALANCES,
                items=[account.item_id for account in accounts],
                locations=[account.location_id for account in accounts],
                states=[account.state.value for account in accounts],
                quantities=[self.balances[account] for account in accounts],
            )

    def _write_holds(self) -> None:
        rows = [(key, row) for key, row in self.holds.items() if row.changed]
        if rows:
            self._run(
                UPSERT_HOLDS,
                documents=[key.document_id for key, _ in rows],
                lines=[key.line for key, _ in rows],
                items=[key.item_id for key, _ in rows],
                locations=[key.location_id for key, _ in rows],
                states=[row.state.value for _, row in rows],
                wanted=[row.wanted for _, row in rows],
                fulfilled=[row.fulfilled for _, row in rows],
                held=[row.held for _, row in rows],
                facts=[row.fact for _, row in rows],
                firm=[row.firm for _, row in rows],
                expires=[row.expires_at for _, row in rows],
                due=[row.due_at for _, row in rows],
                now=datetime.now(UTC),
            )

    def _write_tallies(self) -> None:
        rows = sorted(self.changed_tallies)
        if rows:
            holds = [self.tally_holds.get(key, (None, None)) for key in rows]
            self._run(
                UPSERT_TALLIES,
                documents=[key.document_id for key in rows],
                lines=[key.line for key in rows],
                items=[key.item_id for key in rows],
                from_locations=[key.from_location_id for key in rows],
                from_states=[key.from_state.value for key in rows],
                to_locations=[key.to_location_id for key in rows],
                to_states=[key.to_state.value for key in rows],
                totals=[self.tallies[key] for key in rows],
                hold_documents=[hold[0] for hold in holds],
                hold_lines=[hold[1] for hold in holds],
            )


UPSERT_DOCUMENTS = """
INSERT INTO document AS known (shop_id, kind, reference, version, title, digest)
SELECT %(shop)s, kind, reference, version, title, digest
FROM unnest(%(kinds)s::text[], %(references)s::text[], %(versions)s::bigint[], %(titles)s::text[],
            %(digests)s::text[]) AS given (kind, reference, version, title, digest)
ORDER BY kind, reference
ON CONFLICT (shop_id, kind, reference) DO UPDATE SET
    version = excluded.version,
    title = CASE WHEN excluded.title = '' THEN known.title ELSE excluded.title END,
    digest = excluded.digest
WHERE known.version < excluded.version
   OR (known.version = excluded.version AND excluded.version > -1
       AND (known.digest = '' OR known.digest = excluded.digest
            OR (excluded.kind, excluded.reference) IN (
                SELECT kind, reference
                FROM unnest(%(kinds)s::text[], %(references)s::text[], %(authoritative)s::boolean[])
                     AS read_now (kind, reference, authoritative)
                WHERE authoritative)))
RETURNING document_id, kind, reference, version, digest, xmax = 0
"""

SELECT_DOCUMENTS = """
SELECT document_id, document.kind, document.reference, version, digest
FROM document
JOIN unnest(%(kinds)s::text[], %(references)s::text[]) AS given (kind, reference)
  ON document.kind = given.kind AND document.reference = given.reference
WHERE shop_id = %(shop)s
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

LOCK_BALANCES = """
SELECT balance.item_id, balance.location_id, balance.state::text, balance.quantity
FROM balance
JOIN unnest(%(items)s::int[], %(locations)s::int[], %(states)s::text[]::stock_state[])
     AS wanted (item_id, location_id, state)
  USING (item_id, location_id, state)
WHERE balance.shop_id = %(shop)s
ORDER BY balance.item_id, balance.location_id, balance.state
FOR UPDATE OF balance
"""

OPEN_BALANCES = """
INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
SELECT %(shop)s, item_id, location_id, state, 0
FROM unnest(%(items)s::int[], %(locations)s::int[], %(states)s::text[]::stock_state[])
     AS wanted (item_id, location_id, state)
ORDER BY item_id, location_id, state
ON CONFLICT DO NOTHING
"""

UPDATE_BALANCES = """
UPDATE balance SET quantity = changed.quantity
FROM unnest(%(items)s::int[], %(locations)s::int[], %(states)s::text[]::stock_state[],
            %(quantities)s::int[]) AS changed (item_id, location_id, state, quantity)
WHERE balance.shop_id = %(shop)s AND balance.item_id = changed.item_id
  AND balance.location_id = changed.location_id AND balance.state = changed.state
"""

INSERT_MOVEMENTS = """
WITH numbered AS (
    INSERT INTO movement (shop_id, occurred_at, item_id, quantity, from_location_id, from_state,
        to_location_id, to_state, from_balance, to_balance, reason, document_id, line, message_id,
        actor, echo, recorded_at)
    SELECT %(shop)s, occurred_at, item_id, quantity, from_location_id, from_state, to_location_id,
           to_state, from_balance, to_balance, reason, document_id, line, message_id, actor, echo,
           clock_timestamp()
    FROM unnest(%(occurred_at)s::timestamptz[], %(item_id)s::int[], %(quantity)s::int[],
                %(from_location_id)s::int[], %(from_state)s::text[]::stock_state[],
                %(to_location_id)s::int[], %(to_state)s::text[]::stock_state[],
                %(from_balance)s::int[], %(to_balance)s::int[],
                %(reason)s::text[]::movement_reason[], %(document_id)s::bigint[],
                %(line)s::text[], %(message_id)s::bigint[], %(actor)s::text[],
                %(echo)s::boolean[])
         WITH ORDINALITY AS given (occurred_at, item_id, quantity, from_location_id, from_state,
                to_location_id, to_state, from_balance, to_balance, reason, document_id, line,
                message_id, actor, echo, place)
    ORDER BY place
    RETURNING movement_id, echo, from_state, to_state
)
INSERT INTO mirror_due (shop_id, movement_id)
SELECT %(shop)s, movement_id FROM numbered
WHERE NOT echo AND NOT (from_state = ANY(ARRAY['supplier', 'customer', 'amazon_transit', 'amazon',
    'adjustment']::stock_state[]) AND to_state = ANY(ARRAY['supplier', 'customer',
    'amazon_transit', 'amazon', 'adjustment']::stock_state[]))
"""

UPSERT_HOLDS = """
INSERT INTO hold (shop_id, document_id, line, item_id, location_id, state, wanted, fulfilled, held,
                  fact, firm, expires_at, due_at, updated_at)
SELECT %(shop)s, given.*, %(now)s
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
