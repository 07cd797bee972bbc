"""Mails: outgoing messages like any other, kept in their rows until the mail server has taken them.

The hand-over after an uninstallation, with the workbook; alerts; scheduled exports.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import structlog
from sqlmodel import Session, select

from app import messages, secrets
from app.config import settings
from app.db import run, shop_of
from app.errors import GiveUp, Refused, RetryLater
from app.messages import Message
from app.overview import workbook
from app.overview.alerts import noticing, sending, words
from app.overview.alerts.tables import AlertAddress
from app.overview.exports.writing import MEDIA
from app.overview.scheduled import working
from app.shops import this_shop

log = structlog.get_logger(__name__)

CHANNEL = "email"
AT_ONCE = 10
SECONDS = 30
PORTS = {"smtp": 25, "smtps": 465}
SUBJECT = "Holdfast was taken away: your stock file, and what to do now"
WORDS = """\
Holdfast was taken away from {domain} while it still held units in your store.

What it put into reserved and safety stock stays there until somebody gives it back. The sheet Holds
of the file that comes with this mail lists these units by item and location; the sheet Instructions
says what to do.

The sure way is to install Holdfast again, open it, and use Settings > Leave Holdfast: it gives back
every unit, tells Shopify, and says when nothing is left.

The file also holds your balances, open purchase orders, collisions and discrepancies.
"""


def send(shop_id: int) -> None:
    """Sends the mails that wait; each may be sent twice if this dies between sending and noting it."""
    for message in run(_take, shop_id):
        try:
            _send_one(run(_mail, shop_id, message))
        except RetryLater as problem:
            run(_put_off, shop_id, message.message_id, problem.detail)
        except (GiveUp, Refused) as problem:
            run(_bury, shop_id, message.message_id, problem.detail)
        else:
            run(_done, shop_id, message.message_id)


def _take(session: Session) -> list[Message]:
    taken = messages.take(session, direction="out", channel=CHANNEL, limit=AT_ONCE)
    messages.lease(session, taken)
    return taken


def _mail(session: Session, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings().mail_from
    LETTERS.get(message.topic, _hand_over)(session, message, mail)
    return mail


def _alerts(session: Session, message: Message, mail: EmailMessage) -> None:
    _kind, mail["To"], mail["Subject"], body = sending.letter(session, message)
    mail.set_content(body)


def _export(session: Session, message: Message, mail: EmailMessage) -> None:
    file = working.file_of(session, message.request["file_id"])
    address = session.get(AlertAddress, (file.shop_id, message.request["address_id"]))
    if address is None:
        raise GiveUp("This address was taken away.")
    mail["To"] = secrets.decrypt(address.sealed)
    mail["Subject"], body = words.file_letter(
        address.language, this_shop(session).domain, file.name
    )
    mail.set_content(body)
    is_text = file.format == "csv"
    main, _, sub = MEDIA["csv" if is_text else "xlsx"].partition("/")
    mail.add_attachment(
        file.content,
        maintype=main,
        subtype=sub,
        filename=file.name,
        params={"charset": "utf-8"} if is_text else None,
    )


def _hand_over(session: Session, message: Message, mail: EmailMessage) -> None:
    mail["Subject"], mail["To"] = SUBJECT, message.request["to"]
    mail.set_content(WORDS.format(domain=this_shop(session).domain))
    main, _, sub = workbook.MEDIA_TYPE.partition("/")
    mail.add_attachment(
        workbook.build(session), maintype=main, subtype=sub, filename=workbook.file_name(session)
    )


LETTERS: dict[str, Callable[[Session, Message, EmailMessage], None]] = {
    noticing.TOPIC: _alerts,
    noticing.TEST: _alerts,
    working.TOPIC: _export,
}


def _send_one(mail: EmailMessage) -> None:
    """Hands a mail to the server. Raises RetryLater, or GiveUp when trying again cannot help."""
    address = settings().smtp_url.get_secret_value()
    if not address:
        raise GiveUp("SMTP_URL is not set, so no mail can be sent; set it and replay this.")
    parts = urlsplit(address)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(
            parts.hostname or "", parts.port or PORTS[parts.scheme], timeout=SECONDS
        ) as server:
            server.ehlo_or_helo_if_needed()
            encrypted = parts.scheme == "smtps"
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                encrypted = True
            if parts.username:
                if not encrypted:
                    raise GiveUp("The mail server offers no encryption, so no password is sent.")
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        raise GiveUp("The mail server does not take mail for this address.") from error
    except smtplib.SMTPResponseException as error:
        reason = f"The mail server answers {error.smtp_code}."
        if 500 <= error.smtp_code < 600:
            raise GiveUp(reason) from error
        raise RetryLater(reason) from error
    except (smtplib.SMTPException, OSError) as error:
        raise RetryLater(f"The mail server cannot be reached ({type(error).__name__}).") from error


def _locked(session: Session, message_id: int) -> Message:
    return session.exec(
        select(Message)
        .where(Message.shop_id == shop_of(session), Message.message_id == message_id)
        .with_for_update()
    ).one()


def _done(session: Session, message_id: int) -> None:
    messages.finish(_locked(session, message_id))
    log.info("mail_sent", message_id=message_id)


def _put_off(session: Session, message_id: int, reason: str) -> None:
    messages.retry(_locked(session, message_id), reason)


def _bury(session: Session, message_id: int, reason: str) -> None:
    messages.bury(_locked(session, message_id), reason)
