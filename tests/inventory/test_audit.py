"""The audit finds what the database could not refuse, by name."""

from __future__ import annotations

import psycopg
import pytest

from app.bench.corruptions import CORRUPTIONS, Corruption, spoil
from app.db import transaction
from app.inventory import audit
from tests.inventory.brand import Brand, make_brand

REFUSED_BY_THE_DATABASE = {"inside_states_are_not_negative"}


@pytest.fixture
def brand(database: str) -> Brand:
    made = make_brand()
    made.stock("tent", "main", 25)
    made.settle(made.order("1", 9, item="tent", at="main"))
    made.settle(made.purchase_order("P", 6, item="tent", at="main"))
    made.settle(made.fulfillment("f", "1", 2, item="tent", at="main"))
    made.settle(made.shipment("s", "P", 2, item="tent", at="main"))
    made.settle(made.order("2", 40, item="tent", at="main"))
    made.refresh_collisions()
    return made


def findings(brand: Brand) -> set[str]:
    with transaction(brand.shop_id) as session:
        return {found.check for found in audit.findings(session)}


@pytest.mark.audits_itself
@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.kind)
def test_a_corruption_is_found_by_name(
    brand: Brand, superuser: psycopg.Connection, corruption: Corruption
) -> None:
    assert findings(brand) == set()
    spoil(superuser, corruption, brand.shop_id, brand.item("tent"))
    assert corruption.check in findings(brand)


@pytest.mark.audits_itself
def test_less_than_nothing_inside_is_found_where_the_database_no_longer_refuses_it(
    brand: Brand, superuser: psycopg.Connection
) -> None:
    rule = "ck_balance_not_negative_inside"
    definition = superuser.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [rule]
    ).fetchone()
    assert definition
    change = "UPDATE balance SET quantity = quantity - 100 WHERE state = 'committed'"
    with pytest.raises(psycopg.errors.CheckViolation):
        superuser.execute(change)
    superuser.execute(f"ALTER TABLE balance DROP CONSTRAINT {rule}")
    try:
        superuser.execute(change)
        assert "inside_states_are_not_negative" in findings(brand)
    finally:
        superuser.execute("DELETE FROM balance")
        superuser.execute(f"ALTER TABLE balance ADD CONSTRAINT {rule} {definition[0]}")


def test_every_check_has_a_corruption_that_it_finds() -> None:
    found = {corruption.check for corruption in CORRUPTIONS} | REFUSED_BY_THE_DATABASE
    assert found == set(audit.ledger_checks())
    assert len({corruption.check for corruption in CORRUPTIONS}) >= 20


def test_every_check_is_a_query() -> None:
    assert all(query.startswith(("--", "SELECT")) for query in audit.checks().values())
