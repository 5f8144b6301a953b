"""The Recording and files tab: what the provider keeps, fetched from here."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from speakdesk.app.past.after_meeting import DownloadProgress
from speakdesk.app.past.history import FileRecord, MeetingRecord
from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.domain.errors import Problem, SpeakDeskError
from speakdesk.ui.components.past.file_row import Fetching, FileRow
from speakdesk.ui.dialogs.ask import ask
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import button, label, rule
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.widgets.status import StatusLabel
from speakdesk.ui.words import local_time

_SHOW_EVERY_MS = 100
Place = tuple[str, str, ArtifactKind]


class FilesPanel(QWidget):
    """Downloads go on while another meeting is looked at; stopped ones know where they were."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._record: MeetingRecord | None = None
        self._rows: dict[Place, FileRow] = {}
        self._fetching: dict[Place, Fetching] = {}
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._looking: set[str] = set()
        self._troubles: dict[str, Problem] = {}
        self._since = QElapsedTimer()
        self._since.start()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.status = StatusLabel(face.look)
        self.look_again = button(
            "Look again", kind="small", tip="Ask the provider now what there is"
        )
        self.look_again.clicked.connect(self._on_look)
        self.delete = button("Delete there…", kind="small", tip="Delete what the provider keeps")
        self.delete.clicked.connect(self._on_delete)
        head.addWidget(self.status, 1)
        head.addWidget(self.delete)
        head.addWidget(self.look_again)
        self.problem = ProblemNote("What went wrong with the recording")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setAccessibleName("Files of the meeting")
        self._scroll.viewport().setAutoFillBackground(False)
        self.empty = EmptyNote("", "")
        column.addLayout(head)
        column.addWidget(self.problem)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.empty, 1)

    def show_meeting(self, record: MeetingRecord) -> None:
        """Show this meeting's files."""
        self._record = record
        provider = self._provider()
        files = [(after.bot_id, file) for after in record.aftermath for file in after.files]
        self._show_state(record, provider)
        self._scroll.setVisible(bool(files))
        self.empty.setVisible(not files)
        if not files:
            self.empty.set_words(*self._empty_words(record, provider))
        places = [(record.summary.id, bot_id, file.kind) for bot_id, file in files]
        if places != list(self._rows):
            self._build(record, places, provider)
        for place, (_, file) in zip(places, files, strict=True):
            self._rows[place].show_file(file, self._fetching.get(place))

    def row(self, bot_id: str, kind: ArtifactKind) -> FileRow:
        """The row of one file of the meeting that is shown."""
        assert self._record is not None
        return self._rows[self._record.summary.id, bot_id, kind]

    def stop(self, meeting_id: str) -> None:
        """Stop the downloads of a meeting that is about to be deleted."""
        for place, task in tuple(self._tasks.items()):
            if place[0] == meeting_id:
                task.cancel()

    # -- showing --------------------------------------------------------------------------------

    def _provider(self) -> str:
        key = self._record.summary.provider if self._record is not None else ""
        return next((p.name for p in self._face.desk.providers() if p.key == key), key)

    def _keeps(self) -> bool:
        record = self._record
        return record is not None and self._face.desk.after.keeps_recordings(
            record.summary.provider
        )

    def _show_state(self, record: MeetingRecord, provider: str) -> None:
        is_over = record.summary.ended is not None
        is_looking = record.summary.id in self._looking
        self.look_again.setVisible(self._keeps() and is_over)
        self.look_again.setEnabled(not is_looking)
        is_there = any(file.is_there for after in record.aftermath for file in after.files)
        self.delete.setVisible(is_over and is_there)
        self.delete.setEnabled(not is_looking)
        self.delete.setAccessibleName(f"Delete what {provider} keeps of this meeting")
        asked = max((after.asked for after in record.aftermath), default=None)
        words, tone = "", "muted"
        if is_looking:
            words, tone = f"{provider} is being asked …", "accent"
        elif asked is not None and all(after.is_complete for after in record.aftermath):
            words, tone = f"All there is, as {provider} said at {local_time(asked)}", "good"
        elif asked is not None and any(after.trouble is not None for after in record.aftermath):
            words, tone = f"Not all is known; asked at {local_time(asked)}", "attention"
        elif asked is not None:
            words = f"{provider} still works on it; asked at {local_time(asked)}"
            tone = "attention"
        self.status.setVisible(bool(words))
        self.status.set_status(words, tone)
        known = [p for a in record.aftermath for p in (a.problem, a.trouble)]
        known.append(self._troubles.get(record.summary.id))
        problems = dict.fromkeys(p for p in known if p is not None)
        self.problem.show_problems(*problems, tone="attention")

    def _empty_words(self, record: MeetingRecord, provider: str) -> tuple[str, str]:
        if not self._keeps():
            return (f"{provider} keeps no recording.", "What was said is under Lines.")
        if record.summary.ended is None:
            return (
                "Recording and files appear here once the bots have left.",
                "They are usually ready a few minutes later.",
            )
        if any(after.is_deleted for after in record.aftermath):
            return (f"The files of this meeting were deleted at {provider}.", "")
        if record.aftermath and all(after.is_complete for after in record.aftermath):
            return (
                f"{provider} has no files of this meeting.",
                "Nothing was recorded, or the bot was never let in.",
            )
        return (
            "Recording and files appear here when they are ready.",
            "They are asked for by themselves; Look again asks now.",
        )

    def _build(self, record: MeetingRecord, places: list[Place], provider: str) -> None:
        self._rows = {}
        inside = QWidget()
        inside.setObjectName("inside")
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 0, 12, 12)
        column.setSpacing(0)
        names = {bot.id: bot.name for bot in record.bots}
        last = ""
        for place in places:
            _, bot_id, kind = place
            if bot_id != last and len({p[1] for p in places}) > 1:
                caption = label(f"Recorded by {names.get(bot_id, bot_id)}", tone="muted")
                caption.setContentsMargins(0, 10 if last else 0, 0, 2)
                column.addWidget(caption)
            elif last:
                column.addWidget(rule())
            last = bot_id
            made = FileRow(kind, provider)
            made.download_asked.connect(partial(self._on_download, place))
            made.cancel_asked.connect(partial(self._on_cancel, place))
            made.folder_asked.connect(partial(self._on_folder, place))
            column.addWidget(made)
            self._rows[place] = made
        column.addStretch(1)
        self._scroll.setWidget(inside)

    def _file(self, place: Place) -> FileRecord | None:
        if self._record is None or self._record.summary.id != place[0]:
            return None
        after = self._record.after(place[1])
        return after.file(place[2]) if after is not None else None

    def _refresh(self, place: Place) -> None:
        file, row = self._file(place), self._rows.get(place)
        if file is not None and row is not None:
            row.show_file(file, self._fetching.get(place))

    # -- doing ------------------------------------------------------------------------------------

    def _on_look(self) -> None:
        if self._record is None:
            return
        meeting_id = self._record.summary.id
        self._looking.add(meeting_id)
        task = self._face.tasks.start(self._look(meeting_id), "look for files")
        task.add_done_callback(lambda _: self._looked(meeting_id))
        self._show_state(self._record, self._provider())

    async def _look(self, meeting_id: str) -> None:
        self._troubles.pop(meeting_id, None)
        try:
            await self._face.desk.after.refresh(meeting_id)
        except SpeakDeskError as e:
            self._troubles[meeting_id] = e.problem

    def _looked(self, meeting_id: str) -> None:
        self._looking.discard(meeting_id)
        if self._record is not None and self._record.summary.id == meeting_id:
            self._show_state(self._record, self._provider())

    def _on_delete(self) -> None:
        if self._record is not None:
            self._face.tasks.start(self._delete(self._record.summary.id), "delete at provider")

    async def _delete(self, meeting_id: str) -> None:
        provider = self._provider()
        sure = await ask(
            self.window(),
            f"Delete what {provider} keeps of this meeting?",
            f"Recording and transcript are deleted at {provider} for good. What is on this "
            "computer stays.",
            "Delete there",
            dangerous=True,
        )
        if not sure:
            return
        self.stop(meeting_id)
        try:
            await self._face.desk.after.delete_at_provider(meeting_id)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
        else:
            self._face.tell("info", f"{provider} keeps nothing of this meeting any more.", "")

    def _on_download(self, place: Place) -> None:
        if place in self._tasks:
            return
        known = self._fetching.get(place)
        progress = known.progress if known is not None else DownloadProgress(0, None)
        self._fetching[place] = Fetching(progress)
        task = self._face.tasks.start(self._download(place), f"download {place[1]} {place[2]}")
        self._tasks[place] = task
        # A task that is cancelled before its first step runs no line of its own.
        task.add_done_callback(lambda _: self._ended(place))
        self._refresh(place)

    async def _download(self, place: Place) -> None:
        meeting_id, bot_id, kind = place
        try:
            path = await self._face.desk.after.download(
                meeting_id, bot_id, kind, None, partial(self._on_progress, place)
            )
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        del self._fetching[place]
        self._face.tell("info", f"{path.name} is here.", "")

    def _ended(self, place: Place) -> None:
        self._tasks.pop(place, None)
        known = self._fetching.get(place)
        if known is not None:
            self._fetching[place] = Fetching(known.progress, is_running=False)
        self._refresh(place)

    def _on_progress(self, place: Place, progress: DownloadProgress) -> None:
        self._fetching[place] = Fetching(progress)
        if self._since.elapsed() >= _SHOW_EVERY_MS or progress.fraction == 1.0:
            self._since.restart()
            self._refresh(place)

    def _on_cancel(self, place: Place) -> None:
        task = self._tasks.get(place)
        if task is not None:
            task.cancel()

    def _on_folder(self, place: Place) -> None:
        file = self._file(place)
        if file is not None and file.path:
            folder = Path(file.path).parent
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
                self._face.tell(
                    "attention", "The folder could not be opened.", f"The file is in {folder}."
                )
