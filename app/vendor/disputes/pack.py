"""The pack of a dispute: one PDF (cover, then the papers) and one ZIP, each within the portal's limit.

What does not fit or cannot be shown is named with the reason, on the cover and in the list of the ZIP;
nothing is left out silently. The same facts make the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory.futures import zone_of
from app.vendor import invoice_pdf
from app.vendor.deductions import views as deductions
from app.vendor.deductions.views import Key
from app.vendor.disputes import cover, rulebook, timeline, wording
from app.vendor.disputes.standing import Standing, stand
from app.vendor.disputes.tables import Dispute
from app.vendor.disputes.views import netting_of
from app.vendor.evidence import vault
from app.vendor.evidence.tables import Evidence
from app.vendor.invoice_facts import lines_on
from app.vendor.invoice_tables import Invoice
from app.vendor.tables import PurchaseOrderVersion

SPARE = 256 * 1024
"""Left free for the cover and what joining adds."""
WORDY = (vault.PLAIN, vault.CSV, vault.JSON)
MOST_VERSIONS = 20
LONG_AGO = (1980, 1, 1, 0, 0, 0)
TOO_LARGE, NOT_PAGES, UNREADABLE, TOO_MANY = "too_large", "no_pages", "unreadable", "too_many"


@dataclass(frozen=True)
class Paper:
    """One paper of a pack: its original, and where it is kept."""

    type: str
    name: str
    media_type: str
    size: int
    sha256: str
    content: bytes | None = None
    evidence_id: int | None = None


@dataclass(frozen=True)
class Pack:
    """What is attached to a case. `contents` has every paper, with its page or why it has none."""

    document: bytes
    archive: bytes
    contents: tuple[cover.Listed, ...]
    not_archived: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of the PDF."""
        return hashlib.sha256(self.document).hexdigest()


def build(session: Session, row: Dispute) -> Pack:
    """Makes the pack of a dispute as it stands. Raises Refused 404 when its deduction is gone."""
    deduction = deductions.named(session, Key(*row.key))
    [found] = stand(session, [deduction])
    netted = netting_of(session, found)
    [shown] = deductions.summaries(session, [deduction])
    facts = wording.facts(
        row, found, netted, deductions.variances(session, shown.invoice_id), zone_of(session)
    )
    events = timeline.timeline(
        session,
        deduction,
        found.orders,
        [one for one in found.attempts if one.attempt < row.attempt],
    )
    limit = rulebook.portal_of(row.region)
    papers = list(_papers(session, found))
    document, contents = _document(session, facts, events, papers, limit.largest_bytes)
    archive, left = _archive(session, facts, document, papers, contents, limit)
    return Pack(document, archive, tuple(contents), tuple(left))


def _papers(session: Session, found: Standing) -> Iterator[Paper]:
    """Our own papers and those of the vault, the needed ones first."""
    order = {one.type: at for at, one in enumerate(found.readiness.papers)}
    kept = [
        Paper(
            one.type,
            one.name,
            one.media_type,
            one.size,
            one.sha256,
            evidence_id=one.evidence_id,
        )
        for one in found.evidence
    ]
    kept += _own(session, found, {one.type for one in found.evidence})
    yield from sorted(
        kept, key=lambda one: (order.get(one.type, len(order)), one.type, one.name, one.sha256)
    )


def _own(session: Session, found: Standing, in_vault: set[str]) -> Iterator[Paper]:
    for number in found.orders:
        rows = session.exec(
            select(PurchaseOrderVersion)
            .where(
                PurchaseOrderVersion.shop_id == shop_of(session),
                PurchaseOrderVersion.region == found.row.region,
                PurchaseOrderVersion.number == number,
            )
            .order_by(col(PurchaseOrderVersion.version))
            .limit(MOST_VERSIONS)
        ).all()
        if rows:
            versions = [(one.version, one.seen_at, _ordered(one.content)) for one in rows]
            content = cover.order_pages(number, versions, zone_of(session))
            yield _made("purchase_order", f"purchase-order-{number}.pdf", content)
    if "invoice" not in in_vault and found.row.invoice_number:
        invoice = session.exec(
            select(Invoice).where(
                Invoice.shop_id == shop_of(session), Invoice.number == found.row.invoice_number
            )
        ).first()
        if invoice is not None and invoice.document:
            content = invoice_pdf.made_of(invoice, lines_on(session, invoice))
            yield _made("invoice", f"invoice-{invoice.number}.pdf", content)


def _made(kind: str, name: str, content: bytes) -> Paper:
    digest = hashlib.sha256(content).hexdigest()
    return Paper(kind, name, vault.PDF, len(content), digest, content=content)


def _ordered(content: dict[str, Any]) -> list[cover.OrderedLine]:
    details = content.get("orderDetails") or {}
    lines = []
    for item in details.get("items") or []:
        quantity, price = item.get("orderedQuantity") or {}, item.get("netCost") or {}
        size = f" of {quantity['unitSize']}" if quantity.get("unitSize") else ""
        names = (item.get("amazonProductIdentifier"), item.get("vendorProductIdentifier"))
        lines.append(
            cover.OrderedLine(
                str(item.get("itemSequenceNumber", "")),
                " · ".join(str(one) for one in names if one),
                f"{quantity.get('amount', '')} {quantity.get('unitOfMeasure', '')}{size}",
                _decimal(price.get("amount")),
                str(price.get("currencyCode", "")),
            )
        )
    return lines


