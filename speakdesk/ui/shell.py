"""The bare window and its outline: what is painted first, with as little loaded as possible.

Naming anything of Qt's enumerations here costs the first painting 12 ms; they come with the rest.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QRectF, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QFont,
    QGuiApplication,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QWidget

from speakdesk.ui.tokens import Theme

SIZE = (1280, 800)
LEAST = (1000, 660)
HEADER_HEIGHT = 49
SIDEBAR_WIDTH = 264
GRIP = 120


class Outline(QWidget):
    """The Desk page's outline, until the page itself is there; `top` is where it begins."""

    painted = Signal()

    def __init__(self, theme: Theme, top: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._top = top

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, top, width, height = self._theme, self._top, self.width(), self.height()
        line, surface, raised = QColor(theme.line), QColor(theme.surface), QColor(theme.raised)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.background))
        painter.fillRect(0, 0, width, top, surface)
        painter.fillRect(0, top, SIDEBAR_WIDTH, height, surface)
        painter.setPen(line)
        painter.drawLine(SIDEBAR_WIDTH - 1, top, SIDEBAR_WIDTH - 1, height)
        if top:
            painter.drawLine(0, top - 1, width, top - 1)
        painter.setBrush(surface)
        for y, tall in ((16, 141), (203, 58), (273, height - top - 292)):
            painter.drawRoundedRect(QRectF(284.5, top + y + 0.5, width - 305, tall), 12, 12)
        painter.setPen(raised)
        painter.setBrush(raised)
        for row in range(6):
            y = top + 90 + row * 58
            painter.drawEllipse(QRectF(25, y, 36, 36))
            painter.drawRoundedRect(QRectF(71, y + 5, 96, 9), 4, 4)
            painter.drawRoundedRect(QRectF(71, y + 23, 138, 8), 4, 4)
        if top:
            font = QFont("Inter")
            font.setPixelSize(15)
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            painter.setPen(QColor(theme.text))
            painter.drawText(22, 29, "SpeakDesk")
        painter.end()
        self.painted.emit()


class Shell(QMainWindow):
    """The window. `close_asked` is emitted instead of closing, until `allow_close` was called."""

    close_asked = Signal()
    painted = Signal()
    seen_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._may_close = False
        self._was_painted = False
        self.setWindowTitle("SpeakDesk")
        self.resize(*SIZE)
        self.setMinimumSize(*LEAST)
        outline = Outline(theme, HEADER_HEIGHT)
        outline.painted.connect(self._on_painted)
        self.setCentralWidget(outline)

    def _on_painted(self) -> None:
        if not self._was_painted:
            self._was_painted = True
            self.painted.emit()

    @property
    def is_seen(self) -> bool:
        """True while there is something to move on screen."""
        return self.isVisible() and not self.isMinimized()

    def allow_close(self) -> None:
        """The next closing is real."""
        self._may_close = True

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.close_asked.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen_changed.emit()

    def geometry_text(self) -> str:
        """Place and size of what is inside the frame, for the settings: `x,y,width,height`.

        An `m` after it stands for maximised; the place is then the one it goes back to. Qt's own
        text is not used: restoring it moves the window down where no frame is drawn.
        """
        place = self.normalGeometry() if self.isMaximized() else self.geometry()
        numbers = (place.x(), place.y(), place.width(), place.height())
        return ",".join(map(str, numbers)) + (",m" if self.isMaximized() else "")

    def restore_geometry_text(self, text: str) -> None:
        """Go where `geometry_text` said, as far as a screen is there; anything else is ignored."""
        parts = text.split(",")
        try:
            x, y, width, height = map(int, parts[:4])
        except ValueError:
            self._restore_older(text)
            return
        width, height = max(width, LEAST[0]), max(height, LEAST[1])
        wished = QRect(x, y, width, height)
        # What can be grabbed is the top of the window.
        handle = QRect(x, y, width, HEADER_HEIGHT)
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        seen = (screen.intersected(handle) for screen in screens)
        if any(part.width() >= GRIP and part.height() >= HEADER_HEIGHT // 2 for part in seen):
            self.setGeometry(wished)
        elif screens:
            self.resize(min(width, screens[0].width()), min(height, screens[0].height()))
        if parts[4:] == ["m"]:
            from PySide6.QtCore import Qt

            self.setWindowState(Qt.WindowState.WindowMaximized)

    def _restore_older(self, text: str) -> None:
        if text:
            self.restoreGeometry(QByteArray.fromBase64(text.encode("ascii", "ignore")))
