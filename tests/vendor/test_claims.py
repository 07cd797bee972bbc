"""Exports of claims give deductions their days and disputes their end, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app import bell
from app.db import run, transaction
from app.shops import open_shop
from app.vendor.deductions.views import Key
from app.vendor.disputes import working
from app.vendor.files import working as files
from app.vendor.files.paper import Preview
from app.vendor.files.tables import FileImport
from tests.support.screen import open_screen
from tests.vendor.folded import Line, Payment, keep

DOMAIN = "claims.myshopify.com"
CHARGED = (
    "Issue ID,Financial charge,Quantity,Vendor code,Issue type,Creation date,Dispute By,"
    "Charge Invoice #,Status,Purchase order #,Sub-type of the non-compliance,ASIN,Fulfillment center\n"
)
ISSUE = (
    '81001,"$48.50",12,HLDFS,PO On-Time Accuracy,"Nov 3, 2026","Dec 3, 2026",'
    "7PO1VCBSINV,Charged,7PO1,Not filled,B0TENT0001,PHX7\n"
)
RETURNED = (
    "Return ID,Warehouse,Vendor code,Invoice number,Return quantity,Marketplace,Total cost,"
    "Shipment request ID,Return date,Currency code\n"
    "R-9,PHX7,HLDFS,RET-55,3,US,120.00,S1,03-Nov-2026,USD\n"
)
DISPUTED = "Dispute ID,Invoice number,Status,Disputed amount,Approved amount\n"


@pytest.fixture
def shop(database: str, queue: str) -> Iterator[int]:
    """A shop whose payments took a chargeback and a return."""
    with transaction() as session:
        shop_id = open_shop(session, DOMAIN).shop_id
    with transaction(shop_id) as session:
        lines = (
            Line("7PO1VCBSINV", -4850),
            Line("RET-55", -12000, description="Product returns"),
        )
        keep(session, Payment("P1", lines))
    working.follow(shop_id)
    yield shop_id


def bring(shop_id: int, kind: str, written: str) -> tuple[FileImport, Preview]:
    with transaction(shop_id) as session:
        return files.bring(
            session, kind, "export.csv", written.encode(), region="na", actor="user:7"
        )


def take(shop_id: int, kind: str, written: str) -> int:
    kept, found = bring(shop_id, kind, written)
    assert found.faults == []
    run(lambda session: files.apply(session, kept.import_id, actor="user:7"), shop_id)
    files.work(shop_id)
    return kept.import_id


def undo(shop_id: int, import_id: int) -> None:
    run(lambda session: files.undo(session, import_id, actor="user:7"), shop_id)
    files.work(shop_id)


def days(shop_id: int, kind: str) -> tuple[Any, Any]:
    with transaction(shop_id) as session:
        asked = {"shop": shop_id, "kind": kind}
        row = session.execute(
            text(
                "SELECT notified_at, dispute_by FROM deduction"
                " WHERE shop_id = :shop AND kind = :kind"
            ),
            asked,
        ).one()
    return row.notified_at, row.dispute_by


def test_a_chargeback_has_the_days_that_the_export_says_and_loses_them_by_undo(shop: int) -> None:
    import_id = take(shop, "chargebacks", CHARGED + ISSUE)
    stated = (datetime(2026, 11, 3, 12, tzinfo=UTC), datetime(2026, 12, 3, 23, 59, 59, tzinfo=UTC))
    assert days(shop, "chargeback") == stated
    run(working.restate_all, shop)
    assert days(shop, "chargeback") == stated
    with transaction(shop) as session:
        row = working.named(session, Key("na", "chargeback", "7PO1", "USD"))
        window = working.window_of(session, row)
    assert window is not None and window.by_paper and window.closes_at == stated[1]
    undo(shop, import_id)
    assert days(shop, "chargeback") == (None, None)


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("Asia/Shanghai", datetime(2026, 12, 3, 15, 59, 59, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 12, 3, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_last_day_is_the_files_day_where_the_shop_is_and_never_longer_than_utcs(
    shop: int, zone: str, ends: datetime
) -> None:
    with transaction(shop) as session:
        session.execute(text("UPDATE shop SET time_zone = :zone"), {"zone": zone})
    take(shop, "chargebacks", CHARGED + ISSUE)
    assert days(shop, "chargeback")[1] == ends
    assert ends.astimezone(ZoneInfo(zone)).date() == date(2026, 12, 3)


def test_the_queue_of_discrepancies_follows_a_file_of_claims_at_once(shop: int) -> None:
    flag = bell.flag("deductions_anew", shop)
    bell.answer("deductions_anew", shop)
    import_id = take(shop, "chargebacks", CHARGED + ISSUE)
    assert bell.connection().exists(flag)
    bell.answer("deductions_anew", shop)
    undo(shop, import_id)
    assert bell.connection().exists(flag)


def test_european_days_and_a_return_are_read(shop: int) -> None:
    take(shop, "returns", RETURNED)
    assert days(shop, "return") == (datetime(2026, 11, 3, 12, tzinfo=UTC), None)


def test_the_newest_export_says_how_a_claim_stands(shop: int) -> None:
    take(shop, "chargebacks", CHARGED + ISSUE)
    later = ISSUE.replace("Dec 3, 2026", "Dec 20, 2026").replace("Charged", "Disputed")
    [paper] = bring(shop, "chargebacks", CHARGED + later)[1].papers
    assert (paper.became, [one.field for one in paper.differences]) == (
        "changed",
        ["claim_status", "dispute_by"],
    )
    second = take(shop, "chargebacks", CHARGED + later)
    assert days(shop, "chargeback")[1] == datetime(2026, 12, 20, 23, 59, 59, tzinfo=UTC)
    assert bring(shop, "chargebacks", CHARGED + later)[1].outcome == {"same": 1}
    undo(shop, second)
    assert days(shop, "chargeback")[1] == datetime(2026, 12, 3, 23, 59, 59, tzinfo=UTC)


def filed(shop_id: int) -> int:
    """A dispute of the chargeback, filed under case C-1."""
    with transaction(shop_id) as session:
        key = Key("na", "chargeback", "7PO1", "USD")
        made = working.draft(session, key, amount=None, note="", by="user:1")
        at = datetime.now(UTC) - timedelta(days=2)
        working.file(session, made.dispute_id, case_number="C-1", filed_at=at, by="user:1")
        return made.dispute_id


def state(shop_id: int, dispute_id: int) -> tuple[str, str | None]:
    with transaction(shop_id) as session:
        working.read_outcomes(session, None)
        found = working.named_dispute(session, dispute_id)
        return found.state, found.outcome_by


def test_a_case_closed_with_nothing_is_denied_and_filed_again_by_undo(shop: int) -> None:
    take(shop, "chargebacks", CHARGED + ISSUE)
    dispute_id = filed(shop)
    take(shop, "disputes", DISPUTED + "C-1,7PO1VCBSINV,Pending Amazon action,$48.50,\n")
    assert state(shop, dispute_id) == ("filed", None)
    import_id = take(shop, "disputes", DISPUTED + "C-1,7PO1VCBSINV,Resolved,$48.50,$0.00\n")
    assert state(shop, dispute_id) == ("denied", "export")
    undo(shop, import_id)
    assert state(shop, dispute_id) == ("filed", None)


def test_a_case_that_is_granted_waits_for_its_money(shop: int) -> None:
    take(shop, "chargebacks", CHARGED + ISSUE)
    dispute_id = filed(shop)
    take(shop, "disputes", DISPUTED + "C-1,7PO1VCBSINV,Resolved,$48.50,$40.00\n")
    assert state(shop, dispute_id) == ("filed", None)
    with transaction(shop) as session:
        repaid = Payment("P2", (Line("7PO1VCBSINV", 4850),), day=100)
        keep(session, repaid)
    working.follow(shop)
    assert state(shop, dispute_id)[0] == "repaid"


def test_the_screen_lists_claims_with_the_deduction_and_dispute_they_are_of(
    shop: int, set_settings: Callable[..., None]
) -> None:
    take(shop, "chargebacks", CHARGED + ISSUE)
    dispute_id = filed(shop)
    take(shop, "disputes", DISPUTED + "C-1,7PO1VCBSINV,Resolved,$48.50,$0.00\n")
    take(shop, "returns", RETURNED)
    screen = open_screen(shop, DOMAIN, set_settings)
    claims = {one["kind"]: one for one in screen.all("/claims", limit=1)}
    assert set(claims) == {"chargeback", "return", "dispute"}
    charge = claims["chargeback"]
    assert (charge["number"], charge["deduction"], charge["subtype"]) == (
        "81001",
        "7PO1",
        "Not filled",
    )
    assert Decimal(charge["amount"]["amount"]) == Decimal("48.5")
    assert claims["dispute"]["dispute_id"] == dispute_id
    of_one = screen.ask("/claims?region=na&reference=7PO1")["data"]
    assert {one["kind"] for one in of_one} == {"chargeback", "dispute"}
    assert screen.download("/exports/claims?kind=return").decode().count("\n") == 2


def test_the_same_issue_twice_and_a_missing_number_are_faults(shop: int) -> None:
    _, found = bring(shop, "chargebacks", CHARGED + ISSUE + ISSUE + ISSUE.replace("81001", ""))
    assert [(one.row, one.code) for one in found.faults] == [(3, "line_twice"), (4, "empty_cell")]
