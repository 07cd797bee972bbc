"""`holdfast import`: a shop's catalogue, once more."""

from __future__ import annotations

import click
from redis import RedisError

from app import bell
from app.commands.common import chosen_shops, told_plainly
from app.config import require
from app.db import run
from app.shopify import catalog


@click.command(name="import")
@click.option("--shop", metavar="DOMAIN", required=True, help="For example acme.myshopify.com.")
@told_plainly
def import_command(shop: str) -> None:
    """Import a shop's catalogue again: items, aliases, locations, open orders.

    The opening balances are stated anew, and webhooks wait until that is done. Runs in the worker;
    watch it on the home screen. Exit code 5 if there is no such shop.
    """
    require("database_url", "redis_url")
    (shop_id,) = chosen_shops(shop)
    run(catalog.begin, shop_id)
    try:
        bell.ring("catalog", shop_id)
    except RedisError:
        click.echo("Redis is away; the import starts when a worker finds it due.", err=True)
    click.echo(f"The catalogue of {shop} will be imported again.")
