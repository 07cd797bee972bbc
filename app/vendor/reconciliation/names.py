"""What the match calls a disagreement, in the order in which a line's papers follow each other."""

from __future__ import annotations

DISAGREEMENTS = (
    "over_shipped",
    "short_received",
    "over_received",
    "price_variance",
    "duplicate_invoice",
    "overbilled",
    "unbilled",
    "deducted",
    "unplaced",
    "unexplained",
    "underpaid",
    "unpaid_overdue",
)
INVOICE_STATES = ("void", "unpaid", "partly_paid", "settled", "overpaid")
