"""The Calendar page: connected calendars, what is coming, a bot for it, the scheduled bots."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.calendar.agenda import Agenda
from speakdesk.domain.calendar import CalendarConnection
from speakdesk.domain.errors import Problem, Reason, SpeakDeskError
from speakdesk.domain.events import BotStateChanged, Event, PersonaChanged
from speakdesk.ui.components.calendar_connect import CalendarConnect
from speakdesk.ui.components.calendar_list import CalendarList
from speakdesk.ui.components.event_sending import EventSending
from speakdesk.ui.components.scheduled_list import ScheduledList
from speakdesk.ui.face import Face, next_words
from speakdesk.ui.models.agenda import AgendaModel
from speakdesk.ui.widgets.agenda_delegate import AgendaDelegate
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.words import count

SIDE_WIDTH = 372
_NOTHING, _CONNECTING, _BOARD = range(3)
_READING = ("Reading the calendars…", "")


class EventView(QListView):
    """Coming events; Enter goes on to who shall go there."""

    def __init__(self, chosen: QWidget) -> None:
        super().__init__()
        self._next = chosen

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._next.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)


class CalendarPage(QWidget):
    """Reads when it is shown, when asked and after every change; what it knew stays meanwhile.

    Emits `settings_asked` where a key is wanting.
    """

    settings_asked = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._agenda: Agenda | None = None
        self._chosen_id = ""
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 16, 20, 18)
        self.stack = QStackedWidget()
        outer.addWidget(self.stack)
        self._nothing = EmptyNote(*_READING)
        self.again = button("Try again")
        self.settings = button("Open Settings", kind="primary")
        self.again.clicked.connect(self.reload)
        self.settings.clicked.connect(self.settings_asked)
        self.connect_card = CalendarConnect(face)
        self.stack.addWidget(self._make_nothing())
        self.stack.addWidget(self._centred(self.connect_card))
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)

    def complete(self) -> None:
        """Build the second half; apart, so that the window answers in between."""
        self.stack.addWidget(self._make_board())
        self.connect_card.connected.connect(self._on_connected)
        self.connect_card.cancelled.connect(lambda: self._show_board())
        self.calendars.connect_asked.connect(lambda: self._show_connect(None))
        self.calendars.renew_asked.connect(self._show_connect)
        for part in (self.calendars, self.scheduled, self.sending):
            part.changed.connect(self.reload)
        keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Refresh), self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self.reload)
        order = (
            self.refresh,
            self.list,
            self.sending.persona,
            self.sending.name,
            self.sending.scope,
            self.sending.go,
            self.sending.take_back,
        )
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _make_nothing(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        column = QVBoxLayout(holder)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for action in (self.again, self.settings):
            action.setVisible(False)
            row.addWidget(action)
        row.addStretch(1)
        self._nothing.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column.addStretch(2)
        column.addWidget(self._nothing)
        column.addLayout(row)
        column.addStretch(3)
        return holder

    @staticmethod
    def _centred(widget: QWidget) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        widget.setFixedWidth(720)
        row.addWidget(widget)
        row.addStretch(1)
        return holder

    def _make_board(self) -> QWidget:
        board = QWidget()
        board.setObjectName("transparent")
        row = QHBoxLayout(board)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        side = QVBoxLayout()
        side.setSpacing(16)
        self.calendars = CalendarList(self._face)
        self.scheduled = ScheduledList(self._face)
        for part in (self.calendars, self.scheduled):
            part.setFixedWidth(SIDE_WIDTH)
        side.addWidget(self.calendars)
        side.addWidget(self.scheduled, 1)
        row.addLayout(side)
        middle = QVBoxLayout()
        middle.setSpacing(16)
        self.sending = EventSending(self._face)
        middle.addWidget(self._make_events(), 1)
        middle.addWidget(self.sending)
        row.addLayout(middle, 1)
        return board

    def _make_events(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("card", "true")
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 12, 8, 8)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 4, 0)
        head.setSpacing(12)
        head.addWidget(label("COMING EVENTS", size="caption"))
        self._count: QLabel = label(tone="muted", size="small")
        head.addWidget(self._count)
        head.addStretch(1)
        self.refresh = button("Refresh", kind="small", tip="Read everything here again (F5)")
        self.refresh.clicked.connect(self.reload)
        head.addWidget(self.refresh)
        column.addLayout(head)
        self.trouble = ProblemNote("What could not be read")
        self.trouble.setContentsMargins(4, 0, 4, 0)
        column.addWidget(self.trouble)
        self.model = AgendaModel(self)
        self.list = EventView(self.sending.persona)
        self.list.setModel(self.model)
        self.list.setItemDelegate(AgendaDelegate(self._face.look))
        self.list.setMouseTracking(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName("Coming events; Enter chooses who goes there")
        self.list.viewport().setAutoFillBackground(False)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._on_current())
        self._no_events = EmptyNote("", "")
        column.addWidget(self.list, 1)
        column.addWidget(self._no_events, 1)
        return frame

    # -- reading --------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read calendars, events and scheduled bots again."""
        self._face.tasks.start(self._load(), "read calendars", preempt=True)

    async def _load(self) -> None:
        self.refresh.setEnabled(False)
        self.refresh.setText("Reading…")
        try:
            await asyncio.gather(self._load_rows(), self._load_agenda())
        finally:
            self.refresh.setEnabled(True)
            self.refresh.setText("Refresh")
        if self._agenda is None or self.stack.currentIndex() == _CONNECTING:
            return
        if self._has_anything:
            self._show_board()
        else:
            self._show_connect(None)

    async def _load_rows(self) -> None:
        desk = self._face.desk.calendar
        try:
            rows = await desk.waiting.rows()
        except SpeakDeskError as e:
            self.scheduled.trouble.show_problems(e.problem)
        else:
            self.scheduled.show_rows(rows, knows_all=desk.knows_all_scheduled)

    async def _load_agenda(self) -> None:
        try:
            agenda = await self._face.desk.calendar.agenda()
        except SpeakDeskError as e:
            self._show_trouble(e.problem)
            return
        self._agenda = agenda
        self.trouble.show_problems(*agenda.troubles)
        self.calendars.show_calendars(agenda.calendars)
        self._show_events(agenda)

    def _show_trouble(self, problem: Problem) -> None:
        if self._agenda is not None:
            self.trouble.show_problems(problem)
        elif self.stack.currentIndex() != _CONNECTING:
            self._nothing.set_words(problem.sentence, next_words(problem))
            self.again.setVisible(True)
            self.settings.setVisible(problem.reason in (Reason.MISSING, Reason.AUTHENTICATION))
            self.stack.setCurrentIndex(_NOTHING)

    @property
    def _has_anything(self) -> bool:
        calendars = self._agenda.calendars if self._agenda is not None else ()
        return bool(calendars or self.scheduled.model.items)

    def _show_events(self, agenda: Agenda) -> None:
        self.model.set_events(agenda.events, self._face.desk.calendar.now())
        self._count.setText(count(self.model.count, "event") if self.model.count else "")
        row = self.model.row_of(self._chosen_id)
        row = row if row >= 0 else self.model.first_row()
        if row >= 0:
            self.list.setCurrentIndex(self.model.index(row, 0))
        self.list.setVisible(row >= 0)
        self._no_events.setVisible(row < 0)
        self._no_events.set_words(
            "The meetings of the next two weeks appear here.",
            "There is none. After a change in the calendar, choose Read again on the left."
            if agenda.calendars
            else "Connect a calendar on the left.",
        )
        self._on_current()

    def _on_current(self) -> None:
        entry = self.model.entry(self.list.currentIndex().row())
        self._chosen_id = entry.event.event_id if entry is not None else ""
        self.sending.show_event(entry)

    # -- connecting -----------------------------------------------------------------------------

    def _show_connect(self, renewed: CalendarConnection | None) -> None:
        self.connect_card.start(renewed, can_cancel=self._has_anything)
        self.stack.setCurrentIndex(_CONNECTING)

    def _show_board(self) -> None:
        self.stack.setCurrentIndex(_BOARD)

    def _on_connected(self, connection: CalendarConnection) -> None:
        name = connection.name or connection.email or "The calendar"
        self._face.tell("info", f"{name} is connected; its events come within a few minutes.", "")
        self._show_board()
        self.reload()

    # -- facts and time -------------------------------------------------------------------------

    def apply(self, events: Iterable[Event]) -> None:
        """Show what has happened to bots and personas."""
        found = tuple(events)
        if any(isinstance(event, PersonaChanged) for event in found):
            self.sending.load_personas()
        if any(isinstance(event, BotStateChanged) for event in found) and self.isVisible():
            self._retell()

    def _retell(self) -> None:
        if self._agenda is not None:
            self._agenda = self._face.desk.calendar.with_bots(self._agenda)
            self._show_events(self._agenda)

    def _tick(self) -> None:
        self.scheduled.tick()
        if self._agenda is None:
            return
        now = self._face.desk.calendar.now()
        if any(entry.end <= now for entry in self._agenda.events):
            self._retell()
        elif now.second == 0:
            self.sending.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.sending.persona.count() == 0:
            self.sending.load_personas()
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()
