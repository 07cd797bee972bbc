"""Every ordered unit stands in one place, and whoever speaks of receipts is heard side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as any_of
from sqlalchemy import text

from app.db import run, transaction
from app.vendor import acknowledgements
from app.vendor.acknowledgements import Said
from app.vendor.receiving.places import Places, places, places_of, together
from app.vendor.receiving.sources import compared
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine
from tests.support.screen import open_screen
from tests.vendor.billed import keep_billing, sold
from tests.vendor.brand import STOVE, VendorBrand

UNITS = any_of.integers(0, 500)
NOW = datetime.now(UTC)


@given(
    ordered=UNITS,
    once=UNITS,
    rejected=UNITS,
    shipped=UNITS,
    received=UNITS,
    before=UNITS,
    held=UNITS,
    closed=any_of.booleans(),
    released=any_of.booleans(),
)
def test_the_places_of_a_line_add_up_to_what_was_ordered_whatever_the_papers_say(
    closed: bool, released: bool, once: int, held: int, **units: int
) -> None:
    order = PurchaseOrder(
        shop_id=1,
        region="na",
        number="1",
        connection_id=1,
        state="Closed" if closed else "Acknowledged",
        ordered_at=NOW,
        rest_released=released,
    )
    line = PurchaseOrderLine(
        shop_id=1,
        region="na",
        number="1",
        line="1",
        ordered_units=units["ordered"],
        rejected_units=units["rejected"],
        shipped_units=units["shipped"],
        received_units=units["received"],
        units_before_books=units["before"],
    )
    found = places(order, line, held, once)
    assert min(found) >= 0
    assert sum(found) - found.over == max(once, units["ordered"])
    assert found.received + found.over == units["received"]


def where(brand: VendorBrand, number: str) -> Places:
    with transaction(brand.shop_id) as session:
        return together(
            places_of(session, session.get_one(PurchaseOrder, (brand.shop_id, "na", number)))
        )


def test_units_go_from_place_to_place_as_the_papers_come(brand: VendorBrand) -> None:
    brand.stock("stove", 6)
    number = brand.amazon.place(STOVE | {"amount": 10})
    brand.poll()
    assert where(brand, number) == Places(open=4, held=6)
    with transaction(brand.shop_id) as session:
        said = [Said("1", 6, 0, 4, "TemporarilyUnavailable")]
        acknowledgements.acknowledge(session, "na", number, said, actor="user:1")
    assert where(brand, number) == Places(held=6, rejected=4)
    brand.send_and_follow()
    brand.amazon.change(number, lines={"1": {"amount": 8}})
    brand.poll()
    assert where(brand, number).cancelled == 2
    assert sum(where(brand, number)) == 10


def differing(brand: VendorBrand, state: str | None = None) -> list[Any]:
    return run(compared, brand.shop_id, state=state, like=None, after=None, limit=50)


def age(brand: VendorBrand, days: int) -> None:
    brand.execute(f"UPDATE shipment SET shipped_at = shipped_at - interval '{days} days'")


def test_shipped_units_that_amazon_does_not_show_age_from_under_way_to_short(
    brand: VendorBrand,
) -> None:
    number = sold(brand, shipped=(12, 5))
    brand.amazon.receive(number, "1", 2)  # cases of six
    brand.amazon.receive(number, "2", 3)
    brand.poll()
    [row] = differing(brand)
    assert (row.line, row.shipped, row.received, row.state) == ("2", 5, 3, "on_its_way")
    assert row.status_read_at is not None
    age(brand, 15)
    assert [one.state for one in differing(brand)] == ["searched"]
    age(brand, 21)
    assert [one.state for one in differing(brand, "short")] == ["short"]
    assert differing(brand, "over") == []
    brand.amazon.receive(number, "2", 5)
    brand.poll()
    assert differing(brand) == []
    assert where(brand, number).received == 17


def test_more_received_than_shipped_is_named_and_so_are_sources_that_disagree(
    brand: VendorBrand,
) -> None:
    number = sold(brand, shipped=(12, 5))
    brand.amazon.receive(number, "1", 3)  # cases of six
    brand.amazon.receive(number, "2", 5)
    brand.poll()
    [row] = differing(brand)
    assert (row.line, row.state, row.shipped - row.received) == ("1", "over", -6)
    assert where(brand, number).over == 6


def test_the_screen_lists_what_differs_with_its_money_page_by_page(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    number = sold(brand, shipped=(12, 5))
    keep_billing(brand)
    brand.amazon.receive(number, "1", 1)  # case of six
    brand.amazon.receive(number, "2", 3)
    brand.poll()
    domain = brand.value("SELECT domain FROM shop WHERE shop_id = :id", id=brand.shop_id)
    screen = open_screen(brand.shop_id, domain, set_settings)
    rows = screen.all("/receipts", limit=1)
    assert [(row["line"], row["missing"], row["value"]["amount"]) for row in rows] == [
        ("1", 6, "240.00"),
        ("2", 2, "25.00"),
    ]
    assert rows[0]["item"]["sku"] == "TENT-2P"
    assert screen.all("/receipts", search=number[:5]) == rows
    assert screen.all("/receipts", state="short") == []
    found = screen.ask(f"/purchase-orders/{number}/places")
    assert found["units"]["received"] == 9
    assert [line["short"] for line in found["lines"]] == [6, 2]  # Amazon has closed it


def reported_weeks(brand: VendorBrand, asin: str, *units: int | None) -> None:
    """Inventory reports of the last whole weeks, the oldest first; None: a missing one."""
    with transaction(brand.shop_id) as session:
        for back, count in enumerate(reversed(units)):
            if count is not None:
                session.execute(text(WEEK), {"shop": brand.shop_id, "back": back})
                told = {"shop": brand.shop_id, "asin": asin, "units": count}
                session.execute(text(STOOD), told)


# The last Sunday's midnight, with which a week of Amazon's ends.
EDGE = """(date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    - extract(dow FROM now() AT TIME ZONE 'UTC')::int * interval '1 day')"""
WEEK = f"""
WITH edge AS (SELECT {EDGE} - :back * interval '7 days' AS at)
INSERT INTO report (shop_id, connection_id, marketplace, kind, starts_at, ends_at, state, good_at,
    asked_by, made_at, times_asked, tries, rows_kept, rows_unread)
