"""Scheduled exports over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.http import (
    Answer,
    APIBlueprint,
    Moment,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.inventory.futures import zone_of
from app.overview.alerts.tables import AlertAddress
from app.overview.exports.writing import MEDIA, Format
from app.overview.scheduled import working
from app.overview.scheduled.tables import ExportedFile, ExportSchedule
from app.vendor.lookups import whole_of_cursor

SCHEDULED = Tag(name="scheduled exports", description="Tables by the day, week or month.")
api = APIBlueprint("scheduled_exports", __name__, url_prefix="/api", abp_tags=[SCHEDULED])

LARGEST = 2**31 - 1
MOST_SCHEDULES = 50


class SchedulePath(BaseModel):
    schedule_id: int = Field(ge=1, le=LARGEST)


class ExportedPath(BaseModel):
    exported_id: int = Field(ge=1, le=LARGEST)


class ScheduleBody(BaseModel):
    """Which table with which of its list's filters, when, and who gets it."""

    name: str = Field(min_length=1, max_length=100)
    table: str = Field(max_length=64)
    filters: dict[str, str] = Field(default_factory=dict, max_length=20)
    format: Format = "csv"
    rhythm: Literal["daily", "weekly", "monthly"] = "weekly"
    hour: int = Field(default=6, ge=0, le=23, description="In the shop's zone.")
    weekday: int = Field(default=0, ge=0, le=6, description="Of weekly ones; 0 is Monday.")
    day: int = Field(default=1, ge=1, le=28, description="Of monthly ones.")
    address_id: int | None = Field(
        default=None, ge=1, le=LARGEST, description="An e-mail address; null: only the list."
    )


class ScheduleView(Answer):
    """One schedule. `making_since` and `rows_made`: while a file of it is being made."""

    id: int
    name: str
    table: str
    filters: dict[str, str]
    format: str
    rhythm: str
    hour: int
    weekday: int
    day: int
    address: str | None
    next_at: Moment
    last_at: Moment | None
    error: str | None
    address_id: int | None
    making_since: Moment | None
    rows_made: int | None


class SchedulesView(Answer):
    data: list[ScheduleView]


class ExportedView(Answer):
    """A file that was made; `mail_state` is null where nobody gets it by mail."""

    file_id: int
    schedule: str
    name: str
    format: str
    size: int
    made_at: Moment
    message_id: int | None
    mail_state: str | None
    mail_error: str | None


@api.get("/export-schedules", responses={200: SchedulesView})
def list_schedules() -> Any:
    """Every schedule."""
    with shop_transaction() as session:
        view = _view(session)
    return answer(view)


@api.post("/export-schedules", responses={201: SchedulesView})
def add_schedule(body: ScheduleBody) -> Any:
    """Begins a schedule; its first file is made at its first time."""
    working.check(body.table, body.filters)
    with shop_transaction() as session:
        _refuse_beyond(session)
        _check_address(session, body.address_id)
        made = ExportSchedule(
            shop_id=shop_of(session),
            table_name=body.table,
            **body.model_dump(exclude={"table"}),
            next_at=database_time(),
            made_by=principal().actor,
        )
        made.next_at = working.next_time(made, database_time(), zone_of(session))
        session.add(made)
        session.flush()
        view = _view(session)
    return answer(view, 201)


@api.put("/export-schedules/<int:schedule_id>", responses={200: SchedulesView})
def change_schedule(path: SchedulePath, body: ScheduleBody) -> Any:
    """Says a schedule anew; its files stay, and its next time is counted from now."""
    working.check(body.table, body.filters)
    with shop_transaction() as session:
        _check_address(session, body.address_id)
        row = working.named(session, path.schedule_id)
        row.table_name = body.table
        for name, value in body.model_dump(exclude={"table"}).items():
            setattr(row, name, value)
        row.error = None
        row.next_at = working.next_time(row, database_time(), zone_of(session))
        session.flush()
        view = _view(session)
    return answer(view)


