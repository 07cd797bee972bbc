"""Evidence is kept once, as it came, found by what it is about, and made by itself where it is ours."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook

from app.db import run, transaction
from app.errors import Refused
from app.shops import open_shop
from app.vendor.deductions import restating
from app.vendor.evidence import filling, vault
from app.vendor.evidence.tables import Evidence
from app.vendor.evidence.vault import About
from tests.support.id_tokens import bearer
from tests.support.screen import Screen, open_screen
from tests.vendor.billed import draft, issue, keep_billing, lands, sold
from tests.vendor.brand import VendorBrand
from tests.vendor.folded import Line, Payment, bill
from tests.vendor.folded import keep as pay

DOMAIN = "evidence.myshopify.com"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF"


@pytest.fixture
def shop_id(database: str) -> int:
    with transaction() as session:
        return open_shop(session, DOMAIN).shop_id


@pytest.fixture
def screen(shop_id: int, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(shop_id, DOMAIN, set_settings)


def keep(shop_id: int, content: bytes, kind: str = "pod", name: str = "a.pdf", **about: Any) -> int:
    return run(vault.keep, shop_id, kind, name, content, About(**about), by="user:1").evidence_id


def workbook() -> bytes:
    target = io.BytesIO()
    Workbook().save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (PDF, "a.txt", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "a.pdf", "image/png"),
        (b"\xff\xd8\xff\xe0....", "a.jpg", "image/jpeg"),
        (b"a,b\n1,2\n", "a.CSV", "text/csv"),
        ("签收单".encode(), "a.txt", "text/plain"),
        (b"{}", "a.json", "application/json"),
        (workbook(), "a.bin", vault.XLSX),
        (b"PK\x03\x04nothing", "a.xlsx", None),
        (b"MZ\x90\x00", "a.pdf", None),
        (b"<\x00script>", "a.txt", None),
        (b"  \n", "a.txt", None),
        (b"", "a.pdf", None),
    ],
)
def test_a_paper_is_what_its_bytes_say_and_not_what_it_is_called(
    content: bytes, name: str, media_type: str | None
) -> None:
    assert vault.media_type_of(content, name) == media_type


def test_the_same_content_again_is_the_same_paper_and_what_is_said_anew_is_added(
    shop_id: int,
) -> None:
    first = keep(shop_id, PDF, shipment="ASN1")
    assert keep(shop_id, PDF, name="again.pdf", purchase_order="PO1") == first
    with transaction(shop_id) as session:
        kept = vault.named(session, first, with_content=True)
        assert (kept.name, kept.shipment, kept.purchase_order) == ("a.pdf", "ASN1", "PO1")
        assert kept.sha256 == hashlib.sha256(kept.content).hexdigest()


def test_what_is_too_large_or_nothing_we_keep_is_refused(
    shop_id: int, set_settings: Callable[..., None]
) -> None:
    set_settings(EVIDENCE_LARGEST_BYTES="1024")
    with pytest.raises(Refused, match="MB") as large:
        keep(shop_id, PDF + b" " * 2000)
    with pytest.raises(Refused) as odd:
        keep(shop_id, b"MZ\x90\x00")
    assert (large.value.status, odd.value.status) == (413, 415)


def test_a_paper_comes_to_an_invoice_by_its_order_its_shipment_or_the_carriers_number(
    brand: VendorBrand,
) -> None:
    number = sold(brand)
    brand.execute("UPDATE shipment SET carrier_reference = 'PRO-7', bill_of_lading = 'BOL-9'")
    identifier = str(brand.value("SELECT identifier FROM shipment"))
    expected = [
        keep(brand.shop_id, b"1", region="na", invoice_number="NT-1"),
        keep(brand.shop_id, b"2", purchase_order=number),
        keep(brand.shop_id, b"3", region="na", shipment=identifier),
        keep(brand.shop_id, b"4", carrier_reference="PRO-7"),
        keep(brand.shop_id, b"5", kind="weight_ticket", carrier_reference="BOL-9"),
    ]
    keep(brand.shop_id, b"6", region="eu", purchase_order=number)
    keep(brand.shop_id, b"7", carrier_reference="PRO-8")
    with transaction(brand.shop_id) as session:
        found = vault.belonging_to(session, "na", "NT-1", [number])
    assert [row.evidence_id for row in found] == expected
    check_copies_of_our_own_papers(brand, number, identifier)


def check_copies_of_our_own_papers(brand: VendorBrand, number: str, identifier: str) -> None:
    """The same sold order, as a simulated Amazon costs a second."""
    keep_billing(brand)
    invoice_number = issue(brand, draft(brand, number))
    brand.send()
    lands(brand, invoice_number)
    brand.poll()
    filling.fill(brand.shop_id)
    with transaction(brand.shop_id) as session:
        assert not filling.is_due(session)
        own = [
            row
            for row in vault.belonging_to(session, "na", invoice_number, [number])
            if row.made_from
        ]
        assert {row.type for row in own} == {"asn", "packing_list", "acknowledgement", "invoice"}
        content = {
            row.type: session.get_one(Evidence, (row.shop_id, row.evidence_id)) for row in own
        }
        notice = json.loads(content["asn"].content)
        assert notice["shipment"] == identifier and notice["transaction_id"]
        assert identifier in json.dumps(notice["notice"])
        assert content["packing_list"].content.startswith(b"%PDF")
        assert content["invoice"].invoice_number == invoice_number
        said = json.loads(content["acknowledgement"].content)["acknowledgement"]
        assert said["acknowledgements"][0]["purchaseOrderNumber"] == number
    before = brand.value("SELECT count(*) FROM evidence")
    filling.fill(brand.shop_id)
    assert brand.value("SELECT count(*) FROM evidence") == before


def test_a_paper_goes_in_and_comes_out_as_it_was(screen: Screen) -> None:
    made = screen.web.post(
        "/api/evidence?type=pod&name=..%2Fsigned.pdf&shipment=ASN1&note=dock+7",
        data=PDF,
        headers=bearer(DOMAIN),
    )
    assert made.status_code == 201, made.get_data(as_text=True)
    evidence_id = made.json["evidence_id"]
    assert (made.json["name"], made.json["is_own"]) == ("signed.pdf", False)
    content = screen.web.get(f"/api/evidence/{evidence_id}/content", headers=bearer(DOMAIN))
    assert content.get_data() == PDF
    assert content.headers["Content-Disposition"] == 'inline; filename="signed.pdf"'
    assert "sandbox" in content.headers["Content-Security-Policy"]
    for words in ("sign", "ASN1", "DOCK", ""):
        assert len(screen.ask(f"/evidence?search={words}")["data"]) == 1
    assert screen.ask("/evidence?search=elsewhere")["data"] == []
    body = {"type": "bol", "order": "PO1"}
    told = screen.ask(f"/evidence/{evidence_id}", 200, "PUT", body)
    assert (told["type"], told["purchase_order"], told["shipment"]) == ("bol", "PO1", None)
    screen.ask(f"/evidence/{evidence_id}", 200, "DELETE")
    screen.ask(f"/evidence/{evidence_id}", 404)


def test_a_copy_of_our_own_paper_stays(screen: Screen, shop_id: int) -> None:
    with transaction(shop_id) as session:
        made = vault.keep(session, "asn", "a.json", b"{}", About(), by="system", made_from="asn:1")
    problem = screen.ask(f"/evidence/{made.evidence_id}", 409, "DELETE")
    assert problem["code"] == "own_paper"


def test_a_deduction_shows_the_evidence_about_it(screen: Screen, shop_id: int) -> None:
    with transaction(shop_id) as session:
        bill(session, "NT-1", order="PO1")
    run(pay, shop_id, Payment("P1", (Line("NT-1SC", -4000),)))
    restating.fold(shop_id)
    proof = keep(shop_id, PDF, purchase_order="PO1")
    keep(shop_id, b"x", purchase_order="PO2")
    found = screen.ask("/deductions/na/shortage_claim/USD/NT-1")
    assert [one["evidence_id"] for one in found["evidence"]] == [proof]
