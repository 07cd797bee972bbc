"""A file's way: brought in, looked at, taken in the background, and undone as its own deed.

Taking is done paper by paper in small transactions, each noting how far it came, so that it goes on
where it was; a paper taken twice changes nothing the second time.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from app.bell import ring, ring_after_commit
from app.db import run, shop_of
from app.errors import FieldError, Refused
from app.vendor.files.doors import door_of, keepable, kind_of
from app.vendor.files.kinds import KINDS
from app.vendor.files.paper import AT_ONCE, CURRENCIES, Preview
from app.vendor.files.preview import look, remembered
from app.vendor.files.tables import FileHeading, FileImport

JOB = "files"
TURN = 40.0
"""Seconds of work for one shop before it rings for itself again."""
WITHOUT_CONTENT = defer(FileImport.content)  # type: ignore[arg-type]


def bring(
    session: Session, kind: str, name: str, content: bytes, *, region: str, actor: str
) -> tuple[FileImport, Preview]:
    """Keeps a file and looks at it; nothing else is changed. Raises Refused for an unknown kind."""
    if kind not in KINDS:
        raise Refused(
            "unknown_kind",
            "Holdfast does not read files of this kind.",
            errors=[FieldError("kind", f"use one of {', '.join(sorted(KINDS))}")],
        )
    kind = kind_of(kind, content)
    before = _last_choices(session, kind)
    kept = FileImport(
        shop_id=shop_of(session),
        kind=kind,
        name=name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=keepable(session, kind, content, remembered(session, kind)),
        choices={
            "region": region,
            "currency": before.get("currency") or CURRENCIES[region],
            "encoding": before.get("encoding"),
        },
        made_by=actor,
    )
    session.add(kept)
    session.flush()
    return kept, _looked_at(session, kept)


def choose(
    session: Session, import_id: int, choices: Mapping[str, Any]
) -> tuple[FileImport, Preview]:
    """Reads the file again by these choices. Raises Refused when it is no longer only looked at."""
    kept = _locked(session, import_id, "preview")
    kept.choices = {**kept.choices, **choices}
    return kept, _looked_at(session, kept)


def apply(session: Session, import_id: int, *, actor: str) -> FileImport:
    """Takes the file: its papers are stored in the background. Raises Refused while it has faults."""
    kept = _locked(session, import_id, "preview")
    found = _looked_at(session, kept)
    if found.faults:
        raise Refused(
            "file_has_faults",
            "The file has faults; nothing of it is taken. Mend them, or choose other columns.",
            status=409,
        )
    _remember(session, kept.kind, found.columns)
    # What is taken is exactly what was shown, whatever is remembered in the meantime.
    kept.choices = {
        **kept.choices,
        "columns": found.columns,
        "date_order": found.habits.date_order,
        "decimal_mark": found.habits.decimal_mark,
        "encoding": found.encoding,
        "sheet": found.sheet,
    }
    kept.state, kept.done, kept.outcome = "applying", 0, {}
    kept.applied_at, kept.applied_by = datetime.now(UTC), actor
    session.add(kept)
    ring_after_commit(session, JOB)
    return kept


def undo(session: Session, import_id: int, *, actor: str) -> FileImport:
    """Takes back what the file changed, in the background; what went on since then stays."""
    kept = _locked(session, import_id, "applied")
    if not door_of(kept.kind).CAN_UNDO:
        raise Refused(
            "cannot_undo",
            "What a partner has answered is not taken back; bring the answer that is right.",
            status=409,
        )
    kept.state, kept.done = "undoing", 0
    kept.undone_at, kept.undone_by = datetime.now(UTC), actor
    session.add(kept)
    ring_after_commit(session, JOB)
    return kept


def discard(session: Session, import_id: int) -> FileImport:
    """Puts a file aside that was only looked at."""
    kept = _locked(session, import_id, "preview")
    kept.state = "discarded"
    session.add(kept)
    return kept


def work(shop_id: int) -> None:
    """Takes and undoes what waits. May run twice, and may die half-way."""
    ends = time.monotonic() + TURN
    while (kept := run(_waiting, shop_id)) is not None:
        _, stated = door_of(kept.kind).stated(kept, {}) if kept.state == "applying" else (None, [])
        while run(_some, shop_id, kept.import_id, stated):
            if time.monotonic() > ends:
                ring(JOB, shop_id)
                return


def _waiting(session: Session) -> FileImport | None:
    """The oldest file that waits, with its content."""
    return session.exec(
        select(FileImport)
        .where(
            FileImport.shop_id == shop_of(session),
            col(FileImport.state).in_(("applying", "undoing")),
        )
        .order_by(col(FileImport.import_id))
        .limit(1)
    ).first()


def _some(session: Session, import_id: int, stated: Sequence[Any]) -> bool:
    """One small step of a file; False when there is no more of it."""
    kept = _locked(session, import_id)
    if kept.state == "applying":
        _take_some(session, kept, stated[kept.done : kept.done + AT_ONCE])
    elif kept.state == "undoing":
        door_of(kept.kind).undo_some(session, kept)
    session.add(kept)
    return kept.state in ("applying", "undoing")


def _take_some(session: Session, kept: FileImport, stated: Sequence[Any]) -> None:
    if not stated:
        kept.state = "applied"
        return
    door = door_of(kept.kind)
    papers = door.outcomes(session, kept, stated)
    door.take(session, kept, papers)
    kept.done += len(papers)
    kept.outcome = dict(Counter(kept.outcome) + Counter(paper.became for paper in papers))


def _looked_at(session: Session, kept: FileImport) -> Preview:
    found = look(session, kept)
    kept.total, kept.faults, kept.outcome = found.total, len(found.faults), dict(found.outcome)
    session.add(kept)
    session.flush()
    return found


def _last_choices(session: Session, kind: str) -> dict[str, Any]:
    found = session.exec(
        select(FileImport.choices)
        .where(
            FileImport.shop_id == shop_of(session),
            FileImport.kind == kind,
            col(FileImport.applied_at).is_not(None),
        )
        .order_by(col(FileImport.import_id).desc())
        .limit(1)
    ).first()
    return dict(found or {})


def _remember(session: Session, kind: str, columns: Mapping[str, str]) -> None:
    for field_name, heading in columns.items():
        session.merge(
            FileHeading(shop_id=shop_of(session), kind=kind, heading=heading, field=field_name)
        )


def kept_import(session: Session, import_id: int) -> FileImport:
    """One file with its content. Raises Refused 404 when this shop has none of that number."""
    kept = session.get(FileImport, (shop_of(session), import_id))
    if kept is None:
        raise Refused("not_found", "There is no such file in this shop.", status=404)
    return kept


def taken_before(session: Session, kept: FileImport) -> int | None:
    """The import that took the very same file before, if one did and still stands."""
    return session.exec(
        select(FileImport.import_id)
        .where(
            FileImport.shop_id == shop_of(session),
            FileImport.sha256 == kept.sha256,
            FileImport.import_id != kept.import_id,
            col(FileImport.state).in_(("applying", "applied")),
        )
        .limit(1)
    ).first()


def _locked(session: Session, import_id: int, state: str | None = None) -> FileImport:
    kept = session.exec(
        select(FileImport)
        .where(FileImport.shop_id == shop_of(session), FileImport.import_id == import_id)
        .with_for_update()
        .options(WITHOUT_CONTENT)
        .execution_options(populate_existing=True)
    ).first()
    if kept is None:
        raise Refused("not_found", "There is no such file in this shop.", status=404)
    if state is not None and kept.state != state:
        raise Refused(
            "wrong_state", f"The file is {kept.state}; this needs it to be {state}.", status=409
        )
    return kept
