"""What the terminal prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from speakdesk.domain.errors import Problem
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    BotStatusChanged,
    Event,
    LineFinal,
    LogLine,
    Notice,
    ToolCalled,
    TunnelState,
    TurnTimed,
)

READER_GONE = 141


class Reader:
    """Whoever reads the output; where that ends (`| head -1`), so does the task that made this.

    `is_gone` tells that cancellation from others.
    """

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self.is_gone = False

    def went(self) -> None:
        """Nobody reads any more: say nothing further, and end the task."""
        if self.is_gone:
            return
        self.is_gone = True
        if self._task is not None:
            self._task.cancel()

    def forgive(self) -> None:
        """The task has understood and ends in an orderly way: take the cancellation back."""
        if self._task is not None:
            self._task.uncancel()


def silence_stdout() -> None:
    """Let what is still unwritten go nowhere, so that nothing complains at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


@contextlib.contextmanager
def claim_stdout(is_wanted: bool) -> Iterator[TextIO | None]:
    """Keep stdout for the caller alone, who is done with it at the end; None where unwanted.

    Whatever else prints there, C libraries included, goes to stderr from now on.
    """
    if not is_wanted:
        yield None
        return
    sys.stdout.flush()
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    try:
        yield kept
    finally:
        # What nobody reads any more cannot be written; the file is closed all the same.
        with contextlib.suppress(BrokenPipeError):
            kept.close()


def print_json(value: Any, stream: TextIO | None = None) -> None:
    """One JSON value on one line, at once."""
    print(json.dumps(value, ensure_ascii=False), file=stream or sys.stdout, flush=True)


def print_problem(problem: Problem) -> None:
    """One trouble as a sentence on stderr."""
    print(str(problem), file=sys.stderr, flush=True)


class EventPrinter:
    """Prints each event: as a line of JSON on `stdout`, or for a person where that is None."""

    def __init__(self, reader: Reader, stdout: TextIO | None) -> None:
        self._reader = reader
        self._stdout = stdout
        self._view = MeetingView() if stdout is None else None

    def show(self, event: Event) -> None:
        """Print it; does nothing once nobody reads."""
        if self._reader.is_gone:
            return
        try:
            if self._stdout is not None:
                print_json(event.to_json(), self._stdout)
            elif self._view is not None and not isinstance(event, LogLine):
                self._view.show(event)
        except BrokenPipeError:
            self._reader.went()


class MeetingView:
    """A live meeting as lines of text: what is said on stdout, what happens on stderr."""

    def __init__(self, names: dict[str, str] | None = None) -> None:
        from rich.console import Console

        class _Console(Console):
            """Leaves it to its caller what a closed pipe means."""

            def on_broken_pipe(self) -> None:
                self.quiet = True
                raise BrokenPipeError

        self._names = names if names is not None else {}
        self._states: dict[str, str] = {}
        self._tunnel_state = ""
        self._lines = _Console(highlight=False, soft_wrap=True)
        self._facts = _Console(stderr=True, highlight=False, soft_wrap=True)

    def show(self, event: Event) -> None:
        """Print what this event means to a person. Raises BrokenPipeError where nobody reads."""
        clock = event.at.astimezone().strftime("%H:%M:%S")
        if isinstance(event, LineFinal):
            colour = "cyan" if event.is_bot else "green"
            cut = " […]" if event.interrupted else ""
            self._lines.print(
                f"[dim]{clock}[/]  [{colour}]{_plain(event.speaker)}[/]  {_plain(event.text)}{cut}"
            )
        elif isinstance(event, BotStateChanged):
            self._names[event.bot_id] = event.name
            self._state(clock, event)
        elif isinstance(event, BotStatusChanged):
            self._state(clock, event)
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
            whose = f"{_plain(name)}: " if (name := self._names.get(event.bot_id)) else ""
            self._facts.print(f"[yellow]{over}{whose}{_plain(str(event.problem))}[/]")
        elif isinstance(event, TunnelState):
            self._tunnel(clock, event)
        elif isinstance(event, Notice):
            self._facts.print(f"[yellow]{_plain(event.sentence)} {_plain(event.next_step)}[/]")

    def _state(self, clock: str, event: BotStateChanged | BotStatusChanged) -> None:
        """A state, or the provider's own word within it; the same words come once."""
        state, raw = event.state.value, event.provider_status
        words = state.replace("_", " ")
        if isinstance(event, BotStateChanged):
            words += f": {event.cause}" if event.cause else ""
        else:
            if not raw or raw.startswith(state):
                return
            words += f" ({raw.replace('_', ' ')})"
        if self._states.get(event.bot_id) != words:
            self._states[event.bot_id] = words
            self._fact(clock, event.bot_id, _plain(words))

    def _tunnel(self, clock: str, event: TunnelState) -> None:
        """Where the way in is; how much of ngrok's program is here has a line of its own."""
        if event.state == "fetching" or event.state == self._tunnel_state:
            return
        was_checked = self._tunnel_state == "checking"
        self._tunnel_state = words = event.state
        if event.state == "checking":
            words = f"asking from outside, through {event.public_url}"
        elif event.state == "open":
            words = f"open at {event.public_url}{', reached from outside' * was_checked}"
        self._facts.print(f"[dim]{clock}  Tunnel · {_plain(words)}[/]")

    def _fact(self, clock: str, bot_id: str, words: str) -> None:
        name = _plain(self._names.get(bot_id, bot_id))
        self._facts.print(f"[dim]{clock}  {name} · {words}[/]")


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
