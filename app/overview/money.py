"""The money that needs somebody now, over HTTP: three sums by currency, each opening into its rows."""

from __future__ import annotations

from typing import Any

from flask_openapi3.blueprint import APIBlueprint

from app.db import database_time
from app.http import Answer, Moment, Money, answer, shop_transaction
from app.overview.home import HOME
from app.vendor.cash.standing import NOT_LATE, standings
from app.vendor.disputes.closing import closing
from app.vendor.reconciliation.unbilled import not_invoiced

api = APIBlueprint("money", __name__, url_prefix="/api", abp_tags=[HOME])


class MoneyAction(Answer):
    """So many papers with so much money in one currency; `by` is the first day that is running out.

    `amount` is null where no cost is stated.
    """

    currency: str | None
    count: int
    amount: Money | None
    by: Moment | None


class MoneyView(Answer):
    """What to do about money: `closing` may be disputed within 14 days or never well, `not_invoiced`
    was received and waits too long for its invoice (lines), `overdue` should have been paid."""

    closing: list[MoneyAction]
    not_invoiced: list[MoneyAction]
    overdue: list[MoneyAction]


@api.get("/money", responses={200: MoneyView})
def read_money() -> Any:
    """What to do about money next, each currency by itself."""
    with shop_transaction() as session:
        now = database_time()
        view = MoneyView(
            closing=[
                MoneyAction(
                    currency=one.currency,
                    count=one.deductions,
                    amount=Money(amount=one.amount, currency=one.currency),
                    by=one.by,
                )
                for one in closing(session, now)
            ],
            not_invoiced=[
                MoneyAction(
                    currency=one.currency, count=one.late_lines, amount=one.late_amount, by=None
                )
                for one in not_invoiced(session, now=now)
                if one.late_lines
            ],
            overdue=[
                MoneyAction(
                    currency=one.currency,
                    count=sum(
                        part.invoices for name, part in one.ageing.items() if name not in NOT_LATE
                    ),
                    amount=Money(amount=one.overdue, currency=one.currency),
                    by=None,
                )
                for one in standings(session, now)
                if one.overdue > 0
            ],
        )
    return answer(view)
