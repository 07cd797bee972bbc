"""The product's side of the year: its shop, its jobs as processes that may be killed, its papers."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app import jobs, secrets
from app.bench import ground
from app.bench.year.amazon import CODES, token_of
from app.connections import Connection
from app.db import after_fork, database_time, run, shop_of, transaction
from app.inventory.models import Alias
from app.vendor import billing, invoices
from app.vendor.answering import automatic
from app.vendor.answering.rules import AnswerRule
from app.vendor.billing import Billing
from app.vendor.shipping import drafts, sending
from app.vendor.tables import Shipment

ASIN = "B0YEAR{:04}"
RULE = AnswerRule(name="as held", cost="any", least_held_percent=1, answer="as_held")
ADDRESS = {
    "name": "Year",
    "line1": "1 Mill Lane",
    "city": "Portland",
    "state": "OR",
    "postal_code": "97201",
    "country": "US",
}
LET_PASS = """
UPDATE message SET due_at = due_at - :span, response = CASE WHEN response ? 'since'
    THEN jsonb_set(response, '{since}', to_jsonb(
        ((response ->> 'since')::timestamptz - :span)::text)) ELSE response END
WHERE shop_id = :shop AND state = 'waiting' AND direction = 'out' AND channel = 'amazon'
"""
WAITING = """
SELECT count(*) FROM message
WHERE shop_id = :shop AND state = 'waiting' AND direction = 'out' AND channel = 'amazon'
"""
PAUSES = (6, 60, 300, 600, 900, 1800, 3600, 3600, 7200)


@dataclass
class Product:
    """One shop with a connection in each region; where jobs are killed, each is a process."""

    shop_id: int
    location_id: int
    chance: random.Random
    kills: bool = False
    killed: int = 0
    submissions_are_faulty: bool = False
    failed: list[str] = field(default_factory=list)
    _took: dict[str, float] = field(default_factory=dict)

    def do(self, job: str) -> None:
        """Runs a job; with kills in a process, mostly after one that dies at a random moment.

        The moment is anywhere in the longest time that the job has taken so far.
        """
        if self.kills and not self.submissions_are_faulty and self.chance.random() < 0.7:
            if self._in_a_process(job, self.chance.uniform(0.0, self._took.get(job, 0.6))):
                self.killed += 1
            self.execute(
                "UPDATE poll_window SET leased_until = NULL WHERE shop_id = :shop",
                shop=self.shop_id,
            )
            self.let_pass(timedelta(minutes=3))
        if self.kills:
            began = time.monotonic()
            self._in_a_process(job, None)
            self._took[job] = max(self._took.get(job, 0.0), time.monotonic() - began)
        else:
            self._here(job)

    def follow(self) -> None:
        """Sends what waits and looks at it, while time passes, until nothing waits any more."""
        self.do("amazon_out")
        for seconds in PAUSES:
            if not self.rows(WAITING, shop=self.shop_id)[0][0]:
                return
            time.sleep(0.35)  # the simulated Amazon acts in real time
            self.let_pass(timedelta(seconds=seconds))
            self.do("amazon_out")

    def let_pass(self, span: timedelta) -> None:
        """Moves everything that waits to be sent or looked at into the past by this span."""
        self.execute(LET_PASS, span=span, shop=self.shop_id)

    def rows(self, statement: str, **given: Any) -> list[Any]:
        """What a query finds in the shop."""
        with transaction(self.shop_id) as session:
            return list(session.execute(text(statement), given))

    def execute(self, statement: str, **given: Any) -> None:
        """Changes something in the shop that only time would."""
        with transaction(self.shop_id) as session:
            session.execute(text(statement), given)

    def ship(self, region: str, *numbers: str) -> str:
        """An operator ships all that is held of orders on one truck; returns its identifier."""
        return run(_ship, self.shop_id, region, numbers, self.location_id)

    def ship_again(self, region: str, identifier: str) -> None:
        """An operator sends a refused notice again."""
        run(_ship_again, self.shop_id, region, identifier)

    def say_how_billed(self) -> None:
        """An operator says how the vendor codes of the first region are billed."""
        run(_say_how_billed, self.shop_id)

    def bill(self, region: str, number: str) -> str:
        """An operator invoices what was received of an order; returns the invoice's number."""
        return run(_bill, self.shop_id, region, number)

    def send_invoice_again(self, invoice_id: int) -> None:
        """An operator sends an invoice again, under its number."""
        run(_send_invoice_again, self.shop_id, invoice_id)

    def _here(self, job: str) -> None:
        """Runs a job in this process, where all that it needs is loaded and planned already."""
        try:
            jobs.do(job, self.shop_id)
        except Exception:
            self.failed.append(job)

    def _in_a_process(self, job: str, seconds: float | None) -> bool:
        """Runs a job in a process; True when it was killed before it ended."""
        child = os.fork()
        if child == 0:
            try:
                after_fork()
                jobs.do(job, self.shop_id)
                os._exit(0)
            except BaseException:
                os._exit(1)
        if seconds is not None:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                if os.waitpid(child, os.WNOHANG)[0]:
                    return False
                time.sleep(0.005)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return True
        _pid, status = os.waitpid(child, 0)
        if status:
            self.failed.append(job)
        return False


