"""How bots join where a launch says nothing else, in the settings."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from speakdesk.domain.join import TIMEOUT_RANGES_S
from speakdesk.ui.components.options.group import OptionGroup
from speakdesk.ui.components.options.recording import MODES
from speakdesk.ui.components.options.typed import duration_problem, timeout_problem
from speakdesk.ui.durations import duration_text, parse_duration, range_words

LONGEST_ALONE_S = 3600
_TIMES = (
    ("waiting_room_s", "Give up in the waiting room after"),
    ("no_one_joined_s", "Leave where nobody joins for"),
    ("silence_s", "Leave after silence of"),
)


class JoinCard(QWidget):
    """Emits `changed` with the fields of `Settings.join` that a person changed to good values."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        group = self._group = OptionGroup("Joining")
        self.recording = group.add_choice(
            "recording", "The provider's recording shows", 0, 0, MODES
        )
        self.transcription = group.add_choice(
            "transcription",
            "The provider's own transcript",
            0,
            1,
            (("None", False), ("By the provider (Gladia)", True)),
            "Made beside SpeakDesk's; the provider charges for it",
        )
        self.times: dict[str, QLineEdit] = {}
        for place, (name, words) in enumerate(_TIMES):
            self.times[name] = group.add_line(
                name,
                words,
                1,
                place,
                placeholder="the provider's own",
                hint=range_words(*TIMEOUT_RANGES_S[name]),
                problem=partial(timeout_problem, name),
            )
        self.times["only_bots_s"] = group.add_line(
            "only_bots_s",
            "Leave where only bots are left for",
            0,
            2,
            placeholder="never",
            hint="Once people were there; empty: never",
            problem=lambda text: duration_problem(text, 0, LONGEST_ALONE_S),
        )
        column.addWidget(group)
        self.recording.activated.connect(
            lambda _i: self.changed.emit({"recording": self.recording.currentData()})
        )
        self.transcription.activated.connect(
            lambda _i: self.changed.emit({"transcription": self.transcription.currentData()})
        )
        for name, line in self.times.items():
            line.editingFinished.connect(lambda n=name: self._on_time(n))

    def _on_time(self, name: str) -> None:
        text = self.times[name].text().strip()
        nothing = 0 if name == "only_bots_s" else None
        if not text:
            self.changed.emit({name: nothing})
        elif not self._group.options[name].problem():
            self.changed.emit({name: parse_duration(text)})

    def load(self, join: Any) -> None:
        """Show these settings; what a person is typing, and what is wrong, stays."""
        self.recording.setCurrentIndex(max(0, self.recording.findData(str(join.recording))))
        self.transcription.setCurrentIndex(int(bool(join.transcription)))
        for name, line in self.times.items():
            if line.hasFocus() or self._group.options[name].problem():
                continue
            seconds = getattr(join, name)
            line.setText(duration_text(seconds) if seconds else "")
