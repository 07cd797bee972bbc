"""What the routes look up alike: an order by its number, the start of a text, a time in a cursor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from app.db import shop_of
from app.errors import Refused
from app.vendor.tables import PurchaseOrder


def order_named(session: Session, number: str, region: str | None) -> PurchaseOrder:
    """A purchase order. Raises Refused 404, or 409 where two regions have an order of this number."""
    wanted = select(PurchaseOrder).where(
        PurchaseOrder.shop_id == shop_of(session), PurchaseOrder.number == number
    )
    if region is not None:
        wanted = wanted.where(PurchaseOrder.region == region)
    rows = session.exec(wanted).all()
    if not rows:
        raise Refused("not_found", "There is no such purchase order in this shop.", status=404)
    if len(rows) > 1:
        raise Refused(
            "region_needed",
            "Two regions have an order of this number; name the region.",
            status=409,
        )
    return rows[0]


def starts_with(search: str) -> str:
    """A pattern for LIKE that matches texts starting with this one."""
    escaped = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("\x00", "") + "%"


def moment_of_cursor(written: Any) -> datetime:
    """The time that a cursor of ours carries. Raises Refused("bad_cursor")."""
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        raise Refused(
            "bad_cursor", "This cursor is not one of ours; start again without it.", status=400
        ) from None


def whole_of_cursor(written: Any) -> int:
    """The whole number that a cursor of ours carries. Raises Refused("bad_cursor")."""
    if isinstance(written, int):
        return written
    raise Refused(
        "bad_cursor", "This cursor is not one of ours; start again without it.", status=400
    )
