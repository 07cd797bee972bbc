"""Alembic's entry: one connection, short lock waits, an advisory lock against a second migrator.

All of it belongs to one transaction, so it also holds through PgBouncer.
"""

from alembic import context
from sqlalchemy import create_engine, text

from app.db import metadata

MIGRATION_LOCK = 4_815_162_342

engine = create_engine(context.config.attributes["url"], connect_args={"prepare_threshold": None})
with engine.begin() as connection:
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
