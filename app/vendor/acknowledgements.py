"""Acknowledging a purchase order: what Holdfast proposes, what an operator may say, and saying it.

Rules are those of vendorOrders and its guide, November 2026: every line is named, quantities are
whole cases where cases were ordered, what was rejected is never accepted again, and the cost is
stated. The acknowledgement, its firm hold and the message to Amazon are one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory.asking import WithheldLine
from app.vendor import terms
from app.vendor.coming import Coming
from app.vendor.orders import are_by_file, locked_orders
from app.vendor.promises import PURCHASE_ORDER, lines_of, restate
from app.vendor.tables import (
    Acknowledgement,
    AcknowledgementLine,
    PurchaseOrder,
    PurchaseOrderLine,
)

TOPIC = "acknowledgement"
SEND = "amazon_out"
REJECTION_REASONS = ("TemporarilyUnavailable", "InvalidProductIdentifier", "ObsoleteProduct")
HELD = """
SELECT reference, line, min(held / coalesce(units, 1))::int FROM (
    SELECT document.reference, asked.line, asked.item_id, sum(asked.held) AS held
    FROM (
        SELECT document_id, line, item_id, held FROM hold
        WHERE shop_id = :shop AND (wanted > 0 OR held > 0)
        UNION ALL
        -- A part that policy keeps whole is held by nobody, and missing all the same.
        SELECT document_id, line, item_id, 0 FROM withheld WHERE shop_id = :shop
    ) AS asked
    JOIN document ON document.shop_id = :shop AND document.document_id = asked.document_id
    WHERE document.kind = :kind AND document.reference = ANY(:references)
    GROUP BY 1, 2, 3
) AS held
LEFT JOIN (
    SELECT region || ':' || number AS reference, line, kit_part.item_id, units
    FROM purchase_order_line AS kit
    JOIN kit_part ON kit_part.shop_id = kit.shop_id AND kit_part.kit_item_id = kit.item_id
    WHERE kit.shop_id = :shop AND region || ':' || number = ANY(:references)
) AS part USING (reference, line, item_id)
GROUP BY 1, 2
"""
Because = Literal[
    "held_in_full", "held_in_part", "arrives", "nothing_free", "no_item", "answered", "added"
]


@dataclass(frozen=True)
class Proposal:
    """What Holdfast would say of one line, in eaches, and why; `withheld` is what policy keeps."""

    accept: int
    backorder: int
    reject: int
    rejection_reason: str | None
    because: Because
    withheld: WithheldLine | None = None
    backorder_on: date | None = None


@dataclass(frozen=True)
class Said:
    """What an operator says of one line, in eaches."""

    line: str
    accept: int
    backorder: int
    reject: int
    rejection_reason: str | None
    backorder_on: date | None = None


def acknowledge_by(order: PurchaseOrder) -> datetime | None:
    """By when the first acknowledgement is due; None once there is one, or when it is too old."""
    if order.state != "New" or order.before_books:
        return None
    return first_due(order)


def first_due(order: PurchaseOrder) -> datetime:
    """When Amazon's clock for the first acknowledgement ends, backorders too."""
    return order.ordered_at + terms.hours("first_acknowledgement_hours", order.region)


def quantities_due(order: PurchaseOrder) -> datetime:
    """Until when Amazon takes changes of quantities.

    From when it counts its guide does not say; so from the earliest moment that it can mean.
    """
    return order.ordered_at + terms.hours("changed_acknowledgement_hours", order.region)


def propose(
    line: PurchaseOrderLine,
    held: int,
    withheld: WithheldLine | None = None,
    coming: Coming | None = None,
) -> Proposal:
    """Accepts what is held, backorders what will have arrived in time, and rejects the rest.

    All in whole cases where cases were ordered.
    """
    step = case_size(line)
    accept = min(line.ordered_units, held) // step * step
    backorder = min(line.ordered_units - accept, coming.units if coming else 0) // step * step
    reject = line.ordered_units - accept - backorder
    because: Because = "held_in_part" if accept else "nothing_free"
    if line.item_id is None:
        because = "no_item"
    elif backorder:
        because = "arrives"
    elif reject == 0:
        because = "held_in_full"
    reason = "TemporarilyUnavailable" if reject else None
    day = coming.day if coming and backorder else None
    return Proposal(accept, backorder, reject, reason, because, withheld, day)


