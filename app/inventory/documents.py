"""What a document says to the ledger: the units it needs held, and those it has moved so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from app.inventory.models import Reason, State


class Account(NamedTuple):
    """Item × location × state: what has a balance."""

    item_id: int
    location_id: int
    state: State


class DocumentKey(NamedTuple):
    """What makes a document one and the same, whoever brings it: its kind and its own reference."""

    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One line's promise: all the eaches it asks of an item at one place, shipped ones included."""

    line: str
    item_id: int
    location_id: int
    state: State
    wanted: int
    due_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.wanted < 0:
            raise ValueError(f"line {self.line}: wanted is {self.wanted}, it must not be negative")


@dataclass(frozen=True, slots=True)
class Flow:
    """One line's movement so far: the total of eaches it has taken from one account to another.

    A total may shrink (the difference moves back) and may be negative (it moves the other way).
    With `hold` the units come out of that document line's hold first, and out of `available` at
    `from_location_id` when more left than was held.
    """

    line: str
    item_id: int
    total: int
    from_location_id: int
    from_state: State
    to_location_id: int
    to_state: State
    reason: Reason
    reason_back: Reason
    hold: DocumentKey | None = None
    hold_line: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A paper at one version. `claims=None` says nothing of holds; `claims=()` needs nothing held.

    `digest` tells two contents of the same version apart (outside clocks tick in seconds); an
    `authoritative` paper was read just now from its source and wins such a tie.
    """

    kind: str
    reference: str
    version: int
    title: str = ""
    claims: Sequence[Claim] | None = None
    flows: Sequence[Flow] = ()
    fact: bool = True
    firm: bool = True
    expires_at: datetime | None = None
    digest: str = ""
    authoritative: bool = False
    echo: bool = False
    actor: str = "system"
    message_id: int | None = None
    occurred_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    reason_released: Reason = Reason.RELEASED
    key: DocumentKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", DocumentKey(self.kind, self.reference))


class Verdict(StrEnum):
    """What became of a document: settled, older than what is known, or one of two contents."""

    SETTLED = "settled"
    STALE = "stale"
    AMBIGUOUS = "ambiguous"


class Grant(NamedTuple):
    """What one claim holds now, and how much of it could not be held."""

    line: str
    item_id: int
    location_id: int
    wanted: int
    fulfilled: int
    held: int

    @property
    def short(self) -> int:
        return max(0, self.wanted - self.fulfilled - self.held)


class Outcome(NamedTuple):
    """The ledger's answer to one document, in the order they were given."""

    key: DocumentKey
    document_id: int
    verdict: Verdict
    granted: tuple[Grant, ...] = ()
    in_full: Sequence[Claim] = ()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What each claim holds now."""
        return self.granted or tuple(
            Grant(one.line, one.item_id, one.location_id, one.wanted, 0, one.wanted)
            for one in self.in_full
        )


def version_of(moment: datetime) -> int:
    """A document's version from its own time stamp: microseconds since 1970; later is greater."""
    return int(moment.timestamp() * 1_000_000)
