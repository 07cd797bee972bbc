"""Which account of the shop's own books each part of an entry goes to."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, Integer
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
