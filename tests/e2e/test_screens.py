"""What an operator does on the screens, and what it does to the stock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import FrameLocator, Page, expect

from tests.stories.stage import MAIN, SHOP, Stage, eventually

EAST = "East warehouse"


def show(page: Page, stage: Stage, path: str = "/", locale: str = "en") -> FrameLocator:
    """Opens a screen of the app inside the store's admin."""
    page.goto(f"{stage.shopify}/admin?shop={SHOP}&path={path}&locale={locale}")
    return page.frame_locator("iframe")


def brand(stage: Stage) -> None:
    stage.add_item("TENT", {MAIN: 10, EAST: 6}, "810000000011")
    stage.install()
    stage.connect_amazon()


def test_a_purchase_order_is_acknowledged_with_what_is_proposed(stage: Stage, page: Page) -> None:
    brand(stage)
    number = stage.purchase_order(
        {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 8, "cost": "50.00"}
    )
    eventually(lambda: stage.units("TENT", "reserved"), 8)

    app = show(page, stage, "/purchase-orders")
    app.get_by_role("link", name=number).click()
    expect(app.get_by_label("Accept TENT")).to_have_value("8")
    app.get_by_label("Accept TENT").fill("7")
    app.get_by_role("button", name="Acknowledge").click()
    expect(app.get_by_text("must add up to 8").first).to_be_visible()
    assert stage.amazons("GET", "/acknowledgements")["data"] == []

    app.get_by_label("Reject TENT").fill("1")
    app.get_by_role("button", name="Acknowledge").click()
    expect(app.get_by_text("Amazon has it")).to_be_visible(timeout=30_000)
    (sent,) = stage.amazons("GET", "/acknowledgements")["data"]
    codes = sent["sent"][0]["items"][0]["itemAcknowledgements"]
    assert {one["acknowledgementCode"]: one["acknowledgedQuantity"]["amount"] for one in codes} == {
        "Accepted": 7,
        "Rejected": 1,
    }
    eventually(lambda: stage.units("TENT", "reserved"), 7)
    stage.settle_down()
    stage.check()


def test_an_unknown_product_is_not_rejected_by_one_click_and_an_answer_is_changed(
    stage: Stage, page: Page
) -> None:
    brand(stage)
    number = stage.purchase_order(
        {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 8, "cost": "50.00"},
        {"asin": "B0UNKNOWN1", "vendor_sku": "NOBODYS", "amount": 2, "cost": "5.00"},
    )
    eventually(lambda: stage.units("TENT", "reserved"), 8)

    app = show(page, stage, f"/purchase-orders/{number}")
    app.get_by_role("button", name="Acknowledge").click()
    expect(app.get_by_text("a product that you have not mapped")).to_be_visible()
    assert stage.amazons("GET", "/acknowledgements")["data"] == []
    app.get_by_label("I do not sell these products").check()
    app.get_by_role("button", name="Acknowledge").click()
    expect(app.get_by_text("Amazon has it")).to_be_visible(timeout=30_000)

    app.get_by_role("button", name="Change the answer").click()
    app.get_by_label("Accept TENT").fill("5")
    app.get_by_label("Reject TENT").fill("3")
    app.get_by_role("button", name="Acknowledge").click()
    eventually(lambda: len(stage.amazons("GET", "/acknowledgements")["data"]), 2)
    eventually(lambda: stage.units("TENT", "reserved"), 5)
    stage.settle_down()
    stage.check()


def test_a_collision_is_ended_by_one_click_in_chinese(stage: Stage, page: Page) -> None:
    brand(stage)
    stage.purchase_order(
        {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 9, "cost": "50.00"}
    )
    eventually(lambda: stage.units("TENT", "reserved"), 9)
    stage.order("TENT", 4, location=MAIN)
    eventually(lambda: stage.units("TENT", "available", MAIN), -3)

    app = show(page, stage, "/collisions", locale="zh-CN")
    expect(app.get_by_role("heading", name="冲突")).to_be_visible()
    expect(app.get_by_text("超卖 3 件")).to_be_visible()
    app.get_by_role("button", name=f"从 {EAST} 调来 3 件").click()
    expect(app.get_by_text("没有重复承诺的库存")).to_be_visible()
    assert stage.units("TENT", "available", MAIN) == 0
    assert stage.units("TENT", "available", EAST) == 3
    stage.settle_down()
    stage.check()


