"""The one bridge from a Qt signal to a coroutine: held, named, its errors told to somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import SignalInstance

from speakdesk.app.tasks import spawn

ErrorHandler = Callable[[str, BaseException], None]


class Tasks:
    """The coroutines one window has started. `on_error` gets the task's name and what it raised."""

    def __init__(self, on_error: ErrorHandler) -> None:
        self._on_error = on_error
        self._running: set[asyncio.Task[Any]] = set()
        self._latest: dict[str, asyncio.Task[Any]] = {}

    def start(
        self, coro: Coroutine[Any, Any, Any], name: str, *, preempt: bool = False
    ) -> asyncio.Task[Any]:
        """Run `coro`. With `preempt`, an earlier task of the same name is cancelled first."""
        if preempt and (earlier := self._latest.get(name)) is not None:
            earlier.cancel()
        task = spawn(coro, name, on_error=lambda error: self._on_error(name, error))
        self._running.add(task)
        self._latest[name] = task

        def _on_done(done: asyncio.Task[Any]) -> None:
            self._running.discard(done)
            if self._latest.get(name) is done:
                del self._latest[name]

        task.add_done_callback(_on_done)
        return task

    def connect(
        self,
        signal: SignalInstance,
        make: Callable[..., Coroutine[Any, Any, Any]],
        name: str,
        *,
        preempt: bool = False,
    ) -> None:
        """Start `make(*what the signal carries)` each time the signal is emitted."""

        def _on_signal(*values: Any) -> None:
            self.start(make(*values), name, preempt=preempt)

        signal.connect(_on_signal)

    def is_running(self, name: str) -> bool:
        """True while a task of that name runs."""
        return name in self._latest

    async def aclose(self) -> None:
        """Cancel what still runs and wait until it has ended; the caller itself is left alone."""
        current = asyncio.current_task()
        waiting = [task for task in self._running if task is not current]
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)
