"""What tests of the supervisor start from."""

from __future__ import annotations

import pytest

from tests.support.ports import free_ports


@pytest.fixture
def free_port() -> int:
    """A port nobody uses at the moment."""
    return free_ports(1)[0]
