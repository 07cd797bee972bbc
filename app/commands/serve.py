"""`holdfast serve`: the web process."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from app.commands.common import NEEDED, told_plainly
from app.config import METRICS_FOLDER, require, settings

LIFE = 24 * 3600
"""Seconds after which a web process is replaced by a fresh one, without a gap."""
PATIENCE = 10
"""Seconds that a web process has to finish what it is answering."""


@click.command(name="serve")
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of PORT.")
@click.option("--host", help="Instead of HOST; 0.0.0.0 for all addresses.")
@told_plainly
def serve_command(port: int | None, host: str | None) -> None:
    """Serve the web process: screens, API, webhooks, health and metrics.

    Runs WEB_WORKERS processes of WEB_THREADS threads each until SIGTERM or Ctrl-C, then finishes
    what it is answering. Opens no database connection before the first request. Put TLS in front
    of it and set TRUSTED_PROXIES to the number of proxies.
    """
    require(*NEEDED)
    own = settings()
    with ExitStack() as stack:
        if not os.environ.get(METRICS_FOLDER):
            folder = tempfile.TemporaryDirectory(prefix="holdfast-metrics-")
            os.environ[METRICS_FOLDER] = stack.enter_context(folder)
        Granian(
            "app.wsgi:application",
            interface=Interfaces.WSGI,
            address=host or own.host,
            port=port or own.port,
            workers=own.web_workers,
            blocking_threads=own.web_threads,
            workers_lifetime=LIFE,
            workers_kill_timeout=PATIENCE,
            respawn_failed_workers=True,
            websockets=False,
            log_level=LogLevels.error,
        ).serve()
