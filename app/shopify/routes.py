"""The store's own side over HTTP: who is here, what they prefer, and where stock can be."""

from __future__ import annotations

from typing import Any, Literal

from flask import request
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import col, select

from app.config import settings
from app.db import database_time, shop_of
from app.http import Answer, APIBlueprint, Moment, Page, answer, principal, shop_transaction
from app.inventory.models import Location
from app.preferences import Preference, ShopPreference, prefer, shop_preference
from app.shopify import counting, history, staff
from app.shopify.tables import CountRun
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
    staff: dict[str, str] = Field(
        description="Names of the people of this store who have been here, by their Shopify ids."
    )


class NameView(Answer):
    name: str | None = Field(description="Null while Shopify does not say.")


class PreferencesBody(BaseModel):
    locale: Literal["en", "zh-CN"] | None = None


class PreferencesView(Answer):
    locale: str | None


class ShopPreferencesBody(BaseModel):
    adopt_differences: Literal["never", "person", "all"] = "never"
    exit_email: str | None = Field(
        default=None, max_length=254, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+$"
    )


class ShopPreferencesView(Answer):
    adopt_differences: str
    exit_email: str | None


class CountsView(Answer):
    """The reading of all of Shopify's quantities: the last one, and the next."""

    under_way: bool
    finished_at: Moment | None
    next_at: Moment | None
    error: str | None
    history_readable: bool = Field(description="Whether writers can be told by name.")


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
        names = staff.names(session)
        preference = session.get(Preference, (who.shop_id, who.user_id))
    return answer(
        SessionView(
            shop=ShopView.model_validate(shop),
            user_id=who.user_id,
            locale=preference.locale if preference else None,
            edition=settings().distribution,
            staff=names,
        )
    )


@api.post("/session/name", responses={200: NameView})
def ask_for_name() -> Any:
    """Asks Shopify what the person that the ID token names is called, if that is not known yet."""
    return answer(NameView(name=staff.introduce(principal(), request.headers.get("Authorization"))))


@api.put("/preferences", responses={200: PreferencesView})
def save_preferences(body: PreferencesBody) -> Any:
    """Keeps a person's choices; null goes back to the admin's language."""
    who = principal()
    with shop_transaction() as session:
        prefer(session, who.user_id, locale=body.locale)
    return answer(PreferencesView(locale=body.locale))


@api.get("/shop-preferences", responses={200: ShopPreferencesView})
def read_shop_preferences() -> Any:
    """What the shop has chosen for everybody."""
    with shop_transaction() as session:
        found = ShopPreferencesView.model_validate(shop_preference(session))
    return answer(found)


@api.put("/shop-preferences", responses={200: ShopPreferencesView})
def save_shop_preferences(body: ShopPreferencesBody) -> Any:
    """Keeps the shop's choices; what is left out goes back to its default."""
    with shop_transaction() as session:
        kept = session.merge(ShopPreference(shop_id=shop_of(session), **body.model_dump()))
        found = ShopPreferencesView.model_validate(kept)
    return answer(found)


@api.get("/counts", responses={200: CountsView})
def read_counts() -> Any:
    """When all of Shopify's quantities were last read, and when they are next."""
    with shop_transaction() as session:
        row = session.get(CountRun, shop_of(session))
        under_way = row is not None and (row.step != "ask" or row.due_at <= database_time())
        found = CountsView(
            under_way=under_way,
            finished_at=row.finished_at if row else None,
            next_at=row.due_at if row and not under_way else None,
            error=row.error if row else None,
            history_readable=history.may_read(session),
        )
    return answer(found)


@api.post("/counts", responses={200: CountsView})
def begin_counting() -> Any:
    """Reads all of Shopify's quantities now."""
    with shop_transaction() as session:
        counting.begin(session)
        row = session.get(CountRun, shop_of(session))
        found = CountsView(
            under_way=True,
            finished_at=row.finished_at if row else None,
            next_at=None,
            error=None,
            history_readable=history.may_read(session),
        )
    return answer(found)


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
