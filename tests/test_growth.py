"""What Citus asks for: every key begins with the shop, so that one shop's rows can live on one machine."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

import app.jobs
import app.web  # noqa: F401  (every model is known once the whole product is imported)
from app.db import metadata
from app.inventory import audit
from tests.inventory.brand import Brand, make_brand

GLOBAL = {"shop_domain", "alembic_version"}
"""The only tables that belong to no shop; Citus keeps a copy of them on every machine."""
PARTS = 4

LIVE_KEYS = """
SELECT relation.relname, constrained.conname, constrained.contype::text,
       (SELECT attname FROM pg_attribute
        WHERE attrelid = conrelid AND attnum = constrained.conkey[1]),
       (SELECT attname FROM pg_attribute
        WHERE attrelid = confrelid AND attnum = constrained.confkey[1])
FROM pg_constraint AS constrained JOIN pg_class AS relation ON relation.oid = conrelid
WHERE constrained.connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'x')
UNION ALL
SELECT relation.relname, name.relname, 'index',
       (SELECT attname FROM pg_attribute
        WHERE attrelid = indrelid AND attnum = indkey[0]), NULL
FROM pg_index JOIN pg_class AS relation ON relation.oid = indrelid
JOIN pg_class AS name ON name.oid = indexrelid
WHERE relation.relnamespace = 'public'::regnamespace AND indisunique
"""
FOREIGN_KEYS = """
SELECT relation.relname, conname, pg_get_constraintdef(constrained.oid)
FROM pg_constraint AS constrained JOIN pg_class AS relation ON relation.oid = conrelid
WHERE constrained.connamespace = 'public'::regnamespace AND contype = 'f' AND conparentid = 0
"""
TENANT_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""


def test_every_key_of_the_models_begins_with_the_shop() -> None:
    wrong = []
    for table in metadata.tables.values():
        if table.name in GLOBAL:
            continue
        keys: list[tuple[str, list[str]]] = [
            (type(one).__name__, [column.name for column in one.columns])
            for one in table.constraints
            if isinstance(one, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint)
        ]
        keys += [
            ("referred", [element.column.name for element in one.elements])
            for one in table.foreign_key_constraints
        ]
        keys += [
            ("unique index", [sa.inspect(column).name for column in index.columns])
            for index in table.indexes
            if index.unique
        ]
        wrong += [f"{table.name} {kind} {key}" for kind, key in keys if key[0] != "shop_id"]
        if next(iter(table.columns)).name != "shop_id":
            wrong.append(f"{table.name} has another first column")
    assert wrong == []
    assert len(metadata.tables) > 20


def test_every_key_in_the_database_begins_with_the_shop(
    database: str, superuser: psycopg.Connection
) -> None:
    keys = superuser.execute(LIVE_KEYS).fetchall()
    assert len(keys) > 60
    wrong = [
        key
        for key in keys
        if key[0] not in GLOBAL and (key[3] != "shop_id" or (key[2] == "f" and key[4] != "shop_id"))
    ]
    assert wrong == []


@pytest.fixture
def spread(superuser: psycopg.Connection) -> Iterator[str]:
    """A schema for the copy; gone after the test."""
    # The clean-up of an earlier test leaves this connection where foreign keys are not looked at.
    superuser.execute("SET session_replication_role = origin")
    superuser.execute("CREATE SCHEMA spread")
    yield "spread"
    superuser.execute("SET search_path TO public")
    superuser.execute("DROP SCHEMA spread CASCADE")


def tell_a_story(domain: str) -> Brand:
    """Orders, a purchase order, shipments, receipts, a relocation of stock and a collision."""
    brand = make_brand(domain)
    brand.stock("tent", "main", 20)
    brand.stock("stove", "east", 3)
    brand.settle(brand.order("1", 9, item="tent", at="main"))
    brand.settle(brand.purchase_order("P", 8, item="tent", at="main"))
    brand.settle(brand.fulfillment("f", "1", 4, item="tent", at="main"))
    brand.settle(brand.shipment("s", "P", 6, item="tent", at="main"))
    brand.settle(brand.receipt("P", 5, item="tent", at="main", version=1))
    brand.settle(brand.receipt("P", 4, item="tent", at="main", version=2))
    brand.settle(brand.order("2", 5, item="stove", at="east"))
    brand.refresh_collisions()
    return brand


def make_copy(superuser: psycopg.Connection, tables: list[str]) -> None:
    """Every tenant's table anew, cut by a hash of the shop, with each of its keys and rules."""
    foreign_keys = superuser.execute(FOREIGN_KEYS).fetchall()
    view = superuser.execute("SELECT pg_get_viewdef('movement'::regclass)").fetchone()
    for table in tables:
        superuser.execute(
            f'CREATE TABLE spread."{table}" (LIKE public."{table}" INCLUDING ALL)'
            " PARTITION BY HASH (shop_id)"
        )
        for part in range(PARTS):
            superuser.execute(
                f'CREATE TABLE spread."{table}_{part}" PARTITION OF spread."{table}"'
                f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
            )
    superuser.execute("SET search_path TO spread, public")
    for table, name, definition in foreign_keys:
        superuser.execute(f'ALTER TABLE spread."{table}" ADD CONSTRAINT {name} {definition}')
    assert view is not None
    superuser.execute(f"CREATE VIEW spread.movement AS {view[0]}")


