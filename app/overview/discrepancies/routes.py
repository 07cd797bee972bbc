"""Discrepancies over HTTP: found by filters, summed by currency, one by one with all beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import Session

from app.errors import Refused
from app.http import (
    Answer,
    APIBlueprint,
    Money,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.inventory import kinds, working
from app.inventory.models import Discrepancy
from app.overview.discrepancies import views
from app.overview.discrepancies.finding import (
    CURRENCY,
    KEYS,
    KNOWN,
    SOON,
    VALUE,
    Filters,
    Order,
    Status,
    in_order,
    keys_of,
    narrowed,
    of_status,
)

DISCREPANCIES = Tag(
    name="discrepancies",
    description="Where others count otherwise than the books, and where papers about money disagree.",
)
api = APIBlueprint("discrepancies", __name__, url_prefix="/api", abp_tags=[DISCREPANCIES])

AGES = (("week", 7), ("month", 30), ("quarter", 90))


class DiscrepanciesQuery(PageQuery, Filters):
    """Which discrepancies are listed; open ones unless said otherwise."""

    status: Status | Literal["standing", "all"] = Field(
        default="open", description="`standing`: open or in progress."
    )
    order: Order = Field(
        default="newest",
        description="By `amount`, the largest first within each currency; without money last.",
    )


class SummaryQuery(Filters):
    """Which discrepancies are summed."""

    status: Status | Literal["standing", "all"] = "standing"


class DiscrepancyPath(BaseModel):
    """Which discrepancy."""

    discrepancy_id: int = Field(ge=1, le=2**31 - 1)


class DiscrepancyBody(BaseModel):
    """What a person notes of a discrepancy; what is left out is emptied."""

    owner: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=1000)


class SumView(Answer):
    """Money in question in one currency; `in_favour` is what the shop would have to give back."""

    currency: str
    count: int
    owed: Money
    in_favour: Money


class KindSum(views.KindView):
    """How many there are of a kind, with their money by currency."""

    count: int
    sums: list[SumView]


class SummaryView(Answer):
    """What the filters find. `sums` is of the papers' kinds alone: stock is not money owed."""

    count: int
    unowned: int
    overdue: int
    due_soon: int
    ages: dict[str, int] = Field(description="How many have been open for up to so long.")
    statuses: dict[str, int] = Field(description="Of every status, whatever is asked for.")
    sums: list[SumView]
    kinds: list[KindSum]
    owners: list[str]


@api.get("/discrepancies", responses={200: Page[views.DiscrepancyView]})
def list_discrepancies(query: DiscrepanciesQuery) -> Any:
    """Discrepancies of one status, newest first unless another order is asked for."""
    keys = decode_cursor(query.cursor, KEYS[query.order])
    with shop_transaction() as session:
        wanted = narrowed(sa.select(Discrepancy), session, query).where(of_status(query.status))
        rows = (
            session.execute(in_order(wanted, query.order, keys).limit(query.limit + 1))
            .scalars()
            .all()
        )
        shown = views.briefs(session, rows)
        _, cursor = cut_page(
            list(zip(rows, shown, strict=True)),
            query.limit,
            lambda pair: keys_of(query.order, pair[0], pair[1].value),
        )
    return answer(
        Page[views.DiscrepancyView](data=shown[: query.limit], next_cursor=cursor),
    )


@api.get("/discrepancies/summary", responses={200: SummaryView})
def sum_discrepancies(query: SummaryQuery) -> Any:
    """How many there are and how much is in question, by kind and currency; deadlines and ages."""
    with shop_transaction() as session:
        view = _summary(session, query)
    return answer(view)


@api.get("/discrepancies/<int:discrepancy_id>", responses={200: views.DiscrepancyDetail})
def read_discrepancy(path: DiscrepancyPath) -> Any:
    """One discrepancy with its history, comments, tasks, papers and write-offs."""
    with found(path.discrepancy_id) as (session, row):
        view = views.whole(session, row)
    return answer(view)


@api.put("/discrepancies/<int:discrepancy_id>", responses={200: views.DiscrepancyDetail})
def describe_discrepancy(path: DiscrepancyPath, body: DiscrepancyBody) -> Any:
    """Says who looks after it, and what is known of it."""
    actor = principal().actor
    with found(path.discrepancy_id) as (session, row):
        working.give(session, row, body.owner or None, actor=actor)
        row.note = body.note
        session.flush()
        view = views.whole(session, row)
    return answer(view)


