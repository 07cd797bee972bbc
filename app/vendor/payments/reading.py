"""Reading remittances from Amazon's finance: a year back at first, then what is new or has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import structlog
from sqlalchemy import text
from sqlmodel import Session, delete

from app import messages
from app.connections import Connection, connections
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access, terms
from app.vendor.client import VendorClient
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.papers import digest_of, plain
from app.vendor.payments import witnesses
from app.vendor.payments.references import reference
from app.vendor.payments.tables import Remittance, RemittanceLine, RemittanceReading

log = structlog.get_logger(__name__)

TOPIC = "remittance"
EVERY = timedelta(hours=1)
OVERLAP = timedelta(days=14)  # a payment IN_PROGRESS comes to its end within days
MOST_PAGES = 500

MARKETS = """
SELECT DISTINCT region, marketplace FROM vendor_code
WHERE shop_id = :shop AND marketplace IS NOT NULL
"""


class Question(NamedTuple):
    """One marketplace of one connection, read up to a moment."""

    connection: Connection
    marketplace_id: str
    read_to: datetime


def read(shop_id: int) -> None:
    """Asks what has been paid. May run twice, and may die half-way.

    Where Amazon does not let us read remittances that is kept for the screen; nothing else stops.
    """
    for question in run(_questions, shop_id):
        error: str | None = None
        read_to = question.read_to
        try:
            with access.client(question.connection) as client:
                read_to = _read(client, shop_id, question)
        except (RetryLater, GiveUp) as problem:
            error = problem.detail
            log.warning("remittances_unread", error=error)
        run(_note, shop_id, question, read_to, error)


def _read(client: VendorClient, shop_id: int, question: Question) -> datetime:
    region = question.connection.region or "na"
    now = datetime.now(UTC)
    start = max(now - terms.days("remittance_history_days", region), question.read_to - OVERLAP)
    longest = terms.days("remittance_window_days", region)
    while start < now:
        end = min(start + longest, now)
        for header in _headers(client, question.marketplace_id, start, end):
            if run(_is_news, shop_id, region, header):
                items = _items(client, question.marketplace_id, str(header["uniquePaymentId"]))
                run(store, shop_id, region, header, items)
        start = end
    return now


def _headers(
    client: VendorClient, marketplace_id: str, start: datetime, end: datetime
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    token: str | None = None
    for _page in range(MOST_PAGES):  # a page may be empty and still not be the last
        payload = client.remittances(
            marketplaceId=marketplace_id,
            startDate=start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            endDate=end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            nextToken=token,
        ).payload
        found += payload.get("remittances") or []
        following = payload.get("nextToken")
        if not following or following == token:
            return found
        token = following
    raise RetryLater("Amazon's pages of remittances do not come to an end.")


def _items(client: VendorClient, marketplace_id: str, payment_id: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    token: str | None = None
    for _page in range(MOST_PAGES):
        payload = client.remittance(
            payment_id, marketplaceId=marketplace_id, nextTokenForLineItems=token
        ).payload
        found += payload.get("remittanceItems") or []
        following = payload.get("nextTokenForLineItems")
        if not following or following == token:
            return found
        token = following
    raise RetryLater("Amazon's pages of a remittance's lines do not come to an end.")


def store(
    session: Session, region: str, header: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> None:
    """Keeps a remittance with all its lines; the same again changes nothing.

    Raises RetryLater when it cannot be what it says, so that it is asked for again and shown.
    """
    witnesses.one_at_a_time(session)
    try:
        made = _remittance(shop_of(session), region, header)
        numbers = [str(one.get("invoiceNumber") or "").strip() for one in items]
        ours = witnesses.ours(session, region, numbers)
        lines = [_line(made, place, one, ours) for place, one in enumerate(items, start=1)]
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise RetryLater(f"Amazon's remittance cannot be read: {error!r}") from error
    made.message_id = messages.record(
        session,
        direction="in",
        channel="amazon",
        topic=TOPIC,
        key=f"{region}:{made.payment_id}:{made.digest}",
        reference=(made.number or made.payment_id)[:64],
        request={"remittanceHeader": plain(header), "remittanceItems": plain(list(items))},
        occurred_at=made.paid_at,
        state="done",
    )
    session.exec(
        delete(Remittance).where(
            Remittance.shop_id == made.shop_id,  # type: ignore[arg-type]
            Remittance.region == region,  # type: ignore[arg-type]
            Remittance.payment_id == made.payment_id,  # type: ignore[arg-type]
        )
    )
    session.add(made)
    session.flush()
    session.add_all(lines)
    session.flush()
    if made.number is not None:
        witnesses.settle(session, region, made.number)


def _remittance(shop_id: int, region: str, header: Mapping[str, Any]) -> Remittance:
    amount, currency = _money(header["paymentAmount"])
    inner = header.get("paymentAmountInInvoiceCurrency")
    rate = header.get("exchangeRate")
    codes = {
        one["relatedIdentifierName"]: list(one["relatedIdentifierValue"])
        for one in header.get("relatedIdentifiers") or []
    }
    return Remittance(
        shop_id=shop_id,
        region=region,
        payment_id=str(header["uniquePaymentId"]),
        number=header.get("paymentNumber"),
        status=header["remittanceStatus"],
        paid_at=_moment(header["paymentDate"]),
        amount=amount,
        currency=currency,
        invoice_amount=_money(inner)[0] if inner else None,
        invoice_currency=_money(inner)[1] if inner else None,
        exchange_rate=Decimal(str(rate)) if rate is not None else None,
        method=header.get("paymentMethod"),
        stated_lines=header.get("lineItemCount"),
        vendor_codes=codes.get("VENDOR_CODE", []),
        payee_codes=codes.get("PAYEE_CODE", []),
        digest=digest_of(plain(header)),
        header=plain(header),
    )


def _line(
    made: Remittance, position: int, item: Mapping[str, Any], ours: set[str]
) -> RemittanceLine:
    written = str(item.get("invoiceNumber") or "").strip()
    about = reference(written, is_ours=written in ours)
    paid, currency = _money(item["netAmountPaid"])
    parts = {
        one["breakdownType"]: _money(one["breakdownAmount"])[0]
        for one in item.get("netAmountPaidBreakdown") or []
    }
    total, withheld = item.get("totalAmount"), item.get("withholdingAmount")
    issued = item.get("invoiceIssueDate")
    return RemittanceLine(
        shop_id=made.shop_id,
        region=made.region,
        payment_id=made.payment_id,
        position=position,
        reference=written,
        invoice_number=about.number,
        kind=about.kind,
        invoiced_at=_moment(issued) if issued else None,
        description=item.get("description"),
        invoice_type=item.get("invoiceType"),
        terms=item.get("paymentTerms"),
        total=_money(total)[0] if total else None,
        paid=paid,
        discount=parts.get("TermsDiscountTaken"),
        withheld=_money(withheld)[0] if withheld else None,
        currency=currency,
    )


def _money(raw: Mapping[str, Any]) -> tuple[Decimal, str]:
    return Decimal(str(raw["currencyAmount"])), str(raw["currencyCode"])[:3]


def _moment(raw: Any) -> datetime:
    found = datetime.fromisoformat(str(raw))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _is_news(session: Session, region: str, header: Mapping[str, Any]) -> bool:
    known = session.get(Remittance, (shop_of(session), region, str(header["uniquePaymentId"])))
    return known is None or known.digest != digest_of(plain(header))


def _questions(session: Session) -> list[Question]:
    """What is due to be asked: every marketplace that a vendor code of ours sells to."""
    now = datetime.now(UTC)
    markets: dict[str, set[str]] = {}
    for region, name in session.execute(text(MARKETS), {"shop": shop_of(session)}):
        markets.setdefault(region, set()).add(MARKETPLACES[name].id)
    found = []
    for connection in connections(session, "amazon"):
        if connection.state != "connected":
            continue
        region = connection.region or "na"
        oldest = now - terms.days("remittance_history_days", region)
        for market in sorted(markets.get(region, set())):
            key = (shop_of(session), connection.connection_id, market)
            known = session.get(RemittanceReading, key)
            if known is None or known.tried_at <= now - EVERY:
                found.append(Question(connection, market, known.read_to if known else oldest))
    return found


def _note(session: Session, question: Question, read_to: datetime, error: str | None) -> None:
    session.merge(
        RemittanceReading(
            shop_id=shop_of(session),
            connection_id=question.connection.connection_id,
            marketplace_id=question.marketplace_id,
            read_to=read_to,
            error=error,
            tried_at=datetime.now(UTC),
        )
    )
