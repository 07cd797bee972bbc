"""Reading what Amazon's finance shows: all of the past at first, then what is new or has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import text
from sqlmodel import Session

from app.connections import Connection, connections
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access, invoice_following, terms
from app.vendor.client import VendorClient
from app.vendor.finance import stating
from app.vendor.finance.tables import FinanceReading
from app.vendor.marketplaces import MARKETPLACES

log = structlog.get_logger(__name__)

OVERLAP = timedelta(days=2)  # longer than any pause between two polls, and as a first guess
MOST_PAGES = 500
MARKETS = """
SELECT DISTINCT region, marketplace FROM vendor_code
WHERE shop_id = :shop AND marketplace IS NOT NULL
"""


class Question(NamedTuple):
    """One marketplace of one connection; `read_to` is None before its past was read."""

    connection: Connection
    marketplace_id: str
    read_to: datetime | None

    @property
    def region(self) -> str:
        """The region that the connection is for."""
        return self.connection.region or "na"


def read(shop_id: int) -> None:
    """Asks what finance shows. May run twice, and may die half-way.

    Where Amazon does not let us read it, that is kept for the screen; nothing else stops.
    """
    for question in run(_questions, shop_id):
        error: str | None = None
        read_to = question.read_to
        try:
            with access.client(question.connection) as client:
                read_to = _read(client, shop_id, question)
        except (RetryLater, GiveUp) as problem:
            error = problem.detail
            log.warning("finance_invoices_unread", error=error)
        run(_note, shop_id, question, read_to, error)


def _read(client: VendorClient, shop_id: int, question: Question) -> datetime:
    now = datetime.now(UTC)
    for span in _spans(question, now):
        for header in _headers(client, question.marketplace_id, span):
            if run(stating.is_news, shop_id, question.region, header):
                items = _items(client, question.marketplace_id, str(header["invoiceIdentifier"]))
                run(_keep, shop_id, question.region, header, items)
    return now


def _spans(question: Question, now: datetime) -> Iterator[dict[str, str]]:
    """What to ask: by issue date for the past, then by change since the last time."""
    if question.read_to is not None:
        yield {"invoicesModifiedAfter": _written(question.read_to - OVERLAP)}
        return
    longest = terms.days("finance_window_days", question.region)
    start = now - terms.days("finance_history_days", question.region)
    while start < now:
        end = min(start + longest, now)
        yield {"fromIssueDate": _written(start), "toIssueDate": _written(end)}
        start = end


def _headers(
    client: VendorClient, marketplace_id: str, span: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    token: str | None = None
    for _page in range(MOST_PAGES):  # a page may be empty and still not be the last
        payload = client.finance_invoices(
            marketplaceId=marketplace_id, nextToken=token, **span
        ).payload
        yield from payload.get("invoices") or []
        following = payload.get("nextToken")
        if not following or following == token:
            return
        token = following
    raise RetryLater("Amazon's pages of finance invoices do not come to an end.")


def _items(client: VendorClient, marketplace_id: str, identifier: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    token: str | None = None
    for _page in range(MOST_PAGES):
        payload = client.finance_invoice(
            identifier, marketplaceId=marketplace_id, nextTokenForLineItems=token
        ).payload
        found += payload.get("invoiceItems") or []
        following = payload.get("nextTokenForLineItems")
        if not following or following == token:
            return found
        token = following
    raise RetryLater("Amazon's pages of the invoice's lines do not come to an end.")


def _keep(
    session: Session, region: str, header: Mapping[str, Any], items: list[Mapping[str, Any]]
) -> None:
    """Keeps it, and lets our own invoice of that number know."""
    made = stating.store(session, region, header, items)
    invoice = invoice_following.find(session, made.number)
    if invoice is not None and invoice.region == region:
        invoice_following.note(session, invoice, invoice_following.shown(header, items))


def _questions(session: Session) -> list[Question]:
    """Every marketplace that a vendor code of ours sells to, by the connection of its region."""
    markets: dict[str, set[str]] = {}
    for region, name in session.execute(text(MARKETS), {"shop": shop_of(session)}):
        markets.setdefault(region, set()).add(MARKETPLACES[name].id)
    found = []
    for connection in connections(session, "amazon"):
        if connection.state != "connected":
            continue
        for market in sorted(markets.get(connection.region or "na", set())):
            key = (shop_of(session), connection.connection_id, market)
            known = session.get(FinanceReading, key)
            found.append(Question(connection, market, known.read_to if known else None))
    return found


def _note(
    session: Session, question: Question, read_to: datetime | None, error: str | None
) -> None:
    session.merge(
        FinanceReading(
            shop_id=shop_of(session),
            connection_id=question.connection.connection_id,
            marketplace_id=question.marketplace_id,
            read_to=read_to,
            error=error,
            tried_at=datetime.now(UTC),
        )
    )


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
