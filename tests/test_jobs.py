"""Jobs, the worker and the clock: what is due is rung for, run, and survives a lost queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from app import bell, clock, jobs, messages
from app.clock import Leadership, Task, last_night
from app.db import transaction
from app.jobs import JOBS, OurJob, OurQueue, Worker
from tests.webhooks.sender import make_shop


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, database: str, queue: str) -> Iterator[list[int]]:
    """The shops that a job named `webhooks_in` was run for."""
    shops: list[int] = []
    monkeypatch.setitem(JOBS, "webhooks_in", shops.append)
    yield shops


def work_off() -> None:
    """Runs everything that is queued, in this process, and ends."""
    connection = bell.connection()
    queue = OurQueue(bell.QUEUE, connection=connection, serializer=JSONSerializer)
    Worker([queue], connection=connection, serializer=JSONSerializer).work(burst=True)


def store_webhook(shop_id: int) -> None:
    with transaction(shop_id) as session:
        messages.record(session, direction="in", channel="shopify", topic="t", key="k", request={})


def test_a_ring_becomes_one_run_however_often_it_is_rung(done: list[int]) -> None:
    for _ in range(5):
        bell.ring("webhooks_in", 7)
    work_off()
    assert done == [7]


def test_a_ring_during_the_run_asks_for_another(
    done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(shop_id: int) -> None:
        done.append(shop_id)
        if len(done) == 1:
            assert bell.ring("webhooks_in", shop_id)

    monkeypatch.setitem(JOBS, "webhooks_in", run)
    bell.ring("webhooks_in", 7)
    work_off()
    assert done == [7, 7]


def test_a_worker_runs_nothing_but_our_jobs(done: list[int]) -> None:
    queue = Queue(bell.QUEUE, connection=bell.connection(), serializer=JSONSerializer)
    strange = queue.enqueue("os.system", "true")
    bell.ring("webhooks_in", 7)
    work_off()
    assert done == [7]
    found = Job.fetch(strange.id, connection=bell.connection(), serializer=JSONSerializer)
    assert found.is_failed
    with pytest.raises(PermissionError):
        _ = OurJob.fetch(strange.id, connection=bell.connection(), serializer=JSONSerializer).func


def test_a_job_that_fails_says_so_and_does_not_stop_the_worker(
    done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(shop_id: int) -> None:
        raise ValueError("broken")

    monkeypatch.setitem(JOBS, "expire", fail)
    bell.ring("expire", 1)
    bell.ring("webhooks_in", 2)
    work_off()
    assert done == [2]
    assert bell.queue().failed_job_registry.count == 1


def test_the_sweep_rings_for_what_waits_in_the_database(done: list[int]) -> None:
    quiet, busy = make_shop("quiet.myshopify.com"), make_shop("busy.myshopify.com")
    store_webhook(busy)
    assert jobs.sweep() == 1
    work_off()
    assert done == [busy]
    assert quiet not in done


def test_after_redis_was_emptied_the_sweep_finds_everything_again(done: list[int]) -> None:
    shop_id = make_shop()
    store_webhook(shop_id)
    bell.ring("webhooks_in", shop_id)
    bell.connection().flushall()
    jobs.sweep()
    work_off()
    assert done == [shop_id]


def test_without_redis_a_worker_asks_the_database(
    done: list[int],
    queue: str,
    monkeypatch: pytest.MonkeyPatch,
    set_settings: Callable[..., None],
) -> None:
    shop_id = make_shop()
    store_webhook(shop_id)
    monkeypatch.setattr(jobs, "PAUSE_WITHOUT_REDIS", 0.0)

    class Stopping:
        looks = 0

        def is_set(self) -> bool:
            self.looks += 1
            return self.looks > 1

        def wait(self, seconds: float) -> None:
            """Does not wait."""

    set_settings(REDIS_URL="unix:///nowhere/redis.sock")
    jobs._work_without_redis(Stopping())  # type: ignore[arg-type]
    set_settings(REDIS_URL=queue)
    assert done == [shop_id]


def test_every_job_that_is_looked_for_exists(database: str) -> None:
    shop_id = make_shop()
    with transaction(shop_id) as session:
        names = jobs._looked_for(session)
    assert set(names) <= set(JOBS)


def test_one_clock_leads_and_another_takes_over_when_it_ends(database: str) -> None:
    first, second = Leadership(), Leadership()
    assert first.is_ours()
    assert not second.is_ours()
    assert first.is_ours()
    first.resign()
    assert second.is_ours()
    second.resign()


def test_a_clock_whose_connection_was_cut_no_longer_leads(
    database: str, superuser: psycopg.Connection
) -> None:
    first, second = Leadership(), Leadership()
    assert first.is_ours()
    superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'holdfast-clock' AND datname = current_database()"
    )
    assert not first.is_ours()
    assert second.is_ours()
    assert not first.is_ours()
    second.resign()


def test_a_task_that_fails_is_put_off_for_longer_and_longer() -> None:
    def fail() -> None:
        raise ConnectionError("away")

    task = Task("test", 1.0, fail)
    pauses = []
    for _ in range(6):
        before = time.monotonic()
        task.run_if_due(task.next_at)
        pauses.append(round(task.next_at - before))
    assert pauses == [2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("now", "zone", "night"),
    [
        ("2026-11-23T10:00:00+00:00", "UTC", "2026-11-23T03:00:00+00:00"),
        ("2026-11-23T02:59:00+00:00", "UTC", "2026-11-22T03:00:00+00:00"),
        ("2026-11-23T07:30:00+00:00", "America/New_York", "2026-11-22T03:00:00-05:00"),
        ("2026-11-23T10:00:00+00:00", "not/a zone", "2026-11-23T03:00:00+00:00"),
    ],
)
def test_the_night_is_the_shops_own(now: str, zone: str, night: str) -> None:
    found = last_night(datetime.fromisoformat(now), zone)
    assert found == datetime.fromisoformat(night)


def test_the_coming_months_are_opened(database: str) -> None:
    clock.open_months()
    year, month = divmod(datetime.now(UTC).month + 2, 12)
    name = f"movement_{datetime.now(UTC).year + year}_{month + 1:02}"
    with transaction() as session:
        found: Any = session.connection().exec_driver_sql(f"SELECT to_regclass('{name}')").scalar()
    assert found == name
