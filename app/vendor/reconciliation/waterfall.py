"""The waterfall: what was ordered, and where its units and its money have gone, step by step.

Every step is a sum over lines of one currency, and each opens into the lines it is a sum of: the same
condition chooses them. Between two totals stand the differences, so each total is the one above it
with the differences between added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.http import Answer, Money
from app.vendor.reconciliation import conservation
from app.vendor.reconciliation.names import DISAGREEMENTS
from app.vendor.reconciliation.unbilled import NotInvoiced, not_invoiced


class StepOf(NamedTuple):
    """How one step is computed: of units, of money, and whether it is a total or a difference."""

    units: str
    amount: str
    is_total: bool = False


def _less(after: str, before: str) -> StepOf:
    return StepOf(f"{after}_units - {before}_units", f"{after} - {before}")


STEPS: Mapping[str, StepOf] = {
    "ordered": StepOf("ordered_units", "ordered", True),
    "not_acknowledged": _less("acknowledged", "ordered"),
    "acknowledged": StepOf("acknowledged_units", "acknowledged", True),
    "not_shipped": _less("shipped", "acknowledged"),
    "shipped": StepOf("shipped_units", "shipped", True),
    "not_received": _less("received", "shipped"),
    "received": StepOf("received_units", "received", True),
    "not_invoiced": StepOf(
        "invoiced_units - received_units",
        "CASE WHEN received IS NULL THEN NULL"
        " WHEN received_units = 0 THEN invoiced - tax"
        " ELSE round(received / received_units * (invoiced_units - received_units), 4) END",
    ),
    "invoiced_otherwise": StepOf(
        "0",
        "CASE WHEN received IS NULL THEN NULL WHEN received_units = 0 THEN 0 ELSE invoiced - tax"
        " - received - round(received / received_units * (invoiced_units - received_units), 4) END",
    ),
    "tax": StepOf("0", "tax"),
    "invoiced": StepOf("invoiced_units", "invoiced", True),
    "discounts": StepOf("0", "-discounts"),
    "deducted": StepOf("-deducted_units", "-deducted"),
    "recovered": StepOf("recovered_units", "recovered"),
    "provision": StepOf("0", "-provision"),
    "outstanding": StepOf("-outstanding_units", "-outstanding"),
    "paid": StepOf("paid_units", "paid", True),
}

FILTERED = """
shop_id = :shop
  AND (CAST(:vendor_code AS text) IS NULL OR vendor_code = :vendor_code)
  AND (CAST(:since AS timestamptz) IS NULL OR ordered_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR ordered_at < :until)
"""


def _sums() -> str:
    columns = []
    for name, step in STEPS.items():
        columns.append(f"sum({step.units})::bigint AS {name}_units")
        columns.append(f"sum({step.amount}) AS {name}")
        columns.append(f"count(*) FILTER (WHERE {condition(name)}) AS {name}_lines")
    return ",\n".join(columns)


def condition(step: str) -> str:
    """Which lines stand behind a step."""
    one = STEPS[step]
    return f"({one.units} <> 0 OR coalesce({one.amount}, 0) <> 0)"


SUMS = f"""
SELECT currency, count(*) AS lines, count(*) FILTER (WHERE ordered IS NULL) AS unpriced,
{_sums()}
FROM reconciliation_line WHERE {FILTERED} GROUP BY currency ORDER BY currency NULLS LAST
"""
# Not spread over lines: it stands on the invoices alone.
UNEXPLAINED = """
SELECT currency, count(*) FILTER (WHERE unexplained <> 0) AS unexplained_invoices,
       sum(unexplained) AS unexplained,
       count(*) FILTER (WHERE unplaced_deducted <> unplaced_recovered) AS unplaced_invoices,
       sum(unplaced_deducted - unplaced_recovered) AS unplaced
