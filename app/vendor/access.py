"""How a connection to Amazon is used: its grant, its client, and what becomes of it when refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from app import secrets
from app.config import settings
from app.connections import Connection, locked
from app.db import run
from app.errors import HoldfastError
from app.vendor.client import NotAuthorised, VendorClient
from app.vendor.tokens import Grant

# Regions and where their vendors give consent (SP-API documentation, November 2026).
REGIONS = ("na", "eu", "fe")
LAST_WEEK = timedelta(days=7)  # the longest window that Amazon answers for
VENDOR_CENTRAL = {
    "US": "https://vendorcentral.amazon.com",
    "CA": "https://vendorcentral.amazon.ca",
    "MX": "https://vendorcentral.amazon.com.mx",
    "BR": "https://vendorcentral.amazon.com.br",
    "ES": "https://vendorcentral.amazon.es",
    "UK": "https://vendorcentral.amazon.co.uk",
    "FR": "https://vendorcentral.amazon.fr",
    "BE": "https://vendorcentral.amazon.com.be",
    "NL": "https://vendorcentral.amazon.nl",
    "DE": "https://vendorcentral.amazon.de",
    "IT": "https://vendorcentral.amazon.it",
    "SE": "https://vendorcentral.amazon.se",
    "PL": "https://vendorcentral.amazon.pl",
    "TR": "https://vendorcentral.amazon.com.tr",
    "EG": "https://vendorcentral.amazon.me",
    "SA": "https://vendorcentral.amazon.me",
    "AE": "https://vendorcentral.amazon.me",
    "IN": "https://www.vendorcentral.in",
    "SG": "https://vendorcentral.amazon.com.sg",
    "AU": "https://vendorcentral.amazon.com.au",
    "JP": "https://vendorcentral.amazon.co.jp",
}
MARKETPLACES = {
    "na": ("US", "CA", "MX", "BR"),
    "eu": ("UK", "DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "TR", "AE", "SA", "EG", "IN"),
    "fe": ("JP", "AU", "SG"),
}


def sp_api_origin(region: str) -> str:
    """Origin of the Selling Partner API of a region, or the one that is set."""
    return settings().sp_api_origin or f"https://sellingpartnerapi-{region}.amazon.com"


def vendor_central_origin(marketplace: str) -> str:
    """Origin of the Vendor Central where a vendor of this marketplace gives consent."""
    return settings().vendor_central_origin or VENDOR_CENTRAL[marketplace]


def client_secrets() -> tuple[str, ...]:
    """The secrets of our Login with Amazon app, the newest first; two while one is being replaced."""
    slots = (settings().lwa_client_secret, settings().lwa_client_secret_previous)
    return tuple(filter(None, (slot.get_secret_value() for slot in slots)))


def grant(shop_id: int, connection_id: int | None, region: str, refresh_token: str) -> Grant:
    """What a client needs to act for one vendor group with our app's credentials."""
    return Grant(
        shop_id=shop_id,
        connection_id=connection_id,
        region=region,
        refresh_token=refresh_token,
        client_id=settings().lwa_client_id,
        client_secrets=client_secrets(),
        lwa_origin=settings().lwa_origin,
        sp_api_origin=sp_api_origin(region),
    )


def client(connection: Connection) -> VendorClient:
    """A client that acts by this connection. Raises NotAuthorised when it has no token."""
    if connection.refresh_token is None or connection.region is None:
        raise NotAuthorised("This connection to Amazon has no refresh token; connect it again.")
    return VendorClient(
        grant(
            connection.shop_id,
            connection.connection_id,
            connection.region,
            secrets.decrypt(connection.refresh_token),
        )
    )


def try_out(shop_id: int, region: str, refresh_token: str) -> list[str]:
    """Asks Amazon one question with this token: the numbers of its orders of the last week, at most 100.

    Raises as the client does if it is refused.
    """
    now = datetime.now(UTC)
    with VendorClient(grant(shop_id, None, region, refresh_token)) as amazon:
        reply = amazon.purchase_orders(
            limit=100,
            includeDetails="false",
            sortOrder="DESC",
            createdAfter=(now - LAST_WEEK).strftime("%Y-%m-%dT%H:%M:%SZ"),
            createdBefore=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    return [str(one.get("purchaseOrderNumber")) for one in reply.payload["orders"]]


def note_failure(shop_id: int, connection_id: int, error: HoldfastError) -> None:
    """Writes on the connection why it does not work now."""
    run(_note_failure, shop_id, connection_id, error)


def _note_failure(session: Session, connection_id: int, error: HoldfastError) -> None:
    row = locked(session, connection_id)
    row.error = error.detail[:1000]
    if isinstance(error, NotAuthorised) and row.state == "connected":
        row.state = "reauthorise"
    session.add(row)
