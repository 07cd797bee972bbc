"""The connections, over HTTP: how the shop reaches Shopify and Amazon, and what is wrong."""

from __future__ import annotations

from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from shopify.api_access import ApiAccess

from app.connections import Connection, connections
from app.http import Answer, APIBlueprint, Moment, Page, answer, shop_transaction
from app.shopify import history, tokens, transfers

CONNECTIONS = Tag(name="connections", description="Access to Shopify and Amazon.")
api = APIBlueprint("connections", __name__, url_prefix="/api", abp_tags=[CONNECTIONS])


class OptionalAccess(Answer):
    """What a merchant may grant beside what the app needs, and whether it is granted."""

    name: Literal["transfers", "history"]
    scopes: list[str]
    granted: bool


class ConnectionView(Answer):
    id: int
    channel: str
    reference: str
    name: str
    region: str | None
    state: str
    connected_at: Moment
    last_good_at: Moment | None
    error: str | None
    details: dict[str, Any]
    optional: list[OptionalAccess]


@api.get("/connections", responses={200: Page[ConnectionView]})
def list_connections() -> Any:
    """Every connection of the shop; secrets never leave the server."""
    with shop_transaction() as session:
        rows = connections(session)
    return answer(Page[ConnectionView](data=[connection_view(row) for row in rows]))


def connection_view(connection: Connection) -> ConnectionView:
    """What may be shown of a connection."""
    return ConnectionView(
        id=connection.connection_id,
        channel=connection.channel,
        reference=connection.reference,
        name=connection.name or connection.reference,
        region=connection.region,
        state=connection.state,
        connected_at=connection.connected_at,
        last_good_at=connection.last_good_at,
        error=connection.error,
        details=connection.details,
        optional=_optional(connection),
    )


def _optional(connection: Connection) -> list[OptionalAccess]:
    if connection.channel != tokens.CHANNEL:
        return []
    has = ApiAccess(connection.scopes)
    wanted: dict[Literal["transfers", "history"], tuple[str, ...]] = {
        "transfers": transfers.SCOPES,
        "history": (history.SCOPE,),
    }
    return [
        OptionalAccess(name=name, scopes=list(scopes), granted=has.covers(ApiAccess(list(scopes))))
        for name, scopes in wanted.items()
    ]
