"""Connecting a vendor group: a pasted refresh token, or consent by Login with Amazon.

Source: SP-API documentation on authorising vendor applications, November 2026. Amazon brings its
code back as `spapi_oauth_code`, and the person consents in the top window, outside the admin's
frame, so the state lives here and not in a cookie.
"""

from __future__ import annotations

import hashlib
import secrets as random_secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from sqlmodel import Session, col, delete, select

from app import secrets
from app.bell import ring_after_commit
from app.config import settings
from app.connections import BY_FILE, Connection
from app.db import shop_of, transaction
from app.errors import FieldError, GiveUp, Refused, RetryLater
from app.preferences import Preference
from app.shops import this_shop
from app.vendor import access, terms
from app.vendor.acknowledgements import SEND
from app.vendor.client import NotAuthorised
from app.vendor.polling.windows import POLL
from app.vendor.reports.requests import JOB as REPORTS
from app.vendor.self_test.tables import SELF_TEST
from app.vendor.tables import OAuthState, PurchaseOrder

CALLBACK = "/connections/amazon/callback"
STATE_LIVES = timedelta(minutes=10)
TIMEOUT = 15


class ConsentFailed(Exception):
    """Consent did not end in a connection. `reason` names a text of the callback page."""

    def __init__(self, reason: str, locale: str | None = None, shop_domain: str = "") -> None:
        super().__init__(reason)
        self.reason, self.locale, self.shop_domain = reason, locale, shop_domain


@dataclass(frozen=True)
class Consented:
    """A consent that ended well."""

    shop_domain: str
    locale: str


def by_token(shop_id: int, region: str, refresh_token: str, name: str) -> int:
    """Connects with a pasted token once it has answered one question; returns the connection's id.

    A vendor group that is connected already has its token replaced; so has one of the same region
    and name. Raises Refused: "token_refused" with Amazon's words, or "name_taken" where the name is
    another group's; RetryLater when Amazon could not be asked.
    """
    _must_be_configured()
    try:
        orders = access.try_out(shop_id, region, refresh_token)
    except (NotAuthorised, GiveUp) as error:
        raise Refused(
            "token_refused",
            f"Amazon does not accept this token for this region. {error.detail}",
            errors=[FieldError("refresh_token", "paste the token that Vendor Central shows")],
        ) from error
    reference = f"{region}:{name}"
    with transaction(shop_id) as session:
        named = _of_reference(session, reference)
        if (
            named
            and orders
            and _has_read(session, named)
            and not _same_group(session, region, orders)
        ):
            raise Refused(
                "name_taken",
                "Another vendor group of yours has this name.",
                status=409,
                errors=[FieldError("name", "choose another name")],
            )
        return keep(
            session,
            region=region,
            reference=reference,
            name=name,
            token=refresh_token,
            orders=orders,
        ).connection_id


def consent_url(
    session: Session, user_id: str, region: str, marketplace: str, locale: str | None = None
) -> str:
    """Where the person gives consent, in the top window; its answer is good once, for ten minutes.

    The page that Amazon sends them back to speaks `locale`, else the language they have chosen.
    Raises Refused when this installation has no Login with Amazon app, or for a marketplace that
    is not in the region.
    """
    _must_be_configured(application=True)
    if marketplace not in access.MARKETPLACES[region]:
        raise Refused(
            "wrong_marketplace",
            "This marketplace belongs to another region.",
            errors=[FieldError("marketplace", ", ".join(access.MARKETPLACES[region]))],
        )
    shop_id = shop_of(session)
    preference = session.get(Preference, (shop_id, user_id))
    session.execute(
        delete(OAuthState).where(
            col(OAuthState.shop_id) == shop_id,
            col(OAuthState.expires_at) < datetime.now(UTC) - timedelta(days=1),
        )
    )
    state = f"{shop_id}.{random_secrets.token_urlsafe(32)}"
    session.add(
        OAuthState(
            shop_id=shop_id,
            state_hash=_hash(state),
            user_id=user_id,
            region=region,
            marketplace=marketplace,
            redirect_uri=settings().app_url + CALLBACK,
            locale=locale or (preference.locale if preference else None) or "en",
            expires_at=datetime.now(UTC) + STATE_LIVES,
        )
    )
    with _oauth(settings().app_url + CALLBACK) as oauth:
        url, _ = oauth.create_authorization_url(
            f"{access.vendor_central_origin(marketplace)}/apps/authorize/consent",
            state=state,
            application_id=settings().sp_api_application_id,
        )
    return str(url)


