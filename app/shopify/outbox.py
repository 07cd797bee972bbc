"""The way out to Shopify: plans the mirror, asks what has to be asked, sends what has to be moved.

Only one mutation of an item is on its way at a time, in the order of the movements. Each is a
compare-and-set on what Shopify has now; its variables and idempotency key are stored before it is
sent, so that a lost answer can be asked for again without moving anything twice.
Source: Shopify, "Idempotent requests": a key is remembered for 24 hours.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel import Session, col, select

from app import bell, messages
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.messages import Message
from app.shopify import mirror, questions, requests, tokens
from app.shopify.client import Json, OutcomeUnknown, ShopClient
from app.shopify.levels import Levels
from app.shopify.tokens import NotConnected

log = structlog.get_logger(__name__)

TURN = 20.0
"""Seconds of work for one shop before it rings for itself again."""
AT_ONCE = 50
QUESTIONS_AT_ONCE = 10
KEY_LIFE = timedelta(hours=23)  # an hour less than Shopify remembers one
MOST_TRIES = 5
KEYS = uuid.UUID("6f1c52ae-64a1-5c0a-9d5f-3f0a6f4f4a11")
MUTATIONS = {
    mirror.MOVE: ("move", "inventoryMoveQuantities"),
    mirror.ADJUST: ("adjust", "inventoryAdjustQuantities"),
}
STALE = "CHANGE_FROM_QUANTITY_STALE"
SAME_KEY_LATER = {"IDEMPOTENCY_CONCURRENT_REQUEST"}
NEW_KEY = {STALE, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"}
TRY_LATER = {"SERVICE_UNAVAILABLE", "ADJUST_QUANTITIES_FAILED", "MOVE_QUANTITIES_FAILED"}

# The first waiting mutations of each item, and those behind them that nothing due later precedes.
READY = """
SELECT message_id FROM message AS one
WHERE shop_id = :shop AND direction = 'out' AND channel = 'shopify' AND state = 'waiting'
  AND topic = ANY(:topics) AND due_at <= :now
  AND NOT EXISTS (
      SELECT FROM message AS earlier
      WHERE earlier.shop_id = :shop AND earlier.direction = 'out' AND earlier.channel = 'shopify'
        AND earlier.state = 'waiting' AND earlier.topic = ANY(:topics)
        AND earlier.message_id < one.message_id AND earlier.due_at > :now
        AND earlier.request -> 'item_id' = one.request -> 'item_id')
ORDER BY message_id LIMIT :limit
"""
LOCK = "SELECT pg_advisory_xact_lock(6926, :shop)"


def send(shop_id: int, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Sends what waits for Shopify, for one turn; whatever cannot be sent now waits in its row."""
    end = time.monotonic() + TURN
    while run(mirror.plan, shop_id) == mirror.BATCH:
        pass
    if not run(_is_connected, shop_id):
        return
    client = ShopClient(shop_id, sleep=sleep)
    try:
        while _ask(shop_id, client) or _move(shop_id, client):
            if time.monotonic() > end:
                bell.ring(requests.OUT, shop_id)
                return
    except NotConnected as problem:
        log.warning("shopify_not_connected", shop_id=shop_id, error=problem.detail)


def _is_connected(session: Session) -> bool:
    connection = tokens.find(session)
    return connection is not None and connection.state == "connected"


def _ask(shop_id: int, client: ShopClient) -> bool:
    """Puts some waiting questions; whether there were any."""
    taken = run(_take_questions, shop_id)
    for place, message in enumerate(taken):
        try:
            apply = questions.ask(client, message)
        except NotConnected:
            run(_give_back, shop_id, [one.message_id for one in taken[place:]])
            raise
        except RetryLater as problem:
            run(_put_off, shop_id, message.message_id, problem)
        except GiveUp as problem:
            run(_bury, shop_id, message.message_id, problem.detail)
        else:
            run(_answered, shop_id, message.message_id, apply)
    return bool(taken)


