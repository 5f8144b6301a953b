"""A picture's part as the round disc it will be, in a few sizes side by side."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from speakdesk.domain.picture import Box
from speakdesk.ui.portraits import round_image
from speakdesk.ui.widgets.avatar import paint_portrait

SIZES = (96, 44, 26)
_GAP = 16


class RoundPreview(QWidget):
    """Empty until it is given a picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._discs: list[QPixmap] = []
        self.setFixedSize(self.sizeHint())
        self.setAccessibleName("How it looks in lists")

    def show_part(self, image: QImage | None, box: Box | None) -> None:
        """Show this part of a picture, or nothing."""
        self._discs = []
        if image is not None and box is not None:
            part = image.copy(box.left, box.top, box.width, box.height)
            ratio = self.devicePixelRatioF()
            self._discs = [
                QPixmap.fromImage(round_image(part, round(size * ratio))) for size in SIZES
            ]
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(sum(SIZES) + _GAP * (len(SIZES) - 1), SIZES[0])

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        left = 0.0
        for size, disc in zip(SIZES, self._discs, strict=False):
            paint_portrait(painter, QRectF(left, (self.height() - size) / 2, size, size), disc)
            left += size + _GAP
        painter.end()
