"""The connected calendars: how each stands, read again, sign in again, disconnect."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.calendar.agenda import calendar_title
from speakdesk.domain.calendar import CalendarConnection
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.dialogs.ask import ask
from speakdesk.ui.face import Face
from speakdesk.ui.models.entries import EntriesModel, Entry
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.entry_delegate import HEIGHT, EntryDelegate
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.words import local_day

_VENDORS = {"google": "Google", "microsoft": "Microsoft"}
_STATES = {"active": ("watched", "good"), "": ("watched", "good")}
_MOST_SHOWN = 3


def calendar_entry(connection: CalendarConnection) -> Entry:
    """What a row says about a calendar."""
    vendor = _VENDORS.get(connection.platform.lower(), connection.platform)
    title = calendar_title(connection)
    read = f"read {local_day(connection.synced)}" if connection.synced else ""
    account = connection.email if connection.email != title else ""
    status, tone = _STATES.get(connection.status, (connection.status.replace("_", " "), "muted"))
    if connection.problem is not None:
        tone = "bad"
    tip = str(connection.problem) if connection.problem is not None else connection.status_words
    detail = " · ".join(part for part in (vendor, account, read) if part)
    return Entry(title, detail or "calendar", status, tone, tip)


class CalendarList(QFrame):
    """Emits `connect_asked`, `renew_asked` with a calendar, and `changed` after a change."""

    connect_asked = Signal()
    renew_asked = Signal(object)
    changed = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self.setProperty("card", "true")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 0, 0)
        head.addWidget(label("CALENDARS", size="caption"))
        head.addStretch(1)
        self.add = button("Connect…", kind="small", name="Connect a calendar")
        self.add.clicked.connect(self.connect_asked)
        head.addWidget(self.add)
        column.addLayout(head)
        self.model: EntriesModel[CalendarConnection] = EntriesModel(
            lambda c: c.calendar_id, calendar_entry, self
        )
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(EntryDelegate(face.look))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName("Connected calendars")
        self.list.viewport().setAutoFillBackground(False)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._on_current())
        column.addWidget(self.list)
        self._none = label("No calendar is connected yet.", tone="muted", wrap=True)
        self._none.setContentsMargins(4, 0, 4, 4)
        column.addWidget(self._none)
        self.trouble = ProblemNote("What is wrong with this calendar")
        column.addWidget(self.trouble)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.sync = button("Read again", kind="small", tip="Read this calendar's events again now")
        self.renew = button("Sign in again…", kind="small", tip="For when the permission was lost")
        self.drop = button("Disconnect…", kind="small", tip="Watch this calendar no more")
        self.sync.clicked.connect(lambda: self._start(self._sync(), "synchronise calendar"))
        self.renew.clicked.connect(self._on_renew)
        self.drop.clicked.connect(lambda: self._start(self._disconnect(), "disconnect calendar"))
        for action in (self.sync, self.renew, self.drop):
            row.addWidget(action)
        row.addStretch(1)
        column.addLayout(row)
        self._on_current()

    def show_calendars(self, calendars: Sequence[CalendarConnection]) -> None:
        """Show these; the chosen one stays chosen."""
        before = self.chosen
        self.model.set_items(calendars)
        row = self.model.row_of(before.calendar_id) if before is not None else -1
        if calendars:
            self.list.setCurrentIndex(self.model.index(max(0, row), 0))
        self.list.setFixedHeight(HEIGHT * max(1, min(_MOST_SHOWN, len(calendars))) + 4)
        self.list.setVisible(bool(calendars))
        self._none.setVisible(not calendars)
        self._on_current()

    @property
    def chosen(self) -> CalendarConnection | None:
        """The calendar the actions are for."""
        return self.model.item(self.list.currentIndex().row())

    def _on_current(self) -> None:
        chosen = self.chosen
        for action in (self.sync, self.renew, self.drop):
            action.setEnabled(chosen is not None)
        problem = chosen.problem if chosen is not None else None
        self.trouble.show_problems(*([problem] if problem is not None else []))

    def _start(self, coro: object, name: str) -> None:
        self._face.tasks.start(coro, name)  # type: ignore[arg-type]

    def _on_renew(self) -> None:
        if self.chosen is not None:
            self.renew_asked.emit(self.chosen)

    async def _sync(self) -> None:
        chosen = self.chosen
        if chosen is None:
            return
        self.sync.setEnabled(False)
        try:
            await self._face.desk.calendar.accounts.sync(chosen.calendar_id)
        except SpeakDeskError as e:
            self.trouble.show_problems(e.problem)
        else:
            words = f"{calendar_title(chosen)} is being read again; that takes about a minute."
            self._face.tell("info", words, "")
            self.changed.emit()
        finally:
            self.sync.setEnabled(self.chosen is not None)

    async def _disconnect(self) -> None:
        chosen = self.chosen
        if chosen is None:
            return
        sure = await ask(
            self.window(),
            f"Disconnect {calendar_title(chosen)}?",
            "Its events go from here, and the bots that the provider would send to them by itself "
            "are taken back. Bots with a voice that wait in SpeakDesk stay.",
            "Disconnect",
            dangerous=True,
        )
        if not sure:
            return
        try:
            await self._face.desk.calendar.accounts.disconnect(chosen.calendar_id)
        except SpeakDeskError as e:
            self.trouble.show_problems(e.problem)
        else:
            self.changed.emit()
