"""Old months can be moved away: balances, answers and the audit go on from what is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli import main
from app.db import run, transaction
from app.errors import Refused
from app.inventory import audit, months, queries
from app.inventory.models import State
from tests.inventory.brand import Brand, make_brand

THIS_MONTH = datetime.now(UTC).date().replace(day=1)
OLD = (THIS_MONTH - timedelta(days=1)).replace(day=1)


@pytest.fixture
def brand(database: str, superuser: psycopg.Connection) -> Iterator[Brand]:
    """A brand that was there a month ago: its stock, an order and a shipment are of that month."""
    with transaction() as session:
        session.execute(text("SELECT open_movement_month(:month)"), {"month": OLD})
    made = make_brand()
    made.stock("tent", "main", 10)
    made.stock("stove", "east", 4)
    made.settle(made.order("1", 3, item="tent", at="main"))
    made.settle(made.fulfillment("f", "1", 1, item="tent", at="main"))
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("DELETE FROM mirror_due")
    superuser.execute(
        "UPDATE posting SET recorded_at = %s + (recorded_at - (SELECT min(recorded_at)"
        " FROM movement))",
        [datetime(OLD.year, OLD.month, 5, tzinfo=UTC)],
    )
    superuser.execute("UPDATE shop SET created_at = %s", [OLD])
    made.settle(made.fulfillment("g", "1", 1, item="tent", at="main"))
    made.settle(made.order("2", 2, item="tent", at="main"))
    superuser.execute("DELETE FROM mirror_due")
    yield made
    for name in (f"movement_{OLD:%Y_%m}", f"moved_movement_{OLD:%Y_%m}"):
        superuser.execute(f"DROP TABLE IF EXISTS {name}")


def found(brand: Brand) -> list[str]:
    with transaction(brand.shop_id) as session:
        return [finding.check for finding in audit.findings(session)]


def move(brand: Brand) -> None:
    run(audit.run, brand.shop_id)
    answer = CliRunner().invoke(main, ["months", "--move-before", f"{THIS_MONTH:%Y-%m}"])
    assert answer.exit_code == 0, answer.output
    assert f"{OLD:%Y-%m} is now moved_movement_{OLD:%Y_%m}" in answer.output


def test_a_moved_month_leaves_balances_and_audit_as_they_were(
    brand: Brand, superuser: psycopg.Connection
) -> None:
    assert found(brand) == []
    before, count = brand.balances(), brand.movement_count()
    move(brand)
    assert brand.balances() == before
    assert 0 < brand.movement_count() < count
    assert found(brand) == []
    brand.settle(brand.fulfillment("h", "1", 1, item="tent", at="main"))
    brand.settle(brand.order("2", 1, item="tent", at="main", version=2))
    superuser.execute("DELETE FROM mirror_due")
    assert found(brand) == []


def test_an_old_account_keeps_its_balance_as_of_any_moment_that_is_left(brand: Brand) -> None:
    moment = datetime(OLD.year, OLD.month, 20, tzinfo=UTC)
    now = datetime.now(UTC)
    items = list(brand.items.values())
    with transaction(brand.shop_id) as session:
        then = sorted(queries.balances(session, items, moment))
        today = sorted(queries.balances(session, items, now))
    move(brand)
    with transaction(brand.shop_id) as session:
        assert [row for row in sorted(queries.balances(session, items, moment)) if row[3]] == [
            row for row in then if row[3]
        ]
        assert sorted(queries.balances(session, items, now)) == today
    stove = (brand.item("stove"), brand.at("east"), State.AVAILABLE, 4)
    assert stove in [tuple(row) for row in today]


@pytest.mark.audits_itself
@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE balance SET quantity = quantity + 1 WHERE state = 'available'"
         " AND item_id = (SELECT min(item_id) FROM balance)", "balances_equal_movements"),
        ("UPDATE posting SET quantity = quantity + 1 WHERE movement_id ="
         " (SELECT max(movement_id) FROM movement)", "movements_follow_one_another"),
        ("UPDATE tally SET total = total + 1 WHERE document_id ="
         " (SELECT max(document_id) FROM tally)", "tallies_equal_movements"),
    ],
)  # fmt: skip
def test_what_is_left_is_audited_as_strictly(
    brand: Brand, superuser: psycopg.Connection, change: str, check: str
) -> None:
    move(brand)
    with transaction() as session:
        session.execute(text("SELECT open_movement_month(:month)"), {"month": THIS_MONTH})
    brand.settle(brand.fulfillment("i", "2", 1, item="tent", at="main"))
    superuser.execute(
        "UPDATE posting SET recorded_at = recorded_at + interval '70 days' WHERE document_id ="
        " (SELECT max(document_id) FROM tally)"
    )
    superuser.execute(change)
    assert check in found(brand)


def test_a_month_is_not_moved_before_the_books_were_found_right(brand: Brand) -> None:
    with pytest.raises(Refused, match="holdfast audit"):
        run(months.require_movable, brand.shop_id, THIS_MONTH)
    answer = CliRunner().invoke(main, ["months", "--move-before", f"{THIS_MONTH:%Y-%m}"])
    assert answer.exit_code == 5
    assert OLD in [one.month for one in run(months.months, None)]


def test_a_month_is_not_moved_while_the_outside_waits_to_hear_of_it(
    brand: Brand, superuser: psycopg.Connection
) -> None:
    run(audit.run, brand.shop_id)
    superuser.execute(
        "INSERT INTO mirror_due (shop_id, movement_id) SELECT shop_id, min(movement_id)"
        " FROM movement GROUP BY shop_id"
    )
    with pytest.raises(Refused, match="told"):
        run(months.require_movable, brand.shop_id, THIS_MONTH)
    superuser.execute("DELETE FROM mirror_due")


def test_only_the_oldest_month_and_only_one_that_is_over_can_be_moved(brand: Brand) -> None:
    for month in (THIS_MONTH, date(2001, 1, 1)):
        with pytest.raises(Refused, match="not the oldest"):
            run(months.move_away, None, month)
    run(months.move_away, None, OLD)
    with pytest.raises(Refused, match="not over"):
        run(months.move_away, None, THIS_MONTH)


def test_a_moved_month_still_hides_other_shops_and_is_never_changed(brand: Brand) -> None:
    move(brand)
    table = f"moved_movement_{OLD:%Y_%m}"
    with transaction() as session:
        assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
    with transaction(brand.shop_id) as session:
        assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
        with pytest.raises(Exception, match="never changed"):
            session.execute(text(f"DELETE FROM {table}"))
        session.rollback()