def in_order(tables: set[str]) -> list[str]:
    """Each table after those it refers to."""
    return [table.name for table in metadata.sorted_tables if table.name in tables]


def test_a_copy_cut_by_shop_takes_every_key_and_the_rows_of_whole_stories(
    database: str, superuser: psycopg.Connection, spread: str
) -> None:
    shops = [tell_a_story(f"{name}.myshopify.com").shop_id for name in ("a", "b", "c", "d", "e")]
    tables = {row[0] for row in superuser.execute(TENANT_TABLES)} - GLOBAL
    assert tables == set(in_order(tables)), "a table without a model"
    make_copy(superuser, in_order(tables))
    referred = superuser.execute(
        "SELECT count(*) FILTER (WHERE confrelid::regclass::text NOT LIKE '%public.%'), count(*)"
        " FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
        " AND connamespace = 'spread'::regnamespace"
    ).fetchone()
    assert referred is not None and referred[0] == referred[1] > 20
    for table in in_order(tables):
        superuser.execute(
            f'INSERT INTO spread."{table}" OVERRIDING SYSTEM VALUE SELECT * FROM public."{table}"'
        )
    used = set()
    for table in tables:
        rows = superuser.execute(
            f'SELECT (SELECT count(*) FROM spread."{table}"), (SELECT count(*) FROM public."{table}")'
        ).fetchone()
        assert rows is not None and rows[0] == rows[1], table
        if rows[0]:
            used.add(table)
    assert {"posting", "balance", "hold", "tally", "document", "collision", "item"} <= used
    places = superuser.execute(
        "SELECT count(DISTINCT tableoid), count(DISTINCT shop_id) FROM spread.posting"
    ).fetchone()
    assert places is not None and places[0] > 1 and places[1] == len(shops)
    for shop_id in shops:
        for name, query in audit.checks().items():
            found = superuser.execute(
                query.replace("%", "%%").replace(":shop", "%(shop)s"), {"shop": shop_id}
            )
            assert found.fetchall() == [], name


def test_the_copy_refuses_what_the_tables_refuse(
    database: str, superuser: psycopg.Connection, spread: str
) -> None:
    brand = tell_a_story("a.myshopify.com")
    tables = {row[0] for row in superuser.execute(TENANT_TABLES)} - GLOBAL
    make_copy(superuser, in_order(tables))
    everything = "OVERRIDING SYSTEM VALUE SELECT * FROM public"
    superuser.execute(f"INSERT INTO spread.item {everything}.item")
    superuser.execute(f"INSERT INTO spread.location {everything}.location")
    superuser.execute(f"INSERT INTO spread.balance {everything}.balance")
    with pytest.raises(psycopg.errors.UniqueViolation):
        superuser.execute(f"INSERT INTO spread.balance {everything}.balance")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        superuser.execute(
            "INSERT INTO spread.balance (shop_id, item_id, location_id, state, quantity)"
            " VALUES (%s, 999999999, %s, 'available', 0)",
            [brand.shop_id, brand.at("main")],
        )
    with pytest.raises(psycopg.errors.CheckViolation):
        superuser.execute("UPDATE spread.balance SET quantity = -1 WHERE state = 'committed'")
