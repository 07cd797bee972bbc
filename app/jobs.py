"""The worker on one page: which jobs there are, what is due, and how a worker runs them.

A job is a name and a shop. It may run twice, and it may die half-way: whatever it is to do stands in
the database. The queue only says "look there"; `sweep` says it again for everything that is due.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import structlog
from redis import ConnectionError as RedisConnectionError
from redis import RedisError
from redis import TimeoutError as RedisTimeoutError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import text
from sqlmodel import Session

from app import bell, logs, metrics
from app.db import run, shop_of, transaction
from app.inventory import audit, collisions, ledger, policy
from app.inventory.documents import Outcome
from app.overview import mail
from app.overview.alerts import noticing as alerts
from app.overview.alerts import sending as alerts_out
from app.overview.scheduled import working as exports
from app.shopify import catalog, counting, past_orders, tokens
from app.shopify import outbox as shopify_outbox
from app.shops import all_shop_ids
from app.vendor import outbox as amazon_outbox
from app.vendor.cash import unsettled
from app.vendor.disputes import working as disputes
from app.vendor.evidence import filling as evidence
from app.vendor.files import working as files
from app.vendor.polling import working as polling
from app.vendor.reconciliation import restating as reconciliation
from app.vendor.reports import working as reports
from app.vendor.self_test import asking
from app.vendor.shipping import following, reminders
from app.webhooks import inbox

log = structlog.get_logger(__name__)

MAINTENANCE_SECONDS = 30
WORKER_SECONDS = 30
PAUSE_WITHOUT_REDIS = 1.0


def expire(shop_id: int) -> None:
    """Gives back what holds past their expiry still hold."""
    run(_settle_again, shop_id, ledger.expire)


def ask_again(shop_id: int) -> None:
    """Grants open requests what has become free, and has what may give way to an oversell do so."""
    run(_settle_again, shop_id, policy.obey)


def follow_policy(shop_id: int) -> None:
    """Has holds follow the changes of policy that they do not follow yet."""
    while run(_follow_policy, shop_id):
        pass


def foresee(shop_id: int) -> None:
    """Opens and ends the collisions that the passing of time alone makes or unmakes."""
    run(collisions.refresh_watched, shop_id)


def remind(shop_id: int) -> None:
    """Marks what is about to leave for Amazon without its ASN, for Home to show."""
    marked = run(reminders.remind, shop_id)
    if marked:
        log.warning("shipments_without_asn", shipments=marked)


def audit_books(shop_id: int) -> None:
    """Runs every audit query and keeps what they find; they report and never repair."""
    kept = run(audit.run, shop_id)
    if kept.findings:
        log.error("audit_found", findings=len(kept.findings))


def deductions_anew(shop_id: int) -> None:
    """Every deduction from all its papers, and what only the passing of time changes."""
    run(disputes.restate_all, shop_id)


def reconcile(shop_id: int) -> None:
    """Matches what has changed from ordered to paid, and states which orders the shop's rule names."""
    reconciliation.reconcile(shop_id)
    run(unsettled.state, shop_id)


JOBS: dict[str, Callable[[int], None]] = {
    "webhooks_in": inbox.drain,
    "catalog": catalog.step,
    "count": counting.count,
    "past_orders": past_orders.read,
    "shopify_out": shopify_outbox.send,
    "amazon_out": amazon_outbox.send,
    "email_out": mail.send,
    "alerts": alerts.follow,
    "alerts_out": alerts_out.send,
    "exports": exports.work,
    "amazon_poll": polling.poll,
    "self_test": asking.self_test,
    "shipments": following.follow,
    "remind": remind,
    "reports": reports.work,
    "files": files.work,
    "deductions": disputes.follow,
    "deductions_anew": deductions_anew,
    "evidence": evidence.fill,
    "reconcile": reconcile,
    "keep_alive": tokens.keep_alive,
    "ask_again": ask_again,
    "policy": follow_policy,
    "expire": expire,
    "foresee": foresee,
    "audit": audit_books,
}

