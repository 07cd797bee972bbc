"""Answer rules over HTTP: what is in force, who changed it, and what rules would have answered."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import col, select

from app.db import shop_of
from app.http import Answer, APIBlueprint, Moment, answer, principal, shop_transaction
from app.vendor.answering import automatic, orders
from app.vendor.answering.orders import Past
from app.vendor.answering.rules import AnswerRule, Decision, decide
from app.vendor.answering.tables import AnswerRules

TAG = Tag(name="answer rules", description="Purchase orders acknowledged by rule.")
api = APIBlueprint("answer_rules", __name__, url_prefix="/api", abp_tags=[TAG])

TRIAL = timedelta(days=90)
MOST_RULES = 50
SHOWN = 20


class RulesBody(BaseModel):
    seen: int = Field(ge=0, description="The version that was changed; 0 where there was none.")
    rules: list[AnswerRule] = Field(max_length=MOST_RULES)


class TrialBody(BaseModel):
    rules: list[AnswerRule] = Field(max_length=MOST_RULES)


class VersionView(Answer):
    version: int
    made_at: Moment
    made_by: str
    rules: list[AnswerRule]


class RulesView(Answer):
    """The rules in force, and the latest versions before them."""

    version: int
    rules: list[AnswerRule]
    history: list[VersionView]


class TriedOrder(Answer):
    """One past order: what the rules would have answered, and what was answered then, in eaches."""

    number: str
    region: str
    ordered_at: Moment
    rule: str | None
    answer: str
    because: str
    ordered: int
    accept: int
    reject: int
    accepted_then: int
    backordered_then: int
    rejected_then: int
    differs: bool


class TrialView(Answer):
    """`answers` counts orders by answer; `by_rule` by the rule that decided."""

    since: Moment
    orders: list[TriedOrder]
    answers: dict[str, int]
    by_rule: dict[str, int]
    differing: int


@api.get("/answer-rules", responses={200: RulesView})
def read_answer_rules() -> Any:
    """The rules by which purchase orders are acknowledged without a person."""
    with shop_transaction() as session:
        versions = list(
            session.exec(
                select(AnswerRules)
                .where(AnswerRules.shop_id == shop_of(session))
                .order_by(col(AnswerRules.version).desc())
                .limit(SHOWN)
            )
        )
    return answer(_view(versions))


@api.put("/answer-rules", responses={200: RulesView})
def change_answer_rules(body: RulesBody) -> Any:
    """Puts these rules into force, in this order; the first that fits decides."""
    with shop_transaction() as session:
        row = automatic.keep(session, body.rules, seen=body.seen, by=principal().actor)
    return answer(_view([row]))


@api.post("/answer-rules/trial", responses={200: TrialView})
def try_answer_rules(body: TrialBody) -> Any:
    """What these rules would have answered in the last 90 days; nothing is written or sent."""
    since = datetime.now(UTC) - TRIAL
    with shop_transaction() as session:
        tried = [_tried(one, decide(body.rules, one.order)) for one in orders.past(session, since)]
    return answer(
        TrialView(
            since=since,
            orders=tried,
            answers=dict(Counter(one.answer for one in tried)),
            by_rule=dict(Counter(one.rule for one in tried if one.rule)),
            differing=sum(one.differs for one in tried),
        )
    )


def _view(versions: list[AnswerRules]) -> RulesView:
    history = [
        VersionView(
            version=row.version,
            made_at=row.made_at,
            made_by=row.made_by,
            rules=[AnswerRule.model_validate(one) for one in row.rules],
        )
        for row in versions
    ]
    return RulesView(
        version=history[0].version if history else 0,
        rules=history[0].rules if history else [],
        history=history,
    )


def _tried(past: Past, decision: Decision) -> TriedOrder:
    accept = sum(one.accept for one in decision.said)
    reject = sum(one.reject for one in decision.said)
    then = (past.accepted, past.backordered, past.rejected)
    return TriedOrder(
        number=past.order.number,
        region=past.region,
        ordered_at=past.ordered_at,
        rule=decision.rule,
        answer=decision.answer,
        because=decision.because,
        ordered=sum(line.ordered for line in past.order.lines),
        accept=accept,
        reject=reject,
        accepted_then=past.accepted,
        backordered_then=past.backordered,
        rejected_then=past.rejected,
        differs=decision.answer != "ask"
        and any(then)
        and (accept, 0, reject) != then,  # no rule backorders
    )
