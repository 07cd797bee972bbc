"""The hand-over workbook: all that somebody needs who goes on without Holdfast, in one file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.shops import this_shop

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 22

INSTRUCTIONS = (
    "What this is",
    "The stock as Holdfast knew it when this file was made: what stood where, who held it, and what"
    " was still open with Amazon.",
    "",
    "If Holdfast is still installed",
    "Settings > Leave Holdfast gives back every unit it put into reserved or safety stock, and tells"
    " Shopify. Take the app away when it says that nothing is left.",
    "",
    "If it was taken away before that",
    "Units that Holdfast put into reserved and safety stock stay there in Shopify; the sheet Holds"
    " lists them by item and location.",
    "1. The sure way: install Holdfast again, open it, wait until the catalogue is read, and use"
    " Settings > Leave Holdfast.",
    "2. By hand: in the Shopify admin open Products > Inventory, show the column Unavailable, and"
    " move the units of each row of the sheet Holds back to available.",
    "",
    "What to look after",
    "Open purchase orders: Amazon still expects what was acknowledged. The sheet Purchase orders"
    " says what is accepted, shipped and received.",
    "Not told: movements that Shopify has not heard of. Its quantities differ by these.",
)

SHEETS: tuple[tuple[str, str], ...] = (
    (
        "Balances",
        "SELECT sku, title, name AS location, state::text, quantity FROM balance"
        " JOIN item USING (shop_id, item_id) JOIN location USING (shop_id, location_id)"
        " WHERE shop_id = :shop AND quantity <> 0"
        " ORDER BY sku, item_id, priority, location_id, state",
    ),
    (
        "Holds",
        "SELECT sku, item.title, name AS location, hold.state::text, held, wanted, fulfilled,"
        " kind AS paper, document.reference, line, hold.due_at AS due, document_id AS ledger_entry"
        " FROM hold JOIN document USING (shop_id, document_id)"
        " JOIN item USING (shop_id, item_id) JOIN location USING (shop_id, location_id)"
        " WHERE shop_id = :shop AND (held > 0 OR wanted > fulfilled)"
        " ORDER BY hold.state, sku, item_id, location_id, document_id, line",
    ),
    (
        "Purchase orders",
        "SELECT po.region, po.number, po.state, po.ship_to, po.ordered_at, po.ship_end,"
        " line.line, line.asin, line.vendor_sku, sku, ordered_units, accepted_units,"
        " backordered_units, rejected_units, shipped_units, received_units, cost, cost_currency"
        " FROM purchase_order AS po JOIN purchase_order_line AS line"
        " USING (shop_id, region, number) LEFT JOIN item USING (shop_id, item_id)"
        " WHERE shop_id = :shop AND po.state <> 'Closed' AND NOT line.removed"
        " ORDER BY po.ordered_at, po.region, po.number, line.position, line.line",
    ),
    (
        "Collisions",
        "SELECT sku, title, name AS location, kind, units, opened_at FROM collision"
        " JOIN item USING (shop_id, item_id) JOIN location USING (shop_id, location_id)"
        " WHERE shop_id = :shop AND ended_at IS NULL ORDER BY opened_at, collision_id",
    ),
    (
        "Discrepancies",
        "SELECT discrepancy.kind, discrepancy.reference, sku, title, name AS location, state::text,"
        " ours AS in_the_books, theirs AS counted, discrepancy.units, amount,"
        " discrepancy.currency, cause, deadline, source, explanation, explained_by,"
        " discrepancy.owner, note, opened_at FROM discrepancy"
        " LEFT JOIN item USING (shop_id, item_id) LEFT JOIN location USING (shop_id, location_id)"
        " WHERE shop_id = :shop AND status IN ('open', 'in_progress', 'left')"
        " ORDER BY discrepancy_id",
    ),
    (
        "Not told",
        "SELECT message_id, topic, reference, message.state, attempts, error,"
        " request ->> 'sku' AS sku, request ->> 'changes' AS changes, received_at FROM message"
        " WHERE shop_id = :shop AND direction = 'out' AND channel = 'shopify'"
        " AND state IN ('waiting', 'dead') AND request ? 'changes' ORDER BY message_id",
    ),
)


def build(session: Session) -> bytes:
    """The workbook of this session's shop, as it stands now. No customer is named in it."""
    book = Workbook(write_only=True)
    shop = this_shop(session)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    _write(book, "Instructions", [f"Holdfast hand-over of {shop.domain}, {made}"], (), 110)
    for line in INSTRUCTIONS:
        book["Instructions"].append([_cell(book["Instructions"], line)])
    for name, query in SHEETS:
        found = session.execute(text(query), {"shop": shop_of(session)})
        _write(book, name, [key.replace("_", " ") for key in tuple(found.keys())], found, WIDTH)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def file_name(session: Session) -> str:
    """What the file is called: the shop and the day."""
    name = this_shop(session).domain.removesuffix(".myshopify.com")
    return f"holdfast-{name}-{datetime.now(UTC):%Y-%m-%d}.xlsx"


def _write(
    book: Workbook, name: str, heading: Sequence[str], rows: Iterable[Sequence[Any]], width: int
) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for index in range(len(heading)):
        sheet.column_dimensions[chr(ord("A") + index)].width = width
    bold = []
    for title in heading:
        cell = _cell(sheet, title)
        cell.font = Font(bold=True)
        bold.append(cell)
    sheet.append(bold)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None)
    if value is not None and not isinstance(value, int | Decimal | datetime):
        value = str(value)
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        # A SKU that begins with "=" is a SKU, never a formula.
        cell.data_type = "s"
    return cell