def test_a_promise_that_nothing_covers_in_time_waits_for_an_arrival(
    stage: Stage, page: Page
) -> None:
    brand(stage)
    stage.purchase_order(
        {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 14, "cost": "50.00"}
    )
    eventually(lambda: stage.units("TENT", "reserved"), 10)

    app = show(page, stage, "/arrivals")
    expect(app.get_by_text("Nothing is expected.")).to_be_visible()
    app.get_by_label("Paper", exact=True).fill("BOAT-17")
    app.get_by_label("SKU, barcode or ASIN").fill("TENT")
    app.get_by_label("Location", exact=True).select_option(MAIN)
    app.get_by_label("Units", exact=True).fill("20")
    day = datetime.now(UTC).date() + timedelta(days=3)
    app.get_by_label("Day", exact=True).fill(day.isoformat())
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_role("row", name="BOAT-17")).to_be_visible()

    # A transfer of Shopify's stands beside it, leads there, and is not relied on without a day.
    lines = [{"sku": "TENT", "quantity": 9}]
    transfer = stage.shop("POST", "/transfers", destination=MAIN, lines=lines)
    row = app.get_by_role("row", name="#T0001")
    expect(row).to_contain_text("No day yet", timeout=30_000)
    address = f"shopify:admin/products/transfers/{transfer['id']}"
    assert row.get_by_role("link", name="#T0001").get_attribute("href") == address

    app = show(page, stage, "/collisions")
    expect(app.get_by_text("4 units short for Amazon")).to_be_visible()
    app.get_by_role("button", name="Wait for BOAT-17").click()
    expect(app.get_by_text("Nothing is promised twice.")).to_be_visible()
    app.get_by_role("button", name="Ended").click()
    expect(app.get_by_text("Wait for BOAT-17")).to_be_visible()
    stage.settle_down()
    stage.check()


def test_a_number_opens_into_the_papers_behind_it(stage: Stage, page: Page) -> None:
    brand(stage)
    stage.order("TENT", 2, location=MAIN)
    eventually(lambda: stage.units("TENT", "committed"), 2)

    app = show(page, stage)
    links = page.get_by_role("link", name="Stock")
    expect(links).to_have_count(2)  # the store's own and, once the app has said so, the app's
    links.last.click()
    app.get_by_role("link", name="TENT Committed 2").click()
    row = app.get_by_role("row", name="Held")
    expect(row).to_contain_text("Available · Main warehouse (now 8) → Committed")
    row.get_by_role("link", name="Message").click()
    # Whichever of the order's webhooks came first held the units.
    expect(app.get_by_role("heading", name=re.compile("orders.(create|updated)"))).to_be_visible()
    expect(app.get_by_text("Done", exact=True).first).to_be_visible()


def test_an_empty_shop_says_what_comes_next(stage: Stage, page: Page) -> None:
    stage.install()
    app = show(page, stage)
    expect(app.get_by_text("Amazon is connected")).to_be_visible()
    app.get_by_role("link", name="Connect Amazon").click()
    expect(app.get_by_role("button", name="Log in with Amazon")).to_be_visible()
    app.get_by_label("Refresh token").fill("Atzr|wrong")
    app.get_by_role("button", name="Connect", exact=True).click()
    expect(app.get_by_role("alert").first).to_be_visible()
    expect(app.get_by_role("button", name="Connect", exact=True)).to_be_enabled()


def test_a_difference_is_read_named_and_adopted_by_one_click(stage: Stage, page: Page) -> None:
    brand(stage)
    stage.shop("POST", "/stock", sku="TENT", location=MAIN, delta=-3)
    app = show(page, stage, "/discrepancies/counts")
    app.get_by_role("button", name="Read them now").click()
    expect(app.get_by_text("Robin Larkfield changed it in the store's admin.")).to_be_visible(
        timeout=30_000
    )
    app.get_by_role("button", name="Adopt Shopify's 7").click()
    expect(app.get_by_text("Shopify's quantities and the books agree.")).to_be_visible()
    eventually(lambda: stage.units("TENT", "available", MAIN), 7)
    app = show(page, stage, "/discrepancies/counts?status=adopted", "zh-CN")
    expect(app.get_by_text("Robin Larkfield 在商店后台更改了数量。")).to_be_visible()
    stage.settle_down()
    stage.check()


