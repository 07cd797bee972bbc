"""The database: one engine, transactions that belong to one shop, and what to do after they commit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
import structlog
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlmodel import Session, SQLModel

from app.config import settings

log = structlog.get_logger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

APPLICATION_ROLE = "holdfast_application"
IDLE_SECONDS = 5.0
ONLY_WHEN_ASKED = 1_000_000_000
"""Executions after which the driver prepares a statement of its own accord."""
SNAPSHOT = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
    " SET LOCAL idle_in_transaction_session_timeout = '60s'"
)
RETRIED_STATES = {"40001", "40P01"}  # serialization failure, deadlock
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
metadata: MetaData = SQLModel.metadata


class Table(SQLModel):
    """Base of every table; importing it from here means names follow the convention above."""


_ahead: dict[str, timedelta] = {}


def database_time() -> datetime:
    """The time by the database's clock, as far as this process has seen it.

    What one process puts off and another picks up must be told by one clock.
    """
    return datetime.now(UTC) + _ahead.get("database", timedelta())


@lru_cache(maxsize=4)
def engine(url: str | None = None) -> Engine:
    """The engine of this process. A forked child must call `after_fork` before it uses it."""
    address = (url or settings().database_url).replace("postgresql://", "postgresql+psycopg://", 1)
    made = create_engine(
        address,
        pool_size=8,
        max_overflow=16,
        # The connection used last has its plans and its memory warm.
        pool_use_lifo=True,
        hide_parameters=True,
        # Only where it is known to be safe is a statement prepared: see `call`.
        connect_args={"prepare_threshold": None, "connect_timeout": 5},
    )

    @event.listens_for(made, "connect")
    def _note_privileges(connection: object, record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        asked_at = datetime.now(UTC)
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls, clock_timestamp(), pg_backend_pid()"
            " FROM pg_roles WHERE rolname = current_user"
        )
        record.info["bypasses_row_security"], its_time, backend = cursor.fetchone()  # type: ignore[attr-defined]
        # A pooler speaks under a number of its own, and hands each transaction another connection.
        is_direct = connection.info.backend_pid == backend  # type: ignore[attr-defined]
        record.info["keeps_statements"] = is_direct  # type: ignore[attr-defined]
        if is_direct:
            connection.prepare_threshold = ONLY_WHEN_ASKED  # type: ignore[attr-defined]
        # What lies between question and answer is the way there and back, not another clock.
        _ahead["database"] = its_time - min(max(its_time, asked_at), datetime.now(UTC))
        cursor.close()
        connection.rollback()  # type: ignore[attr-defined]

    @event.listens_for(made, "checkin")
    def _note_use(connection: object, record: object) -> None:
        record.info["used_at"] = time.monotonic()  # type: ignore[attr-defined]

    @event.listens_for(made, "checkout")
    def _make_sure_it_lives(connection: object, record: object, proxy: object) -> None:
        # A connection used a moment ago is not asked: whoever finds it dead begins again.
        if time.monotonic() - record.info.get("used_at", time.monotonic()) > IDLE_SECONDS:  # type: ignore[attr-defined]
            try:
                connection.pgconn.exec_(b"")  # type: ignore[attr-defined]
            except Exception as error:
                raise DisconnectionError("the connection died while it was idle") from error
            if connection.closed:  # type: ignore[attr-defined]
                raise DisconnectionError("the connection died while it was idle")

    return made


def after_fork() -> None:
    """Drops the parent's connections without closing them; call first thing in a forked child."""
    engine().dispose(close=False)


def enter_shop(session: Session, shop_id: int) -> None:
    """Narrows the current transaction to one shop: row-level security hides every other one."""
    connection = session.connection()
    # A command of its own is cheaper than a query that calls set_config: nothing is planned.
    enter = f"SET LOCAL holdfast.shop_id = '{shop_id:d}'"
    # A superuser would walk through row-level security, so it steps down for this transaction.
    if connection.connection.info.get("bypasses_row_security"):
        enter += f"; SET LOCAL ROLE {APPLICATION_ROLE}"
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    # Both in one go: a transaction of one statement should not wait for the network twice more.
    # If that fails, the plain way tells the engine why.
    begun = raw.info.transaction_status == TransactionStatus.IDLE and (
        raw.pgconn.exec_(f"BEGIN; {enter}".encode()).status == ExecStatus.COMMAND_OK
    )
    if not begun:
        connection.exec_driver_sql(enter)
    session.info["shop_id"] = shop_id


