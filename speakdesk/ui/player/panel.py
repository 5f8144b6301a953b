"""The player: a meeting's recording seen, heard, followed, and parts of it exported."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.flight.view import FlightView
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.face import Face, next_words
from speakdesk.ui.player.deck import Deck, OpenOutput
from speakdesk.ui.player.export import ExportBar
from speakdesk.ui.player.lines_card import LinesCard
from speakdesk.ui.player.transport import Transport
from speakdesk.ui.widgets.basics import ElidedLabel, button, card, label
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.widgets.waveform import Wanted, Waveform
from speakdesk.ui.widgets.waveform_overview import WaveformOverview
from speakdesk.ui.words import clock, count, local_day

STEP_S, SMALL_STEP_S = 5.0, 1.0
FIRST_SIGHT_S = 90.0
LONG_S = 600.0


class FlightPlayer(QWidget):
    """Emits `left` where the person goes back. Nothing is loaded before `open`."""

    left = Signal()

    def __init__(
        self, face: Face, open_output: OpenOutput | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._face = face
        self._view: FlightView | None = None
        self._fine: set[Wanted] = set()
        self._opening: asyncio.Task[None] | None = None
        self.deck = Deck(
            face.tasks,
            lambda: str(face.desk.settings.current.audio_output),
            open_output,
            self,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 18)
        column.setSpacing(12)
        column.addLayout(self._make_head())
        self.trouble = ProblemNote("What is wrong with the recording")
        column.addWidget(self.trouble)
        self._parts = QStackedWidget()
        self.empty = EmptyNote("", "")
        blank = card()
        QVBoxLayout(blank).addWidget(self.empty)
        self._parts.addWidget(blank)
        self._parts.addWidget(self._make_stage())
        column.addWidget(self._parts, 1)
        self._connect()

    def _make_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(12)
        self.back = button(
            "← History", tip="Back to the past meetings (Escape)", name="Back to history"
        )
        self.back.clicked.connect(self.left)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = ElidedLabel()
        self.title.inner.setProperty("type", "title")
        self.detail = ElidedLabel(tone="muted")
        words.addWidget(self.title)
        words.addWidget(self.detail)
        self.export = ExportBar(self._face)
        head.addWidget(self.back)
        head.addLayout(words, 1)
        head.addWidget(self.export)
        return head

    def _make_stage(self) -> QWidget:
        stage = QWidget()
        stage.setObjectName("transparent")
        row = QHBoxLayout(stage)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        left = card()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        look = self._face.look
        self.waveform = Waveform(look)
        self.overview = WaveformOverview(look, self.waveform.time)
        self.transport = Transport(look, self.deck)
        self.sound_note = label(tone="muted", size="small", wrap=True)
        self.sound_note.setVisible(False)
        column.addWidget(self.waveform, 1)
        column.addWidget(self.overview)
        column.addWidget(self.transport)
        column.addWidget(self.sound_note)
        row.addWidget(left, 1)
        self.lines = LinesCard(look)
        self.model, self.list, self.follow = self.lines.model, self.lines.list, self.lines.follow
        row.addWidget(self.lines)
        return stage

    def _connect(self) -> None:
        self.waveform.sought.connect(self.seek)
        self.waveform.selected.connect(self.export.set_selection)
        self.waveform.scaled.connect(self.overview.update)
        self.waveform.wanted.connect(self._on_wanted)
        self.overview.sought.connect(self._on_overview)
        self.overview.scrolled.connect(self.waveform.update)
        self.transport.turn_asked.connect(self.go_turn)
        self.transport.zoom_asked.connect(self.waveform.zoom)
        self.transport.fit_asked.connect(self.waveform.fit)
        self.deck.moved.connect(self._on_moved)
        self.deck.changed.connect(self._on_deck)
        self.lines.line_chosen.connect(self._on_line)
        self.list.installEventFilter(self)

    # -- opening ---------------------------------------------------------------------------------

    @property
    def view(self) -> FlightView | None:
        """The recording that is open."""
        return self._view

    def open(self, path: Path, title: str = "") -> None:
        """Open a recording; `title` is its meeting's, where that is known."""
        self.close_recording()
        self.title.set_text(title or path.stem)
        self.detail.set_text(str(path))
        self._say("Opening the recording …", "")
        self._opening = self._face.tasks.start(self._open(path, title), "open a recording")

    async def _open(self, path: Path, title: str) -> None:
        try:
            view = await FlightView.open(path)
        except SpeakDeskError as e:
            self._say(e.problem.sentence, next_words(e.problem))
            return
        self._view = view
        header = view.header
        own = f"Recording of {header.bot_name}" if header.bot_name else path.stem
        self.title.set_text(title or own)
        self._show_detail(view)
        self.waveform.show_recording(view.duration_s, header.bot_name)
        self.deck.load(view)
        self.export.show_view(view)
        self._show_trouble(view)
        if view.duration_s <= 0:
            self._say("There is no sound in this recording.", "It ended before anything was heard.")
        else:
            self._parts.setCurrentIndex(1)
            self.waveform.time.show(FIRST_SIGHT_S, 0.0)
            self.waveform.rescaled()
            self.waveform.setFocus()
        if view.duration_s > LONG_S:
            self.waveform.set_peaks(await view.load_first_peaks(FIRST_SIGHT_S))
            # What is in sight is painted before threads compete for the processor.
            self.waveform.repaint()
        peaks = await view.load_peaks()
        self.waveform.set_peaks(peaks)
        self.overview.set_peaks(peaks)
        self.waveform.repaint()
        story = await view.load_story()
        self.waveform.set_story(story)
        self.lines.show_story(view, story)
        self._show_detail(view)
        self._show_trouble(view)
        self._describe()

    def close_recording(self) -> None:
        """Be silent and let the file go."""
        if self._opening is not None:
            self._opening.cancel()
        self.deck.load(None)
        self.export.show_view(None)
        self.overview.set_peaks(None)
        self.lines.clear()
        self._fine.clear()
        self.trouble.show_problems()
        view, self._view = self._view, None
        if view is not None:
            view.close()

    def _say(self, what: str, step: str) -> None:
        self.empty.set_words(what, step)
        self._parts.setCurrentIndex(0)

    def _show_detail(self, view: FlightView) -> None:
        header = view.header
        parts = [local_day(view.started)] if view.started is not None else []
        parts += [clock(view.duration_s), f"heard by {header.bot_name}" if header.bot_name else ""]
        if view.story.turns:
            parts.append(count(len(view.story.turns), "turn"))
        if header.edits:
            parts.append(header.edits[-1])
        self.detail.set_text(" · ".join(part for part in parts if part), str(view.path))

    def _show_trouble(self, view: FlightView) -> None:
        trouble = view.trouble
        self.trouble.show_problems(*([trouble] if trouble is not None else []), tone="attention")

    # -- going places ----------------------------------------------------------------------------

    def seek(self, at_s: float) -> None:
        """Go to a moment; it goes on playing where it does."""
        self.deck.seek(at_s)
        self.waveform.set_position(self.deck.position_s, follow=True)
        self.lines.mark(self.deck.position_s, is_shown=True)
        self._describe()

    def go_turn(self, step: int) -> None:
        """To the next turn, or the one before."""
        if self._view is not None:
            story, at_s = self._view.story, self.deck.position_s
            target = story.turn_after(at_s) if step > 0 else story.turn_before(at_s)
            if target is None and step < 0:
                target = 0.0
            if target is not None:
                self.seek(target)

    def _on_overview(self, at_s: float) -> None:
        time = self.waveform.time
        time.scroll(at_s - time.left_s - time.shown_s / 2)
        self.seek(at_s)
        self.waveform.rescaled()

    def _on_line(self, since_s: float) -> None:
        self.seek(since_s)
        self.deck.play()

    def _on_moved(self, at_s: float) -> None:
        follows = self.deck.is_playing and self.follow.isChecked()
        self.waveform.set_position(at_s, follow=follows)
        self.overview.set_position(at_s)
        self.lines.mark(at_s, is_shown=follows)

    def _on_deck(self) -> None:
        self.sound_note.setText(self.deck.sentence)
        self.sound_note.setVisible(bool(self.deck.sentence))
        if not self.deck.is_playing and self._view is not None:
            self._show_trouble(self._view)

    def _describe(self) -> None:
        at_s = self.deck.position_s
        words = f"At {clock(at_s)} of {clock(self.deck.duration_s)}"
        said = self.lines.words_at(at_s)
        self.waveform.describe(f"{words}, {said}" if said else words)

    # -- decoded sound for narrow columns ----------------------------------------------------------

    def _on_wanted(self, wanted: Wanted) -> None:
        if wanted not in self._fine:
            self._fine.add(wanted)
            self._face.tasks.start(self._refine(wanted), "look closer at a recording")

    async def _refine(self, wanted: Wanted) -> None:
        view = self._view
        if view is None:
            return
        columns = await asyncio.to_thread(
            view.fine_columns, wanted.side, wanted.since_s, wanted.step_s, wanted.count
        )
        self._fine.discard(wanted)
        if view is self._view:
            self.waveform.refine(wanted, columns)

    # -- keys ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The player's keys work in the list too, but for those that move in it."""
        if (
            watched is self.list
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() not in (Qt.Key.Key_Home, Qt.Key.Key_End)
        ):
            return self._act(event)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._act(event):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        """Do what a key stands for; False where it stands for nothing."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        is_shifted = modifiers == Qt.KeyboardModifier.ShiftModifier
        if self._view is None or (modifiers and not is_shifted):
            return False
        step_s = SMALL_STEP_S if is_shifted else STEP_S
        now_s = self.deck.position_s
        acts = {
            Qt.Key.Key_Space: self.deck.toggle,
            Qt.Key.Key_Left: lambda: self.seek(now_s - step_s),
            Qt.Key.Key_Right: lambda: self.seek(now_s + step_s),
            Qt.Key.Key_Home: lambda: self.seek(0.0),
            Qt.Key.Key_End: lambda: self.seek(self.deck.duration_s),
            Qt.Key.Key_N: lambda: self.go_turn(1),
            Qt.Key.Key_P: lambda: self.go_turn(-1),
            Qt.Key.Key_Plus: lambda: self.waveform.zoom(1),
            Qt.Key.Key_Equal: lambda: self.waveform.zoom(1),
            Qt.Key.Key_Minus: lambda: self.waveform.zoom(-1),
            Qt.Key.Key_0: self.waveform.fit,
            Qt.Key.Key_I: lambda: self._mark(since_s=now_s),
            Qt.Key.Key_O: lambda: self._mark(until_s=now_s),
            Qt.Key.Key_Escape: self._on_escape,
        }
        act = acts.get(Qt.Key(event.key()))
        if act is None:
            return False
        act()
        return True

    def _mark(self, since_s: float | None = None, until_s: float | None = None) -> None:
        """Set one end of the selection at the cursor."""
        begin_s, end_s = self.waveform.selection or (0.0, self.deck.duration_s)
        begin_s = begin_s if since_s is None else since_s
        end_s = end_s if until_s is None else until_s
        if end_s <= begin_s:
            begin_s, end_s = (begin_s, self.deck.duration_s) if until_s is None else (0.0, end_s)
        self.waveform.select((begin_s, end_s))

    def _on_escape(self) -> None:
        if self.waveform.selection is not None:
            self.waveform.select(None)
        else:
            self.left.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.deck.pause()
