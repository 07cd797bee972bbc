"""Evidence that fills itself: copies of our own papers, made while the goods are still here.

What a dispute asks for months later is made on the day: the notice with Amazon's transaction, the
packing list, the labels, the acknowledgement, the copy of the invoice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel import Session

from app.db import run, shop_of
from app.errors import Refused
from app.messages import Message
from app.vendor import invoice_pdf
from app.vendor.evidence.vault import About, keep
from app.vendor.invoice_facts import lines_on
from app.vendor.invoice_tables import Invoice
from app.vendor.shipping import contents, documents
from app.vendor.tables import Acknowledgement, Shipment

log = structlog.get_logger(__name__)

AT_ONCE = 20
BY = "system"

# Every paper of ours that has no copy yet: what it is, and what it is named by in the vault.
MISSING = """
WITH paper AS (
    SELECT 'asn' AS type, region, identifier AS reference, NULL::bigint AS id,
           concat_ws(':', 'asn', region, identifier, revision) AS made_from, accepted_at AS at
    FROM shipment WHERE shop_id = :shop AND state = 'accepted' AND message_id IS NOT NULL
    UNION ALL
    SELECT 'packing_list', region, identifier, NULL,
           concat_ws(':', 'packing_list', region, identifier, revision), shipped_at
    FROM shipment WHERE shop_id = :shop AND state IN ('sent', 'accepted')
    UNION ALL
    SELECT 'label', region, identifier, NULL,
           concat_ws(':', 'label', region, identifier, revision), shipped_at
    FROM shipment WHERE shop_id = :shop AND state IN ('sent', 'accepted')
      AND EXISTS (SELECT FROM carton WHERE carton.shop_id = shipment.shop_id
          AND carton.region = shipment.region AND carton.identifier = shipment.identifier)
      AND NOT EXISTS (SELECT FROM carton WHERE carton.shop_id = shipment.shop_id
          AND carton.region = shipment.region AND carton.identifier = shipment.identifier
          AND carton.sscc IS NULL)
    UNION ALL
    SELECT 'acknowledgement', region, number, acknowledgement_id,
           concat_ws(':', 'acknowledgement', acknowledgement_id), made_at
    FROM acknowledgement WHERE shop_id = :shop AND state = 'accepted' AND message_id IS NOT NULL
    UNION ALL
    SELECT 'invoice', region, number, invoice_id, concat_ws(':', 'invoice', invoice_id), sent_at
    FROM invoice WHERE shop_id = :shop AND state IN ('accepted', 'landed') AND document IS NOT NULL
      AND jsonb_typeof(document) = 'object'
)
SELECT type, region, reference, id, made_from FROM paper
WHERE NOT EXISTS (
    SELECT FROM evidence
    WHERE evidence.shop_id = :shop AND evidence.made_from = paper.made_from)
ORDER BY at DESC NULLS LAST, made_from LIMIT :most
"""


def fill(shop_id: int) -> None:
    """Copies our papers that have no copy yet, the newest first. May run twice, and die half-way."""
    seen: set[str] = set()
    while True:
        waiting = [one for one in run(_missing, shop_id) if one["made_from"] not in seen]
        if not waiting:
            return
        for paper in waiting:
            seen.add(paper["made_from"])
            run(_copy, shop_id, paper)


def is_due(session: Session) -> bool:
    """Whether a paper of ours has no copy yet."""
    return bool(session.execute(text(MISSING), {"shop": shop_of(session), "most": 1}).first())


def _missing(session: Session) -> list[dict[str, Any]]:
    asked = {"shop": shop_of(session), "most": AT_ONCE}
    return [dict(row) for row in session.execute(text(MISSING), asked).mappings()]


def _copy(session: Session, paper: dict[str, Any]) -> None:
    try:
        name, content, about = MAKERS[paper["type"]](session, paper)
    except Refused as refused:  # it may be made when somebody has put that right
        log.warning("evidence_not_made", made_from=paper["made_from"], reason=refused.code)
        return
    keep(session, paper["type"], name, content, about, by=BY, made_from=paper["made_from"])


Made = tuple[str, bytes, About]


def _notice(session: Session, paper: dict[str, Any]) -> Made:
    shipment = _shipment(session, paper)
    told = {
        "shipment": shipment.identifier,
        "shipped_at": _written(shipment.shipped_at),
        "sent_at": _written(shipment.sent_at),
        "transaction_id": shipment.transaction_id,
        "accepted_at": _written(shipment.accepted_at),
        "bill_of_lading": shipment.bill_of_lading,
        "carrier_reference": shipment.carrier_reference,
        "notice": _request(session, shipment.message_id),
    }
    return f"asn-{shipment.identifier}.json", _json(told), _of_shipment(shipment)


def _packing_list(session: Session, paper: dict[str, Any]) -> Made:
    shipment = _shipment(session, paper)
    content = documents.packing_list(session, contents.read(session, shipment))
    return f"packing-list-{shipment.identifier}.pdf", content, _of_shipment(shipment)


def _labels(session: Session, paper: dict[str, Any]) -> Made:
    shipment = _shipment(session, paper)
    content = documents.labels(session, contents.read(session, shipment))
    return f"labels-{shipment.identifier}.pdf", content, _of_shipment(shipment)


def _acknowledgement(session: Session, paper: dict[str, Any]) -> Made:
    row = session.get_one(Acknowledgement, (shop_of(session), paper["id"]))
    told = {
        "purchase_order": row.number,
        "made_at": _written(row.made_at),
        "sent_at": _written(row.sent_at),
        "transaction_id": row.transaction_id,
        "acknowledgement": _request(session, row.message_id),
    }
    about = About(region=row.region, purchase_order=row.number)
    name = f"acknowledgement-{row.number}-{row.acknowledgement_id}.json"
    return name, _json(told), about


def _invoice(session: Session, paper: dict[str, Any]) -> Made:
    row = session.get_one(Invoice, (shop_of(session), paper["id"]))
    lines = lines_on(session, row)
    orders = {line.number for line in lines}
    about = About(
        region=row.region,
        invoice_number=row.number,
        purchase_order=orders.pop() if len(orders) == 1 else None,
    )
    return f"invoice-{row.number}.pdf", invoice_pdf.made_of(row, lines), about


MAKERS: dict[str, Callable[[Session, dict[str, Any]], Made]] = {
    "asn": _notice,
    "packing_list": _packing_list,
    "label": _labels,
    "acknowledgement": _acknowledgement,
    "invoice": _invoice,
}


def _shipment(session: Session, paper: dict[str, Any]) -> Shipment:
    return session.get_one(Shipment, (shop_of(session), paper["region"], paper["reference"]))


def _of_shipment(shipment: Shipment) -> About:
    return About(
        region=shipment.region,
        shipment=shipment.identifier,
        carrier_reference=shipment.carrier_reference,
        text=shipment.bill_of_lading or "",
    )


def _request(session: Session, message_id: int | None) -> Any:
    message = session.get(Message, (shop_of(session), message_id)) if message_id else None
    return message.request if message else None


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=2, sort_keys=False).encode()


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
