"""A disc with a name's first letter, in a colour that belongs to the name."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from speakdesk.ui.theme import Look


def initial_of(name: str) -> str:
    """The letter to show: the first letter or digit, `?` without any."""
    return next((c.upper() for c in name if c.isalnum()), "?")


def paint_avatar(painter: QPainter, box: QRectF, name: str, colour: QColor) -> None:
    """Paint the disc into `box` with the painter's font family."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(box)
    font = QFont(painter.font())
    font.setPixelSize(max(8, round(box.height() * 0.42)))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor("#FFFFFF"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, initial_of(name))
    painter.restore()


class Avatar(QWidget):
    """The disc as a widget of a fixed size in pixels."""

    def __init__(
        self, look: Look, name: str, size: int = 36, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._name = name
        self._size = size
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_name(self, name: str) -> None:
        """Show another name's disc."""
        if name != self._name:
            self._name = name
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(0.5, 0.5, self._size - 1, self._size - 1)
        paint_avatar(painter, box, self._name, self._look.avatar_colour(self._name))
        painter.end()
