"""Handing papers over by hand, over HTTP, where no API carries them."""

from __future__ import annotations

from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from app.http import APIBlueprint, answer, principal, shop_transaction
from app.vendor import by_file, detail, invoice_views, invoices
from app.vendor.invoice_routes import InvoicePath
from app.vendor.lookups import order_named
from app.vendor.orders import locked_orders
from app.vendor.routes import OrderPath, OrderQuery
from app.vendor.shipping import contents
from app.vendor.shipping import views as shipment_views
from app.vendor.shipping.asked import ShipmentPath, ShipmentQuery
from app.vendor.views import PurchaseOrderView

TAG = Tag(name="by file", description="Papers that a person brings to Amazon, without an API.")
api = APIBlueprint("by_file", __name__, url_prefix="/api", abp_tags=[TAG])


class HandOverBody(BaseModel):
    """How Amazon got it: typed into Vendor Central by hand, or sent as a file."""

    how: Literal["hand", "file"] = Field(description="`hand`: typed in; `file`: sent as a file.")


@api.post("/purchase-orders/<string:number>/hand-over", responses={200: PurchaseOrderView})
def hand_over_acknowledgement(path: OrderPath, query: OrderQuery, body: HandOverBody) -> Any:
    """A person says that Amazon has the newest acknowledgement of this order."""
    with shop_transaction() as session:
        named = order_named(session, path.number, query.region)
        order = locked_orders(session, named.region, [named.number])[named.number]
        paper = by_file.latest_acknowledgement(session, order)
        by_file.hand_over(session, paper, body.how, actor=principal().actor)
        view = detail.whole(session, order)
    return answer(view)


@api.post("/shipments/<string:identifier>/hand-over", responses={200: shipment_views.WholeShipment})
def hand_over_shipment(path: ShipmentPath, query: ShipmentQuery, body: HandOverBody) -> Any:
    """A person says that Amazon has the notice of this shipment."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        by_file.hand_over(session, shipment, body.how, actor=principal().actor)
        view = shipment_views.whole(session, shipment)
    return answer(view)


@api.post("/invoices/<int:invoice_id>/hand-over", responses={200: invoice_views.InvoiceView})
def hand_over_invoice(path: InvoicePath, body: HandOverBody) -> Any:
    """A person says that Amazon has this invoice."""
    with shop_transaction() as session:
        invoice = invoices.locked_invoice(session, path.invoice_id)
        by_file.hand_over(session, invoice, body.how, actor=principal().actor)
        view = invoice_views.whole(session, invoice)
    return answer(view)
