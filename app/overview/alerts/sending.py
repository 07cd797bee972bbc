"""Sends what is to be told: letters for the mail, and everything else by Apprise."""

from __future__ import annotations

from sqlmodel import Session, col, select

from app import messages, secrets
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.inventory.futures import zone_of
from app.messages import Message
from app.overview.alerts import addresses, words
from app.overview.alerts.noticing import CHANNEL, TEST
from app.overview.alerts.tables import Alert, AlertAddress
from app.shops import this_shop

AT_ONCE = 10


def send(shop_id: int) -> None:
    """Sends what waits; each may be sent twice if this dies between sending and noting it."""
    for message in run(_take, shop_id):
        try:
            kind, opened, subject, body = run(letter, shop_id, message)
            addresses.tell(kind, opened, subject, body)
        except RetryLater as problem:
            run(_put_off, shop_id, message.message_id, problem.detail)
        except GiveUp as problem:
            run(_bury, shop_id, message.message_id, problem.detail)
        else:
            run(_done, shop_id, message.message_id)


def letter(session: Session, message: Message) -> tuple[str, str, str, str]:
    """Kind, address, subject and text of a message to somebody.

    Raises GiveUp where the address has been taken away, or its key is gone.
    """
    address = session.get(AlertAddress, (shop_of(session), message.request["address_id"]))
    if address is None:
        raise GiveUp("This address was taken away.")
    shop = this_shop(session)
    if message.topic == TEST:
        subject, body = words.test_letter(address.language, shop.domain)
    else:
        told = session.exec(
            select(Alert)
            .where(Alert.shop_id == shop.shop_id, Alert.message_id == message.message_id)
            .order_by(col(Alert.alert_id))
        ).all()
        if not told:
            raise GiveUp("The rules behind it were taken away.")
        subject, body = words.letter(
            told,
            address.language,
            zone_of(session),
            shop.domain,
            is_digest=address.rhythm != "at_once",
        )
    return address.kind, secrets.decrypt(address.sealed), subject, body


def _take(session: Session) -> list[Message]:
    taken = messages.take(session, direction="out", channel=CHANNEL, limit=AT_ONCE)
    messages.lease(session, taken)
    return taken


def _locked(session: Session, message_id: int) -> Message:
    return session.exec(
        select(Message)
        .where(Message.shop_id == shop_of(session), Message.message_id == message_id)
        .with_for_update()
    ).one()


def _done(session: Session, message_id: int) -> None:
    messages.finish(_locked(session, message_id))


def _put_off(session: Session, message_id: int, reason: str) -> None:
    messages.retry(_locked(session, message_id), reason)


def _bury(session: Session, message_id: int, reason: str) -> None:
    messages.bury(_locked(session, message_id), reason)
