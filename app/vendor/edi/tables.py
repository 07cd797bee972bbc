"""How each vendor code exchanges X12, the next control number of each pair, and every file written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


def _now() -> datetime:
    return datetime.now(UTC)


class X12Partner(Table, table=True):
    """What a vendor code's interchanges name: who sends, who receives, version, separators."""

    __tablename__ = "x12_partner"
    __table_args__ = (
        CheckConstraint("version ~ '^00[0-9]{4}$'", name="version"),
        CheckConstraint(
            "element_separator <> component_separator"
            " AND element_separator <> segment_separator"
            " AND component_separator <> segment_separator",
            name="separators",
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    vendor_code: str = Field(primary_key=True)
    own_qualifier: str = Field(default="ZZ", max_length=2, description="ISA05")
    own_id: str = Field(max_length=15, description="ISA06")
    own_group_id: str | None = Field(default=None, max_length=15, description="GS02; else own_id.")
    partner_qualifier: str = Field(default="ZZ", max_length=2, description="ISA07")
    partner_id: str = Field(max_length=15, description="ISA08")
    partner_group_id: str | None = Field(
        default=None, max_length=15, description="GS03; else partner_id."
    )
    version: str = Field(default="004010", description="GS08")
    element_separator: str = Field(default="*", max_length=1)
    component_separator: str = Field(default=">", max_length=1)
    segment_separator: str = Field(default="~", max_length=1)
    is_test: bool = Field(default=True, description="ISA15: T or P.")
    changed_at: datetime = Field(default_factory=_now)
    changed_by: str = ""

    @property
    def own(self) -> str:
        """Us, as a pair's control numbers are kept by."""
        return f"{self.own_qualifier}:{self.own_id}"

    @property
    def partner(self) -> str:
        """The other side, as a pair's control numbers are kept by."""
        return f"{self.partner_qualifier}:{self.partner_id}"


class X12Control(Table, table=True):
    """The next control number from us to a partner; it only grows, so no number is used twice."""

    __tablename__ = "x12_control"
    __table_args__ = (
        CheckConstraint("next_number > 0 AND next_number <= 1000000000", name="next_number"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    own: str = Field(primary_key=True)
    partner: str = Field(primary_key=True)
    next_number: int = Field(default=1, sa_type=Integer)


class X12File(Table, table=True):
    """One interchange that we wrote: one group with one paper, all by one control number."""

    __tablename__ = "x12_file"
    __table_args__ = (
        UniqueConstraint("shop_id", "own", "partner", "number"),
        CheckConstraint("type IN ('855', '856', '810', '997')", name="type"),
        CheckConstraint("verdict IN ('accepted', 'with_errors', 'rejected')", name="verdict"),
        CheckConstraint("(verdict IS NULL) = (verdict_at IS NULL)", name="verdict_at"),
        Index("ix_x12_file_reference", "shop_id", "type", "region", "reference"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    file_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    own: str
    partner: str
    number: int = Field(sa_type=Integer, description="ISA13, GS06 and ST02.")
    type: str
    region: str
    reference: str = Field(description="The paper: an acknowledgement, shipment, invoice or file.")
    title: str = Field(description="What a person knows the paper by.")
    revision: int = Field(default=1, sa_type=Integer, description="Of the paper, as it was then.")
    content: bytes = Field(sa_type=LargeBinary, repr=False)
    written_at: datetime = Field(default_factory=_now)
    written_by: str
    verdict: str | None = None
    verdict_at: datetime | None = None
    verdict_import_id: int | None = Field(default=None, sa_type=Integer)
    errors: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=JSONB,
        description="segment, place, element, code, value, written",
    )
