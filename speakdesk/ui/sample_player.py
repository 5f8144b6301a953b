"""Plays one voice sample at a time through the chosen speakers; loads what that needs when used."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from speakdesk.domain.voice import Sample
from speakdesk.ui.face import Face

if TYPE_CHECKING:
    from speakdesk.ui.sample_audio import Sound

NO_SPEAKERS = "No speakers were found, so the voice cannot be heard here."


class SamplePlayer(QObject):
    """Emits `changed` when a sound begins or ends."""

    changed = Signal()

    def __init__(self, face: Face, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._sound: Sound | None = None

    @property
    def is_playing(self) -> bool:
        """True while something is heard."""
        return self._sound is not None

    async def play(self, sample: Sample) -> str:
        """Begin to play; a sentence why it cannot be heard, empty where it is."""
        self.stop()
        await asyncio.to_thread(_load)
        from speakdesk.ui.sample_audio import Sound, fitted, format_for, speakers

        device = speakers(str(getattr(self._face.desk.settings.current, "audio_output", "")))
        if device is None:
            return NO_SPEAKERS
        form = format_for(device)
        data = await asyncio.to_thread(fitted, sample, form)
        sound = Sound(device, form, data)
        if sound.failure:
            sound.stop()
            return sound.failure
        sound.ended.connect(self._on_ended)
        self._sound = sound
        self.changed.emit()
        return ""

    def stop(self) -> None:
        """Be silent at once."""
        if self._sound is not None:
            self._sound.stop()

    def _on_ended(self) -> None:
        self._sound = None
        self.changed.emit()


def _load() -> None:
    import speakdesk.ui.sample_audio  # noqa: F401
