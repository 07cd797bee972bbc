"""`holdfast doctor`: looks at everything Holdfast leans on, and says what to do about what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import click
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app import bell, health, secrets
from app.clock import LEADER_LOCK
from app.commands.common import SOMETHING_WRONG, told_plainly
from app.config import require, settings
from app.connections import BY_FILE, Connection, connections
from app.db import engine, run, shop_of, transaction
from app.errors import GiveUp
from app.shops import all_shop_ids, this_shop
from app.vendor.polling import coverage
from app.vendor.self_test.asking import CAPABILITIES, capabilities
from app.vendor.self_test.warnings import Warned, warnings
from app.vendor.terms import role_of

OLDEST_POSTGRESQL = 150_000
LONGEST_WAIT = 300
GOOD, NOTE, BAD = "ok", "note", "WRONG"

WAITING = """
SELECT count(*) FILTER (WHERE state = 'dead') AS dead,
    coalesce(extract(epoch FROM max(now() - due_at) FILTER (WHERE state = 'waiting')), 0) AS late
FROM message WHERE shop_id = :shop AND state IN ('waiting', 'dead')
"""
CLOCK = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) + objid::bigint = :key
"""


GRADES = {
    "good": GOOD,
    "unasked": NOTE,
    "failing": BAD,
    "throttled": NOTE,
    "disturbed": BAD,
    "secret_refused": BAD,
    "role_missing": BAD,
    "consent_ended": BAD,
}
TO_DO = {
    "good": "answers",
    "unasked": "not known yet",
    "failing": "Amazon refuses the question; it is asked again within the hour",
    "throttled": "Amazon wants fewer questions at once; nothing is lost, work goes on by itself",
    "disturbed": "Amazon is troubled or cannot be reached; it is asked again within the hour",
    "secret_refused": "Amazon refuses the client secret; set LWA_CLIENT_SECRET to the newest one",
    "role_missing": "refused: give the app the role and authorise it again",
    "consent_ended": "refused: authorise the app again",
}
WARNINGS = {
    "consent_ends": "the consent ends; authorise the app again before",
    "secret_ends": "the client secret ends; rotate it and set LWA_CLIENT_SECRET",
    "role_missing": "is refused for want of a role",
}


class Verdict(NamedTuple):
    """One thing looked at."""

    grade: str
    subject: str
    words: str


@click.command(name="doctor")
@told_plainly
def doctor_command() -> None:
    """Check settings, servers, migrations, the clock, and every shop's connections.

    Calls nobody outside. Exit code 1 if anything is wrong; notes alone are no fault.
    """
    require("encryption_keys", "shopify_api_key", "shopify_api_secret", "database_url", "redis_url")
    verdicts = []
    for verdict in examine():
        verdicts.append(verdict)
        click.echo(f"{verdict.grade:>5}  {verdict.subject}: {verdict.words}")
    raise SystemExit(SOMETHING_WRONG if any(one.grade == BAD for one in verdicts) else 0)


def examine() -> Iterator[Verdict]:
    """Every verdict, the parts that others need first; stops early when the database is away."""
    yield from _settings()
    yield _queue()
    reachable = health.database()
    yield Verdict(GOOD if reachable == "ok" else BAD, "database", reachable)
    if reachable != "ok":
        return
    yield from _database()
    for shop_id in _shop_ids():
        yield from run(_shop, shop_id)


def _settings() -> Iterator[Verdict]:
    own = settings()
    yield Verdict(GOOD, "settings", "all needed ones are there")
    if own.shopify_api_secret_previous.get_secret_value():
        yield Verdict(
            NOTE, "settings", "SHOPIFY_API_SECRET_PREVIOUS is set: a rotation is under way"
        )
    if not own.app_url.startswith("https://"):
        yield Verdict(NOTE, "settings", f"APP_URL is {own.app_url}; Shopify frames only https")
    for name in ("shopify_admin_origin", "sp_api_origin"):
        if getattr(own, name):
            yield Verdict(NOTE, "settings", f"{name.upper()} points to {getattr(own, name)}")


def _queue() -> Verdict:
    try:
        waiting = bell.queue().count
    except RedisError as error:
        return Verdict(BAD, "queue", f"unreachable ({error}); messages are stored, workers look")
    return Verdict(GOOD, "queue", f"{waiting} jobs wait")


