"""The product through PgBouncer in transaction mode: what belongs to a session must not be relied on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from app.clock import Leadership
from app.db import call, transaction
from app.migrations import migrate, pending
from app.shops import open_shop
from app.supervisor import Servers
from tests.conftest import close_engine

POOLED = 3


@pytest.fixture(scope="module")
def pooled(pgbouncer: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers with a pooler of three connections before them, and the product's tables."""
    folder = tmp_path_factory.mktemp("pooled")
    with Servers(folder, durable=False, valkey=False, pooled=POOLED) as servers:
        migrate(servers.database_url)
        yield servers


@pytest.fixture
def product(pooled: Servers, set_settings: Callable[..., None]) -> Iterator[Servers]:
    """The same, in the product's settings."""
    set_settings(DATABASE_URL=pooled.database_url)
    yield pooled
    close_engine()


def backend(connection: psycopg.Connection) -> int:
    return int(connection.execute("SELECT pg_backend_pid()").fetchone()[0])  # type: ignore[index]


def test_migrations_run_through_the_pooler(pooled: Servers) -> None:
    assert pending(pooled.database_url) is None
    with psycopg.connect(pooled.superuser_url) as connection:
        left = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert left.fetchone() == (0,)


def test_many_clients_share_few_connections_a_transaction_each(pooled: Servers) -> None:
    clients = [psycopg.connect(pooled.database_url, autocommit=True) for _ in range(20)]
    seen = {backend(client) for client in clients}
    for client in clients:
        client.close()
    assert 1 <= len(seen) <= POOLED


def test_the_shop_of_a_transaction_is_forgotten_with_it(product: Servers) -> None:
    with transaction() as session:
        shop_id = open_shop(session, "pooled.myshopify.com").shop_id
    with transaction(shop_id) as session:
        assert session.execute(text("SELECT domain FROM shop")).scalar() == "pooled.myshopify.com"
    for _ in range(POOLED * 2):
        with transaction() as session:
            assert session.execute(text("SELECT count(*) FROM shop")).scalar() == 0


PREPARED = b"SELECT count(*) FROM pg_prepared_statements"


def test_a_statement_is_prepared_only_where_no_pooler_hands_out_other_connections(
    product: Servers, set_settings: Callable[..., None]
) -> None:
    with transaction(1) as session:
        assert [call(session, PREPARED, {}), call(session, PREPARED, {})] == [0, 0]
    close_engine()
    set_settings(DATABASE_URL=product.postgresql.url())
    with transaction(1) as session:
        assert call(session, PREPARED, {}) > 0


def test_one_clock_leads_through_the_pooler_and_another_takes_over(product: Servers) -> None:
    first, second = Leadership(), Leadership()
    assert first.is_ours()
    assert not second.is_ours()
    assert first.is_ours()
    first.resign()
    assert second.is_ours()
    second.resign()


def test_it_starts_again_where_it_was_killed(tmp_path: Path, pgbouncer: None) -> None:
    with Servers(tmp_path, durable=False, valkey=False, pooled=1) as servers:
        pid = servers.pgbouncer.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(servers.pgbouncer.url())
    with (
        Servers(tmp_path, durable=False, valkey=False, pooled=1) as again,
        psycopg.connect(again.database_url) as connection,
    ):
        assert backend(connection)
