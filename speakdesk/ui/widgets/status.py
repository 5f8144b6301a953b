"""A status: a mark whose shape and colour tell the same, and words beside it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import dot

_GAP = 16


class StatusLabel(QWidget):
    """`● In call · speaking`. `tone`: good, accent, attention, bad, muted."""

    def __init__(
        self,
        look: Look,
        text: str = "",
        tone: str = "muted",
        *,
        strong: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._text = ""
        self._tone = ""
        self._strong = strong
        self._tip = ""
        weight = QFont.Weight.Medium if strong else QFont.Weight.Normal
        self._font = look.figures(0 if strong else -1, weight)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)
        self.set_status(text, tone)

    def set_status(self, text: str, tone: str, tip: str = "") -> None:
        """Show these words with the mark of this tone."""
        if (text, tone, tip) == (self._text, self._tone, self._tip):
            return
        is_wider = len(text) != len(self._text)
        self._text, self._tone, self._tip = text, tone, tip
        self.setAccessibleName(text)
        self.setToolTip(tip)
        if is_wider:
            self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """The words shown."""
        return self._text

    @property
    def tone(self) -> str:
        """The tone shown."""
        return self._tone

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font)
        return QSize(_GAP + metrics.horizontalAdvance(self._text) + 4, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(_GAP + 24, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._look.color(self._tone))
        dot(painter, 5.5, self.height() / 2, 3.8, self._tone)
        painter.setFont(self._font)
        token = "text" if self._strong else "muted"
        painter.setPen(self._look.color(token))
        width = self.width() - _GAP
        shown = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, width)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(_GAP, 0, width, self.height()), align, shown)
        painter.end()
