"""What is promised to Amazon is held, sent once, and believed when Amazon shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import messages
from app.db import transaction
from app.errors import Refused
from app.inventory.models import State
from app.simulators.amazon import contract
from app.vendor import acknowledgements, detail, views
from app.vendor.acknowledgements import Said
from app.vendor.tables import PurchaseOrder
from tests.vendor.brand import MUG, STOVE, TENT, VendorBrand

ALL_TENTS = Said("1", 30, 0, 0, None)


def acknowledge(brand: VendorBrand, number: str, *said: Said) -> None:
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(session, "na", number, said, actor="user:1")


def place_tents(brand: VendorBrand, stock: int = 50, **more: Any) -> str:
    brand.stock("tent", stock)
    number = brand.amazon.place(TENT | {"amount": 5, "unit": "Cases", "unit_size": 6} | more)
    brand.poll()
    return number


def state(brand: VendorBrand) -> tuple[str, str]:
    paper = brand.value("SELECT state FROM acknowledgement ORDER BY acknowledgement_id DESC")
    return paper, brand.messages("acknowledgement")[-1].state


def proposals(brand: VendorBrand, number: str) -> dict[str, views.ProposalView]:
    with transaction(brand.shop_id) as session:
        order = session.get_one(PurchaseOrder, (brand.shop_id, "na", number))
        return {line.line: line.proposal for line in detail.whole(session, order).lines}


def test_the_proposal_is_what_is_held_in_whole_cases(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    brand.stock("stove", 9)
    number = brand.amazon.place(
        TENT | {"amount": 5, "unit": "Cases", "unit_size": 6},
        STOVE | {"amount": 9},
        MUG | {"amount": 4},
        STOVE | {"amount": 2},
    )
    brand.poll()
    assert {
        line: (one.accept, one.reject, one.rejection_reason, one.because)
        for line, one in proposals(brand, number).items()
    } == {
        "1": (18, 12, "TemporarilyUnavailable", "held_in_part"),
        "2": (9, 0, None, "held_in_full"),
        "3": (0, 4, "TemporarilyUnavailable", "no_item"),
        "4": (0, 2, "TemporarilyUnavailable", "nothing_free"),
    }


def test_acknowledging_less_than_held_frees_the_rest_at_once(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, Said("1", 18, 0, 12, "TemporarilyUnavailable"))
    assert brand.balance("tent", State.RESERVED) == 18
    assert brand.balance("tent", State.AVAILABLE) == 32
    assert brand.value("SELECT bool_and(firm) FROM hold") is True
    assert state(brand) == ("waiting", "waiting")


def test_the_body_is_amazons(brand: VendorBrand) -> None:
    number = place_tents(brand, back_order=True)
    acknowledge(brand, number, Said("1", 12, 6, 12, "ObsoleteProduct"))
    (message,) = brand.messages("acknowledgement")
    assert contract.request_errors("submitAcknowledgement", {}, message.request) == []
    (item,) = message.request["acknowledgements"][0]["items"]
    assert item["netCost"] == {"currencyCode": "USD", "amount": "40"}
    assert [
        (part["acknowledgementCode"], part["acknowledgedQuantity"]["amount"])
        for part in item["itemAcknowledgements"]
    ] == [("Accepted", 2), ("Backordered", 1), ("Rejected", 2)]
    brand.send_and_follow()
    assert state(brand) == ("accepted", "done")
    assert brand.balance("tent", State.RESERVED) == 18


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"accept": 29}, "lines[0].accept"),
        ({"accept": 24}, "lines[0].accept"),
        ({"accept": 36}, "lines[0].accept"),
        ({"accept": 24, "backorder": 6}, "lines[0].backorder"),
        ({"accept": 24, "reject": 6}, "lines[0].rejection_reason"),
        ({"line": "9"}, "lines[0].line"),
    ],
)
def test_what_amazon_would_refuse_is_refused_here_by_field(
    brand: VendorBrand, changes: dict[str, Any], field: str
) -> None:
    number = place_tents(brand)
    with pytest.raises(Refused) as refused:
        acknowledge(brand, number, replace(ALL_TENTS, **changes))
    assert field in [error.field for error in refused.value.errors]
    assert brand.messages("acknowledgement") == []


def test_every_line_is_named_once(brand: VendorBrand) -> None:
    number = brand.amazon.place(STOVE | {"amount": 1}, MUG | {"amount": 1})
    brand.poll()
    one = Said("1", 1, 0, 0, None)
    for said in ([one], [one, one]):
        with pytest.raises(Refused) as refused:
            acknowledge(brand, number, *said)
        assert any("line 2 is missing" in error.message for error in refused.value.errors)


def test_a_line_without_a_cost_cannot_be_acknowledged(brand: VendorBrand) -> None:
    number = place_tents(brand, cost=None)
    with pytest.raises(Refused) as refused:
        acknowledge(brand, number, ALL_TENTS)
    assert "cost" in refused.value.errors[0].message


def test_a_second_one_waits_for_the_first(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    with pytest.raises(Refused) as refused:
        acknowledge(brand, number, ALL_TENTS)
    assert (refused.value.status, refused.value.code) == (409, "acknowledgement_under_way")


def test_what_was_rejected_is_never_accepted_again(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, Said("1", 18, 0, 12, "TemporarilyUnavailable"))
    brand.send_and_follow()
    assert state(brand) == ("accepted", "done")
    with pytest.raises(Refused):
        acknowledge(brand, number, ALL_TENTS)
    acknowledge(brand, number, Said("1", 12, 0, 18, "TemporarilyUnavailable"))
    brand.send_and_follow()
    assert brand.balance("tent", State.RESERVED) == 12


def test_a_closed_order_is_not_acknowledged(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, Said("1", 0, 0, 30, "TemporarilyUnavailable"))
    brand.send_and_follow()
    brand.poll()
    with pytest.raises(Refused) as refused:
        acknowledge(brand, number, ALL_TENTS)
    assert (refused.value.status, refused.value.code) == (409, "order_closed")


def test_a_lost_answer_is_looked_for_and_not_sent_again(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    brand.amazon.fail("cut", "submitAcknowledgement")
    brand.send_and_follow()
    assert len(brand.amazon.acknowledgements(number)) == 1
    assert state(brand) == ("accepted", "done")


def test_a_worker_that_died_while_sending_is_looked_for_and_not_sent_again(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    with monkeypatch.context() as dying:
        dying.setattr("app.vendor.outbox._submitted", lambda *_: exec("raise SystemExit"))
        with pytest.raises(SystemExit):
            brand.send()
    for _ in range(3):
        brand.send_and_follow()
        brand.let_pass(timedelta(minutes=2))
    assert len(brand.amazon.acknowledgements(number)) == 1
    assert state(brand) == ("accepted", "done")


def test_what_never_arrived_is_sent_again_after_half_an_hour(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    brand.amazon.fail("html_503", "submitAcknowledgement")
    brand.send()
    for minutes in (1, 5, 10):
        brand.send(later=timedelta(minutes=minutes))
        assert brand.amazon.acknowledgements(number) == []
    brand.send(later=timedelta(minutes=20))
    brand.send_and_follow()
    assert len(brand.amazon.acknowledgements(number)) == 1
    assert state(brand) == ("accepted", "done")


@pytest.mark.parametrize("fault", ["throttle", "forbidden"])
def test_what_amazon_did_not_take_is_sent_later(brand: VendorBrand, fault: str) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    brand.amazon.fail(fault, "submitAcknowledgement")
    brand.send()
    brand.send(later=timedelta(minutes=1))
    assert len(brand.amazon.acknowledgements(number)) == 1


def test_a_failure_is_shown_and_the_promise_falls_back(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, Said("1", 18, 0, 12, "TemporarilyUnavailable"))
    brand.amazon.change(number, lines={"1": {"cost": "35.00"}})  # below what we have said
    brand.send_and_follow()
    assert state(brand) == ("failed", "dead")
    (message,) = brand.messages("acknowledgement")
    assert "netCost is above the purchase order's" in (message.error or "")
    assert brand.value("SELECT error FROM acknowledgement") == message.error
    assert brand.balance("tent", State.RESERVED) == 30
    assert brand.value("SELECT bool_or(firm) FROM hold") is False


def test_a_failed_one_can_be_replayed(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    brand.amazon.change(number, lines={"1": {"cost": "35.00"}})
    brand.send_and_follow()
    brand.amazon.change(number, lines={"1": {"cost": "40.00"}})
    with transaction(brand.shop_id) as session:
        messages.replay(session.merge(brand.messages("acknowledgement")[0]))
    brand.send_and_follow()
    assert state(brand) == ("accepted", "done")
    assert brand.value("SELECT bool_and(firm) FROM hold") is True


def test_a_failed_one_that_was_replaced_is_not_replayed(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    brand.amazon.change(number, lines={"1": {"cost": "35.00"}})
    brand.send_and_follow()
    failed = brand.messages("acknowledgement")[0]
    brand.poll()
    acknowledge(brand, number, Said("1", 24, 0, 6, "TemporarilyUnavailable"))
    with transaction(brand.shop_id) as session:
        messages.replay(session.merge(failed))
    brand.send_and_follow()
    assert [one.state for one in brand.messages("acknowledgement")] == ["dead", "done"]
    assert brand.balance("tent", State.RESERVED) == 24


def test_nothing_is_sent_while_the_connection_needs_a_person(brand: VendorBrand) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    brand.amazon.revoke()
    brand.poll()
    brand.send()
    assert state(brand) == ("waiting", "waiting")
    assert "connected again" in (brand.messages("acknowledgement")[0].error or "")


def test_what_amazon_never_shows_is_said_after_two_hours(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = place_tents(brand)
    acknowledge(brand, number, ALL_TENTS)
    monkeypatch.setattr("app.vendor.outbox.shows", lambda *_: False)
    brand.send()
    for minutes in (1, 5, 15, 30, 60, 120):
        brand.send(later=timedelta(minutes=minutes))
    assert state(brand) == ("sent", "dead")
    assert "two hours" in (brand.messages("acknowledgement")[0].error or "")
    assert len(brand.amazon.acknowledgements(number)) == 1
    assert brand.balance("tent", State.RESERVED) == 30


def test_an_acknowledgement_made_elsewhere_is_mirrored(brand: VendorBrand) -> None:
    number = place_tents(brand)
    with transaction(brand.shop_id) as session:
        order = session.get_one(PurchaseOrder, (brand.shop_id, "na", number))
        lines = acknowledgements.lines_of(session, [order])["na", number]
        said = Said("1", 12, 0, 18, "TemporarilyUnavailable")
        body = acknowledgements.body(order, [(lines[0], said)], order.ordered_at)
    with_token = brand.amazon.http.post(
        "/auth/o2/token",
        data={
            "grant_type": "refresh_token",
            "refresh_token": brand.amazon.refresh_token,
            "client_id": "amzn1.application-oa2-client.tests",
            "client_secret": "amzn1.oa2-cs.v1.tests",
        },
    ).json()["access_token"]
    sent = brand.amazon.http.post(
        "/vendor/orders/v1/acknowledgements",
        json=body,
        headers={"x-amz-access-token": with_token},
    )
    assert sent.status_code == 202
    brand.send_and_follow()
    brand.poll()
    assert brand.value("SELECT state FROM purchase_order") == "Acknowledged"
    assert brand.balance("tent", State.RESERVED) == 12
    assert brand.value("SELECT bool_and(firm) FROM hold") is True
