"""What an order says to the ledger: snapshots in, documents out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.inventory.documents import Claim, DocumentKey
from app.inventory.models import State
from app.shopify import orders, snapshots
from app.shopify.orders import HoldAt, Known, Plan

OPENED = datetime(2026, 11, 1, tzinfo=UTC)
PLACED = OPENED + timedelta(days=1)
ITEM, HERE, THERE = 7, 1, 2


def known(**changes: Any) -> Known:
    values: dict[str, Any] = {
        "items": {"40": (ITEM, True), "41": (8, False)},
        "locations": {"100": HERE, "200": THERE},
        "default_location": HERE,
        "opened_at": OPENED,
    }
    return Known(**(values | changes))


def line(number: str = "1", **changes: Any) -> dict[str, Any]:
    values = {
        "id": number,
        "variant_id": "40",
        "product_id": "30",
        "sku": "TENT-2P",
        "quantity": 5,
        "current_quantity": 5,
        "fulfillable_quantity": 5,
    }
    return values | changes


def order(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    values = {
        "id": "1042",
        "name": "#1042",
        "created_at": PLACED.isoformat(),
        "updated_at": PLACED.isoformat(),
        "line_items": list(lines) or [line()],
    }
    return values | changes


def fulfillment(quantity: int, *, location: str | None = "100", **changes: Any) -> dict[str, Any]:
    values = {
        "id": "500",
        "status": "success",
        "location_id": location,
        "created_at": PLACED.isoformat(),
        "updated_at": PLACED.isoformat(),
        "line_items": [{"id": "1", "variant_id": "40", "quantity": quantity}],
    }
    return values | changes


def refund(quantity: int, restock: str, **changes: Any) -> dict[str, Any]:
    values = {
        "id": "600",
        "created_at": PLACED.isoformat(),
        "refund_line_items": [
            {
                "line_item_id": "1",
                "quantity": quantity,
                "restock_type": restock,
                "location_id": "100",
            }
        ],
    }
    return values | changes


def planned(body: dict[str, Any], books: Known | None = None) -> Plan:
    snapshot = snapshots.order_of(body)
    assert snapshot is not None
    return orders.plan(snapshot, books or known())


def claims(plan: Plan) -> list[Claim]:
    return list(plan.documents[0].claims or ())


def test_a_new_order_asks_for_its_units_at_the_first_location() -> None:
    plan = planned(order())
    assert claims(plan) == [Claim("1", ITEM, HERE, State.COMMITTED, 5)]
    assert plan.documents[0].echo and plan.documents[0].title == "#1042"


def test_shipped_units_stay_wanted_and_leave_by_the_fulfilments_own_paper() -> None:
    body = order(line(fulfillable_quantity=3), fulfillments=[fulfillment(2)])
    plan = planned(body)
    assert claims(plan)[0].wanted == 5
    (flow,) = plan.documents[1].flows
    assert (flow.total, flow.hold, flow.to_state) == (
        2, DocumentKey("shopify_order", "1042"), State.CUSTOMER,
    )  # fmt: skip


def test_a_cancelled_fulfilment_has_shipped_nothing() -> None:
    plan = planned(order(fulfillments=[fulfillment(2, status="cancelled")]))
    assert plan.documents[1].flows[0].total == 0
    assert claims(plan)[0].wanted == 5


def test_cancelled_and_restocked_units_are_no_longer_wanted() -> None:
    body = order(line(fulfillable_quantity=4), refunds=[refund(1, "cancel")])
    assert claims(planned(body))[0].wanted == 4


def test_unfulfilled_units_refunded_without_restocking_leave_to_adjustment() -> None:
    plan = planned(order(line(fulfillable_quantity=3), refunds=[refund(2, "no_restock")]))
    assert claims(plan)[0].wanted == 5
    (flow,) = plan.documents[0].flows
    assert (flow.total, flow.to_state) == (2, State.ADJUSTMENT)


def test_fulfilled_units_refunded_without_restocking_stay_with_the_customer() -> None:
    body = order(
        line(fulfillable_quantity=0),
        fulfillments=[fulfillment(5)],
        refunds=[refund(2, "no_restock")],
    )
    plan = planned(body)
    assert plan.documents[0].flows == []
    assert claims(plan)[0].wanted == 5


def test_returned_units_come_back_where_the_refund_says() -> None:
    returned = refund(2, "return")
    returned["refund_line_items"][0]["location_id"] = "200"
    body = order(line(fulfillable_quantity=0), fulfillments=[fulfillment(5)], refunds=[returned])
    (flow,) = planned(body).documents[2].flows
    assert (flow.total, flow.from_state, flow.to_location_id) == (2, State.CUSTOMER, THERE)


def test_a_cancelled_order_wants_nothing() -> None:
    body = order(line(fulfillable_quantity=0, current_quantity=0), cancelled_at=PLACED.isoformat())
    assert claims(planned(body))[0].wanted == 0


def test_units_are_wanted_where_they_are_routed() -> None:
    routed = line(
        fulfillable_quantity=3,
        routes=[{"location_id": "200", "quantity": 2}, {"location_id": "100", "quantity": 1}],
    )
    body = order(routed, read=True, fulfillments=[fulfillment(2, location="200")])
    assert {(claim.location_id, claim.wanted) for claim in claims(planned(body))} == {
        (THERE, 4), (HERE, 1),
    }  # fmt: skip


def test_without_a_route_units_stay_where_they_are_held() -> None:
    books = known(holds={("1042", "1"): [HoldAt(ITEM, THERE, 4, 0)]})
    assert claims(planned(order(), books)) == [Claim("1", ITEM, THERE, State.COMMITTED, 5)]


def test_a_change_of_units_held_at_two_places_is_asked_for_again() -> None:
    books = known(holds={("1042", "1"): [HoldAt(ITEM, THERE, 2, 0), HoldAt(ITEM, HERE, 3, 0)]})
    assert not planned(order(), books).read_again
    fewer = planned(order(line(fulfillable_quantity=4), refunds=[refund(1, "cancel")]), books)
    assert fewer.read_again
    assert sum(claim.wanted for claim in claims(fewer)) == 4


def test_what_happened_before_the_opening_is_left_out() -> None:
    before = (OPENED - timedelta(days=2)).isoformat()
    body = order(
        line(quantity=9, fulfillable_quantity=5),
        created_at=before,
        fulfillments=[fulfillment(3, created_at=before)],
        refunds=[refund(1, "no_restock", created_at=before)],
    )
    plan = planned(body)
    assert [document.kind for document in plan.documents] == ["shopify_order"]
    assert claims(plan)[0].wanted == 5
    assert plan.documents[0].flows == []


def test_a_paper_known_from_an_earlier_opening_counts() -> None:
    before = (OPENED - timedelta(days=2)).isoformat()
    body = order(line(fulfillable_quantity=2), fulfillments=[fulfillment(3, created_at=before)])
    books = known(papers=frozenset({DocumentKey("shopify_fulfillment", "500")}))
    assert claims(planned(body, books))[0].wanted == 5


def test_odd_lines_become_notes_and_the_rest_is_held() -> None:
    body = order(
        line("1"),
        line("2", variant_id=None),
        line("3", variant_id="99", product_id="31"),
        line("4", variant_id="41"),
        line("5", quantity=0),
        line("6", quantity=-3),
        line("7", quantity=None),
        line("9007199254740993", sku=None),
    )
    plan = planned(body)
    assert [(note["line"], note["code"]) for note in plan.notes] == [
        ("2", "custom_line"),
        ("3", "variant_unknown"),
        ("4", "not_tracked"),
        ("5", "bad_quantity"),
        ("6", "bad_quantity"),
        ("7", "bad_quantity"),
    ]
    assert {claim.line for claim in claims(plan)} == {"1", "9007199254740993"}
    assert plan.unknown_products == {"31"}


def test_the_same_content_read_or_delivered_has_the_same_digest() -> None:
    delivered = planned(order()).documents[0]
    routed = line(routes=[{"location_id": "200", "quantity": 5}])
    read = planned(order(routed, read=True)).documents[0]
    edited = planned(order(line(fulfillable_quantity=4))).documents[0]
    assert delivered.digest == read.digest != edited.digest
    assert read.authoritative and not delivered.authoritative


def test_an_order_of_five_thousand_lines_is_planned_at_once() -> None:
    body = order(
        *(line(str(number)) for number in range(1, 5001)),
        fulfillments=[
            fulfillment(1, line_items=[{"id": str(n), "quantity": 1} for n in range(1, 5001)])
        ],
    )
    plan = planned(body)
    assert len(claims(plan)) == 5000
    assert len(plan.documents[1].flows) == 5000


def test_a_snapshot_without_id_or_time_is_none_at_all() -> None:
    assert snapshots.order_of({}) is None
    assert snapshots.order_of({"id": "1"}) is None
    assert snapshots.fulfillment_of({"id": "1"}) is None
