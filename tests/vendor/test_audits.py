"""Discounts and co-op charges are recomputed, and what is wrong is named to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.db import run, transaction
from app.shops import open_shop
from app.vendor.co_op.recomputing import last_period
from app.vendor.deductions.quick_pay import Agreed, agreed_in, judge
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import classifying, working
from app.vendor.invoice_tables import VendorCode
from app.vendor.tables import PurchaseOrderLine, Receipt
from tests.support.screen import Screen, open_screen
from tests.vendor.folded import START, Line, Payment, bill, keep

DOMAIN = "audits.myshopify.com"
TERMS = {"type": "Basic", "net_days": 60, "discount_percent": "2", "discount_days": 30}
INVOICE = {"dated_at": START, "terms": TERMS, "claimed": Decimal(0)}


def discount(day: int, taken: str = "9.60", gross: str = "480", **more: Any) -> Deduction:
    """A discount taken so many days after the invoice's date."""
    steps = [
        {
            "at": (START + timedelta(days=day)).isoformat(),
            "taken": taken,
            "gross": gross,
            "terms": None,
            "invoiced_at": None,
        }
    ]
    known = {"shop_id": 1, "region": "na", "kind": "quick_pay", "reference": "NT-1"}
    known |= {"currency": "USD", "first_at": START, "last_at": START, "steps": steps}
    known |= {"taken": Decimal(taken), "recovered": Decimal(0)}
    return Deduction(**(known | more))


@pytest.mark.parametrize(
    ("written", "agreed"),
    [
        ("2% 30 NET 60", Agreed(Decimal(2), 30)),
        ("2 % 30 days, Net 60", Agreed(Decimal(2), 30)),
        ("1.5% in 10 net 45", Agreed(Decimal("1.5"), 10)),
        ("2%/30 net 60", Agreed(Decimal(2), 30)),
        ("NET 60", None),
        ("60 EOM", None),
        (None, None),
    ],
)
def test_terms_are_read_as_amazon_writes_them(written: str | None, agreed: Agreed | None) -> None:
    assert agreed_in(written) == agreed


@pytest.mark.parametrize(
    ("day", "taken", "verdict", "wrong"),
    [
        (25, "9.60", "earned", "0"),
        (30, "9.60", "earned", "0"),
        (31, "9.60", "late", "9.60"),
        (45, "9.60", "late", "9.60"),
        (25, "9.61", "earned", "0"),
        (25, "12.00", "too_much", "2.40"),
    ],
)
def test_a_discount_is_earned_only_in_time_and_only_as_agreed(
    day: int, taken: str, verdict: str, wrong: str
) -> None:
    found = judge(discount(day, taken), INVOICE)
    assert (found.verdict, found.wrong) == (verdict, Decimal(wrong))


def test_a_discount_on_units_claimed_short_is_too_much() -> None:
    found = judge(discount(25), INVOICE | {"claimed": Decimal(120)})
    assert (found.verdict, found.earned, found.wrong) == (
        "too_much",
        Decimal("7.20"),
        Decimal("2.40"),
    )


def test_the_terms_of_the_vendor_code_go_before_those_of_the_payment() -> None:
    row = discount(25)
    row.steps[0]["terms"] = "2% 10 NET 30"
    assert judge(row, INVOICE).told_by == "vendor_code"
    told = judge(row, INVOICE | {"terms": {"net_days": 60}})
    assert (told.told_by, told.verdict) == ("payment", "late")


def test_without_terms_or_a_date_nothing_is_claimed() -> None:
    assert judge(discount(45), {}).verdict == "no_terms"
    assert judge(discount(45), {}).wrong == 0


@given(
    st.integers(0, 90),
    st.decimals("0.01", "50", places=2),
    st.decimals("0", "20", places=2),
    st.decimals("0", "600", places=2),
)
def test_no_more_is_wrong_than_was_taken_and_not_given_back(
    day: int, taken: Decimal, recovered: Decimal, claimed: Decimal
) -> None:
    row = discount(day, str(taken), recovered=recovered)
    found = judge(row, INVOICE | {"claimed": claimed})
    assert 0 <= found.wrong <= max(taken - recovered, Decimal(0))
    assert (found.wrong > 0) == (found.verdict in ("late", "too_much"))


