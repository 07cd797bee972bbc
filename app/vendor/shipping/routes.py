"""Shipments over HTTP: start, check, send, correct, cancel, depart, and have Amazon collect."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from sqlalchemy import text
from sqlmodel import col, select

from app.db import shop_of
from app.http import (
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor.lookups import moment_of_cursor, order_named, starts_with
from app.vendor.shipping import contents, drafts, sending, transport, views
from app.vendor.shipping.asked import LARGEST, PRINTABLE, Region, ShipmentPath, ShipmentQuery
from app.vendor.tables import Shipment

SHIPMENTS = Tag(name="shipments", description="What leaves for Amazon, packed and announced.")
api = APIBlueprint("shipments", __name__, url_prefix="/api", abp_tags=[SHIPMENTS])

State = Literal["draft", "waiting", "sent", "accepted", "failed", "cancelled"]
FOUND_BY = """
(shipment.identifier ILIKE :like OR shipment.ship_to ILIKE :like OR EXISTS (
    SELECT FROM shipment_line AS line
    WHERE line.shop_id = shipment.shop_id AND line.region = shipment.region
      AND line.identifier = shipment.identifier AND line.number ILIKE :like))
"""


class ShipmentsQuery(PageQuery):
    state: State | None = None
    search: str | None = Field(
        default=None, max_length=100, description="Start of an identifier, order or centre."
    )


class StartBody(BaseModel):
    """Which orders go together; they must share vendor code, destination and freight term."""

    numbers: list[str] = Field(min_length=1, max_length=100)
    region: Region | None = None
    location_id: int | None = Field(default=None, ge=1, le=LARGEST)


class HeaderBody(BaseModel):
    """What is known of the truck; a field that is left out stays, null takes it away."""

    location_id: int = Field(default=0, ge=1, le=LARGEST)
    type: Literal["TruckLoad", "LessThanTruckLoad", "SmallParcel"] | None = None
    carrier_code: str | None = Field(
        default=None, pattern=r"^[A-Z]{2,4}$", description="SCAC: two to four capital letters."
    )
    carrier_reference: str | None = Field(
        default=None, max_length=40, pattern=PRINTABLE, description="PRO number."
    )
    bill_of_lading: str | None = Field(default=None, max_length=40, pattern=PRINTABLE)
    amazon_reference: str | None = Field(
        default=None, max_length=40, pattern=PRINTABLE, description="ARN, for collect freight."
    )
    weight: str | None = Field(default=None, pattern=r"^\d{1,9}(\.\d{1,3})?$")
    weight_unit: Literal["Kg", "Lb"] | None = None
    carton_count: int = Field(default=0, ge=0, le=100_000)
    departs_at: AwareDatetime | None = None
    estimated_delivery_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _weight_has_its_unit(self) -> HeaderBody:
        if (self.weight is None) != (self.weight_unit is None):
            raise ValueError("weight and weight_unit belong together; give both or neither")
        return self


class LineUnits(BaseModel):
    number: str = Field(max_length=64)
    line: str = Field(max_length=64)
    units: int = Field(ge=0, le=LARGEST, description="Eaches.")


class LinesBody(BaseModel):
    lines: list[LineUnits] = Field(min_length=1, max_length=5000)


class SendBody(BaseModel):
    shipped_at: AwareDatetime | None = Field(default=None, description="Null: it leaves now.")
    despite_warnings: bool = False
    release_rest: bool = Field(
        default=False, description="Gives back what the orders still hold beyond it."
    )


class TransportBody(BaseModel):
    pickup_at: AwareDatetime = Field(description="From when it can be collected.")
    pallets_stackable: bool = True


@api.get("/shipments", responses={200: Page[views.ShipmentSummary]})
def list_shipments(query: ShipmentsQuery) -> Any:
    """Shipments, the newest first."""
    keys = decode_cursor(query.cursor, 3)
    with shop_transaction() as session:
        wanted = select(Shipment).where(Shipment.shop_id == shop_of(session))
        if query.state is not None:
            wanted = wanted.where(Shipment.state == query.state)
        if query.search and query.search.strip():
            wanted = wanted.where(text(FOUND_BY).bindparams(like=starts_with(query.search)))
        if keys:
            wanted = wanted.where(
                text("(made_at, region, identifier) < (:at, :region, :identifier)").bindparams(
                    at=moment_of_cursor(keys[0]), region=str(keys[1]), identifier=str(keys[2])
                )
            )
        rows = session.exec(
            wanted.order_by(
                col(Shipment.made_at).desc(),
                col(Shipment.region).desc(),
                col(Shipment.identifier).desc(),
            ).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(
            rows, query.limit, lambda row: (row.made_at, row.region, row.identifier)
        )
        data = views.summaries(session, page)
    return answer(Page[views.ShipmentSummary](data=data, next_cursor=cursor))


@api.post("/shipments", responses={201: views.WholeShipment})
def start_shipment(body: StartBody) -> Any:
    """A draft of these orders: of every line what is held and not planned elsewhere."""
    with shop_transaction() as session:
        region = order_named(session, body.numbers[0], body.region).region
        shipment = drafts.start(
            session,
            region,
            body.numbers,
            location_id=body.location_id,
            actor=principal().actor,
        )
        view = views.whole(session, shipment)
    return answer(view, 201)


@api.get("/shipments/<string:identifier>", responses={200: views.WholeShipment})
def read_shipment(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """One shipment with its cartons and what stands against sending it."""
    with shop_transaction() as session:
        view = views.whole(session, contents.named(session, query.region, path.identifier))
    return answer(view)


@api.put("/shipments/<string:identifier>", responses={200: views.WholeShipment})
def change_shipment(path: ShipmentPath, query: ShipmentQuery, body: HeaderBody) -> Any:
    """Where it leaves from, its carrier and its numbers; fields that are left out stay."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        values = body.model_dump(exclude_unset=True)
        if values.get("weight"):
            values["weight"] = Decimal(values["weight"])
        drafts.change(session, shipment, values)
        view = views.whole(session, shipment)
    return answer(view)


