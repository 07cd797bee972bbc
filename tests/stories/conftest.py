"""The stage of each story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stories.stage import Stage, set_stage


@pytest.fixture
def stage(
    database: str, queue: str, set_settings: Callable[..., None], tmp_path: Path
) -> Iterator[Stage]:
    """A fresh store and a fresh vendor group, with nothing in them, and the product running."""
    with set_stage(tmp_path, set_settings) as made:
        yield made