@contextmanager
def found(discrepancy_id: int) -> Iterator[tuple[Session, Discrepancy]]:
    """One reported discrepancy of the shop that asks, locked. Raises Refused("not_found", 404)."""
    with shop_transaction() as session:
        row = working.locked(session, discrepancy_id)
        if row is None or row.status == "noticed":
            raise Refused("not_found", "There is no such discrepancy in this shop.", status=404)
        yield session, row


def _summary(session: Session, query: SummaryQuery) -> SummaryView:
    now = datetime.now(UTC)
    wanted = of_status(query.status)
    age = sa.func.extract("epoch", now - sa.func.coalesce(KNOWN.opened_at, KNOWN.first_seen_at))
    counts = session.execute(
        narrowed(
            sa.select(
                sa.func.count(),
                sa.func.count().filter(KNOWN.owner.is_(None)),
                sa.func.count().filter(KNOWN.deadline < now),
                sa.func.count().filter(KNOWN.deadline.between(now, now + SOON)),
                *(sa.func.count().filter(age < days * 86_400) for _, days in AGES),
            ),
            session,
            query,
        ).where(wanted)
    ).one()
    younger = [0, *counts[4:], counts[0]]
    statuses = session.execute(
        narrowed(sa.select(KNOWN.status, sa.func.count()), session, query).group_by(KNOWN.status)
    )
    owners = session.execute(
        sa.select(KNOWN.owner)
        .where(KNOWN.shop_id == session.info["shop_id"], KNOWN.owner.is_not(None))
        .distinct()
        .order_by(KNOWN.owner)
        .limit(500)
    )
    by_kind = _by_kind(session, query)
    return SummaryView(
        count=counts[0],
        unowned=counts[1],
        overdue=counts[2],
        due_soon=counts[3],
        ages={
            name: younger[place + 1] - younger[place]
            for place, name in enumerate((*(name for name, _ in AGES), "older"))
        },
        statuses={row[0]: row[1] for row in statuses},
        sums=_added([one for kind, sums in by_kind.items() if kind != kinds.COUNT for one in sums]),
        kinds=[
            KindSum(
                **view.model_dump(),
                count=sum(one.count for one in by_kind.get(view.kind, [])),
                sums=[one for one in by_kind.get(view.kind, []) if one.currency],
            )
            for view in views.kind_views()
        ],
        owners=list(owners.scalars()),
    )


def _by_kind(session: Session, query: SummaryQuery) -> dict[str, list[SumView]]:
    """Sums by kind and currency; those without money have an empty currency."""
    rows = session.execute(
        narrowed(
            sa.select(
                KNOWN.kind,
                sa.func.coalesce(CURRENCY, ""),
                sa.func.count(),
                sa.func.coalesce(sa.func.sum(VALUE).filter(VALUE > 0), 0),
                sa.func.coalesce(sa.func.sum(-VALUE).filter(VALUE < 0), 0),
            ),
            session,
            query,
        )
        .where(of_status(query.status))
        .group_by(KNOWN.kind, CURRENCY)
        .order_by(KNOWN.kind, CURRENCY)
    )
    found: dict[str, list[SumView]] = {}
    for kind, currency, count, owed, in_favour in rows:
        found.setdefault(kind, []).append(
            SumView(
                currency=currency,
                count=count,
                owed=Money(amount=owed, currency=currency),
                in_favour=Money(amount=in_favour, currency=currency),
            )
        )
    return found


def _added(sums: list[SumView]) -> list[SumView]:
    """One sum per currency, never across currencies."""
    found: dict[str, SumView] = {}
    for one in sums:
        if not one.currency:
            continue
        known = found.get(one.currency)
        found[one.currency] = (
            one.model_copy(deep=True)
            if known is None
            else SumView(
                currency=one.currency,
                count=known.count + one.count,
                owed=Money(amount=known.owed.amount + one.owed.amount, currency=one.currency),
                in_favour=Money(
                    amount=known.in_favour.amount + one.in_favour.amount, currency=one.currency
                ),
            )
        )
    return [found[currency] for currency in sorted(found)]
