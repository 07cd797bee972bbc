"""One connection to Amazon over HTTP: what it can use, what it has seen, what will stop it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_openapi3.models.tag import Tag
from sqlmodel import Session

from app.bell import ring_after_commit
from app.connections import Connection, connections
from app.errors import Refused
from app.http import Answer, APIBlueprint, Moment, answer, shop_transaction
from app.vendor import terms
from app.vendor.connect_routes import AmazonConnection, ConnectionPath, view
from app.vendor.polling import coverage
from app.vendor.self_test.asking import CAPABILITIES, capabilities
from app.vendor.self_test.tables import SELF_TEST, Capability
from app.vendor.self_test.warnings import Warned, warnings

TAG = Tag(name="self-test", description="What a connection to Amazon can use and has seen.")
api = APIBlueprint("amazon_self_test", __name__, url_prefix="/api", abp_tags=[TAG])


class CapabilityView(Answer):
    """One part of Amazon's interface; `roles` are those of which the app needs one."""

    name: str
    state: str
    asked_at: Moment | None
    last_good_at: Moment | None
    said: str | None
    roles: list[str]
    roles_published: bool


class GapView(Answer):
    start: Moment
    end: Moment


class CoverageView(Answer):
    """Every order from `seen_from` to `seen_to` has been seen, but for the gaps."""

    seen_from: Moment
    seen_to: Moment
    goal_from: Moment
    back_filled: float
    orders: int
    unreadable: int
    gaps: list[GapView]


class WarningView(Answer):
    kind: str
    connection_id: int | None
    connection_name: str | None
    by: Moment | None
    capability: str | None
    is_critical: bool


class ConnectionDetail(Answer):
    connection: AmazonConnection
    consent_ends_at: Moment | None
    capabilities: list[CapabilityView]
    coverage: CoverageView | None
    warnings: list[WarningView]


class Asked(Answer):
    asked: bool


@api.get("/connections/<int:connection_id>", responses={200: ConnectionDetail})
def read_connection(path: ConnectionPath) -> Any:
    """A connection to Amazon with the answers of its last self-test and its coverage of orders."""
    with shop_transaction() as session:
        detail = _detail(session, _own(session, path.connection_id))
    return answer(detail)


@api.post("/connections/<int:connection_id>/self-test", responses={202: Asked})
def ask_for_self_test(path: ConnectionPath) -> Any:
    """Asks Amazon one small question for each part, in the background; read the connection again."""
    with shop_transaction() as session:
        _own(session, path.connection_id)
        ring_after_commit(session, SELF_TEST)
    return answer(Asked(asked=True), 202)


def warning_view(warned: Warned) -> WarningView:
    """A warning as it may be shown."""
    return WarningView.model_validate(warned._asdict())


def _own(session: Session, connection_id: int) -> Connection:
    for one in connections(session, "amazon"):
        if one.connection_id == connection_id:
            return one
    raise Refused("not_found", "There is no such connection to Amazon.", status=404)


def _detail(session: Session, connection: Connection) -> ConnectionDetail:
    found = {one.name: one for one in capabilities(session, connection.connection_id)}
    seen = coverage.stated(session, connection.connection_id)
    return ConnectionDetail(
        connection=view(connection),
        consent_ends_at=connection.refresh_expires_at,
        capabilities=[
            _capability(name, found.get(name), connection.region or "na") for name in CAPABILITIES
        ],
        coverage=seen
        and CoverageView.model_validate(
            seen._asdict() | {"gaps": [gap._asdict() for gap in seen.gaps]}
        ),
        warnings=[
            warning_view(one)
            for one in warnings(session, datetime.now(UTC))
            if one.connection_id in (None, connection.connection_id)
        ],
    )


def _capability(name: str, known: Capability | None, region: str) -> CapabilityView:
    role = terms.role_of(name, region)
    return CapabilityView(
        name=name,
        state=known.state if known else "unasked",
        asked_at=known.asked_at if known else None,
        last_good_at=known.last_good_at if known else None,
        said=known.said if known else None,
        roles=role.any_of,
        roles_published=role.verified,
    )
