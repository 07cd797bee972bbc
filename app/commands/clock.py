"""`holdfast clock`: the process that rings by time."""

from __future__ import annotations

import click

from app.clock import run_clock
from app.commands.common import NEEDED, told_plainly
from app.config import require


@click.command(name="clock")
@told_plainly
def clock_command() -> None:
    """Ring for what time makes due: sweeps, polls, expiries, nightly audits.

    Start two on different machines if you like: one ticks, the other takes over when it ends.
    """
    require(*NEEDED)
    run_clock()
