"""The evidence vault: papers kept as they came, once each, with what they are about.

Nothing is read out of a paper: it is found by its name, its type and what somebody says it is about,
so what stands in it about a person is never taken out, searched or logged.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from app.config import settings
from app.db import shop_of
from app.errors import FieldError, Refused
from app.vendor.evidence.tables import TYPES, Evidence

WITHOUT_CONTENT = defer(Evidence.content)  # type: ignore[arg-type]
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN, CSV, JSON = "text/plain", "text/csv", "application/json"
SIGNATURES = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))
WORDY = {"csv": CSV, "json": JSON}
LONGEST_NAME = 120
MOST_FOUND = 200

ABOUT = """
SELECT evidence_id FROM evidence
WHERE shop_id = :shop AND (region IS NULL OR region = :region) AND (
    invoice_number = :invoice OR purchase_order = ANY(:orders) OR shipment IN (
        SELECT identifier FROM shipment_line
        WHERE shop_id = :shop AND region = :region AND number = ANY(:orders))
    OR carrier_reference IN (
        SELECT unnest(ARRAY[carrier_reference, bill_of_lading])
        FROM shipment JOIN shipment_line USING (shop_id, region, identifier)
        WHERE shop_id = :shop AND region = :region AND number = ANY(:orders)))
ORDER BY type, added_at, evidence_id LIMIT :most
"""


@dataclass(frozen=True)
class About:
    """What a paper is about; whatever is not known is None."""

    region: str | None = None
    shipment: str | None = None
    purchase_order: str | None = None
    invoice_number: str | None = None
    carrier_reference: str | None = None
    text: str = ""

    def tidied(self) -> About:
        """Without blanks around it; what is empty is not known."""
        values: dict[str, Any] = {
            name: (value or "").strip() or None for name, value in self.__dict__.items()
        }
        return replace(self, **{**values, "text": values["text"] or ""})


def media_type_of(content: bytes, name: str) -> str | None:
    """What content is, by its first bytes and never by its name alone; None: nothing we keep.

    PDF, PNG, JPEG, XLSX and text (CSV, JSON and X12 are text) are kept.
    """
    for signature, found in SIGNATURES:
        if content.startswith(signature):
            return found
    if content.startswith(b"PK\x03\x04"):
        return XLSX if _is_workbook(content) else None
    try:
        words = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not words.strip() or any(
        ord(one) < 32 and one not in "\t\n\r\x1c\x1d\x1e\x1f" for one in words
    ):
        return None
    return WORDY.get(name.rpartition(".")[2].lower(), PLAIN)


def keep(
    session: Session,
    kind: str,
    name: str,
    content: bytes,
    about: About,
    *,
    by: str,
    made_from: str | None = None,
) -> Evidence:
    """Keeps a paper; the same content again is the same paper, and what is said anew is added.

    Raises Refused: 413 for one that is too large, 415 for one that is no PDF, picture, workbook or
    text, 422 for a type that there is not.
    """
    if kind not in TYPES:
        raise Refused("bad_type", "There is no such type of evidence.", status=422)
    largest = settings().evidence_largest_bytes
    if len(content) > largest:
        raise too_large(largest)
    media_type = media_type_of(content, name)
    if media_type is None:
        raise Refused(
            "not_evidence",
            "Only PDF, PNG, JPEG, XLSX, CSV and text are kept; scan paper as PDF or take a picture.",
            status=415,
            errors=[FieldError("name", "save it as PDF, PNG, JPEG, XLSX, CSV or text")],
        )
    digest = hashlib.sha256(content).hexdigest()
    known = session.exec(
        select(Evidence)
        .where(Evidence.shop_id == shop_of(session), Evidence.sha256 == digest)
        .options(WITHOUT_CONTENT)
    ).first()
    said = {one: value for one, value in about.tidied().__dict__.items() if value}
    if known is not None:
        for field, value in said.items():
            setattr(known, field, value)
        known.made_from = known.made_from or made_from
        session.flush()
        return known
    made = Evidence(
        shop_id=shop_of(session),
        type=kind,
        name=_tidy_name(name),
        media_type=media_type,
        sha256=digest,
        size=len(content),
        content=content,
        made_from=made_from,
        added_by=by,
        **said,
    )
    session.add(made)
    session.flush()
    return made


def too_large(largest: int) -> Refused:
    """What is said of a paper above the limit."""
    megabytes = largest / 2**20
    return Refused(
        "file_too_large",
        f"A paper may have {megabytes:.3g} MB at most; scan it with fewer dots per inch.",
        status=413,
    )


def named(session: Session, evidence_id: int, *, with_content: bool = False) -> Evidence:
    """One paper. Raises Refused 404 when this shop has none of that id."""
    wanted = select(Evidence).where(
        Evidence.shop_id == shop_of(session), Evidence.evidence_id == evidence_id
    )
    found = session.exec(wanted if with_content else wanted.options(WITHOUT_CONTENT)).first()
    if found is None:
        raise Refused("not_found", "There is no such evidence in this shop.", status=404)
    return found


def describe(session: Session, evidence_id: int, kind: str, about: About) -> Evidence:
    """Says anew what a paper is and what it is about; its content never changes. Raises Refused 404."""
    found = named(session, evidence_id)
    found.type = kind
    for field, value in about.tidied().__dict__.items():
        setattr(found, field, value)
    session.flush()
    return found


def remove(session: Session, evidence_id: int) -> None:
    """Takes away what a person brought. Raises Refused: 404, or 409 for a copy of a paper of ours."""
    found = named(session, evidence_id)
    if found.made_from is not None:
        raise Refused("own_paper", "This is a copy of a paper of your own, and stays.", status=409)
    session.delete(found)
    session.flush()


def belonging_to(
    session: Session, region: str, invoice_number: str | None, orders: list[str]
) -> list[Evidence]:
    """The papers about an invoice, its purchase orders, or the shipments that carried these."""
    asked: dict[str, Any] = {
        "shop": shop_of(session),
        "region": region,
        "invoice": invoice_number,
        "orders": orders,
        "most": MOST_FOUND,
    }
    ids = list(session.execute(text(ABOUT), asked).scalars())
    rows = session.exec(
        select(Evidence)
        .where(Evidence.shop_id == shop_of(session), col(Evidence.evidence_id).in_(ids))
        .options(WITHOUT_CONTENT)
    ).all()
    place = {evidence_id: at for at, evidence_id in enumerate(ids)}
    return sorted(rows, key=lambda row: place[row.evidence_id])


def _tidy_name(name: str) -> str:
    kept = "".join(one for one in name.replace("\\", "/").rpartition("/")[2] if one.isprintable())
    stem, dot, ending = kept.strip().rpartition(".")
    if len(kept) > LONGEST_NAME and dot:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return kept.strip()[:LONGEST_NAME] or "paper"


def _is_workbook(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "xl/workbook.xml" in book.namelist()
    except zipfile.BadZipFile:
        return False
