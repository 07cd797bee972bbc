"""What a rule says, and which one decides an order: pure, so that past orders can be tried on it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.vendor.acknowledgements import Said

Answer = Literal["in_full", "as_held", "ask"]
UNAVAILABLE = "TemporarilyUnavailable"


class AnswerRule(BaseModel):
    """One rule. A condition that is null, or `any`, is not looked at; the first rule that fits decides.

    `in_full` accepts every unit, and fits only where all are held. `as_held` accepts what is held, in
    whole cases, and says of the rest that it is temporarily unavailable. `ask` leaves it to a person.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    active: bool = True
    vendor_code: str | None = Field(default=None, max_length=20)
    order_type: (
        Literal["RegularOrder", "ConsignedOrder", "NewProductIntroduction", "RushOrder"] | None
    ) = None
    cost: Literal["any", "not_lower", "as_agreed"] = Field(
        default="not_lower",
        description="`not_lower`: no line costs Amazon less than it did in the last order that was"
        " accepted of it. `as_agreed`: every line costs what was agreed for the order's day.",
    )
    cost_tolerance_percent: int = Field(default=0, ge=0, le=50)
    least_held_percent: int = Field(
        default=100, ge=1, le=100, description="Of all units of the order."
    )
    most_units: int | None = Field(default=None, ge=1, le=10_000_000)
    answer: Answer = "in_full"


class LineToAnswer(NamedTuple):
    """A line as it stands when the order is answered. Units are eaches; `held` in whole cases."""

    line: str
    ordered: int
    held: int
    has_item: bool
    cost: Decimal | None
    cost_before: Decimal | None
    cost_agreed: Decimal | None = None


class OrderToAnswer(NamedTuple):
    """An order as the rules see it."""

    number: str
    vendor_code: str
    order_type: str | None
    lines: Sequence[LineToAnswer]


class Decision(NamedTuple):
    """Which rule decides, what it answers, and what is said of each line (nothing when it asks)."""

    rule: str | None
    answer: Answer
    because: str
    said: tuple[Said, ...]


def decide(rules: Sequence[AnswerRule], order: OrderToAnswer) -> Decision:
    """The first active rule that fits decides; without one, and for unknown items, a person is asked.

    A rule never rejects a whole order: where nothing is held a person is asked.
    """
    if not all(line.has_item for line in order.lines):
        return Decision(None, "ask", "unmapped", ())
    rule = next((one for one in rules if one.active and _fits(one, order)), None)
    if rule is None:
        return Decision(None, "ask", "no_rule", ())
    if rule.answer == "ask":
        return Decision(rule.name, "ask", "rule", ())
    if not any(line.held for line in order.lines):
        return Decision(rule.name, "ask", "nothing_held", ())
    return Decision(rule.name, rule.answer, "rule", tuple(map(_said, order.lines)))


def _fits(rule: AnswerRule, order: OrderToAnswer) -> bool:
    ordered = sum(line.ordered for line in order.lines)
    held = sum(min(line.held, line.ordered) for line in order.lines)
    in_full = held == ordered
    return (
        rule.vendor_code in (None, order.vendor_code)
        and rule.order_type in (None, order.order_type)
        and (rule.most_units is None or ordered <= rule.most_units)
        and (in_full or rule.answer != "in_full")
        and held * 100 >= ordered * rule.least_held_percent
        and (rule.cost == "any" or all(_cost_is_fine(rule, line) for line in order.lines))
    )


def _cost_is_fine(rule: AnswerRule, line: LineToAnswer) -> bool:
    if rule.cost == "as_agreed":
        # A cost above the agreed one is no gift: Amazon claims the difference back later.
        if line.cost is None or line.cost_agreed is None:
            return False
        apart = abs(line.cost - line.cost_agreed)
        return apart * 100 <= line.cost_agreed * rule.cost_tolerance_percent
    if line.cost is None or line.cost_before is None:
        return False
    return line.cost * 100 >= line.cost_before * (100 - rule.cost_tolerance_percent)


def _said(line: LineToAnswer) -> Said:
    accept = min(line.held, line.ordered)
    reject = line.ordered - accept
    return Said(line.line, accept, 0, reject, UNAVAILABLE if reject else None)
