"""Files documents with the books: whatever is new to them is stored and posted in one round trip.

Private to the ledger. Lock order, always: new documents, then known ones, each by kind and
reference, then places by item and location; so two postings may wait for one another but never in a
circle. The SQL lives in the database: `file_documents`, `post_facts` and `lock_accounts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import gt
from typing import Any

from sqlmodel import Session

from app.db import shop_of
from app.inventory.arrays import integers, moments, texts
from app.inventory.documents import Account, Claim, Document, DocumentKey
from app.inventory.models import State

SPOKEN_OF = -1
"""The version of a document that only another one has spoken of so far."""

Place = tuple[int, int]
"""Item and location."""

FACTS = (
    "%(lines)s::text[], %(wanted)s::int[], %(claim_places)s::int[], %(claim_accounts)s::int[],"
    " %(free_so_far)s::int[], %(held_so_far)s::int[], %(due)s::timestamptz[],"
    " %(occurred)s::timestamptz[], %(messages)s::bigint[], %(firm)s::boolean,"
    " %(expires)s::timestamptz, %(actor)s::text, %(echo)s::boolean"
)
ACCOUNTS = (
    "%(items)s::int[], %(locations)s::int[], %(free_changes)s::int[], %(places)s::int[],"
    " %(states)s::text[]::stock_state[], %(changes)s::int[]"
)
FILE_DOCUMENTS = f"""
SELECT file_documents(%(shop)s, %(kinds)s::text[], %(references)s::text[], %(versions)s::bigint[],
    %(titles)s::text[], %(digests)s::text[], %(numbers)s::int[], {ACCOUNTS}, {FACTS})
"""
POST_FACTS = f"SELECT post_facts(%(shop)s, {ACCOUNTS}, %(documents)s::bigint[], {FACTS})"
LOCK_ACCOUNTS = """
SELECT free_ids, free_units, ids, units
FROM lock_accounts(%(shop)s, %(items)s::int[], %(locations)s::int[], %(places)s::int[],
                   %(states)s::text[]::stock_state[])
