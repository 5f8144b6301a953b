"""One measured figure as one JSON line, and the few statistics the cases need."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A value beside its baseline; `limit` bounds the ratio or the value, whichever `limits` says.

    `baseline` is None where there is nothing to compare with, `value` None where it could not be
    measured (`note` says why).
    """

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    limit: float | None = None
    limits: str = "value"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over baseline, None where either is missing or the baseline is zero."""
        if self.value is None or not self.baseline:
            return None
        return self.value / self.baseline

    @property
    def ok(self) -> bool | None:
        """Whether the limit holds; None without a limit or without its number."""
        if self.limit is None:
            return None
        if self.limits == "ratio":
            measured = self.ratio
        elif self.limits == "difference":
            measured = None
            if self.value is not None and self.baseline is not None:
                measured = self.value - self.baseline
        else:
            measured = self.value
        return None if measured is None else measured <= self.limit

    def to_line(self) -> str:
        """The figure as one line of JSON."""
        out: dict[str, object] = {
            "name": self.name,
            "value": _short(self.value),
            "unit": self.unit,
            "baseline": _short(self.baseline),
            "ratio": _short(self.ratio),
        }
        if self.limit is not None:
            out |= {"limit": self.limit, "limits": self.limits, "ok": self.ok}
        if self.note:
            out["note"] = self.note
        return json.dumps(out)


def median(values: Sequence[float]) -> float | None:
    """The median, None of nothing."""
    return statistics.median(values) if values else None


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile, None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    rank = math.ceil(percent / 100 * len(ordered))
    return ordered[min(len(ordered), max(1, rank)) - 1]


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