def _database() -> Iterator[Verdict]:
    with engine().connect() as connection:
        version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        bypasses = connection.info.get("bypasses_row_security")
        clocks = connection.execute(text(CLOCK), {"key": LEADER_LOCK}).scalar_one()
    old = version < OLDEST_POSTGRESQL
    yield Verdict(BAD if old else GOOD, "database", f"PostgreSQL {version // 10_000}, 15 is needed")
    if bypasses:
        words = "this role walks through row-level security and steps down; give an ordinary role"
        yield Verdict(NOTE, "database", words)
    migrations = health.migrations()
    yield Verdict(GOOD if migrations == "ok" else BAD, "migrations", migrations)
    yield Verdict(GOOD if clocks else BAD, "clock", "ticks" if clocks else "none: `holdfast clock`")


def _shop_ids() -> list[int]:
    try:
        with transaction() as session:
            return all_shop_ids(session)
    except SQLAlchemyError:
        return []


def _shop(session: Session) -> list[Verdict]:
    shop = this_shop(session)
    row = session.execute(text(WAITING), {"shop": shop_of(session)}).one()
    verdicts = [
        Verdict(BAD if row.dead else GOOD, shop.domain, f"{row.dead} dead messages"),
    ]
    if row.late > LONGEST_WAIT and shop.opened_at:
        words = f"a message is {int(row.late)} s late; is a worker running?"
        verdicts.append(Verdict(BAD, shop.domain, words))
    for connection in connections(session):
        if connection.state == BY_FILE:
            continue
        words = (
            f"{connection.channel} {connection.name or connection.reference}: {connection.state}"
        )
        grade = GOOD if connection.state == "connected" else BAD
        if connection.state == "disconnected":
            grade = NOTE  # somebody wanted it so
        try:
            for sealed in filter(None, (connection.access_token, connection.refresh_token)):
                secrets.decrypt(sealed)
        except GiveUp as error:
            grade, words = BAD, f"{words}; {error.detail}"
        if connection.error:
            words = f"{words}; {connection.error}"
        verdicts.append(Verdict(grade, shop.domain, words))
        if connection.channel == "amazon" and connection.has_access:
            verdicts += _amazon(session, shop.domain, connection)
    verdicts += [_warning(shop.domain, one) for one in warnings(session, datetime.now(UTC))]
    return verdicts


def _amazon(session: Session, domain: str, connection: Connection) -> Iterator[Verdict]:
    """Each part of Amazon's interface as the last self-test found it, and the orders covered."""
    name = connection.name or connection.reference
    known = {one.name: one for one in capabilities(session, connection.connection_id)}
    for part in CAPABILITIES:
        found = known.get(part)
        state = found.state if found else "unasked"
        good_at = found.last_good_at if found else None
        when = f"last good {good_at:%Y-%m-%d %H:%M} UTC" if good_at else "never"
        words = f"amazon {name}, {part}: {TO_DO[state]} ({when})"
        if found and found.said:
            words = f"{words}; {found.said}"
        if state == "role_missing":
            words = (
                f"{words}; needed: {' or '.join(role_of(part, connection.region or 'na').any_of)}"
            )
        yield Verdict(GRADES[state], domain, words)
    seen = coverage.stated(session, connection.connection_id)
    if seen is not None:
        words = (
            f"amazon {name}: every purchase order seen from {seen.seen_from:%Y-%m-%d %H:%M} to"
            f" {seen.seen_to:%Y-%m-%d %H:%M} UTC, {len(seen.gaps)} gaps, {seen.orders} orders,"
            f" {seen.unreadable} unreadable papers"
        )
        whole = not seen.gaps and not seen.unreadable
        yield Verdict(GOOD if whole else BAD, domain, words)


def _warning(domain: str, warned: Warned) -> Verdict:
    by = f" on {warned.by:%Y-%m-%d}" if warned.by else ""
    names = (warned.connection_name, warned.capability)
    about = "".join(f" {one}" for one in names if one)
    return Verdict(
        BAD if warned.is_critical else NOTE, domain, f"amazon{about}: {WARNINGS[warned.kind]}{by}"
    )
