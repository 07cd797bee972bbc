"""A short walk of `holdfast bench year` names every fault, and ends the same when jobs are killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SIZE = ("--orders", "37", "--lines", "123")


@pytest.mark.slow
def test_a_year_whose_jobs_are_killed_ends_as_the_one_whose_jobs_are_not(tmp_path: Path) -> None:
    walks = {"calm": _walking(tmp_path / "calm.json")}
    walks["rough"] = _walking(tmp_path / "rough.json", "--kill")
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
