"""No purchase order is missed, whatever Amazon does while it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import messages
from app.connections import locked
from app.db import run, transaction
from app.inventory.models import State
from app.vendor.polling import filing, sweeping, windows
from app.vendor.reconciliation import restating
from tests.vendor.amazon import Amazon
from tests.vendor.brand import MUG, STOVE, TENT, VendorBrand, make_vendor_brand

NOW = datetime.now(UTC)


def numbers(brand: VendorBrand) -> set[str]:
    return {row[0] for row in brand.rows("SELECT number FROM purchase_order")}


def raw_order(number: str = "ODD00001", **changes: Any) -> dict[str, Any]:
    details = {
        "purchaseOrderDate": "2026-11-20T00:00:00Z",
        "purchaseOrderStateChangedDate": "2026-11-20T00:00:00Z",
        "sellingParty": {"partyId": "HLDFS"},
        "shipToParty": {"partyId": "PHX7"},
        "items": [raw_item()],
    }
    return {
        "purchaseOrderNumber": number,
        "purchaseOrderState": "New",
        "orderDetails": details | changes,
    }


def raw_item(**changes: Any) -> dict[str, Any]:
    return {
        "itemSequenceNumber": "1",
        "amazonProductIdentifier": TENT["asin"],
        "vendorProductIdentifier": TENT["vendor_sku"],
        "orderedQuantity": {"amount": 2, "unitOfMeasure": "Cases", "unitSize": 6},
        "isBackOrderAllowed": False,
        "netCost": {"currencyCode": "USD", "amount": "40.00"},
    } | changes


def store(brand: VendorBrand, *raw: Any) -> None:
    connection = run(locked, brand.shop_id, brand.connection_id)
    run(filing.store_orders, brand.shop_id, connection, list(raw))


def raw_status(number: str, *, received: int) -> dict[str, Any]:
    total = {"amount": received, "unitOfMeasure": "Eaches", "unitSize": 1}
    item = {
        "itemSequenceNumber": "1",
        "acknowledgementStatus": {"confirmationStatus": "ACCEPTED", "acceptedQuantity": total},
        "receivingStatus": {"receivedQuantity": total, "lastReceiveDate": "2026-03-08T00:00:00Z"},
    }
    return {
        "purchaseOrderNumber": number,
        "purchaseOrderStatus": "CLOSED",
        "purchaseOrderDate": "2026-03-01T00:00:00Z",
        "itemStatus": [item],
    }


def store_status(brand: VendorBrand, *raw: Any) -> None:
    connection = run(locked, brand.shop_id, brand.connection_id)
    run(filing.store_raw_statuses, brand.shop_id, connection, list(raw))


@pytest.mark.parametrize(
    "fault", ["html_503", "empty_500", "json_504", "empty", "throttle", "forbidden"]
)
@pytest.mark.parametrize("operation", ["getPurchaseOrders", "getPurchaseOrdersStatus"])
def test_a_failed_poll_moves_no_window_and_is_shown(
    brand: VendorBrand, fault: str, operation: str
) -> None:
    number = brand.amazon.place(TENT | {"amount": 1})
    brand.amazon.fail(fault, operation, times=2)
    brand.poll()
    kind = "created" if operation == "getPurchaseOrders" else "status"
    covered = brand.value("SELECT swept_to FROM poll_window WHERE kind = :kind", kind=kind)
    if fault == "forbidden":
        assert brand.connection().state == "reauthorise"
    assert covered < datetime.now(UTC) - timedelta(days=6)
    assert brand.connection().error
    brand.amazon.mend()
    with transaction(brand.shop_id) as session:
        row = locked(session, brand.connection_id)
        row.state = "connected"
        session.add(row)
    brand.poll()
    assert brand.connection().error is None
    assert numbers(brand) == {number}


def test_a_single_failure_is_tried_again_at_once(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "TRIED_AGAIN_AFTER", (0.01,))
    number = brand.amazon.place(TENT | {"amount": 1})
    brand.amazon.fail("html_503", "getPurchaseOrders")
    brand.poll()
    assert numbers(brand) == {number}
    assert brand.connection().error is None


def test_every_page_is_read(brand: VendorBrand) -> None:
    placed = {brand.amazon.place(MUG | {"amount": 1}) for _ in range(203)}
    brand.poll()
    assert numbers(brand) == placed
    assert brand.value("SELECT count(*) FROM purchase_order WHERE status = 'OPEN'") == 203


@pytest.mark.parametrize("fault", ["no_rows", "short_page"])
@pytest.mark.parametrize("age", [timedelta(days=1), timedelta(days=10)])
def test_orders_that_a_good_looking_page_left_out_are_asked_for_by_name(
    brand: VendorBrand, fault: str, age: timedelta
) -> None:
    placed = {brand.amazon.place(MUG | {"amount": 1}, ordered_at=NOW - age) for _ in range(5)}
    windows_before = 0 if age < timedelta(days=7) else 2  # created, changed, then the past
    brand.amazon.fail("none", "getPurchaseOrders", times=windows_before)
    brand.amazon.fail(fault, "getPurchaseOrders")
    brand.poll()
    assert numbers(brand) == placed


def test_a_page_that_fails_leaves_the_window_to_be_asked_again(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = {brand.amazon.place(MUG | {"amount": 1}) for _ in range(5)}
    monkeypatch.setattr(sweeping, "PAGE", 2)
    brand.amazon.fail("none", "getPurchaseOrders")
    brand.amazon.fail("html_503", "getPurchaseOrders")
    brand.poll()
    assert len(numbers(brand)) == 2
    assert brand.value("SELECT swept_to FROM poll_window WHERE kind = 'created'") < datetime.now(
        UTC
    ) - timedelta(days=6)
    brand.poll()
    assert numbers(brand) == placed


def test_half_a_year_is_read_on_the_first_day(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "reach", lambda _connection: timedelta(days=182))
    ages = [1, 6, 7, 8, 30, 90, 150, 181]
    placed = {
        brand.amazon.place(
            MUG | {"amount": 1},
            ordered_at=NOW - timedelta(days=age),
            window=(NOW + timedelta(days=3), NOW + timedelta(days=9)),
        )
        for age in ages
    }
    brand.poll()
    assert numbers(brand) == placed
    seen = brand.coverage()
    assert seen is not None
    assert (seen.back_filled, seen.gaps, seen.orders) == (1.0, [], len(ages))
    assert seen.seen_from <= NOW - timedelta(days=181)


def test_back_fill_goes_on_where_it_was_cut(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "reach", lambda _connection: timedelta(days=182))
    old = brand.amazon.place(MUG | {"amount": 1}, ordered_at=NOW - timedelta(days=100))
    monkeypatch.setattr(sweeping, "TIME_BUDGET", timedelta(seconds=0.5))
    rounds = 0
    while (seen := brand.coverage()) is None or seen.back_filled < 1:
        brand.poll()
        rounds += 1
        assert rounds < 60
    assert rounds > 1
    assert numbers(brand) == {old}


def test_a_back_fill_of_many_orders_reads_each_page_once_and_holds_one_that_waits(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every order with its status, no call beyond one for each page, and one page ahead at most."""
    monkeypatch.setattr(windows, "reach", lambda _connection: timedelta(days=35))
    monkeypatch.setattr(sweeping, "PAGE", 10)
    placed = {
        brand.amazon.place(
            MUG | {"amount": 1}, TENT | {"amount": 2}, ordered_at=NOW - timedelta(days=20)
        )
        for _ in range(200)
    }
    operations = ("getPurchaseOrders", "getPurchaseOrdersStatus")
    read: Counter[str] = Counter()
    filed: Counter[str] = Counter()
    ahead: list[int] = []
    for kind, reading, filing_of_it in (
        ("orders", "orders_in", "store_order_page"),
        ("statuses", "statuses_in", "store_status_page"),
    ):
        _counted(monkeypatch, reading, read, kind, lambda: None)
        _counted(
            monkeypatch,
            filing_of_it,
            filed,
            kind,
            lambda kind=kind: ahead.append(read[kind] - filed[kind]),
        )
    calls = {name: brand.amazon.calls(name) for name in operations}
    brand.poll()
    asked = {name: brand.amazon.calls(name) - before for name, before in calls.items()}
    assert numbers(brand) == placed
    assert brand.value("SELECT count(*) FROM purchase_order WHERE status_read_at IS NULL") == 0
    assert brand.value("SELECT count(*) FROM purchase_order_line") == 2 * len(placed)
    assert read["orders"] >= 20
    assert read == filed
    assert max(ahead) <= 1  # of each question, beside the one that was filed
    assert list(asked.values()) == [read["orders"], read["statuses"]]


