"""Who gets the units of one item at one place. Pure: what stands there and what is asked for go in.

The same function grants what is asked today and replays what was asked before, so a preview is
never another opinion. Requests that are not firm hold what they are granted here; what a rule keeps
from them is named. Sharing out twice changes nothing: a share is of all that is free or held for
Amazon, less what DTC still asks for, so taking one's share leaves the share as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app.inventory.policies import Because, Rule

NEVER_DUE = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Asking:
    """One request for units of one item at one place.

    `open` is all it asks for and has not had, `held` what it holds of that. A firm one was promised
    and never gives way; `kept_back` is what it gave way with before, so far. A `settled` one is only
    counted: it holds what it holds.
    """

    rail: Literal["dtc", "amazon"]
    open: int
    held: int = 0
    firm: bool = False
    due_at: datetime | None = None
    order: tuple[int, str] = (0, "")
    kept_back: int = 0
    settled: bool = False

    @property
    def claimed(self) -> int:
        """What it takes of Amazon's limit: a promise takes all that was promised."""
        if self.rail == "dtc":
            return 0
        return max(self.open, self.held) if self.firm else self.held


@dataclass(frozen=True, slots=True)
class Kept:
    """Units that policy keeps from a request, the rule that does, and the rule's own figure."""

    units: int
    because: Because
    value: int | None


@dataclass(slots=True)
class Granted:
    """What one request holds from now on, and what policy keeps from it."""

    held: int
    gave_way: int = 0
    kept: Kept | None = None
    passed_on: int = 0
    """What was still free after it."""


def share_out(
    available: int,
    requests: Sequence[Asking],
    rule: Rule,
    case: int = 1,
    *,
    trim: bool = False,
) -> list[Granted]:
    """What each of these requests holds from now on, in the order given.

    `available` is what is free now; below zero it is oversold. With `trim` a request also gives up
    what it holds beyond its share, as after a change of policy; else the share only limits what is
    added. Beyond the ceiling, or in broken cases, nothing is held in any case.
    """
    granted = [Granted(one.held) for one in requests]
    ranked = sorted(range(len(requests)), key=lambda number: _rank(requests[number], rule))
    lacking = sum(max(0, one.open - one.held) for one in requests if one.rail == "dtc")
    holds = sum(one.held for one in requests if one.rail == "amazon")
    limit, because, value = _limit(rule, max(0, available + holds - lacking))
    claimed = sum(one.claimed for one in requests)
    bound = limit if trim else rule.amazon_ceiling
    over = 0 if bound is None else max(0, claimed - bound)
    free = available
    for number in reversed(ranked):
        one, mine = requests[number], granted[number]
        if not one.firm and not one.settled:
            mine.held, over = _left(one, rule, case, over)
            free += one.held - mine.held
            claimed -= one.held - mine.held if one.rail == "amazon" else 0
    for number in reversed(ranked):
        one, mine = requests[number], granted[number]
        less = _gives_way(one, mine, rule, case, max(0, -free))
        mine.held, mine.gave_way, free = mine.held - less, less, free + less
        claimed -= less if one.rail == "amazon" else 0
    for number in ranked:
        one, mine = requests[number], granted[number]
        room = None if limit is None or one.firm or one.rail == "dtc" else max(0, limit - claimed)
        more = _more(one, mine, rule, case, max(0, free), room)
        mine.held, free = mine.held + more, free - more
        mine.passed_on = max(0, free)
        claimed += more if one.rail == "amazon" and not one.firm else 0
    for one, mine in zip(requests, granted, strict=True):
        if one.rail == "amazon" and not one.firm:
            room = None if limit is None else max(0, limit - claimed)
            mine.kept = _kept(one, mine, rule, case, room, because, value)
    return granted


def _rank(one: Asking, rule: Rule) -> tuple[object, ...]:
    """The first in this order is granted first and gives way last."""
    due = one.due_at or NEVER_DUE
    if rule.precedence == "earliest_due":
        return not one.firm, due, one.rail, one.order
    return one.rail != rule.precedence, not one.firm, due, one.order


def _limit(rule: Rule, shared: int) -> tuple[int | None, Because, int | None]:
    """Eaches that Amazon may hold here, the rule that says so, and its figure."""
    share = None if rule.amazon_share is None else shared * rule.amazon_share // 100
    ceiling = rule.amazon_ceiling
    if ceiling is not None and (share is None or ceiling <= share):
        return ceiling, "ceiling", ceiling
    return share, "share", rule.amazon_share


def _left(one: Asking, rule: Rule, case: int, over: int) -> tuple[int, int]:
    """What it may still hold of what it holds, and by how much Amazon holds too much after that."""
    keep = min(one.held, max(0, one.open))
    if one.rail == "dtc":
        return keep, over
    over -= min(over, one.held - keep)
    allowed = keep - min(over, keep)
    if rule.whole_cases:
        allowed -= allowed % case
    return allowed, over - min(over, keep - allowed)


def _gives_way(one: Asking, mine: Granted, rule: Rule, case: int, missing: int) -> int:
    """What it gives to orders that have happened."""
    if one.firm or one.settled or (one.rail == "amazon" and not rule.take_back):
        return 0
    less = min(missing, mine.held)
    if less and one.rail == "amazon" and rule.whole_cases:
        left = mine.held - less
        less = mine.held - (left - left % case)
    return less


def _more(one: Asking, mine: Granted, rule: Rule, case: int, free: int, room: int | None) -> int:
    """What it is granted beside what it holds."""
    more = min(one.open - mine.held, free)
    if more <= 0 or one.settled or mine.gave_way:
        return 0
    if room is not None:
        more = min(more, room)
    if rule.whole_cases and one.rail == "amazon" and not one.firm:
        more -= (mine.held + more) % case
    return max(0, more)


def _kept(
    one: Asking,
    mine: Granted,
    rule: Rule,
    case: int,
    room: int | None,
    because: Because,
    value: int | None,
) -> Kept | None:
    """What policy keeps from a request, named by the first rule that keeps any of it.

    What is missing although no rule stands in its way is not kept: it is short, and it waits.
    """
    missing = one.open - mine.held
    if missing <= 0:
        return None
    kept = [Kept(0 if room is None else max(0, missing - room), because, value)]
    # What gives way wants no more than it keeps, so all the rest is kept from it for now.
    gave = missing if mine.gave_way else min(missing, one.kept_back)
    kept.append(Kept(gave, "take_back", None))
    if rule.whole_cases:
        # Whatever is free when its turn comes is granted to what a request wants, and what it holds
        # of that it keeps; so one that leaves something for the next, or gives part of a case up,
        # wants no more than it holds.
        whole = mine.held < one.held or mine.passed_on
        broken = missing if whole else min(missing, one.open % case)
        kept.append(Kept(broken, "whole_cases", case))
    units = max(one.units for one in kept)
    named = next((one for one in kept if one.units), None)
    return Kept(units, named.because, named.value) if named else None
