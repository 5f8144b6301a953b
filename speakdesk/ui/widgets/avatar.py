"""A disc with a persona's picture, or with the first letter of a name in the name's own colour."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QWidget

from speakdesk.ui.theme import Look


def initial_of(name: str) -> str:
    """The letter to show: the first letter or digit, `?` without any."""
    return next((c.upper() for c in name if c.isalnum()), "?")


def paint_avatar(painter: QPainter, box: QRectF, name: str, colour: QColor) -> None:
    """Paint the disc with the letter into `box` with the painter's font family."""
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


def paint_persona(painter: QPainter, box: QRectF, key: str, name: str, look: Look) -> None:
    """Paint the picture of the persona `key` into `box`, or its letter until it is there."""
    ratio = painter.device().devicePixelRatio()
    portrait = look.portraits.get(key, round(box.height() * ratio)) if key else None
    if portrait is None:
        paint_avatar(painter, box, name, look.avatar_colour(name))
        return
    paint_portrait(painter, box, portrait)


def paint_portrait(painter: QPainter, box: QRectF, portrait: QPixmap) -> None:
    """Paint a round picture into `box`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(box, portrait, QRectF(portrait.rect()))
    painter.restore()


class Avatar(QWidget):
    """The disc as a widget of a fixed size in pixels; `key` is the persona's, empty for none."""

    def __init__(
        self,
        look: Look,
        name: str,
        size: int = 36,
        parent: QWidget | None = None,
        *,
        key: str = "",
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._name = name
        self._key = key
        self._size = size
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        look.portraits.arrived.connect(self._on_arrived)

    def set_name(self, name: str, key: str = "") -> None:
        """Show another name's disc, or another persona's picture."""
        if (name, key) != (self._name, self._key):
            self._name, self._key = name, key
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def _on_arrived(self, keys: Collection[str]) -> None:
        if self._key in keys:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(0.5, 0.5, self._size - 1, self._size - 1)
        paint_persona(painter, box, self._key, self._name, self._look)
        painter.end()


class AvatarButton(QAbstractButton):
    """The disc as a button, with a ring while it has the focus or the mouse is over it."""

    def __init__(self, look: Look, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._name = ""
        self._key = ""
        self.setFixedSize(size, size)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        look.portraits.arrived.connect(self._on_arrived)

    def set_persona(self, key: str, name: str) -> None:
        """Show this persona."""
        self._key, self._name = key, name
        self.setAccessibleName(f"Choose a picture for {name}")
        self.update()

    def _on_arrived(self, keys: Collection[str]) -> None:
        if self._key in keys:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = self.width()
        paint_persona(painter, QRectF(3, 3, side - 6, side - 6), self._key, self._name, self._look)
        if self.hasFocus() or self.underMouse():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._look.color("accent"), 2))
            painter.drawEllipse(QRectF(1, 1, side - 2, side - 2))
        painter.end()