def _decimal(written: Any) -> Decimal | None:
    try:
        return None if written is None else Decimal(str(written))
    except InvalidOperation:
        return None


def _content(session: Session, paper: Paper) -> bytes:
    if paper.content is not None:
        return paper.content
    key = (shop_of(session), paper.evidence_id)
    return session.get_one(Evidence, key, populate_existing=True).content


def _pages(session: Session, paper: Paper) -> tuple[PdfReader | None, str]:
    """A paper as pages, or why it has none."""
    if paper.media_type not in (vault.PDF, vault.PNG, vault.JPEG, *WORDY):
        return None, NOT_PAGES
    content = _content(session, paper)
    try:
        if paper.media_type in (vault.PNG, vault.JPEG):
            content = cover.picture_page(paper.name, content)
        elif paper.media_type in WORDY:
            content = cover.text_pages(paper.name, content.decode("utf-8"))
        pages = PdfReader(io.BytesIO(content))
        if pages.is_encrypted or len(pages.pages) == 0:
            return None, UNREADABLE
        return pages, ""
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None, UNREADABLE


def _document(
    session: Session,
    facts: wording.Facts,
    events: Sequence[timeline.Event],
    papers: Sequence[Paper],
    largest: int,
) -> tuple[bytes, list[cover.Listed]]:
    """The PDF and its contents; the papers that matter least stay out while it is too large."""
    taken: list[tuple[Paper, PdfReader | None, str]] = []
    free = largest - SPARE
    for paper in papers:
        if paper.size > free:
            taken.append((paper, None, TOO_LARGE))
            continue
        pages, reason = _pages(session, paper)
        if pages is not None:
            free -= paper.size
        taken.append((paper, pages, reason))
    while True:
        document, contents = _joined(facts, events, taken)
        if len(document) <= largest:
            return document, contents
        last = max((at for at, one in enumerate(taken) if one[1] is not None), default=None)
        if last is None:  # a cover alone is never that large
            return document, contents
        taken[last] = (taken[last][0], None, TOO_LARGE)


def _joined(
    facts: wording.Facts,
    events: Sequence[timeline.Event],
    taken: Sequence[tuple[Paper, PdfReader | None, str]],
) -> tuple[bytes, list[cover.Listed]]:
    contents = [
        cover.Listed(number, paper.type, paper.name, paper.sha256, 1 if pages else None, reason)
        for number, (paper, pages, reason) in enumerate(taken, start=1)
    ]
    # How long the cover is does not depend on the page numbers in it, but these do on how long it is.
    next_page = 1 + len(PdfReader(io.BytesIO(cover.cover(facts, events, contents))).pages)
    for at, (_, pages, _) in enumerate(taken):
        if pages is not None:
            contents[at] = replace(contents[at], page=next_page)
            next_page += len(pages.pages)
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(cover.cover(facts, events, contents))), "Cover")
    for listed, (_, pages, _) in zip(contents, taken, strict=True):
        if pages is not None:
            title = f"{listed.number} {wording.PAPERS[listed.type][0]}: {listed.name}"
            writer.append(pages, title, import_outline=False)
    writer.add_metadata({"/Title": f"Dispute {facts.reference}", "/Producer": "Holdfast"})
    writer.compress_identical_objects()
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue(), contents


def _archive(
    session: Session,
    facts: wording.Facts,
    document: bytes,
    papers: Sequence[Paper],
    contents: Sequence[cover.Listed],
    limit: rulebook.Portal,
) -> tuple[bytes, list[str]]:
    """The ZIP: the PDF, the case in both languages, the list, then originals while they fit.

    Papers that the PDF could not show come before the others.
    """
    target = io.BytesIO()
    left: list[str] = []
    listed = sorted(zip(papers, contents, strict=True), key=lambda one: one[1].page is not None)
    rows = ["number,type,name,sha256,bytes,page in the PDF,original in this ZIP"]
    used = len(document) + SPARE
    kept: list[tuple[str, bytes]] = []
    for paper, one in listed:
        reason = ""
        if used + paper.size > limit.largest_bytes:
            reason = TOO_LARGE
        elif len(kept) + 1 >= limit.most_files:  # the PDF is a file too
            reason = TOO_MANY
        if reason:
            left.append(paper.name)
        else:
            used += paper.size
            kept.append((f"papers/{one.number:02d}-{_plain(paper.name)}", _content(session, paper)))
        cells = (
            str(one.number),
            paper.type,
            _cell(paper.name),
            paper.sha256,
            str(paper.size),
            str(one.page or cover.REASONS[one.reason]),
            cover.REASONS.get(reason, "yes"),
        )
        rows.append(",".join(cells))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "dispute.pdf", document)
        for language in wording.LANGUAGES:
            _put(archive, f"case-{language}.txt", wording.case_text(facts, language).encode())
        _put(archive, "papers.csv", ("\n".join(rows) + "\n").encode("utf-8-sig"))
        for name, content in kept:
            _put(archive, name, content)
    return target.getvalue(), left


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def _plain(name: str) -> str:
    return "".join(one if one.isalnum() or one in "-_." else "_" for one in name)


def _cell(written: str) -> str:
    """A CSV cell that a spreadsheet does not take for a formula."""
    safe = f"'{written}" if written[:1] in "=+-@\t\r" else written
    return '"' + safe.replace('"', '""') + '"'
