"""The store's own side over HTTP: who is here, what they prefer, and where stock can be."""

from __future__ import annotations

from typing import Any, Literal

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel
from sqlmodel import col, select

from app.config import settings
from app.db import shop_of
from app.http import Answer, Page, answer, principal, shop_transaction
from app.inventory.models import Location
from app.preferences import Preference
from app.shops import this_shop

STORE = Tag(name="store", description="The session, preferences and locations.")
api = APIBlueprint("store", __name__, url_prefix="/api", abp_tags=[STORE])


class ShopView(Answer):
    domain: str
    name: str
    currency: str
    time_zone: str


class SessionView(Answer):
    shop: ShopView
    user_id: str
    locale: str | None
    edition: Literal["public", "custom"]


class PreferencesBody(BaseModel):
    locale: Literal["en", "zh-CN"] | None = None


class PreferencesView(Answer):
    locale: str | None


class LocationView(Answer):
    id: int
    name: str
    active: bool
    priority: int


@api.get("/session", responses={200: SessionView})
def read_session() -> Any:
    """The shop and the person that the ID token names."""
    who = principal()
    with shop_transaction() as session:
        shop = this_shop(session)
        preference = session.get(Preference, (who.shop_id, who.user_id))
    return answer(
        SessionView(
            shop=ShopView.model_validate(shop),
            user_id=who.user_id,
            locale=preference.locale if preference else None,
            edition=settings().distribution,
        )
    )


@api.put("/preferences", responses={200: PreferencesView})
def save_preferences(body: PreferencesBody) -> Any:
    """Keeps a person's choices; null goes back to the admin's language."""
    who = principal()
    with shop_transaction() as session:
        preference = session.merge(
            Preference(shop_id=who.shop_id, user_id=who.user_id, locale=body.locale)
        )
    return answer(PreferencesView(locale=preference.locale))


@api.get("/locations", responses={200: Page[LocationView]})
def list_locations() -> Any:
    """Every location, the one asked first at the top."""
    with shop_transaction() as session:
        rows = session.exec(
            select(Location)
            .where(Location.shop_id == shop_of(session))
            .order_by(col(Location.priority), col(Location.location_id))
        ).all()
    data = [
        LocationView(id=row.location_id, name=row.name, active=row.active, priority=row.priority)
        for row in rows
    ]
    return answer(Page[LocationView](data=data))
