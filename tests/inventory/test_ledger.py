"""The ledger's rules, one sentence each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db import run, transaction
from app.errors import Refused
from app.inventory import audit, ledger
from app.inventory.documents import Document, DocumentKey, Verdict
from app.inventory.flows import adjusted, relocated
from app.inventory.models import Reason, State
from tests.inventory.brand import PURCHASE_ORDER, Brand, make_brand

AVAILABLE, COMMITTED, RESERVED = State.AVAILABLE, State.COMMITTED, State.RESERVED
CUSTOMER, TRANSIT, AMAZON = State.CUSTOMER, State.AMAZON_TRANSIT, State.AMAZON


def tent(brand: Brand, state: State, at: str = "main") -> int:
    return brand.quantity("tent", at, state)


def test_an_order_holds_its_units(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.order("1", 4, item="tent", at="main"))
    assert (tent(brand, AVAILABLE), tent(brand, COMMITTED)) == (6, 4)


def test_the_same_order_again_moves_nothing(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    order = brand.order("1", 4, item="tent", at="main")
    brand.settle(order)
    before = brand.movement_count()
    assert [outcome.verdict for outcome in brand.settle(order, order)] == [Verdict.SETTLED] * 2
    assert brand.movement_count() == before


def test_an_older_version_is_stale_and_moves_nothing(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.order("1", 2, item="tent", at="main", version=2))
    outcome = brand.settle(brand.order("1", 5, item="tent", at="main", version=1))[0]
    assert outcome.verdict is Verdict.STALE
    assert tent(brand, COMMITTED) == 2


def test_two_contents_of_one_version_are_ambiguous_until_the_source_is_read(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    other = brand.order("1", 0, item="tent", at="main")
    assert brand.settle(other)[0].verdict is Verdict.AMBIGUOUS
    assert tent(brand, COMMITTED) == 5
    read_now = Document(
        other.kind, other.reference, 1, claims=other.claims, digest="0", authoritative=True
    )
    assert brand.settle(read_now)[0].verdict is Verdict.SETTLED
    assert tent(brand, COMMITTED) == 0


def test_a_fact_is_booked_even_below_zero(brand: Brand) -> None:
    brand.stock("tent", "main", 3)
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    assert (tent(brand, AVAILABLE), tent(brand, COMMITTED)) == (-2, 5)


def test_a_request_is_granted_what_is_free_and_told_what_is_short(brand: Brand) -> None:
    brand.stock("tent", "main", 7)
    grant = brand.settle(brand.purchase_order("P", 12, item="tent", at="main"))[0].grants[0]
    assert (grant.held, grant.short) == (7, 5)
    assert (tent(brand, AVAILABLE), tent(brand, RESERVED)) == (0, 7)


def test_a_request_is_never_granted_out_of_a_negative_balance(brand: Brand) -> None:
    brand.stock("tent", "main", 1)
    brand.settle(brand.order("1", 3, item="tent", at="main"))
    grant = brand.settle(brand.purchase_order("P", 2, item="tent", at="main"))[0].grants[0]
    assert grant.held == 0
    assert tent(brand, AVAILABLE) == -2


def test_facts_come_before_requests_of_the_same_batch(brand: Brand) -> None:
    brand.stock("tent", "main", 5)
    brand.settle(
        brand.purchase_order("P", 5, item="tent", at="main"),
        brand.order("1", 3, item="tent", at="main"),
    )
    assert (tent(brand, COMMITTED), tent(brand, RESERVED), tent(brand, AVAILABLE)) == (3, 2, 0)


def test_an_open_request_is_granted_what_becomes_free_later(brand: Brand) -> None:
    brand.stock("tent", "main", 2)
    brand.settle(brand.purchase_order("P", 6, item="tent", at="main"))
    brand.stock("tent", "main", 3)
    brand.ask_again()
    assert (tent(brand, RESERVED), tent(brand, AVAILABLE)) == (5, 0)


def test_a_fulfilment_takes_units_out_of_the_hold(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    brand.settle(brand.fulfillment("f", "1", 2, item="tent", at="main"))
    assert (tent(brand, AVAILABLE), tent(brand, COMMITTED), tent(brand, CUSTOMER)) == (5, 3, 2)


def test_a_fulfilment_may_come_before_its_order(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.fulfillment("f", "1", 2, item="tent", at="main"))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    assert (tent(brand, AVAILABLE), tent(brand, COMMITTED), tent(brand, CUSTOMER)) == (5, 3, 2)


@pytest.mark.parametrize("order_first", [True, False])
def test_a_fulfilment_from_another_location_takes_the_hold_with_it(
    brand: Brand, order_first: bool
) -> None:
    brand.stock("tent", "main", 10)
    brand.stock("tent", "east", 10)
    papers = [
        brand.order("1", 5, item="tent", at="main"),
        brand.fulfillment("f", "1", 2, item="tent", at="east"),
    ]
    for paper in papers if order_first else reversed(papers):
        brand.settle(paper)
    assert (tent(brand, AVAILABLE), tent(brand, COMMITTED)) == (7, 3)
    assert (tent(brand, AVAILABLE, "east"), tent(brand, CUSTOMER, "east")) == (8, 2)


def test_a_cancelled_fulfilment_opens_the_units_again(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    brand.settle(brand.fulfillment("f", "1", 2, item="tent", at="main"))
    brand.settle(brand.fulfillment("f", "1", 0, item="tent", at="main", version=2))
    assert (tent(brand, AVAILABLE), tent(brand, COMMITTED), tent(brand, CUSTOMER)) == (5, 5, 0)


def test_shipping_more_than_was_held_takes_the_rest_from_what_is_free(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.purchase_order("P", 4, item="tent", at="main"))
    brand.settle(brand.shipment("S", "P", 6, item="tent", at="main"))
    assert (tent(brand, RESERVED), tent(brand, AVAILABLE), tent(brand, TRANSIT)) == (0, 4, 6)


def test_a_line_no_longer_named_is_given_back(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    brand.settle(Document("shopify_order", "1", 2, claims=(), digest="none"))
    assert (tent(brand, AVAILABLE), tent(brand, COMMITTED)) == (10, 0)


def test_receipts_are_totals_and_a_shrinking_total_moves_back(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.purchase_order("P", 6, item="tent", at="main"))
    brand.settle(brand.shipment("S", "P", 6, item="tent", at="main"))
    for version, (total, in_transit) in enumerate([(2, 4), (6, 0), (6, 0), (5, 1), (7, -1)]):
        brand.settle(brand.receipt("P", total, item="tent", at="main", version=version))
        assert (tent(brand, AMAZON), tent(brand, TRANSIT)) == (total, in_transit)


def test_an_inside_state_refuses_to_give_more_than_it_has(brand: Brand) -> None:
    brand.stock("tent", "main", 3)
    flow = adjusted("1", brand.item("tent"), brand.at("main"), -1, state=State.DAMAGED)
    with pytest.raises(Refused, match="0 units are damaged"):
        brand.settle(Document("adjustment", "wrong", 1, flows=[flow]))
    assert tent(brand, AVAILABLE) == 3


def test_relocating_moves_free_units_between_locations(brand: Brand) -> None:
    brand.stock("tent", "main", 8)
    flow = relocated("1", brand.item("tent"), brand.at("main"), brand.at("east"), 3)
    brand.settle(Document("relocation", "r", 1, flows=[flow]))
    assert (tent(brand, AVAILABLE), tent(brand, AVAILABLE, "east")) == (5, 3)


def test_a_hold_past_its_expiry_is_given_back(brand: Brand) -> None:
    brand.stock("tent", "main", 5)
    asked = brand.purchase_order("P", 5, item="tent", at="main")
    brand.settle(replace(asked, expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert tent(brand, RESERVED) == 5
    with transaction(brand.shop_id) as session:
        ledger.expire(session)
    assert (tent(brand, RESERVED), tent(brand, AVAILABLE)) == (0, 5)
    brand.ask_again()
    assert tent(brand, RESERVED) == 0


def test_units_taken_back_from_a_request_are_free_again(brand: Brand) -> None:
    brand.stock("tent", "main", 5)
    asked = brand.purchase_order("P", 5, item="tent", at="main")
    brand.settle(asked)
    with transaction(brand.shop_id) as session:
        ledger.take_back(
            session, asked.key, "1", brand.item("tent"), brand.at("main"), units=2, actor="user:1"
        )
    assert (tent(brand, RESERVED), tent(brand, AVAILABLE)) == (3, 2)


def test_a_firm_hold_is_not_taken_back(brand: Brand) -> None:
    brand.stock("tent", "main", 5)
    asked = brand.purchase_order("P", 5, item="tent", at="main", firm=True)
    brand.settle(asked)
    with (
        pytest.raises(Refused, match="not held by a request"),
        transaction(brand.shop_id) as session,
    ):
        ledger.take_back(
            session, asked.key, "1", brand.item("tent"), brand.at("main"), units=2, actor="user:1"
        )


def test_a_movement_can_be_neither_changed_nor_deleted(brand: Brand) -> None:
    brand.stock("tent", "main", 5)
    for change in ("UPDATE posting SET quantity = 1", "DELETE FROM posting"):
        with (
            pytest.raises(DBAPIError, match="never changed"),
            transaction(brand.shop_id) as session,
        ):
            session.execute(text(change))


def test_only_moves_the_shop_did_not_make_itself_are_told_to_it(brand: Brand) -> None:
    brand.settle(
        Document(
            "opening",
            "1",
            1,
            echo=True,
            flows=[adjusted("1", brand.item("tent"), brand.at("main"), 9, reason=Reason.OPENING)],
        )
    )
    brand.settle(brand.order("1", 2, item="tent", at="main"))
    brand.settle(brand.purchase_order("P", 3, item="tent", at="main"))
    brand.settle(brand.shipment("S", "P", 3, item="tent", at="main"))
    brand.settle(brand.receipt("P", 3, item="tent", at="main", version=1))
    with transaction(brand.shop_id) as session:
        told = session.execute(
            text(
                "SELECT from_state::text, to_state::text FROM mirror_due"
                " JOIN movement USING (shop_id, movement_id) ORDER BY movement_id"
            )
        ).all()
    assert [tuple(row) for row in told] == [
        ("available", "reserved"),
        ("reserved", "amazon_transit"),
    ]


def test_a_shop_sees_nothing_of_another_even_without_a_filter(brand: Brand) -> None:
    brand.stock("tent", "main", 5)
    other = make_brand("other.myshopify.com")
    with transaction(other.shop_id) as session:
        tables = (
            "item",
            "balance",
            "movement",
            "posting",
            "document",
            "tally",
            "shop",
            "movement_other",
        )
        for table in tables:
            rows = session.execute(text(f"SELECT shop_id FROM {table}")).scalars().all()
            assert set(rows) <= {other.shop_id}, table
    with transaction() as session:
        assert session.execute(text("SELECT count(*) FROM item")).scalar_one() == 0
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        transaction(other.shop_id) as session,
    ):
        session.execute(
            text("INSERT INTO balance VALUES (:shop, 1, 1, 'available', 1)"),
            {"shop": brand.shop_id},
        )


def test_a_request_that_asks_no_more_keeps_what_it_holds_beside_what_left_elsewhere(
    brand: Brand,
) -> None:
    brand.stock("tent", "main", 4)
    brand.stock("tent", "east", 3)
    brand.settle(brand.purchase_order("P1", 9, item="tent", at="main"))
    brand.settle(brand.shipment("S1", "P1", 3, item="tent", at="east"))
    key, place = DocumentKey(PURCHASE_ORDER, "P1"), (brand.item("tent"), brand.at("main"))
    run(ledger.ask_no_more, brand.shop_id, key, "1", *place)
    brand.stock("tent", "main", 5)
    brand.ask_again()
    assert brand.quantity("tent", "main", State.RESERVED) == 4
    assert run(audit.findings, brand.shop_id) == []
