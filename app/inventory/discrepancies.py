"""Discrepancies that papers state: who owns the papers says what disagrees now, and the rest follows.

Nothing is opened or closed one by one. `restate` takes all that stands of some kinds within a scope;
what is new opens, what is different is updated, what is no longer stated closes by itself, and what
is stated again opens again. The row of a reference stays the same one through all of this, so its
owner, its comments and its history do.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import kinds as known_kinds
from app.inventory import working
from app.inventory.models import Discrepancy

WHOLE_CENTS = Decimal("0.0001")

LOCK = "SELECT pg_advisory_xact_lock(6932, :shop)"
"""Two statements of one shop would each open what the other is just opening."""

# What was stated, beside the row of its reference. `same` is about what people decided on.
STATED = """
WITH given AS (
    SELECT kind, reference, CAST(subject AS jsonb) AS subject, units, amount, currency, cause,
           deadline
    FROM unnest(CAST(:kinds AS text[]), CAST(:references AS text[]), CAST(:subjects AS text[]),
        CAST(:units AS int[]), CAST(:amounts AS numeric[]), CAST(:currencies AS text[]),
        CAST(:causes AS text[]), CAST(:deadlines AS timestamptz[]))
        AS stated (kind, reference, subject, units, amount, currency, cause, deadline)
)
"""
EVENT = """
(SELECT coalesce(jsonb_agg(entry ORDER BY place), '[]'::jsonb)
 FROM jsonb_array_elements(known.history) WITH ORDINALITY AS kept (entry, place)
 WHERE place > jsonb_array_length(known.history) - :kept)
|| jsonb_build_array(jsonb_build_object('at', CAST(:stamp AS text), 'by', 'system', 'event', {event},
    'units', {row}.units, 'amount', CAST({row}.amount AS text), 'currency', {row}.currency,
    'cause', {row}.cause))
"""
SAME = """
(known.units, known.amount, known.currency)
    IS NOT DISTINCT FROM (given.units, given.amount, given.currency)
"""
FOLLOW = f"""
{STATED}, met AS (
    SELECT known.discrepancy_id, given.*,
           CASE WHEN known.status = 'closed' THEN 'reopened'
                WHEN known.status IN ('left', 'written_off') AND NOT {SAME} THEN 'reopened'
                WHEN NOT {SAME} OR known.cause IS DISTINCT FROM given.cause THEN 'changed'
                ELSE 'described' END AS event
    FROM discrepancy AS known JOIN given USING (kind, reference)
    WHERE known.shop_id = :shop AND (known.status = 'closed' OR NOT {SAME}
        OR (known.cause, known.deadline, known.subject)
            IS DISTINCT FROM (given.cause, given.deadline, given.subject))
)
UPDATE discrepancy AS known SET
    subject = met.subject, units = met.units, amount = met.amount, currency = met.currency,
    cause = met.cause, deadline = met.deadline,
    status = CASE WHEN met.event = 'reopened' THEN 'open' ELSE known.status END,
    opened_at = CASE WHEN met.event = 'reopened' THEN :now ELSE known.opened_at END,
    ended_at = CASE WHEN met.event = 'reopened' THEN NULL ELSE known.ended_at END,
    ended_by = CASE WHEN met.event = 'reopened' THEN NULL ELSE known.ended_by END,
    history = CASE WHEN met.event = 'described' THEN known.history
                   ELSE {EVENT.format(event="met.event", row="met")} END
FROM met WHERE known.shop_id = :shop AND known.discrepancy_id = met.discrepancy_id
RETURNING known.discrepancy_id, met.event
"""
OPEN = f"""
{STATED}
INSERT INTO discrepancy (shop_id, kind, reference, subject, units, amount, currency, cause, deadline,
    status, first_seen_at, opened_at, history)
SELECT :shop, kind, reference, subject, units, amount, currency, cause, deadline, 'open', :now, :now,
    jsonb_build_array(jsonb_build_object('at', CAST(:stamp AS text), 'by', 'system',
        'event', 'opened', 'units', units, 'amount', CAST(amount AS text), 'currency', currency,
        'cause', cause))
FROM given ORDER BY kind, reference
ON CONFLICT (shop_id, kind, reference) DO NOTHING
RETURNING discrepancy_id, 'opened' AS event
"""
CLOSE = f"""
{STATED}
UPDATE discrepancy AS known SET status = 'closed', ended_at = :now, ended_by = 'system',
    history = {EVENT.format(event="'closed'", row="known")}
WHERE known.shop_id = :shop AND known.kind = ANY(CAST(:of AS text[]))
  AND known.status IN ('open', 'in_progress', 'left', 'written_off') AND {{scope}}
  AND NOT EXISTS (SELECT FROM given WHERE given.kind = known.kind
                  AND given.reference = known.reference)
