"""The event loop of the window: qasync's, with exact timers and one wake-up for what is due."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any, TypeVar

import qasync
from PySide6.QtCore import QObject, Qt, QTimerEvent
from PySide6.QtWidgets import QApplication

T = TypeVar("T")
THREADS = 8


class _ExactTimers(qasync._SimpleTimer):  # type: ignore[misc]
    """Timers to the millisecond: audio is paced by them.

    `stop` kills those that wait: Qt goes on with the timers of an object that Python's collector
    destroys from another thread, and crashes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ids: set[int] = set()

    def startTimer(self, interval: int) -> int:
        timer_id = int(super().startTimer(interval, Qt.TimerType.PreciseTimer))
        self._ids.add(timer_id)
        return timer_id

    def killTimer(self, timer_id: int) -> None:
        self._ids.discard(timer_id)
        super().killTimer(timer_id)

    def stop(self) -> None:
        super().stop()
        for timer_id in tuple(self._ids):
            self.killTimer(timer_id)


class _Due(QObject):
    """Runs what was given to `call_soon`, as much as was there when its turn came."""

    def __init__(self) -> None:
        super().__init__()
        self._handles: deque[asyncio.Handle] = deque()
        self._timer = 0
        self._is_over = False

    def add(self, handle: asyncio.Handle) -> None:
        if self._is_over:
            return
        self._handles.append(handle)
        if not self._timer:
            self._timer = self.startTimer(0)

    def timerEvent(self, _event: QTimerEvent) -> None:
        handles = self._handles
        for _ in range(len(handles)):
            handle = handles.popleft()
            if not handle.cancelled():
                handle._run()
        if not handles and self._timer:
            self.killTimer(self._timer)
            self._timer = 0

    def stop(self) -> None:
        self._is_over = True
        self._handles.clear()
        if self._timer:
            self.killTimer(self._timer)
            self._timer = 0


class DeskLoop(qasync.QEventLoop):  # type: ignore[misc]
    """asyncio on the Qt loop. Plain threads do blocking work."""

    def __init__(self, app: QApplication) -> None:
        self._due = _Due()
        super().__init__(app)
        self._timer = _ExactTimers()
        self.set_default_executor(
            ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="desk")
        )

    def call_soon(
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context=context)
        self._due.add(handle)
        return handle

    def run_until_complete(self, future: Awaitable[T]) -> T:
        """As asyncio's; unlike qasync's it runs nothing after the loop was left.

        Raises RuntimeError where Qt left its loop before the future was done.
        """
        task = asyncio.ensure_future(future, loop=self)
        task.add_done_callback(self._on_done)
        try:
            self.run_forever()
        finally:
            task.remove_done_callback(self._on_done)
        if not task.done():
            raise RuntimeError("Event loop stopped before Future completed.")
        return task.result()

    def _on_done(self, _task: asyncio.Future[Any]) -> None:
        self.stop()

    def run_to_the_end(
        self, coro: Coroutine[Any, Any, T], on_left: Callable[[], None], patience_s: float = 20.0
    ) -> T:
        """Run `coro` even where Qt leaves its loop, as it does again and again without a display.

        `on_left` is called once, at the first time; after `patience_s` more it is given up with
        RuntimeError.
        """
        task = asyncio.ensure_future(coro, loop=self)
        deadline = 0.0
        while True:
            try:
                return self.run_until_complete(task)
            except RuntimeError:
                if task.done():
                    raise
                if not deadline:
                    deadline = time.monotonic() + patience_s
                    on_left()
                elif time.monotonic() > deadline:
                    raise

    def close(self) -> None:
        super().close()
        self._due.stop()
