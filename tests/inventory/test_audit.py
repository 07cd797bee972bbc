"""The audit finds what the database could not refuse, by name."""

from __future__ import annotations

import psycopg
import pytest

from app.db import transaction
from app.inventory import audit
from tests.inventory.brand import Brand, make_brand

CORRUPTIONS = {
    "balances_equal_movements": "UPDATE balance SET quantity = quantity + 1 WHERE state = 'customer'",
    "movements_follow_one_another": "UPDATE posting SET to_balance = to_balance + 1"
    " FROM balance WHERE account_id = to_account_id AND state = 'committed'",
    "holds_equal_held_states": "UPDATE hold SET held = held + 1, wanted = wanted + 1"
    " WHERE state = 'committed'",
    "facts_are_held_in_full": "UPDATE hold SET wanted = wanted + 1 WHERE fact",
    "fulfilled_equals_shipped": "UPDATE hold SET fulfilled = fulfilled + 1, wanted = wanted + 1"
    " WHERE fact",
    "tallies_equal_movements": "UPDATE tally SET total = total + 1 WHERE to_state = 'customer'",
    "movements_have_a_tally": "DELETE FROM tally WHERE to_state = 'customer'",
    "untracked_items_hold_nothing": "UPDATE item SET tracked = false",
    "oversold_is_a_collision": "DELETE FROM collision",
    "messages_do_not_wait_for_ever": "INSERT INTO message (shop_id, direction, channel, topic, key,"
    " state, attempts, received_at, due_at, notes, history) SELECT shop_id, 'in', 'shopify', 't',"
    " 'k', 'waiting', 0, now() - interval '3 hours', now() - interval '2 hours', '[]', '[]'"
    " FROM shop",
}


@pytest.fixture
def brand(database: str) -> Brand:
    made = make_brand()
    made.stock("tent", "main", 5)
    made.settle(made.order("1", 9, item="tent", at="main"))
    made.settle(made.fulfillment("f", "1", 2, item="tent", at="main"))
    made.refresh_collisions()
    return made


def findings(brand: Brand) -> set[str]:
    with transaction(brand.shop_id) as session:
        return {found.check for found in audit.findings(session)}


@pytest.mark.audits_itself
@pytest.mark.parametrize("check", CORRUPTIONS)
def test_a_corruption_is_found_by_name(
    brand: Brand, superuser: psycopg.Connection, check: str
) -> None:
    assert findings(brand) == set()
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute(CORRUPTIONS[check])
    assert check in findings(brand)


def test_every_check_has_a_name_and_a_query() -> None:
    assert len(audit.checks()) >= 11
    assert all(query.startswith(("--", "SELECT")) for query in audit.checks().values())
