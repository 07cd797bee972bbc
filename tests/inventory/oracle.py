"""The ledger's rules once more, in plain Python dictionaries: slow, one unit of thought at a time."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.inventory.documents import Document, DocumentKey, Flow
from app.inventory.models import MAY_BE_NEGATIVE, State

Line = tuple[DocumentKey, str, int]
Place = tuple[int, int, State]


class NotThere(Exception):
    """More was to be taken from an inside state than is there."""


@dataclass
class Promise:
    """One line's hold at one location."""

    state: State
    wanted: int = 0
    fulfilled: int = 0
    held: int = 0
    fact: bool = True
    firm: bool = True
    expires_at: datetime | None = None


class Oracle:
    """What the books must say."""

    def __init__(self) -> None:
        self.units: dict[Place, int] = defaultdict(int)
        self.versions: dict[DocumentKey, int] = {}
        self.promises: dict[Line, dict[int, Promise]] = defaultdict(dict)
        self.totals: dict[tuple[DocumentKey, Flow], int] = {}

    def settle(self, documents: Iterable[Document]) -> None:
        """All or nothing, like the ledger."""
        before = copy.deepcopy(self.__dict__)
        try:
            self._settle(list(documents))
        except NotThere:
            self.__dict__ = before
            raise

    def _settle(self, documents: list[Document]) -> None:
        newest: dict[DocumentKey, Document] = {}
        for document in documents:
            if document.key not in newest or newest[document.key].version < document.version:
                newest[document.key] = document
        # Papers that come together are numbered in the order of their names.
        spoken_of = {
            flow.hold for one in newest.values() for flow in one.flows if flow.hold is not None
        }
        for key in sorted(newest.keys() | spoken_of):
            self.versions.setdefault(key, -1)
        taken = [one for one in newest.values() if one.version >= self.versions.get(one.key, -1)]
        touched: dict[Line, None] = {}
        for document in taken:
            self.versions[document.key] = document.version
            touched |= dict.fromkeys(self._state(document))
        for line in touched:
            if self._is_fact(line):
                self._release(line)
                self._grow(line)
        for document in taken:
            for flow in document.flows:
                touched |= dict.fromkeys(self._flow(document, flow))
        for line in touched:
            self._release(line)
            if self._is_fact(line):
                self._grow(line)
        for line in touched:
            if not self._is_fact(line):
                self._grow(line)

    def take_back(self, line: Line, location: int, units: int) -> None:
        promise = self.promises[line][location]
        self._move(units, (line[2], location, promise.state), (line[2], location, State.AVAILABLE))
        promise.held -= units

    def ask_no_more(self, line: Line, location: int) -> None:
        promise = self.promises[line][location]
        promise.wanted -= max(0, self._open(line)[location] - promise.held)

    def expire(self, now: datetime) -> None:
        over = {
            line[0]
            for line, places in self.promises.items()
            for one in places.values()
            if one.expires_at and one.expires_at <= now and one.held
        }
        for line in list(self.promises):
            if line[0] in over:
                for promise in self.promises[line].values():
                    promise.wanted = 0
                self._release(line)

    def ask_again(self, now: datetime) -> None:
        """Open requests in the order of their papers; none of them has a day it is due."""
        for line in sorted(self.promises, key=lambda line: self.order_of(line[0])):
            if not self._is_fact(line) and not any(
                one.expires_at and one.expires_at <= now for one in self.promises[line].values()
            ):
                self._grow(line)

    def order_of(self, key: DocumentKey) -> int:
        return list(self.versions).index(key)

    def _state(self, document: Document) -> list[Line]:
        if document.claims is None:
            return []
        stated = {(one.line, one.item_id, one.location_id): one for one in document.claims}
        lines: list[Line] = []
        for claim in stated.values():
            line = (document.key, claim.line, claim.item_id)
            promise = self.promises[line].setdefault(claim.location_id, Promise(claim.state))
            promise.wanted, promise.fact, promise.firm = claim.wanted, document.fact, document.firm
            promise.expires_at = document.expires_at
            lines.append(line)
        for line, places in list(self.promises.items()):
            if line[0] == document.key:
                for location, promise in places.items():
                    if (line[1], line[2], location) not in stated:
                        promise.wanted = 0
                        lines.append(line)
        return lines

    def _flow(self, document: Document, flow: Flow) -> list[Line]:
        account = (document.key, _without_total(flow))
        change = flow.total - self.totals.get(account, 0)
        self.totals[account] = flow.total
        source = (flow.item_id, flow.from_location_id, flow.from_state)
        target = (flow.item_id, flow.to_location_id, flow.to_state)
        if change == 0:
            return []
        if flow.hold is None:
            self._move(change, source, target)
            return []
        self.versions.setdefault(flow.hold, -1)
        line = (flow.hold, flow.hold_line or flow.line, flow.item_id)
        promise = self.promises[line].setdefault(
            flow.from_location_id, Promise(flow.from_state, fact=document.fact, firm=document.firm)
        )
        free = (flow.item_id, flow.from_location_id, State.AVAILABLE)
        if change > 0:
            from_hold = min(change, promise.held)
            self._move(from_hold, (flow.item_id, flow.from_location_id, promise.state), target)
            self._move(change - from_hold, free, target)
            promise.held -= from_hold
        else:
            self._move(-change, target, free)
        promise.fulfilled += change
        return [line]

    def _open(self, line: Line) -> dict[int, int]:
        places = dict(sorted(self.promises[line].items()))
        surplus = sum(max(0, one.fulfilled - one.wanted) for one in places.values())
        still = {}
        for location, one in places.items():
            here = max(0, one.wanted - one.fulfilled)
            less = min(here, surplus)
            surplus -= less
            still[location] = here - less
        return still

    def _release(self, line: Line) -> None:
        for location, units in self._open(line).items():
            promise = self.promises[line][location]
            if promise.held > units:
                held = (line[2], location, promise.state)
                self._move(promise.held - units, held, (line[2], location, State.AVAILABLE))
                promise.held = units

    def _grow(self, line: Line) -> None:
        for location, units in self._open(line).items():
            promise = self.promises[line][location]
            free = (line[2], location, State.AVAILABLE)
            more = max(0, units - promise.held)
            if not promise.fact:
                more = min(more, max(0, self.units[free]))
            self._move(more, free, (line[2], location, promise.state))
            promise.held += more

    def _is_fact(self, line: Line) -> bool:
        return any(one.fact for one in self.promises[line].values())

    def _move(self, units: int, source: Place, target: Place) -> None:
        if units < 0:
            units, source, target = -units, target, source
        if units == 0 or source == target:
            return
        if self.units[source] < units and source[2] not in MAY_BE_NEGATIVE:
            raise NotThere
        self.units[source] -= units
        self.units[target] += units


def _without_total(flow: Flow) -> Flow:
    return Flow(
        flow.line,
        flow.item_id,
        0,
        flow.from_location_id,
        flow.from_state,
        flow.to_location_id,
        flow.to_state,
        flow.reason,
        flow.reason_back,
    )
