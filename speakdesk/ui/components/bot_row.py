"""One bot on the Desk page: who, what is proven, what it does now, and what to do about it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from speakdesk.domain.bot import BotState
from speakdesk.domain.launch import BotView
from speakdesk.ui.face import next_words
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import Avatar
from speakdesk.ui.widgets.basics import ElidedLabel, button, label
from speakdesk.ui.widgets.evidence_strip import EvidenceStrip
from speakdesk.ui.widgets.level_meter import LevelMeter
from speakdesk.ui.widgets.status import StatusLabel
from speakdesk.ui.words import TONES, answer_words, count, duration_words, state_words

STATE_WIDTH = 152
CLOCK_WIDTH = 50
ANSWER_WIDTH = 44
ACTIONS_WIDTH = 128
_WIDTH_FOR_METER = 740


class BotRow(QWidget):
    """Emits what the person asks of this bot, with its id."""

    chosen = Signal(str)
    hush_asked = Signal(str)
    leave_asked = Signal(str)
    again_asked = Signal(str)
    clear_asked = Signal(str)
    moved = Signal(int)

    def __init__(self, look: Look, view: BotView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._view = view
        self._is_chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 8, 12, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(Avatar(look, view.name), 0, 0)
        who = QVBoxLayout()
        who.setSpacing(1)
        self._name = ElidedLabel()
        self._name.inner.setProperty("strong", "true")
        self._strip = EvidenceStrip(look)
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
        self.again = button("Launch again", kind="small", name=f"Launch {view.name} again")
        self.again.clicked.connect(lambda: self.again_asked.emit(view.bot_id))
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self._message, 1)
        below.addWidget(self.again)
        grid.addLayout(below, 1, 1, 1, 6)
        look.changed.connect(self.update)
        self.show_view(view, view.since)

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
        self.leave = button("Leave", kind="small", name=f"Let {name} leave the meeting")
        self.clear = button("Clear", kind="small", name=f"Take {name} off this list")
        self.hush.clicked.connect(lambda: self.hush_asked.emit(bot_id))
        self.leave.clicked.connect(lambda: self.leave_asked.emit(bot_id))
        self.clear.clicked.connect(lambda: self.clear_asked.emit(bot_id))
        for made in (self.hush, self.leave, self.clear):
            row.addWidget(made)
        return holder

    @property
    def view(self) -> BotView:
        """What is shown."""
        return self._view

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

    def show_view(self, view: BotView, now: datetime) -> None:
        """Show a newer state of the same bot."""
        self._view = view
        self._name.set_text(view.name, f"{view.name}, {view.meeting.display}")
        self._strip.set_marks(view.marks)
        self.tick(now)
        self._answer.set_text(answer_words(view))
        self._answer.setToolTip("Time to the last answer")
        is_live = view.is_live
        has_failed = view.state is BotState.FAILED
        self.hush.setVisible(view.state is BotState.IN_CALL)
        self.leave.setVisible(is_live)
        self.leave.setEnabled(view.state is not BotState.LEAVING)
        self.again.setVisible(has_failed)
        self.clear.setVisible(not is_live)
        self._show_meter()
        if view.state is not BotState.IN_CALL:
            self._meter.set_levels(0.0, 0.0)
        message = _message(view)
        self._message.setText(message)
        self._message.setVisible(bool(message))
        self.setAccessibleName(f"{view.name}, {self._state.text}. {message}".strip())
        self.update()

    def _show_meter(self) -> None:
        has_room = self.width() >= _WIDTH_FOR_METER
        policy = self._meter.sizePolicy()
        policy.setRetainSizeWhenHidden(has_room)
        self._meter.setSizePolicy(policy)
        self._meter.setVisible(has_room and self._view.state is BotState.IN_CALL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_meter()

    def tick(self, now: datetime) -> None:
        """Move the clocks."""
        view = self._view
        words = state_words(view, now)
        if view.state is BotState.ENDED and view.cause:
            tip = f"{view.cause[:1].upper()}{view.cause[1:]}"
        else:
            tip = f"The provider says: {view.provider_status}" if view.provider_status else ""
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


def _ground(view: BotView) -> str:
    if view.state is BotState.FAILED:
        return "bad_ground"
    if view.state is BotState.LOBBY or (view.is_live and view.troubles):
        return "attention_ground"
    return ""


def _message(view: BotView) -> str:
    if view.state is BotState.FAILED and view.problem is not None:
        return f"{view.problem.sentence} {next_words(view.problem)}".strip()
    if view.state is BotState.LOBBY:
        return f"Ask the host to let “{view.name}” in."
    if view.is_live and view.troubles:
        newest = view.troubles[-1]
        more = len(view.troubles) - 1
        others = f" And {count(more, 'more problem')}, see Details." if more else ""
        return f"{newest.sentence} {next_words(newest)}{others}".strip()
    if view.state is BotState.ENDED and view.problem is not None:
        return f"{view.problem.sentence} {view.problem.next_step}".strip()
    if view.state is BotState.ENDED and view.cause and view.cause not in _OWN_WISH:
        return f"{view.cause[:1].upper()}{view.cause[1:]}."
    return ""
