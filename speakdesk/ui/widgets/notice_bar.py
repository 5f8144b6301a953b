"""A slim bar under the header for what a person should know; early notices wait for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from speakdesk.ui.icons import icon, pixmap
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import label

_INFO_MS = 8000


@dataclass(frozen=True, slots=True)
class NoticeText:
    """One notice. `level` is info, attention or bad."""

    level: str
    sentence: str
    next_step: str = ""


class NoticeBar(QWidget):
    """Shows one notice at a time; the others wait. Info goes by itself, the rest is dismissed."""

    dismissed = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._waiting: deque[NoticeText] = deque(maxlen=50)
        self._current: NoticeText | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 6, 12, 6)
        row.setSpacing(12)
        self._mark = QLabel()
        self._words = label(wrap=True, selectable=True)
        self._more = label(tone="muted", size="small")
        self._close = QToolButton()
        self._close.setIconSize(QSize(14, 14))
        self._close.setAccessibleName("Dismiss this notice")
        self._close.setToolTip("Dismiss")
        self._close.setCursor(Qt.CursorShape.PointingHandCursor)
        self._close.clicked.connect(self.dismiss)
        row.addWidget(self._mark)
        row.addWidget(self._words, 1)
        row.addWidget(self._more)
        row.addWidget(self._close)
        self._timer = QTimer(self, singleShot=True, interval=_INFO_MS)
        self._timer.timeout.connect(self.dismiss)
        look.changed.connect(self._show)
        self.setVisible(False)

    def tell(self, level: str, sentence: str, next_step: str = "") -> None:
        """Show a notice, or queue it; the same notice twice in a row counts once."""
        notice = NoticeText(level, sentence, next_step)
        if notice == self._current or notice in self._waiting:
            return
        if self._current is None or (self._current.level == "info" and level != "info"):
            self._current = notice
        else:
            self._waiting.append(notice)
        self._show()

    def dismiss(self) -> None:
        """Put the present notice away and show the next."""
        self._current = self._waiting.popleft() if self._waiting else None
        self._show()
        self.dismissed.emit()

    @property
    def current(self) -> NoticeText | None:
        """The notice shown."""
        return self._current

    def _show(self) -> None:
        notice = self._current
        self.setVisible(notice is not None)
        self._timer.stop()
        if notice is None:
            return
        if notice.level == "info":
            self._timer.start()
        token = {"attention": "attention", "bad": "bad"}.get(notice.level, "accent")
        name = {"attention": "attention", "bad": "bad"}.get(notice.level, "info")
        theme = self._look.theme
        ratio = self.devicePixelRatioF()
        colour = getattr(theme, token)
        self._mark.setPixmap(pixmap(self._look.resources, name, colour, 16, ratio))
        self._mark.setAccessibleName({"info": "Note"}.get(name, "Attention"))
        self._words.setText(f"{notice.sentence} {notice.next_step}".strip())
        self._words.setAccessibleName(self._words.text())
        self._more.setText(f"{len(self._waiting)} more" if self._waiting else "")
        self._close.setIcon(icon(self._look.resources, "close", theme.muted, 14))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        grounds = {"attention": "attention_ground", "bad": "bad_ground"}
        level = self._current.level if self._current else "info"
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.color(grounds.get(level, "accent_soft")))
        painter.setPen(self._look.color("line"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()
