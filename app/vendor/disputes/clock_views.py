"""A clock on the wire, with the rule that it is from."""

from __future__ import annotations

from datetime import datetime

from app.http import Answer, Moment
from app.vendor.disputes.clocks import Window


class ClockView(Answer):
    """When it may be disputed. `state`: early, open, late (past the advised day) or closed."""

    state: str
    opens_at: Moment
    advised_by: Moment | None
    closes_at: Moment | None
    by_paper: bool
    attempts: int
    review_days: int
    source: str
    verified: bool


def clock_view(window: Window | None, now: datetime) -> ClockView | None:
    """A clock as screens show it; None for what is not disputed."""
    if window is None:
        return None
    return ClockView(state=window.state(now), **window._asdict())
