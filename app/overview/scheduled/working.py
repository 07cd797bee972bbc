"""Makes the exports that are due: once for each time, kept in the list and sent by mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.db import database_time, run, shop_of, snapshot
from app.errors import Refused
from app.inventory.futures import zone_of
from app.messages import Message
from app.overview.alerts.noticing import next_slot
from app.overview.exports import tables, writing
from app.overview.scheduled.tables import ExportedFile, ExportSchedule

log = structlog.get_logger(__name__)

TOPIC = "exports"
LARGEST = 20 * 1024 * 1024
"""Of one file in bytes: most mail servers take no more than 25 MB, and mail makes it a third larger."""
KEPT = 30
SAID_EVERY = 5_000
"""Rows after which it is said how far a file has come."""
WITHOUT_CONTENT = defer(ExportedFile.content)  # type: ignore[arg-type]

FORGET_OLD = """
DELETE FROM exported_file WHERE shop_id = :shop AND schedule_id = :schedule AND file_id NOT IN (
    SELECT file_id FROM exported_file WHERE shop_id = :shop AND schedule_id = :schedule
    ORDER BY file_id DESC LIMIT :kept)
"""


class TooLarge(Exception):
    """More than a mail can carry."""


def work(shop_id: int) -> None:
    """The job: makes every export whose time has come."""
    for schedule in run(_due, shop_id):
        try:
            name, content = _made(shop_id, schedule)
        except (Refused, ValidationError, TooLarge) as error:
            run(_failed, shop_id, schedule, getattr(error, "detail", str(error)))
        else:
            run(_keep, shop_id, schedule, name, content)


def next_time(schedule: ExportSchedule, after: datetime, zone: ZoneInfo) -> datetime:
    """The first time of this schedule after `after`; the hour is the shop's own."""
    if schedule.rhythm != "monthly":
        return next_slot(schedule.rhythm, schedule.hour, schedule.weekday, after, zone)
    local = after.astimezone(zone)
    slot = local.replace(day=schedule.day, hour=schedule.hour, minute=0, second=0, microsecond=0)
    if slot <= local:
        # From any day up to the 28th, 31 days on are in the next month.
        slot = (slot.replace(day=1) + timedelta(days=31)).replace(day=schedule.day)
    return slot


def named(session: Session, schedule_id: int) -> ExportSchedule:
    """One schedule, locked. Raises Refused("not_found")."""
    found = session.exec(
        select(ExportSchedule)
        .where(
            ExportSchedule.shop_id == shop_of(session), ExportSchedule.schedule_id == schedule_id
        )
        .with_for_update()
    ).first()
    if found is None:
        raise Refused("not_found", "There is no such schedule in this shop.", status=404)
    return found


def check(table_name: str, filters: Mapping[str, str]) -> None:
    """Raises what an export of this would raise for an unknown table or a wrong filter."""
    tables.named(table_name).asked(filters)


def file_of(session: Session, file_id: int) -> ExportedFile:
    """One file with its content. Raises Refused("not_found")."""
    found = session.get(ExportedFile, (shop_of(session), file_id))
    if found is None:
        raise Refused("not_found", "This file is not kept any more.", status=404)
    return found


def _due(session: Session) -> list[ExportSchedule]:
    return list(
        session.exec(
            select(ExportSchedule)
            .where(
                ExportSchedule.shop_id == shop_of(session),
                ExportSchedule.next_at <= database_time(),
            )
            .order_by(col(ExportSchedule.next_at))
        )
    )


def _made(shop_id: int, schedule: ExportSchedule) -> tuple[str, bytes]:
    table = tables.named(schedule.table_name)
    form: writing.Format = "xlsx" if schedule.format == "xlsx" else "csv"
    content = bytearray()
    run(_come_to, shop_id, schedule.schedule_id, 0)
    said = 0

    def told(rows: int) -> None:
        # In a transaction of its own: the snapshot that is read from says nothing until it ends.
        nonlocal said
        if rows - said >= SAID_EVERY:
            said = rows
            run(_come_to, shop_id, schedule.schedule_id, rows)

    with snapshot(shop_id) as session:
        name = writing.file_name(session, table, form)
        asked = table.asked(schedule.filters)
        for piece in writing.chunks(session, table, asked, form, told):
            content += piece
            if len(content) > LARGEST:
                raise TooLarge(
                    f"The file is larger than {LARGEST // 1024 // 1024} MB; narrow its filters."
                )
    return name, bytes(content)


def _come_to(session: Session, schedule_id: int, rows: int) -> None:
    """Says how far the file has come, for the screen."""
    schedule = named(session, schedule_id)
    if rows == 0:
        schedule.making_since = database_time()
    schedule.rows_made = rows
    session.flush()


def _keep(session: Session, seen: ExportSchedule, name: str, content: bytes) -> None:
    """Keeps the file and writes the mail, unless another worker has done so in the meantime."""
    schedule = named(session, seen.schedule_id)
    made = session.execute(
        insert(ExportedFile)
        .values(
            shop_id=schedule.shop_id,
            schedule_id=schedule.schedule_id,
            due_at=seen.next_at,
            name=name,
            format=schedule.format,
            size=len(content),
            content=content,
            made_at=database_time(),
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "schedule_id", "due_at"])
        .returning(col(ExportedFile.file_id))
    ).scalar_one_or_none()
    if made is not None and schedule.address_id is not None:
        _write_mail(session, schedule, made, seen.next_at)
    session.execute(
        text(FORGET_OLD),
        {"shop": schedule.shop_id, "schedule": schedule.schedule_id, "kept": KEPT},
    )
    _go_on(session, schedule, seen, None)


def _write_mail(session: Session, schedule: ExportSchedule, file_id: int, due: datetime) -> None:
    message_id = messages.record(
        session,
        direction="out",
        channel="email",
        topic=TOPIC,
        key=f"{TOPIC}:{schedule.schedule_id}:{due.isoformat()}",
        request={"file_id": file_id, "address_id": schedule.address_id},
    )
    file = session.get_one(ExportedFile, (schedule.shop_id, file_id), options=[WITHOUT_CONTENT])
    file.message_id = message_id
    ring_after_commit(session, "email_out")


def _failed(session: Session, seen: ExportSchedule, reason: str) -> None:
    log.warning("export_not_made", schedule_id=seen.schedule_id, reason=reason)
    _go_on(session, named(session, seen.schedule_id), seen, reason)


def _go_on(
    session: Session, schedule: ExportSchedule, seen: ExportSchedule, error: str | None
) -> None:
    """To its next time; those that were missed meanwhile are not made up for."""
    now = database_time()
    schedule.error, schedule.making_since, schedule.rows_made = error, None, None
    if error is None:
        schedule.last_at = now
    if schedule.next_at == seen.next_at:
        schedule.next_at = next_time(schedule, now, zone_of(session))
    session.flush()


def states_of(session: Session, files: list[ExportedFile]) -> dict[int, tuple[str, str | None]]:
    """State and error of the mail of each file that has one, by message."""
    wanted: list[Any] = [one.message_id for one in files if one.message_id is not None]
    rows = session.exec(
        select(Message.message_id, Message.state, Message.error).where(
            Message.shop_id == shop_of(session), col(Message.message_id).in_(wanted)
        )
    )
    return {message_id: (state, error) for message_id, state, error in rows}
