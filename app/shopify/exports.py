"""What Shopify writes in bulk: a file of JSON lines, downloaded whole and read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, TypeVar

import httpx
from sqlmodel import Session, select

from app.config import settings
from app.db import shop_of
from app.errors import RetryLater
from app.inventory.models import Location
from app.shopify import items
from app.shopify.client import Json, ShopClient
from app.shopify.payloads import identifier

BATCH = 500
ENDED_BADLY = {"FAILED", "CANCELED", "CANCELING", "EXPIRED"}
Entry = TypeVar("Entry")


class NotExported(Exception):
    """Shopify gave an export up; `code` is its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def finished(client: ShopClient, operation_id: str | None) -> Json | None:
    """The bulk operation once it is whole, None while Shopify is at it. Raises NotExported."""
    operation: Json | None = client.ask("bulk_read", id=operation_id)["bulkOperation"]
    if operation is None or operation["status"] in ENDED_BADLY:
        found = operation or {}
        raise NotExported(found.get("errorCode") or found.get("status") or "gone")
    return operation if operation["status"] == "COMPLETED" else None


def download(url: str, file: IO[bytes]) -> None:
    """Writes the export at this address to a file. Raises RetryLater when it cannot be read now."""
    try:
        with httpx.stream(
            "GET",
            url,
            timeout=httpx.Timeout(30, connect=5),
            trust_env=not settings().shopify_admin_origin,
        ) as response:
            if response.status_code != 200:
                raise RetryLater(f"Shopify's export answers {response.status_code}.")
            for part in response.iter_bytes():
                file.write(part)
    except httpx.HTTPError as error:
        raise RetryLater("Shopify's export cannot be read now.") from error


def entries(file: IO[bytes]) -> Iterator[Json]:
    """Each line's object, from the start. Raises RetryLater at one that is cut short."""
    file.seek(0)
    for line in file:
        if line.strip():
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise RetryLater("Shopify's export is cut short.") from error
            if isinstance(entry, dict):
                yield entry


def batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """The entries in lists of at most BATCH, in their order."""
    while batch := list(islice(entries, BATCH)):
        yield batch


def places(session: Session) -> dict[str, int]:
    """Our id of each location of this session's shop, by Shopify's."""
    rows = session.exec(select(Location).where(Location.shop_id == shop_of(session)))
    return {row.reference: row.location_id for row in rows}


def known_levels(session: Session, levels: Sequence[Json]) -> Iterator[tuple[Json, int, int]]:
    """Each exported level with our item and location ids; those of strangers are left out."""
    numbers = {entry["__parentId"]: identifier(entry["__parentId"]) or "" for entry in levels}
    item_ids = items.item_ids_of(session, items.ITEM, numbers.values())
    known_places = places(session)
    for entry in levels:
        item_id = item_ids.get(numbers[entry["__parentId"]])
        location_id = known_places.get(identifier(entry["location"]["id"]) or "")
        if item_id is not None and location_id is not None:
            yield entry, item_id, location_id
