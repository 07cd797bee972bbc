"""`holdfast migrate`, `audit`, `keys` and `openapi`: looking after what is installed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import click
from cryptography.fernet import Fernet
from sqlmodel import Session, col, select

from app import secrets
from app.commands.common import SOMETHING_WRONG, chosen_shops, shop_option, told_plainly
from app.config import require, settings
from app.connections import Connection
from app.db import run, shop_of
from app.inventory import audit
from app.migrations import migrate, pending
from app.overview.alerts.tables import AlertAddress
from app.shops import this_shop
from app.vendor.reconciliation import full as full_pass
from app.vendor.reconciliation import restating
from app.web import routed, specification

CONNECTIONS = 2
"""Checks that the audit runs side by side; a large one is bound by what one connection can do."""


@click.command(name="migrate")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a migration is pending.")
@told_plainly
def migrate_command(check: bool) -> None:
    """Bring the database to this version's tables.

    Run it before the new version's processes start (the Procfile's `release`). Several at once do
    no harm: one migrates, the others wait and find nothing to do.
    """
    require("database_url")
    revision = pending(settings().database_url)
    if revision is None:
        click.echo("The database is up to date.")
    elif check:
        click.echo(f"Pending: {revision}")
        raise SystemExit(SOMETHING_WRONG)
    else:
        migrate(settings().database_url)
        click.echo(f"The database is now at {revision}.")


@click.command(name="audit")
@shop_option
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON, one object for each shop.")
@told_plainly
def audit_command(shop: str | None, as_json: bool) -> None:
    """Check the books of every shop by the named queries that must return no rows.

    Prints what they find and keeps it for the screen. Repairs nothing. Exit code 1 if anything was
    found.
    """
    found = 0
    for shop_id in chosen_shops(shop):
        found_here = _looked_for(shop_id)
        domain, findings = run(_kept, shop_id, found_here)
        found += len(findings)
        if as_json:
            click.echo(json.dumps({"shop": domain, "findings": findings}))
            continue
        click.echo(f"{domain}: {len(audit.checks())} checks, {len(findings)} findings")
        for finding in findings:
            click.echo(f"  {finding['check']}: {json.dumps(finding['detail'])}")
    raise SystemExit(SOMETHING_WRONG if found else 0)


@click.command(name="reconcile")
@shop_option
@click.option("--full", is_flag=True, help="Every line and invoice anew, not only what is due.")
@told_plainly
def reconcile_command(shop: str | None, full: bool) -> None:
    """Match every purchase order line with its papers, from ordered to paid.

    Follows the papers that have changed since the last time; with --full it looks at all of them,
    and says how many rows came out other than they stood. Both ways give the same rows.
    """
    for shop_id in chosen_shops(shop):
        if full:
            written = full_pass.restate_all(shop_id)
            restating.state_all(shop_id)
            domain = run(_domain, shop_id)
            click.echo(f"{domain}: {written.lines} lines and {written.invoices} invoices changed")
        else:
            restating.reconcile(shop_id)


@click.command(name="keys")
@click.option("--rotate", is_flag=True, help="Seal every stored secret with the newest key.")
@told_plainly
def keys_command(rotate: bool) -> None:
    """Print a new key for ENCRYPTION_KEYS, or rotate to the newest one.

    To rotate: put a new key in front of the old ones in ENCRYPTION_KEYS, restart all processes, run
    `holdfast keys --rotate`, then take the old keys away. Secrets sealed with a key that is gone
    are lost.
    """
    if not rotate:
        click.echo(Fernet.generate_key().decode())
        return
    require("encryption_keys")
    sealed = sum(run(_seal_again, shop_id) for shop_id in chosen_shops(None))
    click.echo(f"{sealed} secrets are sealed with the newest key.")


@click.command(name="openapi")
@told_plainly
def openapi_command() -> None:
    """Print the HTTP API as OpenAPI 3.1, as served at /openapi.json.

    Generated from the routes, so it cannot differ from what is served. Opens no connection.
    """
    click.echo(json.dumps(specification(routed()), indent=2))


def _looked_for(shop_id: int) -> list[audit.Finding]:
    def look(check: str) -> list[audit.Finding]:
        return run(audit.findings_of, shop_id, check)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [finding for part in pool.map(look, audit.checks()) for finding in part]


def _kept(session: Session, found: list[audit.Finding]) -> tuple[str, list[dict[str, object]]]:
    return this_shop(session).domain, audit.keep(session, found).findings


def _seal_again(session: Session) -> int:
    rows = session.exec(
        select(Connection)
        .where(Connection.shop_id == shop_of(session))
        .order_by(col(Connection.connection_id))
        .with_for_update()
    )
    count = 0
    for row in rows:
        for name in ("access_token", "refresh_token"):
            stored = getattr(row, name)
            if stored:
                setattr(row, name, secrets.rotate(stored))
                count += 1
    addresses = session.exec(
        select(AlertAddress)
        .where(AlertAddress.shop_id == shop_of(session))
        .order_by(col(AlertAddress.address_id))
        .with_for_update()
    )
    for address in addresses:
        address.sealed = secrets.rotate(address.sealed)
        count += 1
    return count


def _domain(session: Session) -> str:
    return this_shop(session).domain
