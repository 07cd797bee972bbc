"""One purchase order whole, made from rows with a handful of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.http import Money
from app.inventory.asking import WithheldLine, withheld
from app.inventory.kits import Part, parts_of
from app.inventory.models import Item, Location
from app.inventory.views import ItemBrief, LocationBrief
from app.vendor import each_cost
from app.vendor.acknowledgements import (
    Proposal,
    held_units,
    may_answer,
    propose,
    quantities_due,
)
from app.vendor.answered import propose_again, units_added
from app.vendor.coming import coming_for
from app.vendor.costs.agreeing import Agreed, agreed_for
from app.vendor.promises import PURCHASE_ORDER, left_units, lines_of
from app.vendor.tables import (
    Acknowledgement,
    AcknowledgementLine,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderVersion,
)
from app.vendor.views import (
    AcknowledgedLine,
    AcknowledgementView,
    AgreedCostBrief,
    OrderedQuantity,
    ProposalView,
    PurchaseOrderLineView,
    PurchaseOrderSummary,
    PurchaseOrderView,
    ShipmentView,
    VersionChange,
    VersionView,
    short_units,
    summaries,
    today_for,
)

SHIPMENTS = """
SELECT shipment.identifier, shipment.shipped_at, shipment.location_id, shipment.state,
       shipment.error, sum(line.units)::int AS units,
       coalesce((SELECT nullif(count(*), 0)::int FROM carton
                 WHERE carton.shop_id = shipment.shop_id AND carton.region = shipment.region
                   AND carton.identifier = shipment.identifier), shipment.carton_count)
           AS carton_count
FROM shipment JOIN shipment_line AS line USING (shop_id, region, identifier)
WHERE line.shop_id = :shop AND line.region = :region AND line.number = :number
  AND shipment.state <> 'cancelled'
