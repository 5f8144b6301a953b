"""The History page: past meetings, what became of them, full-text search, export, delete."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.events import AftermathChanged, Event
from speakdesk.ui.components.past.meeting_tabs import LINES, MeetingTabs
from speakdesk.ui.components.past.player_host import PlayerHost
from speakdesk.ui.dialogs.ask import ask, ask_save_path
from speakdesk.ui.face import Face
from speakdesk.ui.icons import icon
from speakdesk.ui.models.history import (
    SUMMARY_ROLE,
    HistoryModel,
    lines_of,
    provider_lines_of,
    when_words,
)
from speakdesk.ui.widgets.basics import ElidedLabel, button
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.history_delegate import HistoryDelegate

PAGE = 50
_NO_MEETING_CHOSEN = (
    "What was said in a meeting appears here, with its recording and summary.",
    "Choose a meeting on the left.",
)
_SEARCH_DELAY_MS = 180
_FILTERS = {
    "Text (*.txt)": "txt",
    "Markdown (*.md)": "md",
    "Subtitles (*.srt)": "srt",
    "Web subtitles (*.vtt)": "vtt",
    "JSON (*.json)": "json",
}


def file_name(title: str, suffix: str) -> str:
    """A file name that every system takes, made of a title."""
    words = re.sub(r"[^\w\- ]+", "", title, flags=re.UNICODE).strip() or "meeting"
    return f"{words[:80]}.{suffix}"


class HistoryPage(QWidget):
    """Reads through the Desk; a newer search replaces an older one that still runs."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._shown_id = ""
        self._their_count = 0
        self.model = HistoryModel(self)
        self.tabs = MeetingTabs(face)
        self.lines, self.view = self.tabs.ours.model, self.tabs.ours.view
        self._recorded: Mapping[str, tuple[Any, ...]] = {}
        past = QWidget()
        past.setObjectName("transparent")
        self.host = PlayerHost(face, past)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.host)
        row = QHBoxLayout(past)
        row.setContentsMargins(20, 16, 20, 18)
        row.setSpacing(16)
        row.addWidget(self._make_list())
        row.addWidget(self._make_meeting(), 1)
        self._delay = QTimer(self, singleShot=True, interval=_SEARCH_DELAY_MS)
        self._delay.timeout.connect(self.reload)
        self.search.textChanged.connect(self._delay.start)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._show_nothing()

    def _make_list(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("card", "true")
        frame.setFixedWidth(360)
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 12, 8, 8)
        column.setSpacing(8)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search in everything that was said")
        self.search.setAccessibleName("Search in everything that was said")
        self.search.setClearButtonEnabled(True)
        look = self._face.look
        self._glass = self.search.addAction(
            icon(look.resources, "search", look.theme.muted),
            QLineEdit.ActionPosition.LeadingPosition,
        )
        look.changed.connect(self._recolour)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setItemDelegate(HistoryDelegate(look))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName("Past meetings")
        self.list.viewport().setAutoFillBackground(False)
        self._no_meeting = EmptyNote("", "")
        self.open_file = button(
            "Open a recording file…",
            kind="quiet",
            tip="Play a .speakdesk file, also one from somebody else",
        )
        self.open_file.clicked.connect(self.host.ask_for_file)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addWidget(self._no_meeting, 1)
        column.addWidget(self.open_file)
        return frame

    def _recolour(self) -> None:
        look = self._face.look
        self._glass.setIcon(icon(look.resources, "search", look.theme.muted))

    def _make_meeting(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("card", "true")
        column = QVBoxLayout(frame)
        column.setContentsMargins(18, 14, 14, 12)
        column.setSpacing(8)
        self._head = QWidget()
        self._head.setObjectName("transparent")
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(0)
        self._title = ElidedLabel()
        self._title.inner.setProperty("type", "title")
        self._when = ElidedLabel(tone="muted")
        words.addWidget(self._title)
        words.addWidget(self._when)
        self.export = button(
            "Export…",
            tip="Save this meeting as text, subtitles or JSON; with the provider's transcript "
            "where that is shown",
        )
        self.delete = button("Delete…", kind="danger", tip="Remove this meeting for good")
        self.export.clicked.connect(self._on_export)
        self.delete.clicked.connect(self._on_delete)
        self.play = button(
            "Open the recording",
            kind="primary",
            tip="See and hear this meeting as the flight recorder kept it",
        )
        self.play.clicked.connect(self._on_play)
        self.host.left.connect(self.play.setFocus)
        head.addLayout(words, 1)
        head.addWidget(self.play)
        head.addWidget(self.export)
        head.addWidget(self.delete)
        self._nothing = EmptyNote(*_NO_MEETING_CHOSEN)
        column.addWidget(self._head)
        column.addWidget(self.tabs, 1)
        column.addWidget(self._nothing, 1)
        return frame

    def _show_nothing(self) -> None:
        self._shown_id = ""
        self._head.setVisible(False)
        self.tabs.setVisible(False)
        self._nothing.setVisible(True)
        self._refresh_empty()

    def _refresh_empty(self) -> None:
        has_rows = self.model.rowCount() > 0
        self.list.setVisible(has_rows)
        self._no_meeting.setVisible(not has_rows)
        if self.search.text().strip():
            self._no_meeting.set_words("Nobody said that.", "Try fewer or other words.")
        else:
            self._no_meeting.set_words(
                "Past meetings appear here.", "Launch a bot on the Desk page; its lines are kept."
            )

    def reload(self) -> None:
        """Read the newest meetings, or those the search finds."""
        self._face.tasks.start(self._load(), "read history", preempt=True)

    async def _load(self) -> None:
        try:
            rows = await self._face.desk.history.meetings(
                limit=PAGE, search=self.search.text().strip()
            )
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        self._recorded = await self._face.desk.flights.recorded_meetings()
        shown = self._shown_id
        self.model.set_recorded(self._recorded)
        self.model.set_rows(rows, is_complete=len(rows) < PAGE)
        place = self.model.row_of(shown)
        if place < 0 and rows:
            place = 0
        if place >= 0:
            self._shown_id = ""
            self.list.setCurrentIndex(self.model.index(place, 0))
            self._refresh_empty()
        else:
            self._show_nothing()

    def _on_scrolled(self, value: int) -> None:
        bar = self.list.verticalScrollBar()
        if value >= bar.maximum() - 200 and bar.maximum() > 0 and not self.model.is_complete:
            if self._face.tasks.is_running("read more history"):
                return
            self._face.tasks.start(self._load_more(), "read more history")

    async def _load_more(self) -> None:
        try:
            rows = await self._face.desk.history.meetings(
                limit=PAGE, before=self.model.last_id, search=self.search.text().strip()
            )
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        self.model.append(rows, is_complete=len(rows) < PAGE)

    def _on_current(self) -> None:
        index = self.list.currentIndex()
        if not index.isValid():
            return
        summary = index.data(SUMMARY_ROLE)
        if summary.id == self._shown_id:
            return
        self._shown_id = summary.id
        self._show_head(summary)
        self._face.tasks.start(self._load_meeting(summary.id), "read meeting", preempt=True)

    def _show_head(self, summary: Any) -> None:
        self._title.set_text(summary.title)
        cause = f" · {summary.cause}" if summary.cause else ""
        self._when.set_text(when_words(summary) + cause)
        self._head.setVisible(True)
        self.play.setVisible(bool(self._recorded.get(summary.id)))
        self._nothing.setVisible(False)
        self.tabs.setVisible(True)

    async def _load_meeting(self, meeting_id: str) -> None:
        try:
            record = await self._face.desk.history.meeting(meeting_id)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        lines = await asyncio.to_thread(lines_of, record)
        theirs = await asyncio.to_thread(provider_lines_of, record)
        self._their_count = len(theirs)
        self.tabs.show_lines(lines, theirs, record)
        self.tabs.show_meeting(record)
        self._show_head(record.summary)
        self._go_to_match()

    def apply(self, events: Sequence[Event]) -> None:
        """Look again at the meeting that is shown where something about it arrived."""
        if self._shown_id and any(
            isinstance(e, AftermathChanged) and e.meeting_id == self._shown_id for e in events
        ):
            self._face.tasks.start(
                self._look_again(self._shown_id), "read what arrived", preempt=True
            )

    async def _look_again(self, meeting_id: str) -> None:
        try:
            record = await self._face.desk.history.meeting(meeting_id)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        theirs = await asyncio.to_thread(provider_lines_of, record)
        if meeting_id != self._shown_id:
            return
        if len(theirs) != self._their_count:
            self._their_count = len(theirs)
            self.tabs.theirs.show_lines(theirs, "", "")
        self.tabs.show_meeting(record)

    def _go_to_match(self) -> None:
        words = self.search.text().casefold().replace('"', " ").split()
        target = 0
        for row in range(self.lines.rowCount() if words else 0):
            text = self.lines.line(row).text.casefold()
            if all(word in text for word in words):
                target = row
                break
        if self.lines.rowCount():
            index = self.lines.index(target, 0)
            self.view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)
            if words:
                self.tabs.go_to(LINES)
                self.view.selectionModel().setCurrentIndex(
                    index,
                    QItemSelectionModel.SelectionFlag.ClearAndSelect
                    | QItemSelectionModel.SelectionFlag.Rows,
                )

    def _on_play(self) -> None:
        notes = self._recorded.get(self._shown_id, ())
        self.host.open_one_of(notes, self._title.text, self.play)

    def _on_export(self) -> None:
        self._face.tasks.start(self._export(), "export meeting")

    async def _export(self) -> None:
        meeting_id, source = self._shown_id, self.tabs.source
        name = file_name(self._title.text, "txt")
        title = "Export meeting"
        if source == "provider":
            title = "Export meeting with the provider's transcript"
        chosen = await ask_save_path(self.window(), title, name, list(_FILTERS))
        if chosen is None or not meeting_id:
            return
        path, chosen_filter = chosen
        form = _FILTERS.get(chosen_filter, "txt")
        if path.suffix.lstrip(".").lower() in _FILTERS.values():
            given = path.suffix.lstrip(".").lower()
            path = path if given == form or path.name != name else path.with_suffix(f".{form}")
            form = path.suffix.lstrip(".").lower()
        else:
            path = path.with_name(f"{path.name}.{form}")
        try:
            text = await self._face.desk.history.export(meeting_id, form, source)
            await asyncio.to_thread(_write, path, text)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
        except OSError as e:
            words = e.strerror or str(e)
            self._face.tell(
                "bad", f"{path.name} could not be written: {words}.", "Choose another place."
            )
        else:
            self._face.tell("info", f"The meeting was saved as {path.name}.", "")

    def _on_delete(self) -> None:
        self._face.tasks.start(self._delete(), "delete meeting")

    async def _delete(self) -> None:
        meeting_id = self._shown_id
        sure = await ask(
            self.window(),
            f"Delete “{self._title.text}”?",
            "Everything said in this meeting, its recordings and the files fetched of it are "
            "removed from this computer for good.",
            "Delete",
            dangerous=True,
        )
        if not sure or not meeting_id:
            return
        self.tabs.files.stop(meeting_id)
        try:
            await self._face.desk.history.delete(meeting_id)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        self._shown_id = ""
        self.model.remove(meeting_id)
        if self.model.rowCount():
            self._on_current()
        else:
            self.lines.set_lines(())
            self._show_nothing()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
