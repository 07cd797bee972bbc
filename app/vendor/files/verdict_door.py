"""997s by file: what a partner says of the files that we wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from app.vendor.edi import verdicts
from app.vendor.edi.verdicts import Judged
from app.vendor.files.paper import Became, Difference, Paper, Preview, x12_fault
from app.vendor.files.sheet import Fault
from app.vendor.files.tables import FileImport
from app.vendor.x12.envelope import X12Error, is_x12

CAN_UNDO = False


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Judged]]:
    """What the 997s of the file say of our files."""
    found = Preview()
    if not is_x12(kept.content):
        found.faults = [Fault(0, "", "not_x12")]
        return found, []
    try:
        made = verdicts.judged_in(kept.content)
    except X12Error as error:
        found.faults = [x12_fault(error)]
        return found, []
    found.rows = len(made)
    return found, made


def outcomes(session: Session, kept: FileImport, stated: Sequence[Judged]) -> list[Paper]:
    """What each of these says of our files."""
    papers = []
    for one in stated:
        file = verdicts.file_named(session, one)
        became: Became = one.verdict if file is not None else "unknown"
        if file is not None and file.verdict == one.verdict:
            became = "same"
        wrong = []
        for error in verdicts.errors_of(file, one.wrong) if file is not None else []:
            element = f"{error['element']:02}" if error["element"] else ""
            wrong.append(
                Difference(
                    f"{error['segment']}{element} ({error['code']})",
                    "x12_error",
                    error["written"] or None,
                    error["value"] or None,
                )
            )
        name = f"{one.name} · {file.title}" if file is not None else one.name
        papers.append(Paper(name, one.row, became, len(one.wrong), 0, wrong, {"judged": one}))
    return papers


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Marks our files, and their papers; the same again changes nothing."""
    for paper in papers:
        if paper.became not in ("unknown", "same"):
            by = kept.applied_by or kept.made_by
            verdicts.take(session, paper.content["judged"], import_id=kept.import_id, by=by)


def undo_some(session: Session, kept: FileImport) -> None:
    """Nothing: what was answered is not taken back."""
    kept.state = "undone"