@contextmanager
def transaction(shop_id: int | None = None) -> Iterator[Session]:
    """One transaction of one shop (or of none, for the few global tables).

    Commits when the block ends, rolls back when it raises, then runs what `after_commit` collected.
    """
    session = Session(engine(), expire_on_commit=False, autoflush=False)
    try:
        with session.begin():
            if shop_id is not None:
                enter_shop(session, shop_id)
            yield session
        for call in session.info.pop("after_commit", {}).values():
            try:
                call()
            except Exception:
                # The fact is stored; a nudge that is lost is found by the sweep.
                log.warning("after_commit_failed", exc_info=True)
    finally:
        session.close()


@contextmanager
def snapshot(shop_id: int) -> Iterator[Session]:
    """One shop as it is at one moment, for as many reads as it takes; nothing can be written.

    Whoever reads so slowly that the database waits a minute for the next question loses it: an open
    snapshot keeps the database from clearing away what is gone.
    """
    session = Session(engine(), expire_on_commit=False, autoflush=False)
    try:
        with session.begin():
            session.connection().exec_driver_sql(SNAPSHOT)
            enter_shop(session, shop_id)
            yield session
    finally:
        session.close()


def after_commit(session: Session, name: str, call: Callable[[], object]) -> None:
    """Runs `call` once after this session's transaction commits; the same name is run once."""
    session.info.setdefault("after_commit", {})[name] = call


def shop_of(session: Session) -> int:
    """The shop this session's transaction belongs to."""
    return int(session.info["shop_id"])


def is_worth_retrying(error: DBAPIError) -> bool:
    """Whether the whole transaction may succeed when run again (deadlock, lost connection)."""
    state = getattr(error.orig, "sqlstate", None)
    return (
        state in RETRIED_STATES
        or error.connection_invalidated
        or (isinstance(error, OperationalError) and state is None)
    )


def call(session: Session, statement: bytes, parameters: Mapping[str, object]) -> Any:
    """The one value of a statement in the driver's own words.

    For the few that are run so often that the engine's way to the driver, which takes as long as
    the network does, is worth leaving out. Errors are the engine's all the same.
    """
    with _driver(session) as (raw, prepare):
        row = raw.execute(statement, parameters, prepare=prepare).fetchone()
    return row[0] if row else None


def call_meanwhile(
    session: Session,
    statement: bytes,
    parameters: Mapping[str, object],
    work: Callable[[], Result],
) -> tuple[Any, Result]:
    """As `call`, and what `work` gives, which is done while the database is busy with the call."""
    with _driver(session) as (raw, prepare), raw.pipeline():
        cursor = raw.execute(statement, parameters, prepare=prepare)
        result = work()
        row = cursor.fetchone()
    return (row[0] if row else None), result


@contextmanager
def _driver(session: Session) -> Iterator[tuple[psycopg.Connection, bool]]:
    """The driver's connection of this transaction, and whether it keeps prepared statements.

    What it raises becomes the engine's error.
    """
    connection = session.connection()
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    try:
        yield raw, connection.connection.info["keeps_statements"]
    except psycopg.Error as error:
        if raw.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None,
            None,
            error,
            psycopg.Error,
            connection_invalidated=raw.closed,
            dialect=connection.dialect,
        ) from error


def run(
    work: Callable[Concatenate[Session, Arguments], Result],
    shop_id: int | None,
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Result:
    """Runs `work(session, …)` in a transaction of its own, again after a deadlock (five times at most)."""
    for attempt in range(5):
        try:
            with transaction(shop_id) as session:
                return work(session, *arguments, **named)
        except DBAPIError as error:
            if attempt == 4 or not is_worth_retrying(error):
                raise
            time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
    raise AssertionError("unreachable")
