"""Rings the bell from a thread of its own, so that a slow or absent Redis never delays a webhook."""

from __future__ import annotations

import os
import threading
import time

import structlog

from app import bell

log = structlog.get_logger(__name__)

JOB = "webhooks_in"
PAUSE = 0.015
"""Seconds between two rings: a flood of webhooks needs no more, and one is rung for at once."""
PAUSE_AFTER_FAILURE = 2.0


class Ringer:
    """Wakes the drain for shops with new messages. What it loses, the sweep finds in the database."""

    def __init__(self) -> None:
        self._wanted = threading.Condition()
        self._shop_ids: set[int] = set()
        self._process = 0

    def ring(self, shop_id: int) -> None:
        """Asks for a drain of this shop; returns at once."""
        if shop_id in self._shop_ids and self._process == os.getpid():
            return  # the set is swapped before the bell is rung, so that ring comes after this row
        with self._wanted:
            self._shop_ids.add(shop_id)
            if self._process != os.getpid():
                # Threads do not survive the fork of a web worker, so each process starts its own.
                self._process = os.getpid()
                threading.Thread(target=self._run, name="ringer", daemon=True).start()
            self._wanted.notify()

    def _run(self) -> None:
        while True:
            with self._wanted:
                while not self._shop_ids:
                    self._wanted.wait()
                shop_ids, self._shop_ids = self._shop_ids, set()
            try:
                for shop_id in shop_ids:
                    bell.ring(JOB, shop_id)
                time.sleep(PAUSE)
            except Exception as error:
                # Whatever it is, the next ring may succeed, and this thread is the only one to try.
                log.warning("bell_unreachable", error=str(error))
                time.sleep(PAUSE_AFTER_FAILURE)
