"""Evidence on the wire: what a paper is and what it is about, never what stands in it."""

from __future__ import annotations

from app.http import Answer, Moment
from app.vendor.evidence.tables import Evidence


class EvidenceView(Answer):
    """One paper. `is_own`: a copy of a paper of ours, made by itself."""

    evidence_id: int
    type: str
    name: str
    media_type: str
    size: int
    sha256: str
    text: str
    region: str | None
    shipment: str | None
    purchase_order: str | None
    invoice_number: str | None
    carrier_reference: str | None
    is_own: bool
    added_at: Moment
    added_by: str


def view_of(row: Evidence) -> EvidenceView:
    """A paper as screens show it."""
    said = {name: getattr(row, name) for name in EvidenceView.model_fields if name != "is_own"}
    return EvidenceView(**said, is_own=row.made_from is not None)
