"""Amazon's papers as they are filed: a page in one transaction, what cannot be read put aside."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from app import messages
from app.connections import Connection
from app.db import run, shop_of
from app.vendor.client import VendorClient
from app.vendor.orders import store
from app.vendor.papers import (
    BadPaper,
    OrderFacts,
    StatusFacts,
    digest_of,
    order_facts,
    plain,
    status_facts,
)
from app.vendor.polling.pages import Papers, orders_in, statuses_in
from app.vendor.receipts import store_statuses


def store_orders(session: Session, connection: Connection, raw: Any) -> None:
    """Stores orders as Amazon writes them; one that cannot be read is put aside for a person."""
    store_order_page(session, connection, orders_in(raw))


def store_order_page(session: Session, connection: Connection, page: Papers[OrderFacts]) -> None:
    """Stores one page of orders; those that cannot be read are put aside, each by itself."""
    for one, reason in page.bad:
        _put_aside(session, connection, "purchase_order", one, reason)
    store(session, connection, page.good)


def store_raw_statuses(session: Session, connection: Connection, raw: Any) -> list[StatusFacts]:
    """Stores statuses as Amazon writes them; returns those of orders we have never seen."""
    return store_status_page(session, connection, statuses_in(raw))


def store_status_page(
    session: Session, connection: Connection, page: Papers[StatusFacts]
) -> list[StatusFacts]:
    """Stores one page of statuses; returns those of orders we have never seen."""
    for one, reason in page.bad:
        _put_aside(session, connection, "purchase_order_status", one, reason)
    return store_statuses(session, connection, page.good)


def read_status(client: VendorClient, shop_id: int, connection: Connection, number: str) -> None:
    """Reads the status of one order now and stores it."""
    reply = client.purchase_orders_status(purchaseOrderNumber=number)
    run(store_raw_statuses, shop_id, connection, reply.payload["ordersStatus"])


def read_again(session: Session) -> None:
    """Tries papers again that a person has asked to replay."""
    rows = {row.connection_id: row for row in connections_of(session)}
    for message in messages.take(session, direction="in", channel="amazon", limit=50):
        asked = int((message.response or {}).get("connection_id") or 0)
        connection = rows.get(asked) or next(iter(rows.values()), None)
        if connection is None:
            messages.bury(message, "Amazon is not connected.")
            continue
        try:
            if message.topic == "purchase_order":
                store(session, connection, [order_facts(message.request)])
            else:
                store_statuses(session, connection, [status_facts(message.request)])
            messages.finish(message)
        except BadPaper as error:
            messages.bury(message, f"Amazon's paper cannot be read: {error}.")


def connections_of(session: Session) -> list[Connection]:
    """This shop's connections to Amazon, whatever their state."""
    query = select(Connection).where(
        Connection.shop_id == shop_of(session), Connection.channel == "amazon"
    )
    return list(session.exec(query.order_by(col(Connection.connection_id))))


def _put_aside(session: Session, connection: Connection, topic: str, raw: Any, reason: str) -> None:
    content = plain(raw)
    number = content.get("purchaseOrderNumber") if isinstance(content, dict) else None
    message_id = messages.record(
        session,
        direction="in",
        channel="amazon",
        topic=topic,
        key=f"{connection.region}:{number}:unreadable:{digest_of(content)}",
        reference=str(number)[:64] if number else None,
        request=content,
    )
    if message_id is not None:
        message = session.get(messages.Message, (shop_of(session), message_id))
        assert message is not None
        messages.bury(message, f"Amazon's paper cannot be read: {reason}.")
        message.response = {"connection_id": connection.connection_id}
