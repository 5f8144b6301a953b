"""A small level meter; it moves only when it is told a new level."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from speakdesk.ui.theme import Look

_BARS = 10


class LevelMeter(QWidget):
    """Two rows of bars (what is heard, what is spoken), or one; levels are 0..1."""

    def __init__(
        self, look: Look, *, rows: int = 2, width: int = 58, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._levels = (0.0,) * rows
        self._shown = (0,) * rows
        self.setFixedSize(width, 18 if rows > 1 else 10)
        self.setAccessibleName("Level meter")
        look.changed.connect(self.update)

    def set_levels(self, *levels: float) -> None:
        """Show these levels; repaints only where a bar changes."""
        self._levels = levels
        shown = tuple(round(min(1.0, max(0.0, level)) ** 0.6 * _BARS) for level in levels)
        if shown != self._shown:
            self._shown = shown
            self.update()

    @property
    def levels(self) -> tuple[float, ...]:
        """What was last set."""
        return self._levels

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rows = len(self._shown)
        height = (self.height() - 2 * (rows - 1)) / rows - 1
        step = self.width() / _BARS
        for row, lit in enumerate(self._shown):
            on = self._look.color("good" if row == 0 else "accent")
            off = self._look.color("line")
            y = row * (height + 3)
            for bar in range(_BARS):
                painter.setBrush(on if bar < lit else off)
                painter.drawRoundedRect(QRectF(bar * step, y, step - 2, height), 1, 1)
        painter.end()
