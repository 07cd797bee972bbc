"""What an operator reads of Amazon's reports: what came, what is missing and why."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.test_screens import brand, show
from tests.stories.stage import REFRESH_TOKEN, Stage, eventually

ASIN = "B000000001"


def test_a_missing_report_is_named_with_amazons_reason_and_an_item_shows_its_forecast(
    stage: Stage, page: Page
) -> None:
    stage.amazons("POST", "/accounts", refresh_token=REFRESH_TOKEN)
    stage.amazons("POST", "/faults", kind="fatal", operation="report")
    stage.purchase_order({"asin": ASIN, "vendor_sku": "810000000011", "amount": 8, "cost": "50.00"})
    brand(stage)

    def ended(kind: str) -> bool:
        (found,) = stage.get(f"/api/reports/history?kind={kind}&limit=1&state=done")["data"] or [{}]
        return bool(found)

    eventually(lambda: ended("forecast"))
    app = show(page, stage, "/reports")
    expect(app.get_by_text("The report could not be made at this time.").first).to_be_visible()
    expect(app.get_by_text("1 report is missing").first).to_be_visible()
    app = show(page, stage)
    expect(app.get_by_text("1 report of Amazon is missing")).to_be_visible()
    app.get_by_role("link", name="Open the reports").click()
    app.get_by_role("link", name="TENT", exact=True).click()
    expect(app.get_by_text("Forecast of customer demand, by week")).to_be_visible()
    expect(
        app.get_by_label("Forecast of customer demand, by week").locator("tbody tr")
    ).to_have_count(26)
