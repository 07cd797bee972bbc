"""What tests of the core start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.db import transaction
from app.inventory import audit
from tests.inventory.brand import Brand, make_brand


@pytest.fixture
def brand(database: str) -> Iterator[Brand]:
    """A brand with two items and two locations; the audit must find nothing when the test ends."""
    made = make_brand()
    yield made
    made.refresh_collisions()
    with transaction(made.shop_id) as session:
        assert audit.findings(session) == []
