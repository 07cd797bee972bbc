"""What deductions leave open, stated as discrepancies: one for each that is worth working."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.inventory import discrepancies
from app.inventory.discrepancies import EVERYTHING, Finding, Scope
from app.inventory.kinds import Kind, register
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import clocks

# A provision is timing and no loss: it is a finding only when it stands longer than its clock says.
STATED = {
    "shortage_claim": "shortage_claim",
    "price_claim": "price_claim",
    "chargeback": "chargeback",
    "price_protection": "price_protection",
    "provision": "provision_unreversed",
    "unknown": "deduction_unknown",
}

register(
    Kind(
        "shortage_claim",
        {"en": "Shortage claim", "zh-CN": "短缺索赔"},
        {
            "en": "Amazon has taken money for units that it says it did not receive.",
            "zh-CN": "亚马逊称未收到部分货物并扣除了货款。",
        },
        group="deduction",
    ),
    Kind(
        "price_claim",
        {"en": "Price claim", "zh-CN": "价格索赔"},
        {
            "en": "Amazon has paid less for each unit than was invoiced.",
            "zh-CN": "亚马逊按低于发票的单价付款。",
        },
        group="deduction",
    ),
    Kind(
        "chargeback",
        {"en": "Chargeback", "zh-CN": "违规扣款"},
        {
            "en": "Amazon charges for a promise that it says was broken.",
            "zh-CN": "亚马逊以违反供货要求为由扣款。",
        },
        group="deduction",
    ),
    Kind(
        "price_protection",
        {"en": "Price protection", "zh-CN": "价格保护"},
        {
            "en": "Amazon charges the difference after a cost was lowered.",
            "zh-CN": "成本下调后亚马逊收取差价。",
        },
        group="deduction",
    ),
    Kind(
        "provision_unreversed",
        {"en": "Provision not given back", "zh-CN": "暂扣款未退还"},
        {
            "en": "Amazon holds money back longer than it usually does.",
            "zh-CN": "亚马逊的暂扣款超过了通常的期限仍未退还。",
        },
        group="deduction",
    ),
    Kind(
        "deduction_unknown",
        {"en": "Unknown deduction", "zh-CN": "未知扣款"},
        {
            "en": "Money was taken, and neither its number nor Amazon's words say why.",
            "zh-CN": "发生扣款,但编号和亚马逊的说明都无法判断原因。",
        },
        group="deduction",
    ),
)


def state(session: Session, numbers: Sequence[str] | None) -> None:
    """States what stands open of these numbers (None: of all) in the queue of discrepancies."""
    wanted = select(Deduction).where(
        Deduction.shop_id == shop_of(session),
        col(Deduction.kind).in_(STATED),
        col(Deduction.taken) > col(Deduction.recovered),
    )
    scope = EVERYTHING
    if numbers is not None:
        if not numbers:
            return
        wanted = wanted.where(col(Deduction.reference).in_(numbers))
        scope = Scope(
            "known.subject ->> 'reference' = ANY(CAST(:within AS text[]))",
            {"within": sorted(set(numbers))},
        )
    rows = session.exec(wanted.execution_options(populate_existing=True)).all()
    dates = clocks.dates_of(session, rows)
    now = database_time()
    found = []
    for row in rows:
        window = clocks.window_of(row, dates.get((row.region, row.invoice_number or "")))
        if row.kind == "provision" and (window is None or now < window.opens_at):
            continue
        found.append(_finding(row, window.closes_at if window else None))
    discrepancies.restate(session, set(STATED.values()), scope, found)


def _finding(row: Deduction, deadline: datetime | None) -> Finding:
    subject = {
        "region": row.region,
        "reference": row.reference,
        "deduction": row.kind,
        "currency": row.currency,
        "invoice": row.invoice_number,
        "number": row.purchase_order,
        "line": row.line,
    }
    amount: Decimal = row.taken - row.recovered
    return Finding(
        STATED[row.kind],
        f"{row.region}:{row.reference}:{row.currency}",
        {name: value for name, value in subject.items() if value is not None},
        units=row.units,
        amount=amount,
        currency=row.currency,
        cause=row.cause,
        deadline=deadline,
    )
