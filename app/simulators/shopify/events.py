"""What a change tells the app: webhooks are recorded in the change that they speak of."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.simulators.shopify import payloads
from app.simulators.shopify.records import Adjustment, Body, Delivery, level_key
from app.simulators.shopify.store import Changing

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
KEPT = 20_000
"""Finished deliveries that are remembered; older ones are forgotten."""


@dataclass
class Manners:
    """How webhooks of one shop are to be delivered; the knobs of the control API."""

    hold: bool = False
    duplicate: int = 0
    """How many times more each webhook is sent, with the same webhook id."""
    shuffle_seconds: float = 0.0
    delay_seconds: float = 0.0
    fail_next: int = 0
    """So many tries are not made and count as failed."""
    lose_answer_next: int = 0
    """So many tries are made, but their answer counts as a time-out."""
    drop_next: int = 0
    drop_share: float = 0.0
    include_fields: dict[str, list[str]] = field(default_factory=dict)
    topics: list[str] | None = None
    """The topics the app has subscribed to; None: all."""


def announce(change: Changing, topic: str, *about: Any) -> None:
    """Tells the app when the change is whole; the body is made then, of the final state."""
    entry = (topic, *about)
    if entry not in change.announced:
        change.announced.append(entry)


def record(change: Changing, manners: Manners, app_url: str, chance: random.Random) -> list[str]:
    """Writes one delivery for each thing announced; the webhook ids."""
    for adjustment in _new_adjustments(change):
        for line in adjustment.changes:
            if line.name == "available":
                key = level_key(line.item_id, line.location_id)
                announce(change, "inventory_levels/update", key)
    made = []
    for topic, *about in change.announced:
        if manners.topics is not None and topic not in manners.topics and topic not in COMPLIANCE:
            continue
        body = payloads.build(change, topic, *about)
        made.append(_delivery(change, manners, app_url, chance, topic, body))
    return made


def raw(change: Changing, manners: Manners, app_url: str, topic: str, body: str) -> str:
    """Records a webhook with a body of the caller's making, such as broken JSON."""
    return _write(change, manners, app_url, random.Random(), topic, body)


def _new_adjustments(change: Changing) -> list[Adjustment]:
    return [record for record in change.pending.values() if isinstance(record, Adjustment)]


def _delivery(
    change: Changing,
    manners: Manners,
    app_url: str,
    chance: random.Random,
    topic: str,
    body: dict[str, Any],
) -> str:
    fields = manners.include_fields.get(topic)
    if fields is not None:
        body = {name: value for name, value in body.items() if name in fields}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return _write(change, manners, app_url, chance, topic, text)


def _write(
    change: Changing,
    manners: Manners,
    app_url: str,
    chance: random.Random,
    topic: str,
    text: str,
) -> str:
    webhook_id = str(uuid.uuid4())
    path = "/webhooks/shopify/compliance" if topic in COMPLIANCE else "/webhooks/shopify"
    dropped = manners.drop_next > 0 or chance.random() < manners.drop_share
    manners.drop_next -= int(manners.drop_next > 0)
    wait = manners.delay_seconds + chance.uniform(0, manners.shuffle_seconds)
    change.add(Body(webhook_id=webhook_id, text=text))
    change.add(
        Delivery(
            webhook_id=webhook_id,
            event_id=change.event_id,
            number=change.new_id(),
            topic=topic,
            address=app_url + path,
            subscription="holdfast",
            triggered_at=change.at,
            state="dropped" if dropped else "held" if manners.hold else "pending",
            due_at=change.at + timedelta(seconds=wait),
            again=manners.duplicate,
        )
    )
    return webhook_id


def forget_old(change: Changing) -> None:
    """Keeps the memory of finished deliveries within bounds."""
    table = change.store.tables["Delivery"]
    if len(table) <= KEPT:
        return
    finished = [one for one in change.store.all(Delivery) if one.state not in ("pending", "held")]
    for one in finished[: len(table) - KEPT + KEPT // 10]:
        change.remove(Delivery, one.key)
        change.remove(Body, one.key)
