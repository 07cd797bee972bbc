"""What is printed at the packing table, over HTTP: labels, packing list, the carrier's labels."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from app.errors import Refused
from app.http import APIBlueprint, shop_transaction
from app.vendor.shipping import contents, documents, packing
from app.vendor.shipping.asked import LARGEST, ShipmentPath, ShipmentQuery
from app.vendor.shipping.routes import SHIPMENTS
from app.vendor.shipping.tables import CarrierLabel

api = APIBlueprint("shipment_papers", __name__, url_prefix="/api", abp_tags=[SHIPMENTS])


class LabelPath(ShipmentPath):
    label: int = Field(ge=1, le=LARGEST)


@api.post("/shipments/<string:identifier>/labels")
def print_labels(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """Carton and pallet labels of 4 × 6 inches (PDF); numbers what has no number yet."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        whole = contents.read(session, shipment)
        packing.number_all(session, whole)
        content = documents.labels(session, whole)
    return _pdf(content, f"labels-{shipment.identifier}")


@api.get("/shipments/<string:identifier>/packing-list")
def print_packing_list(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """What is in the shipment and in each carton (PDF)."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        content = documents.packing_list(session, contents.read(session, shipment))
    return _pdf(content, f"packing-list-{shipment.identifier}")


@api.get("/shipments/<string:identifier>/carrier-labels/<int:label>")
def print_carrier_label(path: LabelPath, query: ShipmentQuery) -> Any:
    """One of the carrier's own labels, as Amazon gave it (PDF)."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        rows = contents.rows_of(session, CarrierLabel, shipment, "label")
        if path.label > len(rows):
            raise Refused("not_found", "Amazon has given no such label.", status=404)
        content = rows[path.label - 1].content
    return _pdf(content, f"carrier-label-{shipment.identifier}-{path.label}")


def _pdf(content: bytes, name: str) -> Response:
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'},
    )
