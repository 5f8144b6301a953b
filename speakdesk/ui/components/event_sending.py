"""Sending a bot to the chosen event: who, to which of the series, and what must be true for it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from speakdesk.app.calendar.agenda import AgendaEvent
from speakdesk.app.calendar.sending import EventWish, SendingWay, Sent
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.dialogs.ask import ask
from speakdesk.ui.face import Face
from speakdesk.ui.models.agenda import bot_words, day_words, place_words, span_words
from speakdesk.ui.widgets.basics import ElidedLabel, button, label, set_tone
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.words import count

_RECORD_ONLY = "Only record, no voice"


class EventSending(QFrame):
    """Emits `changed` when bots were sent or taken back."""

    changed = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._entry: AgendaEvent | None = None
        self._is_busy = False
        self.setProperty("card", "true")
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 14)
        column.setSpacing(8)
        column.addLayout(self._make_head())
        column.addLayout(self._make_choice())
        self._plan = label(tone="muted", wrap=True, selectable=True)
        self._plan.setAccessibleName("How the bot gets there and what must be true")
        column.addWidget(self._plan)
        self.trouble = ProblemNote("Why no bot could be sent")
        column.addWidget(self.trouble)
        self.persona.currentIndexChanged.connect(lambda _i: self.refresh())
        self.scope.currentIndexChanged.connect(lambda _i: self.refresh())
        self.name.textChanged.connect(lambda _t: self.refresh())

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(0)
        self._title = ElidedLabel()
        self._title.inner.setProperty("type", "title")
        self._when = ElidedLabel(tone="muted")
        words.addWidget(self._title)
        words.addWidget(self._when)
        row.addLayout(words, 1)
        self.take_back = button("Take back…", tip="Take the bots of this event back")
        self.take_back.clicked.connect(lambda: self._start(self._unsend(), "take bot back"))
        row.addWidget(self.take_back)
        return row

    def _make_choice(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.persona = QComboBox()
        self.persona.setAccessibleName("Who goes to this event")
        self.persona.setMinimumWidth(200)
        self.persona.setIconSize(QSize(18, 18))
        self.name = QLineEdit()
        self.name.setAccessibleName("What the bot is called")
        self.name.setMinimumWidth(120)
        self.scope = QComboBox()
        self.scope.setAccessibleName("To this event or the whole series")
        self.scope.addItem("This event", False)
        self.scope.addItem("The whole series", True)
        self.go = button("Send", kind="primary")
        self.go.setMinimumWidth(112)
        self.go.clicked.connect(self.send)
        row.addWidget(label("Send", tone="muted"))
        row.addWidget(self.persona, 2)
        row.addWidget(label("named", tone="muted"))
        row.addWidget(self.name, 2)
        row.addWidget(self.scope)
        row.addWidget(self.go)
        return row

    def load_personas(self) -> None:
        """Fill in the library; the choice stays where it can."""
        before = self.persona.currentData()
        self.persona.blockSignals(True)
        self.persona.clear()
        for persona in self._face.desk.personas.all():
            self.persona.addItem(persona.name, persona.key)
        self.persona.insertSeparator(self.persona.count())
        self.persona.addItem(_RECORD_ONLY, "")
        default = next(iter(self._face.desk.default_personas()), "")
        wanted = before if before is not None else default
        self.persona.setCurrentIndex(max(0, self.persona.findData(wanted)))
        self.persona.blockSignals(False)
        self.refresh()

    def show_event(self, entry: AgendaEvent | None) -> None:
        """Offer to send a bot to this event; None hides the card."""
        is_other = (
            entry is None
            or self._entry is None
            or entry.event.event_id != self._entry.event.event_id
        )
        self._entry = entry
        self.setVisible(entry is not None)
        if is_other:
            self.name.clear()
            self.trouble.show_problems()
            self.scope.setCurrentIndex(0)
        self.refresh()

    @property
    def wish(self) -> EventWish:
        """What is chosen."""
        entry = self._entry
        repeats = entry is not None and entry.event.is_recurring
        return EventWish(
            persona=self.persona.currentData() or "",
            whole_series=repeats and bool(self.scope.currentData()),
            name=self.name.text().strip(),
        )

    def refresh(self) -> None:
        """Say anew what would happen; call it also when time has passed."""
        entry = self._entry
        if entry is None:
            return
        self._title.set_text(entry.event.title or "(no title)")
        today = self._face.desk.calendar.now().astimezone().date()
        day = day_words(entry.start.astimezone().date(), today)
        parts = (day, span_words(entry), place_words(entry), bot_words(entry))
        self._when.set_text(" · ".join(part for part in parts if part))
        self.scope.setVisible(entry.event.is_recurring)
        self.take_back.setVisible(entry.has_any_bot)
        self._plan_of(entry)

    def _plan_of(self, entry: AgendaEvent) -> None:
        wish = self.wish
        try:
            plan = self._face.desk.calendar.plan(entry, wish)
            name = self._face.desk.calendar.bot_name(EventWish(persona=wish.persona))
        except SpeakDeskError as e:
            self._plan.setText(str(e.problem))
            set_tone(self._plan, "attention")
            self.go.setEnabled(False)
            return
        self.name.setPlaceholderText(name)
        problem = plan.problem
        words = str(problem) if problem is not None else " ".join((plan.sentence, *plan.must))
        self._plan.setText(words)
        set_tone(self._plan, "attention" if problem is not None else "muted")
        self.go.setText(
            "Sending…" if self._is_busy else "Send now" if plan.way is SendingWay.NOW else "Send"
        )
        self.go.setAccessibleName(f"{self.go.text()} to {entry.event.title or 'this event'}")
        self.go.setEnabled(problem is None and not self._is_busy)
        self.take_back.setEnabled(not self._is_busy)

    def send(self) -> None:
        """Send what is chosen, where nothing stands in the way."""
        if self._entry is not None and self.go.isEnabled():
            self._start(self._send(self._entry, self.wish), "send to event")

    def _start(self, coro: Coroutine[Any, Any, None], name: str) -> None:
        self._face.tasks.start(coro, name)

    async def _send(self, entry: AgendaEvent, wish: EventWish) -> None:
        await self._do(self._face.desk.calendar.send(entry, wish), "is set", "are set")

    async def _unsend(self) -> None:
        entry = self._entry
        if entry is None:
            return
        series = self.wish.whole_series
        what = "of the whole series" if series else f"of “{entry.event.title or 'this event'}”"
        detail = "A bot that is in the meeting already leaves it."
        if entry.has_other_bot:
            detail = f"One was not sent from this SpeakDesk. {detail}"
        title = f"Take back the bots {what}?"
        if await ask(self.window(), title, detail, "Take back", dangerous=True):
            unsend = self._face.desk.calendar.unsend(entry, whole_series=series)
            await self._do(unsend, "was taken back", "were taken back")

    async def _do(self, work: Coroutine[Any, Any, Sent], one: str, many: str) -> None:
        self._is_busy = True
        self.trouble.show_problems()
        self.refresh()
        try:
            sent = await work
        except SpeakDeskError as e:
            self.trouble.show_problems(e.problem)
        else:
            verb = one if sent.count == 1 else many
            self._face.tell("info", f"{count(sent.count, 'bot')} {verb}.", "")
            self.trouble.show_problems(*(problem for _, problem in sent.failures[:3]))
            self.name.clear()
            self.changed.emit()
        finally:
            self._is_busy = False
            self.refresh()
