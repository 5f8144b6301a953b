"""The main window: header, notice bar, pages. It can be painted before there is a Desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QHideEvent,
    QIcon,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import label
from speakdesk.ui.widgets.notice_bar import NoticeBar
from speakdesk.ui.widgets.status import StatusLabel

if TYPE_CHECKING:
    from speakdesk.ui.pages.desk import DeskPage

PAGES = ("Desk", "Personas", "History", "Settings")
SIZE = (1280, 800)
LEAST = (960, 640)


class Sketch(QWidget):
    """What stands in the place of the Desk page until it is there: its outline."""

    painted = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line, surface = self._look.color("line"), self._look.color("surface")
        width, height = self.width(), self.height()
        painter.fillRect(0, 0, 264, height, surface)
        painter.setPen(line)
        painter.drawLine(263, 0, 263, height)
        painter.setBrush(surface)
        boxes = ((16, 136), (192, 58), (262, height - 280))
        for y, tall in boxes:
            painter.drawRoundedRect(QRectF(284.5, y + 0.5, width - 305, tall), 12, 12)
        painter.setBrush(self._look.color("raised"))
        painter.setPen(Qt.PenStyle.NoPen)
        for row in range(6):
            painter.drawEllipse(QRectF(24, 92 + row * 58, 36, 36))
            painter.drawRoundedRect(QRectF(70, 98 + row * 58, 110, 9), 4, 4)
            painter.drawRoundedRect(QRectF(70, 116 + row * 58, 150, 8), 4, 4)
        painter.end()
        self.painted.emit()


class MainWindow(QMainWindow):
    """`close_asked` is emitted instead of closing, until `allow_close` was called."""

    close_asked = Signal()
    painted = Signal()
    seen_changed = Signal()
    page_changed = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._may_close = False
        self._was_painted = False
        self.setWindowTitle("SpeakDesk")
        self.resize(*SIZE)
        self.setMinimumSize(*LEAST)
        body = QWidget()
        self.setCentralWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_header())
        self.notices = NoticeBar(look)
        column.addWidget(self.notices)
        self.pages = QStackedWidget()
        column.addWidget(self.pages, 1)
        self.sketch = Sketch(look)
        self.sketch.painted.connect(self._on_painted)
        self.pages.addWidget(self.sketch)
        self.tabs.currentChanged.connect(self._on_tab)

    def _make_header(self) -> QFrame:
        header = QFrame()
        header.setObjectName("header")
        header.setFixedHeight(49)
        row = QHBoxLayout(header)
        row.setContentsMargins(22, 0, 18, 1)
        row.setSpacing(0)
        row.addWidget(label("SpeakDesk", size="title"))
        row.addSpacing(24)
        self.tabs = QTabBar()
        self.tabs.setObjectName("pages")
        self.tabs.setExpanding(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName("Pages")
        for place, name in enumerate(PAGES, start=1):
            self.tabs.addTab(name)
            self.tabs.setTabToolTip(place - 1, f"{name} (Ctrl+{place})")
            self.tabs.setTabEnabled(place - 1, place == 1)
        row.addWidget(self.tabs)
        row.addStretch(1)
        self.tunnel = StatusLabel(self._look)
        self.tunnel.setVisible(False)
        self.voices = StatusLabel(self._look, "Voices loading", "attention")
        row.addWidget(self.tunnel)
        row.addSpacing(16)
        row.addWidget(self.voices)
        return header

    def set_icon(self) -> None:
        """Give the window its picture; done after the first painting."""
        self.setWindowIcon(QIcon(str(self._look.resources / "app-icon.svg")))

    def furnish(self, pages: list[QWidget]) -> None:
        """Put the real pages in place of the outline, in the order of the tabs."""
        for page in pages:
            self.pages.addWidget(page)
        self.pages.setCurrentIndex(1)
        self.pages.removeWidget(self.sketch)
        self.sketch.deleteLater()
        for place in range(len(pages)):
            self.tabs.setTabEnabled(place, True)
            shortcut = QShortcut(QKeySequence(f"Ctrl+{place + 1}"), self)
            shortcut.activated.connect(lambda p=place: self.tabs.setCurrentIndex(p))

    def bind_desk_keys(self, desk_page: DeskPage) -> None:
        """The keys of the Desk page work everywhere in the window."""

        def _to_link() -> None:
            self.tabs.setCurrentIndex(0)
            desk_page.launch_card.focus_link()

        def _launch() -> None:
            self.tabs.setCurrentIndex(0)
            desk_page.launch_card.launch()

        for keys, act in (
            ("Ctrl+L", _to_link),
            ("Ctrl+Return", _launch),
            ("Ctrl+Enter", _launch),
            ("Ctrl+.", desk_page.bot_list.hush_all_asked.emit),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _on_tab(self, place: int) -> None:
        if self.pages.count() == len(PAGES):
            self.pages.setCurrentIndex(place)
            self.page_changed.emit(place)

    def show_page(self, name: str) -> None:
        """Go to a page by its name."""
        self.tabs.setCurrentIndex(PAGES.index(name))

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
        """Size and place as base64 text for the settings."""
        return bytes(self.saveGeometry().toBase64().data()).decode("ascii")

    def restore_geometry_text(self, text: str) -> None:
        """Go where `geometry_text` said; anything else is ignored."""
        if text:
            self.restoreGeometry(QByteArray.fromBase64(text.encode("ascii", "ignore")))
