"""Disputes: not before, not after, not twice, with the right papers; and their outcome is read back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.db import run, transaction
from app.shops import Shop, open_shop
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import clocks, weighing, working
from app.vendor.disputes.netting import Carried, net
from app.vendor.evidence import vault
from app.vendor.evidence.vault import About
from tests.support.screen import Screen, open_screen
from tests.vendor.folded import START, Line, Payment, bill, keep

DOMAIN = "disputes.myshopify.com"
CLAIM = {"region": "na", "kind": "shortage_claim", "reference": "NT-1", "currency": "USD"}


def days(count: int) -> timedelta:
    return timedelta(days=count)


@pytest.fixture
def shop_id(database: str) -> int:
    """A shop of which Amazon has claimed 120.00 back for 3 units of one invoice, long ago."""
    with transaction() as session:
        shop_id = open_shop(session, DOMAIN).shop_id
    with transaction(shop_id) as session:
        made = bill(session, "NT-1", total="480", order="PO1")
        made.due_at = START
        made.dated_at = START - days(60)
    pay(shop_id, Line("NT-1SC", -12000))
    return shop_id


@pytest.fixture
def screen(shop_id: int, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(shop_id, DOMAIN, set_settings)


def pay(shop_id: int, *lines: Line, number: str = "P1", **how: Any) -> None:
    run(keep, shop_id, Payment(number, lines, **how))
    working.follow(shop_id)


def queue_of(shop_id: int) -> dict[str, tuple[str, Decimal | None]]:
    """The queue of discrepancies: kind to status and amount."""
    with transaction(shop_id) as session:
        rows = session.execute(text("SELECT kind, status, amount FROM discrepancy"))
        return {row[0]: (row[1], row[2]) for row in rows}


def drafted(screen: Screen, **more: Any) -> Any:
    return screen.ask("/disputes", 201, "POST", CLAIM | more)


def filed(screen: Screen, day: int = 70) -> Any:
    made = drafted(screen)
    body = {"case_number": "1234567890", "filed_at": (START + days(day)).isoformat()}
    return screen.ask(f"/disputes/{made['dispute_id']}/file", 200, "POST", body)


def read(screen: Screen, dispute_id: int) -> Any:
    return screen.ask(f"/disputes/{dispute_id}")


def test_what_stands_open_is_in_the_queue_until_it_has_come_back(shop_id: int) -> None:
    assert queue_of(shop_id) == {"shortage_claim": ("open", Decimal(120))}
    pay(shop_id, Line("NT-1SCR", 2000), number="P2", day=20)
    assert queue_of(shop_id) == {"shortage_claim": ("open", Decimal(100))}
    pay(shop_id, Line("NT-1SCR", 10000), number="P3", day=30)
    assert queue_of(shop_id)["shortage_claim"][0] == "closed"
    pay(shop_id, Line("NT-1SCR", 10000), number="P3", day=30, status="FAILED")
    assert queue_of(shop_id) == {"shortage_claim": ("open", Decimal(100))}


def test_a_provision_is_in_the_queue_only_when_it_stands_too_long(shop_id: int) -> None:
    name = "PROVISION FOR RECEIVABLES"
    pay(shop_id, Line(f"A {name}", -100), Line(f"B {name}", -200), number="P2", day=1)
    pay(shop_id, Line(f"C {name}", -300), number="P3", day=50)
    pay(shop_id, Line(f"B {name}R", 200), number="P4", day=2)
    with transaction(shop_id) as session:
        rows = session.execute(
            text("SELECT reference, status FROM discrepancy WHERE kind = 'provision_unreversed'")
        )
        found = {row[0]: row[1] for row in rows}
    assert found == {"na:A:USD": "open", "na:B:USD": "closed"}


def test_a_quick_pay_discount_or_a_paid_invoice_alone_is_nothing_to_work_on(shop_id: int) -> None:
    pay(shop_id, Line("NT-1", 47000, discount=1000), number="P2")
    assert set(queue_of(shop_id)) == {"shortage_claim"}


def test_a_dispute_is_drafted_filed_by_a_person_and_repaid_by_later_payments(
    screen: Screen, shop_id: int
) -> None:
    made = filed(screen)
    assert (made["state"], made["case_number"], made["attempt"]) == ("filed", "1234567890", 1)
    assert made["answer_by"][:10] == str((START + days(110)).date())
    pay(shop_id, Line("NT-1SCR", 5000), number="P2", day=80)
    part = read(screen, made["dispute_id"])
    assert (part["state"], part["recovered"]["amount"]) == ("repaid_in_part", "50.0000")
    pay(shop_id, Line("NT-1SCR", 7000), number="P3", day=90)
    whole = read(screen, made["dispute_id"])
    assert (whole["state"], whole["outcome_by"]) == ("repaid", "payments")
    pay(shop_id, Line("NT-1SCR", 7000), number="P3", day=90, status="FAILED")
    assert read(screen, made["dispute_id"])["state"] == "repaid_in_part"


def test_what_came_back_before_it_was_filed_is_not_its_outcome(
    screen: Screen, shop_id: int
) -> None:
    pay(shop_id, Line("NT-1SCR", 5000), number="P2", day=39)
    made = filed(screen)
    assert made["amount"]["amount"] == "70.0000"
    assert Decimal(made["recovered"]["amount"]) == 0


def test_before_and_after_filing_are_days_of_the_shops_zone(screen: Screen, shop_id: int) -> None:
    with transaction(shop_id) as session:
        session.get_one(Shop, shop_id).time_zone = "Pacific/Pago_Pago"  # eleven hours behind UTC
    made = drafted(screen)
    body = {"case_number": "1", "filed_at": (START + days(70) + timedelta(hours=12)).isoformat()}
    screen.ask(f"/disputes/{made['dispute_id']}/file", 200, "POST", body)
    pay(shop_id, Line("NT-1SCR", 5000), number="P2", day=70)
    assert read(screen, made["dispute_id"])["recovered"]["amount"] == "0.0000"
    pay(shop_id, Line("NT-1SCR", 3000), number="P3", day=71)
    assert read(screen, made["dispute_id"])["recovered"]["amount"] == "30.0000"


def test_silence_past_the_time_for_an_answer_is_a_no_and_money_still_ends_it_as_repaid(
    screen: Screen, shop_id: int
) -> None:
    made = filed(screen, day=40)
    working.follow(shop_id)
    run(working.restate_all, shop_id)
    late = read(screen, made["dispute_id"])
    assert (late["state"], late["outcome_by"]) == ("denied", "silence")
    assert late["standing"]["next_action"] in ("chase", "redispute")
    pay(shop_id, Line("NT-1SCR", 12000), number="P2", day=120)
    assert read(screen, made["dispute_id"])["state"] == "repaid"


def test_there_are_two_attempts_and_never_two_at_once(screen: Screen, shop_id: int) -> None:
    first = drafted(screen)
    assert screen.ask("/disputes", 409, "POST", CLAIM)["code"] == "under_way"
    body = {"case_number": "1", "filed_at": START.isoformat()}
    screen.ask(f"/disputes/{first['dispute_id']}/file", 200, "POST", body)
    run(working.restate_all, shop_id)
    second = drafted(screen)
    assert (second["attempt"], "case 1" in second["case_text"]["en"]) == (2, True)
    body = {"case_number": "2", "filed_at": (START + days(70)).isoformat()}
    screen.ask(f"/disputes/{second['dispute_id']}/file", 200, "POST", body)
    pay(shop_id, Line("NT-1SCR", 3000), number="P2", day=75)
    found = [read(screen, one["dispute_id"])["recovered"]["amount"] for one in (first, second)]
    assert found == ["0.0000", "30.0000"]
    assert screen.ask("/disputes", 409, "POST", CLAIM)["code"] == "attempts_used"


def test_a_withdrawn_draft_is_no_attempt(screen: Screen) -> None:
    made = drafted(screen)
    screen.ask(f"/disputes/{made['dispute_id']}/withdraw", 200, "POST")
    again = drafted(screen)
    assert again["standing"]["attempts_left"] == 1


def test_no_more_is_asked_than_is_open_and_nothing_where_nothing_is(
    screen: Screen, shop_id: int
) -> None:
    problem = screen.ask("/disputes", 422, "POST", CLAIM | {"amount": "120.01"})
    assert problem["errors"][0]["field"] == "amount"
    pay(shop_id, Line("NT-1SCR", 12000), number="P2")
    assert screen.ask("/disputes", 409, "POST", CLAIM)["code"] == "nothing_open"
    screen.ask("/disputes", 404, "POST", CLAIM | {"reference": "NT-9"})


def test_a_closed_clock_takes_no_draft_and_a_day_stated_by_amazon_goes_before_the_rule(
    screen: Screen, shop_id: int
) -> None:
    pay(shop_id, Line("NT-1VCBSINV", -900), number="P2", day=1)
    charge = CLAIM | {"kind": "chargeback"}
    assert screen.ask("/disputes", 409, "POST", charge)["code"] == "clock_closed"
    with transaction(shop_id) as session:
        row = session.get_one(Deduction, (shop_id, "na", "chargeback", "NT-1", "USD"))
        row.dispute_by = datetime.now(START.tzinfo) + days(3)
    made = screen.ask("/disputes", 201, "POST", charge)
    assert made["standing"]["clock"]["by_paper"]


def test_the_work_list_says_what_each_is_worth_what_it_lacks_and_who_has_it(
    screen: Screen, shop_id: int
) -> None:
    [found] = screen.ask("/disputes/candidates")["data"]
    assert found["next_action"] == "chase"
    missing = {
        one["type"]: one["holder"] for one in found["readiness"]["papers"] if not one["present"]
    }
    assert missing["pod"] == "carrier" and missing["packing_list"] == "warehouse"
    for kind in ("pod", "packing_list"):
        about = About(purchase_order="PO1")
        run(vault.keep, shop_id, kind, f"{kind}.txt", kind.encode(), about, by="user:1")
    [ready] = screen.ask("/disputes/candidates?currency=USD&kind=shortage_claim")["data"]
    assert ready["next_action"] == "draft"
    assert ready["readiness"]["score"] > found["readiness"]["score"]
    assert Decimal(ready["expected"]["amount"]["amount"]) > Decimal(
        found["expected"]["amount"]["amount"]
    )
    made = drafted(screen)
    assert made["standing"]["next_action"] == "file"
    assert screen.ask("/disputes/candidates?currency=CAD")["data"] == []


def test_the_text_of_a_case_has_the_figures_in_both_languages(screen: Screen) -> None:
    made = drafted(screen, amount="100", note="Dock 7 was closed.")
    for language in ("en", "zh-CN"):
        words = made["case_text"][language]
        for said in ("100.00 USD", "NT-1", "PO1", "120.00 USD", "P1", "Dock 7 was closed."):
            assert said in words, (language, said)
    assert "短缺索赔" in made["case_text"]["zh-CN"]


def test_a_case_names_the_days_of_the_shops_zone_and_the_zone_once(
    screen: Screen, shop_id: int
) -> None:
    made = drafted(screen)
    taken = datetime.fromisoformat(made["standing"]["deduction"]["first_at"])
    name = "Pacific/Kiritimati" if taken.hour >= 10 else "Pacific/Pago_Pago"
    with transaction(shop_id) as session:
        session.get_one(Shop, shop_id).time_zone = name
    made = screen.ask(f"/disputes/{made['dispute_id']}")
    day = f"{taken.astimezone(ZoneInfo(name)):%Y-%m-%d}"
    assert day != f"{taken:%Y-%m-%d}"
    for language in ("en", "zh-CN"):
        words = made["case_text"][language]
        assert f"- {day} P1" in words
        assert words.count(name) == 1


def test_a_case_lists_every_paper_that_is_attached(screen: Screen, shop_id: int) -> None:
    about = vault.About(region="na", purchase_order="PO1")
    for kind, name in (("bol", "bol.txt"), ("photo", "a.txt"), ("photo", "b.txt")):
        run(vault.keep, shop_id, kind, name, name.encode(), about, by="user:1")
    run(vault.keep, shop_id, "other", "dock-log.txt", b"dock", about, by="user:1")
    words = drafted(screen)["case_text"]["en"]
    [attached] = [line for line in words.splitlines() if line.startswith("Attached: ")]
    assert attached == "Attached: photo (2), bill of lading, dock-log.txt."


def test_disputes_are_listed_with_what_they_came_to(screen: Screen, shop_id: int) -> None:
    made = filed(screen)
    pay(shop_id, Line("NT-1SCR", 12000), number="P2", day=75)
    found = screen.ask("/disputes?state=repaid&search=12345")
    assert [one["dispute_id"] for one in found["data"]] == [made["dispute_id"]]
    assert found["totals"] == [
        {
            "currency": "USD",
            "state": "repaid",
            "disputes": 1,
            "amount": "120.0000",
            "recovered": "120.0000",
        }
    ]


def claim(**more: Any) -> Deduction:
    known = {"region": "na", "kind": "shortage_claim", "reference": "X", "currency": "USD"}
    return Deduction(shop_id=1, first_at=START, last_at=START, **(known | more))


def test_a_shortage_waits_until_amazon_has_stopped_searching_and_ends_after_two_years() -> None:
    dates = clocks.Dates(invoice=START - days(60), due=START)
    window = clocks.window_of(claim(), dates)
    assert window is not None and not window.verified and window.source
    assert window.opens_at == START + days(35)
    assert window.closes_at == START - days(60) + days(730)
    told = [window.state(START + days(day)) for day in (1, 36, 41, 700)]
    assert told == ["early", "open", "late", "closed"]


def test_other_regions_have_clocks_of_their_own_and_withholdings_none() -> None:
    dates = clocks.Dates(invoice=START, due=START)
    window = clocks.window_of(claim(region="eu"), dates)
    assert window is not None and window.closes_at == START + days(1825)
    assert clocks.window_of(claim(kind="withholding"), dates) is None


def test_nobody_is_told_to_wait_until_it_is_too_late() -> None:
    window = clocks.window_of(claim(dispute_by=START + days(10)), None)
    assert window is not None and window.opens_at == START + days(3)


def carried(number: str, shipped: int, received: int, billed: int = 0) -> Carried:
    return Carried(("ASN1",), number, "1", "B0", None, "item 1", shipped, received, billed)


def test_units_booked_on_another_order_of_the_truck_explain_a_shortage() -> None:
    found = net([carried("PO1", 12, 8), carried("PO2", 6, 9)], {("PO1", "1")})
    assert (found.short, found.explained, found.paid_elsewhere, found.to_claim) == (4, 3, 0, 4)


def test_what_was_billed_on_the_other_order_is_not_asked_for_twice() -> None:
    found = net([carried("PO1", 12, 8), carried("PO2", 6, 9, billed=8)], {("PO1", "1")})
    assert (found.explained, found.paid_elsewhere, found.to_claim) == (3, 2, 2)


@given(
    st.lists(
        st.builds(
            lambda product, shipped, received, billed: (product, shipped, received, billed),
            st.sampled_from("ab"),
            st.integers(0, 20),
            st.integers(0, 20),
            st.integers(0, 30),
        ),
        max_size=6,
    )
)
def test_netting_never_explains_more_than_is_short_nor_more_than_is_over(
    rows: list[tuple[str, int, int, int]],
) -> None:
    lines = [
        Carried(("A",), f"PO{at}", "1", None, None, product, shipped, received, billed)
        for at, (product, shipped, received, billed) in enumerate(rows)
    ]
    found = net(lines, {("PO0", "1"), ("PO1", "1")})
    over = sum(max(0, one.difference) for one in lines)
    assert 0 <= found.paid_elsewhere <= found.explained <= min(found.short, over)
    assert found.short == sum(max(0, -one.difference) for one in lines[:2])


def test_readiness_weighs_needed_papers_more_and_depends_on_who_paid_the_freight() -> None:
    def score(freight: str, *present: str) -> int:
        found = weighing.readiness("shortage_claim", None, freight, set(present), START)
        return found.score

    assert score("Prepaid") == 0
    assert score("Prepaid", "pod") > score("Prepaid", "asn") > 0
    assert score("Collect", "bol") > score("Collect", "pod")
    by_cause = weighing.readiness("shortage_claim", "NO_APPOINTMENT", "Prepaid", set(), START)
    assert [one.type for one in by_cause.missing if one.needed] == ["appointment", "pod"]


def test_own_outcomes_count_more_with_each_dispute_that_has_ended() -> None:
    start = weighing.expected("shortage_claim", Decimal(100), 50, {})
    lost = weighing.expected(
        "shortage_claim", Decimal(100), 50, {"shortage_claim": (20, Decimal(0))}
    )
    assert start.amount == Decimal("40.00") and not start.verified
    assert lost.amount == Decimal("8.00") and lost.ended == 20
