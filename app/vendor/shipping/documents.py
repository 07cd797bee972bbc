"""What is printed: labels of 4 × 6 inches for cartons and pallets, and the packing list.

The barcode is GS1-128 with the SSCC (application identifier 00), the same number that the ASN says.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from sqlmodel import Session

from app.errors import Refused
from app.inventory import futures
from app.inventory.models import Location
from app.vendor.shipping.contents import Contents
from app.vendor.shipping.tables import Carton, CartonLine, Pallet

WIDTH, HEIGHT = 4 * inch, 6 * inch
MARGIN = 0.2 * inch
FNC1 = "\xf1"
PLAIN, BOLD, WIDE = "Helvetica", "Helvetica-Bold", "STSong-Light"
MOST_LINES = 7
# GS1 asks for bars of at least 0.495 mm on logistic labels; four dots of a 203 dpi printer are 0.5.
MODULE = 4 / 203 * inch
GRID = colors.HexColor("#bbbbbb")


def labels(session: Session, whole: Contents) -> bytes:
    """A label for every carton and every pallet, each a page of 4 × 6 inches.

    Raises Refused 409 when nothing is packed, or the shop has no GS1 company prefix to number it by.
    """
    boxes: list[Carton | Pallet] = [*whole.cartons, *whole.pallets]
    if not boxes:
        raise Refused("nothing_packed", "Pack the cartons first.", status=409)
    if any(box.sscc is None for box in boxes):
        raise Refused(
            "prefix_needed",
            "Enter your GS1 company prefix under Settings; carton numbers begin with it.",
            status=409,
        )
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT))
    canvas.setTitle(f"Labels {whole.shipment.identifier}")
    origin = _origin(session, whole)
    for place, box in enumerate(boxes):
        count = place + 1 if isinstance(box, Carton) else place + 1 - len(whole.cartons)
        _label(canvas, whole, box, count, origin)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def packing_list(session: Session, whole: Contents) -> bytes:
    """What the shipment holds by order line, then carton by carton, on letter pages."""
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=letter,
        title=f"Packing list {whole.shipment.identifier}",
        leftMargin=0.7 * inch,
        rightMargin=0.7 * inch,
        topMargin=0.6 * inch,
        bottomMargin=0.6 * inch,
    )
    story = [
        _paragraph(f"Packing list {whole.shipment.identifier}", 16, bold=True),
        Spacer(1, 8),
        _table(_header(session, whole), [1.4 * inch, 5.7 * inch], heading=False),
        Spacer(1, 12),
        _table(_sums(whole), [1.1 * inch, 1.3 * inch, 1.1 * inch, 2.8 * inch, 0.8 * inch]),
    ]
    for carton in whole.cartons:
        on = f" · pallet {carton.pallet}" if carton.pallet else ""
        story += [
            Spacer(1, 12),
            _paragraph(f"Carton {carton.carton}{on} · SSCC {spaced(carton.sscc)}", 11, bold=True),
            Spacer(1, 4),
            _table(
                _carried(whole, carton),
                [1.1 * inch, 1.3 * inch, 1.9 * inch, 1.1 * inch, 0.9 * inch, 0.8 * inch],
            ),
        ]
    document.build(story)
    return target.getvalue()


def spaced(sscc: str | None) -> str:
    """An SSCC as people read it: (00) and groups."""
    if sscc is None:
        return "none"
    return f"(00) {sscc[0]} {sscc[1:8]} {sscc[8:17]} {sscc[17]}"


def _label(
    canvas: Canvas, whole: Contents, box: Carton | Pallet, count: int, origin: Sequence[str]
) -> None:
    shipment = whole.shipment
    is_pallet = isinstance(box, Pallet)
    total = len(whole.pallets) if is_pallet else len(whole.cartons)
    middle = WIDTH / 2
    _block(canvas, MARGIN, HEIGHT - MARGIN, "SHIP FROM", origin, 8)
    _block(canvas, middle + 4, HEIGHT - MARGIN, "SHIP TO", ["Amazon", shipment.ship_to], 8, big=20)
    _rule(canvas, HEIGHT - 1.15 * inch)
    canvas.line(middle, HEIGHT - MARGIN, middle, HEIGHT - 1.15 * inch)
    carriage = [
        f"SCAC {shipment.carrier_code or '-'}",
        f"PRO {shipment.carrier_reference or '-'}",
    ]
    papers = [f"BOL {shipment.bill_of_lading or '-'}", f"ARN {shipment.amazon_reference or '-'}"]
    _block(canvas, MARGIN, HEIGHT - 1.22 * inch, "CARRIER", carriage, 8)
    _block(canvas, middle + 4, HEIGHT - 1.22 * inch, "PAPERS", papers, 8)
    _rule(canvas, HEIGHT - 1.8 * inch)
    _text(canvas, MARGIN, HEIGHT - 2.1 * inch, "PALLET" if is_pallet else "CARTON", 9)
    _text(canvas, MARGIN + 0.7 * inch, HEIGHT - 2.12 * inch, f"{count} of {total}", 18, bold=True)
    _text(canvas, MARGIN, HEIGHT - 2.32 * inch, f"Shipment {shipment.identifier}", 8)
    lines = list(_on_pallet(whole, box) if isinstance(box, Pallet) else _in_carton(whole, box))
    numbers = sorted({one.number for one in lines})
    _text(canvas, MARGIN, HEIGHT - 2.52 * inch, _fitted(f"PO {', '.join(numbers)}", 10), 10, True)
    _rule(canvas, HEIGHT - 2.62 * inch)
    _contents(canvas, whole, lines, HEIGHT - 2.8 * inch)
    _rule(canvas, 1.95 * inch)
    _barcode(canvas, box.sscc or "")


def _contents(canvas: Canvas, whole: Contents, lines: Sequence[CartonLine], top: float) -> None:
    kinds = {(one.number, one.line) for one in lines}
    title = "SINGLE SKU" if len(kinds) == 1 else "MIXED SKU"
    units = sum(one.units for one in lines)
    _text(canvas, MARGIN, top, f"{title} · {units} units", 9, bold=True)
    for place, (name, count) in enumerate(_said(whole, lines), start=1):
        _text(canvas, MARGIN, top - place * 11, _fitted(name, 8), 8)
        canvas.setFont(PLAIN, 8)
        canvas.drawRightString(WIDTH - MARGIN, top - place * 11, count)


def _said(whole: Contents, lines: Sequence[CartonLine]) -> Iterator[tuple[str, str]]:
    """Item and eaches, below it lot and expiry where there are any; cut where the label ends."""
    units: dict[tuple[str, str, str, date | None], int] = {}
    for one in lines:
        key = (one.number, one.line, one.lot_number, one.expires_on)
        units[key] = units.get(key, 0) + one.units
    rows = []
    for (number, line_name, lot, expires_on), count in units.items():
        line = whole.order_lines[number, line_name]
        rows.append((" ".join(filter(None, (line.asin, line.vendor_sku))), str(count)))
        if lot or expires_on:
            expiry = f"EXP {expires_on.isoformat()}" if expires_on else ""
            rows.append((f"    LOT {lot}  {expiry}", ""))
    yield from rows[:MOST_LINES]
    if len(rows) > MOST_LINES:
        yield "and more; see the packing list", ""


def _barcode(canvas: Canvas, sscc: str) -> None:
    code = Code128(
        f"{FNC1}00{sscc}", barWidth=MODULE, barHeight=1.25 * inch, quiet=1, humanReadable=0
    )
    code.drawOn(canvas, (WIDTH - code.width) / 2, 0.55 * inch)
    canvas.setFont(BOLD, 12)
    canvas.drawCentredString(WIDTH / 2, 0.3 * inch, spaced(sscc))


def _block(
    canvas: Canvas,
    left: float,
    top: float,
    title: str,
    lines: Sequence[str],
    size: int,
    big: int | None = None,
) -> None:
    _text(canvas, left, top - 7, title, 6)
    at = top - 18
    for place, line in enumerate(lines):
        own = big if big and place else size
        at -= (own - size) if own != size else 0
        _text(canvas, left, at, _fitted(line, own, WIDTH / 2 - MARGIN - 8), own, bool(big))
        at -= own + 2


def _text(
    canvas: Canvas, left: float, at: float, words: str, size: int, bold: bool = False
) -> None:
    canvas.setFont(_font(words, bold), size)
    canvas.drawString(left, at, words)


def _rule(canvas: Canvas, at: float) -> None:
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, at, WIDTH - MARGIN, at)


def _fitted(words: str, size: int, width: float = WIDTH - 2 * MARGIN - 30) -> str:
    while words and pdfmetrics.stringWidth(words, _font(words), size) > width:
        words = words[:-2].rstrip() + "…" if not words.endswith("…") else words[:-2] + "…"
    return words


def _font(words: str, bold: bool = False) -> str:
    """Helvetica, or a font with Chinese signs where the words need one."""
    try:
        words.encode("cp1252")
    except UnicodeEncodeError:
        if WIDE not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(WIDE))
        return WIDE
    return BOLD if bold else PLAIN


def _in_carton(whole: Contents, carton: Carton) -> Sequence[CartonLine]:
    return whole.carton_lines.get(carton.carton, ())


def _on_pallet(whole: Contents, pallet: Pallet) -> Iterator[CartonLine]:
    for carton in whole.cartons:
        if carton.pallet == pallet.pallet:
            yield from _in_carton(whole, carton)


def _origin(session: Session, whole: Contents) -> list[str]:
    place = whole.ship_from
    if place is None:
        location = session.get(Location, (whole.shipment.shop_id, whole.shipment.location_id))
        return [whole.shipment.vendor_code, location.name if location else ""]
    region = " ".join(filter(None, (place.state_or_region, place.postal_code)))
    return [place.name, place.address_line, f"{place.city} {region}", place.country_code]


def _header(session: Session, whole: Contents) -> list[list[str]]:
    shipment = whole.shipment
    left = shipment.shipped_at or shipment.departs_at
    return [
        ["Ship from", ", ".join(filter(None, _origin(session, whole)))],
        ["Ship to", f"Amazon {shipment.ship_to}"],
        ["Purchase orders", ", ".join(whole.orders)],
        ["Vendor code", shipment.vendor_code],
        ["Carrier", f"{shipment.carrier_code or '-'}  PRO {shipment.carrier_reference or '-'}"],
        ["BOL / ARN", f"{shipment.bill_of_lading or '-'} / {shipment.amazon_reference or '-'}"],
        ["Departure", _day(session, left)],
        ["Cartons / pallets", f"{whole.carton_count} / {len(whole.pallets)}"],
    ]


def _sums(whole: Contents) -> list[list[str]]:
    rows = [["Order", "ASIN", "SKU", "Title", "Units"]]
    for one in whole.lines:
        line = whole.order_lines[one.number, one.line]
        item = whole.items.get(line.item_id or 0)
        named = (item.sku, item.title) if item else (line.vendor_sku or "", "")
        if one.units:
            rows.append([one.number, line.asin or "", *named, str(one.units)])
    rows.append(["", "", "", "Total", str(whole.units)])
    return rows


def _carried(whole: Contents, carton: Carton) -> list[list[str]]:
    rows = [["Order", "ASIN", "SKU", "Lot", "Expires", "Units"]]
    for one in _in_carton(whole, carton):
        line = whole.order_lines[one.number, one.line]
        item = whole.items.get(line.item_id or 0)
        expires = one.expires_on.isoformat() if one.expires_on else ""
        sku = item.sku if item else line.vendor_sku or ""
        rows.append([one.number, line.asin or "", sku, one.lot_number, expires, str(one.units)])
    return rows


def _table(rows: list[list[str]], widths: list[float], *, heading: bool = True) -> Table:
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, GRID),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    cells = [
        [
            _paragraph(
                cell,
                9,
                bold=(heading and at == 0) or (not heading and place == 0),
                right=heading and place == len(row) - 1,
            )
            for place, cell in enumerate(row)
        ]
        for at, row in enumerate(rows)
    ]
    return Table(cells, colWidths=widths, repeatRows=1 if heading else 0, style=TableStyle(style))


def _paragraph(words: str, size: int, *, bold: bool = False, right: bool = False) -> Paragraph:
    style = ParagraphStyle(
        "cell", fontName=_font(words, bold), fontSize=size, leading=size + 3, alignment=right * 2
    )
    return Paragraph(words.replace("&", "&amp;").replace("<", "&lt;"), style)


def _day(session: Session, moment: datetime | None) -> str:
    """A time as the shop's own clocks show it."""
    if moment is None:
        return "not said yet"
    zone = futures.zone_of(session)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone}"
