"""`holdfast serve`: the web process."""

from __future__ import annotations

import os
import sys
import tempfile

import click

from app import metrics
from app.commands.common import NEEDED, told_plainly
from app.config import require, settings

LIFE = 24 * 3600
"""Seconds after which a web process is replaced by a fresh one, without a gap."""


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
    os.environ.setdefault(metrics.FOLDER, tempfile.mkdtemp(prefix="holdfast-metrics-"))
    arguments = {
        "--interface": "wsgi",
        "--host": host or own.host,
        "--port": str(port or own.port),
        "--workers": str(own.web_workers),
        "--blocking-threads": str(own.web_threads),
        "--workers-lifetime": str(LIFE),
        "--workers-kill-timeout": "10",
        "--log-level": "warning",
    }
    flags = ["--no-ws", "--respawn-failed-workers"]
    words = [word for pair in arguments.items() for word in pair]
    # The server takes this process's place, so signals and its exit code are its own.
    command = [sys.executable, "-m", "granian", *words, *flags, "app.wsgi:application"]
    sys.stdout.flush()
    os.execv(sys.executable, command)
