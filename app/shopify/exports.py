"""What Shopify writes in bulk: a file of JSON lines, downloaded whole and read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO

import httpx

from app.config import settings
from app.errors import RetryLater
from app.shopify.client import Json


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
