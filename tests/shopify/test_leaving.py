"""A shop changes what it grants, leaves, and is erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from app.connections import Connection
from app.shopify import install, tokens
from app.shops import this_shop
from app.webhooks import inbox
from tests.shopify.shop import DOMAIN, OpenShop, after, open_test_shop

CONNECTED = datetime(2026, 11, 10, tzinfo=UTC)


@pytest.fixture
def shop(database: str, queue: str) -> OpenShop:
    made = open_test_shop()
    with made.transaction() as session:
        connection = Connection(
            shop_id=made.shop_id, channel="shopify", reference=DOMAIN, connected_at=CONNECTED
        )
        connection.seal(access_token="shpat_a", refresh_token="shprt_b")
        session.add(connection)
    return made


def connection_of(shop: OpenShop) -> Connection:
    with shop.transaction() as session:
        found = tokens.find(session)
        assert found is not None
        return found


def uninstall(shop: OpenShop, at: datetime) -> None:
    shop.deliver("app/uninstalled", {"id": 1, "updated_at": at.isoformat(), "email": "a@b.c"})


def test_uninstalling_ends_access_and_keeps_the_books(shop: OpenShop) -> None:
    uninstall(shop, CONNECTED + timedelta(days=1))
    connection = connection_of(shop)
    assert connection.state == "disconnected"
    assert connection.access_token is None and connection.refresh_token is None
    assert shop.balance("TENT", "available") == 50
    with pytest.raises(tokens.NotConnected):
        tokens.access(shop.shop_id)


def test_an_uninstallation_from_before_this_installation_changes_nothing(shop: OpenShop) -> None:
    uninstall(shop, CONNECTED - timedelta(hours=1))
    assert connection_of(shop).state == "connected"


def test_missing_scopes_are_named_on_the_connection(shop: OpenShop) -> None:
    given = [scope for scope in install.SCOPES if scope not in ("write_inventory", "read_orders")]
    shop.deliver("app/scopes_update", {"current": given, "updated_at": after(20)})
    assert connection_of(shop).details["scopes_missing"] == ["write_inventory", "read_orders"]
    shop.deliver("app/scopes_update", {"current": list(install.SCOPES), "updated_at": after(21)})
    assert "scopes_missing" not in connection_of(shop).details


def test_a_scope_to_write_covers_the_one_to_read(shop: OpenShop) -> None:
    given = [scope for scope in install.SCOPES if scope != "read_inventory"]
    shop.deliver("app/scopes_update", {"current": given, "updated_at": after(20)})
    assert connection_of(shop).details == {}


def test_the_shops_name_and_time_zone_are_kept(shop: OpenShop) -> None:
    changed = {"name": "Acme Outdoors", "currency": "EUR", "iana_timezone": "Europe/Berlin"}
    shop.deliver("shop/update", changed | {"email": "owner@acme.example"})
    with shop.transaction() as session:
        found = this_shop(session)
    assert (found.name, found.currency, found.time_zone) == (
        "Acme Outdoors", "EUR", "Europe/Berlin",
    )  # fmt: skip


def test_customers_topics_leave_nothing_behind(shop: OpenShop) -> None:
    body = {"customer": {"id": 1, "email": "ada@example.org"}, "orders_to_redact": [1]}
    for topic in ("customers/data_request", "customers/redact"):
        assert shop.message(shop.deliver(topic, body)).request == {}


def redact(shop: OpenShop) -> None:
    # The message itself is erased with all the rest, so there is no end of it to look at.
    shop.deliver("shop/redact", {"shop_domain": DOMAIN}, drain=False)
    inbox.drain(shop.shop_id)


def rows(superuser: psycopg.Connection, shop_id: int) -> dict[str, int]:
    tables = superuser.execute(
        "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition AND attname = 'shop_id'"
    ).fetchall()
    counted = {}
    for (table,) in tables:
        found = superuser.execute(
            f'SELECT count(*) FROM "{table}" WHERE shop_id = %s', [shop_id]
        ).fetchone()
        assert found is not None
        if found[0]:
            counted[table] = found[0]
    return counted


def test_erasing_a_shop_leaves_only_its_number(
    shop: OpenShop, superuser: psycopg.Connection
) -> None:
    other = open_test_shop("other.myshopify.com")
    before = rows(superuser, other.shop_id)
    shop.deliver(
        "orders/create",
        {
            "id": 1,
            "updated_at": after(1),
            "line_items": [{"id": 1, "variant_id": 40, "quantity": 1, "fulfillable_quantity": 1}],
        },
    )
    uninstall(shop, CONNECTED + timedelta(days=1))
    redact(shop)
    assert rows(superuser, shop.shop_id) == {"shop": 1, "shop_domain": 1}
    assert rows(superuser, other.shop_id) == before


def test_a_shop_that_came_back_is_not_erased(shop: OpenShop, superuser: psycopg.Connection) -> None:
    redact(shop)
    assert "posting" in rows(superuser, shop.shop_id)