def finish(state: str | None, code: str | None, selling_partner_id: str | None) -> Consented:
    """Takes Amazon's answer: spends the state, trades the code, tries the token, keeps it.

    Raises ConsentFailed naming what went wrong.
    """
    asked, domain = _spend(state)
    if not code:
        raise ConsentFailed("denied", asked.locale, domain)
    refresh_token = _trade(code, asked, domain)
    try:
        orders = access.try_out(asked.shop_id, asked.region, refresh_token)
    except (NotAuthorised, GiveUp) as error:
        raise ConsentFailed("refused", asked.locale, domain) from error
    except RetryLater as error:
        raise ConsentFailed("later", asked.locale, domain) from error
    partner = (selling_partner_id or asked.marketplace)[:64]
    with transaction(asked.shop_id) as session:
        row = keep(
            session,
            region=asked.region,
            reference=f"{asked.region}:{partner}",
            token=refresh_token,
            orders=orders,
        )
        row.name = row.name or f"Amazon {asked.marketplace}"
        row.refresh_expires_at = datetime.now(UTC) + terms.days("consent_days", asked.region)
        row.details = row.details | {"marketplace": asked.marketplace}
        session.add(row)
    return Consented(domain, asked.locale)


def keep(
    session: Session,
    *,
    region: str,
    reference: str,
    token: str,
    orders: Sequence[str],
    name: str = "",
) -> Connection:
    """Keeps a grant that has been tried and showed these orders, and asks for all of its orders.

    An order is of one vendor group: one of these that a connection has read before says that the grant
    is that group's again, however it was given, and no second connection is made.
    """
    named = _of_reference(session, reference)
    row = _same_group(session, region, orders)
    if row is None:
        row = named or Connection(shop_id=shop_of(session), channel="amazon", reference=reference)
    elif named is None:
        row.reference = reference
    row.region, row.name, row.state = region, name or row.name, "connected"
    row.access_token = row.access_expires_at = None
    row.refresh_token, row.refresh_expires_at = secrets.encrypt(token), None
    row.disconnected_at = None
    row.worked()
    session.add(row)
    session.flush()
    ring_after_commit(session, POLL)
    ring_after_commit(session, SEND)
    ring_after_commit(session, SELF_TEST)
    ring_after_commit(session, REPORTS)
    return row


def _of_reference(session: Session, reference: str) -> Connection | None:
    """The connection that we call so, locked."""
    return session.exec(
        select(Connection)
        .where(
            Connection.shop_id == shop_of(session),
            Connection.channel == "amazon",
            Connection.reference == reference,
        )
        .with_for_update()
    ).first()


def _same_group(session: Session, region: str, orders: Sequence[str]) -> Connection | None:
    """The connection that has read one of these orders by the API, locked; the newest of several."""
    return session.exec(
        select(Connection)
        .where(
            Connection.shop_id == shop_of(session),
            Connection.channel == "amazon",
            Connection.region == region,
            Connection.state != BY_FILE,
            col(Connection.connection_id).in_(
                select(PurchaseOrder.connection_id).where(
                    PurchaseOrder.shop_id == shop_of(session),
                    PurchaseOrder.region == region,
                    col(PurchaseOrder.number).in_(orders),
                )
            ),
        )
        .order_by(col(Connection.connection_id).desc())
        .limit(1)
        .with_for_update()
    ).first()


