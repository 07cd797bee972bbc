"""What an alert says, in the languages of the screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.config import settings
from app.inventory import kinds
from app.overview.alerts.tables import Alert

MOST_LINES = 20

SUBJECT = {
    "en": "Holdfast: {count} alert(s) for {shop}",
    "zh-CN": "Holdfast：{shop} 有 {count} 条提醒",
}
DIGEST = {
    "en": "Holdfast: what happened in {shop} ({count})",
    "zh-CN": "Holdfast：{shop} 摘要（{count} 条）",
}
TEST = {
    "en": ("Holdfast: a test for {shop}", "Alerts of Holdfast will arrive here."),
    "zh-CN": ("Holdfast：{shop} 的测试消息", "Holdfast 的提醒会发送到这里。"),
}
FILE = {
    "en": ("Holdfast: {name}", "The scheduled export of {shop}. Earlier ones are listed here:"),
    "zh-CN": ("Holdfast：{name}", "{shop} 的定期导出。以往的文件在此列出："),
}
AND_MORE = {"en": "and {count} more: {link}", "zh-CN": "另有 {count} 条：{link}"}

LINES: Mapping[str, Mapping[str, str]] = {
    "discrepancy_opened": {
        "en": "New discrepancy, {kind}: {reference}{worth}",
        "zh-CN": "新差异（{kind}）：{reference}{worth}",
    },
    "deadline_near": {
        "en": "Ends on {by}, {kind}: {reference}{worth}",
        "zh-CN": "{by} 截止（{kind}）：{reference}{worth}",
    },
    "collision_open": {
        "en": "Promised twice: {units} of {reference} at {location}",
        "zh-CN": "重复承诺：{location} 的 {reference}，{units} 件",
    },
    "connection_failing": {
        "en": "The connection {reference} does not work{error}",
        "zh-CN": "连接 {reference} 不可用{error}",
    },
    "window_ends": {
        "en": "Order {reference}: its window ends on {by}, {units} units left to ship",
        "zh-CN": "订单 {reference}：发货窗口 {by} 结束，还有 {units} 件未发",
    },
    "order_unanswered": {
        "en": "Order {reference} waits for an answer: {units} units, by {by}",
        "zh-CN": "订单 {reference} 等待确认：{units} 件，最迟 {by}",
    },
    "cash_overdue": {
        "en": "Invoice {reference} is overdue since {by}{worth}",
        "zh-CN": "发票 {reference} 自 {by} 起逾期{worth}",
    },
    "message_dead": {
        "en": "Given up after many tries ({channel}): {reference}",
        "zh-CN": "多次尝试后已放弃（{channel}）：{reference}",
    },
}


def line(alert: Alert, language: str, zone: ZoneInfo) -> str:
    """One alert in one sentence; times in the shop's zone."""
    about = alert.about
    amount, currency, units = about.get("amount"), about.get("currency"), about.get("units")
    worth = f"{currency} {Decimal(amount):,.2f}" if amount else f"{units}" if units else ""
    kind = kinds.find(str(about.get("kind")))
    error = about.get("error")
    return LINES[alert.kind][language].format(
        kind=kind.words[language] if kind else about.get("kind"),
        reference=about.get("reference") or "–",
        worth=f", {worth}" if worth else "",
        units=units,
        location=about.get("location"),
        channel=about.get("channel"),
        error=f": {error}" if error else "",
        by=_time(about.get("by"), zone),
    )


def letter(
    alerts: Sequence[Alert], language: str, zone: ZoneInfo, shop: str, *, is_digest: bool
) -> tuple[str, str]:
    """Subject and text of a message that tells these, each with the address of its screen."""
    told = [
        f"• {line(one, language, zone)}\n  {link(shop, one.path)}" for one in alerts[:MOST_LINES]
    ]
    if len(alerts) > MOST_LINES:
        more = len(alerts) - MOST_LINES
        told.append(AND_MORE[language].format(count=more, link=link(shop, "/alerts")))
    subject = (DIGEST if is_digest else SUBJECT)[language]
    return subject.format(count=len(alerts), shop=shop), "\n".join(told)


def test_letter(language: str, shop: str) -> tuple[str, str]:
    """Subject and text of a test."""
    subject, body = TEST[language]
    return subject.format(shop=shop), f"{body}\n{link(shop, '/alerts')}"


def file_letter(language: str, shop: str, name: str) -> tuple[str, str]:
    """Subject and text of a mail that brings a file."""
    subject, body = FILE[language]
    return subject.format(name=name), f"{body.format(shop=shop)}\n{link(shop, '/exports')}"


def link(shop: str, path: str) -> str:
    """The address of a screen, inside the store's admin."""
    return settings().app_address(shop, path)


def _time(written: str | None, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(written).astimezone(zone):%Y-%m-%d %H:%M}" if written else "–"
