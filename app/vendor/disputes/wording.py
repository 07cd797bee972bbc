"""The words of a case, in English and Chinese, ready to be pasted into Vendor Central."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.vendor.deductions.views import VarianceView
from app.vendor.disputes.netting import Netting
from app.vendor.disputes.standing import Standing
from app.vendor.disputes.tables import Dispute

LANGUAGES = ("en", "zh-CN")
KINDS = {
    "shortage_claim": ("shortage claim", "短缺索赔"),
    "price_claim": ("price claim", "价格索赔"),
    "chargeback": ("chargeback", "违规扣款"),
    "co_op": ("co-op charge", "合作费扣款"),
    "return": ("return charge", "退货扣款"),
    "price_protection": ("price protection charge", "价格保护扣款"),
    "provision": ("provision", "暂扣款"),
    "quick_pay": ("quick-pay discount", "提前付款折扣"),
    "withholding": ("withholding", "代扣税款"),
    "unknown": ("deduction", "扣款"),
}
PAPERS = {
    "bol": ("bill of lading", "提单(BOL)"),
    "pod": ("proof of delivery", "签收单(POD)"),
    "packing_list": ("packing list", "装箱单"),
    "asn": ("ASN", "发货通知(ASN)"),
    "weight_ticket": ("weight ticket", "磅单"),
    "photo": ("photo", "照片"),
    "purchase_order": ("purchase order", "采购订单"),
    "acknowledgement": ("acknowledgement", "订单确认"),
    "invoice": ("invoice copy", "发票副本"),
    "appointment": ("delivery appointment", "送货预约"),
    "label": ("labels", "标签"),
    "other": ("other paper", "其他单据"),
}


@dataclass(frozen=True)
class Facts:
    """What a case says: figures and numbers only, no person's data. Days are those of `zone`."""

    kind: str
    reference: str
    invoice: str | None
    orders: tuple[str, ...]
    cause: str | None
    units: int | None
    amount: Decimal
    currency: str
    taken: Decimal
    recovered: Decimal
    steps: tuple[tuple[datetime, str, str, Decimal], ...]
    papers: tuple[tuple[str, str | None], ...]
    netting: Netting | None
    variances: tuple[VarianceView, ...]
    attempt: int
    case_before: str | None
    note: str
    zone: ZoneInfo


def facts(
    dispute: Dispute,
    found: Standing,
    netted: Netting | None,
    variances: Sequence[VarianceView],
    zone: ZoneInfo,
) -> Facts:
    """The facts of a dispute as they stand, its days those of the shop's zone."""
    row = found.row
    before = [one for one in found.counted if one.attempt < dispute.attempt and one.case_number]
    return Facts(
        kind=row.kind,
        reference=row.reference,
        invoice=row.invoice_number,
        orders=found.orders,
        cause=row.cause,
        units=row.units,
        amount=dispute.amount,
        currency=row.currency,
        taken=row.taken,
        recovered=row.recovered,
        steps=tuple(
            (
                datetime.fromisoformat(step["at"]).astimezone(zone),
                str(step["reference"]),
                str(step["payment"] or step["payment_id"]),
                -Decimal(step["taken"]),
            )
            for step in row.steps
        ),
        papers=found.attached,
        netting=netted,
        variances=tuple(variances),
        attempt=dispute.attempt,
        case_before=before[-1].case_number if before else None,
        note=dispute.note,
        zone=zone,
    )


def money(amount: Decimal, currency: str) -> str:
    """An amount as it is written in a case: two places at least, no more than are there."""
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f} {currency}"


def case_text(said: Facts, language: str) -> str:
    """The text of a case. Raises KeyError for another language than English or Chinese."""
    return {"en": _english, "zh-CN": _chinese}[language](said)


def _english(said: Facts) -> str:
    lines = [
        f"Dispute of {KINDS[said.kind][0]} {said.reference}",
        "",
        f"We ask for {money(said.amount, said.currency)} back.",
    ]
    if said.attempt > 1:
        before = f", after case {said.case_before}" if said.case_before else ""
        lines.append(f"This is our dispute number {said.attempt}{before}.")
    lines.append("")
    lines += _told("Invoice", said.invoice)
    lines += _told("Purchase order", ", ".join(said.orders))
    lines += _told("Cause stated by Amazon", said.cause)
    lines += _told("Units in question", said.units)
    lines += [
        "",
        f"Deducted and given back so far (days in {said.zone.key} time):",
        *_steps(said, "deducted", "given back"),
        f"- in all deducted {money(said.taken, said.currency)},"
        f" given back {money(said.recovered, said.currency)}",
    ]
    lines += _argued(said, ENGLISH)
    if said.papers:
        lines += ["", "Attached: " + ", ".join(_attached(said, 0)) + "."]
    if said.note:
        lines += ["", said.note]
    return "\n".join(lines)


