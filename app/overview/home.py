"""The home screen over HTTP: what needs a person, where stock stands, whether the border is quiet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_openapi3.models.tag import Tag
from sqlalchemy import text
from sqlmodel import Session, select

from app.connections import connections
from app.db import shop_of
from app.http import Answer, APIBlueprint, Moment, answer, shop_transaction
from app.inventory import audit
from app.inventory.models import State
from app.overview.connections import ConnectionView, connection_view
from app.shopify.tables import CatalogImport
from app.vendor.self_test.routes import WarningView, warning_view
from app.vendor.self_test.warnings import warnings
from app.vendor.shipping import reminders
from app.vendor.shipping.views import ShipmentSummary, summaries
from app.vendor.tables import PurchaseOrder
from app.vendor.views import PurchaseOrderSummary, to_acknowledge

HOME = Tag(name="home", description="What needs a person now.")
api = APIBlueprint("home", __name__, url_prefix="/api", abp_tags=[HOME])

UNITS = "SELECT state::text, sum(quantity)::int FROM balance WHERE shop_id = :shop GROUP BY state"
COLLISIONS = "SELECT count(*) FROM collision WHERE shop_id = :shop AND ended_at IS NULL"
BORDER = """
SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
       count(*) FILTER (WHERE state = 'dead') AS dead,
       coalesce(extract(epoch FROM now() - min(received_at)
                        FILTER (WHERE state = 'waiting' AND due_at <= now())), 0)::int AS oldest
FROM message WHERE shop_id = :shop AND state IN ('waiting', 'dead')
"""


class SetupStep(Answer):
    step: str
    done: bool


class ImportView(Answer):
    state: str
    items: int
    total: int | None
    error: str | None
    finished_at: Moment | None


class BorderView(Answer):
    waiting: int
    dead: int
    oldest_waiting_seconds: int


class AuditBrief(Answer):
    ran_at: Moment | None
    findings: int


class HomeView(Answer):
    setup: list[SetupStep]
    catalog_import: ImportView | None
    units: dict[str, int]
    collisions_open: int
    purchase_orders_to_acknowledge: list[PurchaseOrderSummary]
    shipments_without_notice: list[ShipmentSummary]
    messages: BorderView
    audit: AuditBrief
    connections: list[ConnectionView]
    connection_warnings: list[WarningView]


@api.get("/home", responses={200: HomeView})
def read_home() -> Any:
    """Everything the home screen shows, in one answer."""
    with shop_transaction() as session:
        shop = {"shop": shop_of(session)}
        units = dict.fromkeys((state.value for state in State), 0)
        units |= {row[0]: row[1] for row in session.execute(text(UNITS), shop)}
        border = session.execute(text(BORDER), shop).one()
        run = audit.latest(session)
        linked = connections(session)
        imported = session.get(CatalogImport, shop["shop"])
        view = HomeView(
            setup=_setup(session, {one.channel for one in linked}, imported),
            catalog_import=imported and ImportView.model_validate(imported),
            units=units,
            collisions_open=session.execute(text(COLLISIONS), shop).scalar_one(),
            purchase_orders_to_acknowledge=to_acknowledge(session),
            shipments_without_notice=summaries(session, reminders.without_notice(session)),
            messages=BorderView(
                waiting=border.waiting, dead=border.dead, oldest_waiting_seconds=border.oldest
            ),
            audit=AuditBrief(
                ran_at=run.ran_at if run else None, findings=len(run.findings) if run else 0
            ),
            connections=[connection_view(one) for one in linked],
            connection_warnings=[warning_view(one) for one in warnings(session, datetime.now(UTC))],
        )
    return answer(view)


def _setup(session: Session, channels: set[str], imported: CatalogImport | None) -> list[SetupStep]:
    any_order = session.exec(
        select(PurchaseOrder.number).where(PurchaseOrder.shop_id == shop_of(session)).limit(1)
    ).first()
    return [
        SetupStep(step="shopify_connected", done="shopify" in channels),
        SetupStep(step="catalog_imported", done=imported is not None and imported.state == "done"),
        SetupStep(step="amazon_connected", done="amazon" in channels),
        SetupStep(step="first_purchase_order", done=any_order is not None),
    ]
