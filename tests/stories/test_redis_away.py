"""Redis stops in the middle of the day: webhooks are taken, orders are held, and all goes on by itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.supervisor.identity import Identity
from app.supervisor.valkey import Valkey
from tests.stories.stage import MAIN, Stage, eventually, set_stage


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A Valkey of this story's own, which may be stopped and started."""
    folder = Path(tempfile.mkdtemp(prefix="hf-"))
    made = Valkey(folder, folder, Identity(), durable=False)
    made.start()
    made.wait_until_ready()
    yield made
    made.stop()
    shutil.rmtree(folder)


@pytest.mark.slow
def test_without_redis_orders_are_taken_and_held_and_with_it_all_goes_on(
    valkey: Valkey, database: str, set_settings: Callable[..., None], tmp_path: Path
) -> None:
    set_settings(REDIS_URL=valkey.url())
    with set_stage(tmp_path, set_settings) as stage:
        stage.add_item("TENT", {MAIN: 100}, "810000000011")
        stage.install()
        stage.order("TENT", 1)
        eventually(lambda: stage.units("TENT", "committed"), 1)

        valkey.stop()
        for _ in range(5):
            stage.order("TENT", 1)
        eventually(lambda: stage.units("TENT", "committed"), 6)
        assert readiness(stage) == 503

        valkey.start()
        valkey.wait_until_ready()
        eventually(lambda: readiness(stage), 200)
        for _ in range(5):
            stage.order("TENT", 1)
        eventually(lambda: stage.units("TENT", "committed"), 11)
        stage.settle_down()
        stage.check()


def readiness(stage: Stage) -> int:
    """What the product says of itself."""
    return stage.http.get(f"{stage.product}/readyz").status_code