def case_size(line: PurchaseOrderLine) -> int:
    """Eaches that a quantity of this line must be a multiple of."""
    return line.unit_size if line.ordered_unit == "Cases" else 1


def held_units(session: Session, order_references: Sequence[str]) -> dict[tuple[str, str], int]:
    """Eaches held now for each (order reference, line); of a kit, those that are whole."""
    rows = session.execute(
        text(HELD),
        {
            "shop": shop_of(session),
            "kind": PURCHASE_ORDER,
            "references": list(order_references),
        },
    )
    return {(reference, line): held for reference, line, held in rows}


def acknowledge(
    session: Session, region: str, number: str, said: Sequence[Said], *, actor: str
) -> Acknowledgement:
    """Says this to Amazon: paper, firm hold and outgoing message in the caller's transaction.

    Where Amazon's papers come by file only, no message is made: it is held as said, and waits until
    a person has handed it over (`by_file.hand_over`).

    Raises Refused: 404 for an unknown order, 409 when it is closed or another acknowledgement is
    under way, 422 with a path for every field that Amazon would not take.
    """
    order = locked_orders(session, region, [number]).get(number)
    if order is None:
        raise Refused("not_found", "There is no such purchase order.", status=404)
    lines = lines_of(session, [order])[region, number]
    _must_be_open(session, order)
    open_lines = [line for line in lines if not line.removed and line.ordered_units]
    errors = _errors(open_lines, said)
    if errors:
        raise Refused("cannot_acknowledge", "Amazon would not take it like this.", errors=errors)
    paper = Acknowledgement(
        shop_id=order.shop_id,
        region=region,
        number=number,
        by=actor,
        version=order.version,
    )
    session.add(paper)
    session.flush()
    by_line = {one.line: one for one in said}
    spoken = [(line, by_line[line.line]) for line in open_lines]
    for line, one in spoken:
        session.add(
            AcknowledgementLine(
                shop_id=order.shop_id,
                acknowledgement_id=paper.acknowledgement_id,
                line=line.line,
                accept=one.accept,
                backorder=one.backorder,
                backorder_on=one.backorder_on if one.backorder else None,
                reject=one.reject,
                rejection_reason=one.rejection_reason if one.reject else None,
            )
        )
        _promise(session, line, one.accept, one.backorder, one.reject, one.backorder_on)
    if are_by_file(session, [order]):  # it waits for a person to hand it over
        restate(session, [order], actor=actor)
        return paper
    paper.message_id = messages.record(
        session,
        direction="out",
        channel="amazon",
        topic=TOPIC,
        key=f"{order.reference}:acknowledgement:{paper.acknowledgement_id}",
        reference=number,
        request=body(order, spoken, paper.made_at),
    )
    restate(
        session, [order], actor=actor, message_ids={(order.region, order.number): paper.message_id}
    )
    ring_after_commit(session, SEND)
    return paper


def body(
    order: PurchaseOrder,
    spoken: Sequence[tuple[PurchaseOrderLine, Said]],
    made_at: datetime,
) -> dict[str, Any]:
    """SubmitAcknowledgementRequest of vendorOrders for one order."""
    return {
        "acknowledgements": [
            {
                "purchaseOrderNumber": order.number,
                "sellingParty": {"partyId": order.vendor_code},
                "acknowledgementDate": made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "items": [_item(line, one) for line, one in spoken],
            }
        ]
    }


