"""Whose write it was: what Shopify's inventory history says of a difference, as far as it may be read.

Adjustment groups can be read by id alone, and nothing tells the ids of other people's. The one list
of them is ShopifyQL's table `inventory_adjustment_history`, which needs the scope `read_reports`
(and, at Shopify, access to protected customer data). Where it was not granted, or Shopify's answer
cannot be read, the difference is `unknown`.
Sources: Shopify, "ShopifyQL with the GraphQL Admin API"; the names of the table's columns are those
Shopify's report "Inventory adjustment changes" shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import structlog
from shopify.api_access import ApiAccess
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import run, shop_of
from app.errors import GiveUp
from app.inventory import futures, kinds
from app.inventory.counts import adopt_by_policy, explain
from app.inventory.models import Discrepancy, Location
from app.preferences import shop_preference
from app.shopify import counts, items, requests, tokens
from app.shopify.client import Json, ShopClient
from app.shopify.payloads import words

log = structlog.get_logger(__name__)

SCOPE = "read_reports"
LOOKED_BACK = timedelta(days=7)
MOST_ROWS = 200
KEPT = 20
COLUMNS = (
    "second",
    "inventory_adjustment_group_id",
    "inventory_state",
    "inventory_change_reason",
    "inventory_app_name",
    "staff_member_name",
    "reference_document_uri",
)
CHANGE = "inventory_adjustment_change"
OURS = "gid://holdfast/"
ORDER = re.compile(r"gid://shopify/Order/(\d+)")
SHOPIFYS_OWN = "gid://shopify/"


@dataclass(frozen=True)
class Entry:
    """One entry of the history of one state at one place."""

    at: str
    """By the shop's own clock, as the table keeps it."""
    app: str | None
    person: str | None
    reason: str | None
    units: int
    reference: str | None

    def kept(self, zone: tzinfo) -> dict[str, Any]:
        """As it is kept beside the discrepancy, its time in UTC; null where it cannot be read."""
        return {
            "at": _in_utc(self.at, zone),
            "app": self.app,
            "person": self.person,
            "reason": self.reason,
            "units": self.units,
            "reference": self.reference,
        }


def look_for(session: Session, discrepancy_ids: Iterable[int]) -> None:
    """Finds out how these differences came about: at once, or by asking Shopify for its history."""
    dead = counts.dead_items(session)
    readable = may_read(session)
    for found in _rows(session, discrepancy_ids):
        item_id, *_ = found.account
        if item_id in dead:
            explain(session, found.discrepancy_id, "ours", by=str(dead[item_id]))
        elif readable:
            number = str(found.discrepancy_id)
            requests.ask_for(
                session,
                requests.READ_HISTORY,
                [(f"discrepancy:{number}", number)],
                f"{found.difference}",
            )
        else:
            explain(session, found.discrepancy_id, "unknown")


def unexplained(session: Session, source: str) -> list[int]:
    """Open differences that nobody has looked into, as they changed since."""
    rows = session.exec(
        select(Discrepancy.discrepancy_id).where(
            Discrepancy.shop_id == shop_of(session),
            Discrepancy.source == source,
            col(Discrepancy.status).in_(("open", "in_progress")),
            col(Discrepancy.explanation).is_(None),
        )
    )
    return list(rows)


def may_read(session: Session) -> bool:
    """Whether the merchant has granted what the history needs."""
    connection = tokens.find(session)
    return connection is not None and ApiAccess(connection.scopes).covers(ApiAccess(SCOPE))


def read(client: ShopClient, discrepancy_id: int) -> list[Entry] | None:
    """The history behind a difference, newest first; None when it cannot be read."""
    question = run(_question, client.shop_id, discrepancy_id)
    if question is None:
        return None
    try:
        answer = client.ask("history", query=question)["shopifyqlQuery"]
    except GiveUp as refusal:
        log.warning("history_refused", error=refusal.detail)
        return None
    if not answer or answer["parseErrors"] or not answer["tableData"]:
        log.warning("history_unreadable", errors=(answer or {}).get("parseErrors"))
        return None
    return [_entry(row) for row in as_dicts(answer["tableData"])]


