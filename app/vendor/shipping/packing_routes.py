"""Packing over HTTP: cartons, pallets, and which items carry dates."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from app.db import database_time, shop_of
from app.errors import Refused
from app.http import APIBlueprint, answer, principal, shop_transaction
from app.inventory.models import Item
from app.vendor.shipping import contents, drafts, packing, views
from app.vendor.shipping.asked import LARGEST, PRINTABLE, ShipmentPath, ShipmentQuery
from app.vendor.shipping.routes import SHIPMENTS

api = APIBlueprint("packing", __name__, url_prefix="/api", abp_tags=[SHIPMENTS])


class CartonPath(ShipmentPath):
    carton: int = Field(ge=1, le=LARGEST)


class PalletPath(ShipmentPath):
    pallet: int = Field(ge=1, le=LARGEST)


class PutBody(BaseModel):
    number: str = Field(max_length=64)
    line: str = Field(max_length=64)
    units: int = Field(gt=0, le=LARGEST, description="Eaches in one carton.")
    lot_number: str = Field(default="", max_length=40, pattern=r"^$|^[!-~]+( [!-~]+)*$")
    expires_on: date | None = None


class CartonBody(BaseModel):
    lines: list[PutBody] = Field(min_length=1, max_length=200)
    tracking_number: str | None = Field(default=None, max_length=60, pattern=PRINTABLE)


class CartonsBody(BaseModel):
    """So many cartons alike; no lines: whatever is left, a carton for each case."""

    copies: int = Field(default=1, ge=1, le=packing.MOST_CARTONS)
    lines: list[PutBody] = Field(default=[], max_length=200)


class PalletBody(BaseModel):
    cartons: list[int] = Field(
        default=[], max_length=packing.MOST_CARTONS, description="None: all that stand on none."
    )


class DatedBody(BaseModel):
    dated: bool


class ItemPath(BaseModel):
    item_id: int = Field(ge=1, le=LARGEST)


@api.post("/shipments/<string:identifier>/cartons", responses={201: views.WholeShipment})
def pack_cartons(path: ShipmentPath, query: ShipmentQuery, body: CartonsBody) -> Any:
    """Packs cartons, each with a number of its own (SSCC)."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        now, actor = database_time(), principal().actor
        if body.lines:
            puts = _puts(body.lines)
            packing.pack(session, shipment, puts, copies=body.copies, at=now, by=actor)
        else:
            packing.pack_by_case(session, shipment, at=now, by=actor)
        view = views.whole(session, shipment)
    return answer(view, 201)


@api.delete("/shipments/<string:identifier>/cartons", responses={200: views.WholeShipment})
def unpack_cartons(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """Takes every carton away; the packing begins again."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        packing.unpack(session, shipment, None)
        view = views.whole(session, shipment)
    return answer(view)


@api.put(
    "/shipments/<string:identifier>/cartons/<int:carton>", responses={200: views.WholeShipment}
)
def repack_carton(path: CartonPath, query: ShipmentQuery, body: CartonBody) -> Any:
    """What is in this carton, and the carrier's number for it."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        packing.repack(session, shipment, path.carton, _puts(body.lines), body.tracking_number)
        view = views.whole(session, shipment)
    return answer(view)


@api.delete(
    "/shipments/<string:identifier>/cartons/<int:carton>", responses={200: views.WholeShipment}
)
def unpack_carton(path: CartonPath, query: ShipmentQuery) -> Any:
    """Takes one carton away; its number is never used again."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        packing.unpack(session, shipment, path.carton)
        view = views.whole(session, shipment)
    return answer(view)


@api.post("/shipments/<string:identifier>/pallets", responses={201: views.WholeShipment})
def make_pallet(path: ShipmentPath, query: ShipmentQuery, body: PalletBody) -> Any:
    """Puts cartons on a new pallet."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        packing.palletize(session, shipment, body.cartons)
        view = views.whole(session, shipment)
    return answer(view, 201)


@api.delete(
    "/shipments/<string:identifier>/pallets/<int:pallet>", responses={200: views.WholeShipment}
)
def unload_pallet(path: PalletPath, query: ShipmentQuery) -> Any:
    """Takes a pallet away; its cartons are loose again."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        packing.unload(session, shipment, path.pallet)
        view = views.whole(session, shipment)
    return answer(view)


@api.put("/items/<int:item_id>/dated", responses={200: DatedBody})
def set_dated(path: ItemPath, body: DatedBody) -> Any:
    """Whether this item's units carry a lot number and an expiry date."""
    with shop_transaction() as session:
        if session.get(Item, (shop_of(session), path.item_id)) is None:
            raise Refused("not_found", "There is no such item in this shop.", status=404)
        drafts.set_dated(session, path.item_id, body.dated)
    return answer(body)


def _puts(lines: list[PutBody]) -> list[packing.Put]:
    return [packing.Put(**line.model_dump()) for line in lines]
