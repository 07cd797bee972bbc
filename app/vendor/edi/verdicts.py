"""997s that answer our files: each marks its paper as accepted or rejected, with what was wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.vendor import by_file
from app.vendor.acknowledgements import fail
from app.vendor.edi.tables import X12File
from app.vendor.edi.writing import GROUP_TYPES, latest, sides_of
from app.vendor.invoice_following import refusal
from app.vendor.invoice_tables import Invoice
from app.vendor.invoices import locked_invoice
from app.vendor.shipping import contents
from app.vendor.tables import Acknowledgement, Shipment
from app.vendor.x12 import functional
from app.vendor.x12.envelope import Interchange, X12Error, read
from app.vendor.x12.functional import Verdict, Verdicts, Wrong

PAPER_TYPES = {group: paper for paper, group in GROUP_TYPES.items()}


@dataclass(frozen=True)
class Judged:
    """What a 997 says of one of our files, named by pair, type and control number."""

    row: int
    own: str
    partner: str
    type: str
    number: int
    verdict: Verdict
    wrong: Sequence[Wrong]

    @property
    def name(self) -> str:
        """How a person finds it among the written files."""
        return f"{self.type} {self.number:09}"


def judged_in(content: bytes) -> list[Judged]:
    """What the 997s of a file say. Raises X12Error for another paper or one that cannot be read."""
    found = []
    for interchange in read(content):
        for group in interchange.groups:
            for paper in group.transactions:
                if paper.type != "997":
                    fix = "997s stand in a file of their own"
                    raise X12Error(group.header.number + 1, "ST", 1, paper.type, fix)
                found.append(_judged(interchange, functional.verdicts(paper)))
    return found


def _judged(interchange: Interchange, said: Verdicts) -> Judged:
    control = said.group_control
    number = int(control) if control.isdecimal() and len(control) <= 9 else 0
    own, partner = sides_of(interchange)
    papers = {paper: verdict for paper, verdict in said.of_papers.items() if paper}
    # A group of ours has one paper, so whatever paper is named in it is that one.
    paper, verdict = next(iter(papers.items()), ("", said.of_papers[""]))
    return Judged(
        said.number,
        own,
        partner,
        PAPER_TYPES.get(said.group_type, said.group_type),
        number,
        verdict,
        said.wrong.get(paper, []),
    )


def file_named(session: Session, one: Judged, *, lock: bool = False) -> X12File | None:
    """The file of ours that is spoken of; None where we wrote none of that number."""
    wanted = select(X12File).where(
        X12File.shop_id == shop_of(session),
        X12File.own == one.own,
        X12File.partner == one.partner,
        X12File.number == one.number,
        X12File.type == one.type,
    )
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.exec(wanted).first()


def take(session: Session, one: Judged, *, import_id: int, by: str) -> None:
    """Marks the file, and the paper where this is its newest file; the same again changes nothing."""
    file = file_named(session, one, lock=True)
    if file is None or (file.verdict, file.verdict_import_id) == (one.verdict, import_id):
        return
    file.verdict, file.verdict_at = one.verdict, database_time()
    file.verdict_import_id, file.errors = import_id, errors_of(file, one.wrong)
    session.add(file)
    session.flush()
    newest = latest(session, file.type, file.region, file.reference)
    if newest is None or newest.file_id != file.file_id or file.type == "997":
        return
    paper = _paper(session, file)
    if paper is None:
        return
    if one.verdict != "rejected":
        if paper.waits_for_a_person:
            by_file.hand_over(session, paper, "file", actor=by)
    elif paper.message_id is None and paper.state in ("waiting", "accepted"):
        _reject(session, paper, _words(file.errors))


def errors_of(file: X12File, wrong: Sequence[Wrong]) -> list[dict[str, Any]]:
    """What was wrong, each with the segment as we wrote it."""
    [interchange] = read(file.content)
    segments = interchange.groups[0].transactions[0].segments
    found = []
    for one in wrong:
        at = one.place - 2  # ST is 1
        written = ""
        if 0 <= at < len(segments):
            mark = interchange.separators.element
            written = mark.join((segments[at].name, *segments[at].elements))
        found.append(
            {
                "segment": one.segment,
                "place": one.place,
                "code": one.element_code or one.code,
                "element": one.element,
                "value": one.value,
                "written": written,
            }
        )
    return found


def _paper(session: Session, file: X12File) -> Acknowledgement | Shipment | Invoice | None:
    """The paper of a file, locked, if it is still as it was written."""
    if file.type == "856":
        shipment = contents.locked(session, file.region, file.reference)
        is_same = shipment.revision == file.revision and not shipment.is_correcting
        return shipment if is_same else None
    if file.type == "810":
        invoice = locked_invoice(session, int(file.reference))
        return invoice if invoice.times_sent == file.revision else None
    return session.exec(
        select(Acknowledgement)
        .where(
            Acknowledgement.shop_id == shop_of(session),
            col(Acknowledgement.acknowledgement_id) == int(file.reference),
        )
        .with_for_update()
    ).first()


def _reject(session: Session, paper: Acknowledgement | Shipment | Invoice, words: str) -> None:
    if isinstance(paper, Acknowledgement):
        fail(session, paper, words)
        by_file.reopen(session, paper)
    elif isinstance(paper, Invoice):
        refusal(session, paper, words)
    else:
        paper.state, paper.error = "failed", words
        if paper.revision == 1:
            paper.accepted_at = None  # Amazon has had none of it
        session.add(paper)
    session.flush()


def _words(errors: Sequence[Mapping[str, Any]]) -> str:
    places = [
        f"{one['segment']}{one['element']:02}" if one["element"] else one["segment"]
        for one in errors
    ]
    named = ", ".join(dict.fromkeys(place for place in places if place))
    return f"The 997 rejects it: {named}." if named else "The 997 rejects it without saying why."