@api.delete("/export-schedules/<int:schedule_id>", responses={200: SchedulesView})
def remove_schedule(path: SchedulePath) -> Any:
    """Ends a schedule and forgets its files."""
    with shop_transaction() as session:
        session.delete(working.named(session, path.schedule_id))
        session.flush()
        view = _view(session)
    return answer(view)


@api.post("/export-schedules/<int:schedule_id>/run", responses={202: SchedulesView})
def run_schedule(path: SchedulePath) -> Any:
    """Makes it now, in the background, and goes on at its next time."""
    with shop_transaction() as session:
        working.named(session, path.schedule_id).next_at = database_time()
        session.flush()
        ring_after_commit(session, "exports")
        view = _view(session)
    return answer(view, 202)


@api.get("/exported-files", responses={200: Page[ExportedView]})
def list_files(query: PageQuery) -> Any:
    """Files of all schedules, the newest first; thirty of each are kept."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = (
            select(ExportedFile, ExportSchedule.name)
            .join(
                ExportSchedule,
                (col(ExportSchedule.shop_id) == col(ExportedFile.shop_id))
                & (col(ExportSchedule.schedule_id) == col(ExportedFile.schedule_id)),
            )
            .where(ExportedFile.shop_id == shop_of(session))
            .options(working.WITHOUT_CONTENT)
        )
        if keys:
            wanted = wanted.where(col(ExportedFile.file_id) < whole_of_cursor(keys[0]))
        rows = session.exec(
            wanted.order_by(col(ExportedFile.file_id).desc()).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(rows, query.limit, lambda row: (row[0].file_id,))
        states = working.states_of(session, [file for file, _ in page])
        data = []
        for file, schedule in page:
            state, error = states.get(file.message_id or 0, (None, None))
            data.append(
                ExportedView(
                    file_id=file.file_id,
                    schedule=schedule,
                    name=file.name,
                    format=file.format,
                    size=file.size,
                    made_at=file.made_at,
                    message_id=file.message_id,
                    mail_state=state,
                    mail_error=error,
                )
            )
    return answer(Page[ExportedView](data=data, next_cursor=cursor))


@api.get("/exported-files/<int:exported_id>/content")
def read_file(path: ExportedPath) -> Any:
    """One file, as it was made."""
    with shop_transaction() as session:
        file = working.file_of(session, path.exported_id)
    return Response(
        file.content,
        mimetype=MEDIA["xlsx" if file.format == "xlsx" else "csv"],
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )


def _check_address(session: Session, address_id: int | None) -> None:
    if address_id is None:
        return
    found = session.get(AlertAddress, (shop_of(session), address_id))
    if found is None:
        raise Refused("not_found", "There is no such address in this shop.", status=404)
    if found.kind != "email":
        raise Refused(
            "not_email",
            "A file goes by e-mail only.",
            status=422,
            errors=[FieldError("address_id", "choose an e-mail address, or none for the list")],
        )


def _refuse_beyond(session: Session) -> None:
    wanted = select(ExportSchedule.schedule_id).where(ExportSchedule.shop_id == shop_of(session))
    if len(session.exec(wanted.limit(MOST_SCHEDULES)).all()) >= MOST_SCHEDULES:
        raise Refused(
            "too_many", f"There are {MOST_SCHEDULES} already; take one away first.", status=409
        )


def _view(session: Session) -> SchedulesView:
    own = shop_of(session)
    names = dict(
        session.exec(
            select(AlertAddress.address_id, AlertAddress.name).where(AlertAddress.shop_id == own)
        ).all()
    )
    rows = session.exec(
        select(ExportSchedule)
        .where(ExportSchedule.shop_id == own)
        .order_by(col(ExportSchedule.schedule_id))
    )
    return SchedulesView(
        data=[
            ScheduleView(
                **row.model_dump(
                    include={
                        "name",
                        "filters",
                        "format",
                        "rhythm",
                        "hour",
                        "weekday",
                        "day",
                        "next_at",
                        "last_at",
                        "error",
                        "address_id",
                        "making_since",
                        "rows_made",
                    }
                ),
                id=row.schedule_id,
                table=row.table_name,
                address=names.get(row.address_id or 0),
            )
            for row in rows
        ]
    )
