"""Papers of ours that no API carries: a person types them into Vendor Central or sends a file.

Such a paper is made, checked, numbered and booked like any other; it stands as `waiting` without a
message until somebody says that Amazon has it now, and how.
"""

from __future__ import annotations

from typing import Literal

from sqlmodel import Session, col, select

from app.db import database_time
from app.errors import Refused
from app.vendor.invoice_tables import Invoice
from app.vendor.orders import are_by_file, locked_orders
from app.vendor.promises import restate
from app.vendor.shipping.sending import taken
from app.vendor.tables import Acknowledgement, PurchaseOrder, Shipment

How = Literal["hand", "file"]


def hand_over(
    session: Session, paper: Acknowledgement | Shipment | Invoice, how: How, *, actor: str
) -> None:
    """Notes that a person has brought this locked paper to Amazon: typed by hand, or sent as a file.

    Raises Refused 409 for a paper that an API carries, or that was handed over before.
    """
    if not paper.waits_for_a_person:
        raise Refused(
            "nothing_to_hand_over",
            "Nobody has to hand this over: it was handed over before, or the API carries it.",
            status=409,
        )
    paper.handed_over_how, paper.handed_over_by = how, actor
    if isinstance(paper, Shipment):
        paper.sent_at = None
        taken(session, paper)
        return
    paper.state, paper.sent_at, paper.error = "accepted", database_time(), None
    session.add(paper)
    session.flush()
    if isinstance(paper, Acknowledgement):
        _close(session, paper)


def latest_acknowledgement(session: Session, order: PurchaseOrder) -> Acknowledgement:
    """The newest acknowledgement of a locked order, locked. Raises Refused 404 where there is none."""
    found = session.exec(
        select(Acknowledgement)
        .where(
            Acknowledgement.shop_id == order.shop_id,
            Acknowledgement.region == order.region,
            Acknowledgement.number == order.number,
        )
        .order_by(col(Acknowledgement.acknowledgement_id).desc())
        .limit(1)
        .with_for_update()
    ).first()
    if found is None:
        raise Refused("not_found", "This order has not been acknowledged.", status=404)
    return found


def reopen(session: Session, paper: Acknowledgement) -> None:
    """Counts the order of a failed paper as new again, unless another one stands.

    Only where no API says how the order stands.
    """
    order = locked_orders(session, paper.region, [paper.number])[paper.number]
    standing = session.exec(
        select(Acknowledgement.acknowledgement_id).where(
            Acknowledgement.shop_id == paper.shop_id,
            Acknowledgement.region == paper.region,
            Acknowledgement.number == paper.number,
            Acknowledgement.state == "accepted",
        )
    ).first()
    if standing is None and order.state == "Acknowledged" and are_by_file(session, [order]):
        order.state = "New"
        session.add(order)


def _close(session: Session, paper: Acknowledgement) -> None:
    order = locked_orders(session, paper.region, [paper.number])[paper.number]
    if order.state == "New":
        order.state = "Acknowledged"
    session.add(order)
    restate(session, [order], actor=paper.handed_over_by or "system")