def _take_questions(session: Session) -> list[Message]:
    for topic in requests.READS:
        taken = messages.take(
            session,
            direction="out",
            channel="shopify",
            limit=QUESTIONS_AT_ONCE,
            topics=[topic],
        )
        if taken:
            messages.lease(session, taken)
            return taken
    return []


def _answered(session: Session, message_id: int, apply: questions.Apply) -> None:
    message = _locked(session, message_id)
    response, notes = apply(session, message)
    messages.finish(message, response=response, notes=notes)


def _move(shop_id: int, client: ShopClient) -> bool:
    """Sends some waiting mutations; whether there were any."""
    taken = run(_take_mutations, shop_id)
    if not taken:
        return False
    levels = Levels(client)
    waits: set[int] = set()
    try:
        levels.read(_accounts(taken))
    except RetryLater as problem:
        run(_put_off_all, shop_id, [one.message_id for one in taken], problem)
        if isinstance(problem, NotConnected):
            raise
        return True
    except GiveUp as problem:
        for message in taken:
            run(_bury, shop_id, message.message_id, problem.detail)
        return True
    for place, message in enumerate(taken):
        item_id = message.request["item_id"]
        if item_id in waits:
            run(_give_back, shop_id, [message.message_id])
            continue
        try:
            _send_one(shop_id, client, levels, message)
        except NotConnected:
            run(_give_back, shop_id, [one.message_id for one in taken[place:]])
            raise
        except RetryLater as problem:
            waits.add(item_id)
            run(_put_off, shop_id, message.message_id, problem)
        except GiveUp as problem:
            run(_bury, shop_id, message.message_id, problem.detail)
    return True


def _take_mutations(session: Session) -> list[Message]:
    session.execute(text(LOCK), {"shop": shop_of(session)})
    ids = session.execute(
        text(READY),
        {
            "shop": shop_of(session),
            "topics": list(MUTATIONS),
            "now": database_time(),
            "limit": AT_ONCE,
        },
    ).scalars()
    taken = session.exec(
        select(Message)
        .where(Message.shop_id == shop_of(session), col(Message.message_id).in_(list(ids)))
        .order_by(col(Message.message_id))
        .with_for_update()
    ).all()
    messages.lease(session, taken)
    return list(taken)


