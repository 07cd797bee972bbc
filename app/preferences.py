"""What one person prefers; kept on the server, as the admin's frame has no storage of its own."""

from __future__ import annotations

from sqlalchemy import Integer
from sqlmodel import Field

from app.db import Table


class Preference(Table, table=True):
    """One user's choices in one shop. The user is Shopify's id of them, nothing more is kept."""

    __tablename__ = "preference"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    user_id: str = Field(primary_key=True)
    locale: str | None = None
