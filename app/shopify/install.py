"""A shop comes, comes back, changes what it grants, or leaves.

Shopify installs the app by itself; we learn of a shop by the first request with a valid ID token.
That token is exchanged for access of our own, and the catalogue import begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from shopify.api_access import ApiAccess
from sqlmodel import Session

from app import bell, messages
from app.connections import Connection, locked
from app.db import enter_shop, run, shop_of, transaction
from app.errors import RetryLater
from app.http import Principal
from app.inventory import releasing
from app.messages import Message
from app.preferences import shop_preference
from app.shopify import auth, catalog, past_orders, requests, tokens, transfers
from app.shopify.client import ShopClient
from app.shopify.payloads import identifier, words
from app.shopify.tables import CatalogImport
from app.shops import find_shop_id, open_shop, this_shop

log = structlog.get_logger(__name__)

HAND_OVER, EMAIL_OUT = "exit/hand_over", "email_out"
SCOPES = (
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_orders",
    "read_fulfillments",
    "read_merchant_managed_fulfillment_orders",
    "read_assigned_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)
"""What the app asks for; the same list stands in shopify.app.toml."""


def principal(authorization: str | None) -> Principal:
    """Whoever sends this Authorization header; connects their shop on the way if it is not.

    Raises Refused("invalid_id_token"), and RetryLater or GiveUp when a new shop cannot be connected.
    """
    return enter(auth.authenticate(authorization))


def enter(token: auth.IdToken) -> Principal:
    """The person and shop of a verified token, connected from here on."""
    shop_id, connection = run(_look_up, None, token.shop)
    if shop_id is None or connection is None or connection.state != "connected":
        try:
            shop_id = _connect(token)
        except RetryLater:
            if shop_id is None or connection is None:
                raise
            # The screens show what we know, and say that the connection is down.
            log.warning("not_reconnected", shop=token.shop, exc_info=True)
    return Principal(shop_id=shop_id, domain=token.shop, user_id=token.user_id)


def uninstalled(session: Session, taken: Sequence[Message]) -> None:
    """Access is gone for good; the books stay until Shopify asks us to erase them.

    A message from before the present installation (they may be a day late) changes nothing.
    """
    connection = tokens.find(session)
    if connection is None:
        return
    connection = locked(session, connection.connection_id)
    newest = max((message.occurred_at or message.received_at) for message in taken)
    if newest < connection.connected_at or connection.state == "disconnected":
        return
    connection.state = "disconnected"
    connection.disconnected_at = newest
    connection.seal(access_token=None, refresh_token=None)
    connection.access_expires_at = connection.refresh_expires_at = None
    connection.error = "The app was uninstalled from the store."
    row = session.get(CatalogImport, shop_of(session), with_for_update=True)
    if row is not None and row.state in ("waiting", "running"):
        row.state, row.finished_at, row.error = "failed", datetime.now(UTC), connection.error
    _hand_over(session, newest)
    log.info("uninstalled", shop=connection.reference)


def _hand_over(session: Session, left_at: datetime) -> None:
    """A shop that goes without a clean exit is sent the workbook and what to do by hand."""
    held, _, _ = releasing.standing(session)
    address = shop_preference(session).exit_email
    if held and address:
        messages.record(
            session,
            direction="out",
            channel="email",
            topic=HAND_OVER,
            key=f"{HAND_OVER}:{left_at.isoformat()}",
            request={"to": address},
        )
        bell.ring_after_commit(session, EMAIL_OUT)
    elif held:
        log.warning("left_with_holds", held=held)


def scopes_updated(session: Session, taken: Sequence[Message]) -> None:
    """Notes what the merchant grants now, and what is missing of what we need."""
    newest = max(taken, key=lambda message: message.occurred_at or message.received_at)
    granted = newest.request.get("current")
    connection = tokens.find(session)
    if connection is None or not isinstance(granted, list):
        return
    connection = locked(session, connection.connection_id)
    if _note_scopes(connection, ",".join(scope for scope in granted if scope)):
        # The token at hand was given before; the next one carries the new scopes.
        connection.access_expires_at = datetime.now(UTC)
        transfers.ask_for_all(session, newest.message_id)
    if past_orders.look_further(session):
        connection.access_expires_at = datetime.now(UTC)


def shop_updated(session: Session, taken: Sequence[Message]) -> None:
    """Keeps the shop's name, currency and time zone."""
    newest = max(taken, key=lambda message: message.occurred_at or message.received_at).request
    _keep_shop(
        session, None, newest.get("name"), newest.get("currency"), newest.get("iana_timezone")
    )


