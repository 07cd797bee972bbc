"""Other engines that match the same papers, where they are installed: they are no part of the product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol


class Matched(Protocol):
    """An answer in an engine's memory."""

    def write(self, file: Path) -> None:
        """Writes the rows in the form in which all engines' are compared."""


ENGINES: dict[str, Callable[[Path, Mapping[str, Any]], Matched]] = {}
"""By name and version; each loads the papers that were copied out, and matches them."""

try:
    from app.bench.reconcile import duck

    ENGINES[f"DuckDB {duck.VERSION}"] = duck.match
except ModuleNotFoundError as missing:
    if missing.name != "duckdb":
        raise
try:
    from app.bench.reconcile import frames

    ENGINES[f"Polars {frames.VERSION}"] = frames.match
except ModuleNotFoundError as missing:
    if missing.name != "polars":
        raise
