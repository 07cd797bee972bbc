"""Reports over HTTP: how they stand, asking for one, an ASIN's figures, files."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import col, select

from app.db import shop_of
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
from app.vendor.lookups import starts_with, whole_of_cursor
from app.vendor.reports import asins, files, requests, views
from app.vendor.reports.standing import standings
from app.vendor.reports.tables import Report

REPORTS = Tag(name="reports", description="Amazon's vendor retail analytics.")
api = APIBlueprint("reports", __name__, url_prefix="/api", abp_tags=[REPORTS])

LARGEST = 2**31 - 1


class RequestBody(BaseModel):
    """One report; without `starts_at` the newest period that Amazon should have."""

    connection_id: int = Field(ge=1, le=LARGEST)
    marketplace: str = Field(pattern="^[A-Z]{2}$")
    kind: str = Field(min_length=1, max_length=40)
    starts_at: AwareDatetime | None = None


class HistoryQuery(PageQuery):
    kind: str | None = Field(default=None, max_length=40)
    state: str | None = Field(default=None, max_length=20)


class AsinsQuery(PageQuery):
    search: str | None = Field(
        default=None, max_length=100, description="Start of an ASIN, SKU or title."
    )


class AsinPath(BaseModel):
    asin: str = Field(min_length=1, max_length=20)


class KindPath(BaseModel):
    kind: str = Field(min_length=1, max_length=40)


class FileQuery(BaseModel):
    format: Literal["csv", "xlsx"] = "csv"
    asin: str | None = Field(default=None, max_length=20)


@api.get("/reports", responses={200: Page[views.StandingView]})
def list_reports() -> Any:
    """Each kind of each vendor group: the last good period, the next, and what is missing."""
    with shop_transaction() as session:
        data = [views.standing_view(one) for one in standings(session)]
    return answer(Page[views.StandingView](data=data))


@api.post("/reports", responses={202: views.ReportView})
def request_report(body: RequestBody) -> Any:
    """Asks for one now; one that is under way already is not asked for twice."""
    with shop_transaction() as session:
        row = requests.request(session, **body.model_dump(), by=principal().actor)
        view = views.report_view(row)
    return answer(view, 202)


@api.get("/reports/history", responses={200: Page[views.ReportView]})
def list_requests(query: HistoryQuery) -> Any:
    """Every report that was asked for, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Report).where(Report.shop_id == shop_of(session))
        if query.kind:
            wanted = wanted.where(Report.kind == query.kind)
        if query.state:
            wanted = wanted.where(Report.state == query.state)
        if keys:
            wanted = wanted.where(Report.report_id < whole_of_cursor(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Report.report_id).desc()).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(rows, query.limit, lambda row: (row.report_id,))
        data = [views.report_view(row) for row in page]
    return answer(Page[views.ReportView](data=data, next_cursor=cursor))


@api.get("/reports/asins", responses={200: Page[views.AsinSummary]})
def list_asins(query: AsinsQuery) -> Any:
    """What Amazon's newest reports say of each ASIN."""
    keys = decode_cursor(query.cursor, 3) or ["", "", 0]
    after = (str(keys[0]), str(keys[1]), whole_of_cursor(keys[2]))
    search = query.search and query.search.strip()
    with shop_transaction() as session:
        rows = asins.listed(
            session, starts_with(search) if search else None, after, query.limit + 1
        )
    page, cursor = cut_page(
        rows, query.limit, lambda row: (row["asin"], row["marketplace"], row["connection_id"])
    )
    data = [views.asin_summary(row) for row in page]
    return answer(Page[views.AsinSummary](data=data, next_cursor=cursor))


@api.get("/reports/asins/<string:asin>", responses={200: views.AsinView})
def read_asin(path: AsinPath) -> Any:
    """One ASIN's weeks, its forecasts as they were published, and its last hours."""
    with shop_transaction() as session:
        found = asins.places(session, path.asin)
        if not found:
            raise Refused("not_found", "No report has named this ASIN.", status=404)
        places = [
            views.PlaceView(
                connection=views.ConnectionBrief(id=one["connection_id"], name=one["name"]),
                marketplace=one["marketplace"],
                weeks=[views.week_view(row) for row in asins.past_weeks(session, path.asin, one)],
                forecasts=[
                    views.ForecastView(**row) for row in asins.forecasts(session, path.asin, one)
                ],
                hours=[views.hour_view(row) for row in asins.last_hours(session, path.asin, one)],
            )
            for one in found
        ]
        view = views.AsinView(asin=path.asin, item=views.item_of(found[0]), places=places)
    return answer(view)


@api.get("/reports/files/<string:kind>")
def read_file(path: KindPath, query: FileQuery) -> Any:
    """The rows that one kind of report has brought (CSV or XLSX), of one ASIN or all."""
    with shop_transaction() as session:
        file = files.made(session, path.kind, query.asin, query.format)
    return Response(
        file.content,
        mimetype=file.media_type,
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )
