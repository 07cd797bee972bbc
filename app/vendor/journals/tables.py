"""Which account of the shop's own books each part of an entry goes to."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, Integer, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


class JournalAccount(Table, table=True):
    """One part of an entry and its account, as the bookkeeping software names it."""

    __tablename__ = "journal_account"
    __table_args__ = (CheckConstraint("account <> ''", name="account"),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    part: str = Field(primary_key=True, description="One of app.vendor.journals.entries.PARTS.")
    account: str
    tax_rate: str | None = Field(default=None, description="Xero's name of it; null: its default.")
    changed_by: str
    changed_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class JournalSetting(Table, table=True):
    """What the layouts ask for beside accounts."""

    __tablename__ = "journal_setting"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    customer: str = Field(default="Amazon", description="QuickBooks' customer of the receivable.")
    journal: str = Field(
        default="Miscellaneous Operations", description="Odoo's journal of the entries."
    )
    tax_rate: str = Field(default="Tax Exempt", description="Xero's, where an account names none.")


class JournalExport(Table, table=True):
    """One file that went to the shop's books: which days, to which software, when and by whom."""

    __tablename__ = "journal_export"
    __table_args__ = (
        CheckConstraint("scope IN ('all', 'changes')", name="scope"),
        CheckConstraint("from_day <= to_day", name="days"),
        Index("ix_journal_export_days", "shop_id", "software", "currency", "from_day"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    export_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    software: str
    currency: str = Field(max_length=3)
    from_day: date
    to_day: date
    scope: str = Field(description="All entries of the days, or only what is other than before.")
    entries: int
    name: str
    media_type: str
    content: bytes = Field(sa_type=LargeBinary)
    exported_at: datetime
    exported_by: str


class JournalExported(Table, table=True):
    """One entry as the books have it: the sum of all that was exported of it. Empty: taken back."""

    __tablename__ = "journal_exported"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "export_id"], ["journal_export.shop_id", "journal_export.export_id"]
        ),
        Index("ix_journal_exported_day", "shop_id", "software", "currency", "day"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    software: str = Field(primary_key=True)
    currency: str = Field(primary_key=True, max_length=3)
    number: str = Field(primary_key=True)
    day: date
    path: str
    legs: dict[str, str] = Field(default_factory=dict, sa_type=JSONB, description="By part.")
    revision: int = Field(default=0, description="How often it was corrected.")
    export_id: int = Field(sa_type=Integer, description="The export that touched it last.")
