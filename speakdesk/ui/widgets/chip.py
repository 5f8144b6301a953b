"""A chosen persona as a chip with a body, a disc, a name and a cross to take it out."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from speakdesk.ui.icons import icon
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import Avatar
from speakdesk.ui.widgets.basics import label


class Chip(QWidget):
    """Emits `removed` with its key."""

    removed = Signal(str)

    def __init__(self, look: Look, key: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setFixedHeight(34)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 4, 0)
        row.setSpacing(8)
        row.addWidget(Avatar(look, name, 22, key=key))
        metrics = self.fontMetrics()
        words = label(metrics.elidedText(name, Qt.TextElideMode.ElideRight, 180))
        row.addWidget(words)
        self._close = QToolButton()
        self._close.setIconSize(QSize(12, 12))
        self._close.setFixedSize(24, 24)
        self._close.setCursor(Qt.CursorShape.PointingHandCursor)
        self._close.setAccessibleName(f"Take {name} out")
        self._close.setToolTip(f"Take {name} out of this launch")
        self._close.clicked.connect(lambda: self.removed.emit(key))
        row.addWidget(self._close)
        self.setToolTip(name)
        look.changed.connect(self._recolour)
        self._recolour()

    def _recolour(self) -> None:
        self._close.setIcon(icon(self._look.resources, "close", self._look.theme.muted, 12))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._look.color("line_strong"))
        painter.setBrush(self._look.color("raised"))
        box = self.rect().adjusted(0, 0, -1, -1).toRectF().translated(0.5, 0.5)
        painter.drawRoundedRect(box, 17, 17)
        painter.end()
