"""A short walk of `holdfast bench year` names every fault, and ends the same when jobs are killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SIZE = ("--orders", "37", "--lines", "123")


@pytest.mark.slow
def test_a_year_whose_jobs_are_killed_ends_as_the_one_whose_jobs_are_not(tmp_path: Path) -> None:
    calm, rough = _walked(tmp_path / "calm.json"), _walked(tmp_path / "rough.json", "--kill")
    assert (calm["kills"], rough["kills"] > 0) == (0, True)
    for one in (calm, rough):
        assert one["wrong"] == []
        assert len(one["kinds"]) == 15
        assert all(kind["seeded"] == kind["found"] > 0 for kind in one["kinds"])
    assert rough["endings"] == calm["endings"]
    assert rough["invoices"] == calm["invoices"]
    assert sorted(set(calm["invoices"].values())) == ["landed", "missing"]


def _walked(output: Path, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "app.cli", "bench", "year", *SIZE, *words]
    ended = subprocess.run(
        [*command, "--output", str(output)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(output.read_text())
    return found
