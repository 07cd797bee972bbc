"""Alembic's entry: one connection, short lock waits, an advisory lock against a second migrator."""

from alembic import context
from sqlalchemy import create_engine, text

from app.db import metadata

MIGRATION_LOCK = 4_815_162_342

engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
engine.dispose()
