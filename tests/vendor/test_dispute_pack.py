"""The pack of a dispute shows what it should, within what the portal takes, and hides nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from app.db import run, transaction
from app.shops import open_shop
from app.vendor.deductions.views import Key
from app.vendor.disputes import pack, rulebook, working
from app.vendor.disputes.pack import Pack
from app.vendor.evidence import vault
from app.vendor.evidence.vault import About
from app.vendor.invoice_tables import InvoiceLine
from app.vendor.tables import PurchaseOrderVersion
from tests.support.screen import Screen, open_screen
from tests.vendor.folded import START, Line, Payment, bill, keep

DOMAIN = "packs.myshopify.com"
KEY = Key("na", "shortage_claim", "NT-1", "USD")
ORDERED = {
    "orderDetails": {
        "items": [
            {
                "itemSequenceNumber": "1",
                "amazonProductIdentifier": "B0TENT0001",
                "orderedQuantity": {"amount": 12, "unitOfMeasure": "Eaches"},
                "netCost": {"amount": "40.00", "currencyCode": "USD"},
            }
        ]
    }
}


def pdf(words: str, pages: int = 1) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, invariant=1)
    for page in range(pages):
        canvas.drawString(72, 700, f"{words} page {page + 1}")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (400, 300), "steelblue").save(target, "JPEG")
    return target.getvalue()


def workbook() -> bytes:
    target = io.BytesIO()
    Workbook().save(target)
    return target.getvalue()


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("secret"))))
    writer.encrypt("password")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.fixture
def shop_id(database: str) -> int:
    """A shortage claim over 3 of 12 units, partly repaid, with a version of its order."""
    with transaction() as session:
        shop_id = open_shop(session, DOMAIN).shop_id
    with transaction(shop_id) as session:
        made = bill(session, "NT-1", total="480", order="PO1")
        made.due_at = START
        session.flush()
        line = session.get_one(InvoiceLine, (shop_id, made.invoice_id, 1))
        line.amazon_units, line.matched_units = 12, 9
        line.variances = [{"varianceType": "PQV", "defectTypes": ["SHORTAGES_IN_TRANSIT"]}]
        own = {"shop_id": shop_id, "region": "na", "number": "PO1"}
        session.add(
            PurchaseOrderVersion(**own, version=1, seen_at=START, digest="d", content=ORDERED)
        )
    run(keep, shop_id, Payment("P1", (Line("NT-1SC", -12000),)))
    run(keep, shop_id, Payment("P2", (Line("NT-1SCR", 4000),), day=20))
    working.follow(shop_id)
    return shop_id


def bring(shop_id: int, kind: str, name: str, content: bytes) -> None:
    about = About(region="na", purchase_order="PO1")
    run(vault.keep, shop_id, kind, name, content, about, by="user:1")


def built(shop_id: int) -> Pack:
    with transaction(shop_id) as session:
        made = working.attempts_of(session, KEY)
        row = made[0] if made else working.draft(session, KEY, amount=None, note="", by="user:1")
        return pack.build(session, row)


def words_of(document: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]


def rules(tmp_path: Path, largest: int, files: int = 10) -> str:
    file = tmp_path / "rules.toml"
    file.write_text(
        f'[[portal]]\nname = "attachments"\nregion = "all"\nlargest_bytes = {largest}\n'
        f'most_files = {files}\nfrom = 2024-01-01\nsource = "test"\nverified = true\n'
    )
    return str(file)


def test_the_cover_has_the_figures_and_the_papers_follow_on_the_pages_it_names(
    shop_id: int,
) -> None:
    bring(shop_id, "pod", "signed.pdf", pdf("Signed proof of delivery", pages=2))
    bring(shop_id, "photo", "dock.jpg", picture())
    bring(shop_id, "asn", "notice.json", '{"notice": "ASN-7", "收货": 1}'.encode())
    made = built(shop_id)
    pages = words_of(made.document)
    for said in ("80.00 USD", "120.00 USD", "40.00 USD", "NT-1SCR", "SHORTAGES_IN_TRANSIT"):
        assert said in pages[0], said
    place = {one.type: one.page for one in made.contents}
    assert "Signed proof of delivery page 1" in pages[place["pod"] - 1]
    assert "Signed proof of delivery page 2" in pages[place["pod"]]
    assert "ASN-7" in pages[place["asn"] - 1]
    assert "B0TENT0001" in pages[place["purchase_order"] - 1]
    assert "dock.jpg" in pages[place["photo"] - 1]
    titles = [str(one.title) for one in PdfReader(io.BytesIO(made.document)).outline]
    assert titles[0] == "Cover" and len(titles) == 1 + len(made.contents)


def test_what_cannot_be_shown_as_pages_is_named_and_comes_in_the_zip(shop_id: int) -> None:
    bring(shop_id, "weight_ticket", "weights.xlsx", workbook())
    bring(shop_id, "pod", "broken.pdf", b"%PDF-1.4 nothing follows")
    bring(shop_id, "bol", "locked.pdf", encrypted())
    made = built(shop_id)
    reasons = {one.name: one.reason for one in made.contents if one.page is None}
    assert reasons == {
        "weights.xlsx": pack.NOT_PAGES,
        "broken.pdf": pack.UNREADABLE,
        "locked.pdf": pack.UNREADABLE,
    }
    assert "broken.pdf" in words_of(made.document)[0]
    with zipfile.ZipFile(io.BytesIO(made.archive)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {"dispute.pdf", "case-en.txt", "case-zh-CN.txt", "papers.csv"} <= set(names)
        assert sum(name.startswith("papers/") for name in names) == 4
        assert archive.read("dispute.pdf") == made.document
        listed = list(csv.reader(io.StringIO(archive.read("papers.csv").decode("utf-8-sig"))))
        assert "短缺索赔" in archive.read("case-zh-CN.txt").decode()
    assert [row[-1] for row in listed[1:]] == ["yes"] * 4
    kept = {row[2]: row[3] for row in listed[1:]}
    assert kept["weights.xlsx"] == next(
        one.sha256 for one in made.contents if one.name == "weights.xlsx"
    )


def test_a_pack_stays_within_the_portals_limit_and_says_what_it_left_out(
    shop_id: int, tmp_path: Path, set_settings: Callable[..., None]
) -> None:
    largest = pack.SPARE + 150_000
    set_settings(DISPUTE_RULES=rules(tmp_path, largest))
    noise = b"".join(hashlib.sha256(str(at).encode()).digest() for at in range(3000))
    bring(shop_id, "pod", "signed.pdf", pdf("Signed"))
    bring(shop_id, "photo", "large.pdf", pdf("Large") + b"\n%" + noise.hex().encode())
    made = built(shop_id)
    assert len(made.document) <= largest and len(made.archive) <= largest
    left = {one.name: one.reason for one in made.contents if one.page is None}
    assert left == {"large.pdf": pack.TOO_LARGE}
    assert made.not_archived == ("large.pdf",)
    assert "large.pdf" in words_of(made.document)[0]


def test_no_more_files_than_the_portal_takes(
    shop_id: int, tmp_path: Path, set_settings: Callable[..., None]
) -> None:
    set_settings(DISPUTE_RULES=rules(tmp_path, 10_000_000, files=3))
    for number in range(4):
        bring(shop_id, "photo", f"{number}.pdf", pdf(f"Photo {number}"))
    made = built(shop_id)
    with zipfile.ZipFile(io.BytesIO(made.archive)) as archive:
        assert sum(name.startswith("papers/") for name in archive.namelist()) == 2
    assert len(made.not_archived) == 3


def test_the_same_facts_make_the_same_bytes(shop_id: int) -> None:
    bring(shop_id, "pod", "signed.pdf", pdf("Signed"))
    first, second = built(shop_id), built(shop_id)
    assert first.document == second.document
    assert first.archive == second.archive


def test_what_was_filed_is_kept_as_it_was_filed(
    shop_id: int, queue: str, set_settings: Callable[..., None]
) -> None:
    screen: Screen = open_screen(shop_id, DOMAIN, set_settings)
    bring(shop_id, "pod", "signed.pdf", pdf("Signed"))
    made: Any = screen.ask("/disputes", 201, "POST", KEY._asdict())
    path = f"/disputes/{made['dispute_id']}"
    contents = screen.ask(f"{path}/pack-contents")
    assert contents["pdf_bytes"] <= contents["largest_bytes"]
    assert contents["verified"] is rulebook.portal_of("na").verified
    at = (START + timedelta(days=70)).isoformat()
    body = {"case_number": "77", "filed_at": at}
    filed = screen.ask(f"{path}/file", 200, "POST", body)
    assert filed["pack_sha256"] == contents["sha256"]
    [kept] = screen.ask("/evidence?search=as-filed")["data"]
    assert (kept["sha256"], kept["is_own"]) == (contents["sha256"], True)
    assert kept["evidence_id"] not in [one["evidence_id"] for one in filed["evidence"]]


@pytest.mark.parametrize(("form", "starts"), [("pdf", b"%PDF"), ("zip", b"PK")])
def test_a_pack_is_downloaded_as_pdf_or_zip(
    shop_id: int, queue: str, set_settings: Callable[..., None], form: str, starts: bytes
) -> None:
    screen = open_screen(shop_id, DOMAIN, set_settings)
    made: Any = screen.ask("/disputes", 201, "POST", KEY._asdict())
    content = screen.download(f"/disputes/{made['dispute_id']}/pack?format={form}")
    assert content.startswith(starts)
