"""The kinds of flow: shipped out of a hold, received by Amazon, adjusted, relocated."""

from __future__ import annotations

from app.inventory.documents import DocumentKey, Flow
from app.inventory.models import Reason, State


def shipped(
    line: str,
    item_id: int,
    location_id: int,
    total: int,
    *,
    to: State,
    hold: DocumentKey,
    hold_line: str | None = None,
    state: State,
    reason: Reason = Reason.SHIPPED,
) -> Flow:
    """A flow that says: of this hold's line, `total` eaches have left from this location so far."""
    return Flow(
        line=line,
        item_id=item_id,
        total=total,
        from_location_id=location_id,
        from_state=state,
        to_location_id=location_id,
        to_state=to,
        reason=reason,
        reason_back=Reason.SHIPMENT_CORRECTED,
        hold=hold,
        hold_line=hold_line or line,
    )


def received(line: str, item_id: int, location_id: int, total: int) -> Flow:
    """A flow that says: Amazon has received `total` eaches so far; a shrinking one moves back."""
    return Flow(
        line=line,
        item_id=item_id,
        total=total,
        from_location_id=location_id,
        from_state=State.AMAZON_TRANSIT,
        to_location_id=location_id,
        to_state=State.AMAZON,
        reason=Reason.RECEIVED,
        reason_back=Reason.RECEIPT_CORRECTED,
    )


def arrived(
    line: str, item_id: int, location_id: int, total: int, *, source: State = State.SUPPLIER
) -> Flow:
    """A flow that says: `total` eaches have come in from outside so far, free for everybody."""
    return Flow(
        line=line,
        item_id=item_id,
        total=total,
        from_location_id=location_id,
        from_state=source,
        to_location_id=location_id,
        to_state=State.AVAILABLE,
        reason=Reason.RECEIVED,
        reason_back=Reason.RECEIPT_CORRECTED,
    )


def adjusted(
    line: str,
    item_id: int,
    location_id: int,
    total: int,
    *,
    state: State = State.AVAILABLE,
    source: State = State.ADJUSTMENT,
    reason: Reason = Reason.ADJUSTED,
) -> Flow:
    """A flow that brings `total` eaches into the books (or takes them out, when negative)."""
    return Flow(
        line=line,
        item_id=item_id,
        total=total,
        from_location_id=location_id,
        from_state=source,
        to_location_id=location_id,
        to_state=state,
        reason=reason,
        reason_back=reason,
    )


def relocated(line: str, item_id: int, source: int, target: int, total: int) -> Flow:
    """A flow that says: `total` free eaches have gone from one location to another."""
    return Flow(
        line=line,
        item_id=item_id,
        total=total,
        from_location_id=source,
        from_state=State.AVAILABLE,
        to_location_id=target,
        to_state=State.AVAILABLE,
        reason=Reason.RELOCATED,
        reason_back=Reason.RELOCATED,
    )
