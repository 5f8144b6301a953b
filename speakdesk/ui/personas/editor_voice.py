"""The section about what a persona says first and the voice it says it with."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from speakdesk.ui.personas.editor_fields import Section
from speakdesk.ui.widgets.basics import ElidedLabel, button, card


class VoiceSection(Section):
    """Emits `voice_asked` and `play_asked`."""

    voice_asked = Signal()
    play_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Voice", parent)
        frame = card()
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(12)
        self.voice = ElidedLabel()
        self.voice.inner.setProperty("strong", "true")
        self.detail = ElidedLabel(tone="muted")
        row.addWidget(self.voice, 1)
        row.addWidget(self.detail, 2)
        self.play = button("Play", kind="small", tip="Hear the greeting in this voice")
        self.play.clicked.connect(self.play_asked)
        self.choose = button("Choose a voice…", kind="small")
        self.choose.clicked.connect(self.voice_asked)
        row.addWidget(self.play)
        row.addWidget(self.choose)
        self.column.addWidget(frame)
        grid = self.grid(2)
        grid.addWidget(self.line("greeting", "Greeting", placeholder="Hello, I am …"), 0, 0, 1, 2)
        grid.addWidget(self.line("entry_message", "First message in the chat"), 1, 0, 1, 2)
        grid.addWidget(self.line("speed", "Pace", placeholder="1"), 2, 0)
        self.column.addStretch(1)

    def set_voice(self, name: str, detail: str, *, is_wrong: bool = False) -> None:
        """Say which voice it is, and what speaks for or against it."""
        self.voice.set_text(name)
        self.detail.set_text(detail)
        self.detail.set_tone("bad" if is_wrong else "muted")

    def set_playing(self, is_playing: bool) -> None:
        """The button stops what it has started."""
        words = "Stop" if is_playing else "Play"
        self.play.setText(words)
        self.play.setAccessibleName(f"{words} the greeting in this voice")
