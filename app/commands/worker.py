"""`holdfast worker`: the process that runs jobs."""

from __future__ import annotations

import click

from app.commands.common import NEEDED, told_plainly
from app.config import require
from app.jobs import run_worker


@click.command(name="worker")
@told_plainly
def worker_command() -> None:
    """Run jobs from the queue, one at a time, until SIGTERM or Ctrl-C.

    Start as many as you like, here and on other machines. A job may run twice and may be killed at
    any moment. While Redis is away, a worker asks the database itself what is due.
    """
    require(*NEEDED)
    run_worker()
