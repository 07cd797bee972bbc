"""Shops: the tenants. Only their domain → id is global; all else lies behind row-level security."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Identity, Integer, UniqueConstraint, text
from sqlmodel import Field, Session, col, select

from app.db import Table, enter_shop


class ShopDomain(Table, table=True):
    """The one global table: which shop a domain belongs to."""

    __tablename__ = "shop_domain"
    __table_args__ = (UniqueConstraint("shop_id"),)

    domain: str = Field(primary_key=True)
    shop_id: int = Field(
        sa_type=Integer, sa_column_kwargs={"server_default": Identity(always=True)}
    )


class Shop(Table, table=True):
    """One brand's store: what every screen needs to know of it."""

    __tablename__ = "shop"

    shop_id: int = Field(
        primary_key=True, sa_type=Integer, sa_column_kwargs={"autoincrement": False}
    )
    domain: str
    shopify_shop_id: int | None = Field(default=None, sa_type=BigInteger)
    name: str = ""
    currency: str = Field(default="USD", min_length=3, max_length=3)
    time_zone: str = "UTC"
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    opened_at: datetime | None = Field(
        default=None,
        description="When the opening balances were taken; what happened before is part of them.",
    )
    leaving_at: datetime | None = Field(
        default=None, description="Since when Holdfast gives back its holds and takes no new ones."
    )
    leaving_by: str | None = None


def find_shop_id(session: Session, domain: str) -> int | None:
    """The id of a shop by its full domain, or None. Needs no shop's transaction."""
    return session.exec(select(ShopDomain.shop_id).where(ShopDomain.domain == domain)).first()


def open_shop(session: Session, domain: str) -> Shop:
    """The shop of this domain, created on first sight; the session belongs to it afterwards."""
    shop_id = session.execute(
        text(
            "INSERT INTO shop_domain (domain) VALUES (:domain)"
            " ON CONFLICT (domain) DO UPDATE SET domain = excluded.domain RETURNING shop_id"
        ),
        {"domain": domain},
    ).scalar_one()
    enter_shop(session, shop_id)
    shop = session.get(Shop, shop_id)
    if shop is None:
        shop = Shop(shop_id=shop_id, domain=domain, name=domain.removesuffix(".myshopify.com"))
        session.add(shop)
        session.flush()
    return shop


def this_shop(session: Session) -> Shop:
    """The shop of this session's transaction."""
    return session.exec(select(Shop)).one()


def all_shop_ids(session: Session) -> list[int]:
    """Every shop's id; for the clock, which then visits each in a transaction of its own."""
    return list(session.exec(select(ShopDomain.shop_id).order_by(col(ShopDomain.shop_id))))
