"""Access to one shop's Admin API: the token pair, exchanged at first load and refreshed in time.

Uses Shopify's own `shopifyapp` for the two calls, with our client and origin; what it leaves open
(storage, locking, network failures, unreadable answers) is done here. Source: Shopify, "Use expiring
offline access tokens".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import httpx
import structlog
from shopify_app import ShopifyApp
from shopify_app.types import IdTokenDetails, TokenExchangeAccessToken, TokenExchangeResult
from sqlmodel import Session, select

from app import secrets
from app.config import settings
from app.connections import Connection, locked
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.shopify.auth import IdToken, invalid_id_token

log = structlog.get_logger(__name__)

CHANNEL = "shopify"
RENEW_BEFORE = timedelta(seconds=60)
TIMEOUT = httpx.Timeout(10, connect=3.05)
REOPEN = "Shopify no longer accepts our access; open Holdfast once from the store's admin."


class NotConnected(RetryLater):
    """The shop has to open the app again (or has uninstalled it); nothing can be sent till then."""


@dataclass(frozen=True)
class AccessToken:
    """What one call to a shop's Admin API needs."""

    shop_id: int
    domain: str
    token: str = field(repr=False)


def exchange(token: IdToken) -> TokenExchangeAccessToken:
    """An expiring offline token pair for the shop of this ID token.

    Raises Refused("invalid_id_token") for a stale one, GiveUp when our own credentials are wrong,
    RetryLater when Shopify does not answer.
    """
    details = IdTokenDetails(exchangeable=True, token=token.raw, claims=token.claims)
    result = _asked(
        lambda: _shopify().exchange_using_token_exchange(
            "offline", details, expiring=True, http_client=_http()
        )
    )
    if result.log.code == "invalid_subject_token":
        raise invalid_id_token()
    return _pair(result)


def name_of(token: IdToken) -> str:
    """What the person of this ID token is called in the store, told with an online token we do not keep.

    Raises as `exchange`, and RetryLater when Shopify names nobody.
    """
    details = IdTokenDetails(exchangeable=True, token=token.raw, claims=token.claims)
    result = _asked(
        lambda: _shopify().exchange_using_token_exchange("online", details, http_client=_http())
    )
    if result.log.code == "invalid_subject_token":
        raise invalid_id_token()
    user = result.access_token.user if result.access_token else None
    name = f"{user.first_name} {user.last_name}".strip() if user else ""
    if not name:
        raise RetryLater(f"Shopify gave no access token ({result.log.code}).")
    return name


def keep(connection: Connection, pair: TokenExchangeAccessToken) -> None:
    """Stores both tokens of a pair, sealed, with when they end and what they allow."""
    connection.seal(access_token=pair.token, refresh_token=pair.refresh_token)
    connection.access_expires_at = _moment(pair.expires)
    connection.refresh_expires_at = _moment(pair.refresh_token_expires)
    connection.scopes = pair.scope or connection.scopes
    connection.error = None


def access(shop_id: int, *, refused: str | None = None) -> AccessToken:
    """A token that is good for at least a minute, refreshed if need be.

    `refused` is a token that Shopify has just answered 401 to: it is not given out again.
    Raises NotConnected, or RetryLater when a refresh cannot be had now.
    """
    connection, token = run(_current, shop_id)
    if _is_good(connection) and token != refused:
        return AccessToken(shop_id, connection.reference, token)
    found, problem = run(_refreshed, shop_id, connection.connection_id, refused)
    if problem is not None:
        raise problem
    assert found is not None
    return found


def refused_for_good(shop_id: int, token: str) -> None:
    """Notes that Shopify refuses even a fresh token: the merchant has to open the app."""

    def note(session: Session) -> None:
        connection = find(session)
        if connection is None:
            return
        connection = locked(session, connection.connection_id)
        if connection.access_token and secrets.decrypt(connection.access_token) == token:
            _needs_reopening(connection)

    run(note, shop_id)


def find(session: Session) -> Connection | None:
    """This shop's connection to Shopify, if it ever had one."""
    return session.exec(
        select(Connection).where(
            Connection.shop_id == shop_of(session), Connection.channel == CHANNEL
        )
    ).first()


