"""How long and how often to measure, and where the bench's own log goes."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The full run; `quick()` is the smoke test."""

    rounds: int = 3
    bots: int = 8
    cpu_s: float = 24.0
    probe_s: float = 12.0
    interruptions: int = 6
    meetings: int = 20
    paints: int = 10
    window_use_s: float = 10.0
    log_lines: int = 100_000

    @classmethod
    def quick(cls) -> Options:
        """Everything once and short: shows that it works, not how fast."""
        return cls(1, 3, 4.0, 4.0, 1, 4, 2, 2.0, 5_000)


def note(text: str) -> None:
    """One line of the bench's log."""
    print(text, file=sys.stderr, flush=True)
