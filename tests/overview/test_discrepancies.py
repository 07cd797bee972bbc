"""The queue of discrepancies: found and summed, given away, worked on, left and written off."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from app.db import transaction
from app.inventory import discrepancies, kinds
from app.inventory.discrepancies import EVERYTHING, Finding
from app.inventory.kinds import Kind
from app.inventory.models import Discrepancy, State
from app.vendor.evidence.tables import Evidence
from tests.inventory.brand import Brand, make_brand
from tests.support.screen import Screen, open_screen

warnings.filterwarnings("ignore", category=UserWarning, module="joserfc")

CLAIM, LATE = "queue_test_claim", "queue_test_late"
WORDS = {"en": "Claim", "zh-CN": "索赔"}
kinds.register(Kind(CLAIM, WORDS, WORDS), Kind(LATE, WORDS, WORDS))
NOW = datetime.now(UTC)


@pytest.fixture
def brand(database: str) -> Brand:
    return make_brand()


@pytest.fixture
def screen(brand: Brand, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(brand.shop_id, "brand.myshopify.com", set_settings)


def claim(
    reference: str, amount: str | None, currency: str | None = "USD", days: int | None = None
) -> Finding:
    return Finding(
        CLAIM,
        reference,
        {"region": "na", "number": reference[0], "vendor_code": f"V{reference[0]}"},
        units=2,
        amount=None if amount is None else Decimal(amount),
        currency=None if amount is None else currency,
        deadline=None if days is None else NOW + timedelta(days=days),
    )


def state(brand: Brand, *findings: Finding) -> dict[str, int]:
    """States these claims as all there are; the ids of all rows by reference."""
    with transaction(brand.shop_id) as session:
        discrepancies.restate(session, [CLAIM], EVERYTHING, findings)
        return {
            row.reference or "": row.discrepancy_id for row in session.exec(select(Discrepancy))
        }


FOUR = (
    claim("A1", "10", days=3),
    claim("A2", "-2.5", days=-1),
    claim("B1", "300", "EUR"),
    claim("B2", None, days=30),
)


def references(rows: list[dict[str, Any]]) -> list[str]:
    return [row["reference"] for row in rows]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest", ["B2", "B1", "A2", "A1"]),
        ("deadline", ["A2", "A1", "B2", "B1"]),
        ("amount", ["B1", "A1", "A2", "B2"]),
    ],
)
def test_every_order_pages_without_gap(
    brand: Brand, screen: Screen, order: str, expected: list[str]
) -> None:
    state(brand, *FOUR)
    assert references(screen.all("/discrepancies", order=order, limit=1)) == expected
    screen.ask(f"/discrepancies?order={order}&cursor=WyJ4Il0", 400)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("currency=EUR", {"B1"}),
        ("deadline=overdue", {"A2"}),
        ("deadline=soon", {"A1"}),
        ("deadline=any", {"A1", "A2", "B2"}),
        ("deadline=none", {"B1"}),
        ("number=A", {"A1", "A2"}),
        ("vendor_code=VB", {"B1", "B2"}),
        ("search=b", {"B1", "B2"}),
        ("search=%25", set()),
        ("owner=-", {"A2", "B1", "B2"}),
        ("owner=Ana", {"A1"}),
        (f"kind={LATE}", set()),
        ("status=in_progress", set()),
        ("status=all", {"A1", "A2", "B1", "B2"}),
    ],
)
def test_filters_narrow_the_list(
    brand: Brand, screen: Screen, asked: str, expected: set[str]
) -> None:
    made = state(brand, *FOUR)
    screen.ask(f"/discrepancies/{made['A1']}", 200, "PUT", {"owner": "Ana"})
    assert set(references(screen.ask(f"/discrepancies?{asked}")["data"])) == expected


def test_sums_are_by_currency_and_stock_is_not_money_owed(brand: Brand, screen: Screen) -> None:
    state(brand, *FOUR)
    with transaction(brand.shop_id) as session:
        session.add(
            Discrepancy(
                shop_id=brand.shop_id,
                source="shopify",
                item_id=brand.item("tent"),
                location_id=brand.at("main"),
                state=State.AVAILABLE,
                ours=3,
                theirs=1,
                status="open",
            )
        )
    found = screen.ask("/discrepancies/summary")
    assert (found["count"], found["overdue"], found["due_soon"], found["unowned"]) == (5, 1, 1, 5)
    assert found["ages"] == {"week": 5, "month": 0, "quarter": 0, "older": 0}
    sums = {
        one["currency"]: (one["owed"]["amount"], one["in_favour"]["amount"])
        for one in found["sums"]
    }
    assert sums == {"USD": ("10.0000", "2.5000"), "EUR": ("300.0000", "0")}
    by_kind = {one["kind"]: one for one in found["kinds"]}
    assert (by_kind[CLAIM]["count"], by_kind["count"]["count"]) == (4, 1)
    assert by_kind[CLAIM]["words"]["zh-CN"] == "索赔"
    assert screen.ask("/discrepancies/summary?currency=EUR")["count"] == 1


def test_a_discrepancy_is_worked_on_with_tasks_comments_and_papers(
    brand: Brand, screen: Screen
) -> None:
    number = state(brand, *FOUR)["A1"]
    with transaction(brand.shop_id) as session:
        paper = Evidence(
            shop_id=brand.shop_id,
            type="pod",
            name="pod.pdf",
            sha256="0" * 64,
            size=3,
            content=b"pod",
            added_by="user:7",
        )
        session.add(paper)
    path = f"/discrepancies/{number}"
    screen.ask(f"{path}/comments", 200, "POST", {"text": "The carrier was called."})
    body = {"title": "Ask for the proof of delivery", "owner": "Li", "due_on": "2026-12-01"}
    screen.ask(f"{path}/tasks", 200, "POST", body)
    screen.ask(f"{path}/attachments", 200, "POST", {"evidence_id": paper.evidence_id})
    row = screen.ask(f"{path}/attachments", 200, "POST", {"evidence_id": paper.evidence_id})
    assert (row["status"], row["tasks"], row["tasks_done"]) == ("in_progress", 1, 0)
    assert [one["text"] for one in row["comments"]] == ["The carrier was called."]
    assert [one["name"] for one in row["attachments"]] == ["pod.pdf"]
    task = f"{path}/tasks/{row['todo'][0]['id']}"
    assert screen.ask(task, 200, "PUT", {"done": True})["tasks_done"] == 1
    assert screen.ask(task, 200, "PUT", {"done": False})["todo"][0]["done_at"] is None
    row = screen.ask(f"{path}/attachments/{paper.evidence_id}", 200, "DELETE")
    assert row["attachments"] == []
    screen.ask(f"{path}/attachments/{paper.evidence_id}", 404, "DELETE")


def test_an_amount_is_written_off_with_a_reason_and_comes_back_with_another_amount(
    brand: Brand, screen: Screen
) -> None:
    number = state(brand, claim("A1", "10"))["A1"]
    path = f"/discrepancies/{number}/status"
    refusal = screen.ask(path, 422, "POST", {"status": "written_off"})
    assert refusal["errors"][0]["field"] == "reason"
    decision = {"status": "written_off", "reason": "below the threshold", "amount": "10.00"}
    row = screen.ask(path, 200, "POST", decision)
    assert (row["status"], row["write_offs"][0]["amount"]["amount"]) == ("written_off", "10.0000")
    state(brand, claim("A1", "10"))
    assert screen.ask(f"/discrepancies/{number}")["status"] == "written_off"
    state(brand, claim("A1", "25"))
    row = screen.ask(f"/discrepancies/{number}")
    assert (row["status"], row["value"]["amount"]) == ("open", "25.0000")
    assert row["write_offs"][0]["ended_because"] == "reopened"
    refusal = screen.ask(path, 409, "POST", decision)
    assert (refusal["code"], refusal["discrepancy"]["value"]["amount"]) == (
        "discrepancy_changed",
        "25.0000",
    )


def test_a_write_off_ends_when_amazon_pays_after_all(brand: Brand, screen: Screen) -> None:
    number = state(brand, claim("A1", "10"))["A1"]
    decision = {"status": "written_off", "reason": "too old"}
    screen.ask(f"/discrepancies/{number}/status", 200, "POST", decision)
    state(brand)
    row = screen.ask(f"/discrepancies/{number}")
    assert (row["status"], row["write_offs"][0]["ended_because"]) == ("closed", "closed")


@pytest.mark.parametrize("amount", [None, "-5"])
def test_only_money_that_is_owed_can_be_written_off(
    brand: Brand, screen: Screen, amount: str | None
) -> None:
    number = state(brand, claim("A1", amount))["A1"]
    decision = {"status": "written_off", "reason": "gone"}
    refusal = screen.ask(f"/discrepancies/{number}/status", 422, "POST", decision)
    assert refusal["code"] == "nothing_to_write_off"


def test_decisions_are_taken_back(brand: Brand, screen: Screen) -> None:
    number = state(brand, claim("A1", "10"))["A1"]
    path = f"/discrepancies/{number}/status"
    for status in ("in_progress", "left", "open", "written_off", "open"):
        row = screen.ask(path, 200, "POST", {"status": status, "reason": "because"})
        assert row["status"] == status
    assert [one["event"] for one in row["history"]] == [
        "opened",
        "begun",
        "left",
        "reopened",
        "written_off",
        "reopened",
    ]
    screen.ask(path, 409, "POST", {"status": "open"})


def test_many_are_changed_at_once_and_those_that_cannot_be_are_named(
    brand: Brand, screen: Screen
) -> None:
    made = state(brand, *FOUR)
    chosen = [
        {"id": made["A1"], "amount": "10"},
        {"id": made["A2"]},
        {"id": made["B1"], "amount": "1"},
    ]
    body = {"discrepancies": chosen, "action": "written_off", "reason": "end of year"}
    found = screen.ask("/discrepancies/bulk", 200, "POST", body)
    assert found["done"] == [made["A1"]]
    assert {one["id"]: one["code"] for one in found["refused"]} == {
        made["A2"]: "nothing_to_write_off",
        made["B1"]: "discrepancy_changed",
    }
    body = {"discrepancies": chosen[:2], "action": "give", "owner": "Ana"}
    assert screen.ask("/discrepancies/bulk", 200, "POST", body)["refused"] == []
    rows = screen.ask("/discrepancies?status=all&owner=Ana")["data"]
    assert {row["reference"]: row["status"] for row in rows} == {"A1": "written_off", "A2": "open"}


def test_rules_give_new_discrepancies_away_and_old_ones_when_asked(
    brand: Brand, screen: Screen
) -> None:
    state(brand, claim("A1", "10"))
    rules = [
        {"kind": CLAIM, "at_least": "100", "currency": "EUR", "owner": "Ana"},
        {"vendor_code": "VA", "owner": "Li"},
    ]
    shown = screen.ask("/assignment-rules", 200, "PUT", {"rules": rules})
    assert ([one["owner"] for one in shown["rules"]], shown["given"]) == (["Ana", "Li"], 0)
    state(brand, claim("A1", "10"), claim("B1", "300", "EUR"))
    owners = {row["reference"]: row["owner"] for row in screen.ask("/discrepancies")["data"]}
    assert owners == {"A1": None, "B1": "Ana"}
    assert (
        screen.ask("/assignment-rules", 200, "PUT", {"rules": rules, "apply": True})["given"] == 1
    )
    assert screen.ask("/discrepancies?owner=Li")["data"][0]["reference"] == "A1"
    wrong = {"rules": [{"kind": "unheard_of", "owner": "Ana"}]}
    refusal = screen.ask("/assignment-rules", 422, "PUT", wrong)
    assert refusal["errors"][0]["field"] == "rules[0].kind"
    screen.ask("/assignment-rules", 422, "PUT", {"rules": [{"at_least": "1", "owner": "Ana"}]})


def test_money_is_never_adopted_into_the_books(brand: Brand, screen: Screen) -> None:
    number = state(brand, claim("A1", "10"))["A1"]
    assert screen.ask(f"/discrepancies/{number}/adopt", 422, "POST")["code"] == "not_a_count"