def keep_alive(shop_id: int, *, older_than: timedelta = timedelta(days=7)) -> None:
    """Refreshes a pair that has not been used for a week: an unused one dies after 90 days.

    A shop without access has nothing to keep alive.
    """
    try:
        connection, token = run(_current, shop_id)
    except NotConnected:
        return
    if connection.access_expires_at and connection.access_expires_at < _now() - older_than:
        access(shop_id, refused=token)


def _current(session: Session) -> tuple[Connection, str]:
    connection = find(session)
    if connection is None or connection.state != "connected" or not connection.access_token:
        raise NotConnected(REOPEN)
    return connection, secrets.decrypt(connection.access_token)


def _is_good(connection: Connection) -> bool:
    ends = connection.access_expires_at
    return ends is None or ends > _now() + RENEW_BEFORE


def _refreshed(
    session: Session, connection_id: int, refused: str | None
) -> tuple[AccessToken | None, RetryLater | None]:
    """The new token, or why there is none; returned rather than raised, so that the state commits.

    The one place that asks the outside within a transaction: the row's lock must last until the new
    pair is stored, or two workers would rotate the pair away from each other. It is held for one
    short call, blocks nobody but those who want the same token, and if we die in between, Shopify
    still takes the old refresh token.
    """
    connection = locked(session, connection_id)
    if connection.state != "connected" or not connection.access_token:
        return None, NotConnected(REOPEN)
    token = secrets.decrypt(connection.access_token)
    if _is_good(connection) and token != refused:
        return AccessToken(shop_of(session), connection.reference, token), None
    if not connection.refresh_token:
        _needs_reopening(connection)
        return None, NotConnected(REOPEN)
    old = TokenExchangeAccessToken(
        shop=connection.reference.removesuffix(".myshopify.com"),
        token=token,
        expires="",
        scope=connection.scopes,
        access_mode="offline",
        refresh_token=secrets.decrypt(connection.refresh_token),
        refresh_token_expires="",
        user=None,
    )
    try:
        result = _asked(
            lambda: _shopify().refresh_token_exchanged_access_token(old, http_client=_http())
        )
        if result.log.code == "invalid_grant":
            _needs_reopening(connection)
            return None, NotConnected(REOPEN)
        pair = _pair(result)
    except RetryLater as later:
        connection.error = later.detail
        return None, later
    keep(connection, pair)
    log.info("access_refreshed", shop=connection.reference)
    return AccessToken(shop_of(session), connection.reference, pair.token), None


def _needs_reopening(connection: Connection) -> None:
    connection.state = "reopen_needed"
    connection.error = REOPEN
    log.warning("access_refused", shop=connection.reference)


def _asked(call: Callable[[], TokenExchangeResult]) -> TokenExchangeResult:
    try:
        return call()
    except (ValueError, TypeError, AttributeError) as error:
        raise RetryLater("Shopify's token endpoint gave an answer that cannot be read.") from error


def _pair(result: TokenExchangeResult) -> TokenExchangeAccessToken:
    if result.log.code == "invalid_client":
        raise GiveUp(
            "Shopify does not accept SHOPIFY_API_KEY and SHOPIFY_API_SECRET for this shop.",
            code="invalid_client",
        )
    pair = result.access_token
    if not result.ok or pair is None or not pair.token or not pair.refresh_token:
        raise RetryLater(f"Shopify gave no access token ({result.log.code}).")
    return pair


def _shopify() -> ShopifyApp:
    own = settings()
    return ShopifyApp(
        client_id=own.shopify_api_key, client_secret=own.shopify_api_secret.get_secret_value()
    )


class _AdminOrigin(httpx.HTTPTransport):
    """Sends what is meant for a shop's admin to where the settings say that it is."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        origin = settings().admin_origin(request.url.host)
        request.url = httpx.URL(origin + request.url.raw_path.decode())
        request.headers["Host"] = request.url.netloc.decode()
        return super().handle_request(request)


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, transport=_AdminOrigin())


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _now() -> datetime:
    return datetime.now(UTC)
