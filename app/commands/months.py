"""`holdfast months`: the months that movements lie in, and moving old ones away."""

from __future__ import annotations

from datetime import datetime

import click
from sqlmodel import Session

from app.commands.common import chosen_shops, told_plainly
from app.config import require
from app.db import run
from app.inventory import months


@click.command(name="months")
@click.option(
    "--move-before",
    type=click.DateTime(["%Y-%m"]),
    metavar="YYYY-MM",
    help="Take every month before this one out of the ledger.",
)
@told_plainly
def months_command(move_before: datetime | None) -> None:
    """List the months of movements, or take old ones out of the ledger's way.

    A month that is moved away becomes a table of its own (`moved_movement_2026_01`), to be dumped
    and dropped. Balances stay; history and as-of balances begin with the first month that is left.
    Refused unless every shop was audited within a day without a finding. See docs/growth.md.
    """
    require("database_url")
    if move_before is not None:
        for shop_id in chosen_shops(None):
            run(months.require_movable, shop_id, move_before.date())
        for one in run(months.months, None):
            if one.month < move_before.date():
                click.echo(f"{one.month:%Y-%m} is now {run(months.move_away, None, one.month)}")
    for line in run(_table, None):
        click.echo(line)


def _table(session: Session) -> list[str]:
    return [
        f"{one.month:%Y-%m}  {one.movements:>12,} movements  {one.bytes / 1_048_576:>10,.1f} MB"
        for one in months.months(session)
    ]
