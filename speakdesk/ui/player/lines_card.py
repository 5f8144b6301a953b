"""What was said in a recording, beside its sound: goes along while it plays, jumps when clicked."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.flight.story import Story
from speakdesk.app.flight.view import FlightView
from speakdesk.ui.models.transcript import TranscriptModel
from speakdesk.ui.player.lines import SOME_DAY, FlightLinePainter, FlightLines
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import label
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.transcript_view import TranscriptView

_WIDTH = 340


class LinesCard(QFrame):
    """Emits `line_chosen` with the moment at which a line begins."""

    line_chosen = Signal(float)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self.setFixedWidth(_WIDTH)
        self._lines = FlightLines()
        self._row = -1
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 4, 8)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.addWidget(label("What was said", strong=True))
        head.addStretch(1)
        self.follow = QCheckBox("Follow")
        self.follow.setToolTip("The lines and the waveform go along while it plays")
        self.follow.setChecked(True)
        head.addWidget(self.follow)
        column.addLayout(head)
        self._painter = FlightLinePainter(look)
        self.model = TranscriptModel(self)
        self.list = TranscriptView(look, is_live=False, painter=self._painter)
        self.list.setModel(self.model)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName("What was said; Enter plays from a line")
        self.list.clicked.connect(self._on_line)
        self.list.activated.connect(self._on_line)
        self.empty = EmptyNote("Nothing was said.", "The sound is on the left.")
        column.addWidget(self.list, 1)
        column.addWidget(self.empty, 1)
        self.clear()

    def clear(self) -> None:
        """Show nothing, until the lines of a recording are read."""
        self._lines, self._row = FlightLines(), -1
        self.model.set_lines(())
        self.list.setVisible(True)
        self.empty.setVisible(False)

    def show_story(self, view: FlightView, story: Story) -> None:
        """Show a recording's lines."""
        began = view.started or SOME_DAY
        self._painter.began = began
        self._lines = FlightLines.of(story, began, view.header.bot_name)
        self._row = -1
        self.model.set_lines(self._lines.lines)
        self.list.setVisible(bool(self._lines.lines))
        self.empty.setVisible(not self._lines.lines)

    def words_at(self, at_s: float) -> str:
        """Who says what at a moment, empty before the first line."""
        row = self._lines.row_at(at_s)
        if row < 0:
            return ""
        line = self._lines.lines[row]
        return f"{line.speaker}: {line.text}"

    def mark(self, at_s: float, *, is_shown: bool) -> None:
        """Mark the line of a moment, and have it in sight with `is_shown`."""
        row = self._lines.row_at(at_s)
        if row == self._row:
            return
        self._row = row
        chosen = self.list.selectionModel()
        if row < 0:
            chosen.clear()
            return
        index = self.model.index(row, 0)
        flags = (
            QItemSelectionModel.SelectionFlag.ClearAndSelect
            | QItemSelectionModel.SelectionFlag.Rows
        )
        if is_shown:
            chosen.setCurrentIndex(index, flags)
            self.list.scrollTo(index)
        else:
            chosen.select(index, flags)

    def _on_line(self, index: QModelIndex) -> None:
        if index.isValid() and index.row() < len(self._lines.starts_s):
            self.line_chosen.emit(self._lines.starts_s[index.row()])
