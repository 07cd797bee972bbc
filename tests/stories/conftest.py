"""The stage of each story."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import require_pgbouncer
from tests.stories.stage import Stage, set_stage
from tests.support import databases
from tests.support.databases import Addresses


@pytest.fixture
def database(database: str, servers: Addresses, set_settings: Callable[..., None]) -> str:
    """The product's database through PgBouncer in transaction mode.

    Where PgBouncer is not installed it is reached directly; CI requires it.
    """
    if servers.pooler_port is None and not os.environ.get("PGBOUNCER_REQUIRED"):
        return database
    require_pgbouncer()
    pooled = servers.pooled_url(f"holdfast_{databases.worker_number()}")
    set_settings(DATABASE_URL=pooled)
    return pooled


@pytest.fixture
def stage(
    database: str, queue: str, set_settings: Callable[..., None], tmp_path: Path
) -> Iterator[Stage]:
    """A fresh store and a fresh vendor group, with nothing in them, and the product running."""
    with set_stage(tmp_path, set_settings) as made:
        yield made