def _chinese(said: Facts) -> str:
    lines = [
        f"关于{KINDS[said.kind][1]} {said.reference} 的争议",
        "",
        f"我方请求退还 {money(said.amount, said.currency)}。",
    ]
    if said.attempt > 1:
        before = f",前次个案编号 {said.case_before}" if said.case_before else ""
        lines.append(f"这是我方第 {said.attempt} 次提出争议{before}。")
    lines.append("")
    lines += _told("发票", said.invoice, ":")
    lines += _told("采购订单", "、".join(said.orders), ":")
    lines += _told("亚马逊所述原因", said.cause, ":")
    lines += _told("涉及数量", said.units, ":")
    lines += [
        "",
        f"截至目前的扣款与退还(日期按 {said.zone.key} 时区):",
        *_steps(said, "扣款", "退还"),
        f"- 合计扣款 {money(said.taken, said.currency)},"
        f"已退还 {money(said.recovered, said.currency)}",
    ]
    lines += _argued(said, CHINESE)
    if said.papers:
        lines += ["", "附件:" + "、".join(_attached(said, 1)) + "。"]
    if said.note:
        lines += ["", said.note]
    return "\n".join(lines)


def _told(name: str, value: object, colon: str = ": ") -> list[str]:
    return [f"{name}{colon}{value}"] if value not in (None, "", ()) else []


def _attached(said: Facts, language: int) -> list[str]:
    """Every paper of the pack: by its kind and how many, other papers by their names."""
    counted = Counter(kind for kind, _ in said.papers if kind != "other")
    named = [
        f"{PAPERS[kind][language]} ({count})" if count > 1 else PAPERS[kind][language]
        for kind, count in counted.items()
    ]
    return named + [name or PAPERS[kind][language] for kind, name in said.papers if kind == "other"]


def _steps(said: Facts, taken: str, back: str) -> list[str]:
    return [
        f"- {at:%Y-%m-%d} {payment} {reference}"
        f" {back if amount > 0 else taken} {money(abs(amount), said.currency)}"
        for at, reference, payment, amount in said.steps
    ]


@dataclass(frozen=True)
class Arguments:
    """What is argued, in one language."""

    shortage: str
    netted: Callable[[Netting], str]
    carried: Callable[[str, str, str, int, int], str]
    price: str
    chargeback: str
    variance: Callable[[VarianceView], str]


ENGLISH = Arguments(
    shortage="The goods left complete and were delivered; the papers attached show it.",
    netted=lambda net: (
        f"Of {net.short} units that you booked short, {net.explained} were booked by your receiving"
        " on other lines of the same truck. Please correct the receipts:"
    ),
    carried=lambda number, line, asin, shipped, received: (
        f"- {number} line {line} {asin}: shipped {shipped}, received {received}"
    ),
    price="The invoice has the cost of the purchase order as it was sent and acknowledged.",
    chargeback="The times and papers attached show that the requirement was met.",
    variance=lambda one: (
        f"- {one.purchase_order} line {one.line} {one.asin or ''}: invoiced {one.units},"
        f" matched {'?' if one.matched_units is None else one.matched_units}"
        f" ({', '.join(one.causes) or one.type})"
    ),
)
CHINESE = Arguments(
    shortage="货物已足额发出并送达,详见所附单据。",
    netted=lambda net: (
        f"贵方记录短缺的 {net.short} 件中,有 {net.explained} 件被收货方记在同车的其他订单行上,"
        "请更正收货记录:"
    ),
    carried=lambda number, line, asin, shipped, received: (
        f"- {number} 第 {line} 行 {asin}:发货 {shipped},收货 {received}"
    ),
    price="发票单价与已发送并确认的采购订单一致。",
    chargeback="所附时间记录与单据表明我方已满足要求。",
    variance=lambda one: (
        f"- {one.purchase_order} 第 {one.line} 行 {one.asin or ''}:开票 {one.units},"
        f"匹配 {'?' if one.matched_units is None else one.matched_units}"
        f"({'、'.join(one.causes) or one.type})"
    ),
)


def _argued(said: Facts, words: Arguments) -> list[str]:
    lines: list[str] = []
    kept = "PPV" if said.kind == "price_claim" else "PQV"
    told = [one for one in said.variances if one.type == kept]
    if said.kind in ("shortage_claim", "price_claim") and told:
        lines += ["", *(words.variance(one) for one in told)]
    if said.kind == "shortage_claim":
        lines += ["", words.shortage]
        if said.netting is not None and said.netting.explained:
            lines += ["", words.netted(said.netting)]
            lines += [
                words.carried(one.number, one.line, one.asin or "", one.shipped, one.received)
                for one in said.netting.lines
            ]
    elif said.kind == "price_claim":
        lines += ["", words.price]
    elif said.kind == "chargeback":
        lines += ["", words.chargeback]
    return lines
