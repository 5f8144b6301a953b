"""Ctrl+C and SIGTERM while bots are in a meeting: the first ends it, the next ones wait for that.

Where the loop takes no signal handlers (Windows), Python's own ones stay.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine
from types import TracebackType
from typing import Any

INTERRUPTED = 130
TERMINATED = 143
GIVES_UP_AFTER = 3


def run_until_interrupted(work: Coroutine[Any, Any, int]) -> int:
    """Run a command to its end; returns its status, 130 or 143 where a signal ended it."""
    interrupts = Interrupts()

    async def guarded() -> int:
        with interrupts:
            return await work

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        if interrupts.status is None:
            raise
        return interrupts.status


class Interrupts:
    """Cancels the task it was entered in with the first signal, and only then.

    A second one is answered with what is still being done; after the third the program ends at
    once, whatever is left behind.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self._count = 0
        self._task: asyncio.Task[Any] | None = None
        self._numbers: list[signal.Signals] = []

    def __enter__(self) -> Interrupts:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number, status in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)):
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, self.note, status)
                self._numbers.append(number)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in self._numbers:
            loop.remove_signal_handler(number)
        self._numbers.clear()

    def note(self, status: int) -> None:
        """A signal arrived."""
        self._count += 1
        if self._count == 1:
            self.status = status
            if self._task is not None:
                self._task.cancel()
        elif self._count < GIVES_UP_AFTER:
            print(
                "The bots are being told to leave. Once more ends SpeakDesk at once, and bots may "
                "stay in the meeting.",
                file=sys.stderr,
                flush=True,
            )
        else:
            raise SystemExit(status)
