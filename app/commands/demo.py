"""`holdfast demo`: the whole product on this machine."""

from __future__ import annotations

import click

from app.commands.common import told_plainly
from app.demo.run import echo, run_demo


@click.command(name="demo")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 8))
@click.option("--live/--quiet", default=True, help="Whether orders keep coming in.")
@click.option("--verbose", is_flag=True, help="Also print what all parts log.")
@told_plainly
def demo_command(workers: int, live: bool, verbose: bool) -> None:
    """Start the whole product with a simulated Shopify and Amazon and sample data.

    Starts PostgreSQL and Valkey in HOLDFAST_DATA unless DATABASE_URL and REDIS_URL name others, and
    each simulator unless SHOPIFY_ADMIN_ORIGIN or SP_API_ORIGIN names another. Uses PORT and the two
    ports after it. Secrets it makes up are kept in HOLDFAST_DATA/demo.env; the environment wins.
    Ctrl-C ends it all and leaves nothing running; the next start continues. Exit code 1 if it could
    not start or a part ended by itself.
    """
    raise SystemExit(run_demo(echo, workers=workers, live=live, verbose=verbose))
