"""From rules to messages: what is so now is noticed once, and told in its address's rhythm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.db import database_time, run, shop_of
from app.inventory.futures import zone_of
from app.overview.alerts.kinds import KINDS, Noticed
from app.overview.alerts.tables import Alert, AlertAddress, AlertRule

CHANNEL = "alert"
TOPIC = "alerts"
TEST = "alerts/test"
WEEK = 7

# Told once is told; untold and over, it is left out of the next digest unless it comes back.
NOTICE = """
WITH now_so AS (
    SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:paths AS text[]))
        WITH ORDINALITY AS given (key, path, place)
    JOIN jsonb_array_elements(CAST(:abouts AS jsonb)) WITH ORDINALITY AS said (about, place)
        USING (place)
), over AS (
    UPDATE alert SET over_at = :now
    WHERE shop_id = :shop AND rule_id = :rule AND told_at IS NULL AND over_at IS NULL
      AND key <> ALL(CAST(:keys AS text[]))
)
INSERT INTO alert (shop_id, rule_id, key, kind, path, about, noticed_at)
SELECT :shop, :rule, key, :kind, path, about, :now FROM now_so
ON CONFLICT (shop_id, rule_id, key) DO UPDATE SET over_at = NULL
    WHERE alert.told_at IS NULL AND alert.over_at IS NOT NULL
"""
IS_DUE = "SELECT EXISTS (SELECT FROM alert_rule WHERE shop_id = :shop)"


def is_due(session: Session) -> bool:
    """Whether anybody wants to be told of anything."""
    return bool(session.execute(text(IS_DUE), {"shop": shop_of(session)}).scalar_one())


def follow(shop_id: int) -> None:
    """The job: notices what is so now under every rule, and writes the messages that are due."""
    run(notice, shop_id)
    run(tell, shop_id)


def notice(session: Session) -> None:
    """Keeps what each rule finds now; the same again changes nothing."""
    now = database_time()
    rules = session.exec(select(AlertRule).where(AlertRule.shop_id == shop_of(session))).all()
    for rule in rules:
        found = list({one.key: one for one in KINDS[rule.kind].find(session, rule, now)}.values())
        _keep(session, rule, found, now)


def _keep(session: Session, rule: AlertRule, found: Sequence[Noticed], now: datetime) -> None:
    session.execute(
        text(NOTICE),
        {
            "shop": rule.shop_id,
            "rule": rule.rule_id,
            "kind": rule.kind,
            "now": now,
            "keys": [one.key for one in found],
            "paths": [one.path for one in found],
            "abouts": json.dumps([one.about for one in found]),
        },
    )


def tell(session: Session) -> None:
    """Writes one message to each address that has something untold and whose time has come."""
    now, zone = database_time(), zone_of(session)
    addresses = session.exec(
        select(AlertAddress)
        .where(AlertAddress.shop_id == shop_of(session))
        .order_by(col(AlertAddress.address_id))
        .with_for_update()
    ).all()
    for address in addresses:
        if address.rhythm != "at_once":
            slot = last_slot(address.rhythm, address.hour, address.weekday, now, zone)
            if slot <= address.digested_at:
                continue
            address.digested_at = now
        _tell(session, address, now)


def _tell(session: Session, address: AlertAddress, now: datetime) -> None:
    untold = session.exec(
        select(Alert)
        .join(
            AlertRule,
            (col(AlertRule.shop_id) == col(Alert.shop_id))
            & (col(AlertRule.rule_id) == col(Alert.rule_id)),
        )
        .where(
            Alert.shop_id == address.shop_id,
            AlertRule.address_id == address.address_id,
            col(Alert.told_at).is_(None),
            col(Alert.over_at).is_(None),
        )
        .order_by(col(Alert.alert_id))
    ).all()
    if not untold:
        return
    key = f"{TOPIC}:{address.address_id}:{untold[-1].alert_id}"
    message_id = write(session, address, TOPIC, key)
    for alert in untold:
        alert.told_at, alert.message_id = now, message_id
    session.flush()


def write(session: Session, address: AlertAddress, topic: str, key: str) -> int | None:
    """The message to an address, by mail or by Apprise; its words are made when it is sent."""
    is_mail = address.kind == "email"
    made = messages.record(
        session,
        direction="out",
        channel="email" if is_mail else CHANNEL,
        topic=topic,
        key=key,
        request={"address_id": address.address_id},
    )
    ring_after_commit(session, "email_out" if is_mail else "alerts_out")
    return made


def last_slot(rhythm: str, hour: int, weekday: int, now: datetime, zone: ZoneInfo) -> datetime:
    """The latest time of a digest that is not after `now`; the hour is the shop's own."""
    local = now.astimezone(zone)
    slot = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if rhythm == "weekly":
        slot -= timedelta(days=(slot.weekday() - weekday) % WEEK)
    if slot > local:
        slot -= timedelta(days=WEEK if rhythm == "weekly" else 1)
    return slot


def next_slot(rhythm: str, hour: int, weekday: int, now: datetime, zone: ZoneInfo) -> datetime:
    """The first time of a digest after `now`."""
    last = last_slot(rhythm, hour, weekday, now, zone)
    return last + timedelta(days=WEEK if rhythm == "weekly" else 1)
