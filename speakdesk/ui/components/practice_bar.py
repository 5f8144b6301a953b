"""The person's own place in the practice room: type a line or talk into the microphone."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.face import Face
from speakdesk.ui.icons import icon
from speakdesk.ui.practice_audio import PracticeAudio
from speakdesk.ui.widgets.avatar import Avatar
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.level_meter import LevelMeter

PERSON = "You"
_SPEAK_TIP = "A voice says this into the room for you (Enter)"
_STOP_TIP = "Stop what is being said for you (Escape)"


class PracticeBar(QWidget):
    """Shown while a practice meeting runs."""

    def __init__(self, face: Face, audio: PracticeAudio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._audio = audio
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.line = QLineEdit()
        self.line.setPlaceholderText("You: type what you say in the room, or talk…")
        self.line.setAccessibleName("What you say in the practice room")
        self.line.returnPressed.connect(self.speak)
        self.line.textChanged.connect(self._on_text)
        self._speaking: set[asyncio.Task[None]] = set()
        self.speak_button = button("Speak", tip=_SPEAK_TIP)
        self.speak_button.setFixedWidth(72)
        self.speak_button.clicked.connect(self._on_button)
        stop = QShortcut(QKeySequence("Escape"), self.line)
        stop.setContext(Qt.ShortcutContext.WidgetShortcut)
        stop.activated.connect(self.stop)
        self.microphone = QToolButton()
        self.microphone.setCheckable(True)
        self.microphone.setIconSize(QSize(18, 18))
        self.microphone.setFixedSize(34, 34)
        self.microphone.clicked.connect(self._on_microphone)
        self._meter = LevelMeter(face.look, rows=1, width=44)
        self._meter.setAccessibleName("Your microphone's level")
        self.devices = button("Devices ▾", kind="quiet", tip="Choose microphone and speakers")
        self._menu = QMenu(self.devices)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.devices.setMenu(self._menu)
        row.addWidget(Avatar(face.look, PERSON, 26))
        row.addWidget(self.line, 1)
        row.addWidget(self.microphone)
        row.addWidget(self._meter)
        row.addWidget(self.devices)
        row.addWidget(self.speak_button)
        self._note = label(tone="muted", size="small", wrap=True)
        column.addLayout(row)
        column.addWidget(self._note)
        audio.changed.connect(self.refresh)
        face.look.changed.connect(self.refresh)
        self._on_text()
        self.refresh()

    def _on_text(self) -> None:
        has_text = bool(self.line.text().strip())
        can_stop = self.is_speaking and not has_text
        self.speak_button.setText("Stop" if can_stop else "Speak")
        self.speak_button.setAccessibleName("Stop your line" if can_stop else "Speak")
        self.speak_button.setToolTip(_STOP_TIP if can_stop else _SPEAK_TIP)
        self.speak_button.setEnabled(has_text or can_stop)

    @property
    def is_speaking(self) -> bool:
        """True while a typed line is said in the room."""
        return bool(self._speaking)

    def _on_button(self) -> None:
        if self.line.text().strip():
            self.speak()
        else:
            self.stop()

    def speak(self) -> None:
        """Say the typed line into the room, after what is said already."""
        text = self.line.text().strip()
        if text:
            self.line.clear()
            task = self._face.tasks.start(self._speak(text), "speak in the room")
            self._speaking.add(task)
            task.add_done_callback(self._on_spoken)
            self._on_text()

    def stop(self) -> None:
        """Fall silent in mid-word; lines that wait are dropped."""
        for task in tuple(self._speaking):
            task.cancel()

    def _on_spoken(self, task: asyncio.Task[None]) -> None:
        self._speaking.discard(task)
        if isValid(self):
            self._on_text()

    async def _speak(self, text: str) -> None:
        try:
            await self._face.desk.practice.say(text)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)

    def _on_microphone(self, on: bool) -> None:
        self._audio.set_microphone(on)
        self.refresh()

    def sample(self) -> None:
        """Move the microphone's meter."""
        self._meter.set_levels(self._audio.microphone_level)

    def refresh(self) -> None:
        """Show what the audio devices allow now."""
        audio, look = self._audio, self._face.look
        on = audio.is_microphone_on
        self.microphone.blockSignals(True)
        self.microphone.setChecked(on)
        self.microphone.blockSignals(False)
        self.microphone.setEnabled(audio.has_microphone)
        name = "microphone" if on else "microphone-off"
        colour = look.theme.accent_text if on else look.theme.muted
        self.microphone.setIcon(icon(look.resources, name, colour, 18))
        words = "Turn the microphone off" if on else "Turn the microphone on"
        self.microphone.setToolTip(words if audio.has_microphone else "No microphone was found")
        self.microphone.setAccessibleName(words)
        self._meter.setVisible(on)
        self.devices.setVisible(audio.is_ready)
        self._note.setText(audio.sentence)
        self._note.setVisible(bool(audio.sentence))
        if not on:
            self._meter.set_levels(0.0)

    def _fill_menu(self) -> None:
        self._menu.clear()
        parts = (
            ("Microphone", self._audio.inputs(), self._audio.input_id, self._audio.choose_input),
            ("Speakers", self._audio.outputs(), self._audio.output_id, self._audio.choose_output),
        )
        for title, found, current, choose in parts:
            heading = QAction(title, self._menu)
            heading.setEnabled(False)
            self._menu.addAction(heading)
            group = QActionGroup(self._menu)
            for key, words in (("", "The system's choice"), *found):
                action = QAction(words, self._menu)
                action.setCheckable(True)
                action.setChecked(key == current)
                action.triggered.connect(lambda _on=False, k=key, c=choose: c(k))
                group.addAction(action)
                self._menu.addAction(action)
            self._menu.addSeparator()
