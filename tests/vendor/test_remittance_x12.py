"""An X12 820 is a payment like any other: counted once, beside Amazon's API and files."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.db import transaction
from app.vendor.payments import views
from app.vendor.x12.envelope import Segment, Transaction, X12Error
from app.vendor.x12.remittance import advice
from tests.vendor.brand import VendorBrand
from tests.vendor.remittance_files import newer
from tests.vendor.test_remittance_files import bring, counted, disagreements, take, undo

HEAD = (
    "ISA*00*          *00*          *ZZ*AMAZON         *ZZ*NORTHTRAIL     "
    "*260915*1200*U*00401*000000077*0*P*>~GS*RA*AMAZON*NORTHTRAIL*20260915*1200*77*X*004010~"
)
TAIL = "GE*1*77~IEA*1*000000077~"
BODY = (
    "BPR*I*1420.2*C*ACH*CCP*01*999999992*DA*123456*1234567890**01*999988880*DA*98765*20260915",
    "TRN*1*P1",
    "CUR*PR*USD",
    "N1*PR*AMAZON.COM SERVICES LLC",
    "N1*PE*NORTH TRAIL GEAR*ZZ*NORTH",
    "ENT*1",
    "RMR*IV*NT-1**1460.2*1490*29.8",
    "DTM*003*20260801",
    "RMR*IV*NT-1SC**-40*-40",
    "ADX*-40*59",
)


def x12(*body: str, type: str = "820") -> bytes:
    written = [f"ST*{type}*0001", *body, f"SE*{len(body) + 2}*0001"]
    return (HEAD + "~".join(written) + "~" + TAIL).encode()


def read(*body: str) -> Transaction:
    segments = [Segment(one.split("*")[0], tuple(one.split("*")[1:])) for one in body]
    return Transaction("820", "0001", segments)


def test_an_820_is_read_to_the_cent_by_the_door_of_payments(brand: VendorBrand) -> None:
    take(brand, x12(*BODY))
    with transaction(brand.shop_id) as session:
        found = views.whole(session, "na", "edi:P1")
    assert (found.source, found.amount.amount, found.method) == ("edi", Decimal("1420.2"), "ACH")
    assert found.paid_at == datetime(2026, 9, 15, 12, tzinfo=UTC) and found.adds_up
    first, claim = found.data
    assert first.discount is not None and first.total is not None
    assert (first.reference, first.paid.amount, first.discount.amount, first.total.amount) == (
        "NT-1",
        Decimal("1460.2"),
        Decimal("29.8"),
        Decimal("1490"),
    )
    assert (claim.kind, claim.paid.amount, claim.description) == (
        "shortage_claim",
        Decimal("-40"),
        "Item not received",
    )


def test_an_820_counts_before_a_file_and_the_file_before_nothing(brand: VendorBrand) -> None:
    line = ("NT-1", "Invoice", "Payments", "", "$1,490.00", "$0.00", "$29.80", "$1,460.20")
    take(brand, newer("P1", line, amount="$1,420.20"))
    import_id = take(brand, x12(*BODY))
    assert counted(brand) == [("edi", Decimal("1420.2"))]
    [found] = disagreements(brand)
    assert (found.subject["source"], found.subject["paper_line"]) == ("file", "NT-1SC")
    undo(brand, import_id)
    assert counted(brand) == [("file", Decimal("1460.2"))]
    assert disagreements(brand) == []


def test_an_adjustment_before_any_paper_is_money_of_its_own() -> None:
    found = advice(read(*BODY[:6], "ADX*-48.5*L6*OI*CB-77", *BODY[6:]))
    assert [(one.reference, one.paid) for one in found.items] == [
        ("CB-77", Decimal("-48.5")),
        ("NT-1", Decimal("1460.2")),
        ("NT-1SC", Decimal("-40")),
    ]
    assert found.items[0].why == ["Penalty"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (BODY[1:], ("BPR", 0)),
        (("BPR*I*much*C*ACH", *BODY[1:]), ("BPR", 2)),
        (("BPR*I*5*C*ACH", *BODY[1:]), ("BPR", 16)),
        ((BODY[0], "TRN*1", *BODY[2:]), ("TRN", 2)),
        ((*BODY[:6], "RMR*IV**5"), ("RMR", 2)),
        ((*BODY[:6], "RMR*IV*NT-1**five"), ("RMR", 4)),
    ],
)
def test_what_is_wrong_is_named_by_segment_and_element(
    body: tuple[str, ...], place: tuple[str, int]
) -> None:
    with pytest.raises(X12Error) as wrong:
        advice(read(*body))
    assert (wrong.value.name, wrong.value.element) == place


def test_the_same_payment_twice_in_a_file_is_a_fault(brand: VendorBrand) -> None:
    twice = x12(*BODY).decode()
    body = twice[twice.index("ST*820") : twice.index("GE*1")]
    again = twice.replace("GE*1*77", body.replace("*0001", "*0002") + "GE*2*77")
    _, found = bring(brand, again.encode())
    assert [(one.code, one.value) for one in found.faults] == [("line_twice", "P1")]
