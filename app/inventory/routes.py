"""The core over HTTP: items, movements, holds, what is to come, the audit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import select

from app.errors import Refused
from app.http import (
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.inventory import arrival_views, arrivals, audit, futures, queries, tying, views
from app.inventory.models import Count, State

STOCK = Tag(name="stock", description="Items, what stands where, and the movements behind it.")
api = APIBlueprint("inventory", __name__, url_prefix="/api", abp_tags=[STOCK])


class ItemsQuery(PageQuery):
    search: str | None = Field(default=None, max_length=200)
    in_collision: bool = False
    sort: Literal["sku", "available"] = "sku"


class ItemPath(BaseModel):
    item_id: int = Field(ge=1, le=2**31 - 1)


class AsOfQuery(BaseModel):
    as_of: AwareDatetime | None = None


class MovementsQuery(PageQuery):
    state: State | None = None
    location_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    as_of: AwareDatetime | None = None


class HoldsQuery(PageQuery):
    item_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    kind: str | None = None


class ArrivalsQuery(PageQuery):
    status: Literal["expected", "ended"] = "expected"
    item_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


class ArrivalRow(BaseModel):
    """Units that one paper announces; the item by SKU, barcode or ASIN, the location by name."""

    reference: str = Field(min_length=1, max_length=100)
    sku: str = Field(min_length=1, max_length=255)
    location: str = Field(min_length=1, max_length=255)
    units: int = Field(ge=1, le=2**31 - 1, description="Eaches.")
    expected_on: date = Field(description="A day of the shop's time zone.")


class ArrivalsBody(BaseModel):
    rows: list[ArrivalRow] = Field(min_length=1, max_length=arrivals.MOST_ROWS)


class ArrivalsFile(BaseModel):
    content: str = Field(min_length=1, max_length=2_000_000)


class ArrivalPath(BaseModel):
    arrival_id: int = Field(ge=1, le=2**31 - 1)


class ReplaceBody(BaseModel):
    """The arrival, of an outside paper, that stands for a typed one."""

    by: int = Field(ge=1, le=2**31 - 1)


@api.get("/items", responses={200: Page[views.ItemView]})
def list_items(query: ItemsQuery) -> Any:
    """Items with their balances by location and state."""
    after = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        rows = queries.items(
            session,
            limit=query.limit + 1,
            sort=query.sort,
            search=query.search,
            in_collision=query.in_collision,
            after=after,
        )
        page, cursor = cut_page(
            rows, query.limit, lambda row: (getattr(row, query.sort), row.item_id)
        )
        data = views.item_views(session, page)
    return answer(Page[views.ItemView](data=data, next_cursor=cursor))


@api.get("/items/<int:item_id>", responses={200: views.ItemDetail})
def read_item(path: ItemPath, query: AsOfQuery) -> Any:
    """One item, now or as of a moment."""
    with shop_transaction() as session:
        item = views.find_item(session, path.item_id)
        view = views.item_views(session, [item], query.as_of)[0]
        places = views.locations(session)
        counts = session.exec(
            select(Count).where(Count.shop_id == item.shop_id, Count.item_id == item.item_id)
        )
        detail = views.ItemDetail(
            **view.model_dump(),
            as_of=query.as_of,
            aliases=[
                views.AliasView(kind=alias.kind, value=alias.value)
                for alias in views.aliases_of(session, [item.item_id])
            ],
            counts=[
                views.CountView(
                    location=places[count.location_id],
                    state=count.state,
                    quantity=count.quantity,
                    observed_at=count.observed_at,
                    source=count.source,
                )
                for count in counts
            ],
        )
    return answer(detail)


@api.get("/items/<int:item_id>/movements", responses={200: Page[views.MovementView]})
def list_movements(path: ItemPath, query: MovementsQuery) -> Any:
    """What moved, newest first, with the papers and messages that caused it."""
    keys = decode_cursor(query.cursor, 2)
    before = (datetime.fromisoformat(keys[0]), int(keys[1])) if keys else None
    with shop_transaction() as session:
        views.find_item(session, path.item_id)
        places = views.locations(session)
        rows = queries.movements(
            session,
            path.item_id,
            limit=query.limit + 1,
            state=query.state,
            location_id=query.location_id,
            as_of=query.as_of,
            before=before,
        )
    page, cursor = cut_page(rows, query.limit, lambda row: (row.recorded_at, row.movement_id))
    found = Page[views.MovementView](
        data=[views.movement_view(row, places) for row in page], next_cursor=cursor
    )
    return found.model_dump(mode="json", by_alias=True), 200


@api.get("/holds", responses={200: Page[views.HoldView]})
def list_holds(query: HoldsQuery) -> Any:
    """Open promises, newest first."""
    after = decode_cursor(query.cursor, 4)
    with shop_transaction() as session:
        rows = queries.holds(
            session, limit=query.limit + 1, item_id=query.item_id, kind=query.kind, after=after
        )
    page, cursor = cut_page(
        rows, query.limit, lambda row: (row.document_id, row.line, row.item_id, row.location_id)
    )
    return answer(
        Page[views.HoldView](data=[views.hold_view(row) for row in page], next_cursor=cursor)
    )


@api.get("/items/<int:item_id>/projection", responses={200: views.ProjectionsView})
def read_projection(path: ItemPath) -> Any:
    """What will be free of an item at each location, by dated promises and expected arrivals."""
    with shop_transaction() as session:
        item = views.find_item(session, path.item_id)
        places = views.locations(session)
        projections = futures.project(session, [item.item_id])
        incoming = queries.incoming(session, item.item_id)
    return answer(
        views.ProjectionsView(
            data=[views.projection_view(one, places) for one in projections],
            incoming=[
                views.IncomingView(location=places[place], quantity=quantity)
                for place, quantity in incoming.items()
            ],
        )
    )


@api.get("/arrivals", responses={200: Page[arrival_views.ArrivalView]})
def list_arrivals(query: ArrivalsQuery) -> Any:
    """Expected arrivals, the soonest first."""
    keys = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        rows = arrivals.listed(
            session,
            item_id=query.item_id,
            ended=query.status == "ended",
            after=(_day(keys[0]), int(keys[1])) if keys else None,
            limit=query.limit + 1,
        )
        page, cursor = cut_page(
            rows,
            query.limit,
            lambda row: ((row[0].expected_on or date.max).isoformat(), row[0].arrival_id),
        )
        data = arrival_views.arrival_views(session, page)
    return answer(Page[arrival_views.ArrivalView](data=data, next_cursor=cursor))


@api.post("/arrivals", responses={200: views.StatedView})
def state_arrivals(body: ArrivalsBody) -> Any:
    """Says what is expected where and when; the same paper again corrects it."""
    with shop_transaction() as session:
        rows = arrivals.named(
            session, [{key: str(value) for key, value in row} for row in body.rows]
        )
        stated = arrivals.state(session, rows, actor=principal().actor)
    return answer(views.StatedView(stated=stated))


@api.post("/arrivals/file", responses={200: views.StatedView})
def state_arrivals_of_file(body: ArrivalsFile) -> Any:
    """The same from the text of a CSV file; a file with a wrong row changes nothing."""
    with shop_transaction() as session:
        rows = arrivals.read_csv(session, body.content)
        stated = arrivals.state(session, rows, actor=principal().actor)
    return answer(views.StatedView(stated=stated))


@api.post("/arrivals/<int:arrival_id>/end", responses={200: views.StatedView})
def end_arrival(path: ArrivalPath) -> Any:
    """It is no longer expected: it has come, or never will."""
    with shop_transaction() as session:
        arrivals.end(session, path.arrival_id, actor=principal().actor)
    return answer(views.StatedView(stated=1))


@api.post("/arrivals/<int:arrival_id>/replace", responses={200: views.StatedView})
def replace_arrival(path: ArrivalPath, body: ReplaceBody) -> Any:
    """A typed arrival is the one that another paper announces, which stands for it from now on."""
    with shop_transaction() as session:
        tying.replace(session, path.arrival_id, body.by, actor=principal().actor)
    return answer(views.StatedView(stated=1))


@api.get("/audit", responses={200: views.AuditView})
def read_audit() -> Any:
    """What the last audit found."""
    with shop_transaction() as session:
        run = audit.latest(session)
    return answer(
        views.AuditView(
            ran_at=run.ran_at if run else None,
            findings=run.findings if run else [],
            checks=list(audit.checks()),
        )
    )


@api.post("/audit", responses={200: views.AuditView})
def run_audit() -> Any:
    """Runs the audit now."""
    with shop_transaction() as session:
        run = audit.run(session)
    return answer(
        views.AuditView(ran_at=run.ran_at, findings=run.findings, checks=list(audit.checks()))
    )


def _day(written: Any) -> date:
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        raise Refused(
            "bad_cursor", "This cursor is not one of ours; start again without it.", status=400
        ) from None
