"""What is about to leave for Amazon without its ASN: found by the clock, shown until it is sent."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.vendor.shipping.rulebook import rules_of
from app.vendor.tables import Shipment

MOST = 20
NO_NOTICE = """
(state IN ('draft', 'failed') OR (state = 'waiting' AND message_id IS NULL))
""".strip()
"""The last: made where no API carries it, and not handed over by a person yet."""
REMIND = f"""
UPDATE shipment SET reminded_at = :now
WHERE shop_id = :shop AND region = :region AND {NO_NOTICE}
  AND reminded_at IS NULL AND departs_at <= :before
"""
DUE = f"""
SELECT EXISTS (SELECT FROM shipment WHERE shop_id = :shop AND {NO_NOTICE}
  AND reminded_at IS NULL AND departs_at <= :before)
"""


def remind(session: Session) -> int:
    """Marks every shipment that departs soon and has no ASN; returns how many are new."""
    now = database_time()
    marked = 0
    for region in ("na", "eu", "fe"):
        rule = rules_of(region, now.date()).get("reminder")
        if rule is None or rule.value is None:
            continue
        asked = {
            "shop": shop_of(session),
            "region": region,
            "now": now,
            "before": now + timedelta(minutes=rule.value),
        }
        marked += session.execute(text(REMIND), asked).rowcount  # type: ignore[attr-defined]
    return marked


def is_due(session: Session) -> bool:
    """Whether a shipment may have come near its departure."""
    before = database_time() + timedelta(days=1)
    return bool(
        session.execute(text(DUE), {"shop": shop_of(session), "before": before}).scalar_one()
    )


def without_notice(session: Session) -> list[Shipment]:
    """Shipments that depart soon, or should have, and have no ASN; the most urgent first."""
    return list(
        session.exec(
            select(Shipment)
            .where(
                Shipment.shop_id == shop_of(session),
                text(NO_NOTICE),
                col(Shipment.reminded_at).is_not(None),
            )
            .order_by(col(Shipment.departs_at), col(Shipment.identifier))
            .limit(MOST)
        )
    )
