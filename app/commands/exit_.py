"""`holdfast exit`: give back everything that Holdfast holds in a store, and take the file along."""

from __future__ import annotations

from pathlib import Path

import click
from sqlmodel import Session

from app.commands.common import REFUSED, SOMETHING_WRONG, chosen_shops, stop, told_plainly
from app.config import require
from app.db import run
from app.jobs import do
from app.overview import leaving, workbook
from app.overview.leaving import Leaving
from app.shops import this_shop

MOST_ROUNDS = 100


@click.command(name="exit")
@click.option(
    "--shop", metavar="DOMAIN", required=True, help="The shop, for example acme.myshopify.com."
)
@click.option("--yes", is_flag=True, help="Give everything back; without it only say what is held.")
@click.option("--stay", is_flag=True, help="Think better of it: open orders hold units again.")
@click.option(
    "--workbook",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the hand-over workbook (XLSX) here.",
)
@told_plainly
def exit_command(shop: str, yes: bool, stay: bool, file: Path | None) -> None:
    """Give back every unit that Holdfast put into reserved and safety stock, and tell Shopify.

    No new hold is taken from then on. Works in this process, needs no worker, and may be repeated:
    it goes on where it was. Exit code 1 while something is still held or not told.
    """
    require("database_url", "redis_url", "encryption_keys")
    if yes and stay:
        stop(2, "Choose --yes or --stay.")
    (shop_id,) = chosen_shops(shop)
    found = (
        run(_began, shop_id) if yes else run(leaving.stay if stay else leaving.progress, shop_id)
    )
    if yes or stay:
        if not found.connected:
            stop(
                REFUSED, "The store is not connected, so Shopify cannot be told; install it again."
            )
        found = _told(shop_id, found)
    if file is not None:
        file.write_bytes(run(workbook.build, shop_id))
        click.echo(f"The hand-over workbook is in {file}.")
    click.echo(
        f"{found.held_units} units held by {found.holds} holds; {found.held_for_others} are others'."
    )
    click.echo(f"{found.waiting} movements are still to be told to Shopify, {found.dead} are dead.")
    if yes and found.done:
        click.echo("Nothing of Holdfast's is left in the store; the app may be taken away.")
    raise SystemExit(SOMETHING_WRONG if yes and not found.done else 0)


def _began(session: Session) -> Leaving:
    return leaving.begin(session, actor="operator", confirm=this_shop(session).domain)


def _told(shop_id: int, found: Leaving) -> Leaving:
    """Tells Shopify, until nothing waits or nothing more can be done now."""
    for _ in range(MOST_ROUNDS):
        if not found.waiting:
            break
        do("shopify_out", shop_id)
        before, found = found, run(leaving.progress, shop_id)
        if found.waiting >= before.waiting:
            break
    return found
