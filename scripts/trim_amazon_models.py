"""Writes the parts of Amazon's official models that we use, without their prose.

    python scripts/trim_amazon_models.py FOLDER_WITH_THE_ORIGINALS [--check]

With --check nothing is written; it exits 1 when the shipped parts no longer agree with the originals.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "app" / "vendor" / "schemas"
MODELS = {
    "financeRemittance-2026-03-17.json": None,
    "financesInvoices_2026-06-25.json": None,
    "reports_2021-06-30.json": {
        "cancelReport",
        "createReport",
        "getReport",
        "getReportDocument",
        "getReports",
    },
    "vendorInvoices.json": None,
    "vendorOrders.json": None,
    "vendorShipments.json": None,
    "vendorTransactionStatus.json": None,
}
# What the documents of reports look like: plain schemas without operations.
DOCUMENTS = {
    "vendorForecastingReport.json",
    "vendorInventoryReport.json",
    "vendorNetPureProductMarginReport.json",
    "vendorRealTimeInventoryReport.json",
    "vendorRealTimeSalesReport.json",
    "vendorRealTimeTrafficReport.json",
    "vendorSalesReport.json",
    "vendorTrafficReport.json",
}
PROSE = {"description", "example", "examples", "title", "summary", "tags", "externalDocs"}


def trimmed(model: dict[str, Any], operations: set[str] | None) -> dict[str, Any]:
    """Paths of the named operations (all, if None) and every definition they reach."""
    paths: dict[str, Any] = {}
    for path, methods in model["paths"].items():
        for method, operation in methods.items():
            if not isinstance(operation, dict) or "operationId" not in operation:
                continue
            if operations is None or operation["operationId"] in operations:
                paths.setdefault(path, {})[method] = _without_prose(operation)
    definitions: dict[str, Any] = {}
    wanted = _references(paths)
    while wanted:
        name = wanted.pop()
        if name not in definitions:
            definitions[name] = _without_prose(model["definitions"][name])
            wanted |= _references(definitions[name])
    return {
        "swagger": model["swagger"],
        "info": {"version": model["info"]["version"], "license": model["info"].get("license")},
        "paths": paths,
        "definitions": dict(sorted(definitions.items())),
    }


def _without_prose(node: Any, inside_properties: bool = False) -> Any:
    if isinstance(node, dict):
        return {
            key: _without_prose(value, key in ("properties", "definitions"))
            for key, value in node.items()
            if inside_properties or not (key in PROSE or key.startswith("x-"))
        }
    if isinstance(node, list):
        return [_without_prose(value) for value in node]
    return node


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        found = {
            value.rpartition("/")[2]
            for key, value in node.items()
            if key == "$ref" and isinstance(value, str)
        }
        return found.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()


def _made_of(originals: Path) -> Iterator[tuple[str, Any]]:
    """Every shipped file and what it is to hold."""
    for name, operations in MODELS.items():
        yield name, trimmed(json.loads((originals / name).read_text()), operations)
    for name in sorted(DOCUMENTS):
        yield f"reports/{name}", _without_prose(json.loads((originals / name).read_text()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("originals", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    differing = []
    for name, made in _made_of(arguments.originals):
        text = json.dumps(made, indent=1, sort_keys=True) + "\n"
        if arguments.check:
            if (TARGET / name).read_text() != text:
                differing.append(name)
        else:
            (TARGET / name).write_text(text)
    if differing:
        print("These no longer agree with the originals: " + ", ".join(differing))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
