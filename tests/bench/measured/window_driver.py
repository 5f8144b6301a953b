"""Uses the window as an impatient person would: resizes it, scrolls its log, opens its dialogs.

It knows Qt's widgets and none of ours, so it keeps working when the window changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from speakdesk.domain.events import Event, LogLine

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QAbstractItemView, QMainWindow

STEP_MS = 33
DIALOG_STEP_MS = 150
LINES_AT_ONCE = 500
LONG_TABLE_ROWS = 1000


class WindowDriver:
    """One way of using the window at a time, in steps of a timer in the window's own thread."""

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self._timer: QTimer | None = None
        self._count = 0
        self.dialogs_opened: set[str] = set()

    async def start(self, way: str) -> None:
        """Begin to `resize`, `scroll` or open and close `dialogs`. Raises LookupError."""
        from PySide6.QtCore import QTimer

        await self.stop()
        window = _main_window()
        if way == "resize":
            step: Callable[[], None] = _Resize(window)
        elif way == "scroll":
            step = _Scroll(_long_table(window))
        else:
            step = _Dialogs(window, self.dialogs_opened)
        self._timer = QTimer(window)
        self._timer.timeout.connect(step)
        self._timer.start(DIALOG_STEP_MS if way == "dialogs" else STEP_MS)

    async def stop(self) -> list[str]:
        """Stop, close what is open; the titles of the dialogs that were opened so far."""
        if self._timer is not None:
            self._timer.stop()
            self._timer.deleteLater()
            self._timer = None
            _close_dialogs()
        return sorted(self.dialogs_opened)

    async def fill_log(self, lines: int) -> None:
        """Put that many lines into the log, as fast as the window takes them."""
        for start in range(0, lines, LINES_AT_ONCE):
            for number in range(start, min(lines, start + LINES_AT_ONCE)):
                self._publish(LogLine(level="info", source="bench", text=f"line {number}"))
            await asyncio.sleep(0.02)
        await asyncio.sleep(1)


class _Resize:
    def __init__(self, window: QMainWindow) -> None:
        self._window, self._count = window, 0

    def __call__(self) -> None:
        self._count += 1
        swing = abs(self._count % 60 - 30)
        self._window.resize(1000 + swing * 20, 680 + swing * 10)


class _Scroll:
    def __init__(self, table: QAbstractItemView) -> None:
        self._bar, self._count = table.verticalScrollBar(), 0

    def __call__(self) -> None:
        self._count += 1
        swing = abs(self._count % 100 - 50) / 50
        self._bar.setValue(round(self._bar.maximum() * swing))


class _Dialogs:
    """Each second step presses the next button or action that opens a dialog; the other closes."""

    def __init__(self, window: QMainWindow, opened: set[str]) -> None:
        self._window, self._opened, self._count = window, opened, 0

    def __call__(self) -> None:
        self._count += 1
        if self._count % 2 == 0:
            self._opened.update(_close_dialogs())
            return
        openers = _openers(self._window)
        if openers:
            openers[self._count // 2 % len(openers)]()


def _main_window() -> QMainWindow:
    from PySide6.QtWidgets import QApplication, QMainWindow

    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMainWindow) and widget.isVisible():
            return widget
    raise LookupError("no main window is shown")


def _long_table(window: QMainWindow) -> QAbstractItemView:
    """The view with the most rows, brought to the front of every stack it is in."""
    from PySide6.QtWidgets import QAbstractItemView, QStackedWidget, QTabWidget

    views = window.findChildren(QAbstractItemView)
    longest = max(views, key=lambda v: v.model().rowCount() if v.model() else 0)
    rows = longest.model().rowCount()
    if rows < LONG_TABLE_ROWS:
        raise LookupError(f"no long table to scroll: the longest has {rows} rows")
    child: Any = longest
    while (parent := child.parentWidget()) is not None:
        if isinstance(parent, QStackedWidget):
            tabs = parent.parentWidget()
            if isinstance(tabs, QTabWidget):
                tabs.setCurrentWidget(child)
            else:
                parent.setCurrentWidget(child)
        child = parent
    return longest


def _openers(window: QMainWindow) -> list[Callable[[], None]]:
    """What opens a dialog by the convention of the ellipsis: "Delete…"."""
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QAbstractButton

    actions = [a for a in window.findChildren(QAction) if a.text().endswith(("…", "..."))]
    buttons = [b for b in window.findChildren(QAbstractButton) if b.text().endswith(("…", "..."))]
    return [a.trigger for a in actions if a.isEnabled()] + [
        b.click for b in buttons if b.isEnabled()
    ]


def _close_dialogs() -> list[str]:
    from PySide6.QtWidgets import QApplication, QDialog

    closed = []
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible():
            closed.append(widget.windowTitle() or type(widget).__name__)
            widget.reject()
    return closed