# One look at one shop: which of its jobs have something to do. Each part is an index look-up.
DUE = """
SELECT
    EXISTS (SELECT FROM message WHERE shop_id = :shop AND state = 'waiting'
        AND direction = 'in' AND channel = 'shopify' AND due_at <= now()) AS webhooks_in,
    EXISTS (SELECT FROM message WHERE shop_id = :shop AND state = 'waiting'
        AND direction = 'out' AND channel = 'shopify' AND due_at <= now())
    OR EXISTS (SELECT FROM mirror_due WHERE shop_id = :shop) AS shopify_out,
    EXISTS (SELECT FROM message WHERE shop_id = :shop AND state = 'waiting'
        AND direction = 'out' AND channel = 'amazon' AND due_at <= now()) AS amazon_out,
    EXISTS (SELECT FROM message WHERE shop_id = :shop AND state = 'waiting'
        AND direction = 'out' AND channel = 'email' AND due_at <= now()) AS email_out,
    EXISTS (SELECT FROM message WHERE shop_id = :shop AND state = 'waiting'
        AND direction = 'out' AND channel = 'alert' AND due_at <= now()) AS alerts_out,
    EXISTS (SELECT FROM message WHERE shop_id = :shop AND state = 'waiting'
        AND direction = 'in' AND channel = 'amazon' AND due_at <= now()) AS amazon_poll,
    EXISTS (SELECT FROM catalog_import WHERE shop_id = :shop
        AND state IN ('waiting', 'running') AND due_at <= now()) AS catalog,
    EXISTS (SELECT FROM count_run WHERE shop_id = :shop AND due_at <= now()) AS count,
    EXISTS (SELECT FROM past_orders_run WHERE shop_id = :shop AND due_at <= now()) AS past_orders,
    EXISTS (SELECT FROM export_schedule WHERE shop_id = :shop AND next_at <= now()) AS exports,
    EXISTS (SELECT FROM policy_change WHERE shop_id = :shop AND settled_at IS NULL) AS policy,
    EXISTS (SELECT FROM report JOIN connection USING (shop_id, connection_id)
        WHERE shop_id = :shop AND due_at <= now() AND connection.state = 'connected') AS reports,
    EXISTS (SELECT FROM file_import WHERE shop_id = :shop
        AND state IN ('applying', 'undoing')) AS files,
    EXISTS (SELECT FROM remittance
        LEFT JOIN folded_remittance AS folded USING (shop_id, region, payment_id)
        WHERE shop_id = :shop AND folded.read_at IS DISTINCT FROM remittance.read_at)
    OR EXISTS (SELECT FROM folded_remittance AS folded WHERE shop_id = :shop
        AND NOT EXISTS (SELECT FROM remittance AS paper WHERE paper.shop_id = folded.shop_id
            AND paper.region = folded.region
            AND paper.payment_id = folded.payment_id)) AS deductions,
    EXISTS (SELECT FROM reconciliation_due WHERE shop_id = :shop)
    OR EXISTS (SELECT FROM reconciliation_line
        WHERE shop_id = :shop AND looks_again_at <= now()) AS reconcile,
    EXISTS (SELECT FROM hold WHERE shop_id = :shop
        AND expires_at <= now() AND held > 0) AS expire
"""


class Due(NamedTuple):
    """A job that has something to do for a shop."""

    job: str
    shop_id: int


def work(job: str, shop_id: int) -> None:
    """What the queue calls: runs one job for one shop. Raises KeyError for a job we do not have."""
    bell.answer(job, shop_id)
    do(job, shop_id)


def do(job: str, shop_id: int) -> None:
    """Runs a job now, with its name and shop in every log line and in the metrics."""
    with structlog.contextvars.bound_contextvars(job=job, shop_id=shop_id):
        try:
            JOBS[job](shop_id)
        except BaseException as error:
            metrics.JOBS.labels(job, "failed").inc()
            log.error("job_failed", exc_info=error)
            raise
        metrics.JOBS.labels(job, "done").inc()


