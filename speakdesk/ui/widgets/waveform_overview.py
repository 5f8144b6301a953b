"""All of a recording in a narrow strip, with the part in sight marked: scrolls and jumps."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from speakdesk.app.flight.peaks import Columns, FlightPeaks
from speakdesk.app.flight.view import Side
from speakdesk.ui.player.time_scale import TimeScale
from speakdesk.ui.theme import Look

HEIGHT = 44


class WaveformOverview(QWidget):
    """Shares the waveform's time. Emits `scrolled` when that was moved, `sought` where clicked."""

    scrolled = Signal()
    sought = Signal(float)

    def __init__(self, look: Look, time: TimeScale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._time = time
        self._peaks: FlightPeaks | None = None
        self._position_s = 0.0
        self._picture: QPixmap | None = None
        self._grip_s: float | None = None
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("The whole recording; the part in sight is marked")
        look.changed.connect(self._on_look)

    def set_peaks(self, peaks: FlightPeaks | None) -> None:
        """Draw these."""
        self._peaks, self._picture = peaks, None
        self.update()

    def set_position(self, at_s: float) -> None:
        """Move the cursor."""
        before, self._position_s = self._position_s, at_s
        for moment_s in (before, at_s):
            self.update(int(self._x_of(moment_s)) - 2, 0, 5, HEIGHT)

    def _on_look(self) -> None:
        self._picture = None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._picture = None

    @property
    def _step_s(self) -> float:
        return max(1e-6, self._time.duration_s / max(1, self.width()))

    def _x_of(self, at_s: float) -> float:
        return at_s / self._step_s

    def _view(self) -> QRectF:
        left, right = self._x_of(self._time.left_s), self._x_of(self._time.right_s)
        left, right = max(1.0, left), min(self.width() - 1.0, right)
        return QRectF(left, 1, max(6.0, right - left), HEIGHT - 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at_s = event.position().x() * self._step_s
        is_inside = self._time.left_s <= at_s <= self._time.right_s
        if is_inside and self._time.shown_s < self._time.duration_s:
            self._grip_s = at_s - self._time.left_s
            return
        self.sought.emit(min(max(0.0, at_s), self._time.duration_s))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip_s is not None:
            at_s = event.position().x() * self._step_s
            self._time.scroll(at_s - self._grip_s - self._time.left_s)
            self.scrolled.emit()
            self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._grip_s = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        if self._peaks is not None and self._picture is None:
            self._picture = self._draw(self._peaks)
        if self._picture is not None:
            painter.drawPixmap(0, 0, self._picture)
        view = self._view()
        soft = QColor(self._look.color("accent"))
        soft.setAlpha(34)
        painter.setBrush(soft)
        painter.setPen(QPen(self._look.color("accent"), 1.5))
        painter.drawRoundedRect(view, 5, 5)
        x = self._x_of(self._position_s)
        painter.setPen(QPen(self._look.color("text"), 1.4))
        painter.drawLine(QPointF(x, 2), QPointF(x, HEIGHT - 2))
        painter.end()

    def _draw(self, peaks: FlightPeaks) -> QPixmap:
        """The meeting above the middle, the bot below it."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(HEIGHT * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        middle = HEIGHT / 2
        for side, token, way in ((Side.MEETING, "muted", -1), (Side.BOT, "accent", 1)):
            heights = _loudness(peaks.columns(side, 0.0, self._step_s, self.width()))
            painter.setPen(self._look.color(token))
            for x in map(int, np.flatnonzero(heights > 0.01)):
                reach = max(1.0, float(heights[x]) * (middle - 4))
                painter.drawLine(QPointF(x, middle), QPointF(x, middle + way * reach))
        painter.end()
        return picture


def _loudness(columns: Columns) -> np.ndarray:
    heights: np.ndarray = np.abs(columns).max(axis=1) if len(columns) else np.zeros(0)
    loudest = float(heights.max(initial=0.0))
    return heights / loudest if loudest > 0 else heights