def fail(session: Session, paper: Acknowledgement, reason: str) -> None:
    """Amazon did not take it: the order promises again what it did before, and says why."""
    paper.state, paper.error = "failed", reason
    session.add(paper)
    order = locked_orders(session, paper.region, [paper.number])[paper.number]
    session.flush()
    before = session.exec(
        select(Acknowledgement)
        .where(
            Acknowledgement.shop_id == paper.shop_id,
            Acknowledgement.region == paper.region,
            Acknowledgement.number == paper.number,
            Acknowledgement.state == "accepted",
        )
        .order_by(col(Acknowledgement.acknowledgement_id).desc())
        .limit(1)
    ).first()
    _promise_again(session, order, said_by(session, before) if before else {}, before)


def revive(session: Session, paper: Acknowledgement) -> bool:
    """Makes a failed acknowledgement wait again; False when a newer one has taken its place."""
    order = locked_orders(session, paper.region, [paper.number])[paper.number]
    newer = session.exec(
        select(Acknowledgement.acknowledgement_id).where(
            Acknowledgement.shop_id == paper.shop_id,
            Acknowledgement.region == paper.region,
            Acknowledgement.number == paper.number,
            Acknowledgement.acknowledgement_id > paper.acknowledgement_id,
            Acknowledgement.state != "failed",
        )
    ).first()
    if newer is not None or order.is_closed:
        return False
    paper.state, paper.error = "waiting", None
    session.add(paper)
    _promise_again(session, order, said_by(session, paper), paper)
    return True


def said_by(session: Session, paper: Acknowledgement) -> dict[str, tuple[int, int, int]]:
    """Line → accepted, backordered, rejected eaches of one acknowledgement."""
    rows = session.exec(
        select(AcknowledgementLine).where(
            AcknowledgementLine.shop_id == paper.shop_id,
            AcknowledgementLine.acknowledgement_id == paper.acknowledgement_id,
        )
    )
    return {row.line: (row.accept, row.backorder, row.reject) for row in rows}


def _backordered_for(session: Session, paper: Acknowledgement) -> dict[str, date | None]:
    rows = session.exec(
        select(AcknowledgementLine).where(
            AcknowledgementLine.shop_id == paper.shop_id,
            AcknowledgementLine.acknowledgement_id == paper.acknowledgement_id,
        )
    )
    return {row.line: row.backorder_on for row in rows}


def _promise(
    session: Session,
    line: PurchaseOrderLine,
    accept: int,
    backorder: int,
    reject: int,
    backorder_on: date | None = None,
) -> None:
    line.accepted_units, line.backordered_units, line.rejected_units = accept, backorder, reject
    line.backorder_on = backorder_on if backorder else None
    session.add(line)


def _promise_again(
    session: Session,
    order: PurchaseOrder,
    promised: Mapping[str, tuple[int, int, int]],
    paper: Acknowledgement | None = None,
) -> None:
    days = _backordered_for(session, paper) if paper else {}
    for line in lines_of(session, [order])[order.region, order.number]:
        units = promised.get(line.line, (0, 0, 0))
        _promise(session, line, *units, days.get(line.line))
    restate(session, [order], actor="system")


def may_answer(session: Session, order: PurchaseOrder) -> bool:
    """Whether an acknowledgement may be made now: the order is open, and no other is on its way."""
    if order.is_closed or order.before_books:
        return False
    under_way, message = _under_way(session, order)
    return under_way is None or message is None or message.state == "dead"


def _under_way(
    session: Session, order: PurchaseOrder
) -> tuple[Acknowledgement | None, messages.Message | None]:
    """The acknowledgement that Amazon does not show yet, and the message that carries it."""
    found = session.exec(
        select(Acknowledgement).where(
            Acknowledgement.shop_id == order.shop_id,
            Acknowledgement.region == order.region,
            Acknowledgement.number == order.number,
            col(Acknowledgement.state).in_(("waiting", "sent")),
        )
    ).first()
    if found is None or found.message_id is None:
        return found, None
    return found, session.get(messages.Message, (order.shop_id, found.message_id))


