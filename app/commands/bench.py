"""`holdfast bench`: measures ingestion and posting on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.bench import audit, backfill, ground, ledger, read, traffic, webhooks
from app.bench import neighbours as beside
from app.bench.ground import Ground
from app.bench.money import run as money
from app.bench.reconcile import measure as reconciling
from app.bench.report import Report
from app.bench.year import run as year
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

MOVEMENTS = click.option(
    "--movements",
    default=10_000_000,
    show_default=True,
    type=click.IntRange(50_000, 100_000_000),
    help="Length of the history that is written first.",
)
SUPERUSERS = click.option(
    "--database-url",
    help="Measure here, as a superuser, and not on an embedded PostgreSQL; it is filled with rubbish.",
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
    _measured(output, database_url, lambda place: ledger.measure(place.folder, rounds, seconds))


@bench_command.command(name="webhooks")
@ROUNDS
@SECONDS
@OUTPUT
@DATABASE
@click.option("--connections", default=32, show_default=True, type=click.IntRange(1, 512))
@click.option("--port", default=19_300, show_default=True, help="First of three ports to use.")
@click.option(
    "--steady",
    type=click.FloatRange(1, 5_000),
    metavar="ORDERS",
    help="Instead: so many orders a second for --seconds, and how long until each is held.",
)
@click.option(
    "--flood",
    type=click.IntRange(1, 1_000_000),
    metavar="ORDERS",
    help="Instead: so many orders at once, and how long until all are held.",
)
@click.option(
    "--neighbours",
    type=click.IntRange(1_000, 1_000_000),
    metavar="ORDERS",
    help="Instead: a flood of so many, and how long another shop's orders and lone claims take"
    " meanwhile.",
)
@told_plainly
def bench_webhooks(
    rounds: int,
    seconds: float,
    output: Path | None,
    database_url: str | None,
    connections: int,
    port: int,
    steady: float | None,
    flood: int | None,
    neighbours: int | None,
) -> None:
    """Webhooks a second that the door stores, beside the bare floor on the same server.

    With --steady, --flood or --neighbours the whole product runs, a worker included, and what is
    measured goes on until the units are held. Every order must be held once and the audit be
    silent, or exit 1.
    """

    def measure(place: Ground) -> Report:
        if steady is not None:
            return traffic.steady(place.folder, steady, seconds, connections, port)
        if flood is not None:
            return traffic.flood(place.folder, flood, connections, port)
        if neighbours is not None:
            return beside.measure(place.folder, neighbours, connections, port)
        return webhooks.measure(place.folder, rounds, seconds, connections, port)

    _measured(output, database_url, measure)


@bench_command.command(name="read")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 100))
@MOVEMENTS
@OUTPUT
@SUPERUSERS
@told_plainly
def bench_read(rounds: int, movements: int, output: Path | None, database_url: str | None) -> None:
    """Balances, a page and an as-of balance over a long history, beside the bare queries.

    Writes the history first (about ten minutes for ten million movements) and says how quickly each
    million went in and how many bytes a movement takes with all its indexes.
    """
    _measured(output, database_url, lambda place: read.measure(place, rounds, movements))


@bench_command.command(name="audit")
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1, 100))
@MOVEMENTS
@click.option("--connections", default=2, show_default=True, type=click.IntRange(1, 16))
@OUTPUT
@SUPERUSERS
@told_plainly
def bench_audit(
    rounds: int, movements: int, connections: int, output: Path | None, database_url: str | None
) -> None:
    """Seconds of an audit over a long history, and whether it names every kind of corruption in it.

    Writes the history first, audits it, spoils it in every way we know, and audits it again.
    """
    _measured(
        output, database_url, lambda place: audit.measure(place, rounds, movements, connections)
    )


@bench_command.command(name="reconcile")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 100))
@click.option(
    "--lines",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(1_000, 10_000_000),
    help="Purchase order lines, with all their papers.",
)
@click.option(
    "--faults",
    is_flag=True,
    help="Instead: seed money faults in so many --rounds, and say which were found.",
)
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same faults.")
@OUTPUT
@SUPERUSERS
@told_plainly
def bench_reconcile(
    rounds: int,
    lines: int,
    faults: bool,
    seed: int,
    output: Path | None,
    database_url: str | None,
) -> None:
    """The match of so many lines: a full pass, other engines, and a thousand changed lines.

    Writes the papers first (some minutes for a million lines). In every round PostgreSQL, DuckDB and
    Polars (where they are installed) match the same papers, loading included, and must answer row for
    row what stands; a full pass must give the rows that following the changed papers gave, and every
    unit and cent must stand in one place, or exit 1. Other engines keep their answer in memory; what
    writing it would cost them is measured once. What the database took of processors and memory is
    read where it runs on this machine.

    With --faults orders are walked against the small Amazon from placing to payment, with every
    kind of money fault that we seed. Prints recall and precision by kind, paper, amount, cause and
    units, with what was missed and what was reported wrongly; exit 1 unless both are 1.
    """
    if faults:
        _faults(rounds, seed, output, database_url)
        return
    _measured(output, database_url, lambda place: reconciling.measure(place, rounds, lines))


@bench_command.command(name="backfill")
@click.option("--orders", default=5_000, show_default=True, type=click.IntRange(100, 100_000))
@click.option("--lines", default=12, show_default=True, type=click.IntRange(1, 200))
@OUTPUT
@DATABASE
@told_plainly
def bench_backfill(orders: int, lines: int, output: Path | None, database_url: str | None) -> None:
    """Half a year of purchase orders read from Amazon, beside what its rates alone would take."""
    _measured(output, database_url, lambda place: backfill.measure(place.folder, orders, lines))


@bench_command.command(name="year")
@click.option("--orders", default=400, show_default=True, type=click.IntRange(24, 5_000))
@click.option(
    "--lines", default=6_000, show_default=True, type=click.IntRange(48, 100_000), help="In all."
)
@click.option("--seed", default=7, show_default=True, help="The same seed walks the same way.")
@click.option("--kill", is_flag=True, help="Jobs are killed at random moments on the way.")
@click.option(
    "--like",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="JSON of a walk of the same size and seed that this one must end like.",
)
@OUTPUT
@DATABASE
@told_plainly
def bench_year(
    orders: int,
    lines: int,
    seed: int,
    kill: bool,
    like: Path | None,
    output: Path | None,
    database_url: str | None,
) -> None:
    """A vendor's orders in two regions from placing to receipt and invoice, with seeded faults.

    Twelve steps against the small Amazon, with fifteen kinds of faults. Says of each what was seeded
    and how the product names it, and where every ordered unit stands at the end. Exit code 1 if a
    fault was not named, an order was missed, anything was sent twice, a unit stands elsewhere than
    Amazon has it, an invoice did not come to its end, or the walk ended otherwise than another one.
    """
    with ground.ground(database_url, None) as place:
        found, took = year.walk_the_year(
            place.folder, orders=orders, lines=lines, seed=seed, kills=kill
        )
    if like is not None:
        year.compare(found, like)
    path = year.write(output or RESULTS / "year.json", found, took)
    click.echo(year.table(found))
    click.echo(f"\nWritten to {path}")
    if found.wrong:
        stop(SOMETHING_WRONG, f"{len(found.wrong)} things are wrong.")


def _faults(rounds: int, seed: int, output: Path | None, database_url: str | None) -> None:
    with ground.ground(database_url, None) as place:
        found, took = money.walk_the_money(place.folder, rounds, seed)
    path = money.write(output or RESULTS / "reconcile-faults.json", found, took)
    click.echo(money.table(found))
    click.echo(f"\nWritten to {path}")
    if found.missed or found.wrongly:
        wrong = len(found.missed) + len(found.wrongly)
        stop(SOMETHING_WRONG, f"{wrong} faults were missed or reported wrongly.")


def _measured(
    output: Path | None, database_url: str | None, measure: Callable[[Ground], Report]
) -> Any:
    try:
        with ground.ground(database_url, None) as place:
            report = measure(place)
    except (ground.BooksAreWrong, webhooks.LostWebhooks, backfill.NotAllRead) as wrong:
        stop(SOMETHING_WRONG, str(wrong))
    path = report.write(output or RESULTS / f"{report.bench}.json")
    click.echo(report.table())
    click.echo(f"\nWritten to {path}")
