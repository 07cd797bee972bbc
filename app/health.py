"""Whether this process lives, whether it can serve, and its metrics."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app import bell, metrics
from app.config import settings
from app.db import engine
from app.migrations import configuration

blueprint = Blueprint("health", __name__)
QUIET = ("/healthz", "/readyz", "/metrics")
"""Asked every few seconds by machines; not logged."""


@blueprint.get("/healthz")
def live() -> Response:
    """200 while this process answers at all; touches nothing else."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 when requests can be served, else 503; each part says what it lacks."""
    parts = {name: check() for name, check in CHECKS.items()}
    good = all(said == "ok" for said in parts.values())
    return jsonify(status="ok" if good else "not_ready", **parts), 200 if good else 503


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Prometheus' text format. Names no shop; keep it inside your network all the same."""
    return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def database() -> str:
    """`ok`, or why the database cannot be used."""
    try:
        with engine().connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except SQLAlchemyError as error:
        return f"unreachable ({type(error).__name__})"
    return "ok"


def queue() -> str:
    """`ok`, or why the queue cannot be used; webhooks are stored all the same."""
    try:
        bell.connection().ping()
    except RedisError as error:
        return f"unreachable ({type(error).__name__})"
    return "ok"


def migrations() -> str:
    """`ok`, or which revision the database has yet to be brought to."""
    try:
        with engine().connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        return f"unknown ({type(error).__name__})"
    return "ok" if current == newest_revision() else f"pending: run `holdfast migrate` ({current})"


@lru_cache(maxsize=1)
def newest_revision() -> str | None:
    """The newest migration of this code."""
    return ScriptDirectory.from_config(configuration(settings().database_url)).get_current_head()


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "queue": queue,
    "migrations": migrations,
}
