"""What a person types while a command runs: one reader for everybody who wants a line."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TextIO


class TerminalLines:
    """Gives each typed line to one taker: to a question where one is open, else to `line`.

    Reads from its first use on, in a daemon thread: a blocked read of the terminal must not hold up
    the end of the program.
    """

    def __init__(self, stdin: TextIO | None = None) -> None:
        self._stdin = sys.stdin if stdin is None else stdin
        self._questions: deque[asyncio.Future[str | None]] = deque()
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._is_over = False
        self._thread: threading.Thread | None = None

    @property
    def is_person(self) -> bool:
        """True where somebody sits at a terminal and can be asked."""
        return self._stdin.isatty()

    async def line(self) -> str:
        """The next line that answers no question, without its end."""
        self._start()
        return await self._lines.get()

    async def ask(self, question: str) -> str | None:
        """Print the question on stderr; the line that answers it, None at the end of input."""
        self._start()
        print(question, end=" ", file=sys.stderr, flush=True)
        if self._is_over:
            return None
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._questions.append(answer)
        try:
            return await answer
        finally:
            if answer in self._questions:
                self._questions.remove(answer)

    def _start(self) -> None:
        if self._thread is not None:
            return
        loop = asyncio.get_running_loop()

        def read() -> None:
            # A terminal that went away, or was closed under us, is the end of input.
            with suppress(OSError, ValueError):
                for line in self._stdin:
                    if not _call(loop, self._take, line.rstrip("\r\n")):
                        return
            _call(loop, self._end)

        self._thread = threading.Thread(target=read, name="terminal", daemon=True)
        self._thread.start()

    def _take(self, line: str) -> None:
        while self._questions:
            question = self._questions.popleft()
            if not question.done():
                question.set_result(line)
                return
        self._lines.put_nowait(line)

    def _end(self) -> None:
        self._is_over = True
        while self._questions:
            question = self._questions.popleft()
            if not question.done():
                question.set_result(None)


def _call(loop: asyncio.AbstractEventLoop, callback: object, *values: object) -> bool:
    """Call on the loop's thread; False once the loop is closed."""
    try:
        loop.call_soon_threadsafe(callback, *values)  # type: ignore[arg-type]
    except RuntimeError:
        return False
    return True
