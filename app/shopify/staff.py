"""The store's staff by name, so that what they did is signed by somebody whom others know."""

from __future__ import annotations

import structlog
from sqlmodel import Session, col, select

from app.db import run, shop_of
from app.errors import GiveUp, Refused, RetryLater
from app.http import Principal
from app.preferences import Preference, prefer
from app.shopify import auth, tokens

log = structlog.get_logger(__name__)


def names(session: Session) -> dict[str, str]:
    """Everybody of this shop whose name is known, by Shopify's id of them."""
    known = select(Preference.user_id, Preference.name).where(
        Preference.shop_id == shop_of(session), col(Preference.name).is_not(None)
    )
    return {user_id: name for user_id, name in session.exec(known) if name}


def introduce(who: Principal, authorization: str | None) -> str | None:
    """What this person is called: as known, or else as Shopify says now; None while it says nothing."""
    known = run(_name, who.shop_id, who.user_id)
    if known is not None:
        return known
    try:
        name = tokens.name_of(auth.authenticate(authorization))
    except (RetryLater, GiveUp, Refused):
        log.warning("name_not_known", shop=who.domain, exc_info=True)
        return None
    run(_keep, who.shop_id, who.user_id, name)
    return name


def _name(session: Session, user_id: str) -> str | None:
    found = session.get(Preference, (shop_of(session), user_id))
    return found.name if found else None


def _keep(session: Session, user_id: str, name: str) -> None:
    prefer(session, user_id, name=name)
