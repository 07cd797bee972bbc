"""The self-test: one small, harmless question to each part of Amazon's interface.

Nothing is sent that changes anything; so whether invoices may be sent is told by the last one that
was. Source of the questions: Amazon's models of November 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.connections import Connection, connections
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access
from app.vendor.client import GrantRefused, NotAuthorised, Throttled, VendorClient
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.self_test.tables import Capability

log = structlog.get_logger(__name__)

EVERY = timedelta(days=1)
AGAIN = timedelta(minutes=15)
"""How soon a part is asked again that did not answer for a reason which may pass by itself."""
WORKED = ("orders", "status")
"""Parts that ordinary work notes as well, so they say nothing of when the self-test was."""
PASSING = ("failing", "throttled", "disturbed", "secret_refused")
OF_ALL = ("consent_ended", "secret_refused")
FIRST_MARKETPLACE = {"na": "US", "eu": "DE", "fe": "JP"}
NO_TRANSACTION = "00000000-0000-0000-0000-000000000000"
INVOICE_TAKEN = """
SELECT max(sent_at) FROM invoice
WHERE shop_id = :shop AND region = :region AND state IN ('accepted', 'landed')
"""
MARKETPLACE = """
SELECT marketplace FROM vendor_code
WHERE shop_id = :shop AND region = :region AND marketplace IS NOT NULL ORDER BY code LIMIT 1
"""


class Answered(NamedTuple):
    """What came of one question."""

    state: str
    said: str | None = None
    good_at: datetime | None = None


def _span(after: str, before: str) -> dict[str, str]:
    now = datetime.now(UTC)
    written = [one.strftime("%Y-%m-%dT%H:%M:%SZ") for one in (now - timedelta(days=1), now)]
    return {after: written[0], before: written[1]}


def _transactions(client: VendorClient, _marketplace: str) -> None:
    with suppress(GiveUp):  # that there is none is an answer, too
        client.transaction(NO_TRANSACTION)


Ask = Callable[[VendorClient, str], object]
QUESTIONS: dict[str, Ask] = {
    "orders": lambda client, _: client.purchase_orders(
        limit=1, includeDetails="false", **_span("createdAfter", "createdBefore")
    ),
    "status": lambda client, _: client.purchase_orders_status(
        limit=1, **_span("updatedAfter", "updatedBefore")
    ),
    "shipments": lambda client, _: client.shipments(
        limit=1, **_span("createdAfter", "createdBefore")
    ),
    "transactions": _transactions,
    "finance_invoices": lambda client, marketplace: client.finance_invoices(
        marketplaceId=marketplace
    ),
    "reports": lambda client, _: client.reports(reportTypes="GET_VENDOR_SALES_REPORT", pageSize=1),
    "remittances": lambda client, marketplace: client.remittances(marketplaceId=marketplace),
}
BY_SENDING = "invoices"
CAPABILITIES = (*QUESTIONS, BY_SENDING)


def self_test(shop_id: int) -> None:
    """Asks every connection of the shop each question and keeps the answers. May run twice."""
    for connection in run(_connected, shop_id):
        _test(connection, run(_marketplace, shop_id, connection))
        run(_judge_sending, shop_id, connection)


def is_due(session: Session) -> bool:
    """Whether a connection was never asked, not for a day, or a while ago and something may be over."""
    rows = capabilities(session)
    now = datetime.now(UTC)
    known = {row.connection_id for row in rows if row.name not in WORKED}
    late = {
        row.connection_id
        for row in rows
        if row.asked_at <= now - (AGAIN if row.state in PASSING else EVERY)
    }
    return any(
        one.connection_id not in known or one.connection_id in late for one in _connected(session)
    )


def capabilities(session: Session, connection_id: int | None = None) -> list[Capability]:
    """What is known of this shop's connections, those of one if it is named."""
    query = select(Capability).where(Capability.shop_id == shop_of(session))
    if connection_id is not None:
        query = query.where(Capability.connection_id == connection_id)
    return list(session.exec(query.order_by(col(Capability.connection_id), col(Capability.name))))


def answered(session: Session, connection_id: int, name: str, answer: Answered) -> None:
    """Keeps one answer; the time of the last good one stays through bad ones."""
    now = datetime.now(UTC)
    values = {
        "state": answer.state,
        "said": answer.said,
        "asked_at": now,
        **({"last_good_at": answer.good_at or now} if answer.state == "good" else {}),
    }
    key = {"shop_id": shop_of(session), "connection_id": connection_id, "name": name}
    session.execute(
        insert(Capability)
        .values(key | values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )


def worked(session: Session, connection_id: int, *names: str) -> None:
    """Notes that ordinary work has just read these well."""
    for name in names:
        answered(session, connection_id, name, Answered("good"))


def _test(connection: Connection, marketplace: str) -> None:
    for name, ask in QUESTIONS.items():
        found = _ask(connection, ask, marketplace)
        run(answered, connection.shop_id, connection.connection_id, name, found)
        if found.state in OF_ALL:  # nothing else can be asked either
            for other in QUESTIONS:
                run(answered, connection.shop_id, connection.connection_id, other, found)
            return


def _ask(connection: Connection, ask: Ask, marketplace: str) -> Answered:
    try:
        with access.client(connection) as client:
            ask(client, marketplace)
    except GrantRefused as error:
        return Answered("consent_ended", error.detail[:1000])
    except NotAuthorised as error:
        return Answered("role_missing", error.detail[:1000])
    except Throttled as error:
        return Answered("throttled", error.detail[:1000])
    except RetryLater as error:
        return Answered("disturbed", error.detail[:1000])
    except GiveUp as error:
        state = "secret_refused" if error.code == "lwa_refused" else "failing"
        return Answered(state, error.detail[:1000])
    return Answered("good")


def _judge_sending(session: Session, connection: Connection) -> None:
    asked = {"shop": shop_of(session), "region": connection.region}
    taken_at = session.execute(text(INVOICE_TAKEN), asked).scalar_one()
    found = Answered("good" if taken_at else "unasked", good_at=taken_at)
    answered(session, connection.connection_id, BY_SENDING, found)


def _connected(session: Session) -> list[Connection]:
    return [one for one in connections(session, "amazon") if one.has_access]


def _marketplace(session: Session, connection: Connection) -> str:
    """The id of a marketplace of this connection's; the region's first one where none is known."""
    asked = {"shop": shop_of(session), "region": connection.region}
    known = session.execute(text(MARKETPLACE), asked).scalar_one_or_none()
    name = known or connection.details.get("marketplace")
    return MARKETPLACES[name or FIRST_MARKETPLACE[connection.region or "na"]].id