@api.put("/shipments/<string:identifier>/lines", responses={200: views.WholeShipment})
def set_lines(path: ShipmentPath, query: ShipmentQuery, body: LinesBody) -> Any:
    """How many eaches of these lines leave with it."""
    with shop_transaction() as session:
        shipment = contents.changeable(session, query.region, path.identifier)
        units = {(one.number, one.line): one.units for one in body.lines}
        drafts.set_units(session, shipment, units)
        view = views.whole(session, shipment)
    return answer(view)


@api.post("/shipments/<string:identifier>/send", responses={202: views.WholeShipment})
def send_shipment(path: ShipmentPath, query: ShipmentQuery, body: SendBody) -> Any:
    """Books the units as left and tells Amazon by ASN; a correction replaces the one before."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        sending.send(session, shipment, **body.model_dump(), actor=principal().actor)
        view = views.whole(session, shipment)
    return answer(view, 202)


@api.post("/shipments/<string:identifier>/correct", responses={200: views.WholeShipment})
def correct_shipment(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """Opens what was sent for changes; Amazon takes fewer units only, and only for some days."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        drafts.correct(session, shipment)
        view = views.whole(session, shipment)
    return answer(view)


@api.delete("/shipments/<string:identifier>/correct", responses={200: views.WholeShipment})
def forget_correction(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """Gives up a correction that was not sent."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        drafts.forget_correction(session, shipment)
        view = views.whole(session, shipment)
    return answer(view)


@api.post("/shipments/<string:identifier>/cancel", responses={200: views.WholeShipment})
def cancel_shipment(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """Gives up a shipment that Amazon does not know of; units that had left come back."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        sending.cancel(session, shipment, actor=principal().actor)
        view = views.whole(session, shipment)
    return answer(view)


@api.post("/shipments/<string:identifier>/depart", responses={200: views.WholeShipment})
def depart(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """The truck leaves; refused while Amazon has no notice of what is on it."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        sending.depart(session, shipment)
        view = views.whole(session, shipment)
    return answer(view)


@api.post("/shipments/<string:identifier>/transport", responses={202: views.WholeShipment})
def request_transport(path: ShipmentPath, query: ShipmentQuery, body: TransportBody) -> Any:
    """Asks Amazon to collect it, where Amazon pays the freight."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        transport.request(session, shipment, **body.model_dump(), actor=principal().actor)
        view = views.whole(session, shipment)
    return answer(view, 202)


@api.delete("/shipments/<string:identifier>/transport", responses={202: views.WholeShipment})
def cancel_transport(path: ShipmentPath, query: ShipmentQuery) -> Any:
    """Takes the request for transport back."""
    with shop_transaction() as session:
        shipment = contents.locked(session, query.region, path.identifier)
        transport.cancel(session, shipment, actor=principal().actor)
        view = views.whole(session, shipment)
    return answer(view, 202)