def _counted(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    count: Counter[str],
    kind: str,
    after: Callable[[], object],
) -> None:
    """Counts how often the sweep has done this."""
    done = getattr(sweeping, name)

    def counting(*given: Any) -> Any:
        found = done(*given)
        count[kind] += 1
        after()
        return found

    monkeypatch.setattr(sweeping, name, counting)


def test_the_first_version_of_an_order_holds_what_its_message_holds(brand: VendorBrand) -> None:
    store(brand, raw_order())
    assert brand.rows(
        "SELECT paper.content = sent.request, paper.content ->> 'purchaseOrderNumber'"
        " FROM purchase_order_version AS paper JOIN message AS sent USING (shop_id, message_id)"
    ) == [(True, "ODD00001")]


def test_lines_that_come_or_change_together_are_due_as_one_order(brand: VendorBrand) -> None:
    due = "SELECT DISTINCT number, line FROM reconciliation_due"
    store(brand, raw_order(items=[raw_item(), raw_item(itemSequenceNumber="2")]))
    assert brand.rows(due) == [("ODD00001", None)]
    restating.reconcile(brand.shop_id)
    assert brand.rows(due) == []
    assert brand.value("SELECT count(*) FROM reconciliation_line") == 2
    with transaction(brand.shop_id) as session:
        session.execute(text("UPDATE purchase_order_line SET received_units = 3 WHERE line = '2'"))
    assert brand.rows(due) == [("ODD00001", "2")]


