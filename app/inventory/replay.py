"""What a policy would have done: the shop's own history once more, under another policy.

Pure: the history is read once (`history.read`), and the same history under the same rules is always
the same answer. Each place is replayed by itself, by the very function that shares out units today.

What it takes as given: orders come as they came, and cannot be refused; deliveries, counts and moves
between locations happen as they did; what a person did to end a collision is left out, but for
moves. Amazon is acknowledged exactly what is held at the time it was acknowledged in fact, and is
shipped no more than that. What is known of the time before the books were opened comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from app.inventory.policies import Rule
from app.inventory.sharing import Asking, Kept, share_out

Place = tuple[int, int]
"""Item and location."""
RequestKey = tuple[int, str]
"""Document and line."""
RuleOf = Callable[[int, int], Rule]
MOST_DATES = 50


class Event(NamedTuple):
    """Something that happened at one place, by the time the books heard of it.

    `supply`: units came (below zero: went) for good; `order`: an order took them (below zero: gave
    them back); `ask`: a request says what it asks for in all; `ship`: units of a request left.
    """

    at: datetime
    number: int
    place: Place
    kind: Literal["supply", "order", "ask", "ship"]
    units: int
    request: RequestKey | None = None
    firm: bool = False
    due_at: datetime | None = None


class Standing(NamedTuple):
    """A request that was open already when the history begins."""

    place: Place
    request: RequestKey
    asked: int
    shipped: int
    firm: bool
    due_at: datetime | None


@dataclass(frozen=True)
class History:
    """What happened between two moments, and what stood at the first of them.

    `unclaimed` is what was free, kept as safety stock by policy, or held by a request that is told
    of here: what policy has to share out.
    """

    begins: datetime
    ends: datetime
    unclaimed: Mapping[Place, int]
    standing: Sequence[Standing]
    events: Sequence[Event]
    cases: Mapping[int, int]
    orders: int = 0
    """Orders that took units in that time."""
    requests: int = 0
    """Papers that asked for units in that time."""
    past_orders: int = 0
    past_requests: int = 0
    """How many of either are from before the books were opened."""


@dataclass
class Result:
    """What became of one item. `fill` is granted of asked; quantities in eaches.

    An oversell is an order line that left less than nothing free. Asked and granted are counted when
    a request is acknowledged or over, or when the history ends.
    """

    oversells: int = 0
    oversold_units: int = 0
    dates: list[datetime] = field(default_factory=list)
    asked: int = 0
    granted: int = 0
    colliding: timedelta = timedelta()

    @property
    def refused(self) -> int:
        """Units that Amazon asked for and was not granted."""
        return self.asked - self.granted

    def add(self, other: Result) -> None:
        """Counts another result in."""
        self.oversells += other.oversells
        self.oversold_units += other.oversold_units
        self.dates = sorted([*self.dates, *other.dates])[:MOST_DATES]
        self.asked += other.asked
        self.granted += other.granted
        self.colliding += other.colliding


def replay(history: History, rule_of: RuleOf) -> dict[int, Result]:
    """What these rules would have led to, item by item; items without any history are left out."""
    by_place: dict[Place, list[Event]] = defaultdict(list)
    for event in history.events:
        by_place[event.place].append(event)
    standing: dict[Place, list[Standing]] = defaultdict(list)
    for one in history.standing:
        standing[one.place].append(one)
    found: dict[int, Result] = {}
    for place in sorted({*by_place, *standing}):
        shelf = Shelf(rule_of(*place), history.cases.get(place[0], 1), history.begins)
        shelf.begin(history.unclaimed.get(place, 0), standing[place])
        shelf.live_through(by_place[place], history.ends)
        found.setdefault(place[0], Result()).add(shelf.result)
    return found


@dataclass(slots=True)
class _Request:
    asking: Asking
    asked: int
    shipped: int = 0
    left: int = 0
    """Eaches that left in fact, whatever this replay had for it."""
    counted: bool = False


class Shelf:
    """One item at one place as it is replayed."""

    def __init__(self, rule: Rule, case: int, begins: datetime) -> None:
        self.rule = rule
        self.case = case
        self.free = 0
        self.now = begins
        self.short = False
        self.may_give = True
        self.requests: dict[RequestKey, _Request] = {}
        self.result = Result()
        self.safety: Asking | None = None
        if rule.safety_stock:
            self.safety = Asking("dtc", rule.safety_stock)

    def begin(self, unclaimed: int, standing: Iterable[Standing]) -> None:
        """Shares out what there was, to those who asked already."""
        self.free = unclaimed
        for one in standing:
            asking = Asking(
                "amazon",
                max(0, one.asked - one.shipped),
                firm=one.firm,
                due_at=one.due_at,
                order=one.request,
            )
            # What was acknowledged before is none of this history's doing.
            self.requests[one.request] = _Request(
                asking, one.asked, one.shipped, one.shipped, counted=one.firm
            )
        self._share()

    def live_through(self, events: Iterable[Event], ends: datetime) -> None:
        """Everything that happened here, in its order, up to the end."""
        for event in events:
            self._pass_time(event.at)
            if event.kind == "supply":
                self._supply(event.units)
            elif event.kind == "order":
                self._order(event)
            elif event.kind == "ask":
                self._ask(event)
            else:
                self._ship(event)
        self._pass_time(ends)
        for request in self.requests.values():
            self._count(request)

    def _supply(self, units: int) -> None:
        self.free += units
        if units > 0 or (self.free < 0 and self.may_give):
            self._share()

    def _order(self, event: Event) -> None:
        self._supply(-event.units)
        if event.units > 0 and self.free < 0:
            self.result.oversells += 1
            self.result.oversold_units += min(event.units, -self.free)
            if len(self.result.dates) < MOST_DATES:
                self.result.dates.append(event.at)

    def _ask(self, event: Event) -> None:
        assert event.request is not None
        request = self.requests.get(event.request)
        if request is None:
            request = self.requests[event.request] = _Request(
                Asking("amazon", 0, order=event.request), 0, counted=event.firm
            )
            request.asking.firm = event.firm
        asking = request.asking
        asking.due_at = event.due_at
        over = event.units <= request.left and event.firm
        if event.firm and not asking.firm:
            self._count(request)
            # It is acknowledged with what it holds, and asks for no more from then on.
            request.asked = request.shipped + asking.held
            asking.firm = True
        elif not event.firm or request.asked == 0:
            request.asked = event.units
        if over:
            request.asked = request.shipped
        elif asking.firm:
            request.asked = min(request.asked, max(event.units, request.shipped))
        self._state(request)
        if over:
            del self.requests[event.request]
        self._share()

    def _ship(self, event: Event) -> None:
        assert event.request is not None
        request = self.requests.get(event.request)
        if request is None:
            return
        request.left += event.units
        units = min(event.units, request.asking.held)
        if event.units < 0:
            # It came back after all: the units are free by an event of their own.
            units = max(event.units, -request.shipped)
            request.shipped += units
            self._state(request)
            return
        request.asking.held -= units
        request.shipped += units
        self._state(request)

    def _state(self, request: _Request) -> None:
        """What it still asks for; what it holds beyond that is free again."""
        asking = request.asking
        asking.open = max(0, request.asked - request.shipped)
        if asking.held > asking.open:
            self.free += asking.held - asking.open
            asking.held = asking.open

    def _share(self) -> None:
        asking = [one.asking for one in self.requests.values() if one.asking.open]
        if self.safety is not None:
            asking.append(self.safety)
        granted = share_out(self.free, asking, self.rule, self.case)
        for one, answer in zip(asking, granted, strict=True):
            self.free -= answer.held - one.held
            one.held = answer.held
            one.kept_back = 0
            if answer.kept and answer.kept.because == "take_back":
                one.kept_back = answer.kept.units
        self.short = any(
            not one.firm and one.rail == "amazon" and one.open > one.held + _units(answer.kept)
            for one, answer in zip(asking, granted, strict=True)
        )
        self.may_give = any(
            one.held and not one.firm and (one.rail == "dtc" or self.rule.take_back)
            for one in asking
        )

    def _pass_time(self, now: datetime) -> None:
        if self.short or self.free < 0:
            self.result.colliding += now - self.now
        self.now = now

    def _count(self, request: _Request) -> None:
        if not request.counted:
            request.counted = True
            self.result.asked += request.asked
            self.result.granted += request.shipped + request.asking.held


def _units(kept: Kept | None) -> int:
    return kept.units if kept else 0
