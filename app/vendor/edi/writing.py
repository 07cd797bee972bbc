"""Our papers as files of X12: each written once per revision, under a control number of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.errors import Refused
from app.vendor.edi import partners, said
from app.vendor.edi.codes import codes_of
from app.vendor.edi.tables import X12File, X12Partner
from app.vendor.invoices import locked_invoice
from app.vendor.shipping import contents
from app.vendor.tables import Acknowledgement
from app.vendor.x12 import functional, outgoing, papers
from app.vendor.x12.elements import day, hour
from app.vendor.x12.envelope import (
    Group,
    Interchange,
    Segment,
    Separators,
    Transaction,
    write,
)

PaperType = Literal["855", "856", "810"]
GROUP_TYPES = {"855": "PR", "856": "SH", "810": "IN", "997": "FA"}
"""GS01 of each paper (X12 element 479)."""


def written(
    session: Session, paper_type: PaperType, region: str, reference: str, *, anew: bool, by: str
) -> X12File:
    """The file of one paper as it is now; the same file again as long as the paper is the same.

    `anew` writes it under another control number, as after a rejection. Raises Refused: 404 for an
    unknown paper, 409 where there is nothing to write yet, where the API carries it, or where nobody
    has said how the vendor code exchanges X12.
    """
    now = database_time()
    paper, vendor_code, revision, title = _paper(session, paper_type, region, reference, now)
    newest = latest(session, paper_type, region, reference)
    if newest is not None and newest.revision == revision and not anew:
        return newest
    partner = partners.partner_of(session, region, vendor_code)
    if partner is None:
        raise Refused(
            "no_partner",
            f"Say first how {vendor_code or 'this vendor code'} exchanges X12 (Files, X12).",
            status=409,
        )
    separators = separators_of(partner)
    codes = codes_of(region, now.date())
    if isinstance(paper, papers.AnsweredOrder):
        segments = outgoing.acknowledgement(paper, codes, separators)
    elif isinstance(paper, papers.ShipNotice):
        segments = outgoing.ship_notice(paper, codes, separators)
    else:
        segments = outgoing.invoice(paper, codes, separators)
    number = partners.allot(session, partner.own, partner.partner)
    interchange = envelope(partner, paper_type, number, now, segments)
    file = X12File(
        shop_id=shop_of(session),
        own=partner.own,
        partner=partner.partner,
        number=number,
        type=paper_type,
        region=region,
        reference=reference,
        title=title,
        revision=revision,
        content=write(interchange),
        written_at=now,
        written_by=by,
    )
    session.add(file)
    session.flush()
    return file


def functional_answer(
    session: Session, import_id: int, content: bytes, region: str, *, by: str
) -> bytes:
    """The 997s that answer a received file, under numbers of their own; the same again when asked
    again. Raises X12Error for a broken envelope, Refused 409 where nothing is to be answered."""
    known = session.exec(
        select(X12File)
        .where(
            X12File.shop_id == shop_of(session),
            X12File.type == "997",
            X12File.region == region,
            X12File.reference == str(import_id),
        )
        .order_by(col(X12File.file_id))
    ).all()
    if known:
        return b"".join(one.content for one in known)
    numbers: list[int] = []

    def allotted(sent: Interchange) -> int:
        numbers.append(partners.allot(session, *sides_of(sent)))
        return numbers[-1]

    now = database_time()
    answers = functional.answers(content, at=now, control=allotted)
    if not answers:
        _nothing_yet("A 997 is not answered by a 997.")
    for place, ((sent, answer), number) in enumerate(zip(answers, numbers, strict=True), start=1):
        own, partner = sides_of(sent)
        file = X12File(
            shop_id=shop_of(session),
            own=own,
            partner=partner,
            number=number,
            type="997",
            region=region,
            reference=str(import_id),
            title=f"{sent.groups[0].header.element(1)} {sent.control}",
            revision=place,
            content=answer,
            written_at=now,
            written_by=by,
        )
        session.add(file)
    session.flush()
    return b"".join(answer for _, answer in answers)


def sides_of(received: Interchange) -> tuple[str, str]:
    """Us and the partner, of an interchange that we received."""
    head = received.header
    return (
        f"{head.element(7)}:{head.element(8)}",
        f"{head.element(5)}:{head.element(6)}",
    )


def latest(session: Session, paper_type: str, region: str, reference: str) -> X12File | None:
    """The newest file of a paper; None where none was written."""
    return session.exec(
        select(X12File)
        .where(
            X12File.shop_id == shop_of(session),
            X12File.type == paper_type,
            X12File.region == region,
            X12File.reference == reference,
        )
        .order_by(col(X12File.file_id).desc())
        .limit(1)
    ).first()


def file_of(session: Session, file_id: int) -> X12File:
    """One written file. Raises Refused 404."""
    found = session.get(X12File, (shop_of(session), file_id))
    if found is None:
        raise Refused("not_found", "There is no such file in this shop.", status=404)
    return found


def separators_of(partner: X12Partner) -> Separators:
    """The marks between elements, components and segments that a partner has chosen."""
    return Separators(
        partner.element_separator, partner.component_separator, partner.segment_separator
    )


def envelope(
    partner: X12Partner, paper_type: str, number: int, at: datetime, segments: list[Segment]
) -> Interchange:
    """One paper in its group and interchange; all three carry the same control number."""
    separators = separators_of(partner)
    head = Segment(
        "ISA",
        (
            *("00", " " * 10, "00", " " * 10),
            f"{partner.own_qualifier:<2}",
            f"{partner.own_id:<15}",
            f"{partner.partner_qualifier:<2}",
            f"{partner.partner_id:<15}",
            day(at)[2:],
            hour(at),
            "U",
            partner.version[:5],
            f"{number:09}",
            "0",
            "T" if partner.is_test else "P",
            separators.component,
        ),
    )
    group = Segment(
        "GS",
        (
            GROUP_TYPES[paper_type],
            partner.own_group_id or partner.own_id,
            partner.partner_group_id or partner.partner_id,
            day(at),
            hour(at),
            str(number),
            "X",
            partner.version,
        ),
    )
    paper = Transaction(paper_type, f"{number:09}", segments)
    return Interchange(head, separators, [Group(group, [paper])])


def _paper(
    session: Session, paper_type: PaperType, region: str, reference: str, now: datetime
) -> tuple[
    papers.AnsweredOrder | papers.ShipNotice | papers.Bill,
    str,
    int,
    str,
]:
    """What the paper says, its vendor code, its revision, and what a person knows it by."""
    if paper_type == "855":
        answer = _acknowledgement(session, region, reference)
        _must_be_ours(answer.message_id)
        if answer.state == "failed":
            _nothing_yet("This acknowledgement has been given up; write the newest one.")
        paper = said.answered_order(session, answer)
        return paper, paper.vendor_code, 1, answer.number
    if paper_type == "856":
        shipment = contents.locked(session, region, reference)
        _must_be_ours(shipment.message_id)
        if shipment.state in ("draft", "cancelled") or shipment.is_correcting:
            _nothing_yet("Send the shipment here first; then its notice can be written.")
        notice = said.ship_notice(contents.read(session, shipment), now)
        return notice, shipment.vendor_code, shipment.revision, shipment.identifier
    invoice = locked_invoice(session, int(reference) if reference.isdecimal() else 0)
    _must_be_ours(invoice.message_id)
    if invoice.document is None or invoice.number is None or invoice.region != region:
        _nothing_yet("Send the invoice here first; then it has its number and can be written.")
    if invoice.state == "cancelled":
        _nothing_yet("This invoice is cancelled.")
    return (
        said.bill(session, invoice),
        invoice.vendor_code,
        invoice.times_sent,
        str(invoice.number),
    )


def _acknowledgement(session: Session, region: str, reference: str) -> Acknowledgement:
    found = None
    if reference.isdecimal() and len(reference) < 19:
        found = session.get(Acknowledgement, (shop_of(session), int(reference)))
    if found is None or found.region != region:
        raise Refused("not_found", "There is no such acknowledgement in this shop.", status=404)
    return found


def _must_be_ours(message_id: int | None) -> None:
    if message_id is not None:
        raise Refused(
            "api_carries_it",
            "The API carries this paper; a file as well would be a second one at Amazon.",
            status=409,
        )


def _nothing_yet(words: str) -> None:
    raise Refused("nothing_to_write", words, status=409)
