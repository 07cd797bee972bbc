"""A brand that has sold to Amazon and can bill it: what tests of invoices start from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.db import run, transaction
from app.vendor import (
    acknowledgements,
    billing,
    invoice_pricing,
    invoice_views,
    invoices,
    shipments,
)
from app.vendor.acknowledgements import Said
from app.vendor.billing import Billing
from app.vendor.invoice_tables import Invoice
from app.vendor.shipments import Packed
from tests.vendor.brand import STOVE, TENT, VendorBrand

ADDRESS = {
    "name": "North Trail Gear",
    "line1": "1 Mill Lane",
    "city": "Portland",
    "state": "OR",
    "postal_code": "97201",
    "country": "US",
}
BILLING = Billing(
    marketplace="US",
    payee_code="NORTH",
    cost_basis="each",
    tax_in_total=True,
    tax_treatment="none",
    tax_registration_number=None,
    remit_to=ADDRESS,
    bill_to=ADDRESS | {"party_id": "AMZN1", "name": "Amazon.com Services LLC"},
    terms={"type": "Basic", "net_days": 60},
    number_prefix="NT-",
    next_number=1,
    draft_from="hand",
)


def keep_billing(brand: VendorBrand, **changed: Any) -> None:
    """Says how the brand's vendor code is billed."""
    # The simulator is one for all tests, and a number is used once.
    said = replace(BILLING, **{"number_prefix": f"NT{brand.shop_id}-"} | changed)
    with transaction(brand.shop_id) as session:
        billing.keep(session, "na", "HLDFS", said, by="user:1")
        invoice_pricing.price_drafts(session, "na", "HLDFS")


def sold(
    brand: VendorBrand,
    *,
    shipped: tuple[int, int] = (12, 5),
    received: tuple[int, int] | None = None,
) -> str:
    """An order of tents (cases of 6) and stoves, accepted in full and shipped by our own notice."""
    brand.stock("tent", 60)
    brand.stock("stove", 60)
    number = brand.amazon.place(
        TENT | {"amount": 2, "unit": "Cases", "unit_size": 6}, STOVE | {"amount": 5}
    )
    brand.poll()
    with transaction(brand.shop_id) as session:
        said = [Said("1", 12, 0, 0, None), Said("2", 5, 0, 0, None)]
        acknowledgements.acknowledge(session, "na", number, said, actor="user:1")
    brand.send_and_follow()
    packed = [Packed(str(n), units) for n, units in enumerate(shipped, 1) if units]
    with transaction(brand.shop_id) as session:
        shipments.ship(
            session,
            "na",
            number,
            packed,
            location_id=brand.locations["main"],
            carton_count=2,
            shipped_at=datetime.now(UTC) - timedelta(minutes=1),
            identifier=None,
            release_rest=False,
            actor="user:1",
        )
    brand.send_and_follow()
    tents, stoves = received if received is not None else shipped
    brand.amazon.receive(number, "1", tents // 6)
    brand.amazon.receive(number, "2", stoves)
    brand.poll()
    return number


def draft(brand: VendorBrand, *numbers: str, source: Any = "receipts") -> int:
    """A draft of these orders; returns its id."""
    with transaction(brand.shop_id) as session:
        return invoices.draft(session, "na", numbers, source, actor="user:1").invoice_id


def issue(brand: VendorBrand, invoice_id: int, number: str | None = None) -> str:
    """Sends a draft; returns its number."""
    found = run(invoices.issue, brand.shop_id, invoice_id, number)
    assert found.number is not None
    return found.number


def invoice(brand: VendorBrand, invoice_id: int) -> Invoice:
    """The invoice as it stands now."""
    with transaction(brand.shop_id) as session:
        return session.get_one(Invoice, (brand.shop_id, invoice_id))


def view(brand: VendorBrand, invoice_id: int) -> invoice_views.InvoiceView:
    """The invoice as the screen shows it."""
    with transaction(brand.shop_id) as session:
        return invoice_views.whole(session, invoices.locked_invoice(session, invoice_id))


def sent(brand: VendorBrand, number: str) -> list[dict[str, Any]]:
    """Everything that Amazon was sent under this number."""
    found = brand.amazon.http.get("/_control/invoices").json()["data"]
    return [one["sent"] for one in found if one["sent"]["id"] == number]


def lands(brand: VendorBrand, number: str, **how: Any) -> None:
    """Amazon's finance shows it now."""
    brand.amazon.http.post(f"/_control/invoices/{number}", json=how).raise_for_status()
