"""One bot on the Desk page: who, what is proven, what it does now, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.launch import BotView
from speakdesk.ui.components.bot_facts import RECORDER_FACTS
from speakdesk.ui.face import next_words
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import Avatar
from speakdesk.ui.widgets.basics import ElidedLabel, button, label, set_tone
from speakdesk.ui.widgets.evidence_strip import EvidenceStrip
from speakdesk.ui.widgets.level_meter import LevelMeter
from speakdesk.ui.widgets.status import StatusLabel
from speakdesk.ui.words import TONES, answer_words, count, duration_words, state_words

STATE_WIDTH = 168
CLOCK_WIDTH = 50
ANSWER_WIDTH = 44
ACTIONS_WIDTH = 180
_WIDTH_FOR_METER = 800


class BotRow(QWidget):
    """Emits what the person asks of this bot, with its id."""

    chosen = Signal(str)
    hush_asked = Signal(str)
    leave_asked = Signal(str)
    again_asked = Signal(str)
    clear_asked = Signal(str)
    pause_asked = Signal(str)
    resume_asked = Signal(str)
    chat_asked = Signal(str)
    details_asked = Signal(str)
    settings_asked = Signal()
    moved = Signal(int)

    def __init__(
        self,
        look: Look,
        view: BotView,
        abilities: Collection[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._view = view
        self._abilities = abilities
        self._holder = ""
        self._is_chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 8, 12, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(Avatar(look, view.name, key=view.persona), 0, 0)
        who = QVBoxLayout()
        who.setSpacing(1)
        self._name = ElidedLabel()
        self._name.inner.setProperty("strong", "true")
        self._strip = EvidenceStrip(look)
        if view.is_recorder:
            self._strip.set_facts(RECORDER_FACTS)
        who.addWidget(self._name)
        who.addWidget(self._strip)
        grid.addLayout(who, 0, 1)
        self._state = StatusLabel(look, strong=True)
        self._state.setFixedWidth(STATE_WIDTH)
        grid.addWidget(self._state, 0, 2)
        self._clock = self._figure(CLOCK_WIDTH, "Time in the meeting")
        grid.addWidget(self._clock, 0, 3)
        self._answer = self._figure(ANSWER_WIDTH, "Time to the last answer")
        grid.addWidget(self._answer, 0, 4)
        self._meter = LevelMeter(look)
        self._meter.setToolTip("Above: what the meeting sends. Below: what the bot says.")
        grid.addWidget(self._meter, 0, 5)
        grid.addWidget(self._make_actions(), 0, 6)
        self._message = label(wrap=True, size="small", selectable=True)
        self.settings = button("Open Settings", kind="small", tip="Keys and addresses")
        self.settings.clicked.connect(self.settings_asked)
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self._message, 1)
        below.addWidget(self.settings, 0, Qt.AlignmentFlag.AlignTop)
        self.replace = button(
            "Send again",
            kind="small",
            name=f"Let {view.name} leave and send it again",
            tip="This one leaves, a fresh one comes",
        )
        self.replace.clicked.connect(lambda: self.again_asked.emit(view.bot_id))
        below.addWidget(self.replace, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(below, 1, 1, 1, 6)
        look.changed.connect(self.update)
        self.show_view(view, utc_now())

    def _figure(self, width: int, tip: str) -> ElidedLabel:
        figure = ElidedLabel(tone="muted")
        figure.inner.setFont(self._look.figures())
        figure.set_alignment(Qt.AlignmentFlag.AlignRight)
        figure.setFixedWidth(width)
        figure.setToolTip(tip)
        return figure

    def _make_actions(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        holder.setFixedWidth(ACTIONS_WIDTH)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addStretch(1)
        name = self._view.name
        bot_id = self._view.bot_id
        self.hush = button("Hush", kind="small", name=f"Hush {name}", tip="Be silent at once")
        self.pause = button("Pause", kind="small")
        self.leave = button("Leave", kind="small", name=f"Let {name} leave the meeting")
        self.again = button(
            "Send again",
            kind="small",
            name=f"Send {name} again",
            tip="The same bot, into the same meeting, the same way",
        )
        self.clear = button("Clear", kind="small", name=f"Take {name} off this list")
        self.more = button("⋯", kind="small", name=f"More for {name}", tip="More")
        self.more.setFixedWidth(32)
        self.more.setProperty("compact", "true")
        self._menu = QMenu(self.more)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(self._menu)
        self.hush.clicked.connect(lambda: self.hush_asked.emit(bot_id))
        self.pause.clicked.connect(self.toggle_recording)
        self.leave.clicked.connect(lambda: self.leave_asked.emit(bot_id))
        self.again.clicked.connect(lambda: self.again_asked.emit(bot_id))
        self.clear.clicked.connect(lambda: self.clear_asked.emit(bot_id))
        for made in (self.again, self.hush, self.pause, self.leave, self.clear, self.more):
            row.addWidget(made)
        return holder

    def toggle_recording(self) -> None:
        """Pause the provider's recording, or go on with it."""
        is_paused = self._view.is_recording_paused
        (self.resume_asked if is_paused else self.pause_asked).emit(self._view.bot_id)

    @property
    def can_pause(self) -> bool:
        """True where the provider's recording can be paused now."""
        return self._view.state is BotState.IN_CALL and "pause" in self._abilities

    def _fill_menu(self) -> None:
        self._menu.clear()
        for action in self.menu_actions():
            self._menu.addAction(action)

    def menu_actions(self) -> list[QAction]:
        """What else can be done about this bot now."""
        bot_id = self._view.bot_id
        found: list[QAction] = []

        def _add(words: str, act: Callable[[], None], is_on: bool = True, tip: str = "") -> None:
            action = QAction(words, self._menu)
            action.triggered.connect(lambda _on=False: act())
            action.setEnabled(is_on)
            action.setToolTip(tip)
            found.append(action)

        if self._view.state is BotState.IN_CALL:
            _add(
                "Write into the chat…",
                lambda: self.chat_asked.emit(bot_id),
                "chat" in self._abilities,
            )
            words = (
                "Resume the recording" if self._view.is_recording_paused else "Pause the recording"
            )
            _add(words, self.toggle_recording, self.can_pause)
        _add("Show the details", lambda: self.details_asked.emit(bot_id))
        return found

    @property
    def view(self) -> BotView:
        """What is shown."""
        return self._view

    @property
    def holder(self) -> str:
        """Whom the bot waits for, as far as is shown."""
        return self._holder

    @property
    def message(self) -> str:
        """The sentence under the row."""
        return self._message.text()

    @property
    def state_text(self) -> str:
        """The words of the state column."""
        return self._state.text

    def set_chosen(self, chosen: bool) -> None:
        """Mark this bot as the one the panel below is about."""
        if chosen != self._is_chosen:
            self._is_chosen = chosen
            self.update()

    def set_levels(self, heard: float, spoken: float) -> None:
        """Move the meter."""
        self._meter.set_levels(heard, spoken)

    def show_view(self, view: BotView, now: datetime, holder: str = "") -> None:
        """Show a newer state of the same bot; `holder` has the floor of its meeting."""
        self._view, self._holder = view, holder
        name = f"{view.name} · record-only" if view.is_recorder else view.name
        tip = f"{name}, {view.meeting.display}"
        if view.is_flight_recorded:
            name = f"{name} · recorded here"
            tip += ". The flight recorder keeps this meeting on this computer."
        self._name.set_text(name, tip)
        self._strip.set_marks(view.marks)
        self.tick(now)
        self._answer.set_text(answer_words(view))
        self._answer.setToolTip("Time to the last answer")
        self._show_actions(view)
        self._show_meter()
        if view.state is not BotState.IN_CALL:
            self._meter.set_levels(0.0, 0.0)
        message, tone = _message(view)
        self._message.setText(message)
        self._message.setVisible(bool(message))
        set_tone(self._message, tone)
        self.setAccessibleName(f"{name}, {self._state.text}. {message}".strip())
        self.update()

    def _show_actions(self, view: BotView) -> None:
        is_in_call = view.state is BotState.IN_CALL
        self.hush.setVisible(is_in_call and not view.is_recorder)
        self.pause.setVisible(view.is_recorder and self.can_pause)
        self.pause.setText("Resume" if view.is_recording_paused else "Pause")
        verb = "Go on with" if view.is_recording_paused else "Pause"
        self.pause.setAccessibleName(f"{verb} the recording of {view.name}")
        self.leave.setVisible(view.is_live)
        self.leave.setEnabled(view.state is not BotState.LEAVING)
        waits = view.state is BotState.PREPARING and view.join_at is not None
        self.leave.setText("Cancel" if waits else "Leave")
        self.again.setVisible(not view.is_live)
        self.clear.setVisible(not view.is_live)
        self.more.setVisible(view.is_live)
        self.replace.setVisible(view.is_live and has_lost_its_way(view))
        self.settings.setVisible(view.problem is not None and is_mended_in_settings(view.problem))

    def _show_meter(self) -> None:
        has_room = self.width() >= _WIDTH_FOR_METER
        policy = self._meter.sizePolicy()
        policy.setRetainSizeWhenHidden(has_room)
        self._meter.setSizePolicy(policy)
        is_heard = self._view.state is BotState.IN_CALL and not self._view.is_recorder
        self._meter.setVisible(has_room and is_heard)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_meter()

    def tick(self, now: datetime) -> None:
        """Move the clocks."""
        view = self._view
        words = state_words(view, now, self._holder)
        if view.state is BotState.ENDED and view.cause:
            tip = f"{view.cause[:1].upper()}{view.cause[1:]}"
        else:
            said = f"The provider says: {view.provider_status}" if view.provider_status else ""
            tip = f"{words}. {said}".strip()
        self._state.set_status(words, TONES[view.state], tip)
        self._clock.set_text(duration_words(view, now))
        self._clock.setToolTip("Time in the meeting")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self._view.bot_id)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._view.bot_id)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = self.rect().adjusted(6, 2, -6, -2).toRectF()
        ground = _ground(self._view)
        painter.setPen(Qt.PenStyle.NoPen)
        if ground or self._is_chosen:
            painter.setBrush(self._look.color(ground or "accent_soft"))
            painter.drawRoundedRect(body, 8, 8)
        if self._is_chosen:
            painter.setBrush(self._look.color("accent"))
            bar = QRectF(body.left(), body.top() + 10, 3, body.height() - 20)
            painter.drawRoundedRect(bar, 1.5, 1.5)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._look.color("accent"), 2))
            painter.drawRoundedRect(body.adjusted(1, 1, -1, -1), 7, 7)
        painter.end()