@pytest.mark.parametrize(
    ("at", "period", "days"),
    [
        (datetime(2026, 3, 5, tzinfo=UTC), "month", (date(2026, 2, 1), date(2026, 2, 28))),
        (datetime(2026, 1, 1, tzinfo=UTC), "month", (date(2025, 12, 1), date(2025, 12, 31))),
        (datetime(2026, 5, 9, tzinfo=UTC), "quarter", (date(2026, 1, 1), date(2026, 3, 31))),
        (datetime(2026, 5, 9, tzinfo=UTC), "year", (date(2025, 1, 1), date(2025, 12, 31))),
    ],
)
def test_a_charge_is_for_the_last_whole_period(
    at: datetime, period: str, days: tuple[date, date]
) -> None:
    assert last_period(at, period) == days


@pytest.fixture
def shop_id(database: str) -> int:
    """A shop of whose order 10 units were counted in one month and 2 in the next, at 40.00."""
    with transaction() as session:
        shop_id = open_shop(session, DOMAIN).shop_id
    with transaction(shop_id) as session:
        bill(session, "NT-1", total="480", order="PO1")
        session.flush()
        session.get_one(VendorCode, (shop_id, "na", "HLDFS")).terms = TERMS
        session.get_one(PurchaseOrderLine, (shop_id, "na", "PO1", "1")).received_units = 12
        for day, total in ((date(2026, 3, 10), 10), (date(2026, 4, 2), 12)):
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
            session.add(
                Receipt(
                    shop_id=shop_id,
                    region="na",
                    number="PO1",
                    line="1",
                    observed_at=at,
                    last_received_at=at,
                    total=total,
                    amount=total,
                    unit="Eaches",
                    unit_size=1,
                )
            )
    return shop_id


