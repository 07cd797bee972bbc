"""`holdfast bench`: measures ingestion and posting on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.bench import ground, ledger, webhooks
from app.bench.report import Report
from app.commands.common import SOMETHING_WRONG, stop, told_plainly

RESULTS = Path("bench-results")

ROUNDS = click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 100))
SECONDS = click.option(
    "--seconds", default=1.0, show_default=True, type=click.FloatRange(0.1, 60), help="Each round."
)
OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the JSON; bench-results/<name>.json if not given.",
)
DATABASE = click.option(
    "--database-url",
    help="Measure here and not on an embedded PostgreSQL; the database is filled with rubbish.",
)


@click.group(name="bench")
def bench_command() -> None:
    """Measure ingestion and posting, with commits that are durable.

    Starts PostgreSQL and Valkey of its own in a temporary folder (DATABASE_URL and REDIS_URL are
    left alone), runs interleaved rounds, checks the books after each, prints a table of medians and
    writes JSON. Exit code 1 if the books or the messages were wrong afterwards.
    """


@bench_command.command(name="ledger")
@ROUNDS
@SECONDS
@OUTPUT
@DATABASE
@told_plainly
def bench_ledger(
    rounds: int, seconds: float, output: Path | None, database_url: str | None
) -> None:
    """Orders a second that the ledger settles, by batch size, hot item and many items."""
    _measured(output, database_url, lambda folder: ledger.measure(folder, rounds, seconds))


@bench_command.command(name="webhooks")
@ROUNDS
@SECONDS
@OUTPUT
@DATABASE
@click.option("--connections", default=32, show_default=True, type=click.IntRange(1, 512))
@click.option("--port", default=19_300, show_default=True, help="First of three ports to use.")
@told_plainly
def bench_webhooks(
    rounds: int,
    seconds: float,
    output: Path | None,
    database_url: str | None,
    connections: int,
    port: int,
) -> None:
    """Webhooks a second that the door stores, beside the bare floor on the same server."""
    _measured(
        output,
        database_url,
        lambda folder: webhooks.measure(folder, rounds, seconds, connections, port),
    )


def _measured(
    output: Path | None, database_url: str | None, measure: Callable[[Path], Report]
) -> Any:
    try:
        with ground.ground(database_url, None) as folder:
            report = measure(folder)
    except (ground.BooksAreWrong, webhooks.LostWebhooks) as wrong:
        stop(SOMETHING_WRONG, str(wrong))
    path = report.write(output or RESULTS / f"{report.bench}.json")
    click.echo(report.table())
    click.echo(f"\nWritten to {path}")
