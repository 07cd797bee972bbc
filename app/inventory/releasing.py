"""Giving back: every hold that our papers have in states that we write outside, released at once."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import collisions, ledger
from app.inventory.documents import Claim, Document
from app.inventory.models import State

WRITTEN = (State.RESERVED, State.SAFETY_STOCK)
"""Held states that we put units into; `committed` is the outside's own."""
OTHERS = ("opening", "count", "shopify_transfer")
"""Kinds of document that hold what somebody else has put there; it is not ours to give back."""

HOLDING = """
SELECT document.kind, document.reference, document.version, document.digest, hold.line,
       hold.item_id, hold.location_id, hold.state::text, hold.wanted, hold.held, hold.fact,
       hold.firm, hold.expires_at, hold.due_at
FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND kind <> ALL(:others) AND document_id IN (
    SELECT document_id FROM hold WHERE shop_id = :shop
      AND state = ANY(CAST(:states AS stock_state[])) AND (held > 0 OR wanted > fulfilled))
ORDER BY document_id, hold.line, hold.item_id, hold.location_id
"""
STANDING = """
SELECT coalesce(sum(held) FILTER (WHERE kind <> ALL(:others)), 0)::int AS ours,
       coalesce(sum(held) FILTER (WHERE kind = ANY(:others)), 0)::int AS others,
       count(*) FILTER (WHERE held > 0 AND kind <> ALL(:others)) AS holds
FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND state = ANY(CAST(:states AS stock_state[])) AND held > 0
"""


def release_all(session: Session, *, actor: str) -> int:
    """Releases every hold of ours outside `committed`; returns the eaches given back.

    The papers keep what has left already; whoever asks for units again is held units again, so the
    caller sees to it that nobody does.
    """
    rows = session.execute(text(HOLDING), _parameters(session)).all()
    documents = [
        _without(list(lines), actor) for _, lines in groupby(rows, key=lambda row: row[:2])
    ]
    if documents:
        outcomes = ledger.settle(session, documents)
        collisions.refresh_documents(session, outcomes)
    written = {state.value for state in WRITTEN}
    return sum(row.held for row in rows if row.state in written)


def standing(session: Session) -> tuple[int, int, int]:
    """Eaches our papers hold outside `committed`, those held for others, and our holds' number."""
    row = session.execute(text(STANDING), _parameters(session)).one()
    return row.ours, row.others, row.holds


def _without(lines: list[Any], actor: str) -> Document:
    """A document as it stands, but for what it wants in the states we write."""
    first = lines[0]
    return Document(
        kind=first.kind,
        reference=first.reference,
        version=first.version,
        digest=first.digest,
        fact=first.fact,
        firm=first.firm,
        expires_at=first.expires_at,
        claims=[
            Claim(row.line, row.item_id, row.location_id, State(row.state), row.wanted, row.due_at)
            for row in lines
            if State(row.state) not in WRITTEN
        ],
        actor=actor,
    )


def _parameters(session: Session) -> dict[str, Any]:
    return {
        "shop": shop_of(session),
        "others": list(OTHERS),
        "states": [state.value for state in WRITTEN],
    }
