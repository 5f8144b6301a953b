"""A windowed program watched from inside: its first paint, and how long it ever stood still.

`python -m tests.bench.measured.first_paint --reply-fd N PROGRAM`, PROGRAM being `bare` (a window
with one label), `bare-loading` (the same while a thread imports Pipecat) or `speakdesk`. Facts
leave as JSON lines. Nothing but the standard library and PySide6 is imported before the program.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import threading
import time

from PySide6 import QtWidgets
from PySide6.QtCore import QEvent, QObject, Qt, QTimer

TICK_MS = 5
POLL_MS = 50
LOADED_MODULE = "pipecat.pipeline.worker"
STEADY_S = 1.5
LOADING_TIMEOUT_S = 25.0
LAUNCH_S = 5.0


class Watch(QObject):
    """Sees the application's events until the first paint, then ticks every 5 ms."""

    def __init__(self, application: QtWidgets.QApplication, reply_fd: int) -> None:
        super().__init__(application)
        self._application = application
        self._reply = os.fdopen(reply_fd, "w", buffering=1)
        self._painted_at = 0.0
        self._had_pipecat = False
        self._longest_gap_s = 0.0
        self._last_tick = 0.0
        self._module_count = 0
        self._steady_since = 0.0
        self._tick = QTimer(self)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._on_tick)
        self._poll = QTimer(self)
        self._poll.timeout.connect(self._on_poll)
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note each paint of the first round of painting."""
        if event.type() == QEvent.Type.Paint and watched.isWidgetType():
            if not self._painted_at:
                self._had_pipecat = "pipecat" in sys.modules
                QTimer.singleShot(0, self._on_painted)
            self._painted_at = time.monotonic()
        return False

    def _on_painted(self) -> None:
        self._application.removeEventFilter(self)
        self._say(
            "painted", at=self._painted_at, had_pipecat=self._had_pipecat, modules=len(sys.modules)
        )
        self._last_tick = self._steady_since = time.monotonic()
        self._tick.start(TICK_MS)
        self._poll.start(POLL_MS)

    def _on_tick(self) -> None:
        now = time.monotonic()
        self._longest_gap_s = max(self._longest_gap_s, now - self._last_tick)
        self._last_tick = now

    def _on_poll(self) -> None:
        now, count = time.monotonic(), len(sys.modules)
        if count != self._module_count:
            self._module_count, self._steady_since = count, now
        is_loaded = LOADED_MODULE in sys.modules and now - self._steady_since > STEADY_S
        if not is_loaded and now - self._painted_at < LOADING_TIMEOUT_S:
            return
        self._poll.stop()
        self._say("loaded", is_loaded=is_loaded, longest_gap_ms=self._take_gap_ms())
        self._launch()

    def _launch(self) -> None:
        from PySide6.QtTest import QTest

        windows = [
            widget
            for widget in self._application.topLevelWidgets()
            if isinstance(widget, QtWidgets.QMainWindow) and widget.isVisible()
        ]
        if windows:
            windows[0].activateWindow()
            QTest.keyClick(windows[0], Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        QTimer.singleShot(round(LAUNCH_S * 1000), self._on_launched)

    def _on_launched(self) -> None:
        longest_gap_ms = self._take_gap_ms()
        self._say("launched", has_bot=_has_bot_in_call(), longest_gap_ms=longest_gap_ms)

    def _take_gap_ms(self) -> float:
        gap_ms, self._longest_gap_s = self._longest_gap_s * 1000, 0.0
        return gap_ms

    def _say(self, event: str, **facts: object) -> None:
        self._reply.write(json.dumps({"event": event, **facts}) + "\n")


def _has_bot_in_call() -> bool:
    from speakdesk.app.desk import Desk

    desks = [thing for thing in gc.get_objects() if isinstance(thing, Desk)]
    return any(bot.state == "in_call" for desk in desks for bot in desk.bots.values())


def watch_every_application(reply_fd: int) -> None:
    """Let whatever QApplication this process makes be watched."""
    made = QtWidgets.QApplication

    class Watched(made):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            self.watch = Watch(self, reply_fd)

    QtWidgets.QApplication = Watched  # type: ignore[misc, assignment]


def bare(is_loading: bool) -> int:
    """A window with one label; `is_loading` imports Pipecat in a thread once it is shown."""
    application = QtWidgets.QApplication(["bare"])
    window = QtWidgets.QMainWindow()
    window.setCentralWidget(QtWidgets.QLabel("Hello"))
    window.resize(1280, 800)
    window.show()
    if is_loading:
        loader = threading.Thread(target=_load_pipecat, daemon=True)
        QTimer.singleShot(100, loader.start)
    return application.exec()


def _load_pipecat() -> None:
    import pipecat.pipeline.worker
    import pipecat.processors.aggregators.llm_response_universal
    import pipecat.transports.websocket.fastapi  # noqa: F401
    from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
    from pipecat.audio.vad.silero import SileroVADAnalyzer

    SileroVADAnalyzer()
    LocalSmartTurnAnalyzerV3()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reply-fd", type=int, required=True)
    parser.add_argument("program", choices=("bare", "bare-loading", "speakdesk"))
    arguments = parser.parse_args()
    watch_every_application(arguments.reply_fd)
    if arguments.program == "speakdesk":
        sys.argv = ["speakdesk"]
        from speakdesk.__main__ import main

        sys.exit(main())
    sys.exit(bare(arguments.program == "bare-loading"))
