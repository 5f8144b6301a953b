"""Watches the window's loop from a thread and logs who held it up (design §8, rule 4)."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from types import FrameType

from loguru import logger
from PySide6.QtCore import QObject, QTimer

LIMIT_S = 0.12
BEAT_MS = 40


class Watchdog(QObject):
    """`start` and `stop` on the loop's thread. Each stall is logged once, when it is over."""

    def __init__(self, parent: QObject | None = None, limit_s: float = LIMIT_S) -> None:
        super().__init__(parent)
        self._limit_s = limit_s
        self._beat = time.monotonic()
        self._thread_id = threading.get_ident()
        self._stopping = threading.Event()
        self._culprit = ""
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.timeout.connect(self._on_beat)
        self.worst_s = 0.0

    def start(self) -> None:
        """Begin to watch the thread that calls this."""
        self._thread_id = threading.get_ident()
        self._beat = time.monotonic()
        self._stopping.clear()
        self._timer.start()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=1)
            self._thread = None

    def _on_beat(self) -> None:
        now = time.monotonic()
        stall_s = now - self._beat - BEAT_MS / 1000
        self._beat = now
        self.worst_s = max(self.worst_s, stall_s)
        culprit, self._culprit = self._culprit, ""
        if stall_s > self._limit_s:
            where = culprit or "no Python code was seen"
            logger.warning("the window stood still for {:.0f} ms: {}", stall_s * 1000, where)

    def _watch(self) -> None:
        while not self._stopping.wait(self._limit_s / 2):
            late_s = time.monotonic() - self._beat - BEAT_MS / 1000
            if late_s > self._limit_s * 0.75 and not self._culprit:
                frame = sys._current_frames().get(self._thread_id)
                if frame is not None:
                    self._culprit = where_is(frame)


def where_is(frame: FrameType) -> str:
    """The innermost few calls of a stack, `function (file:line)`, outermost first."""
    calls = traceback.extract_stack(frame)[-4:]
    return " > ".join(
        f"{call.name} ({call.filename.rsplit('/', 1)[-1]}:{call.lineno})" for call in calls
    )