RETURNING known.discrepancy_id, 'closed' AS event
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """That something disagrees: what it is about, and how much is in question.

    `reference` is its natural key within its kind: the same disagreement has the same one in every
    statement. `subject` names the papers that screens link to (`region`, `number` and `line` of a
    purchase order, `invoice`, `payment`, `vendor_code`, …). Units are eaches; an amount is what the
    shop is owed, negative when it is in the shop's favour, and has its currency.
    """

    kind: str
    reference: str
    subject: Mapping[str, Any] = field(default_factory=dict)
    units: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    cause: str | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which discrepancies a statement speaks of; those of its kinds that it leaves out are over.

    Make it by `EVERYTHING`, `of_references`, `of_purchase_orders` or `of_invoices`.
    """

    condition: str = "true"
    values: Mapping[str, Any] = field(default_factory=dict)


EVERYTHING = Scope()


def of_references(references: Collection[str]) -> Scope:
    """Those of these references."""
    return Scope("known.reference = ANY(CAST(:within AS text[]))", {"within": sorted(references)})


def of_purchase_orders(orders: Collection[tuple[str, str]]) -> Scope:
    """Those whose subject is in these purchase orders, each by its region and number."""
    named = sorted(orders)
    return Scope(
        "known.subject ->> 'number' = ANY(CAST(:within AS text[]))"
        " AND (known.subject ->> 'region', known.subject ->> 'number') IN (SELECT * FROM"
        " unnest(CAST(:regions AS text[]), CAST(:within AS text[])))",
        {"regions": [region for region, _ in named], "within": [number for _, number in named]},
    )


def of_invoices(invoices: Collection[str]) -> Scope:
    """Those whose subject is one of these invoices, by the subject's `invoice`."""
    return Scope(
        "known.subject ->> 'invoice' = ANY(CAST(:within AS text[]))", {"within": sorted(invoices)}
    )


class Restated(NamedTuple):
    """What a statement came to: ids by what became of them. All empty when it says nothing new."""

    opened: tuple[int, ...]
    changed: tuple[int, ...]
    reopened: tuple[int, ...]
    closed: tuple[int, ...]


def restate(
    session: Session,
    kinds: Collection[str],
    scope: Scope,
    findings: Iterable[Finding],
    *,
    now: datetime | None = None,
) -> Restated:
    """Takes `findings` as all that disagrees now of these kinds within this scope.

    Guarantees: four statements whatever their number; the same again changes nothing; the outcome
    of statements with disjoint scopes does not depend on their order. What a person has left or
    written off stays so until its units or its amount are others. Raises ValueError for a kind that
    is not registered or not stated, the core's own kind, a finding given twice, and an amount
    without its currency: these are faults of the caller.
    """
    stated = _checked(set(kinds), findings)
    shop = {"shop": shop_of(session)}
    given = shop | _columns(stated)
    session.flush()
    session.execute(text(LOCK), shop)
    moment = now or datetime.now(UTC)
    marks = {"now": moment, "stamp": moment.isoformat(), "kept": working.KEPT_HISTORY - 1}
    became: dict[str, list[int]] = {}
    statements = (
        (FOLLOW, given | marks),
        (OPEN, given | {"now": moment, "stamp": marks["stamp"]}),
        (
            CLOSE.format(scope=scope.condition),
            given | marks | {"of": sorted(kinds)} | dict(scope.values),
        ),
    )
    for statement, values in statements:
        for discrepancy_id, event in session.execute(text(statement), values).all():
            became.setdefault(event, []).append(discrepancy_id)
    for row in list(session.identity_map.values()):
        if isinstance(row, Discrepancy):
            session.expire(row)
    if anew := became.get("opened", []) + became.get("reopened", []):
        working.assign(session, anew)
    for because in ("reopened", "closed"):
        if over := became.get(because):
            working.end_write_offs(session, over, because, now=moment)
    return Restated(
        *(
            tuple(sorted(became.get(event, ())))
            for event in ("opened", "changed", "reopened", "closed")
        )
    )


def _checked(kinds: set[str], findings: Iterable[Finding]) -> list[Finding]:
    for kind in kinds:
        if kind == known_kinds.COUNT or known_kinds.find(kind) is None:
            raise ValueError(f"{kind} is not a kind that papers state")
    stated: dict[tuple[str, str], Finding] = {}
    for one in findings:
        if one.kind not in kinds:
            raise ValueError(f"{one.reference} is of a kind that is not stated: {one.kind}")
        if (one.kind, one.reference) in stated:
            raise ValueError(f"{one.kind} {one.reference} is stated twice")
        if (one.amount is None) != (one.currency is None):
            raise ValueError(f"{one.kind} {one.reference}: an amount has its currency")
        stated[one.kind, one.reference] = one
    return list(stated.values())


def _columns(stated: list[Finding]) -> dict[str, Any]:
    return {
        "kinds": [one.kind for one in stated],
        "references": [one.reference for one in stated],
        "subjects": [json.dumps(dict(one.subject), sort_keys=True) for one in stated],
        "units": [one.units for one in stated],
        "amounts": [
            None if one.amount is None else one.amount.quantize(WHOLE_CENTS) for one in stated
        ],
        "currencies": [one.currency for one in stated],
        "causes": [one.cause for one in stated],
        "deadlines": [one.deadline for one in stated],
    }
