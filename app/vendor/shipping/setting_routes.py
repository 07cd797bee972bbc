"""What a shop says once of its shipping: its GS1 company prefix, and where it ships from."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
from app.http import Answer, APIBlueprint, answer, shop_transaction
from app.inventory.models import Location
from app.inventory.views import LocationBrief
from app.vendor.shipping import sscc
from app.vendor.shipping.asked import LARGEST, PRINTABLE
from app.vendor.shipping.routes import SHIPMENTS
from app.vendor.shipping.tables import ShipFrom, ShippingSetting

api = APIBlueprint("shipping_settings", __name__, url_prefix="/api", abp_tags=[SHIPMENTS])


class PrefixBody(BaseModel):
    gs1_company_prefix: str | None = Field(
        pattern=r"^\d{4,12}$", description="As GS1 licensed it to you; null: no numbers are made."
    )


class LocationPath(BaseModel):
    location_id: int = Field(ge=1, le=LARGEST)


class ShipFromBody(BaseModel):
    """A business address; name the company, not a person."""

    warehouse_code: str | None = Field(default=None, max_length=40, pattern=PRINTABLE)
    name: str = Field(min_length=1, max_length=100)
    address_line: str = Field(min_length=1, max_length=100)
    city: str = Field(min_length=1, max_length=60)
    state_or_region: str | None = Field(default=None, min_length=1, max_length=60)
    postal_code: str = Field(min_length=1, max_length=20)
    country_code: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1, two letters.")


class AddressView(Answer):
    warehouse_code: str | None
    name: str
    address_line: str
    city: str
    state_or_region: str | None
    postal_code: str
    country_code: str


class PlaceView(Answer):
    location: LocationBrief
    ship_from: AddressView | None


class ShippingSettingsView(Answer):
    gs1_company_prefix: str | None
    places: list[PlaceView]


@api.get("/shipping-settings", responses={200: ShippingSettingsView})
def read_shipping_settings() -> Any:
    """The GS1 company prefix, and each active location's address."""
    with shop_transaction() as session:
        view = _view(session)
    return answer(view)


@api.put("/shipping-settings", responses={200: ShippingSettingsView})
def save_prefix(body: PrefixBody) -> Any:
    """The prefix that the numbers of cartons and pallets begin with; numbers made before stay."""
    with shop_transaction() as session:
        row = session.get(ShippingSetting, shop_of(session))
        if body.gs1_company_prefix is not None:
            session.merge(ShippingSetting(shop_id=shop_of(session), **body.model_dump()))
        elif row is not None:
            session.delete(row)
        session.flush()
        view = _view(session)
    return answer(view)


@api.put("/shipping-settings/ship-from/<int:location_id>", responses={200: ShippingSettingsView})
def save_ship_from(path: LocationPath, body: ShipFromBody) -> Any:
    """The address that shipments from this location leave from."""
    with shop_transaction() as session:
        if session.get(Location, (shop_of(session), path.location_id)) is None:
            raise Refused("not_found", "There is no such location in this shop.", status=404)
        session.merge(
            ShipFrom(shop_id=shop_of(session), location_id=path.location_id, **body.model_dump())
        )
        session.flush()
        view = _view(session)
    return answer(view)


def _view(session: Session) -> ShippingSettingsView:
    places = session.exec(
        select(Location)
        .where(Location.shop_id == shop_of(session), col(Location.active))
        .order_by(col(Location.priority), col(Location.location_id))
    ).all()
    known = {
        one.location_id: AddressView.model_validate(one)
        for one in session.exec(select(ShipFrom).where(ShipFrom.shop_id == shop_of(session)))
    }
    return ShippingSettingsView(
        gs1_company_prefix=sscc.prefix_of(session),
        places=[
            PlaceView(
                location=LocationBrief(id=one.location_id, name=one.name),
                ship_from=known.get(one.location_id),
            )
            for one in places
        ],
    )
