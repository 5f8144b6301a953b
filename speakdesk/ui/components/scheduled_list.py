"""The bots that wait for their time: another time or name, taking one back, the lock's clock."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDateTimeEdit,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.calendar.scheduled import ScheduledRow, Sender, locked
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.dialogs.ask import ask
from speakdesk.ui.face import Face
from speakdesk.ui.models.entries import EntriesModel, Entry
from speakdesk.ui.widgets.basics import button, label, set_tone
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.entry_delegate import EntryDelegate
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.words import clock, seconds_between

_SENDERS = {
    Sender.HERE: "from here",
    Sender.SPEAKDESK: "from before",
    Sender.OTHER: "from others",
}
_TIPS = {
    Sender.HERE: "It waits in this SpeakDesk, which must stay open until then.",
    Sender.SPEAKDESK: "A SpeakDesk on this account sent it before, here or elsewhere. "
    "It has a voice only where that SpeakDesk runs.",
    Sender.OTHER: "Somebody else sent it with the same MeetingBaas account.",
}
_SOON_S = 3600.0


class ScheduledList(QFrame):
    """Emits `changed` when a bot was changed or taken back."""

    changed = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._shown = ""
        self._is_busy = False
        self.setProperty("card", "true")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        caption = label("SCHEDULED BOTS", size="caption")
        caption.setContentsMargins(4, 0, 0, 0)
        column.addWidget(caption)
        self.model: EntriesModel[ScheduledRow] = EntriesModel(_key, self._entry, self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(EntryDelegate(face.look))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName("Scheduled bots")
        self.list.viewport().setAutoFillBackground(False)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._on_current())
        column.addWidget(self.list, 1)
        self._empty = EmptyNote(
            "Bots that wait for their time appear here.", "Send one to an event on the right."
        )
        column.addWidget(self._empty, 1)
        self.trouble = ProblemNote("Why the scheduled bots could not be read or changed")
        self._edit = self._make_edit()
        column.addWidget(self._edit)
        column.addWidget(self.trouble)
        self.show_rows((), knows_all=True)

    def _make_edit(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.at = QDateTimeEdit()
        self.at.setDisplayFormat("d MMM yyyy, HH:mm")
        self.at.setCalendarPopup(True)
        self.at.setAccessibleName("When the bot joins")
        self.name = QLineEdit()
        self.name.setAccessibleName("What the scheduled bot is called")
        self.name.returnPressed.connect(self.save)
        line.addWidget(self.at)
        line.addWidget(self.name, 1)
        column.addLayout(line)
        self._lock = label(tone="muted", size="small", wrap=True)
        self._lock.setAccessibleName("How long the bot can still be changed")
        column.addWidget(self._lock)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.keep = button("Save changes", kind="small")
        self.drop = button("Cancel bot…", kind="small", tip="Take this bot back")
        self.keep.clicked.connect(self.save)
        self.drop.clicked.connect(lambda: self._start(self._cancel(), "cancel scheduled bot"))
        row.addWidget(self.keep)
        row.addWidget(self.drop)
        row.addStretch(1)
        column.addLayout(row)
        self.at.dateTimeChanged.connect(lambda _at: self.tick())
        self.name.textChanged.connect(lambda _t: self.tick())
        return holder

    def _entry(self, row: ScheduledRow) -> Entry:
        now = self._face.desk.calendar.now()
        left_s = (row.join_at - now).total_seconds()
        soon = f"in {clock(left_s)}" if 0 < left_s < _SOON_S else ""
        status = "locked" if locked(row, now) is not None else soon
        place = row.link.display if row.link is not None else row.platform
        local = row.join_at.astimezone()
        when = f"{local.day} {local:%b, %H:%M}"
        detail = " · ".join(part for part in (when, place, _SENDERS[row.sender]) if part)
        tone = "attention" if status == "locked" else "accent"
        return Entry(row.name or "(no name)", detail, status, tone, _TIPS[row.sender])

    def show_rows(self, rows: Sequence[ScheduledRow], *, knows_all: bool) -> None:
        """Show these; the chosen one stays chosen, and what is being typed stays typed."""
        before = self.chosen
        self.model.set_items(rows)
        at = self.model.row_of(_key(before)) if before is not None else -1
        if rows:
            self.list.setCurrentIndex(self.model.index(max(0, at), 0))
        self.list.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        step = "Send one to an event on the right."
        if not knows_all:
            step = "MeetingBaas v1 lists none; only those of this SpeakDesk are shown."
        self._empty.set_words("Bots that wait for their time appear here.", step)
        self._on_current()

    @property
    def chosen(self) -> ScheduledRow | None:
        """The bot that is edited."""
        return self.model.item(self.list.currentIndex().row())

    def _on_current(self) -> None:
        row = self.chosen
        self._edit.setVisible(row is not None)
        if row is not None and _state(row) != self._shown:
            self._shown = _state(row)
            self.at.setDateTime(_local(row.join_at))
            self.name.setText(row.name)
            self.trouble.show_problems()
        self.tick()

    def tick(self) -> None:
        """Time has passed, or something was typed: what can still be done."""
        self.model.retell()
        row = self.chosen
        if row is None:
            self._shown = ""
            return
        now = self._face.desk.calendar.now()
        problem = locked(row, now)
        left_s = seconds_between(now, row.locks_at)
        until = f"{row.locks_at.astimezone():%H:%M}"
        words = f"Can be changed until {until}, four minutes before it joins."
        if problem is None and left_s < _SOON_S:
            words = f"Can be changed for {clock(left_s)} more, until {until}."
        self._lock.setText(str(problem) if problem is not None else words)
        set_tone(self._lock, "attention" if problem is not None else "muted")
        can = problem is None and not self._is_busy
        for widget in (self.at, self.name):
            widget.setEnabled(can)
        self.keep.setEnabled(can and self._is_changed(row))
        self.drop.setEnabled(not self._is_busy)

    def _is_changed(self, row: ScheduledRow) -> bool:
        name = self.name.text().strip()
        return self.at.dateTime() != _local(row.join_at) or (bool(name) and name != row.name)

    def save(self) -> None:
        """Keep what was changed."""
        if self.keep.isEnabled():
            self._start(self._save(), "change scheduled bot")

    def _start(self, coro: Coroutine[Any, Any, None], name: str) -> None:
        self._face.tasks.start(coro, name)

    async def _save(self) -> None:
        row = self.chosen
        if row is None:
            return
        name = self.name.text().strip()
        at = datetime.fromtimestamp(self.at.dateTime().toSecsSinceEpoch(), UTC)
        moved = self.at.dateTime() != _local(row.join_at)
        waiting = self._face.desk.calendar.waiting
        await self._do(
            waiting.reschedule(
                row, join_at=at if moved else None, name=name if name != row.name else ""
            )
        )

    async def _cancel(self) -> None:
        row = self.chosen
        if row is None:
            return
        detail = "It will not join." if row.sender is Sender.HERE else _TIPS[row.sender]
        if locked(row, self._face.desk.calendar.now()) is not None:
            detail = "It is locked already, so it is told to leave as soon as that can be done."
        title = f"Cancel {row.name or 'this bot'}?"
        if await ask(self.window(), title, detail, "Cancel bot", dangerous=True):
            await self._do(self._face.desk.calendar.waiting.cancel(row))

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._is_busy = True
        self.trouble.show_problems()
        self.tick()
        try:
            await work
        except SpeakDeskError as e:
            self.trouble.show_problems(e.problem)
        else:
            self._shown = ""
            self.changed.emit()
        finally:
            self._is_busy = False
            self.tick()


def _key(row: ScheduledRow) -> str:
    return row.provider_bot_id or row.bot_id


def _state(row: ScheduledRow) -> str:
    return f"{_key(row)} {row.join_at.isoformat()} {row.name}"


def _local(at: datetime) -> QDateTime:
    return QDateTime.fromSecsSinceEpoch(int(at.timestamp()) // 60 * 60)
