"""Reports at this Amazon: asked for, made after a while, downloaded by a link that does not last."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from app.simulators.amazon import contract, orders, report_documents
from app.simulators.amazon.world import World

QUEUE_SECONDS, MAKING_SECONDS = 1.0, 3.0
LINK_SECONDS = 300
MOST_DAYS = 15
REAL_TIME_REACH = timedelta(hours=168)
END_STATES = ("DONE", "CANCELLED", "FATAL")
OPTIONS = {
    "GET_VENDOR_SALES_REPORT": {"reportPeriod", "distributorView", "sellingProgram"},
    "GET_VENDOR_INVENTORY_REPORT": {"reportPeriod", "distributorView", "sellingProgram"},
    "GET_VENDOR_TRAFFIC_REPORT": {"reportPeriod"},
    "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT": {"reportPeriod"},
    "GET_VENDOR_FORECASTING_REPORT": {"sellingProgram"},
    "GET_VENDOR_REAL_TIME_SALES_REPORT": {"currencyCode"},
    "GET_VENDOR_REAL_TIME_INVENTORY_REPORT": set(),
    "GET_VENDOR_REAL_TIME_TRAFFIC_REPORT": set(),
}
EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code>'
    "<Message>Request has expired</Message></Error>"
)


def create(world: World, account: str, asked: dict[str, Any]) -> str:
    """Keeps what was asked; it is made after a while, and breaks as faults of `report` say.

    Faults: `fatal`, `fatal_silent` (no document tells why), `cancelled`, `stuck` (for ever in the
    queue), `expired` (the first link is too old), `empty_document`, `broken_gzip`, `bad_row`,
    `other_period` (a document of another period).
    """
    made = f"{len(world.state['reports']) + 50_001}019{uuid.uuid4().int % 10_000:04}"
    now = orders.now()
    world.state["reports"][made] = {
        "account": account,
        "asked": asked,
        "fault": world.take_fault("report", by_name=True),
        "created_at": orders.stamp(now),
        "begins_at": orders.stamp(now + timedelta(seconds=QUEUE_SECONDS / world.speed)),
        "ends_at": orders.stamp(now + timedelta(seconds=MAKING_SECONDS / world.speed)),
        "cause": _cause(asked, now),
        "cancelled": False,
        "links": 0,
    }
    return made


def known(world: World, account: str, report_id: str) -> dict[str, Any] | None:
    """A report as kept, if it is this vendor group's."""
    kept: dict[str, Any] | None = world.state["reports"].get(report_id)
    return kept if kept and kept["account"] == account else None


def of(world: World, account: str) -> list[dict[str, Any]]:
    """Every report of a vendor group as getReports gives it, the newest first."""
    mine = [key for key, one in world.state["reports"].items() if one["account"] == account]
    return [as_report(key, world.state["reports"][key]) for key in reversed(mine)]


def as_report(report_id: str, kept: dict[str, Any]) -> dict[str, Any]:
    """A Report of the model."""
    asked, status = kept["asked"], state_of(kept)
    shown = {
        "reportId": report_id,
        "reportType": asked["reportType"],
        "marketplaceIds": asked["marketplaceIds"],
        "createdTime": kept["created_at"],
        "processingStatus": status,
    }
    shown |= {key: asked[key] for key in ("dataStartTime", "dataEndTime") if key in asked}
    if status not in ("IN_QUEUE", "CANCELLED"):
        shown["processingStartTime"] = kept["begins_at"]
    if status in END_STATES:
        shown["processingEndTime"] = kept["ends_at"]
    if status == "DONE" or (status == "FATAL" and kept["fault"] != "fatal_silent"):
        shown["reportDocumentId"] = f"amzn1.spdoc.1.4.{report_id}"
    return shown


def state_of(kept: dict[str, Any]) -> str:
    """Where a report stands now."""
    now = orders.stamp(orders.now())
    if kept["cancelled"]:
        return "CANCELLED"
    if kept["fault"] == "stuck" or now < kept["begins_at"]:
        return "IN_QUEUE"
    if now < kept["ends_at"]:
        return "IN_PROGRESS"
    if kept["fault"] == "cancelled":
        return "CANCELLED"
    if kept["cause"] or kept["fault"] in ("fatal", "fatal_silent"):
        return "FATAL"
    return "DONE"