def open_for_business(items: int, scarce: int, chance: random.Random, kills: bool) -> Product:
    """A shop with plenty of all items but the last `scarce` ones, of which there is nothing."""
    shop_id, location_id, item_ids = ground.make_shop(ground.SHOP, items)
    without = run(_scarce_items, shop_id, scarce)
    run(_set_up, shop_id, [*item_ids, *without])
    return Product(shop_id, location_id, chance, kills)


def _scarce_items(session: Session, count: int) -> list[int]:
    made = session.execute(
        text(
            "INSERT INTO item (shop_id, sku, title, units_per_case, tracked, created_at, updated_at)"
            " SELECT :shop, 'NONE-' || n, 'None ' || n, 1, true, now(), now()"
            " FROM generate_series(1, :count) AS n RETURNING item_id"
        ),
        {"shop": shop_of(session), "count": count},
    )
    return list(made.scalars())


def _set_up(session: Session, item_ids: list[int]) -> None:
    shop_id = shop_of(session)
    for number, item_id in enumerate(item_ids, start=1):
        value = ASIN.format(number)
        session.add(Alias(shop_id=shop_id, kind="asin", value=value, item_id=item_id))
    for region in CODES:
        session.add(
            Connection(
                shop_id=shop_id,
                channel="amazon",
                reference=f"{region}:year",
                name=region,
                region=region,
                refresh_token=secrets.encrypt(token_of(region)),
                connected_at=database_time() - timedelta(days=400),
            )
        )
    automatic.keep(session, [RULE], seen=0, by="user:1")


def _say_how_billed(session: Session) -> None:
    for code in CODES["na"]:
        said = Billing(
            marketplace="US",
            payee_code=code,
            cost_basis="each",
            tax_in_total=True,
            tax_treatment="none",
            tax_registration_number=None,
            remit_to=ADDRESS,
            bill_to=ADDRESS | {"party_id": "AMZN1", "name": "Amazon.com Services LLC"},
            terms={
                "type": "Basic",
                "net_days": 60,
                "discount_percent": "2",
                "discount_days": 30,
            },
            number_prefix=f"{code}-",
            next_number=1,
            draft_from="hand",
        )
        billing.keep(session, "na", code, said, by="user:1")


def _ship(session: Session, region: str, numbers: Sequence[str], location_id: int) -> str:
    shipment = drafts.start(session, region, numbers, location_id=location_id, actor="user:1")
    shipment.carton_count = 2
    _send(session, shipment)
    return shipment.identifier


def _ship_again(session: Session, region: str, identifier: str) -> None:
    key = (shop_of(session), region, identifier)
    shipment = session.get_one(Shipment, key, with_for_update=True)
    drafts.correct(session, shipment)
    _send(session, shipment)


def _send(session: Session, shipment: Shipment) -> None:
    sending.send(
        session,
        shipment,
        shipped_at=database_time() - timedelta(minutes=1),
        despite_warnings=True,
        release_rest=False,
        actor="user:1",
    )


def _bill(session: Session, region: str, number: str) -> str:
    draft = invoices.draft(session, region, [number], "receipts", actor="user:1")
    made = invoices.issue(session, draft.invoice_id, None)
    assert made.number is not None
    return made.number


def _send_invoice_again(session: Session, invoice_id: int) -> None:
    invoices.resend(session, invoice_id)
