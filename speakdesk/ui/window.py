"""What fills the window: header, notice bar, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from speakdesk.ui.shell import HEADER_HEIGHT, Outline, Shell
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import label
from speakdesk.ui.widgets.notice_bar import NoticeBar
from speakdesk.ui.widgets.status import StatusLabel

if TYPE_CHECKING:
    from speakdesk.ui.pages.desk import DeskPage

PAGES = ("Desk", "Personas", "Calendar", "History", "Settings")


class Body(QWidget):
    """Takes the outline's place in the shell; shows an outline itself until `furnish`."""

    page_changed = Signal(int)

    def __init__(self, shell: Shell, look: Look) -> None:
        super().__init__()
        self._look = look
        self._shell = shell
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_header())
        self.notices = NoticeBar(look)
        column.addWidget(self.notices)
        self.pages = QStackedWidget()
        column.addWidget(self.pages, 1)
        self._outline: Outline | None = Outline(look.theme)
        self.pages.addWidget(self._outline)
        self.tabs.currentChanged.connect(self._on_tab)
        shell.setWindowIcon(QIcon(str(look.resources / "app-icon.svg")))
        shell.setCentralWidget(self)

    def _make_header(self) -> QFrame:
        header = QFrame()
        header.setObjectName("header")
        header.setFixedHeight(HEADER_HEIGHT)
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

    def furnish(self, pages: list[QWidget]) -> None:
        """Add real pages, in the order of the tabs; the first one takes the outline's place."""
        for page in pages:
            self.pages.addWidget(page)
        outline, self._outline = self._outline, None
        if outline is not None:
            self.pages.setCurrentIndex(1)
            self.pages.removeWidget(outline)
            outline.deleteLater()
        for place in range(self.pages.count()):
            if not self.tabs.isTabEnabled(place):
                self.tabs.setTabEnabled(place, True)
        if self.pages.count() == len(PAGES):
            for place in range(len(PAGES)):
                keys = QKeySequence(f"Ctrl+{place + 1}")
                shortcut = QShortcut(keys, self._shell)
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
            ("Ctrl+Q", self._shell.close),
        ):
            QShortcut(QKeySequence(keys), self._shell).activated.connect(act)

    def _on_tab(self, place: int) -> None:
        if self.pages.count() == len(PAGES):
            self.pages.setCurrentIndex(place)
            self.page_changed.emit(place)

    def show_page(self, name: str) -> None:
        """Go to a page by its name."""
        self.tabs.setCurrentIndex(PAGES.index(name))
