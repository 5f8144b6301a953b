"""A picture in a square frame: dragged and zoomed until the right part of it shows."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from speakdesk.domain.picture import Box
from speakdesk.ui.theme import Look

SIDE = 400
MOST_ZOOM = 6.0
_STEP = 1.15
_MOVE = 0.05


class CropView(QWidget):
    """Emits `changed` with each move. Arrows move, + and - zoom, as the mouse does."""

    changed = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._image: QImage | None = None
        self._zoom = 1.0
        self._centre = QPointF()
        self._held: QPointF | None = None
        self._words = ""
        self.setFixedSize(SIDE, SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The part of the picture that is used; arrows move, + and - zoom")
        look.changed.connect(self.update)

    def set_image(self, image: QImage | None, words: str = "") -> None:
        """Show another picture, its middle; without one, `words` say what to do."""
        self._image, self._words = image, words
        self._zoom = 1.0
        if image is not None:
            self._centre = QPointF(image.width() / 2, image.height() / 2)
            if image.height() > image.width():
                self._centre.setY(image.width() / 2 + (image.height() - image.width()) / 4)
        self._settle()

    @property
    def image(self) -> QImage | None:
        """The whole picture."""
        return self._image

    @property
    def zoom(self) -> float:
        """1 shows as much as fits into a square, more shows less of it, larger."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Show a smaller part (above 1) or the largest square (1)."""
        self._zoom = min(MOST_ZOOM, max(1.0, zoom))
        self._settle()

    def move_by(self, right: float, down: float) -> None:
        """Move the shown part by so many of its own sides."""
        self._centre += QPointF(right * self._side, down * self._side)
        self._settle()

    def box(self) -> Box | None:
        """The part that shows, in the picture's own pixels, wholly inside it."""
        image = self._image
        if image is None:
            return None
        side = max(1, round(self._side))
        left = min(max(0, round(self._centre.x() - side / 2)), image.width() - side)
        top = min(max(0, round(self._centre.y() - side / 2)), image.height() - side)
        return Box(left, top, side, side)

    @property
    def _side(self) -> float:
        image = self._image
        return min(image.width(), image.height()) / self._zoom if image is not None else 1.0

    def _settle(self) -> None:
        """Keep the shown part inside the picture."""
        image, half = self._image, self._side / 2
        if image is not None:
            x = min(max(self._centre.x(), half), image.width() - half)
            y = min(max(self._centre.y(), half), image.height() - half)
            self._centre = QPointF(x, y)
        self.update()
        self.changed.emit()

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    # -- by hand --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._image is not None:
            self._held = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            moved = event.position() - self._held
            self._held = event.position()
            self.move_by(-moved.x() / self.width(), -moved.y() / self.height())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._held = None
        self.unsetCursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self.set_zoom(self._zoom * _STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (-_MOVE, 0.0),
            Qt.Key.Key_Right: (_MOVE, 0.0),
            Qt.Key.Key_Up: (0.0, -_MOVE),
            Qt.Key.Key_Down: (0.0, _MOVE),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self.move_by(*moves[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_zoom(self._zoom * _STEP)
        elif key == Qt.Key.Key_Minus:
            self.set_zoom(self._zoom / _STEP)
        else:
            super().keyPressEvent(event)

    # -- painting -------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        clip = QPainterPath()
        clip.addRoundedRect(frame, 12, 12)
        painter.fillPath(clip, self._look.color("raised"))
        box = self.box()
        if self._image is None or box is None:
            painter.setPen(self._look.color("muted"))
            painter.drawText(
                frame.adjusted(40, 0, -40, 0),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self._words,
            )
        else:
            painter.setClipPath(clip)
            painter.drawImage(frame, self._image, QRectF(box.left, box.top, box.width, box.height))
            corners = QPainterPath()
            corners.addRect(frame)
            corners.addEllipse(frame)
            painter.fillPath(corners, QColor(0, 0, 0, 90))
            painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        token, width = ("accent", 2) if self.hasFocus() else ("line_strong", 1)
        painter.setPen(QPen(self._look.color(token), width))
        painter.drawRoundedRect(frame, 12, 12)
        painter.end()
