"""The match: rows derived from the papers, never written by hand, and rebuilt whole from them.

Money of an invoice stands in exactly one place, so that, for each invoice and for each line,

    invoiced = paid + discounts + deducted - recovered + provision + outstanding

`paid` is what is left with us: a claim taken out of a later payment lowers it, its repayment raises
it again. A provision is timing and no loss.

A claim stands on the lines that Amazon's finance names for it, or on the only line there is. What it
names no line for is never spread: it stays with the invoice as `unplaced`, and so does what is
unexplained; the lines' `paid` is then what it would be without them.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from app.db import Table

DUE_LAST = "CASE WHEN due_at IS NULL THEN '9999-12-31Z'::timestamptz ELSE due_at END"
"""The order of due dates, those without one at the end.

No coalesce: PostgreSQL does not count it among what leaks nothing, so below row-level security a
condition on it would be no condition of an index.
"""


class ReconciliationLine(Table, table=True):
    """One purchase order line from ordered to paid. Units are eaches, amounts of one currency.

    Amounts of ordered, acknowledged, shipped and received are units at the order's cost; null where
    no cost is stated or it is not known what it is the cost of. A disagreement is named only once
    the time is over in which it may end by itself; until then `looks_again_at` says when that is.
    """

    __tablename__ = "reconciliation_line"
    __table_args__ = (
        Index("ix_reconciliation_line_ordered_at", "shop_id", "ordered_at", "region", "number"),
        Index(
            "ix_reconciliation_line_disagreement",
            "shop_id",
            "disagreement",
            "ordered_at",
            postgresql_where=text("disagreement IS NOT NULL"),
        ),
        Index(
            "ix_reconciliation_line_looks_again_at",
            "shop_id",
            "looks_again_at",
            postgresql_where=text("looks_again_at IS NOT NULL"),
        ),
        Index(
            "ix_reconciliation_line_not_invoiced",
            "shop_id",
            "ordered_at",
            postgresql_where=text("invoiced_units < received_units"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    vendor_code: str
    ordered_at: datetime
    currency: str | None = Field(default=None, max_length=3)
    ordered_units: int = Field(sa_type=Integer)
    acknowledged_units: int = Field(sa_type=Integer)
    shipped_units: int = Field(sa_type=Integer)
    received_units: int = Field(sa_type=Integer)
    invoiced_units: int = Field(sa_type=Integer)
    paid_units: int = Field(sa_type=Integer)
    deducted_units: int = Field(sa_type=Integer)
    recovered_units: int = Field(sa_type=Integer)
    outstanding_units: int = Field(sa_type=Integer)
    ordered: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    acknowledged: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    shipped: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    received: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    invoiced: Decimal = Field(max_digits=19, decimal_places=4, description="With its tax.")
    tax: Decimal = Field(max_digits=19, decimal_places=4)
    paid: Decimal = Field(max_digits=19, decimal_places=4)
    discounts: Decimal = Field(max_digits=19, decimal_places=4)
    deducted: Decimal = Field(max_digits=19, decimal_places=4)
    recovered: Decimal = Field(max_digits=19, decimal_places=4)
    provision: Decimal = Field(max_digits=19, decimal_places=4)
    outstanding: Decimal = Field(
        max_digits=19, decimal_places=4, description="Neither paid nor explained yet."
    )
    is_shared: bool = Field(
        description="Some of its discounts, provisions or open money is a share of its invoices'."
    )
    invoices: int = Field(sa_type=Integer)
    disagreement: str | None = Field(default=None, description="The first by name; null: none.")
    cause: str | None = Field(
        default=None, description="Amazon's own of the first disagreement, where it names one."
    )
    places: list[str] = Field(
        default_factory=list, sa_type=ARRAY(String), description="All of them."
    )
    looks_again_at: datetime | None = None
    restated_at: datetime


class ReconciliationInvoice(Table, table=True):
    """One numbered invoice or credit note of ours, and where its money is.

    `open` is still to come; `unexplained` is neither paid, nor explained by any paper, nor still to
    come: shown, never spread over lines or causes. A credit note's amounts are below zero.
    """

    __tablename__ = "reconciliation_invoice"
    __table_args__ = (
        Index("ix_reconciliation_invoice_dated_at", "shop_id", "dated_at", "invoice_id"),
        Index(
            "ix_reconciliation_invoice_open",
            "shop_id",
            text(f"({DUE_LAST})"),
            "invoice_id",
            postgresql_where=text("open > 0"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    invoice_id: int = Field(primary_key=True, sa_type=Integer)
    region: str
    number: str
    vendor_code: str
    dated_at: datetime
    due_at: datetime | None = Field(default=None, description="Amazon's, else by our terms.")
    currency: str = Field(max_length=3)
    total: Decimal = Field(max_digits=19, decimal_places=4)
    remitted: Decimal = Field(
        max_digits=19, decimal_places=4, description="Under its own number, before claims."
    )
    paid: Decimal = Field(max_digits=19, decimal_places=4, description="What is left of that.")
    quick_pay: Decimal = Field(max_digits=19, decimal_places=4)
    withheld: Decimal = Field(max_digits=19, decimal_places=4)
    shortage: Decimal = Field(max_digits=19, decimal_places=4)
    price: Decimal = Field(max_digits=19, decimal_places=4)
    chargeback: Decimal = Field(max_digits=19, decimal_places=4)
    other_deducted: Decimal = Field(max_digits=19, decimal_places=4)
    recovered: Decimal = Field(max_digits=19, decimal_places=4)
    shortage_recovered: Decimal = Field(
        max_digits=19, decimal_places=4, description="Of `recovered`."
    )
    price_recovered: Decimal = Field(max_digits=19, decimal_places=4, description="Of `recovered`.")
    provision: Decimal = Field(max_digits=19, decimal_places=4)
    unplaced_deducted: Decimal = Field(
        max_digits=19, decimal_places=4, description="Of what was deducted, that on no line."
    )
    unplaced_recovered: Decimal = Field(
        max_digits=19, decimal_places=4, description="Of `recovered`, that on no line."
    )
    placed: list[str] = Field(
        default_factory=list, sa_type=ARRAY(String), description="What of its claims is on lines."
    )
    open: Decimal = Field(max_digits=19, decimal_places=4)
    unexplained: Decimal = Field(max_digits=19, decimal_places=4)
    other_currency: bool = Field(
        description="Payments in another currency name it; they are not added here."
    )
    state: str = Field(description="void, unpaid, partly_paid, settled or overpaid")
    last_paid_at: datetime | None = None
    restated_at: datetime


class PaymentMatch(Table, table=True):
    """A payment's lines and the invoices they pay, where the payment itself names neither.

    Found by a rule, or said by a person where none found it.

    It counts for nothing until a person has confirmed it, and then stands above the payment's own
    words for as long as the payment says the same (`PaymentMatchPart`); nothing but a person ends it.
    """

    __tablename__ = "payment_match"
    __table_args__ = (
        CheckConstraint("state IN ('suggested', 'confirmed', 'refused')", name="state"),
        CheckConstraint(
            "rule IN ('same_number', 'exact', 'tolerance', 'one_to_many', 'many_to_one', 'by_hand')",
            name="rule",
        ),
        CheckConstraint("(state = 'suggested') = (decided_at IS NULL)", name="decided"),
        UniqueConstraint("shop_id", "digest"),
        Index("ix_payment_match_state", "shop_id", "state", "match_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    match_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    rule: str
    state: str = "suggested"
    currency: str = Field(max_length=3)
    difference: Decimal = Field(
        max_digits=19, decimal_places=4, description="Open of the invoices, less what was paid."
    )
    digest: str = Field(description="Of the lines, what they say, and the invoices.")
    made_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None


class PaymentMatchPart(Table, table=True):
    """What of one payment's line pays one invoice, beside what the line said when it was found.

    The parts of a line add up to it. It counts while the line says the same.
    """

    __tablename__ = "payment_match_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "match_id"],
            ["payment_match.shop_id", "payment_match.match_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(["shop_id", "invoice_id"], ["invoice.shop_id", "invoice.invoice_id"]),
        Index("ix_payment_match_part_line", "shop_id", "region", "payment_id", "position"),
        Index("ix_payment_match_part_invoice", "shop_id", "invoice_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    match_id: int = Field(primary_key=True, sa_type=Integer)
    part: int = Field(primary_key=True, sa_type=Integer)
    region: str
    payment_id: str
    payment_number: str | None = Field(
        default=None, description="By which the payment is known again under another key."
    )
    position: int = Field(sa_type=Integer)
    reference: str = Field(description="As the line said it.")
    paid: Decimal = Field(max_digits=19, decimal_places=4, description="As the line said it.")
    currency: str = Field(max_length=3)
    invoice_id: int = Field(sa_type=Integer)
    amount: Decimal = Field(max_digits=19, decimal_places=4)
    discount: Decimal = Field(max_digits=19, decimal_places=4)
    withheld: Decimal = Field(max_digits=19, decimal_places=4)


class ReconciliationDue(Table, table=True):
    """That a paper has changed since the match was written; the database's triggers say so.

    A purchase order line, or an invoice by its number. Only ever added to and taken away, so that
    writers of papers never wait for each other here.
    """

    __tablename__ = "reconciliation_due"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    due_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    region: str | None = None
    number: str | None = None
    line: str | None = None
    invoice_number: str | None = None
