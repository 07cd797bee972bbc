"""When something that was sent to Amazon is looked at, and what a look may show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db import database_time
from app.vendor.invoice_following import Shown

# When something submitted is looked at, after its sending. Amazon's guide: still `Processing` after
# 15 minutes counts as taken; visible within 30; an alarm after two hours.
LOOKS = tuple(timedelta(seconds=n) for n in (5, 60, 300, 900, 1800, 3600, 7200))
TAKEN_AFTER = timedelta(minutes=60)
# How long something with an unknown outcome is looked for before it is sent again.
UNKNOWN_LOOKS = tuple(timedelta(seconds=n) for n in (5, 60, 300, 900, 1860))


@dataclass(frozen=True)
class Look:
    """What Amazon says of something that was sent; `is_silent` when it does not let us see."""

    is_seen: bool = False
    is_taken: bool = False
    failure: str | None = None
    invoice: Shown | None = None
    is_silent: bool = False


def next_look(since: datetime, looks: tuple[timedelta, ...]) -> datetime | None:
    """When to look again; None when the last look is over."""
    now = database_time()
    return next((since + look for look in looks if since + look > now), None)


def says_known(reason: str) -> bool:
    """Whether Amazon refuses a second sending because the first one had arrived."""
    words = reason.lower()
    return any(one in words for one in ("already", "duplicate", "used before"))