def due() -> list[Due]:
    """Everything that is due in the database, shop by shop."""
    with transaction() as session:
        shop_ids = all_shop_ids(session)
    return [Due(job, shop_id) for shop_id in shop_ids for job in run(_due_jobs, shop_id)]


def sweep() -> int:
    """Rings for everything that is due, and says how much that was. Raises RedisError."""
    found = due()
    for job, shop_id in found:
        bell.ring(job, shop_id)
    return len(found)


class OurJob(Job):
    """A job from the queue; whatever else somebody may have written there is refused."""

    @property
    def func(self) -> Any:
        if self.func_name != bell.WORK or self.instance:
            raise PermissionError(f"this worker does not run {self.func_name}")
        return work


class RedisIsAway(StopRequested):
    """Ends the library's own loop, which would otherwise wait for Redis and do nothing else."""


class OurQueue(Queue):
    """The queue as a worker reads it."""

    @classmethod
    def dequeue_any(cls, *arguments: Any, **named: Any) -> Any:
        """The next job; raises RedisIsAway instead of the client's own errors."""
        with _noticing_absence():
            return super().dequeue_any(*arguments, **named)


class Worker(SimpleWorker):
    """Runs jobs in this very process, one at a time: a fork for each would cost twice the time."""

    queue_class = OurQueue
    job_class = OurJob
    log_result_lifespan = False

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Says that this worker lives; raises RedisIsAway instead of the client's own errors."""
        with _noticing_absence():
            super().heartbeat(timeout, pipeline)

    @property
    def asked_to_stop(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._shutdown_requested_date is not None


@contextmanager
def _noticing_absence() -> Iterator[None]:
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise RedisIsAway(str(error)) from error


def run_worker() -> None:
    """Works until SIGTERM or SIGINT, finishing the job at hand; comes back from a lost Redis.

    While Redis is away it asks the database itself what is due.
    """
    logs.configure()
    stopping = threading.Event()
    log.info("worker_started", process=os.getpid())
    while not stopping.is_set():
        try:
            if _work_from_queue():
                break
        except RedisError as error:
            log.warning("worker_without_redis", error=str(error))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        _work_without_redis(stopping)
    log.info("worker_ended", process=os.getpid())


def _work_from_queue() -> bool:
    """Runs jobs until asked to stop (True) or until Redis goes away (False, or RedisError)."""
    connection = bell.connection()
    sweep()
    queue = OurQueue(bell.QUEUE, connection=connection, serializer=JSONSerializer)
    worker = Worker(
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        maintenance_interval=MAINTENANCE_SECONDS,
        worker_ttl=WORKER_SECONDS,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")
    return worker.asked_to_stop


def _work_without_redis(stopping: threading.Event) -> None:
    """Does what is due until Redis answers again."""
    while not stopping.is_set():
        try:
            bell.connection().ping()
            return
        except RedisError:
            pass
        try:
            for job, shop_id in due():
                do(job, shop_id)
        except Exception as error:
            # Logged by `do` if a job failed; a database that is away too is worth another look.
            log.warning("due_work_stopped", error=type(error).__name__)
        stopping.wait(PAUSE_WITHOUT_REDIS)


def _due_jobs(session: Session) -> list[str]:
    return [job for job, is_due in _looked_for(session).items() if is_due and job in JOBS]


def _looked_for(session: Session) -> dict[str, bool]:
    return dict(session.execute(text(DUE), {"shop": shop_of(session)}).one()._mapping)


def _settle_again(session: Session, verb: Callable[[Session], list[Outcome]]) -> None:
    outcomes = verb(session)
    if outcomes:
        collisions.refresh_documents(session, outcomes)
        bell.ring_after_commit(session, "shopify_out")


def _follow_policy(session: Session) -> bool:
    bell.ring_after_commit(session, "shopify_out")
    return policy.settle_change(session)
