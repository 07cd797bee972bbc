"""Ways in which books can be spoiled behind the ledger's back, and the check that must name each.

For the audit's own tests and for `holdfast bench audit`; nothing else may use them. Each spoils what
one item of one shop has, as a superuser could by hand, past triggers and foreign keys.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg


class Corruption(NamedTuple):
    """What is done to the books, in words and in SQL, and the check that finds it."""

    kind: str
    check: str
    statements: str


HELD_MOVEMENT = """(SELECT movement_id FROM movement
    WHERE shop_id = %(shop)s AND item_id = %(item)s AND reason = 'held'
    ORDER BY recorded_at, movement_id LIMIT 1)"""
FIRST_MOVEMENT = """(SELECT movement_id FROM movement WHERE shop_id = %(shop)s
    AND item_id = %(item)s ORDER BY recorded_at, movement_id LIMIT 1)"""
ONE_HOLD = """(SELECT ctid FROM hold WHERE shop_id = %(shop)s AND item_id = %(item)s AND {which}
    ORDER BY document_id LIMIT 1)"""
ONE_TALLY = """(SELECT ctid FROM tally WHERE shop_id = %(shop)s AND item_id = %(item)s
    AND hold_document_id IS NOT NULL ORDER BY document_id LIMIT 1)"""
OWN_BALANCE = "shop_id = %(shop)s AND item_id = %(item)s AND state"
UNKNOWN = 2_000_000_000
COPIED = """shop_id, {number}, {moment}, occurred_at, quantity, from_account_id, to_account_id,
    from_balance, to_balance, reason, document_id, line, message_id, actor, echo"""


def _copy(number: str, moment: str) -> str:
    names = COPIED.format(number="movement_id", moment="recorded_at")
    return (
        f"INSERT INTO posting ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {COPIED.format(number=number, moment=moment)} FROM posting"
        f" WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT}"
    )


def _of_hold(change: str, which: str) -> str:
    return f"UPDATE hold SET {change} WHERE ctid = {ONE_HOLD.format(which=which)}"


CORRUPTIONS = (
    Corruption(
        "a balance is one unit off",
        "balances_equal_movements",
        f"UPDATE balance SET quantity = quantity + 1 WHERE {OWN_BALANCE} = 'customer'",
    ),
    Corruption(
        "a movement is gone from the middle",
        "movements_follow_one_another",
        f"DELETE FROM posting WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT}",
    ),
    Corruption(
        "the first movement of an account is gone",
        "movements_follow_one_another",
        f"DELETE FROM posting WHERE shop_id = %(shop)s AND movement_id = {FIRST_MOVEMENT}",
    ),
    Corruption(
        "a movement has another quantity",
        "movements_follow_one_another",
        "UPDATE posting SET quantity = quantity + 1"
        f" WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT}",
    ),
    Corruption(
        "a movement left another balance behind",
        "movements_follow_one_another",
        "UPDATE posting SET to_balance = to_balance + 1"
        f" WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT}",
    ),
    Corruption(
        "a posting was written twice",
        "movements_follow_one_another",
        _copy("movement_id + 1000000000", "recorded_at + interval '1 microsecond'"),
    ),
    Corruption(
        "two movements have one number",
        "movements_are_numbered_once",
        _copy("movement_id", "recorded_at + interval '1 microsecond'"),
    ),
    Corruption(
        "an account is gone",
        "balances_equal_movements",
        f"DELETE FROM balance WHERE {OWN_BALANCE} = 'adjustment'",
    ),
    Corruption(
        "an item is gone",
        "accounts_have_an_item_and_a_location",
        "DELETE FROM item WHERE shop_id = %(shop)s AND item_id = %(item)s",
    ),
    Corruption(
        "a movement lies outside every month",
        "movements_are_in_a_month",
        "UPDATE posting SET recorded_at = '2001-01-01'"
        f" WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT}",
    ),
    Corruption(
        "a movement is of the future",
        "movements_are_not_of_the_future",
        "UPDATE posting SET recorded_at = now() + interval '3 days'"
        f" WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT}",
    ),
    Corruption(
        "a paper is gone",
        "movements_have_a_paper",
        "DELETE FROM document WHERE shop_id = %(shop)s AND document_id = ("
        "SELECT document_id FROM posting"
        f" WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT})",
    ),
    Corruption(
        "a paper states one unit more",
        "tallies_equal_movements",
        f"UPDATE tally SET total = total + 1 WHERE ctid = {ONE_TALLY}",
    ),
    Corruption(
        "a paper's statement is gone",
        "tallies_equal_movements",
        f"DELETE FROM tally WHERE ctid = {ONE_TALLY}",
    ),
    Corruption(
        "a shipment ships a paper nobody knows",
        "tallies_have_their_papers",
        f"UPDATE tally SET hold_document_id = {UNKNOWN} WHERE ctid = {ONE_TALLY}",
    ),
    Corruption(
        "a settled paper claims that nobody has read it",
        "papers_that_state_are_known",
        "UPDATE document SET version = -1 WHERE shop_id = %(shop)s AND document_id = ("
        f"SELECT document_id FROM tally WHERE ctid = {ONE_TALLY})",
    ),
    Corruption(
        "a hold holds more than stands in its state",
        "holds_equal_held_states",
        _of_hold("held = held + 1, wanted = wanted + 1", "state = 'committed'"),
    ),
    Corruption(
        "an order wants more than it holds",
        "facts_are_held_in_full",
        _of_hold("wanted = wanted + 1", "fact"),
    ),
    Corruption(
        "a request holds more than it wants",
        "requests_hold_no_more_than_is_open",
        _of_hold("held = wanted - fulfilled + 1", "NOT fact"),
    ),
    Corruption(
        "a hold says that more has left than was shipped",
        "fulfilled_equals_shipped",
        _of_hold("fulfilled = fulfilled + 1, wanted = wanted + 1", "true"),
    ),
    Corruption(
        "a hold is of a paper nobody knows",
        "holds_have_their_paper_and_account",
        _of_hold(f"document_id = {UNKNOWN}", "true"),
    ),
    Corruption(
        "a hold outlives its end",
        "expired_holds_are_released",
        _of_hold(
            "held = greatest(held, 1), expires_at = now() - interval '2 hours'",
            "state = 'reserved'",
        ),
    ),
    Corruption(
        "an item that is not counted holds units",
        "untracked_items_hold_nothing",
        "UPDATE item SET tracked = false WHERE shop_id = %(shop)s AND item_id = %(item)s;"
        + _of_hold("held = greatest(held, 1)", "true"),
    ),
    Corruption(
        "units are oversold in silence",
        "oversold_is_a_collision",
        f"UPDATE balance SET quantity = -7 WHERE {OWN_BALANCE} = 'available';"
        "DELETE FROM collision WHERE shop_id = %(shop)s AND item_id = %(item)s",
    ),
    Corruption(
        "a collision stands without a cause",
        "open_collisions_have_a_cause",
        "INSERT INTO collision (shop_id, item_id, location_id, kind, units, opened_at,"
        " accepted_oversold, accepted_short, accepted_coming)"
        f" SELECT %(shop)s, %(item)s, {UNKNOWN}, 'oversold', 3, now(), 0, 0, 0",
    ),
    Corruption(
        "a count is of an item nobody knows",
        "counts_are_of_known_items",
        "INSERT INTO count (shop_id, item_id, location_id, state, source, quantity, observed_at,"
        " read_at)"
        f" VALUES (%(shop)s, {UNKNOWN}, 1, 'available', 'shopify', 1, now(), now())",
    ),
    Corruption(
        "an alias leads to no item",
        "aliases_have_an_item",
        "INSERT INTO alias (shop_id, kind, value, item_id)"
        f" VALUES (%(shop)s, 'asin', 'B0NOBODY', {UNKNOWN})",
    ),
    Corruption(
        "the outside is to be told of what never happened",
        "told_movements_are_there",
        f"INSERT INTO mirror_due (shop_id, movement_id) VALUES (%(shop)s, {UNKNOWN})",
    ),
    Corruption(
        "the outside was never told",
        "told_movements_left_the_queue",
        "UPDATE posting SET recorded_at = recorded_at - interval '2 hours'"
        f" WHERE shop_id = %(shop)s AND movement_id = {HELD_MOVEMENT};"
        f"INSERT INTO mirror_due (shop_id, movement_id) SELECT %(shop)s, {HELD_MOVEMENT}"
        " ON CONFLICT DO NOTHING",
    ),
    Corruption(
        "a message waits for ever",
        "messages_do_not_wait_for_ever",
        "INSERT INTO message (shop_id, direction, channel, topic, key, state, attempts, received_at,"
        " due_at, notes, history) VALUES (%(shop)s, 'in', 'shopify', 't', 'spoiled', 'waiting', 0,"
        " now() - interval '3 hours', now() - interval '2 hours', '[]', '[]')",
    ),
    Corruption(
        "the shop's domain leads elsewhere",
        "shops_have_their_domain",
        "UPDATE shop_domain SET domain = 'stranger-' || domain WHERE shop_id = %(shop)s",
    ),
)


def spoil(
    connection: psycopg.Connection[Any], corruption: Corruption, shop_id: int, item_id: int
) -> None:
    """Does it, in a transaction of its own; `connection` is a superuser's.

    The item needs an order with a shipment and a purchase order.
    """
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in corruption.statements.split(";"):
            connection.execute(statement.encode(), {"shop": shop_id, "item": item_id})