def _accounts(taken: Sequence[Message]) -> dict[str, set[str]]:
    """Location → inventory items whose levels have to be known."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for message in taken:
        for change in message.request["changes"]:
            wanted[change["location"]].add(message.request["item"])
    return wanted


def _send_one(shop_id: int, client: ShopClient, levels: Levels, message: Message) -> None:
    request: Json = dict(message.request)
    if any(change["state"] == "committed" for change in request["changes"]):
        raise GiveUp("Only Shopify itself moves what its orders have committed.")
    if _is_replayed(message) and _is_forgotten(request.get("sent")):
        # A person has looked, and wants it done anew.
        request["tries"] = request.pop("sent")["tries"] + 1
    for _ in range(MOST_TRIES):
        sent = request.get("sent")
        if _is_forgotten(sent):
            _settle_old(shop_id, levels, message, request)
            return
        if not sent:
            request = _prepared(shop_id, message.message_id, request, levels)
            sent = request["sent"]
            run(_keep_request, shop_id, message.message_id, request)
        document, field = MUTATIONS[message.topic]
        answer = client.ask(document, input=sent["input"], key=sent["key"])[field]
        errors = answer["userErrors"]
        if not errors:
            levels.apply(request)
            run(_done, shop_id, message.message_id, answer["inventoryAdjustmentGroup"])
            return
        request = _after_refusal(shop_id, message.message_id, request, errors)
        levels.read({change["location"]: {request["item"]} for change in request["changes"]})
    raise RetryLater("Shopify's quantities keep changing while we write them.")


def _after_refusal(shop_id: int, message_id: int, request: Json, errors: list[Json]) -> Json:
    """The request to be tried again under a new key. Raises when that would not help now."""
    codes = {error["code"] for error in errors}
    reason = "; ".join(f"{error['code']}: {error['message']}" for error in errors)
    if codes & SAME_KEY_LATER:
        raise OutcomeUnknown(reason, after=timedelta(seconds=2))
    if not codes <= NEW_KEY | TRY_LATER:
        raise GiveUp(f"Shopify refuses to move the units: {reason}")
    tried = dict(request)
    tried["tries"] = tried.pop("sent")["tries"] + 1
    run(_keep_request, shop_id, message_id, tried)
    if codes & TRY_LATER:
        raise RetryLater(reason)
    log.info("quantities_stale", message_id=message_id, codes=sorted(codes))
    return tried


def _prepared(shop_id: int, message_id: int, request: Json, levels: Levels) -> Json:
    tries = request.get("tries", 0)
    standing = [
        levels.quantity(request["item"], change["location"], change["state"])
        for change in request["changes"]
    ]
    return {key: value for key, value in request.items() if key != "tries"} | {
        "sent": {
            "key": str(uuid.uuid5(KEYS, f"{shop_id}/{message_id}/{tries}")),
            "tries": tries,
            "at": database_time().isoformat(),
            "input": mirror.variables(request, standing),
            "standing": standing,
        }
    }


def _settle_old(shop_id: int, levels: Levels, message: Message, request: Json) -> None:
    """Finds out by reading whether a mutation whose key is forgotten was carried out."""
    sent = request["sent"]
    now = [
        levels.quantity(request["item"], change["location"], change["state"])
        for change in request["changes"]
    ]
    after = [
        None if value is None else value + change["delta"]
        for value, change in zip(sent["standing"], request["changes"], strict=True)
    ]
    if now == after:
        run(_done, shop_id, message.message_id, {"settled_by_reading": True})
    elif now == sent["standing"]:
        tried = {key: value for key, value in request.items() if key != "sent"}
        tried["tries"] = sent["tries"] + 1
        run(_keep_request, shop_id, message.message_id, tried)
        raise RetryLater("It was never carried out; it will be sent anew.")
    else:
        raise GiveUp(
            "Nobody can tell any more whether Shopify carried this out; compare the item's history"
            " in Shopify, then replay or leave it."
        )


def _is_forgotten(sent: Json | None) -> bool:
    """Whether Shopify may no longer remember the key of a mutation."""
    return sent is not None and database_time() - datetime.fromisoformat(sent["at"]) > KEY_LIFE


def _is_replayed(message: Message) -> bool:
    return bool(message.history) and message.history[-1]["outcome"] == "replayed"


def _locked(session: Session, message_id: int) -> Message:
    return session.exec(
        select(Message)
        .where(Message.shop_id == shop_of(session), Message.message_id == message_id)
        .with_for_update()
    ).one()


def _keep_request(session: Session, message_id: int, request: Json) -> None:
    message = _locked(session, message_id)
    message.request = request
    message.due_at = database_time() + messages.LEASE


def _done(session: Session, message_id: int, response: Any) -> None:
    messages.finish(_locked(session, message_id), response=response)


def _put_off(session: Session, message_id: int, problem: RetryLater) -> None:
    messages.retry(_locked(session, message_id), problem.detail, after=problem.after)


def _put_off_all(session: Session, message_ids: Sequence[int], problem: RetryLater) -> None:
    if isinstance(problem, NotConnected):
        _give_back(session, message_ids)
        return
    for message_id in message_ids:
        _put_off(session, message_id, problem)


def _bury(session: Session, message_id: int, reason: str) -> None:
    messages.bury(_locked(session, message_id), reason)


def _give_back(session: Session, message_ids: Sequence[int]) -> None:
    """Untried after all: due at once, and the attempt does not count."""
    for message_id in message_ids:
        message: Message = _locked(session, message_id)
        message.attempts = max(0, message.attempts - 1)
        message.due_at = database_time()