GROUP BY shipment.shop_id, shipment.region, shipment.identifier
ORDER BY shipment.made_at, shipment.identifier
"""


def whole(session: Session, order: PurchaseOrder) -> PurchaseOrderView:
    """One order with its lines, versions, acknowledgements and shipments."""
    (summary,) = summaries(session, [order])
    lines = lines_of(session, [order])[order.region, order.number]
    held = held_units(session, [order.reference])
    kept = withheld(session, PURCHASE_ORDER, [order.reference])
    parts = parts_of(session, [line.item_id for line in lines if line.item_id is not None])
    items = items_of(session, lines)
    agreed = agreed_for(session, [order.number])
    coming = coming_for(session, order, lines, parts, held) if order.state == "New" else {}
    again = propose_again(session, order, lines, parts)
    today = today_for(session, lines)
    return PurchaseOrderView(
        **dict(summary),
        may_answer=_may_answer(session, order, summary),
        changes_until=quantities_due(order),
        added=sum(map(units_added, lines)),
        lines=[
            _line_view(
                order,
                line,
                held.get((order.reference, line.line), 0),
                again.get(line.line)
                or propose(
                    line,
                    held.get((order.reference, line.line), 0),
                    _kept_from(line, kept.get((order.reference, line.line), {}), parts),
                    coming.get(line.line),
                ),
                today,
                items,
                agreed.get((line.region, line.number, line.line)),
                each_cost.unknown(line, summary.cost_basis),
            )
            for line in lines
        ],
        versions=_versions(session, order),
        acknowledgements=_acknowledgements(session, order),
        shipments=_shipments(session, order),
    )


def _may_answer(session: Session, order: PurchaseOrder, known: PurchaseOrderSummary) -> bool:
    if order.is_closed or order.before_books or not known.units.ordered:
        return False
    said = known.acknowledgement
    return said is None or said.state in ("accepted", "failed") or may_answer(session, order)


def _kept_from(
    line: PurchaseOrderLine,
    kept: Mapping[int, WithheldLine],
    parts: Mapping[int, Sequence[Part]],
) -> WithheldLine | None:
    """What policy keeps from a line in its own units: of a kit, as many as lack any part."""
    units_of = {part.item_id: part.units for part in parts.get(line.item_id or 0, ())}
    lines = [
        one._replace(units=-(-one.units // units_of.get(item_id, 1)))
        for item_id, one in sorted(kept.items())
    ]
    return max(lines, key=lambda one: one.units, default=None)


def _line_view(
    order: PurchaseOrder,
    line: PurchaseOrderLine,
    held: int,
    proposal: Proposal,
    today: date,
    items: Mapping[int, ItemBrief],
    agreed: Agreed | None,
    cost_unknown: str | None,
) -> PurchaseOrderLineView:
    cost = None
    if line.cost is not None:
        cost = Money(amount=line.cost.normalize(), currency=line.cost_currency or "")
    return PurchaseOrderLineView(
        line=line.line,
        item=items.get(line.item_id) if line.item_id is not None else None,
        asin=line.asin,
        vendor_sku=line.vendor_sku,
        removed=line.removed,
        ordered=OrderedQuantity(
            amount=line.ordered_amount, unit=line.ordered_unit, unit_size=line.unit_size
        ),
        ordered_units=line.ordered_units,
        cost=cost,
        agreed_cost=_agreed(agreed),
        cost_unknown=cost_unknown,
        back_order_allowed=line.back_order_allowed,
        held=held,
        short=short_units(order, line, held, today),
        accepted=line.accepted_units,
        backordered=line.backordered_units,
        rejected=line.rejected_units,
        shipped=left_units(line),
        shipped_as_received=not line.shipped_units and line.received_units > 0,
        received=line.received_units,
        last_received_at=line.last_received_at,
        proposal=ProposalView.model_validate(proposal),
    )


def _agreed(agreed: Agreed | None) -> AgreedCostBrief | None:
    if agreed is None:
        return None
    return AgreedCostBrief(
        agreed_cost_id=agreed.agreed_cost_id,
        cost=Money(amount=agreed.cost.normalize(), currency=agreed.currency),
        starts_on=agreed.starts_on,
    )


def items_of(session: Session, lines: Sequence[PurchaseOrderLine]) -> dict[int, ItemBrief]:
    """The items that these lines are known to be, in short."""
    return briefs(session, {line.item_id for line in lines if line.item_id is not None})


def briefs(session: Session, wanted: set[int]) -> dict[int, ItemBrief]:
    """These items in short."""
    rows = session.exec(
        select(Item).where(Item.shop_id == shop_of(session), col(Item.item_id).in_(wanted))
    )
    return {
        row.item_id: ItemBrief(
            id=row.item_id, sku=row.sku, title=row.title, image_url=row.image_url
        )
        for row in rows
    }


def _versions(session: Session, order: PurchaseOrder) -> list[VersionView]:
    rows = session.execute(
        select(
            PurchaseOrderVersion.version,
            PurchaseOrderVersion.seen_at,
            PurchaseOrderVersion.changes,
        )
        .where(
            PurchaseOrderVersion.shop_id == order.shop_id,
            PurchaseOrderVersion.region == order.region,
            PurchaseOrderVersion.number == order.number,
        )
        .order_by(col(PurchaseOrderVersion.version))
    )
    return [
        VersionView(
            version=version,
            seen_at=seen_at,
            changes=[VersionChange.model_validate(change) for change in changes],
        )
        for version, seen_at, changes in rows
    ]


def _acknowledgements(session: Session, order: PurchaseOrder) -> list[AcknowledgementView]:
    papers = session.exec(
        select(Acknowledgement)
        .where(
            Acknowledgement.shop_id == order.shop_id,
            Acknowledgement.region == order.region,
            Acknowledgement.number == order.number,
        )
        .order_by(col(Acknowledgement.acknowledgement_id))
    ).all()
    said: dict[int, list[AcknowledgedLine]] = {paper.acknowledgement_id: [] for paper in papers}
    for row in session.exec(
        select(AcknowledgementLine)
        .where(
            AcknowledgementLine.shop_id == order.shop_id,
            col(AcknowledgementLine.acknowledgement_id).in_(said),
        )
        .order_by(col(AcknowledgementLine.line))
    ):
        said[row.acknowledgement_id].append(AcknowledgedLine.model_validate(row))
    return [
        AcknowledgementView(
            id=paper.acknowledgement_id,
            message_id=paper.message_id,
            made_at=paper.made_at,
            sent_at=paper.sent_at,
            by=paper.by,
            state=paper.state,
            waits_for_a_person=paper.waits_for_a_person,
            handed_over_how=paper.handed_over_how,
            handed_over_by=paper.handed_over_by,
            error=paper.error,
            lines=said[paper.acknowledgement_id],
        )
        for paper in papers
    ]


def _shipments(session: Session, order: PurchaseOrder) -> list[ShipmentView]:
    rows = session.execute(
        text(SHIPMENTS),
        {"shop": order.shop_id, "region": order.region, "number": order.number},
    ).all()
    names: dict[int, str] = {}
    if rows:
        for place in session.exec(select(Location).where(Location.shop_id == order.shop_id)):
            names[place.location_id] = place.name
    return [
        ShipmentView(
            identifier=row.identifier,
            shipped_at=row.shipped_at,
            location=LocationBrief(id=row.location_id, name=names[row.location_id]),
            carton_count=row.carton_count,
            units=row.units,
            state=row.state,
            error=row.error,
        )
        for row in rows
    ]