SELECT :shop, connection_id, 'US', 'inventory', at - interval '7 days', at, 'done', now(), 'clock',
    now(), 1, 0, 1, 0
FROM connection, edge WHERE shop_id = :shop AND channel = 'amazon'
"""
STOOD = """
INSERT INTO reported_inventory (shop_id, connection_id, marketplace, asin, starts_on, ends_on,
    report_id, net_received_units, open_purchase_order_units, sellable_units)
SELECT shop_id, connection_id, marketplace, :asin, starts_at::date, ends_at::date - 1, report_id,
    :units, 0, 0
FROM report WHERE shop_id = :shop ORDER BY report_id DESC LIMIT 1
"""


def test_the_inventory_report_stands_beside_the_statuses_of_the_same_days_with_its_age(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    number = sold(brand, shipped=(12, 5), received=(6, 3))
    sold(brand, shipped=(12, 5))  # another order of the same products, received in full
    domain = brand.value("SELECT domain FROM shop WHERE shop_id = :id", id=brand.shop_id)
    screen = open_screen(brand.shop_id, domain, set_settings)

    def told() -> list[Any]:
        return [row["reported"] or row["not_reported"] for row in screen.all("/receipts")]

    assert told() == ["no_report", "no_report"]
    # Left in the fourth week back, received in the third.
    brand.execute(f"UPDATE shipment SET shipped_at = {EDGE} - interval '24 days'")
    brand.execute(f"UPDATE receipt SET last_received_at = {EDGE} - interval '18 days'")
    tent, stove = (
        brand.value(
            "SELECT asin FROM purchase_order_line WHERE number = :number AND line = :line",
            number=number,
            line=line,
        )
        for line in "12"
    )
    reported_weeks(brand, tent, 0, 0, 20, None, 2)
    tents, stoves = told()
    assert stoves == "not_named"  # the reports are there, and none of them names it
    # 22 by the reports, 18 by the statuses of both orders: four that no status shows.
    assert (tents["units"], tents["by_status"], tents["says"]) == (22, 18, "more")
    assert (tents["weeks"], tents["gaps"], tents["marketplace"]) == (3, 1, "US")
    assert tents["read_at"] is not None
    brand.execute(
        "UPDATE reported_inventory SET net_received_units = 8 WHERE net_received_units > 0"
    )
    assert told()[0]["says"] == "fewer"
    keep_billing(brand, marketplace="CA")
    assert told() == ["no_report", "no_report"]  # of another marketplace nothing is said
