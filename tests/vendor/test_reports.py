"""A report is asked for once, followed to its end, and read into typed rows, whatever goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db import transaction
from app.vendor.invoice_tables import VendorCode
from app.vendor.limits import limiter
from app.vendor.reports import working
from app.vendor.tokens import tokens
from tests.vendor.amazon import CLIENT_SECRET
from tests.vendor.brand import STOVE, TENT, VendorBrand
from tests.vendor.reporting import newest, only, run_out, step

Settings = Callable[..., None]


@pytest.fixture
def selling(brand: VendorBrand) -> VendorBrand:
    """A brand that Amazon has ordered two items from."""
    brand.amazon.place(TENT | {"amount": 6}, STOVE | {"amount": 9})
    return brand


def test_each_kind_is_stored_in_its_own_table(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    kinds = {
        "sales": "reported_sales",
        "inventory": "reported_inventory",
        "traffic": "reported_traffic",
        "margin": "reported_margin",
        "forecast": "published_forecast",
        "real_time_sales": "hourly_sales",
        "real_time_inventory": "hourly_inventory",
        "real_time_traffic": "hourly_traffic",
    }
    only(set_settings, tmp_path, *kinds, keep=1)
    for _ in range(10):
        step(selling)
        if selling.value("SELECT bool_and(state = 'done') FROM report"):
            break
        time.sleep(0.1)
    assert selling.rows("SELECT kind, cause FROM report WHERE state <> 'done'") == []
    for kind, table in kinds.items():
        rows = selling.value(f"SELECT count(*) FROM {table} WHERE asin = :asin", asin=TENT["asin"])
        assert rows, kind
    shipped = selling.rows("SELECT shipped_units, shipped_revenue, currency FROM reported_sales")
    assert len(shipped) == 3  # two items, and Amazon's own total
    assert all(type(row[1]) is Decimal and row[2] == "USD" for row in shipped)
    assert selling.value("SELECT count(*) FROM published_forecast") == 2 * 26
    assert selling.amazon.calls("createReport") >= len(kinds)


def test_a_period_is_asked_for_once_however_often_the_job_runs(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=2)
    before = selling.amazon.calls("createReport")
    for _ in range(4):
        step(selling)
        time.sleep(0.1)
    assert selling.amazon.calls("createReport") == before + 2
    starts = selling.rows("SELECT extract(dow FROM starts_at)::int, state FROM report")
    assert starts == [(0, "done"), (0, "done")]


def test_a_question_whose_answer_was_lost_is_looked_for_and_not_asked_twice(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    before = selling.amazon.calls("createReport")
    selling.amazon.fail("cut", "createReport")
    step(selling)
    assert newest(selling)["state"] == "asking"
    run_out(selling)
    assert selling.amazon.calls("createReport") == before + 1


def test_a_question_that_never_arrived_is_asked_again(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("html_503", "createReport")
    step(selling)
    assert newest(selling)["state"] == "asking"
    step(selling)
    assert newest(selling)["state"] == "asking", "it may not be listed yet"
    with transaction(selling.shop_id) as session:
        session.execute(text("UPDATE report SET asked_at = asked_at - interval '5 minutes'"))
    run_out(selling)


def test_a_fatal_report_says_why_in_amazons_words_and_is_tried_again_later(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("fatal", "report")
    row = run_out(selling, until="fatal")
    assert row["cause"] == "The report could not be made at this time."
    assert row["due_at"] - row["ended_at"] == pytest.approx(
        timedelta(hours=12), abs=timedelta(seconds=5)
    )
    run_out(selling)
    assert newest(selling)["times_asked"] == 2


def test_a_fatal_report_without_a_document_says_that_there_is_no_reason(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1, asks=1)
    selling.amazon.fail("fatal_silent", "report")
    row = run_out(selling, until="fatal")
    assert "gave no reason" in row["cause"]
    assert row["due_at"] is None


def test_a_cancelled_report_is_an_answer_without_data(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("cancelled", "report")
    row = run_out(selling, until="empty")
    assert (row["cause"], row["due_at"]) == (None, None)
    assert row["good_at"] is not None


def test_a_report_that_hangs_is_named_and_still_followed(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("stuck", "report")
    step(selling)
    with transaction(selling.shop_id) as session:
        session.execute(text("UPDATE report SET asked_at = asked_at - interval '7 hours'"))
    row = run_out(selling, until="hanging")
    assert row["cause"] == "Amazon still says IN_QUEUE after 7 hours."
    assert row["due_at"] is not None


def test_a_link_that_has_expired_is_fetched_anew(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("expired", "report")
    row = run_out(selling)
    assert row["cause"] is None and row["rows_kept"] == 3


@pytest.mark.parametrize(
    ("fault", "says"),
    [("empty_document", "is empty"), ("broken_gzip", "breaks off")],
)
def test_a_broken_document_is_downloaded_again_and_then_told(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path, fault: str, says: str
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail(fault, "report")
    for _ in range(20):
        step(selling)
        if newest(selling)["state"] == "failed":
            break
        time.sleep(0.02)
    row = newest(selling)
    assert (row["state"], row["cause_code"]) == ("failed", "document")
    assert says in row["cause"]
    assert selling.value("SELECT count(*) FROM reported_sales") == 0


def test_a_row_that_cannot_be_read_is_counted_and_the_others_are_kept(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("bad_row", "report")
    row = run_out(selling)
    assert (row["rows_kept"], row["rows_unread"]) == (2, 1)
    assert "orderedUnits 'many' is not a number" in row["cause"]


def test_a_document_of_another_period_is_not_taken_for_the_one_asked_for(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("other_period", "report")
    row = run_out(selling, until="failed")
    assert "dataStartTime differ" in row["cause"]
    assert selling.value("SELECT count(*) FROM reported_sales") == 0


def test_a_missing_role_is_named_and_stops_nothing_else(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("forbidden", "createReport", times=2)
    step(selling)
    row = newest(selling)
    assert (row["state"], row["cause_code"], row["times_asked"]) == ("waiting", "role", 0)
    assert selling.connection().state == "connected"
    run_out(selling)


def test_amazons_rate_puts_reports_off_and_keeps_no_worker_waiting(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=2)
    limiter._bucket((selling.shop_id, selling.connection_id, "na", "create_report")).permits = 1.0
    began = time.monotonic()
    working.work(selling.shop_id)
    assert time.monotonic() - began < 10
    states = selling.rows("SELECT state, due_at > now() + interval '30 seconds' FROM report")
    assert sorted(states) == [("queued", False), ("waiting", True)]


def test_a_forecast_is_kept_as_published_and_never_overwritten(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "forecast")
    run_out(selling)
    with transaction(selling.shop_id) as session:
        session.execute(
            text("UPDATE published_forecast SET p80 = 1, published_on = published_on - 7")
        )
        session.execute(text("UPDATE report SET state = 'waiting', due_at = now()"))
    run_out(selling)
    versions = selling.rows(
        "SELECT p80 = 1, count(*) FROM published_forecast GROUP BY published_on, 1 ORDER BY 1"
    )
    assert versions == [(False, 52), (True, 52)]
    with transaction(selling.shop_id) as session:
        session.execute(text("UPDATE published_forecast SET p80 = 2 WHERE p80 <> 1"))
        session.execute(text("UPDATE report SET state = 'waiting', due_at = now()"))
    run_out(selling)
    assert selling.value("SELECT count(*) FROM published_forecast WHERE p80 = 2") == 52


@pytest.mark.parametrize("operation", ["createReport", "getReport", "getReportDocument"])
def test_being_too_fast_for_amazon_is_no_fault_of_the_report(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path, operation: str
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    selling.amazon.fail("throttle", operation)
    for _ in range(4):
        step(selling)
        assert newest(selling)["cause_code"] is None
        time.sleep(0.1)
    row = run_out(selling)
    assert (row["cause"], row["times_asked"]) == (None, 1)


def test_jobs_that_run_at_once_ask_once(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", "inventory", keep=2)
    before = selling.amazon.calls("createReport")
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(working.work, selling.shop_id) for _ in range(4)]:
            done.result()
    assert selling.amazon.calls("createReport") == before + 4
    assert selling.value("SELECT max(times_asked) FROM report") == 1


def test_a_wrong_secret_of_our_own_is_no_end_of_any_report(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    set_settings(LWA_CLIENT_SECRET="wrong")
    tokens._tokens.clear()
    for _ in range(3):
        step(selling)
    row = newest(selling)
    assert (row["state"], row["cause_code"]) == ("waiting", "unreachable")
    set_settings(LWA_CLIENT_SECRET=CLIENT_SECRET)
    run_out(selling)


def test_the_marketplaces_are_those_that_vendor_codes_are_billed_in(
    selling: VendorBrand, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    with transaction(selling.shop_id) as session:
        for code, marketplace in (("A", "CA"), ("B", "US"), ("C", None)):
            session.add(
                VendorCode(shop_id=selling.shop_id, region="na", code=code, marketplace=marketplace)
            )
    step(selling)
    assert selling.rows("SELECT marketplace FROM report ORDER BY 1") == [("CA",), ("US",)]
