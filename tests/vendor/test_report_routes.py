"""Reports as the screens see them: how they stand, asking for one, an ASIN's figures, files."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlmodel import select

from app.db import transaction
from app.vendor.reports.tables import Report, ReportedSales
from tests.support.web import make_app
from tests.vendor.brand import STOVE, TENT, VendorBrand
from tests.vendor.reporting import only, run_out, step
from tests.vendor.test_routes import KEY, SECRET, Screen

Settings = Callable[..., None]


@pytest.fixture
def screen(brand: VendorBrand, set_settings: Settings) -> Screen:
    set_settings(SHOPIFY_API_KEY=KEY, SHOPIFY_API_SECRET=SECRET)
    brand.amazon.place(TENT | {"amount": 6}, STOVE | {"amount": 9})
    brand.poll()
    return Screen(make_app().test_client(), brand)


def standing(screen: Screen, kind: str = "sales") -> dict[str, Any]:
    found = screen.ask("/reports")["data"]
    return next(one for one in found if one["kind"] == kind)


def asking(brand: VendorBrand, kind: str = "sales", **more: Any) -> dict[str, Any]:
    return {"connection_id": brand.connection_id, "marketplace": "US", "kind": kind, **more}


def test_a_good_report_leaves_no_gap(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    run_out(brand)
    found = standing(screen)
    assert found["missing"] == []
    assert found["last_good"]["rows_kept"] == 3
    assert found["next_at"] > found["last_good"]["ends_at"]


def test_a_gap_names_its_cause_and_what_to_do(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=2, asks=1)
    brand.amazon.fail("fatal", "report")
    run_out(brand, until="fatal")
    [gap] = standing(screen)["missing"]
    assert gap["cause"] == "The report could not be made at this time."
    assert (gap["state"], gap["next_action"]) == ("fatal", "ask_again")

    screen.ask("/reports", 202, "POST", asking(brand, starts_at=gap["starts_at"]))
    run_out(brand)
    assert standing(screen)["missing"] == []


def test_a_period_that_nobody_asked_for_is_a_gap_too(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=3)
    for _ in range(5):
        step(brand)
        time.sleep(0.1)
    with transaction(brand.shop_id) as session:
        session.execute(
            text("DELETE FROM report WHERE report_id = (SELECT report_id FROM report"
                 " ORDER BY starts_at OFFSET 1 LIMIT 1)")
        )  # fmt: skip
    [gap] = standing(screen)["missing"]
    assert (gap["state"], gap["next_action"]) == (None, "wait")


def test_one_under_way_is_not_asked_for_twice_and_one_that_hangs_is_taken_back(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    brand.amazon.fail("stuck", "report")
    before = brand.amazon.calls("createReport")
    step(brand)
    assert screen.ask("/reports", 202, "POST", asking(brand))["state"] == "queued"
    step(brand)
    assert brand.amazon.calls("createReport") == before + 1

    with transaction(brand.shop_id) as session:
        session.execute(text("UPDATE report SET asked_at = asked_at - interval '7 hours'"))
    run_out(brand, until="hanging")
    assert standing(screen)["missing"][0]["next_action"] == "ask_again"
    assert screen.ask("/reports", 202, "POST", asking(brand))["state"] == "waiting"
    cancelled = brand.amazon.calls("cancelReport")
    run_out(brand)
    assert brand.amazon.calls("cancelReport") == cancelled + 1


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"kind": "nothing"}, 422, "kind"),
        ({"marketplace": "DE"}, 422, "marketplace"),
        ({"starts_at": "2026-11-18T00:00:00Z"}, 422, "starts_at"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(
    brand: VendorBrand, screen: Screen, wrong: dict[str, Any], status: int, field: str
) -> None:
    answer = screen.ask("/reports", status, "POST", asking(brand) | wrong)
    assert answer["errors"][0]["field"] == field
    assert answer["errors"][0]["message"]


def test_an_unknown_connection_is_not_found(brand: VendorBrand, screen: Screen) -> None:
    screen.ask("/reports", 404, "POST", asking(brand) | {"connection_id": 2**31 - 1})


def test_a_forecast_shows_how_it_has_changed_since_it_was_first_published(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "forecast")
    run_out(brand)
    with transaction(brand.shop_id) as session:
        session.execute(
            text("UPDATE published_forecast SET p80 = 1, published_on = published_on - 7")
        )
        session.execute(text("UPDATE report SET state = 'waiting', due_at = now()"))
    run_out(brand)
    found = screen.ask(f"/reports/asins/{TENT['asin']}")
    assert found["item"]["sku"] == "TENT-2P"
    week = found["places"][0]["forecasts"][0]
    assert week["first_p80"] == "1" and week["p80"] != "1"
    assert [one["p80"] for one in week["versions"]] == ["1", week["p80"]]
    assert week["first_published_on"] < week["published_on"]


def test_an_asins_weeks_and_hours_stand_side_by_side(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", "inventory", "traffic", "real_time_sales", keep=1)
    for _ in range(8):
        step(brand)
        time.sleep(0.1)
    [place] = screen.ask(f"/reports/asins/{TENT['asin']}")["places"]
    [week] = place["weeks"]
    assert week["shipped_units"] is not None and week["sellable_units"] is not None
    assert week["shipped_revenue"]["currency"] == "USD"
    assert len(place["hours"]) == 6
    listed = screen.ask("/reports/asins?limit=1")
    assert [one["asin"] for one in listed["data"]] == [STOVE["asin"]]
    second = screen.ask(f"/reports/asins?limit=1&cursor={listed['next_cursor']}")
    assert [one["asin"] for one in second["data"]] == [TENT["asin"]]
    assert second["next_cursor"] is None
    found = screen.ask("/reports/asins?search=TENT")["data"]
    assert [one["item"]["sku"] for one in found] == ["TENT-2P"]


def test_a_marketplace_whose_reports_are_behind_keeps_its_newest_week(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    run_out(brand)
    week = timedelta(days=7)
    with transaction(brand.shop_id) as session:
        [told, *_] = session.exec(select(Report).where(Report.kind == "sales")).all()
        for row in session.exec(select(ReportedSales).where(ReportedSales.asin != "")).all():
            own = row.model_dump() | {"marketplace": "CA"}
            own |= {"starts_on": row.starts_on - week, "ends_on": row.ends_on - week}
            session.add(ReportedSales(**own))
        own = told.model_dump(exclude={"report_id"}) | {"marketplace": "CA"}
        session.add(Report(**own | {"starts_at": told.starts_at - week, "ends_at": told.starts_at}))
    found = screen.ask(f"/reports/asins?search={TENT['asin']}")["data"]
    by_place = {one["marketplace"]: one for one in found}
    assert by_place["CA"]["shipped_units"] == by_place["US"]["shipped_units"] is not None
    assert by_place["CA"]["sold_from"] < by_place["US"]["sold_from"]
    brand.execute("UPDATE connection SET state = 'disconnected' WHERE channel = 'amazon'")
    assert screen.ask("/reports/asins")["data"] == []


def test_rows_can_be_taken_away_as_a_file(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=1)
    screen.ask("/reports/files/sales", 404)
    run_out(brand)
    headers = {"Authorization": f"Bearer {screen.token()}"}
    text_file = screen.web.get("/api/reports/files/sales", headers=headers)
    rows = list(csv.DictReader(io.StringIO(text_file.get_data(as_text=True).lstrip("\ufeff"))))
    assert {row["asin"] for row in rows} == {"", TENT["asin"], STOVE["asin"]}
    book = screen.web.get(
        f"/api/reports/files/sales?format=xlsx&asin={TENT['asin']}", headers=headers
    )
    sheet = load_workbook(io.BytesIO(book.data)).active
    assert sheet is not None and sheet.max_row == 2


def test_a_shop_that_is_not_connected_sees_an_empty_list(
    brand: VendorBrand, screen: Screen
) -> None:
    with transaction(brand.shop_id) as session:
        session.execute(
            text("UPDATE connection SET state = 'disconnected' WHERE channel = 'amazon'")
        )
    assert screen.ask("/reports") == {"data": [], "next_cursor": None}


def test_history_is_paged(
    brand: VendorBrand, screen: Screen, set_settings: Settings, tmp_path: Path
) -> None:
    only(set_settings, tmp_path, "sales", keep=3)
    step(brand)
    first = screen.ask("/reports/history?limit=2")
    rest = screen.ask(f"/reports/history?limit=2&cursor={first['next_cursor']}")
    starts = [one["starts_at"] for one in first["data"] + rest["data"]]
    assert starts == sorted(starts) and len(starts) == 3
