"""The connections, over HTTP: how the shop reaches Shopify and Amazon, and what is wrong."""

from __future__ import annotations

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.connections import Connection, connections
from app.http import Answer, Moment, Page, answer, shop_transaction

CONNECTIONS = Tag(name="connections", description="Access to Shopify and Amazon.")
api = APIBlueprint("connections", __name__, url_prefix="/api", abp_tags=[CONNECTIONS])


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
    )