def _look_up(session: Session, domain: str) -> tuple[int | None, Connection | None]:
    shop_id = find_shop_id(session, domain)
    if shop_id is None:
        return None, None
    enter_shop(session, shop_id)
    return shop_id, tokens.find(session)


def _connect(token: auth.IdToken) -> int:
    pair = tokens.exchange(token)
    with transaction() as session:
        # open_shop locks the shop's row, so of two first requests one connects and one follows.
        shop_id = open_shop(session, token.shop).shop_id
        connection = tokens.find(session)
        before = connection.state if connection else "disconnected"
        if connection is None:
            connection = Connection(
                shop_id=shop_id, channel=tokens.CHANNEL, reference=token.shop, name=token.shop
            )
            session.add(connection)
            session.flush()
        connection = locked(session, connection.connection_id)
        tokens.keep(connection, pair)
        _note_scopes(connection, connection.scopes)
        connection.state, connection.disconnected_at = "connected", None
        connection.worked()
        if before == "disconnected":
            connection.connected_at = datetime.now(UTC)
            shop = this_shop(session)
            shop.leaving_at = shop.leaving_by = None
            catalog.begin(session)
        elif before == "reopen_needed":
            catalog.wake(session)
            bell.ring_after_commit(session, requests.OUT)
    if before != "connected":
        log.info("connected", shop=token.shop, before=before)
        _read_shop(shop_id)
    return shop_id


def _read_shop(shop_id: int) -> None:
    try:
        found = ShopClient(shop_id).ask("shop")
    except RetryLater as problem:
        log.warning("shop_not_read", error=problem.detail)
        return
    shop = found["shop"]
    granted = ",".join(one["handle"] for one in found["currentAppInstallation"]["accessScopes"])
    run(_keep_read_shop, shop_id, shop, granted)


def _keep_read_shop(session: Session, shop: dict[str, str], granted: str) -> None:
    _keep_shop(session, shop["id"], shop["name"], shop["currencyCode"], shop["ianaTimezone"])
    connection = tokens.find(session)
    if connection is not None:
        connection = locked(session, connection.connection_id)
        connection.name = words(shop["name"]) or connection.name
        _note_scopes(connection, granted)


def _keep_shop(
    session: Session,
    shopify_id: str | None,
    name: str | None,
    currency: str | None,
    time_zone: str | None,
) -> None:
    shop = this_shop(session)
    number = identifier(shopify_id)
    shop.shopify_shop_id = int(number) if number else shop.shopify_shop_id
    shop.name = words(name) or shop.name
    shop.currency = currency if currency and len(currency) == 3 else shop.currency
    shop.time_zone = time_zone or shop.time_zone


def _note_scopes(connection: Connection, granted: str) -> bool:
    """Keeps what is granted and what is missing; whether transfers may be read from now on."""
    connection.scopes = granted
    has = ApiAccess(granted)
    missing = [scope for scope in SCOPES if not has.covers(ApiAccess(scope))]
    details = {key: value for key, value in connection.details.items() if key != "scopes_missing"}
    if missing:
        details["scopes_missing"] = missing
        log.warning("scopes_missing", missing=missing)
    connection.details = details
    return transfers.follow(connection)
