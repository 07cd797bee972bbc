"""The bell: wakes a worker for one shop. It carries no facts, so losing it loses only time."""

from __future__ import annotations

from functools import lru_cache

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlmodel import Session

from app.config import settings
from app.db import after_commit, shop_of

QUEUE = "holdfast"
WORK = "app.jobs.work"
LONGEST_SILENCE = 15  # seconds after which a ring that nobody answered may ring again
JOB_TIMEOUT = 120
LONG_JOBS = {"exports": 3600}
"""Seconds of the jobs that may take longer in one piece: a file of a million rows is one."""


@lru_cache(maxsize=1)
def connection() -> Redis:
    """This process's connection pool to Redis."""
    return Redis.from_url(settings().redis_url, socket_timeout=10, socket_connect_timeout=2)


def queue() -> Queue:
    """The one queue; a worker that serves one queue takes jobs from it without loss."""
    return Queue(QUEUE, connection=connection(), serializer=JSONSerializer)


def ring(job: str, shop_id: int) -> bool:
    """Asks for one run of this job for this shop; False when one is asked for already."""
    if not connection().set(flag(job, shop_id), 1, nx=True, ex=LONGEST_SILENCE):
        return False
    queue().enqueue(
        WORK,
        args=(job, shop_id),
        job_timeout=LONG_JOBS.get(job, JOB_TIMEOUT),
        result_ttl=0,
        failure_ttl=3600,
    )
    return True


def ring_after_commit(session: Session, job: str) -> None:
    """Rings for this session's shop once its transaction has committed."""
    shop_id = shop_of(session)
    after_commit(session, f"ring {job}", lambda: ring(job, shop_id))


def answer(job: str, shop_id: int) -> None:
    """Clears the flag; called before the first read, so that later arrivals ring again."""
    connection().delete(flag(job, shop_id))


def flag(job: str, shop_id: int) -> str:
    """The key that keeps one waiting run of a job for a shop from becoming many."""
    return f"holdfast:bell:{job}:{shop_id}"
