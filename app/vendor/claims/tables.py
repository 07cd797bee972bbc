"""Claims as Vendor Central's exports show them; of each the newest file has the last word."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer
from sqlmodel import Field

from app.db import Table

KINDS = ("chargeback", "return", "dispute")


class ClaimPaper(Table, table=True):
    """One row of an export, as one file says it.

    A chargeback by its Issue ID, a return by its Return ID, a dispute by its case; `part` tells rows
    of one number apart. `base` is the deduction's reference that the invoice's number names.
    """

    __tablename__ = "claim_paper"
    __table_args__ = (
        CheckConstraint("kind IN ('chargeback', 'return', 'dispute')", name="kind"),
        Index("ix_claim_paper_import", "shop_id", "import_id"),
        Index("ix_claim_paper_base", "shop_id", "region", "base"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    part: str = Field(primary_key=True)
    import_id: int = Field(primary_key=True, sa_type=Integer)
    digest: str
    invoice_number: str | None = Field(default=None, description="As the export writes it.")
    base: str | None = None
    purchase_order: str | None = None
    asin: str | None = None
    vendor_code: str | None = None
    type: str | None = Field(default=None, description="Why, in the export's words.")
    subtype: str | None = None
    status: str | None = None
    is_resolved: bool = False
    units: int | None = Field(default=None, sa_type=Integer)
    amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    approved: Decimal | None = Field(
        default=None,
        max_digits=19,
        decimal_places=4,
        description="Of a dispute: what Amazon grants.",
    )
    currency: str = Field(max_length=3)
    notified_at: datetime | None = None
    dispute_by: datetime | None = Field(default=None, description="The end of the last day.")
    taken_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
