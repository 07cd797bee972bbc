"""One migrated template database for a run of the tests, and a copy of it for each worker."""

from __future__ import annotations

import fcntl
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import Engine, create_engine
from sqlmodel import Session

from app.db import enter_shop
from app.inventory.audit import findings
from app.migrations import migrate
from app.supervisor.postgresql import ROLE

TEMPLATE = "holdfast_template"


@dataclass(frozen=True)
class Addresses:
    """Where the servers of this run are; small enough to hand to every worker."""

    folder: str
    superuser_url: str
    redis_url: str
    pooler_port: int | None = None

    def as_input(self) -> dict[str, str | int | None]:
        """As plain words, for a worker."""
        return asdict(self)

    def database_url(self, name: str, role: str = ROLE) -> str:
        """The address of one database on the run's PostgreSQL, past any pooler."""
        return f"postgresql://{role}@/{name}?{urlsplit(self.superuser_url).query}"

    def pooled_url(self, name: str) -> str:
        """The address of one database through PgBouncer in transaction mode; it must be there."""
        return f"{self.database_url(name)}&port={self.pooler_port}"


def copy_template(servers: Addresses, name: str) -> None:
    """Makes a fresh database of this name; the first worker to ask migrates the template."""
    with (
        psycopg.connect(servers.superuser_url, autocommit=True) as connection,
        (Path(servers.folder) / "template.lock").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]
        ).fetchone():
            _make_template(connection, servers)
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} OWNER {ROLE} STRATEGY file_copy'
        )


def _make_template(connection: psycopg.Connection, servers: Addresses) -> None:
    """Migrates under another name first, so that a template that exists is a whole one."""
    unfinished = f"{TEMPLATE}_unfinished"
    connection.execute(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")
    connection.execute(f"CREATE DATABASE {unfinished} OWNER {ROLE}")
    migrate(servers.database_url(unfinished))
    connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {TEMPLATE}")


def delete_everything(connection: psycopg.Connection) -> None:
    """Empties every table, past the rule that movements are for ever; needs a superuser."""
    rows = connection.execute(
        "SELECT format('DELETE FROM %I', relname) FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
    ).fetchall()
    # In this role no trigger runs, neither the guard of movements nor foreign keys.
    statements = ["SET session_replication_role = replica", *(row[0] for row in rows)]
    connection.execute("; ".join(statements))


def auditor(address: str) -> Engine:
    """An engine for `audit_every_shop` alone.

    The audit's queries are long and the books of a test are short, so that planning is nearly all of
    their cost; here each query is planned once and for all tests.
    """
    return create_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=1,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": 0, "options": "-c plan_cache_mode=force_generic_plan"},
    )


def audit_every_shop(connection: psycopg.Connection, auditor: Engine) -> list[str]:
    """What the product's own audit finds in the books of any shop, one line each."""
    shops = connection.execute("SELECT shop_id FROM shop ORDER BY shop_id").fetchall()
    found = []
    for (shop_id,) in shops:
        with Session(auditor) as session, session.begin():
            enter_shop(session, shop_id)
            found += [f"shop {shop_id}: {each.check} {each.detail}" for each in findings(session)]
    return found


def worker_number() -> int:
    """0, 1, … for the workers of a run; 0 without workers."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