def _has_read(session: Session, connection: Connection) -> bool:
    """Whether this connection has read orders of the time that a grant is tried with."""
    return (
        session.exec(
            select(PurchaseOrder.number)
            .where(
                PurchaseOrder.shop_id == shop_of(session),
                PurchaseOrder.connection_id == connection.connection_id,
                PurchaseOrder.ordered_at >= datetime.now(UTC) - access.LAST_WEEK,
            )
            .limit(1)
        ).first()
        is not None
    )


def disconnect(session: Session, connection_id: int) -> Connection:
    """Forgets a connection's tokens and asks it no more; its orders stay. Raises Refused 404."""
    row = session.exec(
        select(Connection)
        .where(
            Connection.shop_id == shop_of(session),
            Connection.channel == "amazon",
            Connection.connection_id == connection_id,
        )
        .with_for_update()
    ).first()
    if row is None:
        raise Refused("not_found", "There is no such connection to Amazon.", status=404)
    row.seal(access_token=None, refresh_token=None)
    row.access_expires_at = row.refresh_expires_at = None
    if row.state != "disconnected":
        row.state, row.disconnected_at = "disconnected", datetime.now(UTC)
    session.add(row)
    return row


def _spend(state: str | None) -> tuple[OAuthState, str]:
    """The consent that this state belongs to, used up. A state is good once, and for a short time."""
    shop, separator, _random = (state or "").partition(".")
    if not state or not separator or not shop.isdigit() or int(shop) >= 2**31:
        raise ConsentFailed("state")
    with transaction(int(shop)) as session:
        row = session.exec(
            select(OAuthState)
            .where(
                OAuthState.shop_id == int(shop),
                OAuthState.state_hash == _hash(state),
                col(OAuthState.used_at).is_(None),
                col(OAuthState.expires_at) > datetime.now(UTC),
            )
            .with_for_update()
        ).first()
        if row is None:
            raise ConsentFailed("state")
        row.used_at = datetime.now(UTC)
        session.add(row)
        domain = this_shop(session).domain
    return row, domain


def _trade(code: str, asked: OAuthState, domain: str) -> str:
    """The refresh token for Amazon's code (which lives five minutes)."""
    try:
        token = _fetch(code, asked.redirect_uri)
    except (requests.RequestException, ValueError) as error:
        raise ConsentFailed("later", asked.locale, domain) from error
    except OAuthError as error:
        reason = "later" if error.error == "server_error" else "refused"
        raise ConsentFailed(reason, asked.locale, domain) from error
    refresh_token = token.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        raise ConsentFailed("refused", asked.locale, domain)
    return refresh_token


def _fetch(code: str, redirect_uri: str) -> dict[str, Any]:
    """Amazon's answer to its code; the secret before is tried when the newest is refused."""
    for secret in access.client_secrets():
        try:
            with _oauth(redirect_uri, secret) as oauth:
                oauth.trust_env = settings().lwa_origin.startswith("https://")
                return dict(
                    oauth.fetch_token(
                        f"{settings().lwa_origin}/auth/o2/token",
                        grant_type="authorization_code",
                        code=code,
                        timeout=TIMEOUT,
                    )
                )
        except OAuthError as error:
            refused = error
            if error.error != "invalid_client":
                break
    raise refused


def _oauth(redirect_uri: str, client_secret: str = "") -> OAuth2Session:
    return OAuth2Session(
        client_id=settings().lwa_client_id,
        client_secret=client_secret,
        token_endpoint_auth_method="client_secret_post",
        redirect_uri=redirect_uri,
    )


def _must_be_configured(*, application: bool = False) -> None:
    secret = settings().lwa_client_secret.get_secret_value()
    missing = [
        name
        for name, value in (
            ("LWA_CLIENT_ID", settings().lwa_client_id),
            ("LWA_CLIENT_SECRET", secret),
            ("SP_API_APPLICATION_ID", settings().sp_api_application_id or not application),
        )
        if not value
    ]
    if missing:
        raise Refused(
            "amazon_not_configured",
            f"This installation cannot reach Amazon yet; set {', '.join(missing)}.",
            status=409,
        )


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