def _must_be_open(session: Session, order: PurchaseOrder) -> None:
    if order.is_closed:
        raise Refused("order_closed", "Amazon has closed this purchase order.", status=409)
    under_way, message = _under_way(session, order)
    if under_way is None:
        return
    if message is None or message.state == "dead":  # given up; the new one takes its place
        never = "Amazon never showed it." if message else "Another took its place."
        under_way.state, under_way.error = "failed", under_way.error or never
        session.add(under_way)
        session.flush()
        return
    raise Refused(
        "acknowledgement_under_way",
        "An acknowledgement of this order is on its way; wait until Amazon shows it.",
        status=409,
    )


def _errors(lines: Sequence[PurchaseOrderLine], said: Sequence[Said]) -> list[FieldError]:
    known = {line.line: line for line in lines}
    errors = []
    seen: set[str] = set()
    for index, one in enumerate(said):
        path = f"lines[{index}]"
        line = known.get(one.line)
        if line is None:
            errors.append(FieldError(f"{path}.line", "this order has no such open line"))
        elif one.line in seen:
            errors.append(FieldError(f"{path}.line", "this line is named twice"))
        else:
            errors += _line_errors(path, line, one)
        seen.add(one.line)
    errors += [
        FieldError("lines", f"line {line.line} is missing; Amazon would reject it")
        for line in lines
        if line.line not in seen
    ]
    return errors


def _line_errors(path: str, line: PurchaseOrderLine, one: Said) -> list[FieldError]:
    errors = []
    step = case_size(line)
    for name in ("accept", "backorder", "reject"):
        if getattr(one, name) % step:
            errors.append(FieldError(f"{path}.{name}", f"must be whole cases of {step} units"))
    total = one.accept + one.backorder + one.reject
    if total != line.ordered_units:
        errors.append(
            FieldError(
                f"{path}.accept",
                f"accept, backorder and reject make {total}, ordered are {line.ordered_units}",
            )
        )
    if one.backorder and not line.back_order_allowed:
        errors.append(FieldError(f"{path}.backorder", "Amazon allows no backorder of this line"))
    if one.reject and one.rejection_reason not in REJECTION_REASONS:
        errors.append(FieldError(f"{path}.rejection_reason", "choose why it is rejected"))
    promised = line.accepted_units + line.backordered_units
    if line.rejected_units and one.accept + one.backorder > promised:
        errors.append(
            FieldError(f"{path}.accept", f"at most {promised}: what was rejected stays rejected")
        )
    if line.cost is None or line.cost <= 0:
        errors.append(FieldError(f"{path}.line", "Amazon's order names no cost; Amazon wants one"))
    return errors


def _item(line: PurchaseOrderLine, one: Said) -> dict[str, Any]:
    parts = []
    for code, units in (
        ("Accepted", one.accept),
        ("Backordered", one.backorder),
        ("Rejected", one.reject),
    ):
        if units:
            part: dict[str, Any] = {
                "acknowledgementCode": code,
                "acknowledgedQuantity": quantity_in_own_unit(line, units),
            }
            if code == "Rejected":
                part["rejectionReason"] = one.rejection_reason
            if code == "Backordered" and one.backorder_on is not None:
                # At noon it is the same day in every zone that Amazon's centres are in.
                part["scheduledShipDate"] = f"{one.backorder_on.isoformat()}T12:00:00Z"
            parts.append(part)
    assert line.cost is not None
    money = {"currencyCode": line.cost_currency, "amount": f"{line.cost.normalize():f}"}
    if line.cost_weight_unit:
        money["unitOfMeasure"] = line.cost_weight_unit
    item = {
        "itemSequenceNumber": line.line,
        "amazonProductIdentifier": line.asin,
        "vendorProductIdentifier": line.vendor_sku,
        "orderedQuantity": quantity_in_own_unit(line, line.ordered_units),
        "listPrice" if line.cost_is_list_price else "netCost": money,
        "itemAcknowledgements": parts,
    }
    return {name: value for name, value in item.items() if value is not None}


def quantity_in_own_unit(line: PurchaseOrderLine, units: int) -> dict[str, Any]:
    """An ItemQuantity in the unit that Amazon ordered in; `units` must be whole ones of it."""
    return {
        "amount": units // case_size(line),
        "unitOfMeasure": line.ordered_unit,
        "unitSize": line.unit_size,
    }
