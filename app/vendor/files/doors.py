"""The door of each kind of file: how it is read, compared with the books, taken and undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from sqlmodel import Session

from app.vendor.files import (
    bank_door,
    claim_door,
    cost_door,
    invoice_door,
    order_door,
    remittance_door,
    shipment_door,
    verdict_door,
)
from app.vendor.files.kinds import (
    AGREED_COSTS,
    BANK_LINES,
    CHARGEBACKS,
    DISPUTES,
    FUNCTIONAL_ACKNOWLEDGEMENTS,
    INVOICES,
    PURCHASE_ORDER_STATUS,
    PURCHASE_ORDERS,
    REMITTANCES,
    RETURNS,
    SHIPMENTS,
)
from app.vendor.files.paper import Paper, Preview
from app.vendor.files.tables import FileImport
from app.vendor.x12.envelope import X12Error, is_x12, read


class Door(Protocol):
    """What a kind of file can do. Every step may run twice, and sees what came before it."""

    CAN_UNDO: bool

    def stated(self, kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Any]]:
        """What the file says, paper by paper; reads the file alone."""

    def outcomes(self, session: Session, kept: FileImport, stated: Sequence[Any]) -> list[Paper]:
        """What taking the file does with each of these papers; writes nothing."""

    def take(self, session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
        """Takes these papers, in the caller's transaction."""

    def undo_some(self, session: Session, kept: FileImport) -> None:
        """Takes some papers back, and marks the file as undone when there are no more."""


DOORS: dict[str, Door] = {
    PURCHASE_ORDERS: cast(Door, order_door),
    PURCHASE_ORDER_STATUS: cast(Door, order_door),
    SHIPMENTS: cast(Door, shipment_door),
    INVOICES: cast(Door, invoice_door),
    REMITTANCES: cast(Door, remittance_door),
    BANK_LINES: cast(Door, bank_door),
    CHARGEBACKS: cast(Door, claim_door),
    RETURNS: cast(Door, claim_door),
    DISPUTES: cast(Door, claim_door),
    AGREED_COSTS: cast(Door, cost_door),
    FUNCTIONAL_ACKNOWLEDGEMENTS: cast(Door, verdict_door),
}


BY_TYPE = {"997": FUNCTIONAL_ACKNOWLEDGEMENTS, "820": REMITTANCES}
"""Papers of X12 that are not orders."""


def keepable(session: Session, kind: str, content: bytes, known: Mapping[str, str]) -> bytes:
    """What of a file may be stored: a bank statement names people, so only Amazon's lines of it.

    Raises Refused where that is nothing.
    """
    return bank_door.reduced(session, content, known) if kind == BANK_LINES else content


def door_of(kind: str) -> Door:
    """The door that files of this kind come by."""
    return DOORS[kind]


def kind_of(chosen: str, content: bytes) -> str:
    """The kind of a file: X12 says itself what it is, of others a person does."""
    if not is_x12(content):
        return chosen
    try:
        types = {
            paper.type
            for interchange in read(content)
            for group in interchange.groups
            for paper in group.transactions
        }
    except X12Error:
        return PURCHASE_ORDERS  # read again where its faults are shown
    return BY_TYPE.get(next(iter(types)), PURCHASE_ORDERS) if len(types) == 1 else PURCHASE_ORDERS
