"""One small round of `holdfast bench reconcile --faults`: every fault is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bench.money import run
from app.bench.money.cases import CASES


@pytest.mark.slow
@pytest.mark.usefixtures("database", "queue")
def test_every_seeded_fault_of_the_money_is_found_and_nothing_else_is_reported(
    tmp_path: Path,
) -> None:
    found, took = run.walk_the_money(tmp_path, rounds=1, seed=7)
    assert (found.missed, found.wrongly) == ([], [])
    assert (found.recall, found.precision) == (1.0, 1.0)
    assert took["cases"] == len(CASES) and len(found.seeded) > 15
    # A fault said of another cause or number of units would not have been found.
    assert all(one.cause and one.units for one in found.found if one.kind == "shortage")
