"""Discrepancies that papers state: opened, followed, closed and opened again, by what stands now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import col, select

from app.db import engine, transaction
from app.inventory import discrepancies, kinds
from app.inventory.discrepancies import EVERYTHING, Finding, Restated, Scope
from app.inventory.kinds import Kind
from app.inventory.models import AssignmentRule, Discrepancy
from tests.inventory.brand import Brand, make_brand

SHORT, LATE = "test_short", "test_late"
numbers = count()
NOTHING = Restated((), (), (), ())
for name in (SHORT, LATE):
    words = {"en": name, "zh-CN": name}
    kinds.register(Kind(name, words, words))


def short(reference: str, amount: str = "12.50", **changed: object) -> Finding:
    number, _, line = reference.partition("/")
    made = Finding(
        SHORT,
        reference,
        {"region": "na", "number": number, "line": line, "vendor_code": "BRAND"},
        units=5,
        amount=Decimal(amount),
        currency="USD",
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def restate(
    brand: Brand, *findings: Finding, scope: Scope = EVERYTHING, of: Sequence[str] = (SHORT,)
) -> Restated:
    with transaction(brand.shop_id) as session:
        return discrepancies.restate(session, of, scope, findings)


def rows(brand: Brand) -> dict[str, Discrepancy]:
    with transaction(brand.shop_id) as session:
        found = session.exec(select(Discrepancy).order_by(col(Discrepancy.discrepancy_id))).all()
    return {row.reference or "": row for row in found}


def decide(brand: Brand, reference: str, status: str) -> None:
    with transaction(brand.shop_id) as session:
        row = session.exec(select(Discrepancy).where(Discrepancy.reference == reference)).one()
        row.status = status


def events(row: Discrepancy) -> list[str]:
    return [entry["event"] for entry in row.history]


def test_what_is_stated_opens_and_the_same_again_changes_nothing(brand: Brand) -> None:
    deadline = datetime(2026, 12, 1, tzinfo=UTC)
    stated = [short("A/1", deadline=deadline, cause="Shortage"), short("B/1", amount="3")]
    first = restate(brand, *stated)
    assert len(first.opened) == 2
    row = rows(brand)["A/1"]
    assert (row.status, row.units, row.amount, row.currency) == ("open", 5, Decimal("12.5"), "USD")
    assert (row.cause, row.deadline, row.subject["number"]) == ("Shortage", deadline, "A")
    assert restate(brand, *reversed(stated)) == NOTHING
    assert events(rows(brand)["A/1"]) == ["opened"]


def test_what_is_no_longer_stated_closes_and_opens_again_as_the_same_row(brand: Brand) -> None:
    (number,) = restate(brand, short("A/1")).opened
    assert restate(brand).closed == (number,)
    row = rows(brand)["A/1"]
    assert (row.status, row.ended_by) == ("closed", "system")
    assert restate(brand) == NOTHING
    assert restate(brand, short("A/1", amount="9")).reopened == (number,)
    row = rows(brand)["A/1"]
    assert (row.status, row.ended_at, row.amount) == ("open", None, Decimal(9))
    assert events(row) == ["opened", "closed", "reopened"]


def test_a_change_is_followed_and_remembered_with_its_numbers(brand: Brand) -> None:
    restate(brand, short("A/1"))
    assert len(restate(brand, short("A/1", units=3, amount=Decimal(7))).changed) == 1
    entries = rows(brand)["A/1"].history
    assert [(one["units"], one["amount"]) for one in entries] == [(5, "12.5000"), (3, "7.0000")]


def test_a_later_deadline_is_taken_over_without_being_an_event(brand: Brand) -> None:
    restate(brand, short("A/1"))
    later = datetime.now(UTC) + timedelta(days=3)
    assert restate(brand, short("A/1", deadline=later)) == NOTHING
    assert rows(brand)["A/1"].deadline == later
    assert events(rows(brand)["A/1"]) == ["opened"]


@pytest.mark.parametrize("decision", ["left", "written_off"])
def test_what_a_person_decided_stands_until_the_amount_is_another(
    brand: Brand, decision: str
) -> None:
    restate(brand, short("A/1"))
    decide(brand, "A/1", decision)
    assert restate(brand, short("A/1", cause="other words")).changed != ()
    assert rows(brand)["A/1"].status == decision
    assert restate(brand, short("A/1", amount="99", cause="other words")).reopened != ()
    assert rows(brand)["A/1"].status == "open"


def test_work_that_has_begun_goes_on_when_the_amount_changes(brand: Brand) -> None:
    restate(brand, short("A/1"))
    decide(brand, "A/1", "in_progress")
    restate(brand, short("A/1", amount="99"))
    assert rows(brand)["A/1"].status == "in_progress"


@pytest.mark.parametrize(
    "scope",
    [
        discrepancies.of_references(["A/1", "A/2"]),
        discrepancies.of_purchase_orders([("na", "A"), ("eu", "B")]),
    ],
)
def test_only_what_is_in_the_scope_closes(brand: Brand, scope: Scope) -> None:
    restate(brand, short("A/1"), short("A/2"), short("B/1"))
    restate(brand, short("A/2"), scope=scope)
    found = {reference: row.status for reference, row in rows(brand).items()}
    assert found == {"A/1": "closed", "A/2": "open", "B/1": "open"}


def test_an_invoice_is_a_scope(brand: Brand) -> None:
    restate(brand, short("A/1", subject={"invoice": "I1"}), short("B/1", subject={"invoice": "I2"}))
    restate(brand, scope=discrepancies.of_invoices(["I2"]))
    assert rows(brand)["A/1"].status == "open"
    assert rows(brand)["B/1"].status == "closed"


def test_other_kinds_are_left_alone(brand: Brand) -> None:
    restate(brand, short("A/1"))
    restate(brand, replace(short("A/1"), kind=LATE), of=[LATE])
    restate(brand, of=[LATE])
    with transaction(brand.shop_id) as session:
        found = session.exec(select(Discrepancy).order_by(col(Discrepancy.discrepancy_id))).all()
    assert [(row.kind, row.status) for row in found] == [(SHORT, "open"), (LATE, "closed")]


def test_a_new_one_goes_to_the_owner_of_the_first_rule_that_fits(brand: Brand) -> None:
    with transaction(brand.shop_id) as session:
        session.add_all(
            AssignmentRule(shop_id=brand.shop_id, position=position, **rule)  # type: ignore[arg-type]
            for position, rule in enumerate(
                (
                    {"kind": LATE, "owner": "nobody"},
                    {"at_least": Decimal(1000), "currency": "EUR", "owner": "other currency"},
                    {"at_least": Decimal(1000), "currency": "USD", "owner": "Ana"},
                    {"vendor_code": "BRAND", "owner": "Li"},
                )
            )
        )
    restate(brand, short("A/1", amount="1000"), short("B/1"), short("C/1", subject={}))
    assert {name: row.owner for name, row in rows(brand).items()} == {
        "A/1": "Ana",
        "B/1": "Li",
        "C/1": None,
    }
    restate(brand)
    restate(brand, short("B/1", amount="5000"))
    assert rows(brand)["B/1"].owner == "Li"


@pytest.mark.parametrize(
    ("of", "wrong"),
    [
        ([SHORT], [replace(short("A/1"), kind=LATE)]),
        ([SHORT], [short("A/1"), short("A/1")]),
        ([SHORT], [short("A/1", currency=None)]),
        (["count"], []),
        (["unheard_of"], []),
    ],
)
def test_faults_of_the_caller_are_refused(
    brand: Brand, of: list[str], wrong: list[Finding]
) -> None:
    with pytest.raises(ValueError):
        restate(brand, *wrong, of=of)


def test_hundreds_take_as_many_statements_as_one(
    brand: Brand, count_statements: Callable[[], int]
) -> None:
    restate(brand, short("one/1"))
    one = count_statements()
    restate(brand, short("one/1"), *(short(f"{number}/1") for number in range(600)))
    assert count_statements() - one == one
    assert len(rows(brand)) == 601


@pytest.fixture
def count_statements(brand: Brand) -> Callable[[], int]:
    """How many statements were run so far, but for the one that gives new rows their owners."""
    seen: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *given: seen.append(given[2]))
    return lambda: len([one for one in seen if "assignment_rule" not in one])


STATEMENTS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.dictionaries(st.sampled_from("123"), st.integers(1, 3), max_size=3),
    ),
    max_size=6,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STATEMENTS)
def test_what_stands_is_what_was_stated_last_of_each_order(
    database: str, stated: list[tuple[str, dict[str, int]]]
) -> None:
    brand = make_brand(f"brand-{next(numbers)}.myshopify.com")
    last: dict[str, Decimal] = {}
    for order, lines in stated:
        found = [short(f"{order}/{line}", amount=str(amount)) for line, amount in lines.items()]
        restate(brand, *found, scope=discrepancies.of_purchase_orders([("na", order)]))
        last = {name: value for name, value in last.items() if not name.startswith(order)}
        last |= {one.reference: one.amount or Decimal() for one in found}
    standing = {name: row.amount for name, row in rows(brand).items() if row.status == "open"}
    assert standing == last
