"""The small Amazon's reports: made after a while, by Amazon's schemas, and broken on request."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.simulators.amazon import contract
from tests.simulators.amazon.test_amazon import Caller, caller

__all__ = ["caller"]

US = "ATVPDKIKX0DER"
REPORTS = "/reports/2021-06-30/reports"
WEEKLY = {"reportPeriod": "WEEK", "distributorView": "SOURCING", "sellingProgram": "RETAIL"}


def last_week(days_on: int = 0) -> dict[str, str]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    sunday = today - timedelta(days=(today.weekday() + 1) % 7 + 7 - days_on)
    return {
        "dataStartTime": sunday.isoformat(),
        "dataEndTime": (sunday + timedelta(days=6)).isoformat(),
    }


def ask(caller: Caller, kind: str, options: dict[str, str], **span: str) -> str:
    body = {"reportType": kind, "marketplaceIds": [US], "reportOptions": options, **span}
    reply = caller.call("POST", REPORTS, json=body)
    assert reply.status_code == 202, reply.text
    return str(reply.json()["reportId"])


def ended(caller: Caller, report_id: str) -> dict[str, Any]:
    for _ in range(100):
        report: dict[str, Any] = caller.call("GET", f"{REPORTS}/{report_id}").json()
        if report["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
            return report
        time.sleep(0.02)
    raise AssertionError("the report does not end")


def document(caller: Caller, report: dict[str, Any]) -> dict[str, Any]:
    path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
    where = caller.call("GET", path).json()
    content = caller.http.get(where["url"]).content
    found: dict[str, Any] = json.loads(gzip.decompress(content))
    return found


def test_a_weekly_report_says_what_its_schema_promises_and_the_same_twice(caller: Caller) -> None:
    caller.lever("/purchase-orders", lines=[{"sku": "TENT-2P-MOS", "cases": 3}])
    ids = [ask(caller, "GET_VENDOR_SALES_REPORT", WEEKLY, **last_week()) for _ in range(2)]
    first, second = (document(caller, ended(caller, one)) for one in ids)
    assert contract.document_errors("vendorSalesReport", first) == []
    assert first["salesByAsin"] == second["salesByAsin"]
    assert len(first["salesByAsin"]) == len(first["salesAggregate"]) == 1


@pytest.mark.parametrize(
    ("options", "days_on", "reason"),
    [
        (WEEKLY, -1, "do not align"),
        (WEEKLY, 7, "not available yet"),
        ({"reportPeriod": "WEEK"}, 0, "options are missing"),
    ],
)
def test_a_report_that_cannot_be_made_ends_fatal_and_its_document_says_why(
    caller: Caller, options: dict[str, str], days_on: int, reason: str
) -> None:
    report = ended(caller, ask(caller, "GET_VENDOR_SALES_REPORT", options, **last_week(days_on)))
    assert report["processingStatus"] == "FATAL"
    assert reason in document(caller, report)["errorDetails"]


def test_only_what_waits_in_the_queue_can_be_taken_back(caller: Caller) -> None:
    caller.lever("/faults", kind="stuck", operation="report")
    stuck = ask(caller, "GET_VENDOR_SALES_REPORT", WEEKLY, **last_week())
    assert caller.call("DELETE", f"{REPORTS}/{stuck}").status_code == 200
    assert ended(caller, stuck)["processingStatus"] == "CANCELLED"
    assert caller.call("DELETE", f"{REPORTS}/{stuck}").status_code == 400
    listed = caller.call("GET", REPORTS, params={"reportTypes": "GET_VENDOR_SALES_REPORT"})
    assert [one["reportId"] for one in listed.json()["reports"]] == [stuck]


def test_a_link_that_is_too_old_is_refused(caller: Caller) -> None:
    report = ended(caller, ask(caller, "GET_VENDOR_SALES_REPORT", WEEKLY, **last_week()))
    assert (
        caller.http.get(f"/report-documents/{report['reportDocumentId']}?until=1").status_code
        == 403
    )
