"""The poll of a shop: every connection is asked what is new, and what was read is followed."""

from __future__ import annotations

import structlog
from sqlmodel import Session

from app.bell import ring_after_commit
from app.connections import locked
from app.db import run
from app.errors import GiveUp, RetryLater
from app.vendor import access, drafting, past_orders
from app.vendor.answering import automatic
from app.vendor.bank import matching as bank
from app.vendor.disputes import working as disputes
from app.vendor.finance import reading as finance
from app.vendor.orders import map_again
from app.vendor.payments import findings as payment_findings
from app.vendor.payments import reading as remittances
from app.vendor.polling import windows
from app.vendor.polling.filing import connections_of, read_again
from app.vendor.polling.sweeping import sweep
from app.vendor.self_test.asking import WORKED, worked

log = structlog.get_logger(__name__)

MATCH = "reconcile"


def poll(shop_id: int) -> None:
    """Asks every connection of the shop what is new. May run twice, and may die half-way.

    The match of what was read is rung for and not done here: Amazon's rates are the clock of a poll.
    """
    run(read_again, shop_id)
    for connection_id in run(_connected, shop_id):
        if not run(windows.lease, shop_id, connection_id):
            continue
        try:
            sweep(run(locked, shop_id, connection_id))
            run(_note_good, shop_id, connection_id)
        except (RetryLater, GiveUp) as error:
            log.warning("amazon_poll_failed", connection_id=connection_id, error=error.detail)
            access.note_failure(shop_id, connection_id, error)
        finally:
            run(windows.release, shop_id, connection_id)
    run(map_again, shop_id)
    run(past_orders.keep, shop_id)
    automatic.answer_by_rule(shop_id)
    run(drafting.draft_by_rule, shop_id)
    finance.read(shop_id)
    remittances.read(shop_id)
    run(payment_findings.state, shop_id)
    run(bank.state, shop_id)
    disputes.follow(shop_id)
    run(ring_after_commit, shop_id, MATCH)


def _connected(session: Session) -> list[int]:
    return [row.connection_id for row in connections_of(session) if row.state == "connected"]


def _note_good(session: Session, connection_id: int) -> None:
    row = locked(session, connection_id)
    row.worked()
    session.add(row)
    worked(session, connection_id, *WORKED)
