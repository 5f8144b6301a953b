"""A persona's picture in a disc: the one in its folder, a new one, or the letter of its name."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from speakdesk.ui.portraits import read_image, round_image
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import paint_avatar

_SIDE = 224


async def round_picture(source: Path | bytes) -> QImage | None:
    """A picture as a disc, made off the loop; None for what is no picture."""
    return await asyncio.to_thread(_round, source)


def _round(source: Path | bytes) -> QImage | None:
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
    except OSError:
        return None
    image = read_image(data, _SIDE)
    return None if image is None else round_image(image, _SIDE)


class PictureFace(QWidget):
    """`size` pixels square."""

    def __init__(self, look: Look, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._name = ""
        self._image: QImage | None = None
        self._size = size
        self.setFixedSize(size, size)
        self.set_image(None)

    @property
    def has_picture(self) -> bool:
        """True where a picture is shown and not a letter."""
        return self._image is not None

    def set_name(self, name: str) -> None:
        """Whose it is."""
        if name != self._name:
            self._name = name
            self.set_image(self._image)

    def set_image(self, image: QImage | None) -> None:
        """Show this picture, or the letter."""
        self._image = image
        words = "Picture of" if image is not None else "No picture of"
        self.setAccessibleName(f"{words} {self._name}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(0.5, 0.5, self._size - 1, self._size - 1)
        if self._image is None:
            paint_avatar(painter, box, self._name, self._look.avatar_colour(self._name))
        else:
            painter.drawImage(box, self._image)
        painter.end()
