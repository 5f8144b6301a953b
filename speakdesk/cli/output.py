"""What the terminal prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from speakdesk.domain.errors import Problem
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    Event,
    LineFinal,
    Notice,
    ToolCalled,
    TurnTimed,
)


def claim_stdout() -> TextIO:
    """Keep stdout for the caller alone.

    Whatever else prints there, C libraries included, goes to stderr from now on.
    """
    sys.stdout.flush()
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    return kept


def print_json(value: Any, stream: TextIO | None = None) -> None:
    """One JSON value on one line, at once."""
    print(json.dumps(value, ensure_ascii=False), file=stream or sys.stdout, flush=True)


def print_problem(problem: Problem) -> None:
    """One trouble as a sentence on stderr."""
    print(str(problem), file=sys.stderr, flush=True)


class MeetingView:
    """A live meeting as lines of text: what is said on stdout, what happens on stderr."""

    def __init__(self, names: dict[str, str] | None = None) -> None:
        from rich.console import Console

        self._names = names if names is not None else {}
        self._lines = Console(highlight=False, soft_wrap=True)
        self._facts = Console(stderr=True, highlight=False, soft_wrap=True)

    def show(self, event: Event) -> None:
        """Print what this event means to a person."""
        clock = event.at.astimezone().strftime("%H:%M:%S")
        if isinstance(event, LineFinal):
            colour = "cyan" if event.is_bot else "green"
            cut = " […]" if event.interrupted else ""
            self._lines.print(
                f"[dim]{clock}[/]  [{colour}]{_plain(event.speaker)}[/]  {_plain(event.text)}{cut}"
            )
        elif isinstance(event, BotStateChanged):
            self._names[event.bot_id] = event.name
            cause = f": {event.cause}" if event.cause else ""
            words = event.state.value.replace("_", " ")
            self._fact(clock, event.bot_id, f"{words}{_plain(cause)}")
        elif isinstance(event, BotEvidence):
            words = event.evidence.value.replace("_", " ")
            self._fact(clock, event.bot_id, f"{words} ✓ {_plain(event.detail)}")
        elif isinstance(event, TurnTimed) and event.total_ms is not None:
            self._fact(clock, event.bot_id, f"answered in {event.total_ms / 1000:.1f} s")
        elif isinstance(event, ToolCalled):
            outcome = "done" if event.ok else event.failed
            self._fact(clock, event.bot_id, f"used {event.tool}: {_plain(outcome)}")
        elif isinstance(event, BotProblem):
            over = "over: " if event.recovered else ""
            self._facts.print(f"[yellow]{over}{_plain(str(event.problem))}[/]")
        elif isinstance(event, Notice):
            self._facts.print(f"[yellow]{_plain(event.sentence)} {_plain(event.next_step)}[/]")

    def _fact(self, clock: str, bot_id: str, words: str) -> None:
        name = _plain(self._names.get(bot_id, bot_id))
        self._facts.print(f"[dim]{clock}  {name} · {words}[/]")


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
