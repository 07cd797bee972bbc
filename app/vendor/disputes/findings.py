"""What deductions leave open, stated as discrepancies: one for each that is worth working."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.inventory import discrepancies
from app.inventory.discrepancies import EVERYTHING, Finding, Scope
from app.inventory.kinds import Kind, register
from app.vendor.co_op import recomputing
from app.vendor.co_op.tables import CoOpAgreement
from app.vendor.deductions import quick_pay
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import clocks
from app.vendor.disputes.classifying import classify

# A provision is timing and no loss: it is a finding only when it stands longer than its clock says.
STATED = {
    "shortage_claim": "shortage_claim",
    "price_claim": "price_claim",
    "chargeback": "chargeback",
    "price_protection": "price_protection",
    "provision": "provision_unreversed",
    "unknown": "deduction_unknown",
}
AUDITED = ("late_quick_pay", "quick_pay_excess", "coop_overcharge", "coop_unagreed")
KINDS = {*STATED.values(), *AUDITED}
"""Our own word for a shortage that the truck explains, where Amazon gives no cause."""

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
    Kind(
        "late_quick_pay",
        {"en": "Discount taken late", "zh-CN": "逾期仍扣折扣"},
        {
            "en": "Amazon has taken the quick-pay discount after its days had passed.",
            "zh-CN": "亚马逊在提前付款期限之后仍扣除了折扣。",
        },
        group="deduction",
    ),
    Kind(
        "quick_pay_excess",
        {"en": "Discount too large", "zh-CN": "折扣多扣"},
        {
            "en": "Amazon has taken more discount than the terms give on what stands invoiced.",
            "zh-CN": "亚马逊扣除的折扣多于付款条件所允许的金额。",
        },
        group="deduction",
    ),
    Kind(
        "coop_overcharge",
        {"en": "Co-op over-charge", "zh-CN": "合作费多扣"},
        {
            "en": "A co-op charge is more than its agreement gives.",
            "zh-CN": "合作费扣款超过协议约定的金额。",
        },
        group="deduction",
    ),
    Kind(
        "coop_unagreed",
        {"en": "Co-op without an agreement", "zh-CN": "没有协议的合作费"},
        {
            "en": "A co-op charge belongs to no agreement that has been entered.",
            "zh-CN": "合作费扣款没有对应的已录入协议。",
        },
        group="deduction",
    ),
)


def state(session: Session, numbers: Sequence[str] | None) -> None:
    """States what stands open of these numbers (None: of all) in the queue of discrepancies."""
    wanted = select(Deduction).where(
        Deduction.shop_id == shop_of(session),
        col(Deduction.kind).in_((*STATED, "quick_pay", "co_op")),
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
    claims = [row for row in rows if row.kind in STATED]
    found = [
        *_claims(session, claims),
        *_quick_pay(session, [row for row in rows if row.kind == "quick_pay"]),
        *_co_op(session, [row for row in rows if row.kind == "co_op"]),
    ]
    discrepancies.restate(session, KINDS, scope, found)


def state_all(session: Session, kind: str) -> None:
    """States anew what stands of every deduction of one kind, when what it is judged by changed."""
    numbers = session.exec(
        select(Deduction.reference).where(
            Deduction.shop_id == shop_of(session), Deduction.kind == kind
        )
    ).all()
    state(session, sorted(set(numbers)))


def _claims(session: Session, rows: Sequence[Deduction]) -> Iterator[Finding]:
    dates = clocks.dates_of(session, rows)
    now = database_time()
    for row, judged in zip(rows, classify(session, rows), strict=True):
        window = clocks.window_of(row, dates.get((row.region, row.invoice_number or "")))
        if row.kind == "provision" and (window is None or now < window.opens_at):
            continue
        yield _finding(
            STATED[row.kind],
            row,
            row.taken - row.recovered,
            cause=judged.cause,
            deadline=window.closes_at if window else None,
        )


def _quick_pay(session: Session, rows: Sequence[Deduction]) -> Iterator[Finding]:
    for row, one in zip(rows, quick_pay.audit(session, rows), strict=True):
        if one.verdict in ("late", "too_much"):
            kind = "late_quick_pay" if one.verdict == "late" else "quick_pay_excess"
            yield _finding(kind, row, one.wrong)


def _co_op(session: Session, rows: Sequence[Deduction]) -> Iterator[Finding]:
    """A shop that has entered no agreement has asked nothing of its charges."""
    if not rows or not _has_agreements(session):
        return
    for one in recomputing.recompute(session, rows):
        if one.verdict == "over":
            yield _finding("coop_overcharge", one.row, one.wrong)
        elif one.verdict == "no_agreement":
            yield _finding("coop_unagreed", one.row, one.charged)


def _has_agreements(session: Session) -> bool:
    wanted = select(CoOpAgreement.agreement_id).where(CoOpAgreement.shop_id == shop_of(session))
    return session.exec(wanted.limit(1)).first() is not None


def _finding(
    kind: str,
    row: Deduction,
    amount: Decimal,
    *,
    cause: str | None = None,
    deadline: datetime | None = None,
) -> Finding:
    subject = {
        "region": row.region,
        "reference": row.reference,
        "deduction": row.kind,
        "currency": row.currency,
        "invoice": row.invoice_number,
        "number": row.purchase_order,
        "line": row.line,
    }
    return Finding(
        kind,
        f"{row.region}:{row.reference}:{row.currency}",
        {name: value for name, value in subject.items() if value is not None},
        units=row.units,
        amount=amount,
        currency=row.currency,
        cause=cause,
        deadline=deadline,
    )
