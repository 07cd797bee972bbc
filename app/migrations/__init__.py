"""The numbered migrations and the way they are run, in this process."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

FOLDER = Path(__file__).parent


def configuration(database_url: str) -> Config:
    """Alembic's configuration without a file; `database_url` as in DATABASE_URL."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = _driver(database_url)
    return config


def migrate(database_url: str, revision: str = "head") -> None:
    """Brings the database to a revision; safe to run from several processes at once."""
    command.upgrade(configuration(database_url), revision)


def pending(database_url: str) -> str | None:
    """The newest revision if the database is not at it yet, else None."""
    head = ScriptDirectory.from_config(configuration(database_url)).get_current_head()
    engine = create_engine(_driver(database_url), connect_args={"prepare_threshold": None})
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return head if current != head else None


def _driver(database_url: str) -> str:
    return database_url.replace("postgresql://", "postgresql+psycopg://", 1)
