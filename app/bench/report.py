"""Results as JSON and as a table: medians over interleaved rounds, with the spread beside them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(eq=False)
class Series:
    """One thing measured in every round: how many a second, and how long each took."""

    name: str
    unit: str
    rates: list[float] = field(default_factory=list)
    milliseconds: list[tuple[float, float]] = field(default_factory=list)

    def add(self, count: int, seconds: float, latencies: Sequence[float]) -> None:
        """One round: how many in how many seconds, and each one's own seconds."""
        ordered = sorted(latencies)
        self.rates.append(count / seconds)
        self.milliseconds.append((_at(ordered, 0.50) * 1_000, _at(ordered, 0.99) * 1_000))

    def summary(self) -> dict[str, Any]:
        """Medians over the rounds."""
        return {
            "name": self.name,
            "unit": self.unit,
            "per_second": _short(median(self.rates)),
            "lowest": _short(min(self.rates)),
            "highest": _short(max(self.rates)),
            "p50_ms": round(median(one[0] for one in self.milliseconds), 2),
            "p99_ms": round(median(one[1] for one in self.milliseconds), 2),
        }


@dataclass
class Ratio:
    """How one thing compares with another in the same rounds, and what it should be at least, or at
    most."""

    name: str
    of: Series
    to: Series
    at_least: float | None = None
    at_most: float | None = None

    def summary(self) -> dict[str, Any]:
        """The median of the rounds' ratios."""
        ratios = [one / other for one, other in zip(self.of.rates, self.to.rates, strict=True)]
        return {
            "name": self.name,
            "ratio": round(median(ratios), 3),
            "lowest": round(min(ratios), 3),
            "highest": round(max(ratios), 3),
            "at_least": self.at_least,
            "at_most": self.at_most,
        }


@dataclass
class Report:
    """Everything one run has found."""

    bench: str
    database: str
    rounds: int
    series: list[Series]
    parameters: dict[str, Any] = field(default_factory=dict)
    invariants: str = "checked after every round"
    ratios: list[Ratio] = field(default_factory=list)

    def write(self, path: Path) -> Path:
        """Writes the report as JSON and returns where."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "bench": self.bench,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {
                "processors": os.cpu_count(),
                "python": platform.python_version(),
                "system": platform.platform(),
                "database": self.database,
            },
            "rounds": self.rounds,
            "parameters": self.parameters,
            "invariants": self.invariants,
            "ratios": [one.summary() for one in self.ratios],
            "results": [one.summary() for one in self.series],
            "every_round": [asdict(one) for one in self.series],
        }
        path.write_text(json.dumps(content, indent=2) + "\n")
        return path

    def table(self) -> str:
        """The medians as a table."""
        width = max(len(one.name) for one in self.series)
        unit = self.series[0].unit
        head = f"{'':{width}}  {unit + '/s':>10}  {'[min..max]':>17}  {'p50 ms':>8}  {'p99 ms':>8}"
        lines = [head, "-" * len(head)]
        for one in (series.summary() for series in self.series):
            spread = f"[{one['lowest']:,}..{one['highest']:,}]"
            lines.append(
                f"{one['name']:{width}}  {one['per_second']:>10,}  {spread:>17}"
                f"  {one['p50_ms']:>8.2f}  {one['p99_ms']:>8.2f}"
            )
        return "\n".join([*lines, *self._ratio_lines()])

    def _ratio_lines(self) -> list[str]:
        if not self.ratios:
            return []
        width = max(len(one.name) for one in self.ratios)
        head = f"{'':{width}}  {'ratio':>6}  {'[min..max]':>17}  {'goal':>6}"
        lines = ["", head, "-" * len(head)]
        for one in (ratio.summary() for ratio in self.ratios):
            spread = f"[{one['lowest']:.2f}..{one['highest']:.2f}]"
            goal = "" if one["at_least"] is None else f"{one['at_least']:.2f}"
            if one["at_most"] is not None:
                goal = f"≤ {one['at_most']:.2f}"
            lines.append(f"{one['name']:{width}}  {one['ratio']:>6.2f}  {spread:>17}  {goal:>6}")
        return lines


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _short(rate: float) -> float:
    return round(rate) if rate >= 10 else round(rate, 3)