_OWN_WISH = ("asked to leave", "SpeakDesk closed")


def has_lost_its_way(view: BotView) -> bool:
    """True where the address the bot was given leads nowhere any more: only a fresh one helps."""
    return any(t.stage is Stage.TUNNEL for t in view.troubles)


def is_mended_in_settings(problem: Problem) -> bool:
    """True where a key or an address of this desk is missing or was refused."""
    if problem.stage is Stage.SETTINGS or problem.reason is Reason.AUTHENTICATION:
        return True
    return problem.stage is Stage.TUNNEL and problem.reason is Reason.MISSING


def _ground(view: BotView) -> str:
    if view.state is BotState.FAILED:
        return "bad_ground"
    if view.state is BotState.LOBBY or (view.is_live and view.troubles):
        return "attention_ground"
    return ""


def _message(view: BotView) -> tuple[str, str]:
    """The sentence under the row and its tone."""
    if view.state is BotState.FAILED and view.problem is not None:
        return f"{view.problem.sentence} {next_words(view.problem)}".strip(), ""
    if view.is_live and view.troubles:
        newest = view.troubles[-1]
        more = len(view.troubles) - 1
        others = f" And {count(more, 'more problem')}, see Details." if more else ""
        return f"{newest.sentence} {next_words(newest)}{others}".strip(), ""
    if view.is_live and view.advice:
        return view.advice, "" if view.state is BotState.LOBBY else "muted"
    if view.state is BotState.LOBBY:
        return f"Ask the host to let “{view.name}” in.", ""
    if view.is_recording_paused and view.state is BotState.IN_CALL and not view.is_recorder:
        return "The provider's recording is paused.", "muted"
    if view.state is BotState.ENDED and view.problem is not None:
        return f"{view.problem.sentence} {view.problem.next_step}".strip(), ""
    if view.state is BotState.ENDED and view.cause and view.cause not in _OWN_WISH:
        return f"{view.cause[:1].upper()}{view.cause[1:]}.", ""
    return "", ""
