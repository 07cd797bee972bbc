"""Expected arrivals on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import Field
from sqlmodel import Session

from app.http import Answer, Moment
from app.inventory import futures, tying
from app.inventory.models import Arrival, Item
from app.inventory.views import (
    DocumentView,
    ItemBrief,
    LocationBrief,
    item_brief,
    locations,
)


class ArrivalMatch(Answer):
    """An expected arrival of an outside paper that a typed one may be."""

    id: int
    document: DocumentView
    units: int
    expected_on: date | None
    fits: bool = Field(description="Item, place, units and day fit.")


class ArrivalView(Answer):
    """`document` is the paper that announces it; without a day nothing is built on it."""

    id: int
    source: str
    reference: str
    document: DocumentView
    item: ItemBrief
    location: LocationBrief
    units: int
    expected_on: date | None
    overdue: bool
    stated_by: str
    stated_at: Moment
    ended_at: Moment | None
    ended_by: str | None
    matches: list[ArrivalMatch] = Field(
        description="Of one that was typed: papers that may announce the same units, best first."
    )
    replaced_by: str | None = Field(description="The paper that a person said is this one.")


def arrival_views(session: Session, rows: Sequence[tuple[Arrival, Item]]) -> list[ArrivalView]:
    """These arrivals, each typed one with what it may be."""
    places, today = locations(session), futures.today(session)
    offered = tying.matches(session, [arrival for arrival, _ in rows])
    titles = tying.titles(session, [arrival for arrival, _ in rows])
    return [
        ArrivalView(
            id=arrival.arrival_id,
            source=arrival.source,
            reference=arrival.reference,
            document=_document(arrival),
            item=item_brief(item),
            location=places[arrival.location_id],
            units=arrival.units,
            expected_on=arrival.expected_on,
            overdue=arrival.ended_at is None and (arrival.expected_on or today) < today,
            stated_by=arrival.stated_by,
            stated_at=arrival.stated_at,
            ended_at=arrival.ended_at,
            ended_by=arrival.ended_by,
            matches=[
                ArrivalMatch(
                    id=one.arrival.arrival_id,
                    document=_document(one.arrival),
                    units=one.arrival.units,
                    expected_on=one.arrival.expected_on,
                    fits=one.fits,
                )
                for one in offered.get(arrival.arrival_id, ())
            ],
            replaced_by=titles.get(arrival.replaced_by_id or 0),
        )
        for arrival, item in rows
    ]


def _document(arrival: Arrival) -> DocumentView:
    return DocumentView(
        kind=arrival.source,
        reference=arrival.reference,
        title=arrival.title or arrival.reference,
    )
