"""Files that were brought in, each with its choices and what became of it; headings confirmed before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, Integer, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


class FileImport(Table, table=True):
    """One file: looked at, then taken, then perhaps undone. The file itself is kept as evidence."""

    __tablename__ = "file_import"
    __table_args__ = (
        CheckConstraint(
            "state IN ('preview', 'applying', 'applied', 'undoing', 'undone', 'discarded')",
            name="state",
        ),
        CheckConstraint("done >= 0 AND total >= 0", name="progress"),
        Index("ix_file_import_made_at", "shop_id", "made_at", "import_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    import_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    kind: str
    name: str = Field(description="As the file was called.")
    sha256: str
    size: int = Field(sa_type=Integer, description="Bytes.")
    content: bytes = Field(sa_type=LargeBinary, repr=False)
    state: str = "preview"
    choices: dict[str, Any] = Field(
        default_factory=dict,
        sa_type=JSONB,
        description="columns, region, currency, date_order, decimal_mark, encoding, sheet",
    )
    total: int = Field(default=0, sa_type=Integer, description="Papers in it.")
    done: int = Field(default=0, sa_type=Integer, description="Papers taken or undone so far.")
    faults: int = Field(default=0, sa_type=Integer)
    outcome: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, description="Papers by what became of them."
    )
    made_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    made_by: str
    applied_at: datetime | None = None
    applied_by: str | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None


class FileHeading(Table, table=True):
    """A heading of a file, and the field that a person of this shop confirmed it to be."""

    __tablename__ = "file_heading"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    kind: str = Field(primary_key=True)
    heading: str = Field(primary_key=True)
    field: str
