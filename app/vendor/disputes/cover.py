"""The pages of a pack that we write: the cover, texts and pictures as pages, purchase orders."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from app.vendor.disputes.timeline import Event
from app.vendor.disputes.wording import KINDS, PAPERS, Facts, money

LATIN, BOLD, TYPED, CHINESE = "Vera", "VeraBd", "Courier", "STSong-Light"
BEYOND_LATIN = 0x2E80  # from here on stand the characters of East Asia
GRID, SHADE = colors.HexColor("#bbbbbb"), colors.HexColor("#f2f2f2")
EVENTS = {
    "ordered": "Ordered by Amazon",
    "acknowledged": "Acknowledged",
    "shipped": "Shipped",
    "notified": "ASN taken by Amazon",
    "received": "Received by Amazon, last",
    "invoiced": "Invoiced",
    "due": "Due",
    "deducted": "Deducted",
    "given_back": "Given back",
    "disputed": "Disputed before",
}
REASONS = {
    "too_large": "larger than the portal takes",
    "no_pages": "no pages: in the ZIP",
    "unreadable": "cannot be read as pages: in the ZIP",
    "too_many": "more papers than the portal takes",
}
COLUMNS, TEXT_LINES, MOST_TEXT_PAGES = 96, 62, 40
WIDTH, HEIGHT = A4


@dataclass(frozen=True)
class Listed:
    """A paper in the list of contents. `page` is None where it is not in the PDF, for `reason`."""

    number: int
    type: str
    name: str
    sha256: str
    page: int | None
    reason: str = ""


def cover(facts: Facts, events: Sequence[Event], contents: Sequence[Listed]) -> bytes:
    """The first pages: what is asked, the figures, the timeline, the truck, what follows."""
    title = f"Dispute of {KINDS[facts.kind][0]} {facts.reference}"
    story: list[Any] = [
        _text(title, 16, bold=True),
        Spacer(1, 3 * mm),
        _table(_figures(facts), [48 * mm, 132 * mm], heading=False),
        Spacer(1, 5 * mm),
        _text(f"What happened (days in {facts.zone.key} time)", 11, bold=True),
        Spacer(1, 2 * mm),
        _table(_timeline(facts, events), [24 * mm, 44 * mm, 48 * mm, 18 * mm, 46 * mm]),
    ]
    if facts.variances:
        story += [
            Spacer(1, 5 * mm),
            _text("What Amazon's finance says of each line", 11, bold=True),
            Spacer(1, 2 * mm),
            _table(_variances(facts), [48 * mm, 30 * mm, 20 * mm, 20 * mm, 62 * mm]),
        ]
    if facts.netting is not None:
        story += [
            Spacer(1, 5 * mm),
            _text("Over the truck", 11, bold=True),
            Spacer(1, 2 * mm),
            _text(
                f"Short {facts.netting.short} units, of which {facts.netting.explained} were received"
                " on other lines of the same truck.",
                9,
            ),
            Spacer(1, 2 * mm),
            _table(_truck(facts), [42 * mm, 30 * mm, 46 * mm, 20 * mm, 22 * mm, 20 * mm]),
        ]
    story += [
        Spacer(1, 5 * mm),
        _text("Papers", 11, bold=True),
        Spacer(1, 2 * mm),
        _table(_contents(contents), [9 * mm, 32 * mm, 80 * mm, 14 * mm, 45 * mm]),
    ]
    return _document(title, story)


def _figures(facts: Facts) -> list[list[str]]:
    rows = [["Asked back", money(facts.amount, facts.currency)]]
    for name, value in (
        ("Invoice", facts.invoice),
        ("Purchase orders", ", ".join(facts.orders)),
        ("Cause stated by Amazon", facts.cause),
        ("Units in question", facts.units),
        ("Deducted", money(facts.taken, facts.currency)),
        ("Given back so far", money(facts.recovered, facts.currency)),
        ("Dispute", f"number {facts.attempt}" if facts.attempt > 1 else None),
        ("Case before", facts.case_before),
        ("Note", facts.note),
    ):
        if value not in (None, ""):
            rows.append([name, str(value)])
    return rows


def _timeline(facts: Facts, events: Sequence[Event]) -> list[list[str]]:
    rows = [["Day", "What", "Number", "Units", "Amount or detail"]]
    for one in events:
        told = money(one.amount, facts.currency) if one.amount is not None else ""
        more = " · ".join(part for part in (told, one.detail or "") if part)
        units = "" if one.units is None else str(one.units)
        rows.append(
            [
                f"{one.at.astimezone(facts.zone):%Y-%m-%d}",
                EVENTS[one.event],
                one.reference,
                units,
                more,
            ]
        )
    return rows


def _variances(facts: Facts) -> list[list[str]]:
    rows = [["Order line", "ASIN", "Invoiced", "Matched", "Cause"]]
    for one in facts.variances:
        matched = "" if one.matched_units is None else str(one.matched_units)
        cause = f"{one.type}: {', '.join(one.causes)}"
        place = f"{one.purchase_order} · {one.line}"
        rows.append([place, one.asin or "", str(one.units), matched, cause])
    return rows


def _truck(facts: Facts) -> list[list[str]]:
    rows = [["Order line", "ASIN", "Shipment", "Shipped", "Received", "Differs"]]
    for one in facts.netting.lines if facts.netting else ():
        rows.append(
            [
                f"{one.number} · {one.line}",
                one.asin or one.vendor_sku or "",
                ", ".join(one.shipments),
                str(one.shipped),
                str(one.received),
                f"{one.difference:+d}",
            ]
        )
    return rows


def _contents(contents: Sequence[Listed]) -> list[list[str]]:
    rows = [["", "What", "Name", "Page", "SHA-256 or why it is not here"]]
    for one in contents:
        place = "" if one.page is None else str(one.page)
        told = REASONS.get(one.reason, one.sha256[:20])
        rows.append([str(one.number), PAPERS[one.type][0], one.name, place, told])
    return rows


def text_pages(name: str, words: str) -> bytes:
    """A text as pages of type; what goes beyond forty pages is said to be left out."""
    _register_fonts()
    lines: list[str] = []
    for line in words.replace("\t", "    ").splitlines():
        shown = "".join(one if one.isprintable() else " " for one in line)
        lines += [shown[at : at + COLUMNS] for at in range(0, max(len(shown), 1), COLUMNS)]
    if len(lines) > TEXT_LINES * MOST_TEXT_PAGES:
        left = len(lines) - TEXT_LINES * MOST_TEXT_PAGES + 1
        lines = lines[: TEXT_LINES * MOST_TEXT_PAGES - 1] + [f"… {left} more lines in the ZIP"]
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.setTitle(name)
    for start in range(0, max(len(lines), 1), TEXT_LINES):
        canvas.setFont(_font(name, bold=True), 9)
        canvas.drawString(15 * mm, HEIGHT - 14 * mm, name)
        for at, line in enumerate(lines[start : start + TEXT_LINES]):
            canvas.setFont(TYPED if line.isascii() else _font(line), 8)
            canvas.drawString(15 * mm, HEIGHT - 22 * mm - at * 4.1 * mm, line)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def picture_page(name: str, content: bytes) -> bytes:
    """A picture on a page of its own, as large as it fits. Raises OSError for a broken one."""
    _register_fonts()
    picture = ImageReader(io.BytesIO(content))
    width, height = picture.getSize()
    scale = min((WIDTH - 30 * mm) / width, (HEIGHT - 40 * mm) / height)
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.setTitle(name)
    canvas.setFont(_font(name, bold=True), 9)
    canvas.drawString(15 * mm, HEIGHT - 14 * mm, name)
    canvas.drawImage(
        picture,
        15 * mm,
        HEIGHT - 20 * mm - height * scale,
        width * scale,
        height * scale,
        mask="auto",
    )
    canvas.showPage()
    canvas.save()
    return target.getvalue()


@dataclass(frozen=True)
class OrderedLine:
    """One line of one version of a purchase order."""

    line: str
    product: str
    quantity: str
    cost: Decimal | None
    currency: str


def order_pages(
    number: str, versions: Sequence[tuple[int, datetime, Sequence[OrderedLine]]], zone: ZoneInfo
) -> bytes:
    """A purchase order as Amazon sent it, version by version, read at these times of the zone."""
    title = f"Purchase order {number}, as Amazon sent it"
    story: list[Any] = [_text(title, 14, bold=True)]
    for version, seen_at, lines in versions:
        rows = [["Line", "Product", "Quantity", "Cost"]]
        for one in lines:
            cost = "" if one.cost is None else money(one.cost, one.currency)
            rows.append([one.line, one.product, one.quantity, cost])
        story += [
            Spacer(1, 5 * mm),
            _text(
                f"Version {version}, read {seen_at.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}",
                11,
                bold=True,
            ),
            Spacer(1, 2 * mm),
            _table(rows, [20 * mm, 80 * mm, 40 * mm, 40 * mm]),
        ]
    return _document(title, story)


def _document(title: str, story: list[Any]) -> bytes:
    target = io.BytesIO()
    SimpleDocTemplate(
        target,
        pagesize=A4,
        topMargin=15 * mm,
        bottomMargin=15 * mm,
        leftMargin=15 * mm,
        rightMargin=15 * mm,
        title=title,
        invariant=1,
    ).build(story)
    return target.getvalue()


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in ((LATIN, "Vera.ttf"), (BOLD, "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def _font(words: str, *, bold: bool = False) -> str:
    if any(ord(one) >= BEYOND_LATIN for one in words):
        return CHINESE
    return BOLD if bold else LATIN


def _text(words: str, size: int, *, bold: bool = False) -> Paragraph:
    _register_fonts()
    style = ParagraphStyle(
        "own",
        fontName=_font(words, bold=bold),
        fontSize=size,
        leading=size * 1.35,
        splitLongWords=1,
    )
    return Paragraph(escape(words).replace("\n", "<br/>"), style)


def _table(rows: list[list[str]], widths: list[float], *, heading: bool = True) -> Table:
    cells = [
        [_text(cell, 8, bold=heading and at == 0) for cell in row] for at, row in enumerate(rows)
    ]
    table = Table(cells, colWidths=widths, repeatRows=1 if heading else 0)
    style: list[Any] = [
        ("GRID", (0, 0), (-1, -1), 0.4, GRID),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    shaded = ((0, 0), (-1, 0)) if heading else ((0, 0), (0, -1))
    table.setStyle(TableStyle([*style, ("BACKGROUND", *shaded, SHADE)]))
    return table
