"""The tables of deductions and evidence keep what they are given, and refuse what cannot be."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from app.db import transaction
from app.vendor.deductions.tables import Deduction
from app.vendor.evidence.tables import TYPES, Evidence
from tests.vendor.brand import VendorBrand

AT = datetime(2026, 11, 1, tzinfo=UTC)


def deduction(brand: VendorBrand, currency: str = "USD", taken: str = "40.0001") -> Deduction:
    return Deduction(
        shop_id=brand.shop_id,
        region="na",
        kind="shortage_claim",
        reference="NT-1",
        currency=currency,
        taken=Decimal(taken),
        recovered=Decimal(0),
        first_at=AT,
        last_at=AT,
        steps=[{"reference": "NT-1SC", "paid": "-40.0001"}],
    )


def paper(brand: VendorBrand, kind: str, content: bytes) -> Evidence:
    return Evidence(
        shop_id=brand.shop_id,
        type=kind,
        name="paper.pdf",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        added_at=AT,
        added_by="user:1",
    )


def test_a_claim_in_two_currencies_is_two_rows_and_each_is_kept_to_the_hundredth_of_a_cent(
    brand: VendorBrand,
) -> None:
    with transaction(brand.shop_id) as session:
        session.add_all([deduction(brand), deduction(brand, "CAD", "7")])
    with transaction(brand.shop_id) as session:
        kept = session.get(Deduction, (brand.shop_id, "na", "shortage_claim", "NT-1", "USD"))
        assert kept is not None
        assert (kept.taken, kept.first_at) == (Decimal("40.0001"), AT)
        assert kept.steps == [{"reference": "NT-1SC", "paid": "-40.0001"}]
    assert brand.value("SELECT count(*) FROM deduction") == 2


def test_an_amount_taken_is_never_negative(brand: VendorBrand) -> None:
    refused = pytest.raises(IntegrityError, match="ck_deduction_amounts")
    with refused, transaction(brand.shop_id) as session:
        session.add(deduction(brand, taken="-0.01"))


def test_every_type_of_evidence_can_be_kept(brand: VendorBrand) -> None:
    with transaction(brand.shop_id) as session:
        session.add_all([paper(brand, kind, kind.encode()) for kind in TYPES])
    assert brand.value("SELECT count(DISTINCT evidence_id) FROM evidence") == len(TYPES)


def test_evidence_of_no_known_type_is_refused(brand: VendorBrand) -> None:
    refused = pytest.raises(IntegrityError, match="ck_evidence_type")
    with refused, transaction(brand.shop_id) as session:
        session.add(paper(brand, "rumour", b"%PDF"))


def test_the_same_content_is_kept_once_in_a_shop(brand: VendorBrand) -> None:
    refused = pytest.raises(IntegrityError, match="uq_evidence_shop_id")
    with refused, transaction(brand.shop_id) as session:
        session.add_all([paper(brand, "pod", b"%PDF"), paper(brand, "bol", b"%PDF")])
