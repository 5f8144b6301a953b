"""The Summary tab: text, decisions, action items, open questions; written on request."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from speakdesk.app.past.history import MeetingRecord
from speakdesk.domain.errors import Problem, SpeakDeskError
from speakdesk.domain.minutes import Summary
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import ElidedLabel, button, label
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.words import local_day

_NONE_YET = (
    "A summary with decisions and action items appears here.",
    "Let the language model write it now, or choose in Settings to have one after each meeting.",
)
_NOTHING_SAID = ("Nothing was said in this meeting.", "There is nothing to sum up.")
_WRITING = ("The language model reads the meeting …", "A long one takes a minute or two.")

_WIDEST = 800


class SummaryPanel(QWidget):
    """Shows one meeting's minutes. What went wrong last stays with its meeting."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._record: MeetingRecord | None = None
        self._shown: Summary | None = None
        self._problems: dict[str, Problem] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.made = ElidedLabel(tone="muted")
        self.copy = button("Copy", kind="small", name="Copy the summary")
        self.write = button("Write summary", kind="small")
        self.copy.clicked.connect(self._on_copy)
        self.write.clicked.connect(self._on_write)
        head.addWidget(self.made, 1)
        head.addWidget(self.copy)
        head.addWidget(self.write)
        self.problem = ProblemNote("Why no summary was written")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setAccessibleName("Summary of the meeting")
        self._scroll.viewport().setAutoFillBackground(False)
        self.empty = EmptyNote(*_NONE_YET)
        column.addLayout(head)
        column.addWidget(self.problem)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.empty, 1)

    def show_meeting(self, record: MeetingRecord) -> None:
        """Show this meeting's minutes, or how to get them."""
        self._record = record
        minutes = record.minutes
        is_writing = self._face.desk.after.is_summarising(record.summary.id)
        has_lines = bool(record.lines or record.provider_lines)
        if minutes != self._shown:
            self._shown = minutes
            self._scroll.setWidget(_page_of(minutes) if minutes is not None else QWidget())
        self._scroll.setVisible(minutes is not None)
        self.empty.setVisible(minutes is None)
        self.copy.setVisible(minutes is not None)
        if is_writing:
            self.empty.set_words(*_WRITING)
            self.made.set_text("Being written …" if minutes is not None else "")
        else:
            self.empty.set_words(*(_NONE_YET if has_lines else _NOTHING_SAID))
            self.made.set_text(
                f"Written by {minutes.model}, {local_day(minutes.made)}" if minutes else ""
            )
        self.write.setText("Write again" if minutes is not None else "Write summary")
        self.write.setAccessibleName(self.write.text())
        self.write.setEnabled(has_lines and not is_writing)
        known = self._problems.get(record.summary.id)
        self.problem.show_problems(*([known] if known is not None else []))

    @property
    def text(self) -> str:
        """What is shown of the minutes."""
        return as_text(self._shown) if self._shown is not None else ""

    def _on_copy(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(as_text(self._shown))
            self._face.tell("info", "The summary was copied.", "")

    def _on_write(self) -> None:
        if self._record is not None:
            meeting_id = self._record.summary.id
            self._face.tasks.start(self._write(meeting_id), "write summary")

    async def _write(self, meeting_id: str) -> None:
        self._problems.pop(meeting_id, None)
        self.problem.show_problems()
        try:
            await self._face.desk.after.summarise(meeting_id)
        except SpeakDeskError as e:
            self._problems[meeting_id] = e.problem
            record = self._record
            if record is not None and record.summary.id == meeting_id:
                self.show_meeting(record)


def as_text(minutes: Summary) -> str:
    """The minutes for the clipboard."""
    parts = [minutes.text]
    for title, items in _lists(minutes):
        parts += ["", title, *(f"- {item}" for item in items)]
    return "\n".join(parts)


def _lists(minutes: Summary) -> list[tuple[str, tuple[str, ...]]]:
    lists = (
        ("Decisions", minutes.decisions),
        ("Action items", tuple(str(item) for item in minutes.action_items)),
        ("Open questions", minutes.open_questions),
    )
    return [(title, items) for title, items in lists if items]


def _page_of(minutes: Summary) -> QWidget:
    inside = QWidget()
    inside.setObjectName("inside")
    page = QHBoxLayout(inside)
    page.setContentsMargins(4, 4, 12, 12)
    holder = QWidget()
    holder.setObjectName("transparent")
    holder.setMaximumWidth(_WIDEST)
    page.addWidget(holder, 1000)
    page.addStretch(1)
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    column.addWidget(_words(minutes.text, "Summary"))
    for title, items in _lists(minutes):
        heading = label(title, strong=True)
        heading.setContentsMargins(0, 8, 0, 0)
        column.addWidget(heading)
        for item in items:
            row = QHBoxLayout()
            row.setSpacing(8)
            mark = label("•", tone="muted")
            row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(_words(item, title), 1)
            column.addLayout(row)
    column.addStretch(1)
    return inside


def _words(text: str, name: str) -> QLabel:
    made = label(text, wrap=True, selectable=True)
    made.setAccessibleName(f"{name}: {text}")
    return made
