"""What is kept, where it moves, and what rules it."""

from __future__ import annotations

from typing import Any

from app.inventory import arrival_views, policy_views
from app.inventory import policy_routes as policies
from app.inventory import routes as inventory
from app.inventory import views as stock
from app.overview import collisions
from app.overview.exports.table import NoFilters, Table, table
from app.vendor import kit_routes


class MovementsQuery(inventory.MovementsQuery, inventory.ItemPath):
    """Movements of one item."""


def _movements(query: MovementsQuery) -> Any:
    return inventory.list_movements(inventory.ItemPath(item_id=query.item_id), query)


_ITEM = ("sku=item.sku", "title=item.title")

TABLES: tuple[Table, ...] = (
    table(
        "items",
        inventory.ItemsQuery,
        inventory.list_items,
        stock.ItemView,
        "item_id=id",
        "sku",
        "title",
        "asin",
        "barcode",
        "units_per_case",
        "location_id=balances.location.id",
        "location=balances.location.name",
        "state=balances.state",
        "quantity=balances.quantity",
        "unit_cost",
        "price",
        "in_collision",
        each="balances",
    ),
    table(
        "movements",
        MovementsQuery,
        _movements,
        stock.MovementView,
        "movement_id=id",
        "occurred_at",
        "recorded_at",
        "quantity",
        "reason",
        "source_location=source.location.name",
        "source_state=source.state",
        "source_balance_after=source.balance_after",
        "target_location=target.location.name",
        "target_state=target.state",
        "target_balance_after=target.balance_after",
        "document_kind=document.kind",
        "document_reference=document.reference",
        "line",
        "actor",
        "message_id",
    ),
    table(
        "holds",
        inventory.HoldsQuery,
        inventory.list_holds,
        stock.HoldView,
        "document_kind=document.kind",
        "document_reference=document.reference",
        "line",
        *_ITEM,
        "location=location.name",
        "state",
        "wanted",
        "held",
        "fulfilled",
        "short",
        "due_at",
        "expires_at",
        "updated_at",
    ),
    table(
        "arrivals",
        inventory.ArrivalsQuery,
        inventory.list_arrivals,
        arrival_views.ArrivalView,
        "arrival_id=id",
        "reference",
        "source",
        *_ITEM,
        "location=location.name",
        "units",
        "expected_on",
        "overdue",
        "stated_by",
        "stated_at",
        "ended_at",
        "ended_by",
        "paper=document.title",
        "replaced_by",
    ),
    table(
        "collisions",
        collisions.CollisionsQuery,
        collisions.list_collisions,
        stock.CollisionView,
        "collision_id=id",
        "kind",
        "status",
        *_ITEM,
        "location=location.name",
        "units",
        "due_on",
        "opened_at",
        "ended_at",
        "ended_by",
        "way_taken",
        "note",
    ),
    table(
        "kits",
        NoFilters,
        kit_routes.list_kits,
        kit_routes.KitView,
        "kit_sku=item.sku",
        "kit_title=item.title",
        "part_sku=parts.item.sku",
        "part_title=parts.item.title",
        "units=parts.units",
        each="parts",
    ),
    table(
        "policies-changes",
        NoFilters,
        policies.list_changes,
        policy_views.ChangeView,
        "change_id=id",
        "made_at",
        "by",
        "subject",
        "scope",
        "name",
        "location",
        "settled_at",
    ),
    table(
        "policies-items",
        policies.EffectiveQuery,
        policies.list_effective,
        policy_views.EffectiveView,
        *_ITEM,
        "group=group.name",
        "own_safety_stock=own.safety_stock",
        "own_amazon_share=own.amazon_share",
        "own_amazon_ceiling=own.amazon_ceiling",
        "own_precedence=own.precedence",
        "own_take_back=own.take_back",
        "own_whole_cases=own.whole_cases",
    ),
)
