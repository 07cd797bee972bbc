"""What tests of the Amazon rail start from: a shop with stock, connected to the simulated Amazon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from app.vendor.limits import limiter
from app.vendor.polling import sweeping, windows
from app.vendor.tokens import tokens
from tests.support.ports import free_ports
from tests.vendor import amazon as simulated
from tests.vendor.amazon import CLIENT_ID, CLIENT_SECRET, Amazon
from tests.vendor.brand import VendorBrand, make_vendor_brand


@pytest.fixture(scope="session")
def amazon_origin() -> Iterator[str]:
    """The simulator of this worker."""
    [port] = free_ports(1)
    process = simulated.start(port)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def amazon(
    amazon_origin: str,
    database: str,
    queue: str,
    set_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Amazon]:
    """A vendor group of this test's own; nothing it said or was told may break Amazon's models."""
    set_settings(
        LWA_ORIGIN=amazon_origin,
        SP_API_ORIGIN=amazon_origin,
        VENDOR_CENTRAL_ORIGIN=amazon_origin,
        LWA_CLIENT_ID=CLIENT_ID,
        LWA_CLIENT_SECRET=CLIENT_SECRET,
        SP_API_APPLICATION_ID="amzn1.sp.solution.tests",
    )
    # Half a year takes Amazon's rates some seconds; the tests of back-fill ask for it.
    monkeypatch.setattr(windows, "reach", lambda _connection: timedelta(days=14))
    monkeypatch.setattr(sweeping, "TRIED_AGAIN_AFTER", ())
    tokens._tokens.clear()
    limiter._buckets.clear()
    group = Amazon(amazon_origin)
    yield group
    group.mend()
    assert group.contract_breaks() == []


@pytest.fixture
def brand(amazon: Amazon) -> VendorBrand:
    """A brand with three items at two locations, connected to Amazon for a long time."""
    return make_vendor_brand(amazon)