FROM reconciliation_invoice
WHERE shop_id = :shop AND (unexplained <> 0 OR unplaced_deducted <> unplaced_recovered)
  AND (CAST(:vendor_code AS text) IS NULL OR vendor_code = :vendor_code)
GROUP BY currency
"""
DISAGREE = f"""
SELECT disagreement, count(*) AS lines FROM reconciliation_line
WHERE {FILTERED} AND disagreement IS NOT NULL GROUP BY disagreement
"""
WAITING = "SELECT EXISTS (SELECT FROM reconciliation_due WHERE shop_id = :shop)"


class WaterfallStep(Answer):
    """One step; a total, or a difference to the total above. Null: nothing states a cost."""

    step: str
    is_total: bool
    units: int
    amount: Money | None
    lines: int


class CurrencyWaterfall(Answer):
    """The steps of all lines in one currency; null: of lines that state none.

    `unpriced` lines state no cost, so they are in units alone. `unexplained`, and `unplaced` claims
    whose lines nobody names, stand on invoices of any day and are never spread: `paid` here is less
    `unplaced` and `unexplained` what came.
    """

    currency: str | None
    lines: int
    unpriced: int
    unexplained: Money | None
    unexplained_invoices: int
    unplaced: Money | None
    unplaced_invoices: int
    steps: list[WaterfallStep]


class DisagreementCount(Answer):
    """How many lines disagree first by this name."""

    disagreement: str
    lines: int


class Waterfall(Answer):
    """Where everything has gone. `agrees` is the green light: no line disagrees, nothing is
    unexplained, nothing that was received waits too long for its invoice, and every unit and cent
    stands in one place; `broken` names the checks of the last audit by which it does not. `waits`:
    papers have come that are not matched yet."""

    agrees: bool
    broken: list[str]
    waits: bool
    disagreements: list[DisagreementCount]
    not_invoiced: list[NotInvoiced]
    data: list[CurrencyWaterfall]


def waterfall(session: Session, filters: Mapping[str, Any]) -> Waterfall:
    """The waterfall of the lines that these filters leave, currency by currency."""
    asked = dict(filters) | {"shop": shop_of(session)}
    counts = {row.disagreement: row.lines for row in session.execute(text(DISAGREE), asked)}
    unexplained = {row.currency: row for row in session.execute(text(UNEXPLAINED), asked)}
    data = []
    for row in session.execute(text(SUMS), asked).mappings():
        currency = row["currency"]
        strange = unexplained.get(currency)
        data.append(
            CurrencyWaterfall(
                currency=currency,
                lines=row["lines"],
                unpriced=row["unpriced"],
                unexplained=_some(strange.unexplained if strange else None, currency),
                unexplained_invoices=strange.unexplained_invoices if strange else 0,
                unplaced=_some(strange.unplaced if strange else None, currency),
                unplaced_invoices=strange.unplaced_invoices if strange else 0,
                steps=[
                    WaterfallStep(
                        step=name,
                        is_total=step.is_total,
                        units=row[f"{name}_units"] or 0,
                        amount=_money(row[name], currency),
                        lines=row[f"{name}_lines"],
                    )
                    for name, step in STEPS.items()
                ],
            )
        )
    broken = conservation.broken(session)
    missing = not_invoiced(session, filters)
    is_late = any(one.late_lines for one in missing)
    return Waterfall(
        agrees=not counts and not unexplained and not broken and not is_late,
        broken=broken,
        waits=bool(session.execute(text(WAITING), asked).scalar()),
        disagreements=[
            DisagreementCount(disagreement=name, lines=counts[name])
            for name in DISAGREEMENTS
            if name in counts
        ],
        not_invoiced=missing,
        data=data,
    )


def _some(amount: Any, currency: str | None) -> Money | None:
    return _money(amount, currency) if amount else None


def _money(amount: Any, currency: str | None) -> Money | None:
    if amount is None or currency is None:
        return None
    return Money(amount=amount, currency=currency)
