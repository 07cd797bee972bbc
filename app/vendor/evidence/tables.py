"""Papers kept as evidence; the same content is kept once in a shop."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, Identity, Index, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field

from app.db import Table

TYPES = (
    "bol",
    "pod",
    "packing_list",
    "asn",
    "weight_ticket",
    "photo",
    "purchase_order",
    "acknowledgement",
    "invoice",
    "appointment",
    "label",
    "other",
)


def _now() -> datetime:
    return datetime.now(UTC)


class Evidence(Table, table=True):
    """One paper with what it is about. `text` is what it can be found by."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(f"type IN {TYPES!r}", name="type"),
        UniqueConstraint("shop_id", "sha256"),
        UniqueConstraint("shop_id", "made_from"),
        Index("ix_evidence_shipment", "shop_id", "shipment"),
        Index("ix_evidence_purchase_order", "shop_id", "purchase_order"),
        Index("ix_evidence_invoice", "shop_id", "invoice_number"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    evidence_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    type: str
    name: str
    media_type: str = "application/octet-stream"
    sha256: str = Field(max_length=64)
    size: int = Field(sa_type=Integer, description="In bytes.")
    content: bytes = Field(sa_type=LargeBinary, repr=False)
    text: str = ""
    region: str | None = None
    shipment: str | None = Field(default=None, description="Identifier of the shipment.")
    purchase_order: str | None = None
    invoice_number: str | None = None
    carrier_reference: str | None = None
    made_from: str | None = Field(
        default=None, description="The paper of ours it is a copy of; null: brought by a person."
    )
    added_at: datetime = Field(default_factory=_now)
    added_by: str