def link(kept: dict[str, Any], document_id: str, host: str) -> dict[str, Any]:
    """A ReportDocument of the model, whose link lasts five minutes."""
    kept["links"] += 1
    late = kept["fault"] == "expired" and kept["links"] == 1
    until = orders.now() + timedelta(seconds=-1 if late else LINK_SECONDS)
    return {
        "reportDocumentId": document_id,
        "url": f"{host}report-documents/{document_id}?until={until.timestamp():.0f}",
        "compressionAlgorithm": "GZIP",
    }


def download(world: World, document_id: str, until: str) -> tuple[int, bytes]:
    """The document's bytes, gzip; 403 with XML when the link is too old."""
    kept = world.state["reports"].get(document_id.rpartition(".")[2])
    if kept is None:
        return 404, b""
    if not until.isdigit() or int(until) < orders.now().timestamp():
        return 403, EXPIRED.encode()
    if kept["fault"] == "empty_document":
        return 200, b""
    content = gzip.compress(json.dumps(_document(world, kept)).encode())
    return 200, content[: len(content) // 2] if kept["fault"] == "broken_gzip" else content


def _document(world: World, kept: dict[str, Any]) -> dict[str, Any]:
    if state_of(kept) == "FATAL":
        return {"errorDetails": kept["cause"] or "The report could not be made at this time."}
    asked = dict(kept["asked"])
    if kept["fault"] == "other_period":
        asked["dataStartTime"] = orders.stamp(_moment(asked["dataStartTime"]) - timedelta(days=7))
        asked["dataEndTime"] = orders.stamp(_moment(asked["dataEndTime"]) - timedelta(days=7))
    name, made = report_documents.made(asked, world.orders_of(kept["account"]))
    wrong = contract.document_errors(name, made)
    if wrong:
        raise AssertionError(f"{name}: {wrong[:3]}")
    if kept["fault"] == "bad_row":
        rows = made[next(reversed(made))]
        rows[0] = {key: "many" if key.endswith("Units") else one for key, one in rows[0].items()}
    return made


def _cause(asked: dict[str, Any], now: datetime) -> str | None:
    """Why a report cannot be made, in the words that its document then holds."""
    kind = asked["reportType"]
    if kind not in OPTIONS:
        return f"{kind} is not a report type of yours."
    options = asked.get("reportOptions") or {}
    missing = sorted(OPTIONS[kind] - options.keys())
    if missing:
        return f"Report options are missing: {', '.join(missing)}."
    if len(asked["marketplaceIds"]) != 1:
        return "Only one marketplace is supported."
    if kind == "GET_VENDOR_FORECASTING_REPORT":
        return None
    if "dataStartTime" not in asked or "dataEndTime" not in asked:
        return "dataStartTime and dataEndTime are needed."
    start, end = _moment(asked["dataStartTime"]), _moment(asked["dataEndTime"])
    if "REAL_TIME" in kind:
        return _real_time_cause(start, end, now)
    return _period_cause(options["reportPeriod"], start, end, now)


def _real_time_cause(start: datetime, end: datetime, now: datetime) -> str | None:
    if now - start > REAL_TIME_REACH or end > now or end - start > timedelta(hours=24):
        return "The date range is outside of what real-time reports support."
    return None


def _period_cause(period: str, start: datetime, end: datetime, now: datetime) -> str | None:
    if end.date() >= now.date():
        return "The data for the requested date range is not available yet."
    if period == "WEEK" and (start.weekday() != 6 or end.weekday() != 5):
        return "dataStartTime and dataEndTime do not align with reportPeriod WEEK."
    if period == "DAY" and (end - start).days >= MOST_DAYS:
        return "The date range is longer than 15 days."
    return None


def _moment(written: str) -> datetime:
    return orders.moment(written).astimezone(UTC)