"""


@dataclass(frozen=True, slots=True)
class Filed:
    """The ids of the documents that were new, and whether they are posted as well."""

    new: dict[DocumentKey, int]
    posted: bool


def is_plain_fact(document: Document) -> bool:
    """Whether it happened and says no more than what it needs held, each line at a place once."""
    claims = document.claims
    if claims is None or document.flows or not document.fact:
        return False
    if len(claims) < 2:
        return True
    return len({(one.line, one.item_id, one.location_id) for one in claims}) == len(claims)


def file_documents(
    session: Session, documents: Sequence[Document], spoken_of: Sequence[DocumentKey]
) -> Filed:
    """Stores the documents that are new. If all are, and all are plain facts, posts them too."""
    keys = [one.key for one in documents]
    plain = not spoken_of and all(map(is_plain_fact, documents)) and len(_by_manner(documents)) < 2
    if spoken_of or any(map(gt, keys, keys[1:])):
        keys = sorted([*keys, *spoken_of])
        by_key = {one.key: one for one in documents}
        documents = [by_key.get(key) or Document(*key, SPOKEN_OF) for key in keys]
    parameters = _facts(documents if plain else ())
    parameters |= {
        "shop": shop_of(session),
        "kinds": texts([key.kind for key in keys]),
        "references": texts([key.reference for key in keys]),
        "versions": integers([one.version for one in documents]),
        "titles": texts([one.title for one in documents]),
        "digests": texts([one.digest for one in documents]),
        "numbers": None,
    }
    if plain:
        parameters["numbers"] = integers(
            [number for number, one in enumerate(documents, start=1) for _ in one.claims or ()]
        )
    row = session.connection().exec_driver_sql(FILE_DOCUMENTS, parameters).one()
    ids: Sequence[int | None] = row[0] or ()
    new = {key: found for key, found in zip(keys, ids, strict=True) if found is not None}
    return Filed(new, plain and len(new) == len(keys))


def post_facts(
    session: Session, documents: Sequence[Document], document_ids: dict[DocumentKey, int]
) -> None:
    """Holds in full what these new documents, plain facts all, claim."""
    for alike in _by_manner(documents).values():
        parameters = _facts(alike)
        parameters["shop"] = shop_of(session)
        parameters["documents"] = integers(
            [document_ids[document.key] for document in alike for _ in document.claims or ()]
        )
        session.connection().exec_driver_sql(POST_FACTS, parameters)


def _by_manner(documents: Iterable[Document]) -> dict[tuple[object, ...], list[Document]]:
    """Documents by what one posting has once for all of them."""
    found: dict[tuple[object, ...], list[Document]] = {}
    for one in documents:
        found.setdefault((one.firm, one.expires_at, one.actor, one.echo), []).append(one)
    return found


def lock_accounts(session: Session, accounts: Iterable[Account]) -> list[tuple[Account, int, int]]:
    """Locks all accounts of these items at these locations; returns the named and the free ones.

    Each with its number and its units. Accounts that there are not yet are opened.
    """
    named = set(accounts)
    places: list[Place] = sorted({(one.item_id, one.location_id) for one in named})
    numbers = {place: number for number, place in enumerate(places, start=1)}
    held = [one for one in named if one.state is not State.AVAILABLE]
    row = (
        session.connection()
        .exec_driver_sql(
            LOCK_ACCOUNTS,
            {
                "shop": shop_of(session),
                "items": integers([place[0] for place in places]),
                "locations": integers([place[1] for place in places]),
                "places": integers([numbers[one.item_id, one.location_id] for one in held]),
                "states": texts([one.state for one in held]),
            },
        )
        .one()
    )
    free = [Account(*place, State.AVAILABLE) for place in places]
    return [
        *zip(free, row[0] or (), row[1] or (), strict=True),
        *zip(held, row[2] or (), row[3] or (), strict=True),
    ]


def _facts(documents: Sequence[Document]) -> dict[str, Any]:
    """The claims as columns, with how far each changes its accounts: all that a posting needs."""
    claims: list[Claim] = []
    owners: list[Document] = []
    for document in documents:
        if document.claims:
            claims += document.claims
            owners += repeat(document, len(document.claims))
    places = sorted({(claim.item_id, claim.location_id) for claim in claims})
    number_of = {place: number for number, place in enumerate(places)}
    accounts: dict[tuple[int, State], int] = {}
    free, held = [0] * len(places), list[int]()
    claim_places, claim_accounts = list[int](), list[int]()
    free_so_far, held_so_far = list[int](), list[int]()
    for claim in claims:
        place = number_of[claim.item_id, claim.location_id]
        account = accounts.setdefault((place, claim.state), len(held))
        if account == len(held):
            held.append(0)
        free[place] -= claim.wanted
        held[account] += claim.wanted
        claim_places.append(place + 1)
        claim_accounts.append(account + 1)
        free_so_far.append(free[place])
        held_so_far.append(held[account])
    return {
        "items": integers([place[0] for place in places]),
        "locations": integers([place[1] for place in places]),
        "free_changes": integers(free),
        "places": integers([place + 1 for place, _ in accounts]),
        "states": texts([state for _, state in accounts]),
        "changes": integers(held),
        "lines": texts([claim.line for claim in claims]),
        "wanted": integers([claim.wanted for claim in claims]),
        "claim_places": integers(claim_places),
        "claim_accounts": integers(claim_accounts),
        "free_so_far": integers(free_so_far),
        "held_so_far": integers(held_so_far),
        "due": moments([claim.due_at for claim in claims]),
        "occurred": moments([one.occurred_at for one in owners]),
        "messages": integers([one.message_id for one in owners]),
        **_manner(owners[0] if owners else None),
    }


def _manner(document: Document | None) -> dict[str, Any]:
    """What all documents of one posting have in common."""
    if document is None:
        return {"firm": None, "expires": None, "actor": None, "echo": None}
    return {
        "firm": document.firm,
        "expires": document.expires_at,
        "actor": document.actor,
        "echo": document.echo,
    }
