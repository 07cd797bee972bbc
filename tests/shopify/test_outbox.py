"""Our own moves reach Shopify exactly once, whatever goes wrong on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import jobs, messages
from app.db import run
from app.inventory import ledger
from app.inventory.documents import Claim, Document, DocumentKey
from app.inventory.flows import adjusted, relocated, shipped
from app.inventory.models import State
from app.messages import Message
from app.shopify import mirror, outbox
from tests.shopify.conftest import Store

MUTATIONS = (mirror.MOVE, mirror.ADJUST)


@pytest.fixture
def live(store: Store) -> Store:
    store.connect()
    return store


def purchase_order(live: Store, wanted: int, *, number: str = "4GXQ2B7M", version: int = 1) -> int:
    books = live.books()
    claim = Claim(
        "1", books.item_ids["TENT"], books.locations[live.places[0]], State.RESERVED, wanted
    )
    key = DocumentKey("purchase_order", f"na:{number}")
    with books.transaction() as session:
        (found,) = ledger.settle(
            session, [Document(*key, version, claims=[claim], fact=False, firm=False)]
        )
    return found.document_id


def ship(live: Store, total: int, *, number: str = "4GXQ2B7M") -> None:
    books = live.books()
    flow = shipped(
        "1", books.item_ids["TENT"], books.locations[live.places[0]], total,
        to=State.AMAZON_TRANSIT, hold=DocumentKey("purchase_order", f"na:{number}"),
        state=State.RESERVED,
    )  # fmt: skip
    with books.transaction() as session:
        ledger.settle(session, [Document("shipment", f"na:S{total}", 1, flows=[flow])])


def due_now(live: Store) -> None:
    """Nobody waits for the pauses between tries in a test."""
    run(_due_now, live.shop_id)


def _due_now(session: Any) -> None:
    session.execute(text("UPDATE message SET due_at = now() WHERE state = 'waiting'"))


def sent(live: Store) -> Sequence[Message]:
    return live.books().out(*MUTATIONS)


def tent(live: Store) -> dict[str, int]:
    found = live.stock("TENT")[live.places[0]]
    return {state: units for state, units in found.items() if state != "on_hand"}


def test_a_hold_appears_in_shopify_with_its_papers(live: Store) -> None:
    document_id = purchase_order(live, 12)
    live.settle()
    assert tent(live) == {"available": 38, "reserved": 12}
    assert live.differences() == []
    entry = live.control("GET", "/history?sku=TENT&limit=1")["data"][0]
    assert entry["reference"] == "gid://holdfast/AmazonPurchaseOrder/4GXQ2B7M"
    assert entry["reason"] == "reservation_created"
    changes = {one["name"]: (one["delta"], one["ledger"]) for one in entry["changes"]}
    assert changes["available"] == (-12, None)
    assert changes["reserved"] == (12, f"gid://holdfast/Hold/{document_id}")
    (message,) = sent(live)
    assert message.state == "done" and message.response["reason"] == "reservation_created"


def test_changing_shipping_and_releasing_follow_in_order(live: Store) -> None:
    purchase_order(live, 12)
    ship(live, 5)
    purchase_order(live, 9, version=2)
    live.settle()
    assert tent(live) == {"available": 41, "reserved": 4}
    assert live.differences() == []
    assert [message.state for message in sent(live)] == ["done"] * 3


def test_a_shop_that_sells_meanwhile_is_not_overwritten(live: Store) -> None:
    purchase_order(live, 12)
    live.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 3}])
    live.settle()
    assert tent(live) == {"available": 35, "committed": 3, "reserved": 12}
    assert live.differences() == []


def test_stale_quantities_are_read_again_under_a_new_key(
    live: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase_order(live, 12)
    keep = outbox._keep_request
    keys: list[str] = []

    def sell_after_reading(session: Any, message_id: int, request: dict[str, Any]) -> None:
        keep(session, message_id, request)
        if "sent" in request:
            keys.append(request["sent"]["key"])
            if len(keys) == 1:
                live.control("POST", "/stock", sku="TENT", location=live.places[0], delta=-1)

    monkeypatch.setattr(outbox, "_keep_request", sell_after_reading)
    live.settle()
    assert len(set(keys)) == 2
    assert tent(live) == {"available": 37, "reserved": 12}
    assert [message.state for message in sent(live)] == ["done"]


@pytest.mark.parametrize(
    ("knob", "times"),
    [("lose_reply_next", 1), ("lose_reply_next", 2), ("lose_reply_next", 3), ("error_next", 2),
     ("crash_mutation_next", 2), ("concurrent_next", 2), ("throttle_next", 2),
     ("unauthorized_next", 1)],
)  # fmt: skip
def test_every_move_is_made_once_whatever_shopify_does(live: Store, knob: str, times: int) -> None:
    purchase_order(live, 12)
    purchase_order(live, 6, number="SECOND")
    live.knobs(**{knob: times})
    for _ in range(6):
        jobs.do("shopify_out", live.shop_id)
        if all(message.state == "done" for message in sent(live)):
            break
        due_now(live)
    assert [message.state for message in sent(live)] == ["done", "done"]
    assert tent(live) == {"available": 32, "reserved": 18}
    made = [
        one for one in live.control("GET", "/history?sku=TENT")["data"]
        if one["reason"] == "reservation_created"
    ]  # fmt: skip
    assert len(made) == 2
    live.settle()
    assert live.differences() == []


def test_an_answer_lost_for_a_day_is_settled_by_reading(live: Store) -> None:
    purchase_order(live, 12)
    live.knobs(lose_reply_next=1)
    # The first reply that is lost is that of the reading; the second that of the move.
    jobs.do("shopify_out", live.shop_id)
    live.knobs(lose_reply_next=0)
    due_now(live)
    with live.books().transaction() as session:
        message = outbox._locked(session, sent(live)[0].message_id)
        request = dict(message.request)
        standing = [50, 0]
        request["sent"] = {
            "key": "forgotten", "tries": 0, "standing": standing, "input": {},
            "at": (datetime.now(UTC) - timedelta(days=2)).isoformat(),
        }  # fmt: skip
        message.request = request
    live.settle()
    (message,) = sent(live)
    assert message.state == "waiting" and "never carried out" in (message.error or "")
    due_now(live)
    live.settle()
    assert sent(live)[0].state == "done"
    assert tent(live) == {"available": 38, "reserved": 12}


def test_what_nobody_can_tell_any_more_waits_for_a_person_and_can_be_replayed(live: Store) -> None:
    purchase_order(live, 12)
    run(mirror.plan, live.shop_id)
    with live.books().transaction() as session:
        message = outbox._locked(session, sent(live)[0].message_id)
        message.request = dict(message.request) | {
            "sent": {
                "key": "forgotten", "tries": 0, "standing": [44, 1], "input": {},
                "at": (datetime.now(UTC) - timedelta(days=2)).isoformat(),
            }
        }  # fmt: skip
    live.settle()
    assert sent(live)[0].state == "dead"
    with live.books().transaction() as session:
        messages.replay(outbox._locked(session, sent(live)[0].message_id))
    live.settle()
    assert tent(live) == {"available": 38, "reserved": 12}


def test_a_shop_without_access_keeps_its_moves_until_it_is_back(live: Store) -> None:
    live.control("POST", "/tokens/expire", refresh=True)
    purchase_order(live, 12)
    jobs.do("shopify_out", live.shop_id)
    (message,) = sent(live)
    assert (message.state, message.attempts) == ("waiting", 0)
    jobs.do("shopify_out", live.shop_id)
    assert live.open_app().status_code == 200
    live.settle()
    assert tent(live) == {"available": 38, "reserved": 12}


def test_relocating_changes_both_places_at_once(live: Store) -> None:
    books = live.books()
    main, east = (books.locations[name] for name in live.places[:2])
    flow = relocated("1", books.item_ids["TENT"], east, main, 5)
    with books.transaction() as session:
        ledger.settle(session, [Document("relocation", "r/1", 1, flows=[flow])])
    live.settle()
    assert tent(live) == {"available": 55}
    assert live.stock("TENT")[live.places[1]]["available"] == 15
    assert live.differences() == []


def test_setting_units_aside_as_damaged_and_back_is_told(live: Store) -> None:
    books = live.books()
    place = (books.item_ids["TENT"], books.locations[live.places[0]])
    for reference, total in (("a1", 4), ("a2", -1)):
        flow = adjusted("1", *place, total, state=State.DAMAGED, source=State.AVAILABLE)
        with books.transaction() as session:
            ledger.settle(session, [Document("adjustment", reference, 1, flows=[flow])])
    live.settle()
    assert tent(live) == {"available": 47, "damaged": 3}
    assert live.differences() == []


def test_many_lines_are_told_one_by_one_and_in_order(live: Store) -> None:
    for version in range(1, 16):
        purchase_order(live, version, version=version)
    live.settle()
    assert tent(live) == {"available": 35, "reserved": 15}
    assert live.differences() == []
