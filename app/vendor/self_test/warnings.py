"""What will stop the connections to Amazon unless a person acts: told weeks ahead."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from sqlmodel import Session

from app.config import settings
from app.connections import connections
from app.vendor import terms
from app.vendor.self_test.asking import capabilities

CRITICAL = timedelta(days=7)


class Warned(NamedTuple):
    """One thing to act on: what, for which connection, by when, and the part it concerns."""

    kind: str
    connection_id: int | None
    connection_name: str | None
    by: datetime | None
    capability: str | None
    is_critical: bool


def warnings(session: Session, now: datetime) -> list[Warned]:
    """Everything that needs a person, the most urgent first.

    Kinds: `consent_ends`, `secret_ends` (with the day), `role_missing` (with the capability).
    """
    found = []
    linked = connections(session, "amazon")
    for connection in linked:
        ends_at = connection.refresh_expires_at
        ahead = terms.days("consent_warning_days", connection.region or "na")
        if connection.state == "connected" and ends_at is not None and now >= ends_at - ahead:
            found.append(
                Warned(
                    "consent_ends",
                    connection.connection_id,
                    connection.name,
                    ends_at,
                    None,
                    _soon(ends_at, now),
                )
            )
        if connection.has_access:
            found += [
                Warned(
                    "role_missing", connection.connection_id, connection.name, None, one.name, True
                )
                for one in capabilities(session, connection.connection_id)
                if one.state == "role_missing"
            ]
    ends_at = secret_ends_at()
    ahead = terms.days("secret_warning_days", "na")
    if linked and ends_at is not None and now >= ends_at - ahead:
        found.append(Warned("secret_ends", None, None, ends_at, None, _soon(ends_at, now)))
    return sorted(found, key=lambda one: (not one.is_critical, one.by or now))


def secret_ends_at() -> datetime | None:
    """When our Login with Amazon secret ends; None while its day of issue is not set."""
    issued_on = settings().lwa_client_secret_issued_on
    if issued_on is None:
        return None
    ends_on = issued_on + terms.days("secret_days", "na")
    return datetime.combine(ends_on, time.min, UTC)


def _soon(moment: datetime, now: datetime) -> bool:
    return moment - now <= CRITICAL
