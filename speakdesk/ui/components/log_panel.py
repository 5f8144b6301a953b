"""The Log tab: filters by level, bot and text, and a switch to follow the newest line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.events import LogLine
from speakdesk.domain.launch import BotView
from speakdesk.ui.face import Face
from speakdesk.ui.models.log import LogModel
from speakdesk.ui.widgets.empty import EmptyNote

_LEVELS = (
    ("Everything", "debug"),
    ("Info and above", "info"),
    ("Warnings and errors", "warning"),
    ("Errors only", "error"),
)
ROW_HEIGHT = 24


class LogPanel(QWidget):
    """Shows the application's log as it comes."""

    def __init__(self, face: Face, model: LogModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._model = model
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._make_filters())
        self.table = self._make_table(model)
        self._empty = EmptyNote("", "")
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        model.rowsInserted.connect(self._on_rows)
        model.rowsRemoved.connect(self._on_rows)
        model.modelReset.connect(self._on_rows)
        model.first_kept.connect(self._on_rows)
        face.look.changed.connect(self._recolour)
        self._recolour()
        self._on_rows()

    def _make_filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.level = QComboBox()
        self.level.setAccessibleName("Least level shown")
        for words, level in _LEVELS:
            self.level.addItem(words, level)
        self.level.setCurrentIndex(1)
        self.bot = QComboBox()
        self.bot.setAccessibleName("Bot whose log lines are shown")
        self.bot.setMinimumWidth(140)
        self.bot.addItem("All bots", "")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find in the log")
        self.search.setAccessibleName("Find in the log")
        self.search.setClearButtonEnabled(True)
        self.follow = QCheckBox("Follow")
        self.follow.setToolTip("Stay at the newest line")
        self.follow.setChecked(True)
        row.addWidget(self.level)
        row.addWidget(self.bot)
        row.addWidget(self.search, 1)
        row.addWidget(self.follow)
        self.level.currentIndexChanged.connect(self._filter)
        self.bot.currentIndexChanged.connect(self._filter)
        self.search.textChanged.connect(self._filter)
        self.follow.toggled.connect(self._on_follow)
        return row

    def _make_table(self, model: LogModel) -> QTableView:
        table = QTableView()
        table.setModel(model)
        table.setAccessibleName("Log")
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.setFont(self._face.look.figures(-1))
        rows = table.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns = table.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setFixedHeight(26)
        for column, width in enumerate((72, 72, 104, 176)):
            columns.resizeSection(column, width)
        copy = QAction("Copy", table)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._on_copy)
        table.addAction(copy)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        bar = table.verticalScrollBar()
        bar.sliderMoved.connect(self._on_scrolled)
        bar.actionTriggered.connect(lambda _action: self._on_scrolled())
        return table

    def take(self, lines: Sequence[LogLine], names: dict[str, str]) -> None:
        """Append a batch; `names` gives bots' names by id."""
        self._model.add([(line, names.get(line.bot_id, "")) for line in lines])

    def set_bots(self, views: Sequence[BotView]) -> None:
        """Offer these bots in the filter."""
        wanted = [("All bots", "")] + [(view.name, view.bot_id) for view in views]
        if [self.bot.itemData(i) for i in range(self.bot.count())] == [key for _n, key in wanted]:
            return
        current = self.bot.currentData()
        self.bot.blockSignals(True)
        self.bot.clear()
        for name, key in wanted:
            self.bot.addItem(name, key)
        self.bot.setCurrentIndex(max(0, self.bot.findData(current)))
        self.bot.blockSignals(False)
        self._filter()

    def _filter(self) -> None:
        self._model.filter(
            level=self.level.currentData() or "info",
            bot_id=self.bot.currentData() or "",
            text=self.search.text(),
        )

    def _on_rows(self, *_change: object) -> None:
        has_rows = self._model.rowCount() > 0
        if self.table.isHidden() == has_rows:
            self.table.setVisible(has_rows)
            self._empty.setVisible(not has_rows)
        if not has_rows:
            if self._model.total:
                self._empty.set_words(
                    "No line passes these filters.", "Choose “Everything” or clear the search."
                )
            else:
                self._empty.set_words(
                    "What SpeakDesk does appears here.", "Launch a bot to see it at work."
                )
        elif self.follow.isChecked():
            self.table.scrollToBottom()

    def _on_follow(self, on: bool) -> None:
        if on:
            self.table.scrollToBottom()

    def _on_scrolled(self, *_value: object) -> None:
        bar = self.table.verticalScrollBar()
        at_end = bar.sliderPosition() >= bar.maximum()
        if self.follow.isChecked() != at_end:
            self.follow.blockSignals(True)
            self.follow.setChecked(at_end)
            self.follow.blockSignals(False)

    def _on_copy(self) -> None:
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        if rows:
            QGuiApplication.clipboard().setText(self._model.as_text(rows))

    def _recolour(self) -> None:
        look = self._face.look
        self._model.set_colours(
            look.color("muted"), look.color("attention_text"), look.color("bad_text")
        )