def test_the_same_poll_again_changes_nothing(brand: VendorBrand) -> None:
    brand.stock("tent", 10)
    brand.amazon.place(TENT | {"amount": 4})
    brand.poll()
    counts = "SELECT (SELECT count(*) FROM movement) || '/' || (SELECT count(*) FROM message)"
    before = brand.value(counts)
    brand.poll()
    brand.poll()
    assert brand.value(counts) == before


def test_one_poll_at_a_time(brand: VendorBrand) -> None:
    assert run(windows.lease, brand.shop_id, brand.connection_id)
    calls = brand.amazon.calls("getPurchaseOrders")
    brand.poll()
    assert brand.amazon.calls("getPurchaseOrders") == calls
    run(windows.release, brand.shop_id, brand.connection_id)
    brand.poll()
    assert brand.amazon.calls("getPurchaseOrders") > calls


def test_a_change_is_a_version_with_its_difference_and_settles_the_hold(
    brand: VendorBrand,
) -> None:
    brand.stock("tent", 100)
    number = brand.amazon.place(
        TENT | {"amount": 10, "unit": "Cases", "unit_size": 6}, STOVE | {"amount": 3}
    )
    brand.poll()
    assert brand.balance("tent", State.RESERVED) == 60
    brand.amazon.change(number, lines={"1": {"amount": 8, "cost": "39.5"}})
    brand.poll()
    assert brand.balance("tent", State.RESERVED) == 48
    versions = brand.rows("SELECT version, changes FROM purchase_order_version ORDER BY version")
    assert [row[0] for row in versions] == [1, 2]
    assert {"line": "1", "field": "ordered_units", "before": "60", "after": "48"} in versions[1][1]
    assert {"line": "1", "field": "cost", "before": "40", "after": "39.5"} in versions[1][1]
    assert not [one for one in versions[1][1] if one["line"] == "2"]


def test_a_cancelled_line_holds_nothing(brand: VendorBrand) -> None:
    brand.stock("tent", 100)
    number = brand.amazon.place(TENT | {"amount": 10})
    brand.poll()
    brand.amazon.change(number, lines={"1": {"amount": 0}})
    brand.poll()
    assert brand.balance("tent", State.RESERVED) == 0
    assert brand.balance("tent", State.AVAILABLE) == 100


def test_an_older_copy_never_replaces_a_newer_one(brand: VendorBrand) -> None:
    new = raw_order(
        purchaseOrderChangedDate="2026-11-21T00:00:00Z",
        items=[raw_item(orderedQuantity={"amount": 7, "unitOfMeasure": "Eaches"})],
    )
    store(brand, new)
    store(brand, raw_order())
    store(brand, raw_order(), new)
    assert brand.value("SELECT ordered_units FROM purchase_order_line") == 7
    assert brand.value("SELECT version FROM purchase_order") == 1


def test_an_order_closed_before_we_came_tells_the_ledger_nothing_until_units_are_taken_back(
    amazon: Amazon,
) -> None:
    brand = make_vendor_brand(amazon, connected_at=NOW)
    ended = "2026-03-01T00:00:00Z--2026-03-09T00:00:00Z"
    old = raw_order("OLD00001", purchaseOrderDate="2026-03-01T00:00:00Z", shipWindow=ended)
    store(brand, old | {"purchaseOrderState": "Closed"})
    for total in (12, 14):
        store_status(brand, raw_status("OLD00001", received=total))
        assert brand.value("SELECT count(*) FROM document") == 0
        assert brand.value("SELECT max(total) FROM receipt") == total
    store_status(brand, raw_status("OLD00001", received=10))
    assert brand.balance("tent", State.AMAZON) == 10
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 4


def test_an_unknown_item_is_named_and_held_once_it_is_known(brand: VendorBrand) -> None:
    brand.stock("mug", 10)
    brand.amazon.place(MUG | {"amount": 4})
    brand.poll()
    (message,) = brand.messages("purchase_order")
    assert message.notes == [{"code": "item_unknown", "line": "1", "detail": "B0MUG00001 / MUG-12"}]
    assert brand.balance("mug", State.RESERVED) == 0
    with transaction(brand.shop_id) as session:
        session.connection().exec_driver_sql(
            "INSERT INTO alias VALUES (%s, 'vendor_sku', 'MUG-12', %s)",
            (brand.shop_id, brand.items["mug"]),
        )
    brand.poll()
    assert brand.balance("mug", State.RESERVED) == 4


