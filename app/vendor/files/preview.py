"""What a file would do, before it does anything: its map, its faults, and each paper's outcome."""

from __future__ import annotations

from collections import Counter

from sqlmodel import Session, select

from app.db import shop_of
from app.vendor.files.doors import door_of
from app.vendor.files.paper import AT_ONCE, SHOWN, Preview
from app.vendor.files.tables import FileHeading, FileImport


def look(session: Session, kept: FileImport) -> Preview:
    """Reads the file by its choices; writes nothing."""
    door = door_of(kept.kind)
    found, stated = door.stated(kept, remembered(session, kept.kind))
    if not found.faults:
        counted: Counter[str] = Counter()
        for at in range(0, len(stated), AT_ONCE):
            papers = door.outcomes(session, kept, stated[at : at + AT_ONCE])
            counted.update(paper.became for paper in papers)
            found.papers += papers[: max(0, SHOWN - len(found.papers))]
        found.outcome = dict(counted)
    found.total = len(stated)
    return found


def remembered(session: Session, kind: str) -> dict[str, str]:
    """Heading → field as this shop confirmed them."""
    rows = session.exec(
        select(FileHeading).where(FileHeading.shop_id == shop_of(session), FileHeading.kind == kind)
    )
    return {row.heading: row.field for row in rows}
