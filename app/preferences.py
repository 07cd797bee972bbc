"""What a person and a shop prefer; kept on the server, as the admin's frame has no storage of its own."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Integer
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session

from app.db import Table, shop_of


class Preference(Table, table=True):
    """One user's choices in one shop, and their name as Shopify gives it; nothing more of them is kept."""

    __tablename__ = "preference"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    user_id: str = Field(primary_key=True)
    locale: str | None = None
    name: str | None = None


class ShopPreference(Table, table=True):
    """What one shop has chosen. No row yet: the defaults below."""

    __tablename__ = "shop_preference"
    __table_args__ = (
        CheckConstraint(
            "adopt_differences IN ('never', 'person', 'all')", name="adopt_differences"
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    adopt_differences: str = Field(
        default="never",
        description="Which counted differences become adjustments by themselves: none, those that"
        " a person made in the store's admin, or all.",
    )
    exit_email: str | None = Field(
        default=None, description="Who gets the hand-over workbook when the app is taken away."
    )
    unsettled_after_days: int | None = Field(
        default=None,
        sa_type=Integer,
        description="Days since goods left after which an order not settled is named. Null: never.",
    )
    not_in_bank_after_days: int = Field(
        default=10,
        sa_type=Integer,
        description="Days since a payment after which one that no bank line shows is named. 0:"
        " never.",
    )


def prefer(session: Session, user_id: str, **chosen: str | None) -> None:
    """Keeps these of a person's choices; the others stay as they are."""
    row = {"shop_id": shop_of(session), "user_id": user_id, **chosen}
    session.execute(
        insert(Preference)
        .values(row)
        .on_conflict_do_update(index_elements=["shop_id", "user_id"], set_=chosen)
    )


def shop_preference(session: Session) -> ShopPreference:
    """This shop's choices, or the defaults (not stored yet)."""
    found = session.get(ShopPreference, shop_of(session))
    return found or ShopPreference(shop_id=shop_of(session))