def test_identifiers_that_mean_two_items_mean_none(brand: VendorBrand) -> None:
    with transaction(brand.shop_id) as session:
        session.connection().exec_driver_sql(
            "INSERT INTO alias VALUES (%s, 'asin', %s, %s)",
            (brand.shop_id, TENT["asin"], brand.items["mug"]),
        )
    store(brand, raw_order())
    assert brand.value("SELECT item_id FROM purchase_order_line") is None


def test_an_item_that_is_not_tracked_holds_nothing(brand: VendorBrand) -> None:
    with transaction(brand.shop_id) as session:
        session.connection().exec_driver_sql("UPDATE item SET tracked = false")
    store(brand, raw_order())
    assert brand.rows("SELECT * FROM hold") == []


def test_an_order_waits_for_the_first_location(amazon: Amazon) -> None:
    brand = make_vendor_brand(amazon, locations=0)
    number = amazon.place(TENT | {"amount": 4})
    brand.poll()
    assert numbers(brand) == {number}
    with transaction(brand.shop_id) as session:
        place = session.connection().exec_driver_sql(
            "INSERT INTO location (shop_id, reference, name, active, priority)"
            " VALUES (%s, '1', 'main', true, 1) RETURNING location_id",
            (brand.shop_id,),
        )
        brand.locations["main"] = place.scalar_one()
    brand.stock("tent", 3)
    brand.poll()
    assert brand.balance("tent", State.RESERVED) == 3


@pytest.mark.parametrize(
    "broken",
    [
        raw_order(items=[raw_item(orderedQuantity={"amount": 2**70})]),
        raw_order(items=[raw_item(orderedQuantity={"amount": -4})]),
        raw_order(items=[raw_item(), raw_item()]),
        raw_order(items=[raw_item(itemSequenceNumber=None)]),
        raw_order(items=None),
        raw_order(shipWindow="tomorrow"),
        raw_order(purchaseOrderDate="soon"),
        raw_order(items=[raw_item(netCost={"amount": "12,50"})]),
        {"purchaseOrderNumber": None, "purchaseOrderState": "New", "orderDetails": {}},
        "nonsense",
    ],
)
def test_a_paper_that_cannot_be_read_is_put_aside_and_the_others_are_kept(
    brand: VendorBrand, broken: Any
) -> None:
    store(brand, broken, raw_order(number="GOOD0001"))
    assert numbers(brand) == {"GOOD0001"}
    dead = [one for one in brand.messages("purchase_order") if one.state == "dead"]
    assert len(dead) == 1
    assert "cannot be read" in (dead[0].error or "")


def test_a_paper_put_aside_can_be_replayed(brand: VendorBrand) -> None:
    store(brand, raw_order(shipWindow="tomorrow"))
    (message,) = brand.messages("purchase_order")
    with transaction(brand.shop_id) as session:
        again = session.merge(message)
        again.request = raw_order()
        messages.replay(again)
    brand.poll()
    assert "ODD00001" in numbers(brand)
    assert brand.messages("purchase_order")[0].state == "done"


def test_odd_but_readable_lines_are_read(brand: VendorBrand) -> None:
    store(
        brand,
        raw_order(
            items=[
                raw_item(
                    amazonProductIdentifier=None,
                    vendorProductIdentifier=None,
                    netCost=None,
                    orderedQuantity={"amount": 3, "unitOfMeasure": "Cases"},
                )
            ],
            shipWindow="2026-11-25T00:00:00Z--2026-11-30T00:00:00Z",
        ),
    )
    assert brand.value("SELECT ordered_units FROM purchase_order_line") == 3
    codes = [note["code"] for note in brand.messages("purchase_order")[0].notes]
    assert codes == ["bad_quantity", "item_unknown"]


def test_a_status_of_an_unknown_order_brings_the_order_in(brand: VendorBrand) -> None:
    brand.poll()
    missed = brand.amazon.place(MUG | {"amount": 2}, ordered_at=NOW - timedelta(days=30))
    brand.poll()
    assert numbers(brand) == set()
    brand.amazon.receive(missed, "1", 1)
    brand.poll()
    assert numbers(brand) == {missed}


def test_a_withdrawn_consent_stops_the_polling_and_says_so(brand: VendorBrand) -> None:
    brand.amazon.revoke()
    brand.poll()
    assert brand.connection().state == "reauthorise"
    assert "invalid_grant" in (brand.connection().error or "")
    calls = brand.amazon.calls("getPurchaseOrders")
    brand.poll()
    assert brand.amazon.calls("getPurchaseOrders") == calls
