"""Every table that can be taken along."""

from __future__ import annotations

from app.errors import Refused
from app.overview.exports.areas import matching, money, orders, stock, work
from app.overview.exports.table import Table

ALL: tuple[Table, ...] = (
    *stock.TABLES,
    *orders.TABLES,
    *money.TABLES,
    *matching.TABLES,
    *work.TABLES,
)
TABLES: dict[str, Table] = {table.name: table for table in ALL}


def named(name: str) -> Table:
    """The table of this name. Raises Refused("not_found")."""
    if name not in TABLES:
        raise Refused("not_found", f"There is no table {name} to export.", status=404)
    return TABLES[name]
