"""A short walk of `holdfast bench year` names every fault, and ends the same when jobs are killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.bench.year.verdict import Verdict, differences
from tests.support import databases
from tests.support.databases import Addresses

SIZE = ("--orders", "24", "--lines", "48")


@pytest.mark.slow
def test_a_year_whose_jobs_are_killed_ends_as_the_one_whose_jobs_are_not(
    servers: Addresses, database_url: str, tmp_path: Path
) -> None:
    walks = {}
    for name, words in (("calm", ()), ("rough", ("--kill",))):
        copy = f"{name}_{databases.worker_number()}"
        databases.copy_template(servers, copy)
        place = ("--database-url", servers.database_url(copy))
        walks[name] = _walking(tmp_path / f"{name}.json", *place, *words)
    for walk in walks.values():
        said, _ = walk.communicate(timeout=540)
        assert walk.returncode == 0, said
    calm, rough = (json.loads((tmp_path / f"{name}.json").read_text()) for name in walks)
    assert (calm["kills"], rough["kills"] > 0) == (0, True)
    for one in (calm, rough):
        assert one["wrong"] == []
        assert len(one["kinds"]) == 15
        assert all(kind["seeded"] == kind["found"] > 0 for kind in one["kinds"])
    assert rough["endings"] == calm["endings"]
    assert rough["invoices"] == calm["invoices"]
    assert sorted(set(calm["invoices"].values())) == ["landed", "missing"]


def _walking(output: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app.cli", "bench", "year", *SIZE, *words]
    return subprocess.Popen(
        [*command, "--output", str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_walk_that_ended_otherwise_than_another_is_told_line_by_line() -> None:
    one = Verdict([], {}, {"Y1/1": {"held": 4}, "Y1/2": {"held": 1}}, {"A-1": "landed"}, {})
    other = {"endings": {"Y1/1": {"held": 4}}, "invoices": {"A-1": "unclear"}}
    assert differences(one, other) == [
        "line Y1/2 is {'held': 1}, and None in the other walk",
        "invoice A-1 is landed, and unclear in the other walk",
    ]
