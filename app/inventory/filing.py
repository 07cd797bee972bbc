"""Files documents with the books: whatever is new to them is stored and posted in one round trip.

Private to the ledger. Lock order, always: new documents, then known ones, each by kind and
reference, then places by item and location; so two postings may wait for one another but never in a
circle. The SQL lives in the database as `file_documents` and `post_claims` (migration 0004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.db import shop_of
from app.inventory.arrays import booleans, integers, moments, texts
from app.inventory.documents import Claim, Document, DocumentKey

SPOKEN_OF = -1
"""The version of a document that only another one has spoken of so far."""

CLAIM_COLUMNS = (
    "%(lines)s::text[], %(items)s::int[], %(locations)s::int[],"
    " %(states)s::text[]::stock_state[], %(wanted)s::int[], %(due)s::timestamptz[],"
    " %(facts)s::boolean[], %(firm)s::boolean[], %(expires)s::timestamptz[],"
    " %(occurred)s::timestamptz[], %(messages)s::bigint[], %(actors)s::text[],"
    " %(echoes)s::boolean[]"
)
FILE_DOCUMENTS = f"""
SELECT document_ids, held FROM file_documents(%(shop)s, %(kinds)s::text[], %(references)s::text[],
    %(versions)s::bigint[], %(titles)s::text[], %(digests)s::text[], %(numbers)s::int[],
    {CLAIM_COLUMNS})
"""
POST_CLAIMS = f"SELECT post_claims(%(shop)s, %(documents)s::bigint[], {CLAIM_COLUMNS})"


@dataclass(frozen=True, slots=True)
class Filed:
    """The ids of the documents that were new; what each claim holds, if all of them were."""

    new: dict[DocumentKey, int]
    held: Sequence[int] | None


def is_plain(document: Document) -> bool:
    """Whether it says no more than what it needs held, each line at a place once."""
    claims = document.claims
    if claims is None or document.flows:
        return False
    if len(claims) < 2:
        return True
    return len({(one.line, one.item_id, one.location_id) for one in claims}) == len(claims)


def file_documents(
    session: Session, documents: Sequence[Document], spoken_of: Sequence[DocumentKey]
) -> Filed:
    """Stores the documents that are new. If all are, and all are plain, posts their claims too."""
    plain = not spoken_of and all(is_plain(document) for document in documents)
    parameters: dict[str, Any] = {
        "shop": shop_of(session),
        "kinds": texts([one.kind for one in documents] + [key.kind for key in spoken_of]),
        "references": texts(
            [one.reference for one in documents] + [key.reference for key in spoken_of]
        ),
        "versions": integers([one.version for one in documents] + [SPOKEN_OF] * len(spoken_of)),
        "titles": texts([one.title for one in documents] + [""] * len(spoken_of)),
        "digests": texts([one.digest for one in documents] + [""] * len(spoken_of)),
        "numbers": None,
    }
    stated = _claims(documents) if plain else []
    if plain:
        parameters["numbers"] = integers(
            number
            for number, document in enumerate(documents, start=1)
            for _ in document.claims or ()
        )
    row = session.connection().exec_driver_sql(FILE_DOCUMENTS, parameters | _columns(stated)).one()
    keys = [*(one.key for one in documents), *spoken_of]
    new = {key: found for key, found in zip(keys, row[0] or (), strict=True) if found is not None}
    posted = plain and len(new) == len(keys)
    return Filed(new, (row[1] or ()) if posted else None)


def post_claims(
    session: Session, documents: Sequence[Document], document_ids: dict[DocumentKey, int]
) -> Sequence[int]:
    """Holds what these new plain documents claim; returns the units held, claim by claim."""
    stated = _claims(documents)
    parameters = _columns(stated)
    parameters["shop"] = shop_of(session)
    parameters["documents"] = integers(document_ids[document.key] for document, _ in stated)
    row = session.connection().exec_driver_sql(POST_CLAIMS, parameters).one()
    return row[0] or ()


def _claims(documents: Sequence[Document]) -> list[tuple[Document, Claim]]:
    return [(document, claim) for document in documents for claim in document.claims or ()]


def _columns(stated: Sequence[tuple[Document, Claim]]) -> dict[str, Any]:
    return {
        "lines": texts([claim.line for _, claim in stated]),
        "items": integers([claim.item_id for _, claim in stated]),
        "locations": integers([claim.location_id for _, claim in stated]),
        "states": texts([claim.state for _, claim in stated]),
        "wanted": integers([claim.wanted for _, claim in stated]),
        "due": moments([claim.due_at for _, claim in stated]),
        "facts": booleans([document.fact for document, _ in stated]),
        "firm": booleans([document.firm for document, _ in stated]),
        "expires": moments([document.expires_at for document, _ in stated]),
        "occurred": moments([document.occurred_at for document, _ in stated]),
        "messages": integers([document.message_id for document, _ in stated]),
        "actors": texts([document.actor for document, _ in stated]),
        "echoes": booleans([document.echo for document, _ in stated]),
    }
