"""Microphone and speakers in the settings; the devices are looked for when the page is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import label

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaDevices


class SoundCard(QWidget):
    """Emits `changed` with a settings field and a device's id."""

    changed = Signal(str, str)

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._devices: QMediaDevices | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, 150)
        grid.setColumnStretch(2, 1)
        self.combos: dict[str, QComboBox] = {}
        for row, (field, words) in enumerate(
            (("audio_input", "Microphone"), ("audio_output", "Speakers"))
        ):
            combo = QComboBox()
            combo.setAccessibleName(words)
            combo.setMinimumWidth(320)
            combo.addItem("The system's choice", "")
            combo.activated.connect(
                lambda _i, f=field, c=combo: self.changed.emit(f, c.currentData())
            )
            grid.addWidget(label(words, tone="muted"), row, 0)
            grid.addWidget(combo, row, 1)
            self.combos[field] = combo
        self._note = label(tone="muted", size="small", wrap=True)
        grid.addWidget(self._note, 2, 1, 1, 2)

    def look_for_devices(self) -> None:
        """Find the devices; the first time loads the media libraries in a thread."""
        self._face.tasks.start(self._load(), "find audio devices", preempt=True)

    async def _load(self) -> None:
        await asyncio.to_thread(_load_audio)
        from PySide6.QtMultimedia import QMediaDevices

        from speakdesk.ui.audio_devices import device_id

        if self._devices is None:
            self._devices = QMediaDevices(self)
            self._devices.audioInputsChanged.connect(self.look_for_devices)
            self._devices.audioOutputsChanged.connect(self.look_for_devices)
        found = {
            "audio_input": QMediaDevices.audioInputs(),
            "audio_output": QMediaDevices.audioOutputs(),
        }
        settings = self._face.desk.settings.current
        for field, devices in found.items():
            combo = self.combos[field]
            combo.clear()
            combo.addItem("The system's choice", "")
            for device in devices:
                combo.addItem(device.description(), device_id(device))
            wished = getattr(settings, field)
            if wished and combo.findData(wished) < 0:
                combo.addItem("Not plugged in now", wished)
            combo.setCurrentIndex(max(0, combo.findData(wished)))
        missing = [
            words
            for field, words in (("audio_input", "microphone"), ("audio_output", "speakers"))
            if not found[field]
        ]
        self._note.setText(
            f"No {' and no '.join(missing)} found. In the practice room you can type instead."
            if missing
            else ""
        )
        self._note.setVisible(bool(missing))


def _load_audio() -> None:
    import speakdesk.ui.audio_devices  # noqa: F401
