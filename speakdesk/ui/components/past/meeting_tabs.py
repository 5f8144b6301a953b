"""One past meeting: lines, the provider's transcript, summary, files, people and cost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from speakdesk.app.past.history import MeetingRecord
from speakdesk.ui.components.past.facts import people_and_cost
from speakdesk.ui.components.past.files_panel import FilesPanel
from speakdesk.ui.components.past.summary_panel import SummaryPanel
from speakdesk.ui.face import Face
from speakdesk.ui.models.lines import Line
from speakdesk.ui.models.transcript import TranscriptModel
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.fact_grid import FactGrid
from speakdesk.ui.widgets.transcript_view import TranscriptView

LINES, PROVIDER, SUMMARY, FILES, PEOPLE = range(5)
NAMES = ("Lines", "Provider's transcript", "Summary", "Recording and files", "People and cost")


class LinesPanel(QWidget):
    """A transcript of the past, or why there is none."""

    def __init__(self, face: Face, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = TranscriptModel(self)
        self.view = TranscriptView(face.look, is_live=False)
        self.view.setModel(self.model)
        self.view.setAccessibleName(name)
        self.empty = EmptyNote("", "")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.view, 1)
        column.addWidget(self.empty, 1)

    def show_lines(self, lines: list[Line], what: str, step: str) -> None:
        """Show these lines; `what` and `step` where there are none."""
        self.model.set_lines(lines)
        self.show_empty(what, step)

    def show_empty(self, what: str, step: str) -> None:
        """Say something else where there are no lines."""
        self.view.setVisible(self.model.rowCount() > 0)
        self.empty.setVisible(self.model.rowCount() == 0)
        self.empty.set_words(what, step)


class MeetingTabs(QWidget):
    """Composes the panels; `show_meeting` fills them all, so a tab is there at once."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self.bar = QTabBar()
        self.bar.setObjectName("panel")
        self.bar.setExpanding(False)
        self.bar.setElideMode(Qt.TextElideMode.ElideNone)
        self.bar.setAccessibleName("Parts of the meeting")
        for name in NAMES:
            self.bar.addTab(name)
        self.ours = LinesPanel(face, "What was said in this meeting")
        self.theirs = LinesPanel(face, "The provider's own transcript of this meeting")
        self.summary = SummaryPanel(face)
        self.files = FilesPanel(face)
        self.people = FactGrid("People and cost of this meeting")
        self._panels = QStackedWidget()
        for panel in (self.ours, self.theirs, self.summary, self.files, self.people):
            self._panels.addWidget(panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.bar)
        column.addWidget(self._panels, 1)
        self.bar.currentChanged.connect(self._panels.setCurrentIndex)

    def go_to(self, part: int) -> None:
        """Show one part."""
        self.bar.setCurrentIndex(part)

    def show_lines(self, ours: list[Line], theirs: list[Line], record: MeetingRecord) -> None:
        """Show the lines of both sources."""
        self.ours.show_lines(ours, "Nothing was said in this meeting.", "")
        self.theirs.show_lines(theirs, *self._no_transcript(record))

    def show_meeting(self, record: MeetingRecord) -> None:
        """Show everything but the lines."""
        self.theirs.show_empty(*self._no_transcript(record))
        self.summary.show_meeting(record)
        self.files.show_meeting(record)
        self.people.show_facts(people_and_cost(record, self._provider(record)))

    @property
    def source(self) -> str:
        """Whose lines an export is to hold: those that are looked at."""
        has_lines = self.theirs.model.rowCount() > 0
        return "provider" if self.bar.currentIndex() == PROVIDER and has_lines else "ours"

    def _provider(self, record: MeetingRecord) -> str:
        key = record.summary.provider
        return next((p.name for p in self._face.desk.providers() if p.key == key), key)

    def _no_transcript(self, record: MeetingRecord) -> tuple[str, str]:
        provider = self._provider(record)
        if not self._face.desk.after.keeps_recordings(record.summary.provider):
            return (f"{provider} makes no transcript of its own.", "Ours is under Lines.")
        is_told = bool(record.aftermath) and all(a.is_complete for a in record.aftermath)
        if is_told:
            return (
                f"{provider} has no transcript of this meeting.",
                "Choose its transcription under More options before the next launch.",
            )
        return (
            f"{provider}'s own transcript appears here, apart from ours.",
            "It comes a few minutes after the end, where the launch asked for one.",
        )
