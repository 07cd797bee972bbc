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

from app.db import call, call_meanwhile, shop_of
from app.inventory.arrays import integers, microseconds, moments, texts
from app.inventory.documents import Account, Claim, Document, DocumentKey
from app.inventory.models import State

SPOKEN_OF = -1
"""The version of a document that only another one has spoken of so far."""

MANY = 200
"""From so many documents on, making their claims ready takes longer than one more round trip."""

Place = tuple[int, int]
"""Item and location."""

FACTS = (
    "%(lines)s::text[], %(wanted)s::int[], %(sources)s::int[], %(targets)s::int[],"
    " %(free_to_come)s::int[], %(held_to_come)s::int[], %(due)s::timestamptz[],"
    " %(occurred)s::bigint[], %(messages)s::bigint[], %(firm)s::boolean,"
    " %(expires)s::timestamptz, %(actor)s::text, %(echo)s::boolean"
)
ACCOUNTS = (
    "%(items)s::int[], %(locations)s::int[], %(states)s::text[]::stock_state[], %(changes)s::int[]"
)
FILE_DOCUMENTS = f"""
SELECT file_documents(%(shop)s, %(kinds)s::text[], %(references)s::text[], %(versions)s::bigint[],
    %(titles)s::text[], %(digests)s::text[], %(numbers)s::int[], {ACCOUNTS}, {FACTS})
""".encode()
POST_FACTS = f"SELECT post_facts(%(shop)s, {ACCOUNTS}, %(documents)s::bigint[], {FACTS})".encode()
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
    plain = not spoken_of and all(map(is_plain_fact, documents)) and _are_alike(documents)
    if spoken_of or any(map(gt, keys, keys[1:])):
        keys = sorted([*keys, *spoken_of])
        by_key = {one.key: one for one in documents}
        documents = [by_key.get(key) or Document(*key, SPOKEN_OF) for key in keys]
    stated = {
        "shop": shop_of(session),
        "kinds": texts([key.kind for key in keys]),
        "references": texts([key.reference for key in keys]),
        "versions": integers([one.version for one in documents]),
        "titles": texts([one.title for one in documents]),
        "digests": texts([one.digest for one in documents]),
    }
    if plain and len(documents) >= MANY:
        ids, facts = call_meanwhile(
            session, FILE_DOCUMENTS, NOTHING_TO_POST | stated, lambda: _facts(documents)
        )
        new = _new(keys, ids)
        if len(new) == len(keys):
            _post(session, facts, documents, new)
        return Filed(new, len(new) == len(keys))
    if plain:
        numbers = [n for n, one in enumerate(documents, start=1) for _ in one.claims or ()]
        stated |= _facts(documents) | {"numbers": integers(numbers)}
    new = _new(keys, call(session, FILE_DOCUMENTS, NOTHING_TO_POST | stated))
    return Filed(new, plain and len(new) == len(keys))


def _new(keys: Sequence[DocumentKey], ids: Sequence[int | None]) -> dict[DocumentKey, int]:
    return {key: found for key, found in zip(keys, ids, strict=True) if found is not None}


def post_facts(
    session: Session, documents: Sequence[Document], document_ids: dict[DocumentKey, int]
) -> None:
    """Holds in full what these new documents, plain facts all, claim."""
    for alike in _by_manner(documents).values():
        _post(session, _facts(alike), alike, document_ids)


def _post(
    session: Session,
    facts: dict[str, Any],
    documents: Sequence[Document],
    document_ids: dict[DocumentKey, int],
) -> None:
    owners = [document_ids[one.key] for one in documents for _ in one.claims or ()]
    parameters = facts | {"shop": shop_of(session), "documents": integers(owners)}
    call(session, POST_FACTS, parameters)


def _are_alike(documents: Sequence[Document]) -> bool:
    return len({(one.firm, one.expires_at, one.actor, one.echo) for one in documents}) < 2


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
    """The claims as columns, with what those after each still change: all that a posting needs.

    The accounts are numbered from 1: what is free at each place, in their order, then the rest.
    """
    claims: list[Claim] = []
    owners: list[Document] = []
    for document in documents:
        if document.claims:
            claims += document.claims
            owners += repeat(document, len(document.claims))
    held = sorted({(claim.item_id, claim.location_id, claim.state) for claim in claims})
    free = sorted({account[:2] for account in held})
    place_numbers = {place: number for number, place in enumerate(free)}
    numbers = {
        account: (number, place_numbers[account[:2]])
        for number, account in enumerate(held, start=len(free))
    }
    changes = [0] * (len(free) + len(held))
    sources, targets = list[int](), list[int]()
    free_to_come, held_to_come = list[int](), list[int]()
    for claim in reversed(claims):
        target, source = numbers[claim.item_id, claim.location_id, claim.state]
        sources.append(source + 1)
        targets.append(target + 1)
        free_to_come.append(changes[source])
        held_to_come.append(changes[target])
        changes[source] -= claim.wanted
        changes[target] += claim.wanted
    states = [State.AVAILABLE] * len(free) + [account[2] for account in held]
    return {
        "items": integers([one[0] for one in free] + [one[0] for one in held]),
        "locations": integers([one[1] for one in free] + [one[1] for one in held]),
        "states": texts(states),
        "changes": integers(changes),
        "lines": texts([claim.line for claim in claims]),
        "wanted": integers([claim.wanted for claim in claims]),
        "sources": integers(sources[::-1]),
        "targets": integers(targets[::-1]),
        "free_to_come": integers(free_to_come[::-1]),
        "held_to_come": integers(held_to_come[::-1]),
        "due": moments([claim.due_at for claim in claims]),
        "occurred": microseconds([one.occurred_at for one in owners]),
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


NOTHING_TO_POST: dict[str, Any] = _facts(()) | {"numbers": None}