def conclude(session: Session, discrepancy_id: int, entries: Sequence[Entry] | None) -> None:
    """Explains a difference by the newest entry that is not ours and that no paper of ours explains."""
    zone = futures.zone_of(session)
    kept = [one.kept(zone) for one in (entries or ())[:KEPT]]
    explanation, by = _explained(session, entries or ())
    explain(session, discrepancy_id, explanation, by=by, evidence=kept)
    adopt_by_policy(session, counts.SOURCE, shop_preference(session).adopt_differences)


def _explained(session: Session, entries: Sequence[Entry]) -> tuple[str, str | None]:
    missing = _orders_unheard_of(session, entries)
    for one in entries:
        reference = one.reference or ""
        if reference.startswith(OURS):
            continue
        if order := ORDER.match(reference):
            if order[1] in missing:
                return "order", order[1]
            continue
        if one.person:
            return "person", one.person
        if one.app and not reference.startswith(SHOPIFYS_OWN):
            return "app", one.app
    return "unknown", None


def _orders_unheard_of(session: Session, entries: Sequence[Entry]) -> set[str]:
    """Orders that the history names and the ledger has never settled."""
    named = {found[1] for one in entries if (found := ORDER.match(one.reference or ""))}
    known = session.execute(
        text(
            "SELECT reference FROM document WHERE shop_id = :shop AND kind = 'shopify_order'"
            " AND version >= 0 AND reference = ANY(:references)"
        ),
        {"shop": shop_of(session), "references": sorted(named)},
    ).scalars()
    return named - set(known)


def _question(session: Session, discrepancy_id: int) -> str | None:
    found = session.get(Discrepancy, (shop_of(session), discrepancy_id))
    if found is None or found.kind != kinds.COUNT:
        return None
    item_id, location_id, state = found.account
    numbers = items.numbers_of(session, items.ITEM, [item_id])
    place = session.get(Location, (shop_of(session), location_id))
    if not numbers or place is None:
        return None
    # Whole days, one more on either side: the table keeps the shop's own time.
    since = (found.first_seen_at - LOOKED_BACK).date()
    until = (datetime.now(UTC) + timedelta(days=1)).date()
    return (
        f"FROM inventory_adjustment_history SHOW {CHANGE}"
        f" WHERE inventory_item_id = '{numbers[0]}' AND inventory_location_id = '{place.reference}'"
        f" AND inventory_state = '{state.value}'"
        f" SINCE {since} UNTIL {until}"
        f" GROUP BY {', '.join(COLUMNS)} ORDER BY second DESC LIMIT {MOST_ROWS}"
    )


def as_dicts(table: Json) -> list[Json]:
    """ShopifyQL's rows by the names of their columns, however it wrote them."""
    names = [column["name"] for column in table["columns"]]
    return [
        row if isinstance(row, dict) else dict(zip(names, row, strict=False))
        for row in table["rows"] or ()
    ]


def _in_utc(at: str, zone: tzinfo) -> str | None:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    told = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return told.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _entry(row: Json) -> Entry:
    return Entry(
        at=str(row.get("second") or ""),
        app=words(row.get("inventory_app_name")),
        person=words(row.get("staff_member_name")),
        reason=words(row.get("inventory_change_reason")),
        units=int(float(row.get(CHANGE) or 0)),
        reference=words(row.get("reference_document_uri")),
    )


def _rows(session: Session, discrepancy_ids: Iterable[int]) -> list[Discrepancy]:
    wanted = set(discrepancy_ids)
    if not wanted:
        return []
    rows = session.exec(
        select(Discrepancy)
        .where(Discrepancy.shop_id == shop_of(session), col(Discrepancy.discrepancy_id).in_(wanted))
        .order_by(col(Discrepancy.discrepancy_id))
    )
    return list(rows)
