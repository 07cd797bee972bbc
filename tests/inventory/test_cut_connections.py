"""A connection that dies inside COMMIT leaves nobody knowing; settling again does no harm."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.inventory.models import State
from tests.inventory.brand import Brand
from tests.support.cutting import Cutter


@pytest.mark.slow
def test_a_connection_cut_inside_commit_books_each_order_once(
    brand: Brand, database: str, set_settings: Callable[..., None]
) -> None:
    brand.stock("tent", "main", 100)
    chance = random.Random(4)
    folder = Path(parse_qs(urlsplit(database).query)["host"][0])
    with tempfile.TemporaryDirectory(prefix="hf-") as here:
        server = next(folder.glob(".s.PGSQL.*[0-9]"))
        cutter = Cutter(Path(here), server, lambda: chance.random() < 0.2)
        set_settings(DATABASE_URL=database.replace(str(folder), here))
        for number in range(30):
            brand.settle(brand.order(str(number), 2, item="tent", at="main"))
        set_settings(DATABASE_URL=database)
        cutter.close()
    assert cutter.cuts_made > 5
    assert brand.quantity("tent", "main", State.COMMITTED) == 60
    assert brand.quantity("tent", "main", State.AVAILABLE) == 40