@pytest.fixture
def screen(shop_id: int, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(shop_id, DOMAIN, set_settings)


def charge(shop_id: int, hundredths: int, on: date = date(2026, 4, 20)) -> None:
    day = (datetime(on.year, on.month, on.day, tzinfo=UTC) - START).days
    run(keep, shop_id, Payment("C1", (Line("AB12-CD34EF56", -hundredths),), day=day))
    working.follow(shop_id)


def agreement(**changed: Any) -> dict[str, Any]:
    known = {
        "region": "na",
        "number": "AB12",
        "name": "Damage allowance 2026",
        "purpose": "damage_allowance",
        "base": "receipts",
        "rate": "0.05",
        "currency": "USD",
        "starts_on": "2026-01-01",
    }
    return known | changed


def queue_of(shop_id: int) -> dict[str, Decimal]:
    with transaction(shop_id) as session:
        rows = session.execute(text("SELECT kind, amount FROM discrepancy WHERE status = 'open'"))
        return {row[0]: row[1] for row in rows}


def test_a_charge_is_recomputed_from_the_receipts_of_its_month(
    screen: Screen, shop_id: int
) -> None:
    charge(shop_id, 2600)
    assert queue_of(shop_id) == {}
    made = screen.ask("/co-op-agreements", 201, "POST", agreement())
    [found] = screen.ask("/co-op-charges")["data"]
    assert (found["verdict"], found["confirmed"], found["units"]) == ("over", False, 10)
    assert (found["from_day"], found["to_day"]) == ("2026-03-01", "2026-03-31")
    assert Decimal(found["base"]["amount"]) == 400
    assert Decimal(found["expected"]["amount"]) == 20
    assert Decimal(found["over"]["amount"]) == 6
    assert queue_of(shop_id) == {"coop_overcharge": Decimal(6)}
    path = f"/co-op-agreements/{made['agreement_id']}"
    screen.ask(path, 200, "PUT", agreement(rate="0.065"))
    assert queue_of(shop_id) == {}
    screen.ask(path, 200, "DELETE")
    assert screen.ask("/co-op-charges")["data"][0]["verdict"] == "no_agreement"


def test_a_charge_of_net_sales_is_recomputed_from_what_was_invoiced_less_returns(
    screen: Screen, shop_id: int
) -> None:
    with transaction(shop_id) as session:
        # Invoiced in March; what one vendor code sent back in it is taken off.
        session.execute(
            text("UPDATE invoice SET dated_at = :at, items_total = 480, state = 'accepted'"),
            {"at": datetime(2026, 3, 12, tzinfo=UTC)},
        )
    day = (datetime(2026, 3, 25, tzinfo=UTC) - START).days
    back = (Line("VRET-1", -8000, description="Product returns"),)
    run(keep, shop_id, Payment("R1", back, day=day))
    charge(shop_id, 2600)
    made = screen.ask("/co-op-agreements", 201, "POST", agreement(base="net_sales"))
    [found] = screen.ask("/co-op-charges")["data"]
    assert (Decimal(found["base"]["amount"]), found["units"]) == (400, None)
    assert Decimal(found["over"]["amount"]) == 6
    assert queue_of(shop_id) == {"coop_overcharge": Decimal(6)}
    # Nobody says which vendor code the return is of, so it is not taken off from the base of one.
    path = f"/co-op-agreements/{made['agreement_id']}"
    screen.ask(path, 200, "PUT", agreement(base="net_sales", vendor_code="HLDFS"))
    [found] = screen.ask("/co-op-charges")["data"]
    assert Decimal(found["base"]["amount"]) == 480


def test_what_hangs_on_an_unsaid_cost_basis_is_named_and_not_guessed(
    screen: Screen, shop_id: int
) -> None:
    with transaction(shop_id) as session:
        session.execute(
            text("UPDATE purchase_order_line SET ordered_unit = 'Cases', unit_size = 4, cost = 38")
        )
        session.execute(text("UPDATE purchase_order SET vendor_code = 'HLDFS'"))
    charge(shop_id, 2600)
    run(keep, shop_id, Payment("P1", (Line("NT-1PC", -600),), day=25))
    working.follow(shop_id)
    screen.ask("/co-op-agreements", 201, "POST", agreement())

    def told() -> list[Any]:
        [found] = screen.ask("/co-op-charges")["data"]
        with transaction(shop_id) as session:
            [claim] = [one for one in classifying.classified(session) if one.kind == "price_claim"]
        base = found["base"] and Decimal(found["base"]["amount"])
        return [found["verdict"], found["units"], base, claim.verdict, claim.cause]

    # Billed at 40.00 where 38.00 was ordered, 12 units: 24.00 above, or 6.00 if that is of a case.
    assert told() == ["cost_unknown", 10, None, "overbilled", "billed_above_order"]
    run(keep, shop_id, Payment("P2", (Line("NT-1PC", -100),), day=26))
    working.follow(shop_id)
    assert told()[3:] == ["unknown", "cost_basis_unknown"]
    path, body = "/vendor-codes/HLDFS", {"region": "na", "terms": TERMS}
    screen.ask(path, 200, "PUT", body | {"cost_basis": "case"})
    assert told() == ["over", 10, Decimal(95), "price", "billed_as_ordered"]
    assert queue_of(shop_id)["coop_overcharge"] == Decimal("21.25")
    screen.ask(path, 200, "PUT", body | {"cost_basis": "each"})
    assert told() == ["over", 10, Decimal(380), "overbilled", "billed_above_order"]
    assert queue_of(shop_id)["coop_overcharge"] == Decimal("7.00")


def test_a_person_says_which_agreement_and_days_a_charge_is_about(
    screen: Screen, shop_id: int
) -> None:
    charge(shop_id, 2600)
    made = screen.ask("/co-op-agreements", 201, "POST", agreement(number="OTHER"))
    assert set(queue_of(shop_id)) == {"coop_unagreed"}
    body = {"region": "na", "reference": "AB12-CD34EF56", "currency": "USD"}
    body |= {"agreement_id": made["agreement_id"], "from_day": "2026-03-01"}
    found = screen.ask("/co-op-charges", 200, "PUT", body | {"to_day": "2026-04-30"})
    assert (found["confirmed"], found["units"]) == (True, 12)
    assert Decimal(found["over"]["amount"]) == 2
    assert queue_of(shop_id) == {"coop_overcharge": Decimal(2)}
    other = screen.ask("/co-op-agreements", 201, "POST", agreement(currency="CAD"))
    body |= {"agreement_id": other["agreement_id"], "to_day": "2026-04-30"}
    assert screen.ask("/co-op-charges", 422, "PUT", body)["code"] == "other_currency"


@pytest.mark.parametrize(
    "changed",
    [
        {"base": "fixed"},
        {"base": "fixed", "rate": None},
        {"rate": None},
        {"rate": "1.5"},
        {"ends_on": "2025-12-31"},
    ],
)
def test_an_agreement_that_cannot_be_computed_is_refused(
    screen: Screen, changed: dict[str, Any]
) -> None:
    screen.ask("/co-op-agreements", 422, "POST", agreement(**changed))


def test_late_discounts_are_listed_and_in_the_queue(screen: Screen, shop_id: int) -> None:
    line = Line("NT-1", 47040, discount=960)
    run(keep, shop_id, Payment("P1", (line,), day=45))
    working.follow(shop_id)
    found = screen.ask("/quick-pay")
    [one] = found["data"]
    assert (one["verdict"], one["percent"], one["days"]) == ("late", "2", 30)
    assert Decimal(one["wrong"]["amount"]) == Decimal("9.60")
    assert found["wrong"][0]["kind"] == "late_quick_pay"
    assert queue_of(shop_id) == {"late_quick_pay": Decimal("9.60")}
    with transaction(shop_id) as session:
        [judged] = classifying.classified(session)
    assert (judged.verdict, judged.in_question) == ("late_quick_pay", Decimal("9.60"))


def test_each_deduction_has_a_verdict_and_only_what_is_wrong_is_in_question(shop_id: int) -> None:
    run(
        keep,
        shop_id,
        Payment(
            "P1",
            (
                Line("NT-1", 47040, discount=960),
                Line("NT-1SC", -4000),
                Line("NT-1SCR", 4000),
                Line("NT-1PC", -600),
                Line("PO1VCBSINV", -4850),
                Line("PO1 PROVISION FOR RECEIVABLES", -7500),
            ),
            day=25,
        ),
    )
    working.follow(shop_id)
    with transaction(shop_id) as session:
        found = {one.verdict: one.in_question for one in classifying.classified(session)}
    assert found == {
        "quick_pay_excess": Decimal("0.12"),  # two per cent of the 6.00 that were claimed back
        "repaid": Decimal(0),
        "price": Decimal(6),
        "chargeback": Decimal("48.50"),
        "provision": Decimal(0),
    }


def test_only_what_goes_beyond_the_agreement_is_worth_asking_back(
    screen: Screen, shop_id: int
) -> None:
    charge(shop_id, 2600)

    def weighed() -> tuple[Decimal, Decimal]:
        [found] = screen.ask("/disputes/candidates?kind=co_op")["data"]
        assert (found["next_action"] == "agreed") == (not float(found["in_question"]["amount"]))
        return (
            Decimal(found["in_question"]["amount"]),
            Decimal(found["expected"]["amount"]["amount"]),
        )

    whole, much = weighed()
    assert whole == 26  # no agreement is known: all of it
    made = screen.ask("/co-op-agreements", 201, "POST", agreement())
    beyond, less = weighed()
    assert beyond == 6 and 0 < less < much
    asked = {"region": "na", "kind": "co_op", "reference": "AB12-CD34EF56", "currency": "USD"}
    drafted = screen.ask("/disputes", 201, "POST", asked)
    assert Decimal(drafted["amount"]["amount"]) == 6
    screen.ask(f"/disputes/{drafted['dispute_id']}/withdraw", method="POST")
    path = f"/co-op-agreements/{made['agreement_id']}"
    screen.ask(path, 200, "PUT", agreement(rate="0.065"))
    assert weighed() == (0, 0)
