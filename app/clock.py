"""The clock: one process of many rings for what time alone makes due.

Any number of clocks may run; the one that holds a lock in PostgreSQL ticks, the others wait for its
end. It does no work itself: it rings, and workers do it, so a slow shop never stops the clock.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
import structlog
from sqlalchemy import text
from sqlmodel import Session

from app import bell, jobs, logs
from app.config import settings
from app.connections import connections
from app.db import run, shop_of, transaction
from app.inventory import audit, futures
from app.overview.alerts import noticing as alerts
from app.shops import all_shop_ids, this_shop
from app.vendor.evidence import filling as evidence
from app.vendor.reports import working as reports
from app.vendor.self_test import asking
from app.vendor.shipping import following, reminders

log = structlog.get_logger(__name__)

LEADER_LOCK = 4_815_162_343
TICK = 0.5
LONGEST_PAUSE = 30.0
DAY = 86_400.0
NIGHT_HOUR = 3
MONTHS_AHEAD = 3

OPEN_REQUESTS = """
SELECT EXISTS (SELECT FROM hold WHERE shop_id = :shop AND NOT fact AND wanted > fulfilled + held)
    OR EXISTS (SELECT FROM withheld WHERE shop_id = :shop)
    OR EXISTS (SELECT FROM policy WHERE shop_id = :shop)
"""
COUNTS_TO_COMPARE = """
SELECT EXISTS (SELECT FROM count WHERE shop_id = :shop AND read_at > now() - interval '10 minutes')
    OR EXISTS (SELECT FROM discrepancy WHERE shop_id = :shop AND kind = 'count'
               AND status IN ('noticed', 'open', 'in_progress'))
    OR NOT EXISTS (SELECT FROM count_run WHERE shop_id = :shop)
"""
DEDUCTIONS = "SELECT EXISTS (SELECT FROM deduction WHERE shop_id = :shop)"
OPEN_MONTHS = """
SELECT open_movement_month((date_trunc('month', now()) + make_interval(months => ahead))::date)
FROM generate_series(0, :ahead) AS ahead
"""


class Leadership:
    """Whether this clock is the one that ticks.

    The lock belongs to a transaction that stays open on a connection of its own, so it also holds
    through PgBouncer, and PostgreSQL lets go of it when this process or its machine dies.
    """

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Any] | None = None

    def is_ours(self) -> bool:
        """True while the lock is held; takes it if it is free. Never raises."""
        try:
            if self._connection is None:
                return self._try_to_lead()
            self._connection.execute("SELECT 1")
            return True
        except psycopg.Error as error:
            log.warning("leadership_unclear", error=type(error).__name__)
            self.resign()
            return False

    def resign(self) -> None:
        """Lets another clock take over."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _try_to_lead(self) -> bool:
        connection = psycopg.connect(
            settings().database_url,
            connect_timeout=5,
            prepare_threshold=None,
            application_name="holdfast-clock",
            # A network that swallows packets must not keep a lost lock looking held.
            tcp_user_timeout=10_000,
        )
        row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (LEADER_LOCK,)).fetchone()
        if row and row[0]:
            self._connection = connection
            log.info("clock_leads")
            return True
        connection.close()
        return False


@dataclass
class Task:
    """Something to be done every so many seconds; put off for longer and longer while it fails."""

    name: str
    seconds: float
    call: Callable[[], object]
    next_at: float = 0.0
    failures: int = 0

    def run_if_due(self, now: float) -> None:
        """Runs it when its time has come; a failure is logged and never raised."""
        if now < self.next_at:
            return
        try:
            self.call()
        except Exception as error:
            self.failures += 1
            pause = min(LONGEST_PAUSE, self.seconds * 2**self.failures)
            log.warning(
                "task_failed", task=self.name, error=f"{type(error).__name__}: {error}", pause=pause
            )
        else:
            self.failures = 0
            pause = self.seconds
        self.next_at = time.monotonic() + pause


def tasks() -> list[Task]:
    """Everything that time makes due."""
    return [
        Task("sweep", 2.0, jobs.sweep),
        Task("ask_again", 30.0, lambda: ring_where("ask_again", _has_open_requests)),
        Task(
            "amazon_poll",
            float(settings().amazon_poll_seconds),
            lambda: ring_where("amazon_poll", _is_connected_to_amazon),
        ),
        Task(
            "shipments",
            float(settings().amazon_poll_seconds),
            lambda: ring_where("shipments", following.is_due),
        ),
        Task("self_test", 600.0, lambda: ring_where("self_test", asking.is_due)),
        Task("reports", 60.0, lambda: ring_where("reports", reports.is_due)),
        Task("evidence", 300.0, lambda: ring_where("evidence", evidence.is_due)),
        Task("alerts", 60.0, lambda: ring_where("alerts", alerts.is_due)),
        Task("remind", 60.0, lambda: ring_where("remind", reminders.is_due)),
        Task("count", 60.0, lambda: ring_where("count", _has_counts_to_compare)),
        Task("foresee", 600.0, lambda: ring_where("foresee", _has_something_ahead)),
        Task("audit", 600.0, lambda: ring_where("audit", _audit_is_due)),
        Task("keep_alive", DAY, lambda: ring_where("keep_alive", _is_connected_to_shopify)),
        Task("deductions_anew", DAY, lambda: ring_where("deductions_anew", _has_deductions)),
        Task("months", DAY, open_months),
    ]


def run_clock() -> None:
    """Ticks while it leads, waits while another does; ends at SIGTERM or SIGINT."""
    logs.configure()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    leadership = Leadership()
    schedule = tasks()
    log.info("clock_started")
    while not stopping.wait(TICK):
        if leadership.is_ours():
            for task in schedule:
                if not stopping.is_set():
                    task.run_if_due(time.monotonic())
    leadership.resign()
    log.info("clock_ended")


def ring_where(job: str, is_due: Callable[[Session], bool]) -> None:
    """Rings this job for every shop where it is due. Raises RedisError when nobody can be rung."""
    with transaction() as session:
        shop_ids = all_shop_ids(session)
    for shop_id in shop_ids:
        if run(is_due, shop_id):
            bell.ring(job, shop_id)


def open_months() -> None:
    """Makes the parts of the movement table that the coming months will be written to."""
    with transaction() as session:
        session.execute(text(OPEN_MONTHS), {"ahead": MONTHS_AHEAD})


def last_night(now: datetime, time_zone: str) -> datetime:
    """The latest three o'clock in the morning of a shop's own time zone that is not after `now`."""
    try:
        local = now.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = now.astimezone(UTC)
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)


def _audit_is_due(session: Session) -> bool:
    shop = this_shop(session)
    last = audit.latest(session)
    since = last.ran_at if last else shop.opened_at
    return since is not None and since < last_night(datetime.now(UTC), shop.time_zone)


def _has_open_requests(session: Session) -> bool:
    return bool(session.execute(text(OPEN_REQUESTS), {"shop": shop_of(session)}).scalar_one())


def _has_deductions(session: Session) -> bool:
    return bool(session.execute(text(DEDUCTIONS), {"shop": shop_of(session)}).scalar_one())


def _has_counts_to_compare(session: Session) -> bool:
    return bool(session.execute(text(COUNTS_TO_COMPARE), {"shop": shop_of(session)}).scalar_one())


def _has_something_ahead(session: Session) -> bool:
    return bool(futures.watched(session))


def _is_connected_to_shopify(session: Session) -> bool:
    return any(one.state == "connected" for one in connections(session, "shopify"))


def _is_connected_to_amazon(session: Session) -> bool:
    return any(one.state == "connected" for one in connections(session, "amazon"))
