"""Holdfast: one stock ledger for brands that sell to Amazon by purchase order and direct on Shopify."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """`app.create_app` is the web process; loaded on demand, as commands and simulators do without."""
    if name == "create_app":
        return import_module("app.web").create_app
    raise AttributeError(f"module 'app' has no attribute {name!r}")
