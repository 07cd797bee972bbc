"""Reading what Amazon's finance shows of our invoices since the last time: late ones, paid ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import text
from sqlmodel import Session

from app.connections import Connection, connections
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access, invoice_following
from app.vendor.client import VendorClient
from app.vendor.invoice_following import MOST_PAGES, Shown, shown
from app.vendor.marketplaces import MARKETPLACES

log = structlog.get_logger(__name__)

# How far back a change is asked for: longer than any pause between two polls, and as a first guess.
OVERLAP = timedelta(days=2)
LONGEST = timedelta(days=90)  # getInvoiceHeaders, 2026-06-25: the widest span of issue dates
FOLLOWED = """
SELECT DISTINCT invoice.region, marketplace, payee_code,
    min(coalesce(amazon_updated_at, sent_at, made_at)) OVER (PARTITION BY invoice.region, marketplace)
FROM invoice JOIN vendor_code AS billing
    ON billing.shop_id = invoice.shop_id AND billing.region = invoice.region
    AND billing.code = invoice.vendor_code
WHERE invoice.shop_id = :shop AND state IN ('sent', 'accepted', 'missing', 'unclear', 'landed')
    AND coalesce(amazon_status, '') NOT IN ('PAID', 'DEDUCTED') AND marketplace IS NOT NULL
    AND made_at > now() - interval '2 years'
"""


class Question(NamedTuple):
    """One marketplace with invoices that are not settled, asked by one connection."""

    connection: Connection
    marketplace: str
    payee_code: str
    since: datetime


def read(shop_id: int) -> None:
    """Asks what has changed of invoices that are not settled. May run twice, and may die half-way.

    Where Amazon does not let us read them, that is logged and nothing else stops.
    """
    for question in run(_questions, shop_id):
        try:
            with access.client(question.connection) as client:
                _read(client, shop_id, question)
        except (RetryLater, GiveUp) as error:
            log.warning("finance_invoices_unread", error=error.detail)


def _read(client: VendorClient, shop_id: int, question: Question) -> None:
    now = datetime.now(UTC)
    since = max(now - LONGEST, question.since - OVERLAP)
    token: str | None = None
    for _page in range(MOST_PAGES):  # a page may be empty and still not be the last
        payload = client.finance_invoices(
            marketplaceId=MARKETPLACES[question.marketplace].id,
            invoicesModifiedAfter=since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            nextToken=token,
        ).payload
        for header in payload.get("invoices") or []:
            seen = shown(header)
            if run(_is_news, shop_id, seen):
                found = invoice_following.read_back(
                    client, seen.number, question.payee_code, question.marketplace
                )
                if found is not None:
                    run(_note, shop_id, found)
        following = payload.get("nextToken")
        if not following or following == token:
            return
        token = following


def _questions(session: Session) -> list[Question]:
    by_region = {
        row.region: row for row in connections(session, "amazon") if row.state == "connected"
    }
    rows = session.execute(text(FOLLOWED), {"shop": shop_of(session)})
    return [
        Question(by_region[region], marketplace, payee_code or "", since)
        for region, marketplace, payee_code, since in rows
        if region in by_region
    ]


def _is_news(session: Session, seen: Shown) -> bool:
    invoice = invoice_following.find(session, seen.number)
    if invoice is None:
        return False
    known = invoice.amazon_updated_at
    return known is None or seen.updated_at > known


def _note(session: Session, seen: Shown) -> None:
    invoice = invoice_following.find(session, seen.number)
    if invoice is not None:
        invoice_following.note(session, invoice, seen)
