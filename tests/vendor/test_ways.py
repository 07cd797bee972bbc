"""Amazon's side of a collision: what its clocks allow, what each way costs, and that it is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.db import run, transaction
from app.errors import Refused
from app.inventory import arrivals, collisions, futures, kits, ledger
from app.inventory.models import Collision, Item, State
from app.inventory.ways import Way, barred_ways, claimants, ways_out
from app.vendor import acknowledgements
from app.vendor.acknowledgements import Said
from app.vendor.ways import AmazonRail
from tests.vendor.brand import MUG, STOVE, VendorBrand

NOW = datetime.now(UTC)
TODAY = NOW.date()


def price(brand: VendorBrand, item: str, sells_for: str, cost: str, currency: str = "USD") -> None:
    with transaction(brand.shop_id) as session:
        row = session.get_one(Item, (brand.shop_id, brand.items[item]))
        row.price, row.price_currency = Decimal(sells_for), currency
        row.unit_cost, row.unit_cost_currency = Decimal(cost), currency
        session.add(row)


def refresh(brand: VendorBrand, item: str = "stove") -> Collision:
    """The open collision of an item at the main location."""
    place = (brand.items[item], brand.locations["main"])
    with transaction(brand.shop_id) as session:
        (found,) = collisions.refresh(session, [place])
        return found


def is_open(brand: VendorBrand) -> bool:
    return bool(brand.value("SELECT count(*) FROM collision WHERE ended_at IS NULL"))


def offered(brand: VendorBrand, collision: Collision, at: datetime = NOW) -> dict[str, Way]:
    with transaction(brand.shop_id) as session:
        fresh = session.get_one(Collision, (brand.shop_id, collision.collision_id))
        return {way.way: way for way in ways_out(session, fresh, [AmazonRail(at)])}


def take(brand: VendorBrand, collision: Collision, way: Way, at: datetime = NOW) -> Collision:
    with transaction(brand.shop_id) as session:
        fresh = session.get_one(Collision, (brand.shop_id, collision.collision_id))
        return collisions.take(
            session, fresh, way.way, way.parameters, actor="user:1", rails=[AmazonRail(at)]
        )


def lost(way: Way) -> dict[str, tuple[str | None, bool]]:
    """What a way loses, by rail and reason; nothing lost is left out."""
    return {
        f"{one.rail} {one.reason}": (
            None if one.amount is None else f"{one.amount:.2f} {one.currency}",
            one.verified,
        )
        for one in way.stakes
        if one.amount is None or one.amount
    }


def place_stoves(brand: VendorBrand, amount: int = 20, **details: Any) -> str:
    details.setdefault("window", (NOW + timedelta(days=6), NOW + timedelta(days=9)))
    number = brand.amazon.place(STOVE | {"amount": amount, "back_order": True}, **details)
    brand.poll()
    return number


def acknowledged_and_oversold(brand: VendorBrand, **details: Any) -> str:
    """20 stoves promised firmly to Amazon, and an order for four that are not there."""
    price(brand, "stove", "30", "8")
    brand.stock("stove", 20)
    number = place_stoves(brand, **details)
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", number, [Said("1", 20, 0, 0, None)], actor="user:1"
        )
    brand.send_and_follow()
    brand.shop_order("stove", 4)
    return number


def expect(brand: VendorBrand, units: int, on: date, item: str = "stove") -> None:
    stated = arrivals.Stated("T1", brand.items[item], brand.locations["main"], units, on)
    run(arrivals.state, brand.shop_id, [stated], actor="user:1")


def test_taking_back_loses_amazons_margin_and_accepting_loses_the_shops(
    brand: VendorBrand,
) -> None:
    price(brand, "stove", "30", "8")
    brand.stock("stove", 20)
    place_stoves(brand)
    brand.shop_order("stove", 4)
    ways = offered(brand, refresh(brand))
    assert lost(ways["take_back"]) == {"amazon margin": ("-18.00 USD", True)}
    assert lost(ways["accept"]) == {"dtc margin": ("-88.00 USD", True)}
    assert (ways["take_back"].recommended, ways["take_back"].because) == (True, "loses_least")
    assert ways["take_back"].until is not None


def test_the_cheaper_loss_is_recommended_even_if_it_is_the_shops(brand: VendorBrand) -> None:
    price(brand, "stove", "9", "8")
    brand.stock("stove", 20)
    place_stoves(brand)
    brand.shop_order("stove", 4)
    ways = offered(brand, refresh(brand))
    assert lost(ways["accept"]) == {"dtc margin": ("-4.00 USD", True)}
    assert ways["accept"].recommended


def test_what_is_not_known_is_null_and_says_so(brand: VendorBrand) -> None:
    brand.stock("stove", 20)
    place_stoves(brand)
    brand.shop_order("stove", 4)
    ways = offered(brand, refresh(brand))
    assert [one.missing for one in ways["take_back"].stakes if one.missing] == ["unit_cost"]
    assert [one.missing for one in ways["accept"].stakes if one.missing] == ["price"]
    assert ways["accept"].total is None
    assert (ways["take_back"].recommended, ways["take_back"].because) == (True, "ends_it")


def test_two_currencies_are_never_added_up(brand: VendorBrand) -> None:
    price(brand, "stove", "30", "8", currency="EUR")
    brand.stock("stove", 20)
    place_stoves(brand)
    brand.shop_order("stove", 4)
    ways = offered(brand, refresh(brand))
    assert [one.missing for one in ways["take_back"].stakes if one.missing] == ["one_currency"]
    assert lost(ways["accept"]) == {"dtc margin": ("-88.00 EUR", True)}


def test_a_confirmed_quantity_is_lowered_by_a_changed_acknowledgement(brand: VendorBrand) -> None:
    number = acknowledged_and_oversold(brand)
    collision = refresh(brand)
    way = offered(brand, collision)["reduce_line"]
    assert (way.units, way.ends_it, lost(way)) == (
        4,
        True,
        {"amazon margin": ("-18.00 USD", True)},
    )
    ended = take(brand, collision, way)
    assert (ended.way_taken, ended.ended_by) == ("reduce_line", "user:1")
    assert not is_open(brand)
    assert brand.balance("stove", State.RESERVED) == 16
    assert brand.balance("stove", State.AVAILABLE) == 0
    brand.send_and_follow()
    codes = brand.amazon.acknowledgements(number)[-1]["items"][0]["itemAcknowledgements"]
    assert {one["acknowledgementCode"]: one["acknowledgedQuantity"]["amount"] for one in codes} == {
        "Accepted": 16,
        "Rejected": 4,
    }
    assert brand.value("SELECT state FROM acknowledgement ORDER BY 1 DESC") == "accepted"
    assert brand.value("SELECT count(*) FROM collision_movement") == 1


def test_after_48_hours_a_confirmed_quantity_is_not_lowered(brand: VendorBrand) -> None:
    acknowledged_and_oversold(brand)
    collision = refresh(brand)
    way = offered(brand, collision)["reduce_line"]
    later = NOW + timedelta(hours=49)
    assert "reduce_line" not in offered(brand, collision, later)
    with pytest.raises(Refused, match="moved on"):
        take(brand, collision, way, later)


def test_an_acknowledgement_on_its_way_is_waited_for(brand: VendorBrand) -> None:
    acknowledged_and_oversold(brand)
    collision = refresh(brand)
    take(brand, collision, offered(brand, collision)["reduce_line"])
    brand.shop_order("stove", 2)
    assert "reduce_line" not in offered(brand, refresh(brand))


def barred(brand: VendorBrand, collision: Collision, at: datetime = NOW) -> list[tuple[str, str]]:
    """Ways that are not possible, with their reasons."""
    with transaction(brand.shop_id) as session:
        fresh = session.get_one(Collision, (brand.shop_id, collision.collision_id))
        place = (fresh.item_id, fresh.location_id)
        changes, wanting = futures.changes_at(session, *place), claimants(session, *place)
        found = barred_ways(session, fresh, [AmazonRail(at)], changes, wanting)
        return [(one.way, one.because) for one in found]


def said_to_amazon(brand: VendorBrand, number: str) -> list[tuple[str, int, str | None]]:
    brand.send_and_follow()
    codes = brand.amazon.acknowledgements(number)[-1]["items"][0]["itemAcknowledgements"]
    return [
        (
            one["acknowledgementCode"],
            one["acknowledgedQuantity"]["amount"],
            one.get("scheduledShipDate"),
        )
        for one in codes
    ]


def test_a_confirmed_quantity_is_backordered_for_the_day_of_an_arrival(
    brand: VendorBrand,
) -> None:
    number = acknowledged_and_oversold(brand)
    on = TODAY + timedelta(days=4)
    expect(brand, 30, on)
    collision = refresh(brand)
    assert barred(brand, collision) == []
    way = offered(brand, collision)["backorder_line"]
    assert (way.units, way.ends_it, lost(way)) == (4, True, {})
    assert take(brand, collision, way).way_taken == "backorder_line"
    assert not is_open(brand)
    assert brand.balance("stove", State.RESERVED) == 16
    assert brand.balance("stove", State.AVAILABLE) == 0
    day = f"{on.isoformat()}T12:00:00Z"
    assert said_to_amazon(brand, number) == [("Accepted", 16, None), ("Backordered", 4, day)]
    assert brand.value("SELECT state FROM acknowledgement ORDER BY 1 DESC") == "accepted"
    # It stays promised, and is held again when the arrival is there.
    brand.stock("stove", 30)
    run(ledger.ask_again, brand.shop_id)
    assert brand.balance("stove", State.RESERVED) == 20


def test_backordering_what_was_confirmed_past_the_window_is_charged_as_late(
    brand: VendorBrand,
) -> None:
    acknowledged_and_oversold(brand)
    expect(brand, 4, TODAY + timedelta(days=30))
    way = offered(brand, refresh(brand))["backorder_line"]
    assert lost(way) == {"amazon not_on_time": ("-1.50 USD", False)}


def test_a_confirmed_promise_that_nothing_covers_in_time_is_put_off(brand: VendorBrand) -> None:
    price(brand, "stove", "30", "8")
    brand.stock("stove", 12)
    number = place_stoves(brand)
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", number, [Said("1", 20, 0, 0, None)], actor="user:1"
        )
    brand.send_and_follow()
    collision = refresh(brand)
    assert (collision.kind, collision.units) == ("coming", 8)
    assert barred(brand, collision) == [("backorder_line", "nothing_arrives")]
    on = TODAY + timedelta(days=30)
    expect(brand, 8, on)
    collision = refresh(brand)
    take(brand, collision, offered(brand, collision)["backorder_line"])
    assert not is_open(brand)
    assert brand.balance("stove", State.RESERVED) == 12
    day = f"{on.isoformat()}T12:00:00Z"
    assert said_to_amazon(brand, number) == [("Accepted", 12, None), ("Backordered", 8, day)]


def test_why_a_confirmed_line_is_not_backordered_is_said(brand: VendorBrand) -> None:
    acknowledged_and_oversold(brand)
    expect(brand, 30, TODAY + timedelta(days=4))
    collision = refresh(brand)
    later = NOW + timedelta(hours=49)
    assert "backorder_line" not in offered(brand, collision, later)
    assert barred(brand, collision, later) == [("backorder_line", "too_late")]
    take(brand, collision, offered(brand, collision)["backorder_line"])
    brand.shop_order("stove", 2)
    assert barred(brand, refresh(brand)) == [("backorder_line", "under_way")]


def test_lowering_after_the_fifth_business_day_of_the_window_is_charged(
    brand: VendorBrand,
) -> None:
    window = (NOW - timedelta(days=10), NOW + timedelta(days=2))
    acknowledged_and_oversold(brand, window=window)
    way = offered(brand, refresh(brand))["reduce_line"]
    assert lost(way) == {
        "amazon margin": ("-18.00 USD", True),
        "amazon lowered_late": ("-1.50 USD", False),
    }


def test_a_short_line_is_backordered_for_the_day_of_the_arrival(brand: VendorBrand) -> None:
    price(brand, "stove", "30", "8")
    brand.stock("stove", 12)
    number = place_stoves(brand)
    collision = refresh(brand)
    assert (collision.kind, collision.units) == ("short", 8)
    assert "backorder_line" not in offered(brand, collision)
    on = TODAY + timedelta(days=4)
    expect(brand, 8, on)
    way = offered(brand, refresh(brand))["backorder_line"]
    assert (way.units, lost(way)) == (8, {})
    take(brand, collision, way)
    assert not is_open(brand)
    brand.send_and_follow()
    codes = brand.amazon.acknowledgements(number)[-1]["items"][0]["itemAcknowledgements"]
    assert [
        (
            one["acknowledgementCode"],
            one["acknowledgedQuantity"]["amount"],
            one.get("scheduledShipDate"),
        )
        for one in codes
    ] == [("Accepted", 12, None), ("Backordered", 8, f"{on.isoformat()}T12:00:00Z")]
    brand.stock("stove", 8)
    run(ledger.ask_again, brand.shop_id)
    assert brand.balance("stove", State.RESERVED) == 20


def test_backordering_past_the_window_is_charged_as_late(brand: VendorBrand) -> None:
    price(brand, "stove", "30", "8")
    brand.stock("stove", 12)
    place_stoves(brand)
    expect(brand, 8, TODAY + timedelta(days=30))
    ways = offered(brand, refresh(brand))
    assert lost(ways["backorder_line"]) == {"amazon not_on_time": ("-3.00 USD", False)}
    assert lost(ways["wait"]) == {"amazon not_on_time": ("-3.00 USD", False)}


def test_backordering_frees_units_for_orders_that_happened(brand: VendorBrand) -> None:
    price(brand, "stove", "30", "8")
    brand.stock("stove", 20)
    number = place_stoves(brand)
    brand.shop_order("stove", 4)
    expect(brand, 30, TODAY + timedelta(days=4))
    collision = refresh(brand)
    take(brand, collision, offered(brand, collision)["backorder_line"])
    assert brand.balance("stove", State.AVAILABLE) == 0
    assert brand.balance("stove", State.RESERVED) == 16
    assert not is_open(brand)
    brand.send_and_follow()
    assert len(brand.amazon.acknowledgements(number)) == 1


def test_an_order_that_needs_another_decision_is_not_backordered_by_one_click(
    brand: VendorBrand,
) -> None:
    brand.stock("stove", 12)
    brand.amazon.place(STOVE | {"amount": 20, "back_order": True}, MUG | {"amount": 4})
    brand.poll()
    expect(brand, 8, TODAY + timedelta(days=4))
    assert "backorder_line" not in offered(brand, refresh(brand))


def test_missing_a_confirmed_promise_costs_margin_and_a_charge(brand: VendorBrand) -> None:
    price(brand, "stove", "30", "8")
    brand.stock("stove", 12)
    number = place_stoves(brand)
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", number, [Said("1", 20, 0, 0, None)], actor="user:1"
        )
    collision = refresh(brand)
    assert (collision.kind, collision.units) == ("coming", 8)
    way = offered(brand, collision)["accept"]
    assert lost(way) == {
        "amazon margin": ("-36.00 USD", True),
        "amazon not_filled": ("-5.00 USD", False),
    }


def test_a_line_of_kits_is_neither_lowered_nor_valued_by_its_parts(brand: VendorBrand) -> None:
    price(brand, "mug", "9", "2")
    with transaction(brand.shop_id) as session:
        kits.compose(session, brand.items["stove"], [kits.Part(brand.items["mug"], 4)])
    brand.stock("mug", 80)
    place_stoves(brand)
    brand.shop_order("mug", 4)
    ways = offered(brand, refresh(brand, "mug"))
    assert "reduce_line" not in ways and "backorder_line" not in ways
    assert [one.missing for one in ways["take_back"].stakes if one.missing] == ["kit"]
