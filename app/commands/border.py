"""`holdfast sync`, `import` and `replay`: the border, by hand."""

from __future__ import annotations

import click
from sqlmodel import Session, col, select

from app import messages
from app.commands.common import (
    SOMETHING_WRONG,
    chosen_shops,
    shop_option,
    stop,
    told_plainly,
)
from app.config import require
from app.connections import connections
from app.db import run, shop_of
from app.inventory import kinds
from app.inventory.models import Discrepancy
from app.jobs import JOBS, do, due
from app.messages import Message
from app.shopify import counting
from app.shops import this_shop

MOST_ROUNDS = 20


@click.command(name="sync")
@shop_option
@click.option("--poll/--no-poll", default=True, help="Also ask Amazon for purchase orders now.")
@click.option(
    "--count/--no-count", default=True, help="Also read all of Shopify's quantities and compare."
)
@told_plainly
def sync_command(shop: str | None, poll: bool, count: bool) -> None:
    """Do now, in this process, whatever is due with Shopify and Amazon.

    Needs no queue and no worker; safe beside running ones. Exit code 1 if a job failed or messages
    are still waiting at the end. A difference to Shopify's quantities is reported only when it has
    stood for COUNT_GRACE_SECONDS, so a first look may find none that a second does.
    """
    require("database_url", "redis_url", "encryption_keys")
    shop_ids = set(chosen_shops(shop))
    failed = 0
    if poll:
        for shop_id in sorted(shop_ids):
            if run(_polls_amazon, shop_id):
                failed += _done("amazon_poll", shop_id)
    if count:
        for shop_id in shop_ids:
            run(counting.begin, shop_id)
    for _ in range(MOST_ROUNDS):
        found = [one for one in due() if one.shop_id in shop_ids]
        if not found or failed:
            break
        failed += sum(_done(job, shop_id) for job, shop_id in found)
    left = sum(run(_waiting, shop_id) for shop_id in shop_ids)
    different = sum(run(_differences, shop_id) for shop_id in shop_ids)
    click.echo(f"{different} differences to Shopify's quantities are open.")
    click.echo(f"{left} messages still wait; {failed} jobs failed.")
    raise SystemExit(SOMETHING_WRONG if left or failed else 0)


@click.command(name="replay")
@shop_option
@click.option("--channel", type=click.Choice(["shopify", "amazon"]), help="Only this channel.")
@click.option("--topic", help="Only this topic, for example orders/create.")
@click.option("--id", "message_ids", type=int, multiple=True, help="Only this message; repeatable.")
@click.option("--dry-run", is_flag=True, help="Only list what would be replayed.")
@told_plainly
def replay_command(
    shop: str | None,
    channel: str | None,
    topic: str | None,
    message_ids: tuple[int, ...],
    dry_run: bool,
) -> None:
    """Make dead messages wait again, due now. Safe: every handler may run twice.

    With --id also messages that are done. Prints each with the reason it had died of. Exit code 5
    if there is nothing to replay.
    """
    require("database_url")
    count = 0
    for shop_id in chosen_shops(shop):
        count += run(_replayed, shop_id, channel, topic, message_ids, dry_run)
    if not count:
        stop(5, "There is no such message to replay.")
    click.echo(f"{count} messages {'would be' if dry_run else 'are'} replayed.")


def _done(job: str, shop_id: int) -> int:
    """Runs one job; 1 if it failed."""
    try:
        do(job, shop_id)
    except Exception as error:
        click.echo(f"{job} of shop {shop_id} failed: {error}", err=True)
        return 1
    return 0


def _polls_amazon(session: Session) -> bool:
    return "amazon_poll" in JOBS and bool(connections(session, "amazon"))


def _differences(session: Session) -> int:
    query = select(Discrepancy).where(
        Discrepancy.shop_id == shop_of(session),
        Discrepancy.kind == kinds.COUNT,
        col(Discrepancy.status).in_(("open", "in_progress")),
    )
    return len(session.exec(query).all())


def _waiting(session: Session) -> int:
    return len(messages.waiting(session))


def _replayed(
    session: Session,
    channel: str | None,
    topic: str | None,
    message_ids: tuple[int, ...],
    dry_run: bool,
) -> int:
    query = select(Message).where(Message.shop_id == shop_of(session))
    if message_ids:
        query = query.where(
            col(Message.message_id).in_(message_ids), col(Message.state) != "waiting"
        )
    else:
        query = query.where(Message.state == "dead")
    if channel:
        query = query.where(Message.channel == channel)
    if topic:
        query = query.where(Message.topic == topic)
    rows = session.exec(query.order_by(col(Message.message_id)).with_for_update()).all()
    domain = this_shop(session).domain if rows else ""
    for row in rows:
        click.echo(
            f"{domain} {row.message_id} {row.direction} {row.topic}: {row.error or row.state}"
        )
        if not dry_run:
            messages.replay(row)
    return len(rows)