def test_leaving_is_typed_and_gives_everything_back(stage: Stage, page: Page) -> None:
    brand(stage)
    stage.purchase_order(
        {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 8, "cost": "50.00"}
    )
    eventually(lambda: stage.units("TENT", "reserved"), 8)
    app = show(page, stage, "/settings")
    button = app.get_by_role("button", name="Give everything back")
    expect(button).to_be_disabled()
    app.get_by_label(f"Type {SHOP} to confirm").fill(SHOP)
    button.click()
    expect(app.get_by_text("Nothing of Holdfast's is left in your store.")).to_be_visible(
        timeout=30_000
    )
    eventually(lambda: stage.units("TENT", "reserved"), 0)
    with page.expect_download() as started:
        app.get_by_role("button", name="Download the hand-over file").click()
    assert started.value.suggested_filename.endswith(".xlsx")
    stage.settle_down()
    stage.check()


def test_a_policy_is_tried_on_the_shops_own_history_and_then_followed(
    stage: Stage, page: Page
) -> None:
    brand(stage)
    number = stage.purchase_order(
        {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 9, "cost": "50.00"}
    )
    eventually(lambda: stage.units("TENT", "reserved"), 9)
    stage.order("TENT", 2, location=MAIN)
    eventually(lambda: stage.units("TENT", "available", MAIN), -1)

    app = show(page, stage, "/policies")
    expect(app.get_by_text("There is no policy yet")).to_be_visible()
    app.get_by_label("Safety stock").fill("2")
    app.get_by_label("Ceiling for Amazon").fill("5")
    app.get_by_role("button", name="Preview").click()
    expect(app.get_by_text("0 instead of 1").first).to_be_visible()
    expect(app.get_by_text("4 instead of 0").first).to_be_visible()
    assert stage.units("TENT", "reserved") == 9

    app.get_by_role("button", name="Save", exact=True).click()
    app.get_by_role("button", name="Yes, save it").click()
    expect(app.get_by_text("from Everything").first).to_be_visible()
    eventually(lambda: stage.units("TENT", "reserved"), 5)
    eventually(lambda: stage.units("TENT", "safety_stock", MAIN), 2)
    assert stage.units("TENT", "available", MAIN) == 1
    [name] = stage.get("/api/session")["staff"].values()
    expect(app.get_by_text(name).first).to_be_visible()

    app = show(page, stage, f"/purchase-orders/{number}")
    expect(app.get_by_text("Policy keeps 4: ceiling 5")).to_be_visible()
    stage.settle_down()
    stage.check()


def test_an_unmapped_product_is_confirmed_and_its_orders_hold_at_once(
    stage: Stage, page: Page
) -> None:
    brand(stage)
    number = stage.purchase_order(
        {"asin": "B000000007", "vendor_sku": "tent ", "amount": 4, "cost": "50.00"}
    )

    app = show(page, stage, "/unmapped-products")
    expect(app.get_by_role("link", name=number)).to_be_visible(timeout=30_000)
    expect(app.get_by_text("Same SKU, case and punctuation aside")).to_be_visible()
    assert stage.units("TENT", "reserved") == 0
    app.get_by_role("button", name="This is TENT").click()
    expect(app.get_by_text("Every product that Amazon orders is an item of yours.")).to_be_visible()
    eventually(lambda: stage.units("TENT", "reserved"), 4)
    stage.settle_down()
    stage.check()


def test_what_amazon_changed_reads_line_by_line(stage: Stage, page: Page) -> None:
    brand(stage)
    number = stage.purchase_order(
        {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 4, "cost": "50.00"},
        order_type="RushOrder",
    )
    eventually(lambda: stage.units("TENT", "reserved"), 4)
    for amount in (0, 3):
        stage.amazons("POST", f"/purchase-orders/{number}/change", lines={"1": {"amount": amount}})
        eventually(lambda: stage.units("TENT", "reserved"), amount)

    app = show(page, stage, f"/purchase-orders/{number}")
    expect(app.get_by_text("Rush", exact=True)).to_be_visible()
    expect(app.get_by_text("Units ordered: 4 → 0")).to_be_visible()
    expect(app.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(app.get_by_text("Units ordered: 0 → 3")).to_be_visible()
    expect(app.get_by_text("Ordered again", exact=True)).to_be_visible()
    stage.settle_down()
    stage.check()
