"""Sending to Amazon and following what was sent: never twice, and not believed until it is seen.

A message goes through phases, kept in its answer: `ready` → `sending` → `submitted` → done. The
phase `sending` is committed before the call, so whoever dies in it leaves a message whose outcome
is unknown; that one, like one that Amazon did not answer, is looked for before it is sent again.
Amazon's 202 means "taken", and its transaction is often never more than `Processing`; so an
acknowledgement is done when the status of its order shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session, select

from app import messages
from app.connections import Connection, locked
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.messages import Message
from app.vendor import access, acknowledgements, invoice_sending, invoices
from app.vendor.client import NotAuthorised, UnknownOutcome, VendorClient
from app.vendor.invoice_sending import InvoiceKey
from app.vendor.invoice_tables import Invoice
from app.vendor.looks import LOOKS, TAKEN_AFTER, UNKNOWN_LOOKS, Look, next_look, says_known
from app.vendor.papers import BadPaper, StatusFacts, status_facts
from app.vendor.promises import lines_of
from app.vendor.receipts import shows, store_statuses
from app.vendor.shipping import following, sending, transport
from app.vendor.shipping.tables import TransportRequest
from app.vendor.tables import Acknowledgement, PurchaseOrder, Shipment

log = structlog.get_logger(__name__)

AT_ONCE = 10
MOST_ROUNDS = 50
WITHOUT_CONNECTION = timedelta(minutes=10)

Paper = Acknowledgement | Shipment | TransportRequest | Invoice


@dataclass
class Task:
    """One message to work on, with all that the work needs outside a transaction."""

    message_id: int
    topic: str
    phase: str
    since: datetime
    transaction_id: str | None
    request: dict[str, Any]
    connection: Connection
    number: str
    is_resent: bool = False
    invoice: InvoiceKey | None = None
    statuses: list[StatusFacts] = field(default_factory=list)
    shown: dict[str, Any] | None = None


def send(shop_id: int) -> None:
    """Sends what waits and looks at what was sent. May run twice, and may die half-way."""
    for _round in range(MOST_ROUNDS):
        tasks = run(_take, shop_id)
        if not tasks:
            return
        for task in tasks:
            _work(shop_id, task)


def _work(shop_id: int, task: Task) -> None:
    try:
        with access.client(task.connection) as client:
            if task.phase == "sending":
                transaction_id = _submit(client, task)
                run(_submitted, shop_id, task, transaction_id)
            elif task.phase == "unknown":
                run(_looked_for, shop_id, task, _look_for(client, task))
            else:
                run(_looked_at, shop_id, task, _look_at(client, task))
    except NotAuthorised as error:
        access.note_failure(shop_id, task.connection.connection_id, error)
        run(_put_off, shop_id, task, error.detail, WITHOUT_CONNECTION)
    except UnknownOutcome as error:
        run(_unknown, shop_id, task, error.detail)
    except RetryLater as error:
        run(_put_off, shop_id, task, error.detail, error.after)
    except GiveUp as error:
        if task.phase == "sending":
            run(_failed, shop_id, task, error.detail)
        else:
            run(_put_off, shop_id, task, error.detail, None)


def _submit(client: VendorClient, task: Task) -> str:
    if task.topic == acknowledgements.TOPIC:
        return client.submit_acknowledgement(task.request)
    if task.topic == invoices.TOPIC:
        return client.submit_invoices(task.request)
    if task.topic == transport.TOPIC:
        return client.submit_shipments(task.request)
    return client.submit_shipment_confirmations(task.request)


def _look_at(client: VendorClient, task: Task) -> Look:
    """What has become of a transaction, and whether Amazon shows its effect."""
    try:
        payload = client.transaction(task.transaction_id or "").payload
        state = payload.get("transactionStatus") or {}
    except (NotAuthorised, GiveUp):
        state = {}  # another role is needed in some regions, and ids end; the effect is enough
    if state.get("status") == "Failure":
        return Look(failure=_reasons(state))
    if task.topic in (acknowledgements.TOPIC, invoices.TOPIC):
        return _look_for(client, task)
    late = database_time() - task.since >= TAKEN_AFTER
    taken = state.get("status") == "Success" or late
    return replace(_look_for(client, task), is_taken=taken)


def _look_for(client: VendorClient, task: Task) -> Look:
    """Whether Amazon shows the effect of what may have been sent."""
    if task.topic == acknowledgements.TOPIC:
        reply = client.purchase_orders_status(purchaseOrderNumber=task.number)
        try:
            task.statuses = [status_facts(one) for one in reply.payload["ordersStatus"]]
        except (BadPaper, TypeError) as error:
            raise RetryLater(f"Amazon's status cannot be read: {error}") from error
        return Look()  # judged in the transaction that stores it
    if task.invoice is not None:
        return invoice_sending.look_for(client, task.invoice)
    try:
        task.shown = following.shown(client, task.number)
    except (NotAuthorised, GiveUp):
        return Look()  # whether this operation shows ASNs at all is not documented
    return Look(is_seen=task.shown is not None and following.is_it(task.request, task.shown))


def _reasons(state: dict[str, Any]) -> str:
    said = [
        " ".join(str(one[key]) for key in ("code", "message", "details") if one.get(key))
        for one in state.get("errors") or []
        if isinstance(one, dict)
    ]
    return "Amazon refused it: " + ("; ".join(said) or "no reason given")


def _take(session: Session) -> list[Task]:
    """Takes due messages and commits, before any call, what is about to be done with each."""
    taken = messages.take(session, direction="out", channel="amazon", limit=AT_ONCE)
    tasks = []
    for message in taken:
        paper = _paper(session, message)
        if paper is None:
            messages.bury(message, "The paper that this message carries is gone.")
            continue
        connection = _connection(session, message, paper)
        if connection is None:
            message.due_at = database_time() + WITHOUT_CONNECTION
            message.error = "It waits until Amazon is connected again."
            continue
        if not _may_go(session, message, paper):
            continue
        key = invoice_sending.key_of(session, paper) if isinstance(paper, Invoice) else None
        tasks.append(_task(message, paper, connection, key))
    leased = {task.message_id for task in tasks}
    messages.lease(session, [message for message in taken if message.message_id in leased])
    return tasks


def _task(message: Message, paper: Paper, connection: Connection, key: InvoiceKey | None) -> Task:
    state = dict(message.response or {})
    phase = state.get("phase", "ready")
    now = database_time()
    if phase == "ready":
        phase = "sending"
        state = state | {"phase": "sending", "since": now.isoformat()}
    elif phase == "sending":  # whoever sent it died before noting the answer
        phase = "unknown"
        state = state | {"phase": "unknown"}
    message.response = state
    return Task(
        message_id=message.message_id,
        topic=message.topic,
        phase=phase,
        since=datetime.fromisoformat(state["since"]),
        transaction_id=state.get("transaction_id"),
        request=message.request,
        connection=connection,
        number=_named(paper),
        is_resent=bool(state.get("is_resent")),
        invoice=key,
    )


def _named(paper: Paper) -> str:
    """By what Amazon is asked for it; an invoice has a key of its own."""
    if isinstance(paper, Acknowledgement):
        return paper.number
    return "" if isinstance(paper, Invoice) else paper.identifier


def _may_go(session: Session, message: Message, paper: Paper) -> bool:
    """A message that failed and is replayed starts afresh, unless a newer one took its place."""
    if isinstance(paper, Invoice) and paper.state == "cancelled":
        messages.bury(message, "This invoice has been cancelled.")
        return False
    if isinstance(paper, Shipment) and (paper.state == "cancelled" or paper.is_correcting):
        messages.bury(message, "The shipment was cancelled, or is being corrected.")
        return False
    if paper.state != "failed":
        return True
    if isinstance(paper, Acknowledgement) and not acknowledgements.revive(session, paper):
        messages.bury(message, "A newer acknowledgement has taken its place.")
        return False
    paper.state, paper.error = "waiting", None
    session.add(paper)
    message.response = None
    return True


def _paper(session: Session, message: Message) -> Paper | None:
    if message.topic == acknowledgements.TOPIC:
        return session.exec(
            select(Acknowledgement).where(
                Acknowledgement.shop_id == shop_of(session),
                Acknowledgement.message_id == message.message_id,
            )
        ).first()
    if message.topic == invoices.TOPIC:
        return invoice_sending.paper_of(session, message)
    named = {"shop_id": shop_of(session), "message_id": message.message_id}
    if message.topic == transport.TOPIC:
        return session.exec(select(TransportRequest).filter_by(**named)).first()
    return session.exec(select(Shipment).filter_by(**named)).first()


def _connection(session: Session, message: Message, paper: Paper) -> Connection | None:
    """The connection that read the order last, or any of its region that works."""
    preferred = 0
    if isinstance(paper, Acknowledgement):
        order = session.get(PurchaseOrder, (paper.shop_id, paper.region, paper.number))
        preferred = order.connection_id if order else 0
    if isinstance(paper, Invoice):
        preferred = invoice_sending.connection_id_of(session, paper)
    rows = session.exec(
        select(Connection).where(
            Connection.shop_id == paper.shop_id,
            Connection.channel == "amazon",
            Connection.region == paper.region,
            Connection.state == "connected",
        )
    ).all()
    return min(rows, key=lambda row: row.connection_id != preferred, default=None)


def _message(session: Session, task: Task) -> Message:
    return session.exec(
        select(Message)
        .where(Message.shop_id == shop_of(session), Message.message_id == task.message_id)
        .with_for_update()
    ).one()


def _submitted(session: Session, task: Task, transaction_id: str) -> None:
    message = _message(session, task)
    now = database_time()
    message.response = (message.response or {}) | {
        "phase": "submitted",
        "since": now.isoformat(),
        "transaction_id": transaction_id,
    }
    message.attempts, message.due_at, message.error = 0, now + LOOKS[0], None
    paper = _paper(session, message)
    if paper is not None:
        paper.state, paper.sent_at, paper.transaction_id = "sent", now, transaction_id
        session.add(paper)
    _worked(session, task)


def _looked_at(session: Session, task: Task, look: Look) -> None:
    message = _message(session, task)
    if task.topic == invoices.TOPIC:
        invoice_sending.looked_at(session, message, task.since, look)
        _worked(session, task)
        return
    if look.failure is not None:
        if task.is_resent and says_known(look.failure):
            _end_well(session, task, message)
        else:
            _end_badly(session, task, message, look.failure)
        return
    if look.is_seen or _shown(session, task, message):
        _end_well(session, task, message)
        return
    paper = _paper(session, message)
    if look.is_taken and isinstance(paper, Shipment | TransportRequest):
        sending.taken(session, paper)
    later = next_look(task.since, LOOKS)
    if later is None and paper is not None and paper.state == "accepted":
        _end_well(session, task, message)
        return
    if later is None:
        messages.bury(
            message, "Amazon took it two hours ago and still does not show it; look it up there."
        )
        if paper is not None:
            paper.error = message.error
            session.add(paper)
        return
    message.due_at, message.attempts = later, 0


def _looked_for(session: Session, task: Task, look: Look) -> None:
    message = _message(session, task)
    if task.topic == invoices.TOPIC:
        invoice_sending.looked_for(session, message, task.since, look)
        return
    if look.is_seen or _shown(session, task, message):
        _end_well(session, task, message)
        return
    later = next_look(task.since, UNKNOWN_LOOKS)
    state = dict(message.response or {})
    if later is None:  # Amazon shows within 30 minutes what it has taken
        message.response = state | {"phase": "ready", "is_resent": True}
        message.due_at = database_time()
    else:
        message.due_at = later
    message.attempts = 0


def _shown(session: Session, task: Task, message: Message) -> bool:
    """Whether the status just read shows this acknowledgement."""
    paper = _paper(session, message)
    if not isinstance(paper, Acknowledgement):
        return False
    order = session.get(PurchaseOrder, (paper.shop_id, paper.region, paper.number))
    if order is None:
        return False
    lines = lines_of(session, [order])[paper.region, paper.number]
    promised = acknowledgements.said_by(session, paper)
    return any(
        facts.number == paper.number and shows(facts, lines, promised) for facts in task.statuses
    )


def _end_well(session: Session, task: Task, message: Message) -> None:
    paper = _paper(session, message)
    if isinstance(paper, Shipment | TransportRequest):
        sending.taken(session, paper)
        if task.shown is not None:
            following.note(session, paper, task.shown)
    elif paper is not None:
        paper.state, paper.error = "accepted", None
        paper.sent_at = paper.sent_at or database_time()
        session.add(paper)
    session.flush()
    messages.finish(message, response=(message.response or {}) | {"phase": "done"})
    if task.statuses:
        store_statuses(session, task.connection, task.statuses)
    _worked(session, task)


def _end_badly(session: Session, task: Task, message: Message, reason: str) -> None:
    paper = _paper(session, message)
    if isinstance(paper, Acknowledgement):
        acknowledgements.fail(session, paper, reason)
    elif isinstance(paper, Invoice):
        invoice_sending.refused(session, paper, reason)
    elif paper is not None:
        paper.state, paper.error = "failed", reason
        session.add(paper)
    message.response = (message.response or {}) | {"phase": "failed"}
    messages.bury(message, reason)


def _failed(session: Session, task: Task, reason: str) -> None:
    _end_badly(session, task, _message(session, task), reason)


def _unknown(session: Session, task: Task, detail: str) -> None:
    message = _message(session, task)
    message.response = (message.response or {}) | {"phase": "unknown"}
    messages.retry(message, detail)
    message.due_at = next_look(task.since, UNKNOWN_LOOKS) or message.due_at


def _put_off(session: Session, task: Task, detail: str, after: timedelta | None) -> None:
    """Nothing was sent, or nothing was learnt: the same step again later."""
    message = _message(session, task)
    if task.phase == "sending":
        message.response = (message.response or {}) | {"phase": "ready"}
    messages.retry(message, detail, after=after)
    if message.state == "dead" and task.phase == "sending":
        _end_badly(session, task, message, message.error or detail)


def _worked(session: Session, task: Task) -> None:
    row = locked(session, task.connection.connection_id)
    row.worked()
    session.add(row)
