"""Answering by rule: the same acknowledgement as a person's, with the rule's name on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlmodel import Session, col, select

from app.db import run, shop_of
from app.errors import Refused
from app.vendor import acknowledgements
from app.vendor.answering import orders
from app.vendor.answering.rules import AnswerRule, decide
from app.vendor.answering.tables import AnswerRules
from app.vendor.orders import locked_orders
from app.vendor.promises import OrderKey

log = structlog.get_logger(__name__)


def answer_by_rule(shop_id: int) -> int:
    """Acknowledges every waiting order that a rule decides; returns how many. May run twice.

    Each order is a transaction of its own: paper, firm hold and outgoing message together.
    """
    if not any(rule.active for rule in run(rules_of, shop_id)):
        return 0
    return sum(run(_answer, shop_id, key) for key in run(orders.waiting, shop_id))


def rules_of(session: Session) -> list[AnswerRule]:
    """The shop's rules in force, in their order."""
    row = newest(session)
    return [AnswerRule.model_validate(one) for one in row.rules] if row else []


def newest(session: Session) -> AnswerRules | None:
    """The version in force."""
    return session.exec(
        select(AnswerRules)
        .where(AnswerRules.shop_id == shop_of(session))
        .order_by(col(AnswerRules.version).desc())
        .limit(1)
    ).first()


def keep(session: Session, rules: Sequence[AnswerRule], *, seen: int, by: str) -> AnswerRules:
    """Makes these the rules in force.

    Raises Refused 409 when the version that was `seen` is not the newest any more.
    """
    before = newest(session)
    version = before.version if before else 0
    if version != seen:
        raise Refused(
            "rules_changed",
            "Somebody has changed the rules meanwhile; look at them and change them again.",
            status=409,
        )
    row = AnswerRules(
        shop_id=shop_of(session),
        version=version + 1,
        made_at=datetime.now(UTC),
        made_by=by,
        rules=[rule.model_dump(mode="json") for rule in rules],
    )
    session.add(row)
    session.flush()
    return row


def _answer(session: Session, key: OrderKey) -> bool:
    region, number = key
    order = locked_orders(session, region, [number])[number]
    if order.state != "New" or key not in orders.waiting(session):
        return False  # a person, or Amazon, was quicker
    decision = decide(rules_of(session), orders.as_it_stands(session, order))
    if decision.answer == "ask":
        return False
    try:
        with session.begin_nested():
            acknowledgements.acknowledge(
                session, region, number, decision.said, actor=f"rule:{decision.rule}"
            )
    except Refused as refused:
        log.info("not_answered_by_rule", number=number, reason=refused.detail)
        return False
    return True
